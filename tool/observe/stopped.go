package observe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-bot/infra/tool/aws/awsapi"
	"github.com/order-bot/infra/tool/aws/cloudwatchlogs"
	"github.com/order-bot/infra/tool/aws/ecs"
	"github.com/order-bot/infra/tool/rollout"
	"github.com/order-bot/infra/tool/tfstate"
)

// kept are the tasks of a stack that stopped within the last day, by their group, if a rule of EventBridge writes them to a log group; nil if none
// does. ECS itself forgets them after an hour. It returns what it could read also with an error.
func kept(ctx context.Context, config aws.Config, state *tfstate.State) (map[string][]ecs.Task, error) {
	var all map[string][]ecs.Task
	var problems []error
	for _, attributes := range state.Resources("aws_cloudwatch_event_target") {
		arn := fmt.Sprint(attributes["arn"])
		_, group, found := strings.Cut(arn, ":log-group:")
		if !found {
			continue
		}
		if all == nil {
			all = map[string][]ecs.Task{}
		}
		client := cloudwatchlogs.New(rollout.In(config, arn))
		for event, err := range client.FilterLogEvents(ctx, strings.TrimSuffix(group, ":*"), time.Now().Add(-24*time.Hour).UnixMilli()) {
			if awsapi.IsCode(err, cloudwatchlogs.NotFound) {
				break // a plan shows that it is gone
			}
			if err != nil {
				problems = append(problems, err)
				break
			}
			var told struct{ Detail ecs.Task }
			// What somebody else has written there is none.
			if json.Unmarshal([]byte(event.Message), &told) == nil && told.Detail.LastStatus == ecs.Stopped {
				all[told.Detail.Group] = withTask(all[told.Detail.Group], told.Detail)
			}
		}
	}
	return all, errors.Join(problems...)
}

// withTask are tasks with one more, unless it is there: EventBridge may tell of it twice.
func withTask(tasks []ecs.Task, task ecs.Task) []ecs.Task {
	if slices.ContainsFunc(tasks, func(other ecs.Task) bool { return other.ARN == task.ARN }) {
		return tasks
	}
	return append(tasks, task)
}
