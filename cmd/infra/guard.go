package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-bot/infra/internal/cloudwatchlogs"
	"github.com/order-bot/infra/internal/deploy"
	"github.com/order-bot/infra/internal/observe"
	"github.com/order-bot/infra/internal/planguard"
	"github.com/order-bot/infra/tool/kinds"
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

// lossless are the addresses at which a plan seems to lose something, and does not. There are three cases. The plan destroys
// a resource that has been replaced already. It shortens the retention of a log group that is younger than the new
// retention, so no log is deleted: a group that was only partly set up keeps its logs for ever. Or it gives a lifecycle policy to a
// repository that has no image, as after a deploy that was killed between the two.
func lossless(ctx context.Context, plan *deploy.Plan) ([]string, error) {
	addresses := plan.Replaced
	for _, resource := range plan.Shown.ResourceChanges {
		after, _ := resource.Change.After.(map[string]any)
		var loses func(context.Context, aws.Config, map[string]any) (bool, error)
		switch {
		case len(plan.Report.Unused([]string{resource.Address})) > 0: // it is not refused
			continue
		case resource.Type == "aws_cloudwatch_log_group" && resource.Change.Actions.Update():
			loses = losesLogs
		case resource.Type == "aws_ecr_lifecycle_policy" && resource.Change.Actions.Create():
			loses = losesImages
		default:
			continue
		}
		settings, err := settingsOf(ctx, plan.Shown)
		if err != nil {
			return nil, err
		}
		something, err := loses(ctx, settings, after)
		if err != nil {
			return nil, err
		}
		if !something {
			addresses = append(addresses, resource.Address)
		}
	}
	return addresses, nil
}

// losesLogs tells whether a log group may have logs that are older than its new retention.
func losesLogs(ctx context.Context, settings aws.Config, planned map[string]any) (bool, error) {
	days, _ := planned["retention_in_days"].(float64)
	name := fmt.Sprint(planned["name"])
	group, found, err := cloudwatchlogs.New(settings).LogGroup(ctx, name)
	if err != nil {
		return true, fmt.Errorf("log group %s: %w", name, err)
	}
	if !found {
		return true, fmt.Errorf("log group %s: there is none", name)
	}
	return time.Since(time.UnixMilli(group.Created)).Hours() >= 24*days, nil
}

// losesImages tells whether the repository of a lifecycle policy has images.
func losesImages(ctx context.Context, settings aws.Config, planned map[string]any) (bool, error) {
	name, _ := planned["repository"].(string)
	if name == "" {
		return true, nil
	}
	images, err := kinds.HasImages(ctx, settings, name)
	if observe.Denied(err) {
		return true, nil // who may not look has to be told
	}
	if err != nil {
		return true, fmt.Errorf("repository %s: %w", name, err)
	}
	return images, nil
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
