package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/order-bot/infra/tool/demo"
	"github.com/order-bot/infra/tool/deploy"
	"github.com/order-bot/infra/tool/observe"
	"github.com/order-bot/infra/tool/planguard"
	"github.com/order-bot/infra/tool/preflight"
	"github.com/order-bot/infra/tool/stackjson"
	"github.com/order-bot/infra/tool/terminal"
	"github.com/order-bot/infra/tool/tfstate"
)

// one is the stack that a verb is about.
type one struct {
	Stack string `arg:"" help:"${stacks}."`
}

// noService says that a stack has no service of that name, and which it has.
func noService(stack, name string, has []string) error {
	if len(has) == 0 {
		return fmt.Errorf("%s has no services", stack)
	}
	return fmt.Errorf("%s has no service %q; it has %s", stack, name, strings.Join(slices.Sorted(slices.Values(has)), ", "))
}

// present is a stack as it is now.
type present struct {
	*deploy.Stack
	json  *stackjson.Stack
	state *tfstate.State
	// settings are those to ask AWS with.
	settings aws.Config
}

// presentOf returns a stack as it is now.
func presentOf(ctx context.Context, stack *deploy.Stack) (*present, error) {
	is := &present{Stack: stack}
	var err error
	if is.state, err = stack.State(ctx); err != nil {
		return nil, err
	}
	if is.json, err = stackjson.Read(stack.Dir); err != nil {
		return nil, err
	}
	is.settings, err = config.LoadDefaultConfig(ctx)
	return is, err
}

// deployed returns the stack as it is now, or an error if nothing is in its state.
func (o one) deployed(ctx context.Context) (*present, error) {
	stack, err := o.synthesized(ctx)
	if err != nil {
		return nil, err
	}
	is, err := presentOf(ctx, stack)
	if err == nil && len(is.state.Addresses()) == 0 {
		err = fmt.Errorf("%s is not deployed", o.Stack)
	}
	return is, err
}

// in returns the stack as it is now, with the settings for where it is in AWS. It returns an error that names all that names has found in its state if name
// is none of it.
func (o one) in(ctx context.Context, name string, names func(*tfstate.State) []string) (*present, error) {
	is, err := o.deployed(ctx)
	if err != nil {
		return nil, err
	}
	if has := names(is.state); !slices.Contains(has, name) {
		return nil, noService(o.Stack, name, has)
	}
	is.settings = observe.In(is.settings, is.state)
	return is, nil
}

// open returns the stack, or an error that names those that there are. One that the design has by now, and that is not synthesized yet, is
// one, too.
func (o one) open(ctx context.Context) (*deploy.Stack, error) {
	if demo.Inside() && demo.Running() == nil {
		return nil, demo.ErrDown
	}
	all, err := synthesized(ctx)
	if err == nil && !slices.Contains(all.Names(), o.Stack) {
		all, err = current(ctx)
	}
	if err != nil {
		return nil, err
	}
	if !slices.Contains(all.Names(), o.Stack) {
		return nil, fmt.Errorf("there is no stack %q; there are %s", o.Stack, strings.Join(all.Names(), ", "))
	}
	return deploy.Open(o.Stack, stdout)
}

// synthesized returns the stack, and synthesizes it where that was never done.
func (o one) synthesized(ctx context.Context) (*deploy.Stack, error) {
	stack, err := o.open(ctx)
	if err != nil || stack.Synthesized() {
		return stack, err
	}
	return stack, synthesize(ctx, stack)
}

// waiting is how long to wait for the lock of the state.
type waiting struct {
	LockTimeout time.Duration `placeholder:"TIME" default:"0s" env:"INFRA_LOCK_TIMEOUT" help:"How long to wait for the lock of the state, such as 15m. Default: not at all."`
}

// planning is how plan and deploy make a plan.
type planning struct {
	one
	allowance
	waiting
	imaging
	SkipSynth bool   `help:"Do not synthesize again: use the JSON that is already there."`
	Whole     bool   `help:"Also show the whole plan, in the words of Terraform or OpenTofu."`
	SkipJobs  bool   `env:"INFRA_SKIP_JOBS" help:"Do not run the jobs that run before a service gets a new revision, such as a migration."`
	Summary   string `placeholder:"FILE" help:"Also write the plan to the end of FILE, as Markdown."`
}

