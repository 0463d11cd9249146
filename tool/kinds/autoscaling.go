package kinds

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/order-bot/infra/tool/aws/applicationautoscaling"
	"github.com/order-bot/infra/tool/aws/awsapi"
	"github.com/order-bot/infra/tool/iampolicy"
)

// autoscalingTypes are the types of Application Auto Scaling, and EC2 Auto Scaling.
var autoscalingTypes = []Kind{
	{
		Type:     "aws_appautoscaling_policy",
		Title:    "scaling policy",
		Identity: append(slices.Clone(scalable), Part{Attribute: "name", Same: exactly}),
		Find:     within("aws_appautoscaling_target", findScalingPolicy),
		Home:     "modules/ecs/scaling.go",
		Harmless: &Replacement{Attributes: []string{}, Distinctive: []string{"resource_id", "scalable_dimension", "service_namespace", "name"}, Owner: scaled},
		Read:     []Right{may(anything, "application-autoscaling:DescribeScalingPolicies")},
		Write:    []Right{may(scalingOfServices, "application-autoscaling:PutScalingPolicy", "application-autoscaling:DeleteScalingPolicy")},
		Called: map[string][]Right{
			// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/auto-scaling-IAM.html
			"application-autoscaling:PutScalingPolicy":    {may(alarmsOfScaling, "cloudwatch:DescribeAlarms", "cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms")},
			"application-autoscaling:DeleteScalingPolicy": {may(alarmsOfScaling, "cloudwatch:DeleteAlarms")},
		},
	},
	{
		Type:     "aws_appautoscaling_scheduled_action",
		Title:    "scheduled action",
		Identity: append(slices.Clone(scalable), Part{Attribute: "name", Same: exactly}),
		Find:     within("aws_appautoscaling_target", findScheduledAction),
		Home:     "modules/schedule/schedule.go",
		Harmless: &Replacement{Attributes: []string{"name"}, Distinctive: []string{"resource_id", "scalable_dimension", "service_namespace"}, Owner: scaled},
		Read:     []Right{may(anything, "application-autoscaling:DescribeScheduledActions")},
		Write:    []Right{may(scalingOfServices, "application-autoscaling:PutScheduledAction", "application-autoscaling:DeleteScheduledAction")},
	},
	{
		Type:     "aws_appautoscaling_target",
		Title:    "scalable target",
		Label:    attribute("resource_id"),
		Identity: scalable,
		Find:     within("aws_ecs_service", findScalableTarget),
		Home:     "modules/ecs/scaling.go",
		Harmless: &Replacement{Attributes: []string{}, Distinctive: []string{"resource_id", "scalable_dimension", "service_namespace"}, Owner: scaled},
		Losses:   []Loss{{"max_capacity", zero, "nothing of what it scales runs any more"}},
		Read:     []Right{may(anything, "application-autoscaling:DescribeScalableTargets"), may(scalableTargets, "application-autoscaling:ListTagsForResource")},
		Write: []Right{
			may(scalingOfServices, "application-autoscaling:RegisterScalableTarget", "application-autoscaling:DeregisterScalableTarget"),
			may(scalableTargets, "application-autoscaling:TagResource", "application-autoscaling:UntagResource"),
		},
		Called: map[string][]Right{
			// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/auto-scaling-IAM.html
			// The rights for alarms on that page are for scaling by load: see aws_appautoscaling_policy.
			"application-autoscaling:RegisterScalableTarget": {
				may(inCluster, "ecs:DescribeServices", "ecs:UpdateService"),
				may(roleOf("ecs.application-autoscaling.amazonaws.com"), "iam:CreateServiceLinkedRole"),
			},
		},
	},
	{
		Type: "aws_autoscaling_group",
		Losses: []Loss{
			{"max_size", zero, "none of its machines runs any more"},
			{"desired_capacity", zero, "none of its machines runs any more"},
		},
	},
}

// scalable are the parts of what a scalable target is known by.
var scalable = []Part{{Attribute: "service_namespace", Same: exactly}, {Attribute: "resource_id", Same: exactly}, {Attribute: "scalable_dimension", Same: exactly}}

// scaled is the ECS service that a scalable target, a policy or a scheduled action is about, from its resource id, service/CLUSTER/NAME.
// https://docs.aws.amazon.com/autoscaling/application/APIReference/API_ScalableTarget.html
func scaled(attributes map[string]any) (kind string, identity map[string]any) {
	parts := strings.Split(text(attributes["resource_id"]), "/")
	if len(parts) != 3 || parts[0] != "service" {
		return "", nil
	}
	return "aws_ecs_service", map[string]any{"cluster": parts[1], "name": parts[2]}
}

