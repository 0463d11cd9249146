package design

import (
	"github.com/order-bot/infra/modules/alb"
	"github.com/order-bot/infra/modules/ecs"
	"github.com/order-bot/infra/stacks"
)

// Services are the backend services. A new service is a new entry here: its target
// group, listener rule, DNS alias, log group, task definition, ECS service, scaling,
// timetable, security group rule and variables all follow from it.
var Services = []stacks.Service{
	{
		Key:  "svc",
		Name: "order-bot-svc",
		// Names that were there before there was a rule for them.
		Variables: stacks.Variables{
			Domain:      "orderbot_domain",
			Image:       "order_bot_image",
			Port:        "order_bot_port",
			Environment: "order_bot_environment",
		},
		Alias: "orderbot_alias",
		Task: ecs.Task{
			Port: 8000,
			Requires: []string{
				"HOST", "PORT", "ROOT_PATH", "IS_PRODUCTION", "DATABASE_URL", "DATABASE_SCHEMA", "SEED_MENU", "MISTRAL_API_KEY", "MISTRAL_MODEL",
			},
			CPU:       256,
			MemoryMiB: 512,
		},
		HTTP: alb.HTTP{Priority: 20, Health: alb.Health{Path: "/chat/menu/health"}},
	},
	{
		Key:  "mgmt",
		Name: "order-bot-mgmt-svc",
		Variables: stacks.Variables{
			Domain:      "orderbot_mgmt_domain",
			Image:       "order_bot_mgmt_image",
			Port:        "order_bot_mgmt_port",
			Environment: "order_bot_mgmt_environment",
		},
		Alias: "orderbot_mgmt_alias",
		Task: ecs.Task{
			Port: 8080,
			Requires: []string{
				"ADDRESS", "PORT", "GIN_MODE", "BLUEPRINT_DB_DATABASE", "BLUEPRINT_DB_PASSWORD", "BLUEPRINT_DB_USERNAME",
				"BLUEPRINT_DB_PORT", "BLUEPRINT_DB_HOST", "BLUEPRINT_DB_SCHEMA", "BLUEPRINT_DB_ORDER_BOT_SCHEMA",
			},
			CPU:       256,
			MemoryMiB: 512,
		},
		HTTP: alb.HTTP{Priority: 10, Health: alb.Health{Path: "/health"}},
	},
}
