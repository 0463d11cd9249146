package kinds

// ecs are the types of ECS.
var ecs = []Kind{
	{
		Type:     "aws_ecs_cluster",
		None:     "Label Detail",
		Title:    "ECS cluster",
		Identity: []Part{{Attribute: "name", Same: exactly}},
	},
	{
		Type:     "aws_ecs_service",
		None:     "Label Detail",
		Title:    "ECS service",
		Identity: []Part{{Attribute: "name", Same: exactly}, {Attribute: "cluster", Same: nameOrARN}},
	},
	{
		Type:     "aws_ecs_task_definition",
		None:     "Detail",
		Title:    "task definition",
		Label:    attribute("family"),
		Identity: byARN,
	},
}
