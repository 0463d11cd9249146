// Package capacity gives a service another number of tasks than its timetable says, for a while.
package capacity

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/order-bot/infra/tool/status"
	"github.com/order-bot/infra/tool/timetable"
)

// Limits are the fewest and the most tasks that a service may have.
type Limits struct{ Min, Max int }

func (l Limits) String() string {
	if l.Min == l.Max {
		return fmt.Sprint(l.Min)
	}
	return fmt.Sprintf("%d to %d", l.Min, l.Max)
}

// Change is what a service gets for a while.
type Change struct {
	// Limits hold from now on, and Back from Until on.
	Limits, Back Limits
	Until        time.Time
}

// ErrNoTimetable says that a service has no timetable, whose limits could be changed for a while.
var ErrNoTimetable = errors.New("it has no timetable: its number of tasks is said in the design, by Hours")

// Day are the limits by day: those of the action of a timetable that wants most tasks.
func Day(timetable []status.Action) Limits {
	most := slices.MaxFunc(timetable, func(a, b status.Action) int { return 1000*(a.Min-b.Min) + a.Max - b.Max })
	return Limits{most.Min, most.Max}
}

// For says what it takes to give a service the wanted limits from now until a moment, or until its timetable gives it others, where that is zero. It
// returns an error if it has no timetable, or if that gives it others before.
func For(actions []status.Action, wanted func(timetable []status.Action) Limits, now, until time.Time) (Change, error) {
	regular := withoutEnd(actions)
	if len(regular) == 0 {
		return Change{}, ErrNoTimetable
	}
	limits := wanted(regular)
	last, _, err := status.Last(regular, now)
	if err != nil {
		return Change{}, err
	}
	back := Limits{last.Min, last.Max}
	// No timetable goes longer than a year without a change.
	for moment := now; moment.Before(now.AddDate(1, 0, 0)); {
		next, acts, err := after(regular, moment)
		if err != nil {
			return Change{}, err
		}
		then := Limits{next.Min, next.Max}
		switch {
		case !until.IsZero() && acts.After(until):
			return Change{limits, back, until}, nil
		case acts.Equal(until), until.IsZero() && then != limits:
			return Change{limits, then, acts}, nil
		case then != limits:
			return Change{}, fmt.Errorf("at %s, %s of the timetable sets it to %s: until then at most; do it again after that", acts.Format(layout), next.Name, then)
		}
		moment, back = acts, limits
	}
	return Change{}, errors.New("its timetable never sets another number of tasks")
}

// layout is how moments are told.
const layout = "2006-01-02 15:04"

// after is the action of a timetable that acts first after a moment, and when it does.
func after(actions []status.Action, now time.Time) (next status.Action, acts time.Time, err error) {
	for _, action := range actions {
		at, err := timetable.Next(action.Expression, action.Zone, now)
		if err != nil {
			return next, acts, fmt.Errorf("%s: %w", action.Name, err)
		}
		if acts.IsZero() || at.Before(acts) {
			next, acts = action, at
		}
	}
	return next, acts, nil
}

// withoutEnd are the actions of the timetable itself.
func withoutEnd(actions []status.Action) []status.Action {
	return slices.DeleteFunc(slices.Clone(actions), func(action status.Action) bool { return strings.HasSuffix(action.Name, end) })
}

// Until reads the moment of a clock, such as "22:00", which is the next one, or of a day, such as "2026-11-30 22:00", in a time zone.
func Until(text string, now time.Time, zone *time.Location) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	now = now.In(zone)
	if clock, err := time.Parse("15:04", text); err == nil {
		moment := time.Date(now.Year(), now.Month(), now.Day(), clock.Hour(), clock.Minute(), 0, 0, zone)
		if !moment.After(now) {
			moment = moment.AddDate(0, 0, 1)
		}
		return moment, nil
	}
	moment, err := time.ParseInLocation(layout, text, zone)
	if err != nil {
		return moment, fmt.Errorf("%q is no moment: say 22:00, or 2026-11-30 22:00, in %s", text, zone)
	}
	if !moment.After(now) {
		return moment, fmt.Errorf("%s is over: it is %s in %s", text, now.Format(layout), zone)
	}
	return moment, nil
}
