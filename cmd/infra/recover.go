package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	tfjson "github.com/hashicorp/terraform-json"

	"github.com/order-bot/infra/internal/check"
	"github.com/order-bot/infra/tool/deploy"
	"github.com/order-bot/infra/tool/kinds"
	"github.com/order-bot/infra/tool/planguard"
	"github.com/order-bot/infra/tool/recovery"
	"github.com/order-bot/infra/tool/stackjson"
	"github.com/order-bot/infra/tool/terminal"
	"github.com/order-bot/infra/tool/tfstate"
)

// recoverCommand takes what AWS has of a stack, and the state lacks, into the state.
type recoverCommand struct {
	one
	waiting
	Yes bool `env:"INFRA_YES" help:"Take it in without asking."`
}

// Run finds what is missing in the state, shows it and the plan that takes it in, asks, and applies that very
// plan. It fails with 2 if something is refused: what has the name of something of the stack and is not the stack's,
// and a plan that would create, replace or destroy. What is different in AWS stays as it is.
func (c recoverCommand) Run(ctx context.Context) error {
	stack, err := c.open(ctx)
	if err := cmp.Or(err, answerable(c.Yes, "--yes to take in without")); err != nil {
		return err
	}
	if err := c.synthesize(ctx, stack); err != nil {
		return err
	}
	if _, err := (imaging{}).give(ctx, stack); err != nil {
		return err
	}
	unrecorded, err := lacking(ctx, stack, deploy.Options{LockTimeout: c.LockTimeout}, c.Yes, nil)
	if err != nil {
		return err
	}
	unrecorded.plan.Remove()
	if err := unrecorded.write(); err != nil {
		return err
	}
	unrecorded.waiting()
	if len(unrecorded.Addresses()) == 0 {
		return unrecorded.end()
	}
	retired, err := unrecorded.retire(ctx, stack, nil, c.LockTimeout, c.Yes)
	if err != nil {
		return err
	}
	plan, different, err := unrecorded.takeIn(ctx, stack, c.LockTimeout)
	if err != nil {
		return err
	}
	if plan == nil {
		return unrecorded.end()
	}
	defer plan.Remove()
	fmt.Fprintln(stdout)
	if err := plan.Report.Write(stdout); err != nil {
		return err
	}
	if len(different) > 0 {
		say("\nThese are not as the design and the values say. They stay as they are; the next deploy changes them:")
		for _, address := range slices.Sorted(maps.Keys(different)) {
			say("  %s: %s\n", address, strings.Join(different[address], ", "))
		}
	}
	if unrecorded.refuse(plan.Report) {
		return exit(2)
	}
	given := c.Yes || retired // after retire it does nothing else than what was asked for
	if err := confirm(ctx, given, fmt.Sprintf("Import it into the state of %s? Type yes to import: ", c.Stack), "yes", "nothing was taken in"); err != nil {
		return err
	}
	if err := stack.Apply(ctx, plan, c.LockTimeout); err != nil {
		return err
	}
	say("\nTaken into the state of %s: %d. Look at what is left to do: ./infra plan %[1]s\n", c.Stack, len(unrecorded.Addresses()))
	return nil
}

// synthesize writes the stacks' JSON. A design that cannot be synthesized, as in the middle of a change, keeps nobody from recovering what
// was deployed with the JSON that is there.
func (c recoverCommand) synthesize(ctx context.Context, stack *deploy.Stack) error {
	err := synthesize(ctx, stack)
	if err == nil || ctx.Err() != nil || !stack.Synthesized() {
		return err
	}
	for _, line := range check.Lines(err) {
		fmt.Fprintln(os.Stderr, "infra:", line)
	}
	fmt.Fprintf(os.Stderr, "infra: the design cannot be synthesized as it is. This goes on with what was synthesized last: %s\n", c.Stack)
	return nil
}

