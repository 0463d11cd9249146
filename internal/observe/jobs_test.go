package observe

import (
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-bot/infra/internal/ecs"
	"github.com/order-bot/infra/internal/tfstate"
)

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
