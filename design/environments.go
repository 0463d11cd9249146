package design

import (
	"github.com/order-bot/infra/stacks"
)

// Environments are the copies of the services. Another one, such as {Name: "staging", Services: Services},
// is one more value here, and its inputs in staging.tfvars.
var Environments = []stacks.Environment{
	{Name: "prod", Services: Services},
}
