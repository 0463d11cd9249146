package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/order-bot/infra/internal/deploy"
	"github.com/order-bot/infra/internal/observe"
	"github.com/order-bot/infra/internal/rollout"
	"github.com/order-bot/infra/internal/stackjson"
)

// statusCommand says how a stack stands.
type statusCommand struct {
	one
	JSON bool `name:"json" help:"Write JSON, for programs."`
	Wait bool `help:"Wait while a rollout is in progress, for up to 30 minutes."`
}

// Run fails with 2 unless everything is as it should be by the timetable.
func (c statusCommand) Run(ctx context.Context) error {
	stack, err := c.synthesized(ctx)
	if err != nil {
		return err
	}
	return c.report(ctx, stack, nil)
}

// report says how a stack stands. failed are the revisions before a deploy that failed, by service; nil otherwise.
func (c statusCommand) report(ctx context.Context, stack *deploy.Stack, failed map[string]string) error {
	state, err := stack.State(ctx)
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
	limit := time.Duration(0)
	if c.Wait {
		limit = synthesized.RolloutTimeout() // one that takes longer than a deploy waits will not end well
	}
	services, err := rollout.Wait(ctx, aws, state, limit, func() { fmt.Fprintln(os.Stderr, "Waiting for a rollout …") })
	if err != nil {
		return err
	}
	report, err := observe.Stack(ctx, aws, c.Stack, state, services, synthesized.Backend())
	if err != nil {
		return err
	}
	report.Failed = failed
	if c.JSON {
		encoder := json.NewEncoder(stdout)
		encoder.SetIndent("", "  ")
		err = encoder.Encode(report)
	} else {
		err = report.Write(stdout, report.Location())
	}
	if err == nil && !report.OK {
		err = exit(2)
	}
	return err
}
