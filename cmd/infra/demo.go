package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/order-bot/infra/internal/check"
	"github.com/order-bot/infra/internal/project"
	"github.com/order-bot/infra/localaws"
	"github.com/order-bot/infra/tool/demo"
	"github.com/order-bot/infra/tool/deploy"
	"github.com/order-bot/infra/tool/preflight"
	"github.com/order-bot/infra/tool/secrets"
)

// demoCommand deploys all stacks into a local AWS, to look at and to try changes on. It needs
// Python, and Terraform or OpenTofu. Everything it writes is in the folder .demo, which git ignores. Its values are
// those of examples/STACK.tfvars; what someone puts into .demo/STACK.tfvars wins over them. Those of the project are for AWS itself.
type demoCommand struct {
	Up   demoUp   `cmd:"" help:"Start the local AWS and deploy; again: deploy what changed."`
	At   demoAt   `cmd:"" help:"Set the time of day of the local AWS, such as 18:00: what the timetable does at that time happens now."`
	Down demoDown `cmd:"" help:"Stop the local AWS, with all that it has."`
}

type (
	demoUp struct{}
	demoAt struct {
		Clock string `arg:"" help:"A time of day, such as 18:00."`
	}
	demoDown struct{}
)

// Run starts the local AWS, if it does not run yet, and deploys.
func (demoUp) Run(ctx context.Context) error {
	if err := demo.Missing(); err != nil {
		return err
	}
	local := demo.Running()
	if local == nil {
		fmt.Fprintln(stdout, "This takes about 3 minutes.\nStarting the local AWS (the first time takes a minute more) …")
		done := waitFor("starting the local AWS")
		started, err := demo.Start(ctx)
		done()
		if err != nil {
			return err
		}
		local = started
	}
	fmt.Fprintln(stdout, "The local AWS is at", local.Endpoint)

	done := waitFor("compiling and synthesizing")
	err := deploy.Synthesize(ctx, ".", demo.Out, stdout)
	done()
	if err != nil {
		return err
	}
	if err := demo.Enter(local); err != nil { // before it is deployed: who looks for a mistake needs it, too
		return err
	}
	all, err := synthesized(ctx)
	if err != nil {
		return err
	}
	outputs := map[string]map[string]json.RawMessage{}
	for _, stack := range all.Names() {
		if err := fillDemo(ctx, all, stack, outputs[all.Network]); err != nil {
			return err
		}
		var err error
		if outputs[stack], err = deployed(ctx, local, stack); err != nil {
			return halfDone(stack, check.Prefix(stack, err))
		}
	}
	for _, stack := range all.Names() {
		fmt.Fprintf(stdout, "\nOutputs of %s:\n", stack)
		table := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
		for _, name := range slices.Sorted(maps.Keys(outputs[stack])) {
			fmt.Fprintf(table, "  %s\t%s\n", name, outputs[stack][name])
		}
		if err := table.Flush(); err != nil {
			return err
		}
	}
	fmt.Fprintf(stdout, next, demo.EnvironmentFile, local.Endpoint)
	return nil
}

// halfDone adds to the error of a demo what to do if an earlier one ended half-way.
func halfDone(stack string, err error) error {
	switch {
	case strings.Contains(err.Error(), "Error acquiring the state lock"):
		return errors.Join(err, fmt.Errorf("an earlier make demo was killed: release its lock, and take in what it created: . %s; ./infra unlock %s; ./infra recover %[2]s; make demo", demo.EnvironmentFile, stack))
	case deploy.Taken(err):
		return errors.Join(err, fmt.Errorf("an earlier make demo was interrupted: take in what it created: . %s; ./infra recover %s; make demo", demo.EnvironmentFile, stack))
	}
	return err
}

// fillDemo writes the outputs of the network, where the design has one, to the values that the demo has for another stack. What someone has put
// there stays.
func fillDemo(ctx context.Context, all *project.Project, stack string, outputs map[string]json.RawMessage) error {
	if all.Network == "" || stack == all.Network {
		return nil
	}
	file, err := newFilling(ctx, all, stack, outputs, true)
	if err != nil || len(file.changes) == 0 {
		return err
	}
	fmt.Fprintln(stdout)
	file.show()
	return file.write()
}

