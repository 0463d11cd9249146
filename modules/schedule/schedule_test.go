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
		{Name: "a service that runs round the clock", Change: func(c *c) {
			always := schedule.Capacity{Min: 1, Max: 2}
			c.Services["order-bot-svc"] = schedule.Hours{Day: always, Night: always}
		}},
	})
}
