package main

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/order-bot/infra/tool/observe"
	"github.com/order-bot/infra/tool/stackjson"
	"github.com/order-bot/infra/tool/statebucket"
	"github.com/order-bot/infra/tool/status"
)

// unlockCommand releases the lock that a killed deploy left.
type unlockCommand struct {
	one
	Confirm string `placeholder:"ID" help:"Release without asking; has to be the lock's id."`
}

// Run says whose the lock is and since when, asks, and releases that very lock.
func (c unlockCommand) Run(ctx context.Context) error {
	stack, err := c.synthesized(ctx)
	if err != nil {
		return err
	}
	synthesized, err := stackjson.Read(stack.Dir)
	if err != nil {
		return err
	}
	aws, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return err
	}
	lock, err := observe.Lock(ctx, aws, synthesized.Backend())
	if err != nil {
		return fmt.Errorf("the lock of the state of %s: %w", c.Stack, err)
	}
	if lock == nil {
		say("The state of %s is not locked.\n", c.Stack)
		return nil
	}
	// A state that nobody can read keeps nobody from this.
	zone := time.Local
	if state, err := statebucket.State(ctx, aws, synthesized.Backend()); err == nil {
		zone = observe.Location(state)
	}
	say("The state of %s is locked by %s since %s, which is %s ago (%s).\nThe lock's id is %s.\n", c.Stack, lock.Who,
		lock.Since.In(zone).Format(status.Layout), time.Since(lock.Since).Round(time.Second), lock.Operation, lock.ID)
	if c.Confirm != "" && c.Confirm != lock.ID {
		return fmt.Errorf("--confirm says %q, and the lock is %q: nothing was released", c.Confirm, lock.ID)
	}
	if err := answerable(c.Confirm != "", "--confirm "+lock.ID+" to release without"); err != nil {
		return err
	}
	if err := confirm(ctx, c.Confirm != "", "Two deploys at the same time damage the state. Type yes if you are sure that this one does not run any more: ", "yes", "the lock was not released"); err != nil {
		return err
	}
	if err := stack.Unlock(ctx, lock.ID); err != nil {
		return err
	}
	say("The lock is released. Go on: ./infra recover %s\n", c.Stack)
	return nil
}
