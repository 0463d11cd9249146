package e2e

import (
	"encoding/json"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"

	"github.com/order-bot/infra/localaws"
)

// What keeps why tasks stopped.
var stoppedOfProd = []string{
	"aws_cloudwatch_event_rule.ecs_stopped_tasks_rule",
	"aws_cloudwatch_event_target.ecs_stopped_tasks_target",
	"aws_cloudwatch_log_group.ecs_stopped_tasks_log_group",
	"aws_cloudwatch_log_resource_policy.ecs_stopped_tasks_log_policy",
}

// stoppedTasksAreKept lets tasks stop, in a copy of the local AWS, as their image is gone, and as the timetable wants none any more: only why the
// first ones stopped is kept.
func stoppedTasksAreKept(t *testing.T, s *site) {
	ctx, local := t.Context(), must[*localaws.Emulator](t)(s.local.Copy(t.Context()))
	t.Cleanup(func() { _ = local.Stop() })
	if err := local.BreakImage(ctx, s.local.Variables["prod"]["order_bot_image"].(string)); err != nil {
		t.Fatal(err)
	}
	must[[]string](t)(local.ItIs(ctx, "18:00"))
	group := aws.String("/aws/events/order-bot-prod-cluster/stopped-tasks")
	var reasons, of []string
	eventually(t, "why the tasks stopped is kept", func() bool {
		reasons, of = nil, nil
		for _, event := range must[*cloudwatchlogs.FilterLogEventsOutput](t)(newClients(local).Logs.FilterLogEvents(ctx, &cloudwatchlogs.FilterLogEventsInput{LogGroupName: group})).Events {
			var told struct {
				Detail struct{ Group, StoppedReason string }
			}
			if err := json.Unmarshal([]byte(*event.Message), &told); err != nil {
				t.Fatal(err)
			}
			reasons, of = append(reasons, told.Detail.StoppedReason), append(of, told.Detail.Group)
		}
		return len(reasons) > 0
	})
	for i, reason := range reasons {
		if reason != "Essential container in task exited" || of[i] != "service:order-bot-svc" {
			t.Errorf("it is kept that a task of %s stopped, as %q", of[i], reason)
		}
	}
}
