package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-bot/infra/internal/check"
	"github.com/order-bot/infra/tool/deploy"
	"github.com/order-bot/infra/tool/observe"
)

// destroyCommand destroys everything that a stack has.
type destroyCommand struct {
	one
	waiting
	Confirm string `placeholder:"STACK" help:"Destroy without asking; has to be the stack's name."`
}

// Run plans to destroy, has the stack's name typed, and applies that very plan. It fails with 2 if AWS would stop half-way.
func (c destroyCommand) Run(ctx context.Context) error {
	stack, err := c.open(ctx)
	if err == nil && c.Confirm != "" && c.Confirm != c.Stack {
		err = fmt.Errorf("--confirm says %q, and the stack is %q: nothing was destroyed", c.Confirm, c.Stack)
	}
	if err := cmp.Or(err, answerable(c.Confirm != "", "--confirm "+c.Stack+" to destroy without")); err != nil {
		return err
	}
	plan, err := planning{one: c.one, waiting: c.waiting}.plan(ctx, stack, nil, deploy.Options{Destroy: true}, stack.Plan)
	if plan != nil {
		defer plan.Remove()
	}
	if err != nil {
		return err
	}
	if !plan.Changes {
		say("%s has nothing to destroy.\n", c.Stack)
		return nil
	}
	if err := confirm(ctx, c.Confirm != "", "Type the name of the stack to destroy all of this: ", c.Stack, "nothing was destroyed"); err != nil {
		return err
	}
	if err := stack.Apply(ctx, plan, c.LockTimeout); err != nil {
		return err
	}
	say("%s is destroyed.\n", c.Stack)
	return nil
}

// obstructed fails with 2 if AWS would stop a destroy half-way, and says for what.
func obstructed(ctx context.Context, settings aws.Config, plan *deploy.Plan) error {
	done := waitFor("looking for what AWS would not delete")
	obstacles, err := observe.Obstacles(ctx, settings, plan.Shown)
	done()
	for _, obstacle := range obstacles {
		fmt.Fprintf(os.Stderr, "infra: refused: %s: %s\n", obstacle.Address, obstacle.Reason)
	}
	if len(obstacles) > 0 {
		for _, line := range check.Lines(err) {
			fmt.Fprintf(os.Stderr, "infra: not seen: %s\n", line)
		}
		fmt.Fprintln(os.Stderr, "infra: nothing was destroyed")
		return exit(2)
	}
	if err != nil {
		return errors.Join(err, errors.New("nothing was destroyed, as nobody knows whether AWS would stop half-way"))
	}
	return nil
}
