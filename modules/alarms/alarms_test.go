package alarms_test

import (
	"strings"
	"testing"

	"github.com/order-bot/infra/fastjsii"
	"github.com/order-bot/infra/internal/check/checktest"
	"github.com/order-bot/infra/modules/alarms"
)

func TestMain(m *testing.M) { fastjsii.Main(m) }

func valid() alarms.Config {
	return alarms.Config{
		NamePrefix: "order-bot-prod", Alarms: alarms.Alarms{Readers: []string{"team", "on_call"}}.WithDefaults(), ClusterName: "order-bot-prod-cluster", Insights: true,
		Services: []alarms.Service{{Key: "svc", Name: "order-bot-svc", Balanced: true}}, Jobs: []alarms.Job{{Name: "report", Family: "order-bot-prod-report"}},
	}
}

func TestValidate(t *testing.T) {
	type c = alarms.Config
	checktest.Run(t, valid, []checktest.Case[c]{
		{Name: "nobody, without Container Insights", Change: func(c *c) { c.Alarms.Readers, c.Insights = nil, false }},
		{Name: "nobody, with jobs of long names", Change: func(c *c) {
			c.Alarms.Readers, c.Jobs = nil, append(c.Jobs, alarms.Job{Name: strings.Repeat("r", 1000), Family: strings.Repeat("f", 1000)})
		}},
		{Name: "all problems at once", Change: func(c *c) {
			c.Alarms = alarms.Alarms{Readers: []string{"On-Call", "team", "team"}, Errors: -1, Minutes: 61, CertificateDays: 60}
			c.Insights = false
			c.Jobs = append(c.Jobs, alarms.Job{Name: strings.Repeat("r", 1000), Family: strings.Repeat("f", 1000)})
		}, Want: []string{
			`alarms: errors: -1 is not allowed (1 to 1000000)`,
			`alarms: minutes: 61 is not allowed (1 to 60)`,
			`alarms: certificate days: 60 is not allowed (1 to 59)`,
			`alarms: reader: "On-Call" is not allowed (a lower-case letter, then lower-case letters, digits and _)`,
			`alarms: reader: "team" is there twice`,
			`alarms: readers: alarms need Container Insights, which counts the tasks: take WithoutInsights out of the cluster`,
			`alarms: jobs: the names of all jobs are too long for one rule of EventBridge by 214 characters`,
		}},
	})
}

func TestValidateFrontend(t *testing.T) {
	checktest.Run(t, func() alarms.Frontend { return alarms.Frontend{Readers: []string{"team"}}.WithDefaults() }, []checktest.Case[alarms.Frontend]{
		{Name: "all problems at once", Change: func(f *alarms.Frontend) {
			*f = alarms.Frontend{Readers: []string{"a-b"}, ErrorPercent: 101, CertificateDays: 60}
		}, Want: []string{
			`alarms: error percent: 101 is not allowed (1 to 100)`,
			`alarms: certificate days: 60 is not allowed (1 to 59)`,
			`alarms: reader: "a-b" is not allowed (a lower-case letter, then lower-case letters, digits and _)`,
		}},
	})
}

func TestMail(t *testing.T) {
	for address, allowed := range map[string]bool{
		"team@example.com": true, "on-call+prod@mail.example.co.jp": true, "team": false, "team@example": false, "a b@example.com": false, "a@b@example.com": false, "team@example.com.": false,
	} {
		if alarms.Mail.MatchString(address) != allowed {
			t.Errorf("%q: %v", address, !allowed)
		}
	}
}
