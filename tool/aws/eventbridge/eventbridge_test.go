package eventbridge

import (
	"reflect"
	"testing"

	"github.com/order-bot/infra/tool/aws/awsapi/awstest"
)

// The answers are as the reference has them, with more than is read.
func TestRules(t *testing.T) {
	settings, asked := awstest.Start(t,
		awstest.OK(`{"Arn": "arn:r", "Name": "failed", "State": "ENABLED", "EventBusName": "default"}`),
		awstest.OK(`{"Targets": [{"Id": "mail", "Arn": "arn:t", "InputTransformer": {}}]}`),
		awstest.OK(`{"Tags": [{"Key": "Project", "Value": "order-bot"}]}`))
	client := New(settings)
	if arn, err := client.Rule(t.Context(), "failed"); err != nil || arn != "arn:r" {
		t.Errorf("got %q, %v", arn, err)
	}
	if targets, err := client.Targets(t.Context(), "failed"); err != nil || !reflect.DeepEqual(targets, map[string]string{"mail": "arn:t"}) {
		t.Errorf("got %v, %v", targets, err)
	}
	if tags, err := client.Tags(t.Context(), "arn:r"); err != nil || !reflect.DeepEqual(tags, map[string]string{"Project": "order-bot"}) {
		t.Errorf("got %v, %v", tags, err)
	}
	for i, want := range [][2]string{
		{"AWSEvents.DescribeRule", `{"Name":"failed"}`}, {"AWSEvents.ListTargetsByRule", `{"Rule":"failed"}`}, {"AWSEvents.ListTagsForResource", `{"ResourceARN":"arn:r"}`},
	} {
		if got := (*asked)[i]; got.Header.Get("X-Amz-Target") != want[0] || got.Body != want[1] {
			t.Errorf("asked %s %s, not %s", got.Header.Get("X-Amz-Target"), got.Body, want)
		}
	}
}