// unrecorded is what AWS has of a stack and the state lacks.
type unrecorded struct {
	*recovery.Result
	stack string
	// plan is the plan of the whole stack that says so.
	plan *deploy.Plan
}

// lacking finds what AWS has of a synthesized stack and the state lacks. What the state has as created in part, it takes for
// whole first, after a question: the plan then says what is left to do, and does not replace it. What the state writes in another way
// than the design, though AWS takes both for one, it has the state write as the design does. If the state must not be changed
// before there is a plan, bound says why.
func lacking(ctx context.Context, stack *deploy.Stack, options deploy.Options, yes bool, bound error) (*unrecorded, error) {
	state, err := stack.State(ctx)
	if err != nil {
		return nil, err
	}
	if tainted := state.Tainted(); len(tainted) > 0 {
		if bound != nil {
			return nil, bound
		}
		say("AWS has these, and something failed after they were created, so that a deploy would replace them:\n  %s\n", strings.Join(tainted, "\n  "))
		if err := confirm(ctx, yes, "Keep them, and let the plan say what they lack? Type yes to keep them: ", "yes", "nothing was changed"); err != nil {
			return nil, err
		}
		for _, address := range tainted {
			if err := stack.Untaint(ctx, address, options.LockTimeout); err != nil {
				return nil, err
			}
		}
	}
	plan, err := stack.Plan(ctx, options)
	if err != nil {
		return nil, err
	}
	if respelled := planguard.Respellings(plan.Shown); len(respelled) > 0 {
		plan.Remove()
		if bound != nil {
			return nil, bound
		}
		if err := respell(ctx, stack, respelled, options.LockTimeout, yes); err != nil {
			return nil, err
		}
		if state, err = stack.State(ctx); err != nil {
			return nil, err
		}
		if plan, err = stack.Plan(ctx, options); err != nil {
			return nil, err
		}
	}
	done := waitFor("looking for what AWS has")
	found, err := search(ctx, stack, state, plan.Shown)
	done()
	if err != nil {
		plan.Remove()
		return nil, err
	}
	return &unrecorded{found, stack.Name, plan}, nil
}

// respell has the state write objects as the design does, after a question. Nothing changes in AWS.
func respell(ctx context.Context, stack *deploy.Stack, objects []planguard.Respelling, lockTimeout time.Duration, yes bool) error {
	say("The state has these, and writes them in another way than the design. AWS takes both for one, and a deploy would replace them by themselves:")
	for _, object := range objects {
		say("  %s: %s\n", object.Address, strings.Join(slices.Sorted(maps.Keys(object.Attributes)), ", "))
	}
	if err := confirm(ctx, yes, "Let the state write them as the design does? Nothing changes in AWS. Type yes to do it: ", "yes", "nothing was changed"); err != nil {
		return err
	}
	if err := stack.Respell(ctx, objects, lockTimeout); err != nil {
		return err
	}
	say("The state writes them as the design does now. Nothing has changed in AWS.")
	return nil
}

// takeIn makes the plan that takes in, and changes nothing in AWS. It returns no plan if there is nothing to take in. An import
// changes what is different in AWS, unless that is left untouched: those are planned once more, and their differences returned, by
// address.
func (m *unrecorded) takeIn(ctx context.Context, stack *deploy.Stack, lockTimeout time.Duration) (*deploy.Plan, map[string][]string, error) {
	different := map[string][]string{}
	for {
		addresses := m.Addresses()
		if len(addresses) == 0 {
			return nil, nil, nil
		}
		plan, err := stack.Plan(ctx, deploy.Options{
			LockTimeout: lockTimeout, Imports: m.imports(addresses), Targets: addresses, Untouched: slices.Sorted(maps.Keys(different)),
		})
		if err != nil {
			return nil, nil, err
		}
		older, more := m.older(plan.Report), recovery.Differences(plan.Shown)
		if len(older) == 0 && len(more) == 0 {
			return plan, different, nil
		}
		plan.Remove()
		if len(older) > 0 {
			say("\nThese are not taken in, as they are older than the design and the values. The next deploy registers new revisions:\n  %s\n", strings.Join(older, "\n  "))
			m.Leave(older)
			m.waiting()
		}
		known := len(different)
		maps.Copy(different, more)
		if len(older) == 0 && len(different) == known { // to plan once more would not help
			return nil, nil, fmt.Errorf("to import these would change them in AWS: %s", strings.Join(slices.Sorted(maps.Keys(more)), ", "))
		}
	}
}

