package schedule

import (
	"fmt"
	"slices"

	"github.com/order-bot/infra/internal/check"
	"github.com/order-bot/infra/internal/expression"
)

// Hours are how many tasks of a service run by day and by night. The zero value follows the environment's timetable.
type Hours struct {
	// Day limits the number of tasks from scale_up_cron on. Min is 1 at least. Default {Min: 1, Max: 1}. Max above Min does something only with Load, or
	// where a person changes the number.
	Day Capacity
	// Night limits the number of tasks from scale_down_cron on. Default {Min: 0, Max: 0}: the service stops. Neither limit is above that of Day. The same
	// as Day runs the service round the clock.
	Night Capacity
	// Always limits the number of tasks without a timetable: the service has no scheduled actions then. Without Load, Min and Max are the same, and the
	// deploy sets the number. Not with Day, Night, Windows or Timezone. Default: the timetable.
	Always Capacity
	// Windows are when the service runs, if not when the others do: weekdays only, or several times a day. Default: scale_up_cron to scale_down_cron.
	Windows []Window
	// Timezone is the IANA name of the time zone of Windows. Default: autoscaling_timezone.
	Timezone string
}

// Window is a time in which a service runs, each an expression of Application Auto Scaling, such as "cron(0 10 ? * MON-FRI *)".
// https://docs.aws.amazon.com/autoscaling/application/userguide/scheduled-scaling-using-cron-expressions.html
type Window struct {
	// Up is when Day begins.
	Up string
	// Down is when Night begins.
	Down string
}

// WithDefaults puts the defaults where h has zero values.
func (h Hours) WithDefaults() Hours {
	if h.Day == (Capacity{}) && !h.always() {
		h.Day = Capacity{Min: 1, Max: 1}
	}
	return h
}

func (h Hours) always() bool { return h.Always != Capacity{} }

// Timetable tells whether the service follows a timetable, the environment's or its own.
func (h Hours) Timetable() bool { return !h.always() }

// Shared tells whether the service needs something of the environment's timetable.
func (h Hours) Shared() bool { return h.Timetable() && (len(h.Windows) == 0 || h.Timezone == "") }

// Limits are the least and the greatest number of tasks at any time.
func (h Hours) Limits() Capacity {
	if h.always() {
		return h.Always
	}
	return Capacity{Min: h.Night.Min, Max: h.Day.Max}
}

// Fewest is the least number of tasks at any time at which some run. load tells whether the number follows the load.
func (h Hours) Fewest(load bool) int {
	fewest := h.Day.Min
	switch {
	case h.always():
		fewest = h.Always.Min
	case load && h.Night.Max > 0:
		fewest = h.Night.Min
	case h.Night.Max > 0:
		fewest = min(fewest, h.Night.Max)
	}
	return max(fewest, 1)
}

// MostTasks is how many tasks a service takes.
// https://docs.aws.amazon.com/general/latest/gr/ecs-service.html
const MostTasks = 5000

func (h Hours) validate() error {
	var p check.Problems
	for _, limits := range []struct {
		time string
		Capacity
	}{{"day", h.Day}, {"night", h.Night}, {"always", h.Always}} {
		if limits.Min < 0 {
			p.Addf(limits.time+": min", "%d is not allowed (0 or more)", limits.Min)
		}
		if limits.Min > limits.Max {
			p.Addf(limits.time+": min", "%d is above max, %d", limits.Min, limits.Max)
		}
		if limits.Max > MostTasks {
			p.Addf(limits.time+": max", "%d is not allowed (%d at most)", limits.Max, MostTasks)
		}
	}
	if h.always() {
		if h.Day != (Capacity{}) || h.Night != (Capacity{}) || len(h.Windows) > 0 || h.Timezone != "" {
			p.Addf("always", "stands beside day, night, windows or a time zone, which a timetable has: one of the two")
		}
		return p.Err()
	}
	if h.Night.Min > h.Day.Min {
		p.Addf("night: min", "%d is above the day's, %d", h.Night.Min, h.Day.Min)
	}
	if h.Night.Max > h.Day.Max {
		p.Addf("night: max", "%d is above the day's, %d", h.Night.Max, h.Day.Max)
	}
	if h.Day.Max == 0 {
		p.Addf("day: max", "0 would never start it")
	} else if h.Day.Min == 0 {
		p.Addf("day: min", "0 would never start it: the timetable raises the number of tasks to Min, and no further")
	}
	if h.Timezone != "" {
		p.Matches("time zone", h.Timezone, expression.Timezone)
		expression.KnownTimezone(&p, "time zone", h.Timezone)
		if len(h.Windows) == 0 {
			p.Addf("time zone", "%q has no windows, whose time zone it is", h.Timezone)
		}
	}
	var moments []string
	for i, window := range h.Windows {
		for _, end := range []struct{ name, value string }{{"up", window.Up}, {"down", window.Down}} {
			field := fmt.Sprintf("window %d: %s", i+1, end.name)
			p.Matches(field, end.value, expression.Moment)
			if end.value != "" && slices.Contains(moments, end.value) {
				p.Addf(field, "%q is when another action acts: one of them wins, and nobody knows which", end.value)
			}
			moments = append(moments, end.value)
		}
	}
	return p.Err()
}
