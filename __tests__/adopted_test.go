package tests

import (
	"github.com/order-bot/infra/modules/alb"
	"github.com/order-bot/infra/modules/ecr"
	"github.com/order-bot/infra/modules/ecs"
	"github.com/order-bot/infra/stacks"
	"github.com/order-bot/infra/stacks/adoption"
)

// adopted is the design into which the HCL project's states are adopted: that of the day on which the
// states were recorded. The design that is live may have gone on since.
var adopted = stacks.Design{
	Global: stacks.Global{ECR: ecr.Config{Repositories: []string{"order-bot-svc", "order-bot-mgmt-svc", "order-bot-frontend"}}},
	Environments: []stacks.Environment{{Name: "prod", Services: []stacks.Service{
		{
			Key: "svc", Name: "order-bot-svc", Alias: "orderbot_alias", Task: ecs.Task{Port: 8000}, HTTP: alb.HTTP{Priority: 20, Health: alb.Health{Path: "/chat/menu/health"}},
			Variables: stacks.Variables{Domain: "orderbot_domain", Image: "order_bot_image", Port: "order_bot_port", Environment: "order_bot_environment"},
		},
		{
			Key: "mgmt", Name: "order-bot-mgmt-svc", Alias: "orderbot_mgmt_alias", Task: ecs.Task{Port: 8080}, HTTP: alb.HTTP{Priority: 10, Health: alb.Health{Path: "/health"}},
			Variables: stacks.Variables{Domain: "orderbot_mgmt_domain", Image: "order_bot_mgmt_image", Port: "order_bot_mgmt_port", Environment: "order_bot_mgmt_environment"},
		},
	}}},
	Moves: []map[string][]stacks.Move{adoption.Moves},
}
