package main

import (
	"context"
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-bot/infra/tool/deploy"
	"github.com/order-bot/infra/tool/kinds"
	"github.com/order-bot/infra/tool/observe"
	"github.com/order-bot/infra/tool/planguard"
)

// allowance are the resources that a plan may destroy or replace.
type allowance struct {
	Allow []string `placeholder:"ADDRESS" sep:"none" help:"Let the resource at ADDRESS be destroyed or replaced. May be repeated. INFRA_ALLOW may hold several, with spaces between."`
}

// all returns the addresses of the flags and of INFRA_ALLOW, or an error that names what is none.
func (a allowance) all() ([]string, error) {
	addresses := append(planguard.Addresses(os.Getenv("INFRA_ALLOW")), a.Allow...)
	for _, address := range addresses {
		if !planguard.IsAddress(address) {
			return nil, fmt.Errorf("--allow %q: that is not the address of a resource, such as aws_lb.alb_load_balancer", address)
		}
	}
	return addresses, nil
}

// lossless are the addresses at which a plan seems to lose something, and does not: it destroys a resource that has been replaced already, or AWS
// has nothing yet that would be lost.
func lossless(ctx context.Context, settings aws.Config, plan *deploy.Plan) ([]string, error) {
	addresses := plan.Replaced
	for _, resource := range plan.Shown.ResourceChanges {
		spares := kinds.Of(resource.Type).Spares
		if spares == nil || len(plan.Report.Unused([]string{resource.Address})) > 0 { // it is not refused
			continue
		}
		after, _ := resource.Change.After.(map[string]any)
		spared, err := spares(ctx, settings, resource.Change.Actions, after)
		if err != nil && !observe.Denied(err) { // who may not look has to be told
			return nil, err
		}
		if spared {
			addresses = append(addresses, resource.Address)
		}
	}
	return addresses, nil
}

// guardCommand judges a plan that was made elsewhere.
type guardCommand struct {
	allowance
	File string `arg:"" optional:"" help:"The plan, as show -json prints it. Default: standard input."`
}

// Run shows what the plan will do, and fails with 2 if something of it is refused.
func (c guardCommand) Run() error {
	allowed, err := c.all()
	if err != nil {
		return err
	}
	if status := planguard.Guard(c.File, allowed, os.Stdin, stdout, os.Stderr); status != planguard.Passed {
		return exit(status)
	}
	return nil
}
