package kinds

import (
	"slices"
	"strings"

	"github.com/order-bot/infra/internal/iampolicy"
)

// autoscaling are the types of Application Auto Scaling, and EC2 Auto Scaling.
var autoscaling = []Kind{
	{
		Type:     "aws_appautoscaling_policy",
		None:     "Label Detail Tagged Unique Options Unreadable Instead Replaced Held Expires Losses Protections Foresee ByPrefix Monthly",
		Title:    "scaling policy",
		Step:     Scaling,
		Identity: append(slices.Clone(scalable), Part{Attribute: "name", Same: exactly}),
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
		None:     "Label Detail Tagged Unique Options Unreadable Instead Replaced Held Expires Losses Protections Foresee Called ByPrefix Monthly",
		Title:    "scheduled action",
		Step:     Scaling,
		Identity: append(slices.Clone(scalable), Part{Attribute: "name", Same: exactly}),
		Home:     "modules/schedule/schedule.go",
		Harmless: &Replacement{Attributes: []string{"name"}, Distinctive: []string{"resource_id", "scalable_dimension", "service_namespace"}, Owner: scaled},
		Read:     []Right{may(anything, "application-autoscaling:DescribeScheduledActions")},
		Write:    []Right{may(scalingOfServices, "application-autoscaling:PutScheduledAction", "application-autoscaling:DeleteScheduledAction")},
	},
	{
		Type:     "aws_appautoscaling_target",
		None:     "Detail Tagged Unique Options Unreadable Instead Replaced Held Expires Protections Foresee ByPrefix Monthly",
		Title:    "scalable target",
		Label:    attribute("resource_id"),
		Step:     Scaling,
		Identity: scalable,
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

func scalableTargets(s Scope) iampolicy.Statement {
	return iampolicy.Allow("ScalableTargets", arns(s, "application-autoscaling", "%s", []string{"scalable-target/*"})).For("AWS makes up the id of a scalable target")
}

func scalingOfServices(s Scope) iampolicy.Statement {
	return iampolicy.Allow("Scaling", scalableTargets(s).Resource, iampolicy.Equals("application-autoscaling:service-namespace", "ecs"))
}

// alarmsOfScaling are the alarms that Application Auto Scaling makes for the services of the stack's cluster.
// https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-target-tracking.html
func alarmsOfScaling(s Scope) iampolicy.Statement {
	return iampolicy.Allow("AlarmsOfScaling", arns(s, "cloudwatch", "alarm:TargetTracking-service/%s/*", s.Names("aws_ecs_cluster", "name"))).For(partly)
}
