package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	tfjson "github.com/hashicorp/terraform-json"

	"github.com/order-bot/infra/internal/check"
	"github.com/order-bot/infra/tool/aws/ecs"
	"github.com/order-bot/infra/tool/demo"
	"github.com/order-bot/infra/tool/deploy"
	"github.com/order-bot/infra/tool/keep"
	"github.com/order-bot/infra/tool/kinds"
	"github.com/order-bot/infra/tool/planguard"
	"github.com/order-bot/infra/tool/status"
	"github.com/order-bot/infra/tool/watch"
)

// deployCommand deploys a stack.
type deployCommand struct {
	planning
	Yes      bool    `env:"INFRA_YES" help:"Deploy without asking."`
	Expect   *string `placeholder:"DIGEST" help:"Deploy only if the plan has this digest, which plan shows or has written to --outputs."`
	Before   string  `placeholder:"PROGRAM" help:"Run PROGRAM directly before anything is changed. Where it fails, nothing is deployed."`
	FailFast bool    `negatable:"" default:"true" env:"INFRA_FAIL_FAST" help:"End a rollout at the first proof that it cannot work, and have ECS go back. With --no-fail-fast, wait as long as ECS tries."`
	Recover  bool    `help:"In the same plan, also import into the state what exists in AWS and is missing in the state."`
}

// Run plans, asks, applies that very plan, and says how the stack stands then. It fails with 2 if
// something of the plan is refused or the stack is not as it should be, and with 3 if the digest is another one.
func (c deployCommand) Run(ctx context.Context) error {
	allowed, err := c.all()
	stack, problem := c.open(ctx)
	expected, wrong := planguard.Digest{}, error(nil)
	if c.Expect != nil {
		if expected, wrong = planguard.ParseDigest(*c.Expect); wrong != nil {
			wrong = fmt.Errorf("--expect: %w", wrong)
		}
	}
	if err := errors.Join(err, problem, answerable(c.Yes, "--yes to deploy without"), wrong); err != nil {
		return err
	}
	plan, err := c.plan(ctx, stack, allowed, deploy.Options{Again: c.again()}, func(ctx context.Context, options deploy.Options) (*deploy.Plan, error) {
		return c.make(ctx, stack, allowed, options)
	})
	if plan != nil {
		defer plan.Remove()
	}
	if errors.Is(err, exit(2)) && plan != nil {
		c.halfway(ctx, stack)
	}
	if err != nil {
		return err
	}
	if c.Expect != nil && expected.Sum != plan.Digest.Sum {
		fmt.Fprintf(os.Stderr, "infra: the plan is another one than expected: its digest is %s, not %s; nothing was deployed\n", plan.Digest.Sum, expected.Sum)
		for _, line := range plan.Digest.Differences(expected, plan.Report) {
			fmt.Fprintln(os.Stderr, "  "+line)
		}
		return exit(3)
	}
	if !plan.Changes {
		fmt.Fprintln(stdout, "There is nothing to deploy.")
		return c.stands(ctx, stack, nil)
	}
	question := ""
	if !c.Yes { // whose asks AWS, which a deploy without a question need not wait for
		done := waitFor("asking AWS whose account this is")
		question = fmt.Sprintf("Deploy %s%s? Type yes to deploy: ", c.Stack, whose(ctx, plan))
		done()
	}
	if err := confirm(ctx, c.Yes, question, "yes", "nothing was deployed"); err != nil {
		return err
	}
	if err := c.before(ctx); err != nil {
		return err
	}
	rest, err := stack.ApplySteps(ctx, plan, c.LockTimeout, runBefore)
	if err != nil {
		return c.notBegun(ctx, stack, plan, err)
	}
	plan = rest
	var rollouts *watch.Watch
	if c.FailFast {
		rollouts = watching(ctx, plan)
	}
	applied := stack.ApplyWatched(ctx, plan, c.LockTimeout, rollouts)
	if applied != nil && ctx.Err() != nil {
		return errors.Join(applied, c.goingOn(rollouts.Unfinished()))
	}
	if applied == nil {
		return c.afterwards(ctx, c.Stack+" was deployed", c.stands(ctx, stack, revisions(plan.Shown)))
	}
	return c.failed(ctx, stack, plan, owned(ctx, stack, plan, applied), rollouts.GaveUp())
}

