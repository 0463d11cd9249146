package kinds

// ecs are the types of ECS.
var ecs = []Kind{
	{
		Type:     "aws_ecs_cluster",
		None:     "Label Detail Options Unreadable Harmless Instead Replaced Held Expires",
		Title:    "ECS cluster",
		Identity: []Part{{Attribute: "name", Same: exactly}},
		Unique:   "name",
		Home:     "modules/ecs/cluster.go",
		Losses:   []Loss{{"setting", lacks("enabled", "enhanced"), unseen}},
		Protections: []Loss{
			{"setting", lacks("enhanced"), "less is seen of what happens in it"},
			{"configuration", emptied, unlogged},
		},
	},
	{
		Type:       "aws_ecs_service",
		None:       "Label Detail Options Harmless Replaced Held Expires",
		Title:      "ECS service",
		Identity:   []Part{{Attribute: "name", Same: exactly}, {Attribute: "cluster", Same: nameOrARN}},
		Unique:     "name",
		Home:       "modules/ecs/services.go",
		Unreadable: []string{"timeouts", "wait_for_steady_state"},
		Instead:    "its tasks stop, and it is away until the new ones run",
		Losses: []Loss{
			{"deployment_circuit_breaker", lacks(true), "a deploy of a broken image does not go back by itself"},
			{"desired_count", zero, "none of its tasks runs any more"},
			{"load_balancer", emptied, "no request reaches it any more"},
		},
		Protections: []Loss{
			{"alarms", lacks(true), "no alarm ends a deploy any more"},
			{"network_configuration.assign_public_ip", switchedOn, "its tasks have public addresses again"},
		},
	},
	{
		Type:       "aws_ecs_task_definition",
		None:       "Detail Unique Options Instead Replaced Held Expires Losses Protections",
		Title:      "task definition",
		Label:      attribute("family"),
		Identity:   byARN,
		Home:       "modules/ecs/taskdefinitions.go",
		Unreadable: []string{"skip_destroy"},
		Harmless:   &Replacement{}, // each new revision is one
	},
}
