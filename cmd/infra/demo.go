package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/order-bot/infra/internal/project"
	"github.com/order-bot/infra/internal/replace"
	"github.com/order-bot/infra/localaws"
	"github.com/order-bot/infra/tool/deploy"
	"github.com/order-bot/infra/tool/engine"
	"github.com/order-bot/infra/tool/secrets"
	"github.com/order-bot/infra/tool/tfvars"
)

// demoCommand deploys all stacks into a local AWS, to look at and to try changes on. It needs
// Python, and Terraform or OpenTofu. Everything it writes is in the folder .demo, which git ignores. Its values are
// those of examples/STACK.tfvars; what someone puts into .demo/STACK.tfvars wins over them. Those of the project are for AWS itself.
type demoCommand struct {
	Up   demoUp   `cmd:"" help:"Start the local AWS and deploy; again: deploy what changed."`
	At   demoAt   `cmd:"" help:"Set the time of day of the local AWS, such as 18:00: what the timetable does at that time happens now."`
	Down demoDown `cmd:"" help:"Stop the local AWS, with all that it has."`
}

type (
	demoUp struct{}
	demoAt struct {
		Clock string `arg:"" help:"A time of day, such as 18:00."`
	}
	demoDown struct{}
)

const (
	folder = ".demo"
	region = "ap-northeast-1"
	// providerVersion replaces the version of the AWS provider, for machines that have another.
	providerVersion = "AWS_PROVIDER_VERSION"
)

var (
	runningFile     = filepath.Join(folder, "emulator.json")
	logFile         = filepath.Join(folder, "emulator.log")
	environmentFile = filepath.Join(folder, "environment")
	out             = filepath.Join(folder, "cdktf.out")
)

// Run starts the local AWS, if it does not run yet, and deploys.
func (demoUp) Run(ctx context.Context) error {
	if err := missing(); err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	local := running()
	if local == nil {
		fmt.Fprintln(stdout, "This takes about 3 minutes.")
		stopOld()
		fmt.Fprintln(stdout, "Starting the local AWS (the first time takes a minute more) …")
		// What an earlier demo deployed was in the memory of a local AWS that is gone, such as after a restart of the machine.
		if err := os.RemoveAll(out); err != nil {
			return err
		}
		log, err := os.OpenFile(logFile, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o644)
		if err != nil {
			return err
		}
		done := waitFor("starting the local AWS")
		local, err = localaws.StartDetached(ctx, log)
		done()
		if err != nil {
			return fmt.Errorf("%w: %s", err, logFile)
		}
		text, err := json.Marshal(local)
		if err != nil {
			return err
		}
		if err := replace.File(runningFile, text, 0o600); err != nil {
			return err
		}
	}
	fmt.Fprintln(stdout, "The local AWS is at", local.Endpoint)

	done := waitFor("compiling and synthesizing")
	err := deploy.Synthesize(ctx, ".", out, stdout)
	done()
	if err != nil {
		return err
	}
	if err := enter(local); err != nil { // before it is deployed: who looks for a mistake needs it, too
		return err
	}
	all, err := synthesized(ctx)
	if err != nil {
		return err
	}
	outputs := map[string]map[string]json.RawMessage{}
	for _, stack := range all.Names() {
		if err := fillDemo(ctx, all, stack, outputs[all.Network]); err != nil {
			return err
		}
		var err error
		if outputs[stack], err = deployed(ctx, local, stack); err != nil {
			return halfDone(stack, fmt.Errorf("%s: %w", stack, err))
		}
	}
	for _, stack := range all.Names() {
		fmt.Fprintf(stdout, "\nOutputs of %s:\n", stack)
		table := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
		for _, name := range slices.Sorted(maps.Keys(outputs[stack])) {
			fmt.Fprintf(table, "  %s\t%s\n", name, outputs[stack][name])
		}
		if err := table.Flush(); err != nil {
			return err
		}
	}
	fmt.Fprintf(stdout, next, environmentFile, local.Endpoint)
	return nil
}

// halfDone adds to the error of a demo what to do if an earlier one ended half-way.
func halfDone(stack string, err error) error {
	switch {
	case strings.Contains(err.Error(), "Error acquiring the state lock"):
		return errors.Join(err, fmt.Errorf("an earlier make demo was killed: release its lock, and take in what it created: . %s; ./infra unlock %s; ./infra recover %[2]s; make demo", environmentFile, stack))
	case deploy.Taken(err):
		return errors.Join(err, fmt.Errorf("an earlier make demo was interrupted: take in what it created: . %s; ./infra recover %s; make demo", environmentFile, stack))
	}
	return err
}

