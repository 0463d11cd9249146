package watch

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/order-bot/infra/tool/aws/awsapi/awstest"
	"github.com/order-bot/infra/tool/aws/ecs"
)

// The deployment that is stopped is the one that was looked at.
func TestGoBack(t *testing.T) {
	settings, asked := awstest.Start(t,
		awstest.OK(`{"serviceDeployments": [{"serviceDeploymentArn": "arn:d:1"}, {"serviceDeploymentArn": "arn:d:2"}]}`),
		awstest.OK(`{"serviceDeployments": [{"serviceDeploymentArn": "arn:d:1", "targetServiceRevision": {"arn": "arn:aws:ecs:eu-west-1:1:service-revision/c/svc/112"}},
			{"serviceDeploymentArn": "arn:d:2", "targetServiceRevision": {"arn": "arn:aws:ecs:eu-west-1:1:service-revision/c/svc/12"}}]}`),
		awstest.OK(`{"serviceDeploymentArn": "arn:d:2"}`), awstest.OK(`{"serviceDeployments": []}`), awstest.Status(http.StatusBadRequest, `{"__type": "AccessDeniedException", "message": "No."}`),
	)
	back := func() error {
		return New(settings).GoBack(t.Context(), ecs.Service{Cluster: "c", Name: "svc"}, ecs.Deployment{ID: "ecs-svc/12"})
	}
	if err := back(); err != nil {
		t.Error(err)
	}
	if last := (*asked)[2]; !strings.HasSuffix(last.Header.Get("X-Amz-Target"), ".StopServiceDeployment") || last.Body != `{"serviceDeploymentArn":"arn:d:2","stopType":"ROLLBACK"}` {
		t.Errorf("asked %v", last)
	}
	if err := back(); err == nil || err.Error() != "ECS tells of no such deployment that is in progress" {
		t.Errorf("of none: %v", err)
	}
	if err := back(); err == nil || !strings.Contains(err.Error(), "AccessDenied") {
		t.Errorf("without permission: %v", err)
	}
}

// The alarms are those of the deployment that was looked at, and was it that failed.
func TestAlarms(t *testing.T) {
	settings, asked := awstest.Start(t,
		awstest.OK(`{"serviceDeployments": [{"serviceDeploymentArn": "arn:d:1"}, {"serviceDeploymentArn": "arn:d:2"}]}`),
		awstest.OK(`{"serviceDeployments": [
			{"serviceDeploymentArn": "arn:d:1", "targetServiceRevision": {"arn": "arn:aws:ecs:eu-west-1:1:service-revision/c/svc/112"}, "alarms": {"status": "TRIGGERED", "triggeredAlarmNames": ["other"]}},
			{"serviceDeploymentArn": "arn:d:2", "targetServiceRevision": {"arn": "arn:aws:ecs:eu-west-1:1:service-revision/c/svc/12"}, "alarms": {"status": "TRIGGERED", "alarmNames": ["a", "b"], "triggeredAlarmNames": ["b"]}}]}`),
		awstest.OK(`{"serviceDeployments": []}`), awstest.Status(http.StatusBadRequest, `{"__type": "AccessDeniedException", "message": "No."}`),
	)
	alarms := func() ([]string, error) {
		return New(settings).Alarms(t.Context(), ecs.Service{Cluster: "c", Name: "svc"}, ecs.Deployment{ID: "ecs-svc/12"})
	}
	if got, err := alarms(); err != nil || !slices.Equal(got, []string{"b"}) {
		t.Errorf("got %q, %v", got, err)
	}
	if first := (*asked)[0]; !strings.Contains(first.Body, `"status":["STOPPED","ROLLBACK_IN_PROGRESS","ROLLBACK_SUCCESSFUL","ROLLBACK_FAILED"]`) {
		t.Errorf("asked %v", first)
	}
	if got, err := alarms(); err != nil || got != nil {
		t.Errorf("of none: %q, %v", got, err)
	}
	if _, err := alarms(); err == nil || !strings.Contains(err.Error(), "AccessDenied") {
		t.Errorf("without permission: %v", err)
	}
}

func TestLog(t *testing.T) {
	settings, _ := awstest.Start(t, awstest.OK(`{"events": [{"timestamp": 1, "message": "one\r\n"}, {"timestamp": 2, "message": "  two"}]}`))
	if got, err := New(settings).Log(t.Context(), "/ecs/svc", "ecs/svc/1", 2); err != nil || !slices.Equal(got, []string{"one", "  two"}) {
		t.Errorf("got %q, %v", got, err)
	}
}