// older are the task definitions that a plan would take in and replace at once, of services that the state has: a deploy was
// killed before it registered the new revision. It leaves the old one as it is, whether the state has it or not. If the state
// lacks the service, too, the values are most likely not those that are deployed.
func (m *unrecorded) older(report *planguard.Report) (addresses []string) {
	for _, change := range report.Changes {
		if change.Action == planguard.Replace && slices.ContainsFunc(m.Found, func(f kinds.Found) bool { return f.Address == change.Address && f.RunBy != "" }) {
			addresses = append(addresses, change.Address)
		}
	}
	return addresses
}

// search asks AWS for what a plan would create.
func search(ctx context.Context, stack *deploy.Stack, state *tfstate.State, plan *tfjson.Plan) (*recovery.Result, error) {
	synthesized, err := stackjson.Read(stack.Dir)
	if err != nil {
		return nil, err
	}
	// More attempts than the SDK makes by default: whoever recovers may do so because AWS has a bad day.
	aws, err := settingsOf(ctx, plan, config.WithRetryMaxAttempts(8))
	if err != nil {
		return nil, err
	}
	return recovery.Find(ctx, aws, synthesized, state, plan)
}

// imports are the import blocks for addresses. What the provider cannot import has none: it is written again.
func (m *unrecorded) imports(addresses []string) []deploy.Import {
	var all []deploy.Import
	for _, found := range m.Found {
		if !found.Rewritten && slices.Contains(addresses, found.Address) {
			all = append(all, deploy.Import{Address: found.Address, ID: found.ID})
		}
	}
	return all
}

// write shows what was found. It fails with 2 if something is refused.
func (m *unrecorded) write() error {
	if len(m.Found) == 0 && len(m.Refused) == 0 {
		say("AWS has nothing of %s that the state lacks.\n", m.stack)
		return nil
	}
	if len(m.Found) > 0 {
		say("AWS has this of %s, and the state lacks it:\n", m.stack)
	}
	var rows [][]string
	for _, found := range m.Found {
		note := ""
		switch {
		case found.Rewritten:
			note = "; written again, as it is: the provider cannot import it"
			if len(found.Differs) > 0 {
				note = "; it differs, and a deploy writes it anew: " + strings.Join(found.Differs, ", ")
			}
		case found.Replaces:
			note = "; it replaces what the state has there"
		}
		rows = append(rows, []string{found.Address, short(found.ID) + "  " + found.Evidence + note})
	}
	page := terminal.For(stdout)
	page.Rows(2, nil, rows)
	if _, err := io.WriteString(stdout, page.String()); err != nil {
		return err
	}
	for _, refusal := range m.Refused {
		fmt.Fprintf(os.Stderr, "infra: refused: %s: AWS has %s: %s\n", refusal.Address, refusal.ID, refusal.Reason)
	}
	if len(m.Refused) > 0 {
		fmt.Fprintln(os.Stderr, "infra: nothing was taken in")
		return exit(2)
	}
	return nil
}

// waiting shows what cannot be taken in without creating something.
func (m *unrecorded) waiting() {
	if len(m.Waiting) == 0 {
		return
	}
	say("\nSome of these need a resource that AWS does not have:")
	for _, waits := range m.Waiting {
		say("  %s needs %s\n", waits.Address, strings.Join(waits.Missing, ", "))
	}
	say("To import them and create the missing resources in one plan: ./infra deploy %s --recover\n", m.stack)
}

