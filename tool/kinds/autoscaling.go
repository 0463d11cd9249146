package kinds

import (
	"strings"
)

// autoscaling are the types of Application Auto Scaling, and EC2 Auto Scaling.
var autoscaling = []Kind{
	{
		Type:     "aws_appautoscaling_policy",
		Identity: []Part{{Attribute: "service_namespace", Same: exactly}, {Attribute: "resource_id", Same: exactly}, {Attribute: "scalable_dimension", Same: exactly}, {Attribute: "name", Same: exactly}},
	},
	{
		Type:     "aws_appautoscaling_scheduled_action",
		None:     "Label Detail Unique Options Unreadable Instead Replaced Held Expires Losses Protections",
		Title:    "scheduled action",
		Identity: []Part{{Attribute: "service_namespace", Same: exactly}, {Attribute: "resource_id", Same: exactly}, {Attribute: "scalable_dimension", Same: exactly}, {Attribute: "name", Same: exactly}},
		Home:     "modules/schedule/schedule.go",
		Harmless: &Replacement{Attributes: []string{"name"}, Distinctive: []string{"resource_id", "scalable_dimension", "service_namespace"}, Owner: scaled},
	},
	{
		Type:     "aws_appautoscaling_target",
		None:     "Detail Unique Options Unreadable Instead Replaced Held Expires Protections",
		Title:    "scalable target",
		Label:    attribute("resource_id"),
		Identity: []Part{{Attribute: "service_namespace", Same: exactly}, {Attribute: "resource_id", Same: exactly}, {Attribute: "scalable_dimension", Same: exactly}},
		Home:     "modules/ecs/scaling.go",
		Harmless: &Replacement{Attributes: []string{}, Distinctive: []string{"resource_id", "scalable_dimension", "service_namespace"}, Owner: scaled},
		Losses:   []Loss{{"max_capacity", zero, "nothing of what it scales runs any more"}},
	},
	{
		Type: "aws_autoscaling_group",
		Losses: []Loss{
			{"max_size", zero, "none of its machines runs any more"},
			{"desired_capacity", zero, "none of its machines runs any more"},
		},
	},
}

// scaled is the ECS service that a scalable target, a policy or a scheduled action is about, from its resource id, service/CLUSTER/NAME.
// https://docs.aws.amazon.com/autoscaling/application/APIReference/API_ScalableTarget.html
func scaled(attributes map[string]any) (kind string, identity map[string]any) {
	parts := strings.Split(text(attributes["resource_id"]), "/")
	if len(parts) != 3 || parts[0] != "service" {
		return "", nil
	}
	return "aws_ecs_service", map[string]any{"cluster": parts[1], "name": parts[2]}
}
