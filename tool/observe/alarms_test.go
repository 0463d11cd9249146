package observe

import (
	"net/http"
	"reflect"
	"testing"

	"github.com/order-bot/infra/tool/aws/awsapi/awstest"
	"github.com/order-bot/infra/tool/status"
	"github.com/order-bot/infra/tool/tfstate"
)

// Each region is asked for its own alarms, and each topic for its readers.
func TestAlarms(t *testing.T) {
	state, err := tfstate.Read([]byte(`{"version": 4, "resources": [
		{"mode": "managed", "type": "aws_cloudwatch_metric_alarm", "name": "a", "instances": [{"attributes": {"alarm_name": "x-down", "arn": "arn:aws:cloudwatch:eu-west-1:1:alarm:x-down"}}]},
		{"mode": "managed", "type": "aws_sns_topic", "name": "t", "instances": [{"attributes": {"arn": "arn:aws:sns:us-east-1:1:x"}}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	readers := awstest.OK(`<ListSubscriptionsByTopicResponse><ListSubscriptionsByTopicResult><Subscriptions>
		<member><SubscriptionArn>PendingConfirmation</SubscriptionArn><Protocol>email</Protocol><Endpoint>b@example.com</Endpoint></member>
		<member><SubscriptionArn>arn:s</SubscriptionArn><Protocol>email</Protocol><Endpoint>a@example.com</Endpoint></member>
		</Subscriptions></ListSubscriptionsByTopicResult></ListSubscriptionsByTopicResponse>`)
	alarms := func(state string) awstest.Answer {
		return awstest.OK(`<DescribeAlarmsResponse><DescribeAlarmsResult><MetricAlarms><member><AlarmName>x-down</AlarmName><StateValue>` + state +
			`</StateValue><StateReason>Why</StateReason></member></MetricAlarms></DescribeAlarmsResult></DescribeAlarmsResponse>`)
	}
	denied := awstest.Status(http.StatusForbidden, `<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>`)
	gone := awstest.Status(http.StatusNotFound, `<ErrorResponse><Error><Code>NotFound</Code></Error></ErrorResponse>`)
	for _, c := range []struct {
		what   string
		first  awstest.Answer
		second awstest.Answer
		want   status.Alarms
		fails  bool
	}{
		{"one rings", alarms("ALARM"), readers, status.Alarms{Ringing: []status.Alarm{{Name: "x-down", Reason: "Why"}}, Unconfirmed: []string{"b@example.com"}}, false},
		{"none rings, and the topic is gone", alarms("OK"), gone, status.Alarms{Ringing: []status.Alarm{}, Unconfirmed: []string{}}, false},
		{"nobody may look at the alarms", denied, readers, status.Alarms{Ringing: []status.Alarm{}, Unconfirmed: []string{"b@example.com"}}, true},
	} {
		settings, asked := awstest.Start(t, c.first, c.second)
		got, err := alarmsOf(t.Context(), settings, state)
		if got == nil || !reflect.DeepEqual(*got, c.want) || (err != nil) != c.fails {
			t.Errorf("%s: %+v, %v", c.what, got, err)
		}
		if first, second := (*asked)[0].Signed, (*asked)[1].Signed; first != "eu-west-1/monitoring" || second != "us-east-1/sns" {
			t.Errorf("%s: asked %s and %s", c.what, first, second)
		}
	}
	settings, _ := awstest.Start(t)
	if got, err := alarmsOf(t.Context(), settings, &tfstate.State{}); got != nil || err != nil {
		t.Errorf("without alarms: %v, %v", got, err)
	}
}
