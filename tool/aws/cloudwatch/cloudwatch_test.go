package cloudwatch

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/order-bot/infra/tool/aws/awsapi/awstest"
)

// The answers are as the reference has them, with more than is read.
func TestAlarms(t *testing.T) {
	settings, asked := awstest.Start(t,
		awstest.OK(`<DescribeAlarmsResponse xmlns="http://monitoring.amazonaws.com/doc/2010-08-01/"><DescribeAlarmsResult><CompositeAlarms/><MetricAlarms><member>
			<AlarmName>a-1</AlarmName><AlarmArn>arn:a</AlarmArn><StateValue>ALARM</StateValue><StateReason>Threshold Crossed</StateReason><Period>60</Period></member>
			</MetricAlarms></DescribeAlarmsResult></DescribeAlarmsResponse>`),
		awstest.OK(`<DescribeAlarmsResponse><DescribeAlarmsResult><MetricAlarms/></DescribeAlarmsResult></DescribeAlarmsResponse>`),
		awstest.OK(`<ListTagsForResourceResponse><ListTagsForResourceResult><Tags><member><Key>Project</Key><Value>order-bot</Value></member></Tags></ListTagsForResourceResult></ListTagsForResourceResponse>`))
	var names []string
	for i := range 101 {
		names = append(names, fmt.Sprintf("a-%d", i+1))
	}
	client := New(settings)
	got, err := client.Alarms(t.Context(), names...)
	if want := []Alarm{{"a-1", "arn:a", "ALARM", "Threshold Crossed"}}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
	if first, second := (*asked)[0].Body, (*asked)[1].Body; !strings.Contains(first, "AlarmNames.member.100=a-100&") || !strings.Contains(second, "&AlarmNames.member.1=a-101&") {
		t.Errorf("asked %s and %s", first, second)
	}
	if tags, err := client.Tags(t.Context(), "arn:a"); err != nil || !reflect.DeepEqual(tags, map[string]string{"Project": "order-bot"}) {
		t.Errorf("got %v, %v", tags, err)
	}
	if body := (*asked)[2].Body; body != "Action=ListTagsForResource&ResourceARN=arn%3Aa&Version=2010-08-01" {
		t.Errorf("asked %s", body)
	}
}
