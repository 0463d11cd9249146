// Package design is what is deployed: the services, the environments that run them, and the image repositories. This is what a
// person edits. Everything else follows from it.
package design

import (
	"github.com/order-bot/infra/modules/ecr"
	"github.com/order-bot/infra/stacks"
	"github.com/order-bot/infra/stacks/adoption"
)

// Live is the design as it is deployed.
var Live = stacks.Design{
	Global:       stacks.Global{ECR: ecr.Config{Repositories: Repositories}},
	Environments: Environments,
	Moves:        []map[string][]stacks.Move{adoption.Moves, Renames},
}