// fillDemo writes the outputs of the network, where the design has one, to the values that the demo has for another stack. What someone has put
// there stays.
func fillDemo(ctx context.Context, all *project.Project, stack string, outputs map[string]json.RawMessage) error {
	if all.Network == "" || stack == all.Network {
		return nil
	}
	here, err := deploy.Here()
	if err != nil {
		return err
	}
	left, err := withoutGiven(filepath.Join(here.Values, stack+".tfvars"), outputs)
	if err != nil {
		return err
	}
	file, err := newFilling(ctx, all, here, stack, left)
	if err != nil || len(file.changes) == 0 {
		return err
	}
	fmt.Fprintln(stdout)
	file.show()
	return file.write()
}

// makeUp writes a value for each secret of a stack that the local AWS lacks.
func makeUp(ctx context.Context, stack *deploy.Stack) error {
	known, settings, err := before(ctx, stack)
	if err != nil {
		return err
	}
	store := secrets.New(settings)
	for _, secret := range known.Secrets {
		changed, err := store.Changed(ctx, secret)
		if err == nil && changed.IsZero() {
			err = store.Put(ctx, secret, "made-up")
		}
		if err != nil {
			return fmt.Errorf("%s: %w", secrets.Where(secret), err)
		}
	}
	return nil
}

// next says what to do with the demo: the file of the environment, and the address of the local AWS.
const next = `
Look around, in this terminal:
  . %[1]s        # from now on it works with the local AWS
  ./infra status prod
  aws ecs list-clusters
An AWS CLI before 2.13 needs the address, too: aws --endpoint-url %[2]s …

Change something, such as MemoryMiB in design/services.go, and run make demo again, or ./infra plan prod and ./infra deploy prod.
Let the evening come: ./infra demo at 18:00
Stop everything: make demo-down
`

// deployed deploys a stack, a line a resource, and returns its outputs.
func deployed(ctx context.Context, local *localaws.Emulator, name string) (map[string]json.RawMessage, error) {
	stack, err := deploy.Open(name, stdout)
	if err != nil {
		return nil, err
	}
	if err := point(local, name); err != nil {
		return nil, err
	}
	if err := makeUp(ctx, stack); err != nil {
		return nil, err
	}
	stack.Brief = true
	fmt.Fprintf(stdout, "\nDeploying %s …\n", name)
	plan, err := stack.Plan(ctx, deploy.Options{Again: "make demo"})
	if err != nil {
		if strings.Contains(err.Error(), "hashicorp/aws") {
			err = errors.Join(err, fmt.Errorf("the engine cannot install the AWS provider; where a mirror has another version, set %s to it, such as \"~> 5.82\"", providerVersion))
		}
		return nil, err
	}
	if !plan.Changes {
		plan.Remove()
		fmt.Fprintln(stdout, "There is nothing to deploy.")
		return stack.Outputs(ctx)
	}
	rest, err := stack.ApplySteps(ctx, plan, 0, runBefore)
	if err != nil {
		return nil, err
	}
	if err := stack.Apply(ctx, rest, 0); err != nil {
		return nil, err
	}
	return stack.Outputs(ctx)
}

