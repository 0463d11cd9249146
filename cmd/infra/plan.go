package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/order-bot/infra/internal/deploy"
	"github.com/order-bot/infra/stacks"
)

// one is the stack that a verb is about.
type one struct {
	Stack string `arg:"" help:"${stacks}."`
}

// open returns the stack, or an error that names those that there are.
func (o one) open() (*deploy.Stack, error) {
	if !slices.Contains(stacks.Names(), o.Stack) {
		return nil, fmt.Errorf("there is no stack %q; there are %s", o.Stack, strings.Join(stacks.Names(), ", "))
	}
	return deploy.Open(o.Stack, os.Stdout)
}

// synthesized returns the stack, and synthesizes it where that was never done.
func (o one) synthesized(ctx context.Context) (*deploy.Stack, error) {
	stack, err := o.open()
	if err != nil || stack.Synthesized() {
		return stack, err
	}
	return stack, stack.Synthesize(ctx)
}

// waiting is how long to wait for the lock of the state.
type waiting struct {
	LockTimeout time.Duration `placeholder:"TIME" default:"0s" env:"INFRA_LOCK_TIMEOUT" help:"How long to wait for the lock of the state, such as 15m. Default: not at all."`
}

// planCommand shows what a deploy would do.
type planCommand struct {
	one
	allowance
	waiting
	Destroy bool `help:"Show what a destroy would do."`
	NoLock  bool `name:"no-lock" help:"Plan without the lock of the state, for those who may only read."`
}

// Run plans and fails with 2 if something of the plan is refused.
func (c planCommand) Run(ctx context.Context) error {
	allowed, err := c.all()
	stack, problem := c.open()
	if err := errors.Join(err, problem); err != nil {
		return err
	}
	plan, err := planned(ctx, stack, deploy.Options{Destroy: c.Destroy, NoLock: c.NoLock, LockTimeout: c.LockTimeout, Keep: true})
	if err != nil {
		return err
	}
	if !c.Destroy && plan.Report.Refuse(allowed, os.Stderr) {
		return exit(2)
	}
	return nil
}

// planned synthesizes, plans, and shows the plan and its digest.
func planned(ctx context.Context, stack *deploy.Stack, options deploy.Options) (*deploy.Plan, error) {
	if err := stack.Synthesize(ctx); err != nil {
		return nil, err
	}
	plan, err := stack.Plan(ctx, options)
	if err != nil {
		return nil, err
	}
	return plan, show(plan)
}

// show shows a plan and its digest.
func show(plan *deploy.Plan) error {
	if err := plan.Report.Write(os.Stdout); err != nil {
		return err
	}
	if len(plan.Outputs) > 0 {
		fmt.Printf("Outputs that change: %s.\n", strings.Join(plan.Outputs, ", "))
	}
	fmt.Println("Digest:", plan.Digest)
	return nil
}
