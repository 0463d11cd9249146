package timetable

import (
	"testing"
	"time"
)

func TestNextAndLast(t *testing.T) {
	// Each is asked on Wednesday, 25 November 2026, 03:00 UTC: noon in Tokyo.
	now := time.Date(2026, 11, 25, 3, 0, 0, 0, time.UTC)
	for _, c := range []struct{ expression, zone, next, last string }{
		{"cron(0 10 * * ? *)", "Asia/Tokyo", "2026-11-26T10:00:00+09:00", "2026-11-25T10:00:00+09:00"},
		{"cron(0 18 * * ? *)", "Asia/Tokyo", "2026-11-25T18:00:00+09:00", "2026-11-24T18:00:00+09:00"},
		{"cron(0 12 * * ? *)", "Asia/Tokyo", "2026-11-26T12:00:00+09:00", "2026-11-25T12:00:00+09:00"}, // now
		{"cron(0 3 * * ? *)", "", "2026-11-26T03:00:00Z", "2026-11-25T03:00:00Z"},
		{"cron(30 8 ? * MON-FRI *)", "Asia/Tokyo", "2026-11-26T08:30:00+09:00", "2026-11-25T08:30:00+09:00"},
		{"cron(30 8 ? * 2-6 *)", "Asia/Tokyo", "2026-11-26T08:30:00+09:00", "2026-11-25T08:30:00+09:00"}, // 1 is Sunday
		{"cron(0 9 ? * 1 *)", "Asia/Tokyo", "2026-11-29T09:00:00+09:00", "2026-11-22T09:00:00+09:00"},
		{"cron(0 9 ? * SAT,SUN *)", "Asia/Tokyo", "2026-11-28T09:00:00+09:00", "2026-11-22T09:00:00+09:00"},
		{"cron(0 9 ? * FRI-MON *)", "Asia/Tokyo", "2026-11-27T09:00:00+09:00", "2026-11-23T09:00:00+09:00"},
		{"cron(0 9 ? * 2/2 *)", "Asia/Tokyo", "2026-11-27T09:00:00+09:00", "2026-11-25T09:00:00+09:00"},
		{"cron(0 9 1 JAN,jul ? *)", "Asia/Tokyo", "2027-01-01T09:00:00+09:00", "2026-07-01T09:00:00+09:00"},
		{"cron(0/15 8-18/2 * * ? *)", "Asia/Tokyo", "2026-11-25T12:15:00+09:00", "2026-11-25T12:00:00+09:00"},
		{"cron(0 9 ? * MON 2026-2027)", "Asia/Tokyo", "2026-11-30T09:00:00+09:00", "2026-11-23T09:00:00+09:00"},
		// Clocks are turned back on 25 October and forward on 28 March.
		{"cron(30 2 28 3 ? 2027)", "Europe/Berlin", "2027-03-28T03:30:00+02:00", ""},
		{"cron(0 10 28 3 ? 2027)", "Europe/Berlin", "2027-03-28T10:00:00+02:00", ""},
		{"cron(0 10 25 10 ? *)", "Europe/Berlin", "2027-10-25T10:00:00+02:00", "2026-10-25T10:00:00+01:00"},
		{"at(2026-12-24T18:00:00)", "Asia/Tokyo", "2026-12-24T18:00:00+09:00", ""},
		{"at(2026-01-01T00:00:00)", "Asia/Tokyo", "", "2026-01-01T00:00:00+09:00"},
		// What cannot be told.
		{"rate(5 minutes)", "Asia/Tokyo", "", ""},
		{"cron(0 9 L * ? *)", "Asia/Tokyo", "", ""},
		{"cron(0 9 ? * 2#1 *)", "Asia/Tokyo", "", ""},
		{"cron(0 9 ? * 8 *)", "Asia/Tokyo", "", ""},
		{"cron(0 9 * * *)", "Asia/Tokyo", "", ""},
		{"cron(61 9 * * ? *)", "Asia/Tokyo", "", ""},
		{"cron(0 9 * * ? *)", "Asia/Atlantis", "", ""},
	} {
		for _, way := range []struct {
			name, want string
			ask        func(string, string, time.Time) (time.Time, error)
		}{{"next", c.next, Next}, {"last", c.last, Last}} {
			got, err := way.ask(c.expression, c.zone, now)
			if text := got.Format(time.RFC3339); err == nil && text != way.want || (err != nil) != (way.want == "") {
				t.Errorf("%s of %s in %q: %s, %v; want %q", way.name, c.expression, c.zone, text, err, way.want)
			}
		}
	}
}
