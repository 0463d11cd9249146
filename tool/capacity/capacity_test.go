package capacity

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/order-bot/infra/tool/status"
)

// office are 10 to 18 o'clock in Tokyo.
var office = []status.Action{
	{Name: "svc-scale-up", Expression: "cron(0 10 * * ? *)", Zone: "Asia/Tokyo", Min: 1, Max: 2},
	{Name: "svc-scale-down", Expression: "cron(0 18 * * ? *)", Zone: "Asia/Tokyo"},
}

func tokyo(t *testing.T, text string) time.Time {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		t.Fatal(err)
	}
	moment, err := time.ParseInLocation(layout, text, zone)
	if err != nil {
		t.Fatal(err)
	}
	return moment
}

func TestFor(t *testing.T) {
	day, none := Limits{1, 2}, Limits{}
	for name, c := range map[string]struct {
		limits     Limits
		now, until string
		want       Change
		ends       string
		fails      string
	}{
		"awake in the evening":                       {limits: day, now: "2026-11-28 20:00", until: "2026-11-28 22:00", want: Change{Limits: day, Back: none}, ends: "2026-11-28 22:00"},
		"awake until the timetable says so":          {limits: day, now: "2026-11-28 20:00", want: Change{Limits: day, Back: none}, ends: "2026-11-29 18:00"},
		"awake from the night into the morning":      {limits: day, now: "2026-11-28 08:00", until: "2026-11-28 12:00", want: Change{Limits: day, Back: day}, ends: "2026-11-28 12:00"},
		"awake until the very moment of the evening": {limits: day, now: "2026-11-28 08:00", until: "2026-11-28 18:00", want: Change{Limits: day, Back: none}, ends: "2026-11-28 18:00"},
		"awake past the evening":                     {limits: day, now: "2026-11-28 17:00", until: "2026-11-28 22:00", fails: "at 2026-11-28 18:00, svc-scale-down of the timetable sets it to 0"},
		"asleep by day":                              {limits: none, now: "2026-11-28 12:00", until: "2026-11-28 13:00", want: Change{Limits: none, Back: day}, ends: "2026-11-28 13:00"},
		"asleep until the next morning":              {limits: none, now: "2026-11-28 12:00", want: Change{Limits: none, Back: day}, ends: "2026-11-29 10:00"},
		"asleep until later than the morning":        {limits: none, now: "2026-11-28 12:00", until: "2026-11-29 12:00", fails: "at 2026-11-29 10:00, svc-scale-up of the timetable sets it to 1 to 2"},
		"more tasks for a while":                     {limits: Limits{4, 4}, now: "2026-11-28 12:00", until: "2026-11-28 14:00", want: Change{Limits: Limits{4, 4}, Back: day}, ends: "2026-11-28 14:00"},
		"more tasks":                                 {limits: Limits{4, 4}, now: "2026-11-28 12:00", want: Change{Limits: Limits{4, 4}, Back: none}, ends: "2026-11-28 18:00"},
	} {
		t.Run(name, func(t *testing.T) {
			var until time.Time
			if c.until != "" {
				until = tokyo(t, c.until)
			}
			// The end of an earlier change is no part of the timetable.
			actions := append([]status.Action{{Name: "svc-until", Expression: "at(2026-11-28T03:30:00)", Min: 9, Max: 9}}, office...)
			got, err := For(actions, func([]status.Action) Limits { return c.limits }, tokyo(t, c.now), until)
			if c.fails != "" {
				if err == nil || !strings.HasPrefix(err.Error(), c.fails) {
					t.Errorf("it fails with %v", err)
				}
				return
			}
			c.want.Until = tokyo(t, c.ends)
			if err != nil || !got.Until.Equal(c.want.Until) {
				t.Fatalf("got %+v, %v", got, err)
			}
			got.Until = c.want.Until
			if got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

func TestWithoutATimetable(t *testing.T) {
	for _, actions := range [][]status.Action{nil, {{Name: "svc-until"}}} {
		if _, err := For(actions, Day, time.Now(), time.Time{}); !errors.Is(err, ErrNoTimetable) {
			t.Errorf("%v", err)
		}
	}
	if day := Day(office); day != (Limits{1, 2}) {
		t.Errorf("%v", day)
	}
	always := []status.Action{{Name: "a", Expression: "cron(0 10 * * ? *)", Min: 1, Max: 1}}
	if _, err := For(always, Day, time.Now(), time.Time{}); err == nil || err.Error() != "its timetable never sets another number of tasks" {
		t.Errorf("%v", err)
	}
}

func TestUntil(t *testing.T) {
	now := tokyo(t, "2026-11-28 20:30")
	for text, want := range map[string]string{"22:00": "2026-11-28 22:00", "20:30": "2026-11-29 20:30", "09:15": "2026-11-29 09:15", "2026-12-01 00:00": "2026-12-01 00:00"} {
		if got, err := Until(text, now.UTC(), now.Location()); err != nil || !got.Equal(tokyo(t, want)) {
			t.Errorf("%s: %v %v", text, got, err)
		}
	}
	for text, want := range map[string]string{
		"10pm":             `"10pm" is no moment: say 22:00, or 2026-11-30 22:00, in Asia/Tokyo`,
		"2026-11-28 20:00": "2026-11-28 20:00 is over: it is 2026-11-28 20:30 in Asia/Tokyo",
	} {
		if _, err := Until(text, now, now.Location()); err == nil || err.Error() != want {
			t.Errorf("%s: %v", text, err)
		}
	}
	if got, err := Until("", now, now.Location()); err != nil || !got.IsZero() {
		t.Errorf("no moment: %v %v", got, err)
	}
}
