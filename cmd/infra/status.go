package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/order-bot/infra/tool/deploy"
	"github.com/order-bot/infra/tool/observe"
	"github.com/order-bot/infra/tool/rollout"
	"github.com/order-bot/infra/tool/stackjson"
	"github.com/order-bot/infra/tool/status"
	"github.com/order-bot/infra/tool/tfstate"
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
	return c.report(ctx, stack)
}

// report says how a stack stands, and fails with 2 unless everything is as it should be.
func (c statusCommand) report(ctx context.Context, stack *deploy.Stack) error {
	is, err := presentOf(ctx, stack)
	if err != nil {
		return err
	}
	report, err := c.look(ctx, is)
	if err != nil {
		return err
	}
	return c.write(report)
}

// write writes a report, and fails with 2 unless everything is as it should be.
func (c statusCommand) write(report *status.Report) (err error) {
	if c.JSON {
		encoder := json.NewEncoder(stdout)
		encoder.SetIndent("", "  ")
		err = encoder.Encode(report)
	} else {
		err = report.Write(stdout)
	}
	if err == nil && !report.OK {
		err = exit(2)
	}
	return err
}

// look returns how a stack stands.
func (c statusCommand) look(ctx context.Context, stack *present) (*status.Report, error) {
	limit := time.Duration(0)
	if c.Wait {
		limit = stack.json.RolloutTimeout() // one that takes longer than a deploy waits will not end well
	}
	defer waitFor("looking at " + c.Stack)()
	services, err := rollout.Wait(ctx, stack.settings, stack.state, limit, func() {
		fmt.Fprintln(stdout.Notes(), "Waiting for a rollout …")
		waitFor("waiting for a rollout of " + c.Stack)
	})
	if err != nil {
		return nil, err
	}
	report, err := observe.Stack(ctx, stack.settings, c.Stack, stack.state, services, stack.json.Backend())
	if err != nil {
		return nil, err
	}
	missing, all := undeployed(stack.json, stack.state), len(stack.json.Managed())
	report.Whole = len(missing) == 0
	report.Judge(time.Now())
	if len(missing) > 0 && len(missing) < all { // all: it says so itself
		report.Notes = append(report.Notes, fmt.Sprintf("%d of the %d resources of the stack are not deployed, such as %s: ./infra plan %s says what a deploy would do",
			len(missing), all, missing[0], c.Stack))
	}
	return report, nil
}

// undeployed are the addresses of the stack as it was synthesized last that its state lacks: a deploy or a destroy has ended half-way, or the design is
// newer. What the state has at an address from which it moves is there.
func undeployed(synthesized *stackjson.Stack, state *tfstate.State) []string {
	there := map[string]bool{}
	for _, address := range state.Addresses() {
		there[address] = true
	}
	for _, move := range synthesized.Moved {
		from := strings.Split(move.From, ".") // module.MODULE.TYPE.NAME, of which state.Addresses has the last two
		there[move.To] = there[move.To] || there[strings.Join(from[max(0, len(from)-2):], ".")]
	}
	return slices.DeleteFunc(synthesized.Managed(), func(address string) bool { return there[address] })
}
