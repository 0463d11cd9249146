package deploy

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/order-bot/infra/internal/project"
	"github.com/order-bot/infra/tool/engine"
	"github.com/order-bot/infra/tool/planguard"
	"github.com/order-bot/infra/tool/progress"
	"github.com/order-bot/infra/tool/tfstate"
	"github.com/order-bot/infra/tool/tfvars"
)

// Options say how to plan.
type Options struct {
	// Destroy plans to destroy everything.
	Destroy bool
	// NoLock plans without the state's lock, for those who may not write.
	NoLock bool
	// LockTimeout is how long to wait for the lock.
	LockTimeout time.Duration
	// Text asks for the plan in the engine's own words.
	Text bool
	// Keep leaves the plan in the file "plan" of the stack's directory, for others to read.
	Keep bool
	// Imports are the objects of AWS that the plan takes into the state.
	Imports []Import
	// Targets limits the plan to these addresses and what they need. Default: the whole stack.
	Targets []string
	// WithoutJobs leaves out the jobs that run before a service gets a new revision.
	WithoutJobs bool
	// Again is the command that does the same once more, after an apply was interrupted. Default: the verb with the stack.
	Again string
	// Untouched are addresses that the plan leaves as they are in AWS, whatever the design and the values say.
	Untouched []string
}

// verb is what an apply of the plan is to a person.
func (o Options) verb() string {
	switch {
	case o.Destroy:
		return "destroy"
	case len(o.Targets) > 0:
		return "recover"
	}
	return "deploy"
}

// Import is an object that AWS has and the state lacks.
type Import struct {
	// Address is where the state is to have it, such as aws_lb.alb_load_balancer.
	Address string `json:"to"`
	// ID is what the provider imports it by.
	ID string `json:"id"`
}

// Plan is a plan, in a file that only its owner can read: it holds secrets.
type Plan struct {
	// Report says what the plan does.
	Report *planguard.Report
	// Digest stands for what the plan does.
	Digest planguard.Digest
	// Text is the whole plan in the engine's own words, which hold no sensitive value. Empty unless it was asked for.
	Text string
	// Outputs are those that change, sorted.
	Outputs []string
	// Changes tells whether there is anything to apply.
	Changes bool
	// Replaced are the addresses of what it destroys because something else has been taken in, in its place (see Retire).
	Replaced []string
	// Rewritten are the addresses of what AWS has already and the plan creates once more, as it is.
	Rewritten []string
	// Shown is the plan as the engine shows it; without content if nothing changes.
	Shown *tfjson.Plan
	// State is the one that it is based on.
	State *tfstate.State
	// Steps are the jobs that are to run before the rest of it: see ApplySteps.
	Steps []planguard.Step
	// Warned tells that its reader was warned of something that may go wrong later, or does so already.
	Warned bool

	scratch *scratch
	// options are those that it was made with.
	options Options
	// verb is what an apply of it is to a person: a deploy, a destroy, a recover.
	verb string
	// given are the files of values that it was made with.
	given []string
}

// Retires tells whether the plan destroys what had an address until Retire moved it, which whoever allowed it has seen.
func (p *Plan) Retires(address string) bool { return slices.Contains(p.Replaced, address+retired) }

// planFile is the name of a plan's file.
const planFile = "plan"

// Remove removes the plan, and what it was made in.
func (p *Plan) Remove() { p.scratch.remove() }

// Plan plans, in a scratch directory. It returns an error if a value is given that no variable takes.
func (s *Stack) Plan(ctx context.Context, options Options) (*Plan, error) {
	if _, err := s.Given(); err != nil {
		return nil, err
	}
	defer s.waiting("planning " + s.Name)()
	plan := &Plan{given: tfvars.Files(s.values, s.Name), options: options, verb: options.verb()}
	var err error
	if plan.scratch, err = s.scratch(ctx, options); err != nil {
		return nil, err
	}
	if err = s.fill(ctx, plan, options); err == nil && options.Keep {
		err = copied(filepath.Join(plan.scratch.Dir, planFile), s.keptPlan())
	}
	if err != nil || options.Keep {
		plan.Remove()
	}
	if err != nil {
		return nil, err
	}
	return plan, nil
}

// keptPlan is where a plan is kept.
func (s *Stack) keptPlan() string { return filepath.Join(s.Dir, planFile) }

// RemovePlan removes the plan that is kept, so that there is none of an earlier design.
func (s *Stack) RemovePlan() error { return os.RemoveAll(s.keptPlan()) }

