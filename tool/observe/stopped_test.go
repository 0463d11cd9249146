package observe

import (
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/order-bot/infra/tool/aws/awsapi"
	"github.com/order-bot/infra/tool/aws/awsapi/awstest"
	"github.com/order-bot/infra/tool/aws/ecs"
	"github.com/order-bot/infra/tool/status"
	"github.com/order-bot/infra/tool/tfstate"
)

// Tasks that ECS has forgotten are read from the log group that a rule writes them to, each once, and nothing else that stands there.
func TestKept(t *testing.T) {
	const job = `{"mode": "managed", "type": "aws_ecs_task_definition", "name": "d", "instances": [{"attributes": {"family": "prod-report", "container_definitions": "[{\"name\": \"report\"}]"}}]},
		{"mode": "managed", "type": "aws_scheduler_schedule", "name": "s", "instances": [{"attributes": {"name": "prod-report", "schedule_expression": "rate(1 hour)", "state": "ENABLED",
			"target": [{"arn": "arn:aws:ecs:eu-west-1:1:cluster/c", "ecs_parameters": [{"task_definition_arn": "arn:x/prod-report:7"}]}]}}]}`
	target := func(arn string) *tfstate.State {
		state, err := tfstate.Read([]byte(`{"version": 4, "resources": [` + job + `,
			{"mode": "managed", "type": "aws_cloudwatch_event_target", "name": "t", "instances": [{"attributes": {"arn": "` + arn + `"}}]}]}`))
		if err != nil {
			t.Fatal(err)
		}
		return state
	}
	const svc = `{\"detail\": {\"taskArn\": \"arn:1\", \"group\": \"service:svc\", \"lastStatus\": \"STOPPED\", \"stoppedAt\": \"2026-11-25T01:00:00.5Z\", \"stoppedReason\": \"no image\"}}`
	const run = `{\"detail\": {\"taskArn\": \"arn:2\", \"group\": \"family:prod-report\", \"taskDefinitionArn\": \"arn:x/prod-report:6\", \"lastStatus\": \"STOPPED\", \"createdAt\": \"2026-11-25T00:00:00Z\", \"stoppedAt\": \"2026-11-25T00:00:09Z\",
		\"containers\": [{\"name\": \"report\", \"exitCode\": 3}]}}`
	event := func(message string) string {
		return `{"message": "` + strings.ReplaceAll(message, "\n\t\t", " ") + `"}`
	}
	settings, asked := awstest.Start(t,
		awstest.OK(`{"events": [`+strings.Join([]string{event(svc), event("no JSON"), event(`{\"detail\": {\"lastStatus\": \"RUNNING\"}}`), event(svc), event(run)}, ",")+`]}`),
		awstest.OK(`{"taskArns": []}`), awstest.OK(`{"taskArns": []}`),
		awstest.Status(http.StatusBadRequest, `{"__type": "ResourceNotFoundException"}`), awstest.Status(http.StatusBadRequest, `{"__type": "AccessDeniedException"}`),
	)
	group := target("arn:aws:logs:us-east-2:1:log-group:/aws/events/c/stopped-tasks")
	older, err := kept(t.Context(), settings, group)
	at := time.Date(2026, 11, 25, 1, 0, 0, 500_000_000, time.UTC)
	want := []ecs.Task{{ARN: "arn:1", Group: "service:svc", LastStatus: ecs.Stopped, Stopped: awsapi.Time{Time: at}, StoppedReason: "no image"}}
	if err != nil || !reflect.DeepEqual(older["service:svc"], want) || len(older) != 2 {
		t.Errorf("got %+v, %v", older, err)
	}
	if request := (*asked)[0]; request.Signed != "us-east-2/logs" || !strings.Contains(request.Body, `"logGroupName":"/aws/events/c/stopped-tasks"`) {
		t.Errorf("asked %+v", request)
	}

	found, err := jobs(t.Context(), settings, group, older)
	ended, three := time.Date(2026, 11, 25, 0, 0, 9, 0, time.UTC), 3
	runs := []status.JobRun{{At: ended.Add(-9 * time.Second), Ended: &ended, ExitCode: &three}}
	if err != nil || len(found) != 1 || !found[0].Kept || !reflect.DeepEqual(found[0].Runs, runs) {
		t.Errorf("the job is %+v, %v", found, err)
	}

	if older, err := kept(t.Context(), settings, group); older == nil || len(older) > 0 || err != nil {
		t.Errorf("of a log group that is gone: %+v, %v", older, err)
	}
	if older, err := kept(t.Context(), settings, group); older == nil || err == nil {
		t.Errorf("without permission: %+v, %v", older, err)
	}
	if older, err := kept(t.Context(), settings, target("arn:aws:sns:us-east-2:1:alarms")); older != nil || err != nil {
		t.Errorf("without a log group: %+v, %v", older, err)
	}
}
