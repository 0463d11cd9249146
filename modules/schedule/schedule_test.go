package schedule_test

import (
	"regexp"
	"testing"

	"github.com/order-bot/infra/internal/check/checktest"
	"github.com/order-bot/infra/internal/fastjsii"
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

func TestExpressions(t *testing.T) {
	pattern := regexp.MustCompile(schedule.ExpressionPattern)
	for expression, allowed := range map[string]bool{
		"cron(0 10 * * ? *)":                true,
		"cron(0/15 9-17 ? * MON-FRI *)":     true,
		"cron(0,30 8 1,15 * ? 2026-2030)":   true,
		"cron(0 18 L * ? *)":                true,
		"cron(0 18 3W JAN,JUL ? *)":         true,
		"cron(0 18 ? * 6L *)":               true,
		"cron(0 18 ? * 2#1 *)":              true,
		"cron(*/5 * * * ? *)":               true,
		"at(2026-12-24T18:00:00)":           true,
		"at(2028-02-29T00:00:00)":           true,
		"at(2026-02-30T00:00:00)":           false,
		"at(2026-04-31T00:00:00)":           false,
		"at(2026-10-31T00:00:00)":           true,
		"rate(1 hour)":                      true,
		"rate(12 hours)":                    true,
		"":                                  false,
		"0 10 * * *":                        false, // as in crontab
		"cron(0 10 * * *)":                  false, // five fields
		"cron(0 10 * * * *)":                false, // both days
		"cron(0 10 ? * ? *)":                false, // neither day
		"cron(60 10 * * ? *)":               false,
		"cron(0 24 * * ? *)":                false,
		"cron(0 10 0 * ? *)":                false,
		"cron(0 10 32 * ? *)":               false,
		"cron(0 10 * 13 ? *)":               false,
		"cron(0 10 ? * 0 *)":                false,
		"cron(0 10 ? * 8 *)":                false,
		"cron(0 10 ? * 2#6 *)":              false,
		"cron(0 10 * * ? 1969)":             false,
		"cron(0  10 * * ? *)":               false, // two spaces
		"cron(0 10 * * ? *) ":               false,
		"cron(0/0 10 * * ? *)":              false,
		"at(2026-13-01T00:00:00)":           false,
		"at(2026-12-24 18:00:00)":           false,
		"rate(1 hours)":                     false,
		"rate(2 hour)":                      false,
		"rate(0 hours)":                     false,
		"cron(0 10 ? * MON-FRI,FEB *)":      false,
		"cron(0 10 * * ? *)\ncron(0 1 * *)": false,
	} {
		if pattern.MatchString(expression) != allowed {
			t.Errorf("%q: %v", expression, !allowed)
		}
	}
}

func TestTimezones(t *testing.T) {
	pattern := regexp.MustCompile(schedule.TimezonePattern)
	for timezone, allowed := range map[string]bool{
		"Asia/Tokyo":                     true,
		"America/Argentina/Buenos_Aires": true,
		"Etc/GMT+9":                      true,
		"UTC":                            true,
		"GMT":                            true,
		"GMT+9":                          false,
		"JST":                            false,
		"Tokyo":                          false,
		"asia/tokyo":                     false,
		"Asia/":                          false,
		"Asia/To kyo":                    false,
		"+09:00":                         false,
	} {
		if pattern.MatchString(timezone) != allowed {
			t.Errorf("%q: %v", timezone, !allowed)
		}
	}
}