// plan synthesizes, has a plan made, such as by the stack itself, and shows the plan and its digest. It fails with 2 if something of it is refused.
func (p planning) plan(
	ctx context.Context, stack *deploy.Stack, allowed []string, options deploy.Options, planned func(context.Context, deploy.Options) (*deploy.Plan, error),
) (*deploy.Plan, error) {
	if !p.SkipSynth {
		if err := synthesize(ctx, stack); err != nil {
			return nil, err
		}
	}
	only, err := p.give(ctx, stack)
	if err != nil {
		return nil, err
	}
	options.LockTimeout, options.Text, options.WithoutJobs = p.LockTimeout, p.Whole || p.Summary != "", p.SkipJobs
	inputs := func() []preflight.Finding { return nil }
	if !options.Destroy {
		inputs = looking(ctx, stack) // while the engine plans
	}
	plan, err := planned(ctx, options)
	if err != nil {
		return nil, errors.Join(err, refusedOf(inputs()))
	}
	if p.Whole && plan.Text != "" {
		fmt.Fprintln(stdout, strings.TrimSpace(plan.Text)+"\n")
	}
	if err := show(plan); err != nil {
		return plan, err
	}
	settings, err := settingsOf(ctx, plan.Shown)
	if err != nil {
		return plan, err
	}
	if options.Destroy {
		return plan, obstructed(ctx, settings, plan)
	}
	done := waitFor("looking at what the inputs name")
	defer done()
	harmless, err := lossless(ctx, settings, plan)
	if err != nil {
		return plan, err
	}
	found, err := names(ctx, settings, stack, plan)
	if err != nil {
		return plan, err
	}
	notes := judge(plan.Report, slices.Concat(inputs(), found), p.Stack) + expiring(ctx, settings, plan)
	plan.Warned = strings.Contains("\n"+notes, "\nwarning: ")
	done()
	if ctx.Err() != nil { // what could not be looked at for that is of no interest
		plan.Remove()
		return nil, errors.New("nothing was changed")
	}
	say("%s", notes)
	unused := plan.Report.Unused(allowed)
	allowed = slices.DeleteFunc(slices.Concat(allowed, harmless), func(address string) bool {
		return slices.Contains(unused, address) && plan.Retires(address) // --recover has used it
	})
	var why strings.Builder
	refused := plan.Report.Refuse(allowed, &why) || p.refuse(plan, only, &why)
	if slices.ContainsFunc(plan.Report.Refused(nil), func(r planguard.Refusal) bool { return r.Recover }) {
		fmt.Fprintf(&why, "To bring the two together: ./infra deploy %s --recover\n", p.Stack)
	}
	fmt.Fprint(os.Stderr, terminal.Fit(os.Stderr, why.String()))
	if p.Summary != "" {
		page := planguard.Page{Stack: p.Stack, Digest: plan.Digest.Sum, Report: plan.Report, Outputs: plan.Outputs, Notes: notes, Whole: plan.Text}
		if refused {
			page.Refused = why.String()
		}
		if err := appendTo(p.Summary, page.Markdown()); err != nil {
			plan.Remove()
			return nil, err
		}
	}
	if refused {
		return plan, exit(2)
	}
	return plan, nil
}

// appendTo writes a text to the end of a file.
func appendTo(name, text string) error {
	file, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = file.WriteString(text)
	return errors.Join(err, file.Close())
}

// planCommand shows what a deploy would do.
type planCommand struct {
	planning
	Destroy bool   `help:"Show what a destroy would do."`
	NoLock  bool   `name:"no-lock" help:"Plan without the lock of the state, for those who may only read."`
	Outputs string `placeholder:"FILE" help:"Also write digest=…, changes=yes|no, refused=yes|no and warnings=yes|no to the end of FILE."`
}

// Run plans and fails with 2 if something of the plan is refused.
func (c planCommand) Run(ctx context.Context) error {
	allowed, err := c.all()
	stack, problem := c.open(ctx)
	if err := errors.Join(err, problem); err != nil {
		return err
	}
	if err := stack.RemovePlan(); err != nil { // whatever happens now
		return err
	}
	plan, err := c.plan(ctx, stack, allowed, deploy.Options{Destroy: c.Destroy, NoLock: c.NoLock, Keep: true}, stack.Plan)
	if plan == nil || c.Outputs == "" {
		return err
	}
	word, problem := plan.Digest.Encode()
	// Not true and false: GitHub drops an output that holds a secret, and there are such secrets.
	said := map[bool]string{true: "yes", false: "no"}
	outputs := fmt.Sprintf("digest=%s\nchanges=%s\nrefused=%s\nwarnings=%s\n", word, said[plan.Changes], said[err != nil], said[plan.Warned])
	if err := errors.Join(problem, appendTo(c.Outputs, outputs)); err != nil {
		return err
	}
	return err
}

// show shows a plan and its digest.
func show(plan *deploy.Plan) error {
	if err := plan.Report.Write(stdout); err != nil {
		return fmt.Errorf("nothing was changed, as the plan cannot be shown: %w", err)
	}
	fmt.Fprint(stdout, planguard.OutputsThatChange(plan.Outputs))
	fmt.Fprintln(stdout, "Digest:", plan.Digest.Sum)
	return nil
}
