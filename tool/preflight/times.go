package preflight

import (
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/agext/levenshtein"

	"github.com/order-bot/infra/tool/tfvalue"
	"github.com/order-bot/infra/tool/timetable"
)

// zoneNames are the names of time zones, a line each: those that Go knows, less old ones such as US/Eastern.
//
//go:embed zones.txt
var zoneNames string

// scheduledAction is the type of what acts at times.
const scheduledAction = "aws_appautoscaling_scheduled_action"

// Location returns the time zone of the stack's timetable, in which a person reads all times, or the machine's own if it has none.
func (s *Stack) Location() *time.Location {
	for _, address := range s.ofType(scheduledAction) {
		zone := tfvalue.Text(s.Known[address], "timezone")
		if location, err := time.LoadLocation(zone); err == nil && zone != "" {
			return location
		}
	}
	return time.Local
}

// timed are the types that act at a time, with the attributes that say when, and in which time zone. What acts once may have acted.
var timed = []struct {
	kind, schedule, zone string
	once                 Verdict
}{
	{scheduledAction, "schedule", "timezone", Refused},
	{"aws_scheduler_schedule", "schedule_expression", "schedule_expression_timezone", Warning},
}

// times looks whether the time zones of scheduled actions and of schedules exist, and whether they will ever act.
func times(stack *Stack, now time.Time) []Finding {
	type timer struct {
		schedule, zone string
		once           Verdict
		off            bool
	}
	addresses := map[timer][]string{}
	var timers []timer
	for _, of := range timed {
		for _, address := range stack.ofType(of.kind) {
			is := timer{tfvalue.Text(stack.Known[address], of.schedule), tfvalue.Text(stack.Known[address], of.zone), of.once, tfvalue.Text(stack.Known[address], "state") == "DISABLED"}
			if is.schedule == "" {
				continue
			}
			if addresses[is] == nil {
				timers = append(timers, is)
			}
			addresses[is] = append(addresses[is], address)
		}
	}
	var findings []Finding
	unknown := map[string]bool{}
	for _, is := range timers {
		finding := Finding{Subject: "schedule " + is.schedule, Addresses: addresses[is]}
		if _, err := time.LoadLocation(is.zone); err != nil {
			if !unknown[is.zone] {
				unknown[is.zone] = true
				for _, other := range timers {
					if other != is && other.zone == is.zone {
						finding.Addresses = append(finding.Addresses, addresses[other]...)
					}
				}
				finding.Subject = "time zone " + is.zone
				findings = append(findings, finding.never("there is none of that name; is %s meant?", nearest(is.zone)))
			}
			continue
		}
		next, err := timetable.Next(is.schedule, is.zone, now)
		switch {
		case strings.HasPrefix(is.schedule, "rate("):
			finding = finding.is(OK, "acts again and again")
		case errors.Is(err, timetable.ErrNever) && is.off:
			continue
		case errors.Is(err, timetable.ErrNever) && strings.HasPrefix(is.schedule, "at("):
			finding = finding.is(is.once, "it never acts: the time is past, or there is no such day")
		case errors.Is(err, timetable.ErrNever):
			finding = finding.is(Refused, "it never acts: no such day is to come")
		case err != nil:
			finding = finding.is(Unseen, "could not tell when it acts: %s", err)
		default:
			finding = finding.is(OK, "acts next on %s", next.Format("2006-01-02 15:04 MST"))
		}
		findings = append(findings, finding)
	}
	return findings
}

// ahead is for how long, and most is for how many moments, each action is compared with the others: a week has all that a timetable mostly says.
const ahead, most = 8 * 24 * time.Hour, 500

// together looks whether two scheduled actions of one service act at the same moment, however they are written: one of them wins.
func together(stack *Stack, now time.Time) []Finding {
	var findings []Finding
	type moment struct {
		of string
		at int64
	}
	first := map[moment]string{}
	for _, address := range stack.ofType(scheduledAction) {
		is := stack.Known[address]
		of := tfvalue.Text(stack.JSON.At(address), "resource_id") // also where that is an expression
		at := now
		for range most {
			next, err := timetable.Next(tfvalue.Text(is, "schedule"), tfvalue.Text(is, "timezone"), at)
			if err != nil || next.Sub(now) > ahead {
				break // times says what is wrong with it
			}
			at = next
			other := first[moment{of, at.Unix()}]
			if other == "" {
				first[moment{of, at.Unix()}] = address
				continue
			}
			findings = append(findings, Finding{
				Verdict: Refused, Subject: "schedule " + tfvalue.Text(is, "schedule"), Addresses: []string{other, address},
				Text: fmt.Sprintf("acts on %s, as %s of the same service does: one of the two wins, and nobody knows which", at.Format("2006-01-02 15:04 MST"), tfvalue.Text(stack.Known[other], "schedule")),
			})
			break
		}
	}
	return findings
}

// nearest is the time zone whose name is nearest to another one.
func nearest(name string) string {
	distance := func(zone string) int { return levenshtein.Distance(strings.ToLower(name), strings.ToLower(zone), nil) }
	return slices.MinFunc(strings.Fields(zoneNames), func(a, b string) int { return distance(a) - distance(b) })
}
