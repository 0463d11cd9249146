package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	tfjson "github.com/hashicorp/terraform-json"

	"github.com/order-bot/infra/internal/project"
	"github.com/order-bot/infra/tool/deploy"
	"github.com/order-bot/infra/tool/observe"
	"github.com/order-bot/infra/tool/planguard"
	"github.com/order-bot/infra/tool/preflight"
	"github.com/order-bot/infra/tool/stackjson"
	"github.com/order-bot/infra/tool/statebucket"
	"github.com/order-bot/infra/tool/tfstate"
)

// checkCommand looks at what the inputs of a stack name, and at the names that a deploy would take.
type checkCommand struct {
	one
	imaging
	SkipSynth bool `help:"Do not synthesize again: use the JSON that is already there."`
}

// Run shows what it sees, a line each. It fails with 2 if something is refused. It changes nothing, and asks no engine.
func (c checkCommand) Run(ctx context.Context) error {
	stack, err := c.open(ctx)
	if err != nil {
		return err
	}
	if !c.SkipSynth {
		if err := synthesize(ctx, stack); err != nil {
			return err
		}
	}
	if _, err := stack.Given(); err != nil {
		return err
	}
	if _, err := c.give(ctx, stack); err != nil {
		return err
	}
	done := waitFor("looking at what the inputs name")
	inputs := looking(ctx, stack)
	found := namesBeforePlan(ctx, stack)
	findings := slices.Concat(inputs(), found)
	done()
	if err := preflight.Write(stdout, findings); err != nil {
		return err
	}
	if slices.ContainsFunc(findings, func(f preflight.Finding) bool { return f.Verdict == preflight.Refused }) {
		return exit(2)
	}
	return nil
}

// before is what is known of a stack before a plan, and the credentials to ask AWS with.
func before(ctx context.Context, stack *deploy.Stack) (*preflight.Stack, aws.Config, error) {
	synthesized, err := stackjson.Read(stack.Dir)
	if err != nil {
		return nil, aws.Config{}, err
	}
	values, err := stack.Values()
	if err != nil {
		return nil, aws.Config{}, err
	}
	known := &preflight.Stack{JSON: synthesized, Known: synthesized.Known(values), Region: synthesized.Region(values), Name: stack.Name}
	here, err := deploy.Here()
	if err != nil {
		return nil, aws.Config{}, err
	}
	if all, err := project.Read(here.Out); err == nil { // what was synthesized elsewhere may have none
		known.Secrets = all.Stack(stack.Name).Secrets
	}
	settings, err := config.LoadDefaultConfig(ctx, config.WithRegion(known.Region))
	return known, settings, err
}

// looking begins to look at what the inputs name, and returns what waits for it.
func looking(ctx context.Context, stack *deploy.Stack) func() []preflight.Finding {
	done := make(chan []preflight.Finding, 1)
	go func() {
		known, settings, err := before(ctx, stack)
		if err != nil {
			done <- []preflight.Finding{{Verdict: preflight.Unseen, Subject: "inputs", Text: err.Error()}}
			return
		}
		done <- preflight.Look(ctx, settings, known)
	}()
	return func() []preflight.Finding { return <-done }
}

// names looks at the names that a plan would take.
func names(ctx context.Context, settings aws.Config, stack *deploy.Stack, plan *deploy.Plan) ([]preflight.Finding, error) {
	synthesized, err := stackjson.Read(stack.Dir)
	if err != nil {
		return nil, err
	}
	return preflight.Names(ctx, settings, stack.Name, synthesized, plan.State, plan.Shown), nil
}

// namesBeforePlan looks at the names of what the state lacks, or has under another name.
func namesBeforePlan(ctx context.Context, stack *deploy.Stack) []preflight.Finding {
	known, settings, err := before(ctx, stack)
	if err == nil {
		state, problem := statebucket.State(ctx, settings, known.JSON.Backend())
		if err = problem; err == nil {
			return preflight.Names(ctx, settings, stack.Name, known.JSON, state, known.Planned(state))
		}
	}
	return []preflight.Finding{{Verdict: preflight.Unseen, Subject: "names", Text: "could not look at the state: " + err.Error()}}
}

