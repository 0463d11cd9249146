package kinds

// autoscaling are the types of Application Auto Scaling, and EC2 Auto Scaling.
var autoscaling = []Kind{
	{
		Type:     "aws_appautoscaling_policy",
		Identity: []Part{{Attribute: "service_namespace", Same: exactly}, {Attribute: "resource_id", Same: exactly}, {Attribute: "scalable_dimension", Same: exactly}, {Attribute: "name", Same: exactly}},
	},
	{
		Type:     "aws_appautoscaling_scheduled_action",
		None:     "Label Detail",
		Title:    "scheduled action",
		Identity: []Part{{Attribute: "service_namespace", Same: exactly}, {Attribute: "resource_id", Same: exactly}, {Attribute: "scalable_dimension", Same: exactly}, {Attribute: "name", Same: exactly}},
	},
	{
		Type:     "aws_appautoscaling_target",
		None:     "Detail",
		Title:    "scalable target",
		Label:    attribute("resource_id"),
		Identity: []Part{{Attribute: "service_namespace", Same: exactly}, {Attribute: "resource_id", Same: exactly}, {Attribute: "scalable_dimension", Same: exactly}},
	},
}
