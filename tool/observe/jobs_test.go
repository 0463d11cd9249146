package observe

import (
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-bot/infra/tool/aws/awsapi/awstest"
	"github.com/order-bot/infra/tool/aws/ecs"
	"github.com/order-bot/infra/tool/status"
	"github.com/order-bot/infra/tool/tfstate"
)

// The last runs of a job are those of its family, of any revision, and the cluster is asked once.
func TestRunsOfJobs(t *testing.T) {
	const definitions = `{"mode": "managed", "type": "aws_ecs_task_definition", "name": "NAME", "instances": [{"attributes": {"family": "prod-NAME", "container_definitions": "[{\"name\": \"NAME\"}]"}}]},
		{"mode": "managed", "type": "aws_scheduler_schedule", "name": "NAME", "instances": [{"attributes": {"name": "prod-NAME", "schedule_expression": "rate(1 hour)", "state": "ENABLED",
			"target": [{"arn": "arn:aws:ecs:eu-west-1:1:cluster/c", "ecs_parameters": [{"task_definition_arn": "arn:x/prod-NAME:7"}]}]}}]}`
	state, err := tfstate.Read([]byte(`{"version": 4, "resources": [` + strings.ReplaceAll(definitions, "NAME", "report") + "," + strings.ReplaceAll(definitions, "NAME", "purge") + `]}`))
	if err != nil {
		t.Fatal(err)
	}
	settings, asked := awstest.Start(t,
		awstest.OK(`{"taskArns": ["arn:1"]}`),
		awstest.OK(`{"tasks": [{"taskDefinitionArn": "arn:x/prod-report:7", "lastStatus": "PENDING", "createdAt": 400}]}`),
		awstest.OK(`{"taskArns": ["arn:2", "arn:3", "arn:4", "arn:5"]}`),
		awstest.OK(`{"tasks": [{"taskDefinitionArn": "arn:x/prod-report:6", "lastStatus": "STOPPED", "createdAt": 200, "stoppedAt": 201, "stoppedReason": "no image", "containers": [{"name": "report"}]},
			{"taskDefinitionArn": "arn:x/prod-report:7", "lastStatus": "STOPPED", "createdAt": 300, "stoppedAt": 302, "stoppedReason": "Essential container in task exited", "containers": [{"name": "side", "exitCode": 143}, {"name": "report", "exitCode": 3}]},
			{"taskDefinitionArn": "arn:x/prod-report:7", "lastStatus": "STOPPED", "createdAt": 100, "stoppedAt": 102},
			{"taskDefinitionArn": "arn:x/prod-svc:7", "lastStatus": "STOPPED", "createdAt": 300, "stoppedAt": 302}]}`),
		awstest.Status(http.StatusBadRequest, `{"__type": "AccessDeniedException"}`), awstest.Status(http.StatusBadRequest, `{"__type": "AccessDeniedException"}`),
	)
	at := func(seconds int64) time.Time { return time.Unix(seconds, 0).UTC() }
	got, err := jobs(t.Context(), settings, state, nil)
	three, second, third := 3, at(302), at(201)
	want := []status.Job{{Name: "purge", Expression: "rate(1 hour)"}, {Name: "report", Expression: "rate(1 hour)", Runs: []status.JobRun{
		{At: at(400)}, {At: at(300), Ended: &second, ExitCode: &three}, {At: at(200), Ended: &third, Reason: "no image"},
	}}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
	if len(*asked) != 4 {
		t.Errorf("asked %d times", len(*asked))
	}
	if got, err := jobs(t.Context(), settings, state, nil); err == nil || len(got) != 2 || got[1].Runs != nil {
		t.Errorf("without permission: %+v, %v", got, err)
	}
}

// A job is known by its container, and has an image and a log group as a service has.
func TestJobs(t *testing.T) {
	const arn = "arn:aws:ecs:eu-west-1:1:task-definition/order-bot-prod-daily-report:7"
	state, err := tfstate.Read([]byte(`{"version": 4, "resources": [
		{"mode": "managed", "type": "aws_ecs_task_definition", "name": "t", "instances": [{"attributes": {"family": "order-bot-prod-daily-report",
			"container_definitions": "[{\"name\": \"report\", \"image\": \"beside:v1\"}, {\"name\": \"daily-report\", \"image\": \"app:v2\", \"logConfiguration\": {\"options\": {\"awslogs-group\": \"/ecs/report\"}}}]"}}]},
		{"mode": "managed", "type": "aws_scheduler_schedule", "name": "s", "instances": [{"attributes": {"name": "order-bot-prod-daily-report", "schedule_expression": "rate(1 hour)",
			"schedule_expression_timezone": "UTC", "state": "DISABLED", "target": [{"arn": "arn:c", "ecs_parameters": [{"task_definition_arn": "` + arn + `", "launch_type": "", "capacity_provider_strategy": [{"capacity_provider": "FARGATE_SPOT", "base": 0, "weight": 1}],
				"network_configuration": [{"assign_public_ip": true, "security_groups": ["sg-1"], "subnets": ["subnet-1", "subnet-2"]}]}]}]}}]},
		{"mode": "managed", "type": "aws_scheduler_schedule", "name": "else", "instances": [{"attributes": {"name": "else", "target": [{"arn": "arn:aws:lambda:f"}]}}]}
	]}`))
	if err != nil {
		t.Fatal(err)
	}
	got := Jobs(state)
	if len(got) != 1 || got[0].Name != "daily-report" || !got[0].Off || got[0].Expression != "rate(1 hour)" || got[0].Zone != "UTC" || got[0].Cluster != "arn:c" || got[0].TaskDefinition != arn {
		t.Fatalf("got %+v", got)
	}
	place := ecs.Place{Network: ecs.Network{VPC: ecs.VPC{Subnets: []string{"subnet-1", "subnet-2"}, SecurityGroups: []string{"sg-1"}, AssignPublicIP: "ENABLED"}}, Strategy: []ecs.Provider{{Name: "FARGATE_SPOT", Weight: 1}}}
	if !reflect.DeepEqual(got[0].Place, place) {
		t.Errorf("it runs at %+v", got[0].Place)
	}
	if groups := LogGroups(state); !reflect.DeepEqual(groups, map[string]string{"daily-report": "/ecs/report"}) {
		t.Errorf("log groups: %v", groups)
	}
	images, err := Images(t.Context(), aws.Config{}, state)
	want := map[string]Running{"daily-report": {"app:v2", []string{"aws_scheduler_schedule.s", "aws_ecs_task_definition.t"}}}
	if err != nil || !reflect.DeepEqual(images, want) {
		t.Errorf("images: %v, %v", images, err)
	}
}