const scalableTargetARNs = "arn:aws:application-autoscaling:REGION:ACCOUNT:scalable-target/*"

var (
	scalableTargets   = on("ScalableTargets", scalableTargetARNs).because("AWS makes up the id of a scalable target")
	scalingOfServices = on("Scaling", scalableTargetARNs).when(iampolicy.Equals("application-autoscaling:service-namespace", "ecs"))
	// alarmsOfScaling are the alarms that Application Auto Scaling makes for the services of the stack's cluster.
	// https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-target-tracking.html
	alarmsOfScaling = named("AlarmsOfScaling", "aws_ecs_cluster", "name", "arn:aws:cloudwatch:REGION:ACCOUNT:alarm:TargetTracking-service/NAME/*").because(partly)
)

// scalable is the scalable target that a resource is, or is about.
func (f *Search) scalable(r Resource) applicationautoscaling.Target {
	return applicationautoscaling.Target{Namespace: f.Value(r, "service_namespace"), Resource: f.Value(r, "resource_id"), Dimension: f.Value(r, "scalable_dimension")}
}

// importID is the id by which the provider imports a scalable target.
func importID(target applicationautoscaling.Target) string {
	return target.Namespace + "/" + target.Resource + "/" + target.Dimension
}

// findScalingPolicy: by name of its scalable target. Imported by
// NAMESPACE/RESOURCE/DIMENSION/NAME (appautoscaling_policy.html.markdown).
func findScalingPolicy(ctx context.Context, f *Search, r Resource, owner string) (*Found, error) {
	target, name := f.scalable(r), f.Value(r, "name")
	arn, err := applicationautoscaling.New(f.Config).PolicyARN(ctx, target, name)
	if err != nil || arn == "" {
		return nil, err
	}
	return &Found{ID: importID(target) + "/" + name, Evidence: "a policy of " + owner, Values: map[string]string{"arn": arn}}, nil
}

// findScalableTarget: by the service that it scales, which has one. Imported by
// NAMESPACE/RESOURCE/DIMENSION (appautoscaling_target.html.markdown).
func findScalableTarget(ctx context.Context, f *Search, r Resource, owner string) (*Found, error) {
	target := f.scalable(r)
	if is, err := applicationautoscaling.New(f.Config).IsRegistered(ctx, target); err != nil || !is {
		return nil, err
	}
	return &Found{ID: importID(target), Evidence: "scales " + owner, Values: map[string]string{"id": target.Resource, "resource_id": target.Resource}}, nil
}

// findScheduledAction: by name of its scalable target. The provider cannot import it: the section "Import" of
// appautoscaling_scheduled_action.html.markdown is that of another type. To create it is to call
// PutScheduledAction, which overwrites the one that is there.
// https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScheduledAction.html
func findScheduledAction(ctx context.Context, f *Search, r Resource, owner string) (*Found, error) {
	actions, err := applicationautoscaling.New(f.Config).ScheduledActions(ctx, f.scalable(r), f.Value(r, "name"))
	if err != nil || len(actions) == 0 {
		return nil, err
	}
	is := actions[0]
	found := &Found{ID: is.Name, Evidence: "acts on " + owner, Rewritten: true}
	for _, attribute := range []struct {
		path []string
		has  string
	}{
		{[]string{"schedule"}, is.Schedule},
		{[]string{"timezone"}, cmp.Or(is.Timezone, "UTC")},
		{[]string{"start_time"}, timeOf(is.Start)},
		{[]string{"end_time"}, timeOf(is.End)},
		{[]string{"scalable_target_action", "min_capacity"}, numberOf(is.Limits.Min)},
		{[]string{"scalable_target_action", "max_capacity"}, numberOf(is.Limits.Max)},
	} {
		if planned := f.Value(r, attribute.path...); planned != attribute.has {
			found.Differs = append(found.Differs, fmt.Sprintf("%s is %q, not %q", attribute.path[len(attribute.path)-1], attribute.has, planned))
		}
	}
	return found, nil
}

// timeOf is a time as the provider takes it; empty if there is none.
func timeOf(at awsapi.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(time.RFC3339)
}

// numberOf is a number as text; empty if there is none.
func numberOf(number *int) string {
	if number == nil {
		return ""
	}
	return fmt.Sprint(*number)
}
