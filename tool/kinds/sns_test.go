package kinds

import (
	"errors"
	"net/http"
	"reflect"
	"testing"

	"github.com/order-bot/infra/tool/aws/awsapi/awstest"
	"github.com/order-bot/infra/tool/stackjson"
)

// What belongs to alarms is found by its name, or by what it belongs to, in the region of its provider. What is not ours, and what AWS has by itself, is
// not taken in.
func TestWhoseAlarmsAre(t *testing.T) {
	stack, err := stackjson.Parse([]byte(`{
		"provider": {"aws": [{"region": "${var.aws_region}"}, {"alias": "us-east-1", "region": "us-east-1"}]},
		"resource": {
			"aws_cloudwatch_event_rule": {"r": {"name": "rule"}},
			"aws_cloudwatch_event_target": {"x": {"rule": "${aws_cloudwatch_event_rule.r.name}", "target_id": "mail"}},
			"aws_cloudwatch_metric_alarm": {"x": {"alarm_name": "down", "provider": "aws.us-east-1", "tags": {"Project": "p", "Environment": "e"}}},
			"aws_sns_topic": {"t": {"name": "alarms", "tags": {"Project": "p", "Environment": "e"}}},
			"aws_sns_topic_policy": {"x": {"arn": "${aws_sns_topic.t.arn}"}},
			"aws_sns_topic_subscription": {"x": {"topic_arn": "${aws_sns_topic.t.arn}", "protocol": "email", "endpoint": "a@example.com"}}
		}}`))
	if err != nil {
		t.Fatal(err)
	}
	readers := func(arn string) awstest.Answer {
		return awstest.OK(`<R><ListSubscriptionsByTopicResult><Subscriptions>
			<member><SubscriptionArn>arn:other</SubscriptionArn><Protocol>email</Protocol><Endpoint>b@example.com</Endpoint></member>
			<member><SubscriptionArn>` + arn + `</SubscriptionArn><Protocol>email</Protocol><Endpoint>a@example.com</Endpoint></member></Subscriptions></ListSubscriptionsByTopicResult></R>`)
	}
	policy := func(id string) awstest.Answer {
		return awstest.OK(`<R><GetTopicAttributesResult><Attributes><entry><key>Policy</key><value>{"Id":"` + id + `"}</value></entry></Attributes></GetTopicAttributesResult></R>`)
	}
	tags := func(environment string) awstest.Answer {
		return awstest.OK(`<R><ListTagsForResourceResult><Tags><member><Key>Project</Key><Value>p</Value></member><member><Key>Environment</Key><Value>` + environment + `</Value></member></Tags></ListTagsForResourceResult></R>`)
	}
	alarms := awstest.OK(`<R><DescribeAlarmsResult><MetricAlarms><member><AlarmName>down</AlarmName><AlarmArn>arn:a</AlarmArn></member></MetricAlarms></DescribeAlarmsResult></R>`)
	for _, c := range []struct {
		what, address string
		answers       []awstest.Answer
		want          *Found
		refused       bool
		region        string
	}{
		{"an alarm", "aws_cloudwatch_metric_alarm.x", []awstest.Answer{alarms, tags("e")}, &Found{ID: "down", Evidence: "tags Project=p Environment=e", Values: map[string]string{"arn": "arn:a"}}, false, "us-east-1/monitoring"},
		{"another's alarm", "aws_cloudwatch_metric_alarm.x", []awstest.Answer{alarms, tags("other")}, nil, true, "us-east-1/monitoring"},
		{"no alarm", "aws_cloudwatch_metric_alarm.x", []awstest.Answer{awstest.OK(`<R/>`)}, nil, false, "us-east-1/monitoring"},
		{"a topic", "aws_sns_topic.t", []awstest.Answer{awstest.OK(`<R><ListTopicsResult><Topics><member><TopicArn>arn:aws:sns:eu-west-1:1:alarms</TopicArn></member></Topics></ListTopicsResult></R>`), tags("e")},
			&Found{ID: "arn:aws:sns:eu-west-1:1:alarms", Evidence: "tags Project=p Environment=e", Values: map[string]string{"arn": "arn:aws:sns:eu-west-1:1:alarms", "id": "arn:aws:sns:eu-west-1:1:alarms"}}, false, "eu-west-1/sns"},
		{"the policy of a topic", "aws_sns_topic_policy.x", []awstest.Answer{policy("")}, &Found{ID: "arn:t", Evidence: "that of aws_sns_topic.t"}, false, "eu-west-1/sns"},
		{"the policy that AWS gives", "aws_sns_topic_policy.x", []awstest.Answer{policy("__default_policy_ID")}, nil, false, "eu-west-1/sns"},
		{"a reader", "aws_sns_topic_subscription.x", []awstest.Answer{readers("arn:s")}, &Found{ID: "arn:s", Evidence: "a reader of aws_sns_topic.t", Values: map[string]string{"arn": "arn:s", "id": "arn:s"}}, false, "eu-west-1/sns"},
		{"a reader who has not confirmed", "aws_sns_topic_subscription.x", []awstest.Answer{readers("PendingConfirmation")}, &Found{ID: "a@example.com", Evidence: "a reader of aws_sns_topic.t", Rewritten: true}, false, "eu-west-1/sns"},
		{"no rule", "aws_cloudwatch_event_rule.r", []awstest.Answer{awstest.Status(http.StatusBadRequest, `{"__type": "ResourceNotFoundException"}`)}, nil, false, "eu-west-1/events"},
		{"a target", "aws_cloudwatch_event_target.x", []awstest.Answer{awstest.OK(`{"Targets": [{"Id": "mail", "Arn": "arn:t"}]}`)}, &Found{ID: "rule/mail", Evidence: "a target of aws_cloudwatch_event_rule.r"}, false, "eu-west-1/events"},
		{"another target", "aws_cloudwatch_event_target.x", []awstest.Answer{awstest.OK(`{"Targets": [{"Id": "other", "Arn": "arn:t"}]}`)}, nil, false, "eu-west-1/events"},
	} {
		settings, asked := awstest.Start(t, c.answers...)
		f := &Search{Stack: stack, Config: settings, Missing: map[string]bool{}, Planned: map[string]map[string]any{
			"aws_cloudwatch_event_rule.r": {"name": "rule"}, "aws_cloudwatch_event_target.x": {"target_id": "mail"},
			"aws_cloudwatch_metric_alarm.x": {"alarm_name": "down", "tags": map[string]any{"Project": "p", "Environment": "e"}},
			"aws_sns_topic.t":               {"name": "alarms", "arn": "arn:t", "tags": map[string]any{"Project": "p", "Environment": "e"}},
			"aws_sns_topic_subscription.x":  {"protocol": "email", "endpoint": "a@example.com"},
		}}
		kind := c.address[:len(c.address)-2]
		got, err := Of(kind).Find(t.Context(), f, Resource{c.address, kind})
		refusal := (*Refusal)(nil)
		if refused := errors.As(err, &refusal); refused != c.refused || err != nil && !refused || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, %v", c.what, got, err)
		}
		if (*asked)[0].Signed != c.region {
			t.Errorf("%s: asked %s", c.what, (*asked)[0].Signed)
		}
	}
}