// end ends what has nothing to take in. It fails with 2 if something waits.
func (m *unrecorded) end() error {
	if len(m.Waiting) > 0 {
		return exit(2)
	}
	return nil
}

// retire makes room in the state for what was found and replaces something there, after a question, and tells whether it did. The next
// deploy destroys the old one, so the guard has to let that pass, less what allowed names. It fails with 2 if the guard does not.
func (m *unrecorded) retire(ctx context.Context, stack *deploy.Stack, allowed []string, lockTimeout time.Duration, yes bool) (bool, error) {
	from, addresses := map[string]string{}, []string{}
	for _, found := range m.Found {
		if found.Replaces {
			from[found.Address] = found.From
			addresses = append(addresses, found.Address)
		}
	}
	if len(addresses) == 0 {
		return false, nil
	}
	// What AWS has no more is only forgotten: there the plan creates, and nothing is destroyed.
	gone := func(address string) bool {
		return slices.ContainsFunc(m.plan.Report.Changes, func(c planguard.Change) bool { return c.Address == address && c.Action == planguard.Create })
	}
	refused := slices.DeleteFunc(m.plan.Report.Refused(allowed), func(r planguard.Refusal) bool {
		return !slices.Contains(addresses, r.Address) || gone(r.Address) && !r.Never
	})
	for _, refusal := range refused {
		fmt.Fprintf(os.Stderr, "infra: refused: %s: %s\n", refusal.Address, refusal.Reason)
	}
	if len(refused) > 0 {
		fmt.Fprintln(os.Stderr, "infra: nothing was changed")
		if !slices.ContainsFunc(refused, func(r planguard.Refusal) bool { return r.Never }) {
			fmt.Fprintf(os.Stderr, "AWS has the new one, and the old one would be destroyed. If that is what you want: ./infra deploy %s --recover, with --allow ADDRESS for each\n", m.stack)
		}
		return false, exit(2)
	}
	say("\nOf these, AWS has the new one, and the state has the old one, which the next deploy will destroy:\n  %s\n", strings.Join(addresses, "\n  "))
	if err := confirm(ctx, yes, "Import the new one into the state, beside the old one? Type yes to import: ", "yes", "nothing was changed"); err != nil {
		return false, err
	}
	for _, address := range addresses {
		if err := stack.Retire(ctx, from[address], address, lockTimeout); err != nil {
			return false, err
		}
	}
	return true, nil
}

// short is an id without what the ARNs of an account have in common: arn:aws:SERVICE:REGION:ACCOUNT:
func short(id string) string {
	if parts := strings.SplitN(id, ":", 6); parts[0] == "arn" && len(parts) == 6 {
		return parts[5]
	}
	return id
}

// refuse tells whether a plan that is to take in does anything else than that, or what the guard refuses, and says what.
func (m *unrecorded) refuse(report *planguard.Report) bool {
	var why strings.Builder
	refused := report.Refuse(nil, &why)
	fmt.Fprint(os.Stderr, terminal.Fit(os.Stderr, why.String()))
	for _, change := range report.Changes {
		switch change.Action {
		case planguard.Import, planguard.Update, planguard.Move:
			continue
		case planguard.Create:
			if slices.ContainsFunc(m.Found, func(f kinds.Found) bool { return f.Rewritten && len(f.Differs) == 0 && f.Address == change.Address }) {
				continue
			}
		}
		fmt.Fprintf(os.Stderr, "infra: refused: %s: here the plan would do more than import (%s): what is deployed is not what the design and the values say\n", change.Address, report.Would(change))
		refused = true
	}
	if refused {
		fmt.Fprintf(os.Stderr, "infra: nothing was taken in. Give the values that are deployed; or take in and deploy in one plan: ./infra deploy %s --recover\n", m.stack)
	}
	return refused
}
