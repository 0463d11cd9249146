package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
)

const desiredCount = autoscalingtypes.ScalableDimensionECSServiceDesiredCount

// scaled is a service with a scalable target.
type scaled struct {
	rollout
	client   *applicationautoscaling.Client
	resource string
}

func newScaled(t *testing.T, name string, highest int32) scaled {
	t.Helper()
	s := scaled{newRollout(t, name, newRolloutNetwork(t, name)), newClients(local).AutoScaling, "service/" + name + "/" + name}
	_, err := s.client.RegisterScalableTarget(t.Context(), &applicationautoscaling.RegisterScalableTargetInput{
		ServiceNamespace: "ecs", ScalableDimension: desiredCount, ResourceId: &s.resource, MinCapacity: aws.Int32(0), MaxCapacity: &highest,
	})
	allowed(t, "registering a target", err)
	return s
}

// put puts a scheduled action. A bound below 0 is not given.
func (s scaled) put(t *testing.T, name, schedule, zone string, lowest, highest int32) error {
	action := &autoscalingtypes.ScalableTargetAction{}
	if lowest >= 0 {
		action.MinCapacity = &lowest
	}
	if highest >= 0 {
		action.MaxCapacity = &highest
	}
	_, err := s.client.PutScheduledAction(t.Context(), &applicationautoscaling.PutScheduledActionInput{
		ServiceNamespace: "ecs", ScalableDimension: desiredCount, ResourceId: &s.resource,
		ScheduledActionName: &name, Schedule: &schedule, Timezone: &zone, ScalableTargetAction: action,
	})
	return err
}

// bounds are the target's bounds and the service's desired count.
func (s scaled) bounds(t *testing.T) string {
	t.Helper()
	targets := must[*applicationautoscaling.DescribeScalableTargetsOutput](t)(s.client.DescribeScalableTargets(t.Context(), &applicationautoscaling.DescribeScalableTargetsInput{
		ServiceNamespace: "ecs", ResourceIds: []string{s.resource},
	})).ScalableTargets
	if len(targets) == 0 {
		return "no target"
	}
	return fmt.Sprintf("%d to %d: %d", *targets[0].MinCapacity, *targets[0].MaxCapacity, s.now(t).DesiredCount)
}

func (s scaled) actions(t *testing.T) int {
	t.Helper()
	return len(must[*applicationautoscaling.DescribeScheduledActionsOutput](t)(s.client.DescribeScheduledActions(t.Context(), &applicationautoscaling.DescribeScheduledActionsInput{
		ServiceNamespace: "ecs", ResourceId: &s.resource,
	})).ScheduledActions)
}

// A scheduled action sets the bounds of its target. The number of tasks is raised to the new
// minimum if it is below it, lowered to the new maximum if it is above it, and else left alone
// (Application Auto Scaling user guide, how scheduled scaling works).
func TestRuleScheduledActionsMoveTheBounds(t *testing.T) {
	t.Parallel()
	s := newScaled(t, "rules-bounds", 5)
	for i, step := range []struct {
		what            string
		lowest, highest int32
		want            string
	}{
		{"minimum 0 and maximum 1 stop nothing", 0, 1, "0 to 1: 1"},
		{"maximum 0 stops", 0, 0, "0 to 0: 0"},
		{"minimum 0 starts nothing", 0, 1, "0 to 1: 0"},
		{"minimum 1 starts", 1, 1, "1 to 1: 1"},
		{"minimum 3 raises", 3, 4, "3 to 4: 3"},
		{"within the bounds nothing changes", 1, 5, "1 to 5: 3"},
		{"a maximum alone lowers", -1, 2, "1 to 2: 2"},
		{"a minimum alone lowers nothing", 0, -1, "0 to 2: 2"},
	} {
		name, clock := fmt.Sprintf("rules-bounds-%d", i), fmt.Sprintf("03:%02d", 10+i)
		allowed(t, name, s.put(t, name, fmt.Sprintf("cron(%d 3 * * ? *)", 10+i), "Asia/Tokyo", step.lowest, step.highest))
		same(t, "before", strings.Contains(s.bounds(t), step.want), false)
		happened, err := local.ItIs(t.Context(), clock)
		allowed(t, clock, err)
		same(t, "what happened at "+clock, happened, []string{name})
		same(t, step.what, s.bounds(t), step.want)
	}
	eventually(t, "as many tasks run", func() bool { return s.now(t).RunningCount == 2 })

	allowed(t, "two at a time", s.put(t, "rules-bounds-b", "cron(30,45 4 ? * MON-FRI *)", "Asia/Tokyo", 1, 5))
	allowed(t, "two at a time", s.put(t, "rules-bounds-a", "cron(0/15 4 * * ? *)", "Asia/Tokyo", 1, 5))
	same(t, "sorted", must[[]string](t)(local.ItIs(t.Context(), "04:45")), []string{"rules-bounds-a", "rules-bounds-b"})
	for clock, want := range map[string]string{
		"05:59": "no scheduled action happens at 05:59", "4:45": "no time of day", "24:00": "no time of day", "": "clock",
	} {
		if happened, err := local.ItIs(t.Context(), clock); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, %v", clock, happened, err)
		}
	}
}