// again is the command that does the same once more. After a rollback, a deploy would take the image from which it went back, and a rollback that
// names none might, too.
func (c deployCommand) again() string {
	service, image, _ := strings.Cut(c.Image, "=")
	switch {
	case c.InPlace:
		return fmt.Sprintf("./infra rollback %s %s --to %s", c.Stack, service, image)
	case c.Image != "":
		return fmt.Sprintf("./infra deploy %s --image %s", c.Stack, c.Image)
	case c.Recover:
		return "./infra deploy " + c.Stack + " --recover"
	}
	return "./infra deploy " + c.Stack
}

// before runs the program that has the last word.
func (c deployCommand) before(ctx context.Context) error {
	if c.Before == "" {
		return nil
	}
	command := exec.CommandContext(ctx, c.Before)
	command.Stdout, command.Stderr = stdout, os.Stderr
	if err := command.Run(); err != nil {
		return fmt.Errorf("--before %s: %w: nothing was deployed", c.Before, err)
	}
	return nil
}

// whose says in whose account and where a plan would change something, as far as AWS tells.
func whose(ctx context.Context, plan *deploy.Plan) string {
	if demo.Inside() {
		return " in the demo"
	}
	settings, err := settingsOf(ctx, plan.Shown)
	if err != nil {
		return ""
	}
	identity, err := sts.NewFromConfig(settings).GetCallerIdentity(ctx, nil)
	if err != nil {
		return " in " + settings.Region
	}
	return fmt.Sprintf(" in %s of the account %s", settings.Region, aws.ToString(identity.Account))
}

// settingsOf are the credentials of this terminal, and the region that a plan is for.
func settingsOf(ctx context.Context, plan *tfjson.Plan, options ...func(*config.LoadOptions) error) (aws.Config, error) {
	settings, err := config.LoadDefaultConfig(ctx, options...)
	if region := plan.Variables["aws_region"]; region != nil {
		settings.Region = fmt.Sprint(region.Value)
	}
	return settings, err
}

// halfway says what to do if the plan is refused because an earlier deploy created something in part.
func (c deployCommand) halfway(ctx context.Context, stack *deploy.Stack) {
	state, err := stack.State(ctx)
	if err != nil {
		return // that the plan is refused has been said
	}
	if tainted := state.Tainted(); len(tainted) > 0 {
		fmt.Fprintf(os.Stderr, "\ninfra: an earlier deploy failed, or was interrupted, while it created %s. Keep what AWS has, and go on: ./infra deploy %s --recover\n", strings.Join(tainted, ", "), c.Stack)
	}
}

// make makes the plan of the deploy.
func (c deployCommand) make(ctx context.Context, stack *deploy.Stack, allowed []string, options deploy.Options) (*deploy.Plan, error) {
	if !c.Recover {
		return stack.Plan(ctx, options)
	}
	// What has to hold before anything is changed can be asked of a plan only, and here the state would be changed before it.
	var bound error
	if c.Expect != nil || c.Before != "" || c.Image != "" {
		bound = fmt.Errorf("the state has to be changed before the plan can be made, so --recover goes without --expect, --before and --image: ./infra recover %s, and then deploy", c.Stack)
	}
	unrecorded, err := lacking(ctx, stack, options, c.Yes, bound)
	if err != nil {
		return nil, err
	}
	err = unrecorded.write()
	if err == nil && bound != nil && slices.ContainsFunc(unrecorded.Found, func(f kinds.Found) bool { return f.Replaces }) {
		err = bound
	}
	if err != nil {
		unrecorded.plan.Remove()
		return nil, err
	}
	fmt.Fprintln(stdout)
	if len(unrecorded.Found) == 0 {
		return unrecorded.plan, nil
	}
	unrecorded.plan.Remove()
	if _, err := unrecorded.retire(ctx, stack, allowed, c.LockTimeout, c.Yes); err != nil {
		return nil, err
	}
	var all, rewritten []string
	for _, found := range unrecorded.Found {
		all = append(all, found.Address)
		if found.Rewritten && len(found.Differs) == 0 {
			rewritten = append(rewritten, found.Address)
		}
	}
	options.Imports = unrecorded.imports(all)
	plan, err := stack.Plan(ctx, options)
	if err == nil {
		plan.Rewritten = rewritten
	}
	return plan, err
}