// enter lets this process work with the local AWS, and writes a file for a shell to read, after which its commands do, too.
func enter(local *localaws.Emulator) error {
	dir, err := filepath.Abs(folder)
	if err != nil {
		return err
	}
	entries := []string{
		"AWS_REGION=" + region, "AWS_DEFAULT_REGION=" + region, // older programs read the second one
		deploy.DemoVariable + "=" + dir,
		// The CDKTF CLI takes its options from here, too: it works on the same JSON, with the provider that this machine has.
		"CDKTF_OUTPUT=" + filepath.Join(dir, filepath.Base(out)), "CDKTF_SKIP_PROVIDER_LOCK=true",
	}
	engines, err := engine.Find()
	if err != nil {
		return err
	}
	entries = append(entries, "TERRAFORM_BINARY_NAME="+engines[0])
	for _, name := range []string{providerVersion, "TF_CLI_CONFIG_FILE"} {
		if value := os.Getenv(name); value != "" {
			entries = append(entries, name+"="+value)
		}
	}
	entries = append(entries, local.Settings()...)
	text := "unset AWS_PROFILE AWS_SESSION_TOKEN\n"
	for _, entry := range entries {
		name, value, _ := strings.Cut(entry, "=")
		text += fmt.Sprintf("export %s='%s'\n", name, strings.ReplaceAll(value, "'", `'\''`))
	}
	environment := append(local.Environment(), entries...)
	os.Clearenv()
	for _, entry := range environment {
		name, value, _ := strings.Cut(entry, "=")
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	return replace.File(environmentFile, []byte(text), 0o600)
}

// Run lets the scheduled actions of a time of day happen.
func (c demoAt) Run(ctx context.Context) error {
	local := running()
	if local == nil {
		return errors.New("the demo is not running: make demo")
	}
	actions, err := local.ItIs(ctx, c.Clock)
	if err != nil {
		return err
	}
	slices.Sort(actions)
	fmt.Fprintf(stdout, "It is %s: %s.\n", c.Clock, strings.Join(slices.Compact(actions), ", "))
	return nil
}

// Run stops the local AWS. Nothing of it is left: it had everything in its memory.
func (demoDown) Run() error {
	local := running()
	if local == nil {
		stopOld()
		fmt.Fprintln(stdout, "The demo is not running.")
		return os.RemoveAll(folder)
	}
	if server, err := os.FindProcess(local.PID); err != nil {
		return err
	} else if err := server.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("stopping the local AWS, process %d: %w", local.PID, err)
	}
	fmt.Fprintln(stdout, "The local AWS is stopped, and all that it had is gone.")
	return os.RemoveAll(folder)
}

// missing says what this machine lacks, a line each.
func missing() error {
	_, noEngine := engine.Find()
	_, noPython := exec.LookPath("python3")
	if noPython != nil {
		noPython = errors.New("python3 is not on the PATH: install Python 3.11 or newer, with venv")
	}
	return errors.Join(noEngine, noPython)
}

// started returns the local AWS that the demo started last, whether it still runs or not.
func started() *localaws.Emulator {
	text, err := os.ReadFile(runningFile)
	local := &localaws.Emulator{}
	if err != nil || json.Unmarshal(text, local) != nil {
		return nil
	}
	return local
}

// running returns the demo's local AWS, if it runs and answers.
func running() *localaws.Emulator {
	local := started()
	if local == nil {
		return nil
	}
	client := http.Client{Timeout: time.Minute} // on a busy machine it answers late; one that is gone refuses at once
	response, err := client.Get(local.Endpoint + "/moto-api/")
	if err != nil {
		return nil
	}
	_ = response.Body.Close()
	return local
}

// stopOld stops a local AWS that does not answer any more, so that it is not there for ever.
func stopOld() {
	local := started()
	if local == nil {
		return
	}
	// After a restart of the machine another process may have its number.
	command, err := exec.Command("ps", "-o", "command=", "-p", strconv.Itoa(local.PID)).Output()
	if err != nil || !strings.Contains(string(command), localaws.Server) {
		return
	}
	if server, err := os.FindProcess(local.PID); err == nil {
		_ = server.Kill()
	}
}

// inDemo tells whether this terminal works with the demo.
func inDemo() bool { return os.Getenv(deploy.DemoVariable) != "" }

// synthesize writes the JSON of all stacks. In the demo, it also writes where the local AWS is, and values for the
// variables that the design has by now.
func synthesize(ctx context.Context, stack *deploy.Stack) error {
	if err := stack.Synthesize(ctx); err != nil || !inDemo() {
		return err
	}
	local := running()
	if local == nil {
		return errDemoIsDown
	}
	return point(local, stack.Name)
}

var errDemoIsDown = errors.New("this terminal works with the demo, which is not running: make demo starts it again, and a new terminal works with AWS")

// point points a synthesized stack at the local AWS. Its values are those of the example, or where that lacks a
// variable that is new in the design, made-up ones.
func point(local *localaws.Emulator, stack string) error {
	all, err := project.Read(out)
	if err != nil {
		return err
	}
	values := all.Stack(stack).Examples
	file := filepath.Join("examples", stack+".tfvars")
	better, err := tfvars.Values(file)
	if err != nil {
		return err
	}
	for name := range values {
		if value, is := better[name]; is {
			values[name] = value
		}
	}
	return local.Point(localaws.Target{Dir: filepath.Join(out, "stacks", stack), Variables: local.Values(values), ProviderVersion: os.Getenv(providerVersion)})
}
