package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/hashicorp/terraform-exec/tfexec"

	"github.com/order-bot/infra/internal/deploy"
	"github.com/order-bot/infra/internal/emulator"
	"github.com/order-bot/infra/internal/engine"
	"github.com/order-bot/infra/internal/progress"
	"github.com/order-bot/infra/stacks"
)

// demoCommand deploys all stacks into a local AWS, to look at and to try changes on. It needs
// Python, and Terraform or OpenTofu. Everything it writes is in the folder .demo, which git ignores.
type demoCommand struct {
	Up   demoUp   `cmd:"" help:"Start the local AWS and deploy; again: deploy what changed."`
	At   demoAt   `cmd:"" help:"Let it be a time of day in the local AWS: what the timetable does then happens now."`
	Down demoDown `cmd:"" help:"Stop the local AWS, with all that it has."`
}

type (
	demoUp struct{}
	demoAt struct {
		Clock string `arg:"" help:"A time of day, such as 18:00."`
	}
	demoDown struct{}
)

const folder = ".demo"

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
	fmt.Println("This takes about 3 minutes.")
	local := running()
	if local == nil {
		fmt.Println("Starting the local AWS (the first time takes a minute more) …")
		log, err := os.Create(logFile)
		if err != nil {
			return err
		}
		if local, err = emulator.StartDetached(ctx, log); err != nil {
			return fmt.Errorf("%w: %s", err, logFile)
		}
		text, err := json.Marshal(local)
		if err != nil {
			return err
		}
		if err := os.WriteFile(runningFile, text, 0o600); err != nil {
			return err
		}
	}
	fmt.Println("The local AWS is at", local.Endpoint)

	if err := deploy.Synthesize(ctx, ".", out, os.Stdout); err != nil {
		return err
	}
	outputs := map[string]map[string]tfexec.OutputMeta{}
	for _, stack := range stacks.Names() {
		var err error
		if outputs[stack], err = apply(ctx, local, stack); err != nil {
			return fmt.Errorf("%s: %w", stack, err)
		}
	}
	if err := writeEnvironment(local); err != nil {
		return err
	}
	for _, stack := range stacks.Names() {
		fmt.Printf("\nOutputs of %s:\n", stack)
		table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		for _, name := range slices.Sorted(maps.Keys(outputs[stack])) {
			fmt.Fprintf(table, "  %s\t%s\n", name, outputs[stack][name].Value)
		}
		if err := table.Flush(); err != nil {
			return err
		}
	}
	fmt.Printf(next, environmentFile, local.Endpoint)
	return nil
}

// next says what to do with the demo: the file of the environment, and the address of the local AWS.
const next = `
Look around, in this terminal:
  . %[1]s        # from now on it works with the local AWS
  make status STACK=prod
  aws ecs list-services --cluster order-bot-prod-cluster
An AWS CLI before 2.13 needs the address, too: aws --endpoint-url %[2]s …

Change something, such as MemoryMiB in stacks/services.go, and run make demo again, or make plan and make deploy.
Let the evening come: .bin/infra demo at 18:00
Stop everything: make demo-down
`

// apply deploys a stack, a line a resource, and returns its outputs.
func apply(ctx context.Context, local *emulator.Emulator, stack string) (map[string]tfexec.OutputMeta, error) {
	tf, err := point(ctx, local, stack)
	if err != nil {
		return nil, err
	}
	fmt.Printf("\nDeploying %s …\n", stack)
	log := &progress.Log{W: os.Stdout, Brief: true}
	err = tf.ApplyJSON(ctx, log)
	tf.SetStdout(io.Discard)
	if told := log.Err(); told != nil {
		return nil, told
	}
	if err != nil {
		return nil, err
	}
	return tf.Output(ctx)
}

// writeEnvironment writes a file for a shell to read, after which its commands work with the local AWS.
func writeEnvironment(local *emulator.Emulator) error {
	dir, err := filepath.Abs(out)
	if err != nil {
		return err
	}
	text := "unset AWS_PROFILE AWS_SESSION_TOKEN\n"
	own := os.Environ()
	for _, entry := range append(local.Environment(), "AWS_REGION=ap-northeast-1", "CDKTF_OUTDIR="+dir) {
		if !slices.Contains(own, entry) {
			name, value, _ := strings.Cut(entry, "=")
			text += fmt.Sprintf("export %s='%s'\n", name, strings.ReplaceAll(value, "'", `'\''`))
		}
	}
	return os.WriteFile(environmentFile, []byte(text), 0o600)
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
	fmt.Printf("It is %s: %s.\n", c.Clock, strings.Join(actions, ", "))
	return nil
}

// Run stops the local AWS. Nothing of it is left: it had everything in its memory.
func (demoDown) Run() error {
	local := running()
	if local == nil {
		fmt.Println("The demo is not running.")
		return os.RemoveAll(folder)
	}
	if server, err := os.FindProcess(local.PID); err != nil {
		return err
	} else if err := server.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("stopping the local AWS, process %d: %w", local.PID, err)
	}
	fmt.Println("The local AWS is stopped, and all that it had is gone.")
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

// running returns the demo's local AWS, if it runs and answers.
func running() *emulator.Emulator {
	text, err := os.ReadFile(runningFile)
	if err != nil {
		return nil
	}
	local := &emulator.Emulator{}
	if json.Unmarshal(text, local) != nil {
		return nil
	}
	client := http.Client{Timeout: 5 * time.Second}
	response, err := client.Get(local.Endpoint + "/moto-api/data.json")
	if err != nil {
		return nil
	}
	_ = response.Body.Close()
	return local
}

// point points a synthesized stack at the local AWS, sees that its provider is there, and returns its engine.
func point(ctx context.Context, local *emulator.Emulator, stack string) (*engine.Terraform, error) {
	dir := filepath.Join(out, "stacks", stack)
	values, err := local.Values(dir)
	if err != nil {
		return nil, err
	}
	if err := local.Point(emulator.Target{
		Dir: dir, Variables: values, ProviderVersion: os.Getenv("AWS_PROVIDER_VERSION"),
	}); err != nil {
		return nil, err
	}
	engines, err := engine.Find()
	if err != nil {
		return nil, err
	}
	tf, err := engine.Open(engines[0], dir, local.Environment())
	if err != nil {
		return nil, err
	}
	if err := tf.Init(ctx); err != nil {
		return nil, fmt.Errorf("the engine cannot install the AWS provider; where a mirror has another version, set AWS_PROVIDER_VERSION to it, such as \"~> 5.82\":\n%w", err)
	}
	return tf, nil
}