// keepImages has the repositories keep the images that a stack runs, where the design says so; err is why nobody knows which those are. A deploy has not
// failed because they do not: until an image is deleted, each plan and status tells.
func keepImages(ctx context.Context, stack *present, err error) {
	all, unread := synthesized(ctx)
	if unread != nil || all.DeployedTag == "" {
		return
	}
	if err == nil {
		err = keep.Images(ctx, stack.settings, stack.Name, all.DeployedTag, stack.state)
	}
	for _, line := range check.Lines(err) {
		fmt.Fprintf(os.Stderr, "infra: an image is not kept: %s\n", line)
	}
}

// stands says how the stack stands after a deploy, as soon as no rollout is in progress. before are the revisions that the services had; nil if nothing was
// deployed.
func (c deployCommand) stands(ctx context.Context, stack *deploy.Stack, before map[string]string) error {
	is, err := presentOf(ctx, stack)
	keepImages(ctx, is, err)
	fmt.Fprintln(stdout)
	if err != nil {
		return err
	}
	show := statusCommand{one: c.one, Wait: true}
	report, err := show.look(ctx, is)
	if err != nil {
		return err
	}
	if before != nil {
		report.Untried(before)
	}
	return show.write(report)
}

// afterwards is the error of who looks how a stack stands after something was done: it says first that it was.
func (o one) afterwards(ctx context.Context, done string, err error) error {
	switch status := exit(0); {
	case err == nil || errors.As(err, &status):
		return err
	case ctx.Err() != nil:
		return fmt.Errorf("%s. How it stands now: ./infra status %s", done, o.Stack)
	}
	return fmt.Errorf("%s, but how it stands now is not known: %w", done, err)
}

// failed says why a deploy failed, how the stack stands as soon as no rollout is in progress, or at once if one goes on that cannot work, and what
// to do.
func (c deployCommand) failed(ctx context.Context, stack *deploy.Stack, plan *deploy.Plan, why error, atOnce bool) error {
	is, err := presentOf(ctx, stack)
	var report *status.Report
	if err == nil {
		report, err = statusCommand{one: c.one, Wait: !atOnce}.look(ctx, is)
	}
	if err != nil {
		return errors.Join(why, err)
	}
	report.Failed = &status.Failure{Before: revisions(plan.Shown), Again: c.again()}
	var advice deploy.Advice
	_ = errors.As(why, &advice)
	for _, line := range check.Lines(why) {
		if line != string(advice) {
			report.Failed.Causes = append(report.Failed.Causes, line)
		}
	}
	report.Failed.Next = cmp.Or(string(advice), report.Next())
	fmt.Fprintln(stdout)
	if err := report.WriteFailure(os.Stderr); err != nil {
		return err
	}
	fmt.Fprintln(stdout)
	if err := report.WriteDetails(stdout); err != nil {
		return err
	}
	return exit(1)
}

// goingOn says which rollouts go on in AWS after a deploy was interrupted, and how to go back, unless it was going back.
func (c deployCommand) goingOn(rollouts []watch.Rollout) error {
	var all []error
	for _, r := range rollouts {
		back := ""
		if r.Before != "" && !c.InPlace {
			back = fmt.Sprintf(" To go back to what it ran before, %s: ./infra rollback %s %s", r.Before, c.Stack, r.Service)
		}
		all = append(all, fmt.Errorf("ECS goes on to roll out %s of %s.%s", r.Revision, r.Service, back))
	}
	return errors.Join(all...)
}

// watching is the watch of the rollouts that a plan brings about, or nil if there are none, or if nobody can watch them.
func watching(ctx context.Context, plan *deploy.Plan) *watch.Watch {
	services := watch.Services(plan.Shown)
	settings, err := settingsOf(ctx, plan.Shown)
	if len(services) == 0 || err != nil {
		return nil
	}
	return watch.Of(watch.New(settings), services, func(line string) { note("infra: " + line) })
}

// revisions are the revisions that the services had when a plan was made, such as "order-bot-prod-order-bot-svc:12", by service.
func revisions(plan *tfjson.Plan) map[string]string {
	all := map[string]string{}
	if plan.PriorState == nil || plan.PriorState.Values == nil || plan.PriorState.Values.RootModule == nil {
		return all
	}
	for _, resource := range plan.PriorState.Values.RootModule.Resources {
		if resource.Type == "aws_ecs_service" {
			all[fmt.Sprint(resource.AttributeValues["name"])] = ecs.LastPart(fmt.Sprint(resource.AttributeValues["task_definition"]))
		}
	}
	return all
}