// A scheduled action needs a target that is registered, a schedule and a time zone that exist,
// and a minimum that is not above its maximum (Application Auto Scaling API reference, PutScheduledAction).
func TestRuleScheduledActionsAreChecked(t *testing.T) {
	t.Parallel()
	s := newScaled(t, "rules-checked", 1)
	none := s
	none.resource = "service/rules-checked/none"
	refuses(t, "no target", none.put(t, "a", "cron(0 18 * * ? *)", "Asia/Tokyo", 0, 0), "ObjectNotFoundException", "No scalable target registered")
	refuses(t, "a minimum above the maximum", s.put(t, "a", "cron(0 18 * * ? *)", "Asia/Tokyo", 1, 0), "ValidationException", "capacity")
	refuses(t, "no bound", s.put(t, "a", "cron(0 18 * * ? *)", "Asia/Tokyo", -1, -1), "ValidationException", "At least one of")
	refuses(t, "an unknown time zone", s.put(t, "a", "cron(0 18 * * ? *)", "Asia/Tokio", 0, 0), "ValidationException", "Asia/Tokio")
	for _, schedule := range []string{
		"0 18 * * ? *", "cron(0 18 * * ?)", "cron(60 18 * * ? *)", "cron(0 24 * * ? *)", "cron(0 18 * * * *)", "cron(0 18 ? * ? *)",
		"cron(0 18 * 13 ? *)", "cron(0 18 ? * MOON *)", "cron(x 18 * * ? *)", "rate(0 minutes)", "at(tomorrow)",
	} {
		refuses(t, schedule, s.put(t, "a", schedule, "Asia/Tokyo", 0, 0), "ValidationException", "schedule")
	}
	same(t, "actions", s.actions(t), 0)
	schedules := []string{"cron(0 18 * * ? *)", "cron(0/15 8-18 ? * MON-FRI *)", "cron(0 0 L * ? 2030-2040)", "cron(5,10 1 ? JAN,JUL 2#1 *)", "rate(5 minutes)", "rate(1 day)", "at(2030-01-01T18:00:00)"}
	for i, schedule := range schedules {
		allowed(t, schedule, s.put(t, fmt.Sprint("allowed-", i), schedule, "Europe/Zurich", 0, 1))
	}
	same(t, "actions", s.actions(t), len(schedules))
}

// A scalable target takes its scheduled actions with it (scheduled_actions_go_with_their_target), and an ECS service that is
// deleted its scalable target (Application Auto Scaling API reference, DeregisterScalableTarget;
// terraform-provider-aws, issues 9473 and 10432).
func TestRuleScalableTargetsGoWithTheirService(t *testing.T) {
	t.Parallel()
	gone, kept := newScaled(t, "rules-gone", 1), newScaled(t, "rules-kept", 1)
	for _, s := range []scaled{gone, kept} {
		allowed(t, "an action", s.put(t, s.name, "cron(1 2 * * ? *)", "Asia/Tokyo", 0, 0))
	}
	_, err := gone.rollout.client.DeleteService(t.Context(), &ecs.DeleteServiceInput{Cluster: &gone.cluster, Service: &gone.name, Force: aws.Bool(true)})
	allowed(t, "deleting the service", err)
	same(t, "its target and actions", []any{gone.bounds(t), gone.actions(t)}, []any{"no target", 0})
	same(t, "another's", []any{kept.bounds(t), kept.actions(t)}, []any{"0 to 1: 1", 1})
	happened := must[[]string](t)(local.ItIs(t.Context(), "02:01"))
	if slices.Contains(happened, gone.name) || !slices.Contains(happened, kept.name) {
		t.Errorf("at 02:01: %v", happened)
	}

	_, err = kept.client.DeregisterScalableTarget(t.Context(), &applicationautoscaling.DeregisterScalableTargetInput{
		ServiceNamespace: "ecs", ScalableDimension: desiredCount, ResourceId: &kept.resource,
	})
	allowed(t, "deregistering a target", err)
	same(t, "its actions", kept.actions(t), 0)
}

// A scalable target has tags (Application Auto Scaling API reference, TagResource, UntagResource and ListTagsForResource).
func TestRuleScalableTargetsHaveTags(t *testing.T) {
	t.Parallel()
	s := newScaled(t, "rules-tags", 1)
	arn := must[*applicationautoscaling.DescribeScalableTargetsOutput](t)(s.client.DescribeScalableTargets(t.Context(), &applicationautoscaling.DescribeScalableTargetsInput{
		ServiceNamespace: "ecs", ResourceIds: []string{s.resource},
	})).ScalableTargets[0].ScalableTargetARN
	tags := func() map[string]string {
		t.Helper()
		return must[*applicationautoscaling.ListTagsForResourceOutput](t)(s.client.ListTagsForResource(t.Context(), &applicationautoscaling.ListTagsForResourceInput{ResourceARN: arn})).Tags
	}
	same(t, "at first", tags(), map[string]string{})
	_, err := s.client.TagResource(t.Context(), &applicationautoscaling.TagResourceInput{ResourceARN: arn, Tags: map[string]string{"Project": "a", "Environment": "b"}})
	allowed(t, "tagging", err)
	_, err = s.client.UntagResource(t.Context(), &applicationautoscaling.UntagResourceInput{ResourceARN: arn, TagKeys: []string{"Environment"}})
	allowed(t, "untagging", err)
	same(t, "then", tags(), map[string]string{"Project": "a"})
}
