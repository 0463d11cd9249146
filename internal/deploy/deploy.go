// Package deploy takes a stack from its design to AWS: it synthesizes, initializes the engine,
// plans into a file, and applies that very file.
package deploy

import (
	"archive/zip"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-exec/tfexec"
	tfjson "github.com/hashicorp/terraform-json"

	"github.com/order-bot/infra/internal/engine"
	"github.com/order-bot/infra/internal/planguard"
	"github.com/order-bot/infra/internal/progress"
	"github.com/order-bot/infra/internal/stackjson"
	"github.com/order-bot/infra/internal/tfstate"
	"github.com/order-bot/infra/internal/tfvars"
)

// Stack is a stack of a project, and the engine for it.
type Stack struct {
	// Name is the stack's, such as "prod".
	Name string
	// Dir is where the stack is synthesized to.
	Dir string
	// Brief says of each resource only that it is done, not that it begins.
	Brief bool

	project, out string
	// values is the directory of the files with the stacks' values.
	values    string
	tf        *engine.Terraform
	variables map[string]string
	given     map[string]string
	log       io.Writer
}

// DemoVariable names the folder of a demo, an absolute path. Its stacks and its values then take the place of the project's own.
const DemoVariable = "INFRA_DEMO"

// Open returns a stack of the project in the current directory. What the engine has to say goes
// to log. It returns an error if there is no project here, or no engine on this machine.
func Open(name string, log io.Writer) (*Stack, error) {
	project, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(project, "cdktf.json")); err != nil {
		return nil, fmt.Errorf("there is no cdktf.json in %s: run this from the project's directory", project)
	}
	values, out := project, cmp.Or(os.Getenv("CDKTF_OUTDIR"), "cdktf.out") // as the framework has it
	if demo := os.Getenv(DemoVariable); demo != "" {
		values, out = demo, filepath.Join(demo, "cdktf.out")
	}
	if out, err = filepath.Abs(out); err != nil {
		return nil, err
	}
	return &Stack{Name: name, Dir: filepath.Join(out, "stacks", name), project: project, out: out, values: values, log: log}, nil
}

// Synthesize writes the JSON of all stacks. It returns an error that names every problem of the design.
func (s *Stack) Synthesize(ctx context.Context) error {
	s.given = nil // the design may have other variables now
	return Synthesize(ctx, s.project, s.out, s.log)
}

// Synthesize writes the JSON of all stacks of a project to the directory out. What the program prints
// goes to log. It returns an error that names every problem of the design.
func Synthesize(ctx context.Context, project, out string, log io.Writer) error {
	command := exec.CommandContext(ctx, "go", "run", ".")
	command.Dir = project
	command.Env = append(os.Environ(), "CDKTF_OUTDIR="+out)
	output, err := command.CombinedOutput()
	if err != nil && command.ProcessState == nil {
		return fmt.Errorf("synth: %w", err)
	}
	var problems []error
	for line := range strings.Lines(string(output)) {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "exit status ") {
			continue
		}
		if err == nil {
			fmt.Fprintln(log, line)
		}
		problems = append(problems, errors.New(line))
	}
	if err == nil {
		return nil
	}
	if len(problems) == 0 {
		return fmt.Errorf("synth: %w", err)
	}
	return errors.Join(problems...)
}

// Synthesized tells whether the stack's JSON is there.
func (s *Stack) Synthesized() bool {
	_, err := os.Stat(filepath.Join(s.Dir, "cdk.tf.json"))
	return err == nil
}

// engine returns the engine in the stack's directory, initialized.
func (s *Stack) engine(ctx context.Context) (*engine.Terraform, error) {
	if s.tf != nil {
		return s.tf, nil
	}
	engines, err := engine.Find()
	if err != nil {
		return nil, err
	}
	tf, err := engine.Open(engines[0], s.Dir, nil)
	if err != nil {
		return nil, err
	}
	if err := s.initialize(ctx, tf, false); err != nil {
		return nil, err
	}
	s.tf = tf
	return tf, nil
}

