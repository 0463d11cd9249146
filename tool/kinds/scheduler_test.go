package kinds

import (
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/order-bot/infra/tool/aws/awsapi/awstest"
	"github.com/order-bot/infra/tool/stackjson"
)

// A schedule has no tags. The role by which it starts tasks says whose it is, also where that role is missing.
func TestWhoseAScheduleIs(t *testing.T) {
	stack, err := stackjson.Parse([]byte(`{"resource": {
		"aws_iam_role": {"jobs": {"name": "order-bot-prod-jobs"}},
		"aws_scheduler_schedule": {"x": {"name": "order-bot-prod-report", "target": {"role_arn": "${aws_iam_role.jobs.arn}"}}}
	}}`))
	if err != nil {
		t.Fatal(err)
	}
	has := func(role string) awstest.Answer {
		return awstest.OK(`{"Arn": "arn:s", "GroupName": "default", "Name": "order-bot-prod-report", "Target": {"Arn": "arn:c", "RoleArn": "arn:aws:iam::111122223333:role/` + role + `"}}`)
	}
	for _, c := range []struct {
		what    string
		answer  awstest.Answer
		want    *Found
		refused string
	}{
		{"ours", has("order-bot-prod-jobs"), &Found{ID: "default/order-bot-prod-report", Evidence: "starts tasks as aws_iam_role.jobs", Values: map[string]string{"arn": "arn:s", "id": "default/order-bot-prod-report"}}, ""},
		{"another's", has("shop-jobs"), nil, "it is not this stack's: it starts tasks as arn:aws:iam::111122223333:role/shop-jobs"},
		{"none", awstest.Status(http.StatusNotFound, `{"__type": "ResourceNotFoundException", "Message": "Schedule order-bot-prod-report does not exist."}`), nil, ""},
	} {
		settings, asked := awstest.Start(t, c.answer)
		f := &Search{Stack: stack, Missing: map[string]bool{"aws_iam_role.jobs": true}, Config: settings, Planned: map[string]map[string]any{
			"aws_scheduler_schedule.x": {"name": "order-bot-prod-report"}, "aws_iam_role.jobs": {"name": "order-bot-prod-jobs"},
		}}
		got, err := findScheduled(t.Context(), f, Resource{"aws_scheduler_schedule.x", "aws_scheduler_schedule"})
		var refusal *Refusal
		refused := errors.As(err, &refusal)
		if !reflect.DeepEqual(got, c.want) || refused != (c.refused != "") || refused && refusal.Reason != c.refused || err != nil && !refused {
			t.Errorf("%s: got %+v, %v", c.what, got, err)
		}
		if !strings.HasPrefix((*asked)[0].URL, "GET /schedules/order-bot-prod-report") {
			t.Errorf("%s: asked %v", c.what, *asked)
		}
	}
}
