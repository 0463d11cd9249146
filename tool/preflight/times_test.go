package preflight

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func actions(zone string, schedules ...string) string {
	var all []string
	for i, schedule := range schedules {
		all = append(all, fmt.Sprintf(`"a%d": {"schedule": %q, "timezone": %q}`, i, schedule, zone))
	}
	return `"aws_appautoscaling_scheduled_action": {` + strings.Join(all, ", ") + `}`
}

// A scheduled action has to be in a time zone that there is, and to happen one day.
func TestTimes(t *testing.T) {
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		zone, schedule string
		verdict        Verdict
		words          string
	}{
		{"Asia/Tokyo", "cron(0 10 * * ? *)", OK, "schedule cron(0 10 * * ? *): acts next on 2026-03-01 10:00 JST"},
		{"", "at(2026-03-02T10:00:00)", OK, "acts next on 2026-03-02 10:00 UTC"},
		{"UTC", "rate(1 day)", OK, ""},
		{"Asia/Tokio", "cron(0 10 * * ? *)", Refused, "time zone Asia/Tokio: there is none of that name; is Asia/Tokyo meant?"},
		{"Europe/Munich", "cron(0 10 * * ? *)", Refused, "is Europe/Zurich meant?"},
		{"Asia/Tokyo", "at(2026-02-28T10:00:00)", Refused, "schedule at(2026-02-28T10:00:00): it never acts"},
		{"Asia/Tokyo", "cron(0 10 31 2 ? *)", Refused, "it never acts"},
		{"Asia/Tokyo", "cron(0 10 * * ? 2020-2025)", Refused, "it never acts"},
		{"Asia/Tokyo", "cron(0 10 29 2 ? *)", OK, "2028-02-29"},
		{"Asia/Tokyo", "at(2027-02-29T10:00:00)", Refused, "it never acts: the time is past, or there is no such day"},
		{"Asia/Tokyo", "cron(0 10 L * ? *)", Unseen, "could not tell when it acts"},
	} {
		is(t, c.zone+" "+c.schedule, times(stackOf(t, actions(c.zone, c.schedule)), now), c.verdict, c.words)
	}
	const job = `"aws_scheduler_schedule": {"j": {"schedule_expression": "cron(0 10 31 2 ? *)", "schedule_expression_timezone": %q}}`
	is(t, "a job", times(stackOf(t, fmt.Sprintf(job, "Asia/Tokyo")), now), Refused, "schedule cron(0 10 31 2 ? *): it never acts")
	is(t, "a job that has run", times(stackOf(t, strings.Replace(fmt.Sprintf(job, "UTC"), "cron(0 10 31 2 ? *)", "at(2026-02-01T00:00:00)", 1)), now), Warning, "it never acts: the time is past")
	off := strings.Replace(fmt.Sprintf(job, "UTC"), `{"schedule_expression"`, `{"state": "DISABLED", "schedule_expression"`, 1)
	if found := times(stackOf(t, off), now); len(found) > 0 {
		t.Errorf("a job that is off: %v", found)
	}
	is(t, "the time zone of a job that is off", times(stackOf(t, strings.Replace(off, "UTC", "Asia/Tokio", 1)), now), Refused, "time zone Asia/Tokio")
	is(t, "the time zone of a job", times(stackOf(t, fmt.Sprintf(job, "Asia/Tokio")), now), Refused, "time zone Asia/Tokio: there is none of that name")
	found := times(stackOf(t, actions("Asia/Tokio", "cron(0 10 * * ? *)", "cron(0 18 * * ? *)")), now)
	is(t, "one time zone of two schedules", found, Refused)
	if len(found[0].Addresses) != 2 || !found[0].Never {
		t.Errorf("%+v", found)
	}
	if found := times(stackOf(t, actions("UTC", "cron(0 10 * * ? *)", "cron(0 10 * * ? *)")), now); len(found) != 1 || len(found[0].Addresses) != 2 {
		t.Errorf("one schedule twice: %+v", found)
	}
}

// Two actions of a service that act at the same moment are told, however they are written. Those of two services may.
func TestTogether(t *testing.T) {
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC) // a Sunday
	of := func(resources string, schedules ...string) []Finding {
		var all []string
		for i, schedule := range schedules {
			all = append(all, fmt.Sprintf(`"a%d": {"schedule": %q, "timezone": %q, "resource_id": "${aws_appautoscaling_target.%c.resource_id}"}`, i, schedule, []string{"UTC", "Asia/Tokyo"}[i%2], resources[i]))
		}
		return together(stackOf(t, `"aws_appautoscaling_scheduled_action": {`+strings.Join(all, ", ")+`}`), now)
	}
	is(t, "in two time zones", of("xx", "cron(0 1 * * ? *)", "cron(00 10 ? * MON-FRI *)"), Refused,
		"schedule cron(00 10 ? * MON-FRI *): acts on 2026-03-02 10:00 JST, as cron(0 1 * * ? *) of the same service does: one of the two wins")
	for name, found := range map[string][]Finding{
		"two services":          of("xy", "cron(0 1 * * ? *)", "cron(0 10 * * ? *)"),
		"two times":             of("xx", "cron(0 1 * * ? *)", "cron(0 18 * * ? *)"),
		"what cannot be told":   of("xx", "rate(1 day)", "rate(1 day)"),
		"one that acts no more": of("xx", "at(2026-02-01T00:00:00)", "at(2026-02-01T09:00:00)"),
	} {
		if len(found) > 0 {
			t.Errorf("%s: %v", name, found)
		}
	}
}

// Each name that may be offered is one that AWS would take.
func TestZoneNames(t *testing.T) {
	for zone := range strings.FieldsSeq(zoneNames) {
		if _, err := time.LoadLocation(zone); err != nil {
			t.Errorf("%s: %v", zone, err)
		}
	}
	if got := nearest("America/NewYork"); got != "America/New_York" {
		t.Error(got)
	}
}

// People read all times in the zone of the timetable.
func TestLocation(t *testing.T) {
	for zone, want := range map[string]string{"Asia/Tokyo": "Asia/Tokyo", "Asia/Tokio": "Local", "": "Local"} {
		if got := stackOf(t, actions(zone, "cron(0 10 * * ? *)")).Location().String(); got != want {
			t.Errorf("%q: %s, not %s", zone, got, want)
		}
	}
}