// fill plans, and says what the plan does.
func (s *Stack) fill(ctx context.Context, plan *Plan, options Options) error {
	var err error
	if plan.Changes, err = s.plan(ctx, plan, options); err != nil {
		return err
	}
	show := func(arguments ...string) (*bytes.Buffer, error) {
		shown := &bytes.Buffer{}
		return shown, s.failed(ctx, "show", nil, plan.scratch.Run(ctx, shown, append([]string{"show", "-no-color"}, arguments...)...))
	}
	shown := &tfjson.Plan{}
	if plan.Changes { // to show a plan takes as long as a third of making it
		text, err := show("-json", planFile)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(text.Bytes(), shown); err != nil {
			return fmt.Errorf("the plan of %s: %w", s.Name, err)
		}
	}
	if plan.Changes && options.Text {
		text, err := show(planFile)
		if err != nil {
			return err
		}
		plan.Text = text.String()
	}
	if len(options.Targets) > 0 {
		shown.Complete = nil // it leaves out what it was told to leave out
	}
	plan.Shown, plan.Report = shown, planguard.Of(shown)
	for _, change := range plan.Report.Changes {
		address, is := strings.CutSuffix(change.Address, retired)
		if is && change.Action == planguard.Destroy && !slices.ContainsFunc(plan.Report.Changes, func(c planguard.Change) bool {
			return c.Address == address && c.Action == planguard.Create
		}) {
			plan.Replaced = append(plan.Replaced, change.Address)
		}
	}
	for name, output := range shown.OutputChanges {
		if !output.Actions.NoOp() {
			plan.Outputs = append(plan.Outputs, name)
		}
	}
	slices.Sort(plan.Outputs)
	if plan.State, err = s.basis(ctx, plan.scratch); err != nil {
		return err
	}
	if err := s.sameEngine(plan.State, engine.Kind(plan.scratch.Path)); err != nil {
		return err
	}
	lineage := plan.State.Lineage
	if plan.State.Serial == 0 && plan.State.Empty() {
		lineage = "" // each plan makes up another one until the first deploy
	}
	if err := s.announce(plan); err != nil {
		return err
	}
	plan.Digest, err = planguard.DigestOf(shown, lineage, plan.Steps...)
	return err
}

// announce finds the jobs that run before the plan, and says so in its report.
func (s *Stack) announce(plan *Plan) error {
	if len(plan.options.Targets) > 0 {
		return nil
	}
	known, err := project.Read(s.out)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	steps := planguard.Steps(plan.Shown, known.Stack(s.Name))
	plan.Report.Announce(steps, plan.options.WithoutJobs)
	if !plan.options.WithoutJobs {
		plan.Steps = steps
	}
	return nil
}

// plan plans into the plan's file, and tells whether anything changes.
func (s *Stack) plan(ctx context.Context, plan *Plan, options Options) (bool, error) {
	arguments := []string{
		"plan", "-no-color", "-input=false", "-json", "-detailed-exitcode", "-out=" + planFile,
		fmt.Sprintf("-lock=%t", !options.NoLock), "-lock-timeout=" + options.LockTimeout.String(),
	}
	if options.Destroy {
		arguments = append(arguments, "-destroy")
	}
	for _, address := range options.Targets {
		arguments = append(arguments, "-target="+address)
	}
	arguments = append(arguments, s.valuesOf(plan)...)
	for again := false; ; again = true {
		log := &progress.Log{W: s.log}
		err := plan.scratch.Run(ctx, log, arguments...)
		if status := engine.Status(err); status == 0 || status == planChanges {
			return status == planChanges, nil
		}
		err = s.failed(ctx, "plan", log, err)
		// What an earlier initialization installed may be gone, as from a cleared cache.
		if again || ctx.Err() != nil || !strings.Contains(err.Error(), ` init"`) && !strings.Contains(err.Error(), ` init`+"`") {
			return false, err
		}
		if err := s.initialize(ctx, plan.scratch, true); err != nil {
			return false, err
		}
	}
}

// planChanges is the exit status of a plan that changes something.
// https://developer.hashicorp.com/terraform/cli/commands/plan#detailed-exitcode
const planChanges = 2

// basis is the state on which a plan is based.
func (s *Stack) basis(ctx context.Context, scratch *scratch) (*tfstate.State, error) {
	text, err := stateIn(filepath.Join(scratch.Dir, planFile))
	if err != nil { // OpenTofu can encrypt plans
		if text, err = s.pull(ctx, scratch); err != nil {
			return nil, err
		}
	}
	state, err := tfstate.Read(text)
	if err != nil {
		return nil, fmt.Errorf("the state that the plan is based on: %w", err)
	}
	return state, nil
}

// sameEngine returns an error if another engine wrote the state than the one that is taken where nobody named one. Whoever names one may
// change over.
func (s *Stack) sameEngine(state *tfstate.State, kind string) error {
	if writer := state.Engine(); os.Getenv(engine.Variable) == "" && writer != "" && writer != kind {
		return fmt.Errorf(writtenBy, writer, s.Name, kind, engine.Variable)
	}
	return nil
}

// writtenBy says that the engine is another one than the state's, and what to do.
const writtenBy = "%[1]s wrote the state of %[2]s, and this is %[3]s. Stay with the one that wrote it: export %[4]s=%[1]s"

// stateIn returns the state that a plan's file holds.
func stateIn(file string) ([]byte, error) {
	archive, err := zip.OpenReader(file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = archive.Close() }()
	state, err := archive.Open("tfstate")
	if err != nil {
		return nil, err
	}
	defer func() { _ = state.Close() }()
	return io.ReadAll(state)
}

// valuesOf are the arguments that give the values of a plan to an engine.
func (s *Stack) valuesOf(plan *Plan) (arguments []string) {
	for _, file := range plan.given {
		arguments = append(arguments, "-var-file="+file)
	}
	for _, name := range slices.Sorted(maps.Keys(s.variables)) {
		arguments = append(arguments, "-var="+name+"="+s.variables[name])
	}
	return arguments
}
