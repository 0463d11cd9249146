package scheduler

import (
	"net/http"
	"testing"

	"github.com/order-bot/infra/tool/aws/awsapi"
	"github.com/order-bot/infra/tool/aws/awsapi/awstest"
)

// The answers are as the reference has them, with more than is read.
func TestSchedule(t *testing.T) {
	settings, asked := awstest.Start(t,
		awstest.OK(`{"Arn": "arn:s", "GroupName": "default", "Name": "report", "ScheduleExpression": "rate(1 hour)", "State": "ENABLED", "Target": {"Arn": "arn:c", "EcsParameters": {}, "RoleArn": "arn:r"}}`),
		func(w http.ResponseWriter) {
			w.Header().Set("X-Amzn-ErrorType", "ResourceNotFoundException")
			awstest.Status(http.StatusNotFound, `{"Message": "Schedule other does not exist."}`)(w)
		})
	client := New(settings)
	want := Schedule{ARN: "arn:s", Group: "default"}
	want.Target.Role = "arn:r"
	if got, err := client.Schedule(t.Context(), "report"); err != nil || got != want {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := client.Schedule(t.Context(), "other"); !awsapi.IsCode(err, "ResourceNotFoundException") {
		t.Errorf("got %v", err)
	}
	if is := (*asked)[0]; is.URL != "GET /schedules/report" || is.Signed != "eu-west-1/scheduler" || is.Body != "" {
		t.Errorf("asked %+v", is)
	}
}
