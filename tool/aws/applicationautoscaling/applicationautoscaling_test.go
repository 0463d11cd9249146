package applicationautoscaling

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/order-bot/infra/tool/aws/awsapi"
	"github.com/order-bot/infra/tool/aws/awsapi/awstest"
)

// The answers are as the reference has them, with more than is read.

var svc = ServiceIn("prod", "svc")

const named = `{"ServiceNamespace":"ecs","ResourceId":"service/prod/svc","ScalableDimension":"ecs:service:DesiredCount"`

// asksFor fails the test unless these were asked for, action and input.
func asksFor(t *testing.T, asked *[]awstest.Request, want ...string) {
	t.Helper()
	for i, request := range *asked {
		action := strings.TrimPrefix(request.Header.Get("X-Amz-Target"), "AnyScaleFrontendService.")
		if got := action + " " + request.Body; i >= len(want) || got != want[i] || request.Signed != "eu-west-1/application-autoscaling" {
			t.Errorf("asked for %s, signed for %s", got, request.Signed)
		}
	}
}

func TestScheduledActions(t *testing.T) {
	settings, asked := awstest.Start(t,
		awstest.OK(`{"ScheduledActions": [{"ScheduledActionName": "day", "ScheduledActionARN": "arn:a", "Schedule": "cron(0 10 * * ? *)", "Timezone": "Asia/Taipei", "StartTime": 1563223656.5,
			"ScalableTargetAction": {"MinCapacity": 0, "MaxCapacity": 2}, "CreationTime": 1563148800}], "NextToken": "more"}`),
		awstest.OK(`{"ScheduledActions": [{"ScheduledActionName": "night", "Schedule": "at(2026-01-01T00:00:00)", "ScalableTargetAction": {"MaxCapacity": 0}}]}`),
		awstest.OK(`{"ScheduledActions": []}`), awstest.OK(`{"ScheduledActionARN": "arn:a"}`))
	client := New(settings)
	got, err := client.ScheduledActions(t.Context(), svc)
	none, two := 0, 2
	if want := []ScheduledAction{
		{Name: "day", Schedule: "cron(0 10 * * ? *)", Timezone: "Asia/Taipei", Start: awsapi.Time{Time: time.Date(2019, 7, 15, 20, 47, 36, 5e8, time.UTC)}, Limits: Limits{&none, &two}},
		{Name: "night", Schedule: "at(2026-01-01T00:00:00)", Limits: Limits{Max: &none}},
	}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
	if got, err := client.ScheduledActions(t.Context(), svc, "other"); err != nil || got != nil {
		t.Errorf("got %v, %v, and there is none", got, err)
	}
	if err := client.PutScheduledAction(t.Context(), svc, "until", "at(2026-01-01T00:00:00)", 0, 2); err != nil {
		t.Error(err)
	}
	const resource, namespace = `"ResourceId":"service/prod/svc","ScalableDimension":"ecs:service:DesiredCount",`, `"ServiceNamespace":"ecs"}`
	asksFor(t, asked, `DescribeScheduledActions {`+resource+namespace, `DescribeScheduledActions {"NextToken":"more",`+resource+namespace,
		`DescribeScheduledActions {`+resource+`"ScheduledActionNames":["other"],`+namespace,
		`PutScheduledAction `+named+`,"ScheduledActionName":"until","Schedule":"at(2026-01-01T00:00:00)","ScalableTargetAction":{"MinCapacity":0,"MaxCapacity":2}}`)
}

func TestTargetsAndPolicies(t *testing.T) {
	settings, asked := awstest.Start(t,
		awstest.OK(`{"ScalableTargets": [{"ServiceNamespace": "ecs", "ResourceId": "service/prod/svc", "MinCapacity": 1, "MaxCapacity": 2}]}`), awstest.OK(`{"ScalableTargets": []}`),
		awstest.OK(`{"ScalableTargetARN": "arn:t"}`),
		awstest.OK(`{"ScalingPolicies": [{"PolicyARN": "arn:p", "PolicyName": "by-cpu", "Alarms": []}]}`), awstest.OK(`{"ScalingPolicies": []}`))
	client := New(settings)
	for _, want := range []bool{true, false} {
		if is, err := client.IsRegistered(t.Context(), svc); err != nil || is != want {
			t.Errorf("got %v, %v", is, err)
		}
	}
	if err := client.Register(t.Context(), svc, 0, 2); err != nil {
		t.Error(err)
	}
	for _, want := range []string{"arn:p", ""} {
		if arn, err := client.PolicyARN(t.Context(), svc, "by-cpu"); err != nil || arn != want {
			t.Errorf("got %q, %v", arn, err)
		}
	}
	targets, policies := `DescribeScalableTargets {"ResourceIds":["service/prod/svc"],"ScalableDimension":"ecs:service:DesiredCount","ServiceNamespace":"ecs"}`, `DescribeScalingPolicies `+named+`,"PolicyNames":["by-cpu"]}`
	asksFor(t, asked, targets, targets, `RegisterScalableTarget `+named+`,"MinCapacity":0,"MaxCapacity":2}`, policies, policies)
}