// initialize installs the provider and connects the state. It does nothing if that was done for the
// same settings before, unless it is told to do it anyway.
func (s *Stack) initialize(ctx context.Context, tf *engine.Terraform, anyway bool) error {
	note := filepath.Join(s.dataDir(), "order-bot-initialized")
	compare, err := s.useLock(tf.ExecPath())
	if err != nil {
		return err
	}
	if now, err := s.fingerprint(tf.ExecPath()); err != nil {
		return err
	} else if noted, err := os.ReadFile(note); !anyway && err == nil && string(noted) == now {
		return nil
	}
	if compare {
		err = s.initComparing(ctx, tf)
	} else {
		err = s.failed(ctx, "init", nil, tf.Init(ctx))
	}
	if err != nil {
		return err
	}
	now, err := s.fingerprint(tf.ExecPath()) // the lock file is there now
	if err != nil {
		return err
	}
	return os.WriteFile(note, []byte(now), 0o600)
}

// dataDir is where the engine keeps the provider and the address of the state.
func (s *Stack) dataDir() string {
	dir := os.Getenv("TF_DATA_DIR")
	if dir == "" {
		dir = ".terraform"
	}
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(s.Dir, dir)
	}
	return dir
}

// fingerprint stands for what an initialization depends on.
func (s *Stack) fingerprint(engine string) (string, error) {
	parts := []string{engine, os.Getenv("TF_CLI_CONFIG_FILE")}
	entries, err := os.ReadDir(s.Dir)
	if err != nil {
		return "", err
	}
	for _, entry := range entries {
		name := entry.Name()
		if slices.Contains(stackjson.Passing, name) || !strings.HasSuffix(name, ".tf.json") && !strings.HasSuffix(name, ".tf") && name != lockName {
			continue
		}
		text, err := os.ReadFile(filepath.Join(s.Dir, name))
		if err != nil {
			return "", err
		}
		if name == "cdk.tf.json" { // the rest of it changes all the time
			var stack struct{ Terraform json.RawMessage }
			if err := json.Unmarshal(text, &stack); err != nil {
				return "", fmt.Errorf("%s: %w", name, err)
			}
			text = stack.Terraform
		}
		parts = append(parts, name, string(text))
	}
	all, err := json.Marshal(parts)
	return string(all), err
}

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
	// Keep leaves the plan in the file "plan" of the stack's directory, for others to read. Otherwise
	// its file has a name of its own: what someone plans meanwhile does not get in its place.
	Keep bool
	// Imports are the objects of AWS that the plan takes into the state.
	Imports []Import
	// Targets limits the plan to these addresses and what they need. Default: the whole stack.
	Targets []string
	// Untouched are addresses that the plan leaves as they are in AWS, whatever the design and the values say.
	Untouched []string
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

	file string
	// given are the files of values that it was made with.
	given []string
}

// Remove removes the plan's file.
func (p *Plan) Remove() { _ = os.Remove(p.file) }

// Plan plans. It returns an error if a value is given that no variable takes.
func (s *Stack) Plan(ctx context.Context, options Options) (*Plan, error) {
	if _, err := s.Given(); err != nil {
		return nil, err
	}
	given := tfvars.Files(s.values, s.Name)
	tf, err := s.engine(ctx)
	if err != nil {
		return nil, err
	}
	withdraw, err := s.declare(options)
	if err != nil {
		return nil, err
	}
	defer withdraw()
	plan := &Plan{given: given}
	if plan.file, err = s.planFile(options.Keep); err != nil {
		return nil, err
	}
	if err := s.fill(ctx, tf, plan, given, options); err != nil {
		plan.Remove()
		return nil, err
	}
	return plan, nil
}

// RemovePlan removes the plan that is kept, so that there is none of an earlier design.
func (s *Stack) RemovePlan() error { return os.RemoveAll(s.keptPlan()) }