// owned adds to the error of a deploy for which AWS had something already whose that is, and what to do about it.
func owned(ctx context.Context, stack *deploy.Stack, plan *deploy.Plan, err error) error {
	if !deploy.Taken(err) {
		return err
	}
	unknown := errors.Join(err, fmt.Errorf("AWS has it already, and the state does not. This says whose it is, and what to do: ./infra check %s", stack.Name))
	state, problem := stack.State(ctx) // which has what was created before the deploy failed
	if problem != nil {
		return unknown
	}
	left := *plan
	left.State, left.Shown = state, stillToCreate(plan.Shown, state)
	settings, problem := settingsOf(ctx, plan.Shown)
	if problem != nil {
		return unknown
	}
	found, problem := names(ctx, settings, stack, &left)
	if whose := refusedOf(found); problem == nil && whose != nil {
		return errors.Join(err, whose)
	}
	return unknown
}

// stillToCreate is a plan without what the state has by now.
func stillToCreate(plan *tfjson.Plan, state *tfstate.State) *tfjson.Plan {
	left, there := *plan, state.Addresses()
	left.ResourceChanges = slices.DeleteFunc(slices.Clone(plan.ResourceChanges), func(r *tfjson.ResourceChange) bool {
		return r.Change == nil || r.Change.Actions.Create() && slices.Contains(there, r.Address)
	})
	return &left
}

// refusedOf is an error that names what of the findings is refused; nil if nothing is.
func refusedOf(findings []preflight.Finding) error {
	var problems []error
	for _, finding := range findings {
		if finding.Verdict == preflight.Refused {
			problems = append(problems, errors.New(finding.String()))
		}
	}
	return errors.Join(problems...)
}

// judge adds what is refused to a report, where the plan does something at one of its addresses, and returns what else there is to
// say. What the plan leaves as it is does not keep it from being deployed.
func judge(report *planguard.Report, findings []preflight.Finding, stack string) string {
	var notes strings.Builder
	count := map[preflight.Verdict]int{}
	for _, finding := range findings {
		count[finding.Verdict]++
		if finding.Verdict == preflight.Warning {
			fmt.Fprintf(&notes, "warning: %s\n", finding)
		}
		if finding.Verdict != preflight.Refused {
			continue
		}
		at := slices.IndexFunc(report.Changes, func(change planguard.Change) bool {
			does := slices.Contains([]planguard.Action{planguard.Create, planguard.Update, planguard.Replace}, change.Action)
			return does && slices.Contains(finding.Addresses, change.Address)
		})
		if at < 0 {
			fmt.Fprintf(&notes, "warning: %s\n", finding)
			continue
		}
		address := report.Changes[at].Address
		if slices.ContainsFunc(report.Refused(nil), func(r planguard.Refusal) bool { return r.Address == address && r.Recover }) {
			continue // which says the same, and why
		}
		report.Add(planguard.Refusal{Address: address, Reason: strings.TrimPrefix(finding.String(), address+": "), Never: finding.Never, Broken: !finding.Never})
	}
	if count[preflight.Unseen] > 0 {
		fmt.Fprintf(&notes, "Of what the inputs name, %d could not be looked at: ./infra check %s\n", count[preflight.Unseen], stack)
	}
	return notes.String()
}

// expiring says which of the images that run now are gone from their repositories, or will be soon, a line each.
func expiring(ctx context.Context, settings aws.Config, plan *deploy.Plan) string {
	var notes strings.Builder
	warnings, unseen := observe.Expiring(ctx, settings, plan.State)
	for _, warning := range warnings {
		fmt.Fprintf(&notes, "warning: %s\n", warning)
	}
	for _, what := range unseen {
		fmt.Fprintf(&notes, "Not seen: %s\n", what)
	}
	return notes.String()
}
