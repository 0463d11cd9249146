package expression_test

import (
	"testing"

	"github.com/order-bot/infra/internal/expression"
)

func TestExpressions(t *testing.T) {
	pattern := expression.Moment
	for text, allowed := range map[string]bool{
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
		if pattern.MatchString(text) != allowed {
			t.Errorf("%q: %v", text, !allowed)
		}
	}
}

func TestTimezones(t *testing.T) {
	pattern := expression.Timezone
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
