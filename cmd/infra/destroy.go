package main

import (
	"context"
	"fmt"

	"github.com/order-bot/infra/internal/deploy"
)

// destroyCommand destroys everything that a stack has.
type destroyCommand struct {
	one
	waiting
	Confirm string `placeholder:"STACK" help:"Destroy without asking; has to be the stack's name."`
}

// Run plans to destroy, has the stack's name typed, and applies that very plan.
func (c destroyCommand) Run(ctx context.Context) error {
	stack, err := c.open()
	switch {
	case err != nil:
	case c.Confirm != "" && c.Confirm != c.Stack:
		err = fmt.Errorf("--confirm says %q, and the stack is %q: nothing was destroyed", c.Confirm, c.Stack)
	case c.Confirm == "" && !asking():
		err = fmt.Errorf("this is no terminal, so nobody can be asked: say --confirm %s to destroy without", c.Stack)
	}
	if err != nil {
		return err
	}
	plan, err := planning{one: c.one, waiting: c.waiting}.plan(ctx, stack, nil, deploy.Options{Destroy: true}, ordinary)
	if err != nil {
		return err
	}
	defer plan.Remove()
	if !plan.Changes {
		fmt.Printf("%s has nothing to destroy.\n", c.Stack)
		return nil
	}
	if err := confirm(ctx, c.Confirm != "", "Type the name of the stack to destroy all of this: ", c.Stack, "nothing was destroyed"); err != nil {
		return err
	}
	if err := stack.Apply(ctx, plan, c.LockTimeout); err != nil {
		return err
	}
	fmt.Printf("%s is destroyed.\n", c.Stack)
	return nil
}