// makeUp makes what a stack names and the local AWS lacks: a value for each secret, roles, security groups, file systems.
func makeUp(ctx context.Context, local *localaws.Emulator, stack *deploy.Stack) error {
	known, settings, err := before(ctx, stack)
	if err != nil {
		return err
	}
	if names, subnets := preflight.Given(known); len(names) > 0 {
		if err := local.MakeUp(ctx, subnets, names...); err != nil {
			return err
		}
	}
	store := secrets.New(settings)
	for _, secret := range known.Secrets {
		changed, err := store.Changed(ctx, secret)
		if err == nil && changed.IsZero() {
			err = store.Put(ctx, secret, "made-up")
		}
		if err != nil {
			return fmt.Errorf("%s: %w", secrets.Where(secret), err)
		}
	}
	return nil
}

// next says what to do with the demo: the file of the environment, and the address of the local AWS.
const next = `
Look around, in this terminal:
  . %[1]s        # from now on it works with the local AWS
  ./infra status prod
  aws ecs list-clusters
An AWS CLI before 2.13 needs the address, too: aws --endpoint-url %[2]s …

Change something, such as MemoryMiB in design/services.go, and run make demo again, or ./infra plan prod and ./infra deploy prod.
Let the evening come: ./infra demo at 18:00
Stop everything: make demo-down
`

// deployed deploys a stack, a line a resource, and returns its outputs.
func deployed(ctx context.Context, local *localaws.Emulator, name string) (map[string]json.RawMessage, error) {
	stack, err := deploy.Open(name, stdout)
	if err != nil {
		return nil, err
	}
	if err := demo.Point(local, name); err != nil {
		return nil, err
	}
	if err := makeUp(ctx, local, stack); err != nil {
		return nil, err
	}
	stack.Brief = true
	fmt.Fprintf(stdout, "\nDeploying %s …\n", name)
	plan, err := stack.Plan(ctx, deploy.Options{Again: "make demo"})
	if err != nil {
		if strings.Contains(err.Error(), "hashicorp/aws") {
			err = errors.Join(err, fmt.Errorf("the engine cannot install the AWS provider; where a mirror has another version, set %s to it, such as \"~> 5.82\"", demo.ProviderVersion))
		}
		return nil, err
	}
	if !plan.Changes {
		plan.Remove()
		fmt.Fprintln(stdout, "There is nothing to deploy.")
		return stack.Outputs(ctx)
	}
	rest, err := stack.ApplySteps(ctx, plan, 0, runBefore)
	if err != nil {
		return nil, err
	}
	if err := stack.ApplyWatched(ctx, rest, 0, watching(ctx, rest)); err != nil {
		return nil, err
	}
	return stack.Outputs(ctx)
}

// Run lets the scheduled actions of a time of day happen.
func (c demoAt) Run(ctx context.Context) error {
	local := demo.Running()
	if local == nil {
		return errors.New("the demo is not running: make demo")
	}
	actions, err := local.ItIs(ctx, c.Clock)
	if err != nil {
		return err
	}
	slices.Sort(actions)
	fmt.Fprintf(stdout, "It is %s: %s.\n", c.Clock, strings.Join(slices.Compact(actions), ", "))
	return nil
}

// Run stops the local AWS.
func (demoDown) Run() error {
	ran, err := demo.Stop()
	if err != nil {
		return err
	}
	if !ran {
		fmt.Fprintln(stdout, "The demo is not running.")
		return nil
	}
	fmt.Fprintln(stdout, "The local AWS is stopped, and all that it had is gone.")
	return nil
}

// synthesize writes the JSON of all stacks. In the demo, it also writes where the local AWS is, and values for the
// variables that the design has by now.
func synthesize(ctx context.Context, stack *deploy.Stack) error {
	if err := stack.Synthesize(ctx); err != nil || !demo.Inside() {
		return err
	}
	local := demo.Running()
	if local == nil {
		return demo.ErrDown
	}
	return demo.Point(local, stack.Name)
}