// declare writes import blocks, and what is left untouched, beside the stack, and returns what takes them away again. Those of
// a plan that was killed are taken away in any case.
func (s *Stack) declare(options Options) (withdraw func(), err error) {
	remove := func() {
		for _, name := range stackjson.Passing {
			_ = os.Remove(filepath.Join(s.Dir, name))
		}
	}
	remove()
	files := map[string]any{}
	if len(options.Imports) > 0 {
		files[stackjson.Imports] = map[string]any{"import": options.Imports}
	}
	if len(options.Untouched) > 0 {
		files[stackjson.Untouched] = map[string]any{"resource": untouched(options.Untouched)}
	}
	for name, content := range files {
		text, err := json.MarshalIndent(content, "", "  ")
		if err == nil {
			err = os.WriteFile(filepath.Join(s.Dir, name), append(text, '\n'), 0o600)
		}
		if err != nil {
			remove()
			return nil, err
		}
	}
	if len(options.Targets) == 0 {
		return remove, nil
	}
	restore, err := s.withoutConditions()
	if err != nil {
		remove()
		return nil, err
	}
	return func() { remove(); restore() }, nil
}

// untouched are the settings of resources, by type and name, that let a plan leave them as they are.
func untouched(addresses []string) map[string]map[string]any {
	all := map[string]map[string]any{}
	for _, address := range addresses {
		kind, name, _ := strings.Cut(address, ".")
		if all[kind] == nil {
			all[kind] = map[string]any{}
		}
		all[kind][name] = map[string]any{"lifecycle": map[string]any{"ignore_changes": "all"}}
	}
	return all
}

// withoutConditions takes the conditions of outputs and resources out of the stack, and returns what puts them back. OpenTofu
// ends with a crash where a plan is limited to some addresses, and a condition of an output is about others, too. And what
// is left untouched need not be as it should be.
func (s *Stack) withoutConditions() (restore func(), err error) {
	file := filepath.Join(s.Dir, "cdk.tf.json")
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var stack map[string]any
	numbers := json.NewDecoder(bytes.NewReader(text))
	numbers.UseNumber() // which keeps them as they are written
	if err := numbers.Decode(&stack); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	without(stack, "precondition", "postcondition")
	changed, err := json.MarshalIndent(stack, "", "  ")
	if err != nil {
		return nil, err
	}
	restore = func() { _ = os.WriteFile(file, text, 0o644) }
	if err := os.WriteFile(file, changed, 0o644); err != nil {
		restore()
		return nil, err
	}
	return restore, nil
}

// without deletes the fields of these names, at any depth.
func without(value any, names ...string) {
	switch value := value.(type) {
	case []any:
		for _, element := range value {
			without(element, names...)
		}
	case map[string]any:
		for _, name := range names {
			delete(value, name)
		}
		for _, field := range value {
			without(field, names...)
		}
	}
}

// keptPlan is where a plan is kept.
func (s *Stack) keptPlan() string { return filepath.Join(s.Dir, "plan") }

// longestDeploy is more than any deploy takes.
const longestDeploy = 12 * time.Hour

// planFile creates an empty file for a plan, and returns its path. The engines would create it for
// all to read. They keep the mode of a file that is there.
func (s *Stack) planFile(keep bool) (string, error) {
	// Plans that were killed left theirs.
	entries, err := os.ReadDir(s.Dir) // and no glob: the path may hold what would be a pattern
	if err != nil {
		return "", err
	}
	for _, entry := range entries {
		if info, err := entry.Info(); err == nil && strings.HasPrefix(entry.Name(), "plan-") && time.Since(info.ModTime()) > longestDeploy {
			_ = os.Remove(filepath.Join(s.Dir, entry.Name()))
		}
	}
	file, err := os.CreateTemp(s.Dir, "plan-*") // with mode 0600
	if err != nil {
		return "", err
	}
	if err := file.Close(); err != nil || !keep {
		return file.Name(), err
	}
	return s.keptPlan(), os.Rename(file.Name(), s.keptPlan())
}

