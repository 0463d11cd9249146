package design

import (
	"github.com/order-bot/infra/stacks"
)

// Renames are the addresses that were renamed on purpose, by stack: what a state has at one is now at the other, such as
//
//	"prod": {{From: "aws_ecs_service.ecs_svc_service", To: "aws_ecs_service.ecs_order_service"}},
//
// Without its row a resource would be destroyed, and created anew. A row may go when all states have the new address.
var Renames = map[string][]stacks.Move{}
