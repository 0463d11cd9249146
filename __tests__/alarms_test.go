package tests

import (
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/order-bot/infra/__tests__/realservices"
	"github.com/order-bot/infra/cmd/docs/generate"
	"github.com/order-bot/infra/design"
	"github.com/order-bot/infra/modules/alarms"
	"github.com/order-bot/infra/stacks"
	"github.com/order-bot/infra/tool/tfvalue"
)

// withAlarms is a design whose environments have alarms.
func withAlarms(d stacks.Design, of alarms.Alarms) stacks.Design {
	d.Environments = slices.Clone(d.Environments)
	for i := range d.Environments {
		d.Environments[i].Alarms, d.Environments[i].Cluster.WithoutInsights = of, false
	}
	return d
}

// Nobody is told of anything unless a design says who.
func TestAlarmsAreOff(t *testing.T) {
	for name, stack := range synthesize(t, withAlarms(design.Live, alarms.Alarms{Errors: 20})) {
		if stack.Text != synthesized(t)[name].Text {
			t.Errorf("%s has changed", name)
		}
	}
}

// Each alarm tells all readers, each says what to do, and none rings because nothing is wanted.
func TestAlarms(t *testing.T) {
	d := withAlarms(realservices.Design, alarms.Alarms{Readers: []string{"team", "on_call"}, Minutes: 7})
	for i := range d.Environments {
		d.Environments[i].Services = slices.Clone(d.Environments[i].Services)
		for j := range d.Environments[i].Services {
			service := &d.Environments[i].Services[j]
			service.Rollout.RollbackOnAlarm = service.HTTP.Used() && !service.Rollout.WithoutRollback
		}
	}
	page, err := os.ReadFile("../docs/using/alarms.md")
	if err != nil {
		t.Fatal(err)
	}
	all := synthesize(t, d)
	for _, environment := range d.Environments {
		stack := all[environment.Name]
		for _, reader := range []string{"team", "on_call"} {
			if got := stack.At("aws_sns_topic_subscription.alarms_mail_" + reader); got["endpoint"] != "${var.alarm_mail_"+reader+"}" || got["protocol"] != "email" {
				t.Errorf("%s: %s gets no mail: %v", environment.Name, reader, got)
			}
		}
		count := 0
		for name, alarm := range stack.Resource["aws_cloudwatch_metric_alarm"] {
			count++
			if got := tfvalue.At(alarm, "alarm_actions"); len(got.([]any)) != 1 || got.([]any)[0] != "${aws_sns_topic.alarms_sns_topic.arn}" {
				t.Errorf("%s tells %v", name, got)
			}
			text := alarm["alarm_description"].(string)
			_, section, _ := strings.Cut(text, `What to do: docs/using/alarms.md, "`)
			if section = strings.TrimSuffix(section, `".`); !strings.Contains(string(page), "\n### "+section+"\n") {
				t.Errorf("%s: docs/using/alarms.md has no section %q", name, section)
			}
			// What is missing is well, or leaves the alarm as it is: ELB has no numbers of what does not happen, nor of groups without targets.
			if missing := alarm["treat_missing_data"]; missing != "notBreaching" && (name != "alarms_certificate" || missing != "ignore") {
				t.Errorf("%s rings where there are no numbers: %v", name, missing)
			}
			// What counts what works looks at what is wanted, too.
			metrics := asText(t, alarm)
			counts := strings.Contains(metrics, "HealthyHostCount") || strings.Contains(metrics, "RunningTaskCount")
			if wanted := strings.Contains(metrics, "DesiredTaskCount") && strings.Contains(metrics, "IF(wanted > 0 AND working < 1, 1, 0)"); counts != wanted {
				t.Errorf("%s rings at night, or does not look at what is wanted: %s", name, metrics)
			}
			if counts && alarm["evaluation_periods"] != 7.0 {
				t.Errorf("%s rings after %v minutes", name, alarm["evaluation_periods"])
			}
			// 503 is what the load balancer answers with at night.
			if strings.Contains(metrics, "ELB_5XX") || strings.Contains(metrics, "503") {
				t.Errorf("%s rings at night: %s", name, metrics)
			}
		}
		want := 2
		if environment.Name != "plain" { // which has no domain
			want++
		}
		for _, service := range environment.Services {
			if want++; service.HTTP.Used() {
				want += 2
			}
			// A rollout goes back by the alarm of its own service, which is there first, and a deploy waits for it.
			running := stack.At("aws_ecs_service.ecs_" + service.Key + "_service")
			named := asText(t, running["alarms"]) == `{"alarm_names":["${aws_cloudwatch_metric_alarm.alarms_`+service.Key+`_errors.alarm_name}"],"enable":true,"rollback":true}`
			if waits := tfvalue.At(running, "timeouts", "update") == "50m"; named != service.Rollout.RollbackOnAlarm || waits != named {
				t.Errorf("%s: %s goes back by %v, and a deploy waits for %v", environment.Name, service.Key, running["alarms"], running["timeouts"])
			}
		}
		if count != want {
			t.Errorf("%s has %d alarms, not %d", environment.Name, count, want)
		}
		if got := stack.At("aws_cloudwatch_event_rule.alarms_job_rule") != nil; got != (len(environment.Jobs) > 0) {
			t.Errorf("%s tells of failed jobs: %v", environment.Name, got)
		}
		if _, err := generate.StartFlow("..", generate.Stack{Name: environment.Name, JSON: stack.Stack}); err != nil {
			t.Error(err)
		}
	}
}

// The frontend's alarms are where its numbers are, and so is their topic. The rest of the stack stays where it is.
func TestAlarmsOfTheFrontend(t *testing.T) {
	d := design.Live
	d.Global.Alarms = &alarms.Frontend{Readers: []string{"team"}}
	stack := synthesize(t, d)["global"]
	found := 0
	for _, address := range stack.Managed() {
		name := address[strings.Index(address, ".")+1:]
		in, want := stack.At(address)["provider"], any(nil)
		if strings.HasPrefix(name, "alarms_") {
			want, found = any("aws.us-east-1"), found+1
		}
		if in != want {
			t.Errorf("%s is made by the provider %v", address, in)
		}
	}
	if found != 5 {
		t.Errorf("%d resources", found)
	}
	metrics := stack.At("aws_cloudwatch_metric_alarm.alarms_errors")["dimensions"]
	if want := map[string]any{"DistributionId": "${aws_cloudfront_distribution.frontend_distribution.id}", "Region": "Global"}; !reflect.DeepEqual(metrics, want) {
		t.Errorf("it looks at %v", metrics)
	}
	if _, err := generate.StartFlow("..", generate.Stack{Name: "global", JSON: stack.Stack}); err != nil {
		t.Error(err)
	}

	// Without readers there is nothing but the provider, which the engine needs to delete what was there.
	d.Global.Alarms = &alarms.Frontend{}
	quiet := synthesize(t, d)["global"]
	if got, want := quiet.Managed(), synthesize(t, design.Live)["global"].Managed(); !slices.Equal(got, want) {
		t.Errorf("without readers it has %q, not %q", got, want)
	}
	if providers, want := asText(t, quiet.Provider), asText(t, stack.Provider); providers != want {
		t.Errorf("without readers its providers are %s, not %s", providers, want)
	}
}

// asText is a part of the JSON as text.
func asText(t *testing.T, of any) string {
	t.Helper()
	text, err := json.Marshal(of)
	if err != nil {
		t.Fatal(err)
	}
	return strings.NewReplacer(`\u003e`, ">", `\u003c`, "<").Replace(string(text))
}