// fill plans, and says what the plan does.
func (s *Stack) fill(ctx context.Context, tf *engine.Terraform, plan *Plan, given []string, options Options) error {
	var err error
	if plan.Changes, err = s.plan(ctx, tf, plan.file, given, options); err != nil {
		return err
	}
	shown := &tfjson.Plan{}
	if plan.Changes { // to show a plan takes as long as a third of making it
		if shown, err = tf.ShowPlanFile(ctx, plan.file); err != nil {
			return s.failed(ctx, "show", nil, err)
		}
	}
	if plan.Changes && options.Text {
		if plan.Text, err = tf.ShowPlanFileRaw(ctx, plan.file); err != nil {
			return s.failed(ctx, "show", nil, err)
		}
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
	lineage, err := s.lineage(ctx, tf, plan.file)
	if err != nil {
		return err
	}
	plan.Digest, err = planguard.DigestOf(shown, lineage)
	return err
}

// Give gives values to variables that are texts, by name, beside those in files and in the environment.
func (s *Stack) Give(variables map[string]string) { s.variables = variables }

// Given returns where each variable has its value from, a file or the environment, by name. It returns an error that
// names each value that no variable takes.
func (s *Stack) Given() (map[string]string, error) {
	if s.given != nil {
		return s.given, nil
	}
	files, err := tfvars.Automatic(s.Dir)
	if err != nil {
		return nil, err
	}
	files = append(files, tfvars.Files(s.values, s.Name)...)
	declared, err := s.Declared()
	if err != nil {
		return nil, err
	}
	if err := tfvars.Check(s.Name, files, os.Environ(), declared); err != nil {
		return nil, err
	}
	s.given, err = tfvars.Given(files, os.Environ())
	return s.given, err
}

// Declared returns the names of the variables of all synthesized stacks, by stack.
func (s *Stack) Declared() (map[string][]string, error) {
	declared := map[string][]string{}
	all, err := os.ReadDir(filepath.Dir(s.Dir))
	if err != nil {
		return nil, fmt.Errorf("%w (make synth writes it)", err)
	}
	for _, entry := range all {
		name := entry.Name()
		stack, err := stackjson.Read(filepath.Join(filepath.Dir(s.Dir), name))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		declared[name] = slices.Collect(maps.Keys(stack.Variable))
	}
	return declared, nil
}

// plan plans into file, and tells whether anything changes.
func (s *Stack) plan(ctx context.Context, tf *engine.Terraform, file string, given []string, options Options) (bool, error) {
	arguments := []tfexec.PlanOption{
		tfexec.Out(file), tfexec.Destroy(options.Destroy), tfexec.Lock(!options.NoLock), tfexec.LockTimeout(options.LockTimeout.String()),
	}
	for _, file := range given {
		arguments = append(arguments, tfexec.VarFile(file))
	}
	for _, name := range slices.Sorted(maps.Keys(s.variables)) {
		arguments = append(arguments, tfexec.Var(name+"="+s.variables[name]))
	}
	for _, address := range options.Targets {
		arguments = append(arguments, tfexec.Target(address))
	}
	for again := false; ; again = true {
		log := &progress.Log{W: s.log}
		changes, err := tf.PlanJSON(ctx, log, arguments...)
		tf.SetStdout(io.Discard)
		if err == nil {
			return changes, nil
		}
		err = s.failed(ctx, "plan", log, err)
		// What an earlier initialization installed may be gone, as from a cleared cache.
		if again || ctx.Err() != nil || !strings.Contains(err.Error(), ` init"`) && !strings.Contains(err.Error(), ` init`+"`") {
			return false, err
		}
		if err := s.initialize(ctx, tf, true); err != nil {
			return false, err
		}
	}
}

// lineage is what identifies the state on which a plan in a file is based; empty if that was never written.
func (s *Stack) lineage(ctx context.Context, tf *engine.Terraform, file string) (string, error) {
	text, err := stateIn(file)
	if err != nil { // OpenTofu can encrypt plans
		pulled, err := tf.StatePull(ctx)
		if err != nil {
			return "", s.failed(ctx, "state pull", nil, err)
		}
		text = []byte(pulled)
	}
	state, err := tfstate.Read(text)
	if err != nil {
		return "", fmt.Errorf("the state that the plan is based on: %w", err)
	}
	if state.Serial == 0 && state.Empty() {
		return "", nil // each plan makes up another one until the first deploy
	}
	return state.Lineage, nil
}

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

// Apply applies a plan: the file, not the design as it is by now. The file is gone afterwards.
func (s *Stack) Apply(ctx context.Context, plan *Plan, lockTimeout time.Duration) error {
	tf, err := s.engine(ctx)
	if err != nil {
		return err
	}
	defer plan.Remove()
	log := &progress.Log{W: s.log, Brief: s.Brief}
	arguments := []tfexec.ApplyOption{tfexec.DirOrPlan(plan.file), tfexec.LockTimeout(lockTimeout.String())}
	// The plan has all values. But an engine refuses it if the environment has another value than a file had at plan.
	for _, file := range plan.given {
		arguments = append(arguments, tfexec.VarFile(file))
	}
	for _, name := range slices.Sorted(maps.Keys(s.variables)) {
		arguments = append(arguments, tfexec.Var(name+"="+s.variables[name]))
	}
	err = tf.ApplyJSON(ctx, log, arguments...)
	tf.SetStdout(io.Discard)
	return s.failed(ctx, "apply", log, err)
}

// State returns what the engine knows of what was deployed.
func (s *Stack) State(ctx context.Context) (*tfstate.State, error) {
	tf, err := s.engine(ctx)
	if err != nil {
		return nil, err
	}
	text, err := tf.StatePull(ctx)
	if err != nil {
		return nil, s.failed(ctx, "state pull", nil, err)
	}
	return tfstate.Read([]byte(text))
}

// Outputs returns the outputs of what was deployed, by name, as the engine writes them in JSON.
func (s *Stack) Outputs(ctx context.Context) (map[string]json.RawMessage, error) {
	tf, err := s.engine(ctx)
	if err != nil {
		return nil, err
	}
	outputs, err := tf.Output(ctx)
	if err != nil {
		return nil, s.failed(ctx, "output", nil, err)
	}
	values := map[string]json.RawMessage{}
	for name, output := range outputs {
		values[name] = output.Value
	}
	return values, nil
}

// Untaint lets the engine take a resource that it created in part for whole. The next plan says what it lacks.
// AWS is not asked.
func (s *Stack) Untaint(ctx context.Context, address string, lockTimeout time.Duration) error {
	tf, err := s.engine(ctx)
	if err != nil {
		return err
	}
	return s.failed(ctx, "untaint "+address, nil, tf.Untaint(ctx, address, tfexec.LockTimeout(lockTimeout.String())))
}

// retired ends the address of what Retire has moved. No address of a stack ends with it: each construct's has its type at the end.
const retired = "_replaced"

// Retire moves what the state has at an address to another one, which no stack has, so that a plan can take in something else
// in its place. The next deploy destroys it. AWS is not asked.
func (s *Stack) Retire(ctx context.Context, address string, lockTimeout time.Duration) error {
	tf, err := s.engine(ctx)
	if err != nil {
		return err
	}
	return s.failed(ctx, "state mv "+address, nil, tf.StateMv(ctx, address, address+retired, tfexec.LockTimeout(lockTimeout.String())))
}

// Unlock releases the lock of the state, if it is still the one of this id.
func (s *Stack) Unlock(ctx context.Context, id string) error {
	tf, err := s.engine(ctx)
	if err != nil {
		return err
	}
	return s.failed(ctx, "force-unlock", nil, tf.ForceUnlock(ctx, id))
}

// Push makes the state in file the present one. Its serial has to be above that of the present state. With force
// it may be of another lineage.
func (s *Stack) Push(ctx context.Context, file string, force bool, lockTimeout time.Duration) error {
	tf, err := s.engine(ctx)
	if err != nil {
		return err
	}
	return s.failed(ctx, "state push", nil, tf.StatePush(ctx, file, tfexec.Force(force), tfexec.LockTimeout(lockTimeout.String())))
}

// advice says what to do about an error of an engine, by a part of its text. %s is the stack's name.
var advice = []struct {
	error  *regexp.Regexp
	advice string
}{
	{regexp.MustCompile(`(?is)(state|workspaces).*NoSuchBucket|S3 bucket "[^"]*" does not exist`),
		"The bucket of the states is gone: make state-bucket creates it again. Then take in what AWS has: make recover STACK=%s"},
	{regexp.MustCompile(`(?i)no valid credential sources|failed to retrieve credentials|get credentials|ExpiredToken`),
		"There are no AWS credentials, or they have expired: aws sts get-caller-identity has to show your account before anything can be done with %s"},
	{regexp.MustCompile(`use of closed network connection|connection reset by peer`),
		"A connection to AWS was lost. Do the same once more. If something exists already by then: .bin/infra deploy %s --recover"},
	{regexp.MustCompile(`Backend configuration changed`),
		"%[1]s was initialized by the other engine, or for another state bucket. If both are right as they are now: rm -r cdktf.out/stacks/%[1]s/.terraform"},
	{regexp.MustCompile(`No value for required variable`), "Put each of them into %[1]s.tfvars: examples/%[1]s.tfvars has an example, and says where to find the value"},
	{regexp.MustCompile(`(?s)S3 Bucket .*StatusCode: 301`), "The bucket is in another region than the aws_region of %[1]s. A bucket cannot be moved: correct aws_region in %[1]s.tfvars"},
	{regexp.MustCompile(`Error acquiring the state lock`), "Someone else is deploying: wait. If that deploy was killed, release its lock: make unlock STACK=%s"},
	// The words of AWS and of the provider, service by service.
	{regexp.MustCompile(`(?i)already ?exists?|AlreadyOwnedByYou|InvalidGroup\.Duplicate|DuplicateListener|PriorityInUse|not idempotent`),
		"AWS has it, and the state does not: most likely an earlier deploy was killed before it could save. Take in what is this stack's, and go on: .bin/infra deploy %s --recover"},
}

// advised is an error and what to do about it.
func (s *Stack) advised(err error) error {
	for _, row := range advice {
		if row.error.MatchString(err.Error()) {
			return errors.Join(err, fmt.Errorf(row.advice, s.Name))
		}
	}
	return err
}

// failed makes one error of what an engine printed and how it ended, for a person to read. A nil err stays nil.
func (s *Stack) failed(ctx context.Context, what string, log *progress.Log, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		err = fmt.Errorf("%s of %s was interrupted", what, s.Name)
		if log != nil {
			err = errors.Join(log.Err(), err)
		}
		return err
	case log != nil && log.Err() != nil:
		return s.advised(log.Err())
	}
	// "exit status 1", an empty line, and the engine's own words in a frame.
	_, words, _ := strings.Cut(err.Error(), "\n")
	var lines []string
	for line := range strings.Lines(words) {
		if line = strings.Trim(line, "╷│╵ \r\n"); line != "" {
			lines = append(lines, strings.TrimPrefix(line, "Error: "))
		}
	}
	if len(lines) == 0 {
		lines = []string{err.Error()}
	}
	return s.advised(fmt.Errorf("%s of %s: %s", what, s.Name, strings.Join(lines, "\n  ")))
}
