package job_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/order-bot/infra/fastjsii"
	"github.com/order-bot/infra/internal/check/checktest"
	"github.com/order-bot/infra/modules/job"
)

func TestMain(m *testing.M) { fastjsii.Main(m) }

func valid() job.Config {
	return job.Config{NamePrefix: "order-bot-prod", Jobs: []job.Job{
		{Key: "report", Name: "report", Schedule: job.Schedule{Expression: "cron(0 3 * * ? *)", Timezone: "Asia/Tokyo"}.WithDefaults()},
		{Key: "purge", Name: "purge", Schedule: job.Schedule{Expression: "rate(15 minutes)", Retries: 185, MaximumAgeMinutes: 1440, Off: true}.WithDefaults()},
	}}
}

func TestValidate(t *testing.T) {
	type c = job.Config
	checktest.Run(t, valid, []checktest.Case[c]{
		{Name: "no jobs", Change: func(c *c) { c.Jobs = nil }},
		{Name: "as many jobs as one role may start", Change: func(c *c) {
			for i := range 95 {
				c.Jobs = append(c.Jobs, job.Job{Key: fmt.Sprint("j", i), Name: fmt.Sprint("job-", i), Schedule: c.Jobs[0].Schedule})
			}
		}},
		{Name: "and with roles of their own", Change: func(c *c) {
			for i := range 95 {
				c.Jobs = append(c.Jobs, job.Job{Key: fmt.Sprint("j", i), Name: fmt.Sprint("job-", i), Schedule: c.Jobs[0].Schedule, Role: fmt.Sprint("order-bot-prod-j", i, "-task")})
			}
		}, Want: []string{"jobs: 97 are too many: the policy of the role that starts them has 13819 characters, 10240 at most are allowed"}},
		{Name: "all problems of a job at once", Change: func(c *c) {
			c.Jobs[0] = job.Job{Key: "role", Name: "a b", Schedule: job.Schedule{Expression: "0 3 * * *", Timezone: "JST", Retries: 186, MaximumAgeMinutes: 1441}}
		}, Want: []string{
			`job "a b": key: "role" is reserved`,
			`job "a b": schedule name: "order-bot-prod-a b" is not allowed (letters, digits, - and _)`,
			`job "a b": schedule: expression: "0 3 * * *" is not allowed (cron(minutes hours day-of-month month day-of-week year) with ? for one of the two days, at(yyyy-mm-ddThh:mm:ss), or rate(number unit))`,
			`job "a b": schedule: time zone: "JST" is not allowed (an IANA name Area/City, such as Asia/Tokyo, or UTC or GMT)`,
			`job "a b": schedule: retries: 186 is not allowed (1 to 185)`,
			`job "a b": schedule: maximum age: 1441 is not allowed (1 to 1440)`,
		}},
		{Name: "a time zone that there is not", Change: func(c *c) { c.Jobs[0].Schedule.Timezone = "Asia/Tokio" }, Want: []string{
			`job "report": schedule: time zone: there is no "Asia/Tokio" among those of IANA`,
		}},
		{Name: "a time zone that nobody says", Change: func(c *c) { c.Jobs[0].Schedule.Timezone = "" }, Want: []string{
			`job "report": schedule: time zone: is required with cron(), such as Asia/Tokyo or UTC`,
		}},
		{Name: "a name that is too long with its prefix", Change: func(c *c) { c.Jobs[0].Name = strings.Repeat("r", 50) }, Want: []string{
			`job "` + strings.Repeat("r", 50) + `": schedule name: "order-bot-prod-` + strings.Repeat("r", 50) + `" has 65 characters, 64 at most are allowed`,
		}},
	})
}
