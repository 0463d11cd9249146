package schedule_test

import (
	"testing"

	"github.com/order-bot/infra/fastjsii"
	"github.com/order-bot/infra/internal/check/checktest"
	"github.com/order-bot/infra/modules/schedule"
)

func TestMain(m *testing.M) { fastjsii.Main(m) }

func valid() schedule.Config {
	return schedule.Config{Services: map[string]schedule.Hours{"order-bot-svc": {Day: schedule.Capacity{Min: 1, Max: 1}}}}
}

func TestValidate(t *testing.T) {
	type c = schedule.Config
	checktest.Run(t, valid, []checktest.Case[c]{
		{Name: "all problems at once", Change: func(c *c) {
			c.Services = map[string]schedule.Hours{
				"b": {Day: schedule.Capacity{Min: 2, Max: 1}, Night: schedule.Capacity{Min: 3, Max: 4}},
				"a": {Night: schedule.Capacity{Min: -1}},
			}
		}, Want: []string{
			`service "a": night: min: -1 is not allowed (0 or more)`,
			`service "a": day: max: 0 would never start it`,
			`service "b": day: min: 2 is above max, 1`,
			`service "b": night: min: 3 is above the day's, 2`,
			`service "b": night: max: 4 is above the day's, 1`,
		}},
		{Name: "a day that starts nothing", Change: func(c *c) {
			c.Services["order-bot-svc"] = schedule.Hours{Day: schedule.Capacity{Min: 0, Max: 4}}
		}, Want: []string{
			`service "order-bot-svc": day: min: 0 would never start it: the timetable raises the number of tasks to Min, and no further`,
		}},
		{Name: "a time zone that there is not", Change: func(c *c) {
			c.Services["order-bot-svc"] = schedule.Hours{Timezone: "Europe/Berlinn", Windows: []schedule.Window{{Up: "cron(0 9 ? * MON-FRI *)", Down: "cron(0 18 ? * MON-FRI *)"}}}.WithDefaults()
		}, Want: []string{
			`service "order-bot-svc": time zone: there is no "Europe/Berlinn" among those of IANA`,
		}},
		{Name: "no timetable, said in other words", Change: func(c *c) {
			c.Services["order-bot-svc"] = schedule.Hours{Always: schedule.Capacity{Min: 1, Max: 1}, Windows: []schedule.Window{}}
		}},
		{Name: "no timetable, and a part of one", Change: func(c *c) {
			c.Services["order-bot-svc"] = schedule.Hours{Always: schedule.Capacity{Min: 1, Max: 1}, Timezone: "UTC"}
		}, Want: []string{
			`service "order-bot-svc": always: stands beside day, night, windows or a time zone, which a timetable has: one of the two`,
		}},
		{Name: "a service that runs round the clock", Change: func(c *c) {
			always := schedule.Capacity{Min: 1, Max: 2}
			c.Services["order-bot-svc"] = schedule.Hours{Day: always, Night: always}
		}},
	})
}

// A rollout has to be possible with the fewest tasks that a service has: those of the night, if some run then.
func TestFewest(t *testing.T) {
	limits := func(least, most int) schedule.Capacity { return schedule.Capacity{Min: least, Max: most} }
	for _, of := range []struct {
		hours schedule.Hours
		load  bool
		want  int
		what  string
	}{
		{schedule.Hours{Day: limits(2, 4)}, true, 2, "by night none runs"},
		{schedule.Hours{Day: limits(2, 2), Night: limits(0, 1)}, false, 1, "the night takes one away"},
		{schedule.Hours{Day: limits(2, 2), Night: limits(0, 2)}, false, 2, "the night takes none away"},
		{schedule.Hours{Day: limits(3, 4), Night: limits(2, 4)}, true, 2, "little load by night"},
		{schedule.Hours{Always: limits(2, 6)}, true, 2, "little load"},
	} {
		if got := of.hours.Fewest(of.load); got != of.want {
			t.Errorf("%s: %d, not %d", of.what, got, of.want)
		}
	}
}
