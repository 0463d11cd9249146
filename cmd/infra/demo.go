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
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/order-bot/infra/internal/emulator"
	"github.com/order-bot/infra/internal/engine"
	"github.com/order-bot/infra/stacks"
)

// demoCommand deploys both stacks into a local AWS, to look at and to try changes on. It needs
// the cdktf CLI on the PATH, as the Makefile sets it, and Terraform or OpenTofu. Everything it writes is
// in the folder .demo, which git ignores.
type demoCommand struct {
	Up   demoUp   `cmd:"" help:"Start the local AWS and deploy; again: deploy what changed."`
	At   demoAt   `cmd:"" help:"Let it be a time of day in the local AWS: what the timetable does then happens now."`
	Down demoDown `cmd:"" help:"Destroy, and stop the local AWS."`
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
	runningFile = filepath.Join(folder, "emulator.json")
	logFile     = filepath.Join(folder, "emulator.log")
	out         = filepath.Join(folder, "cdktf.out")
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
		fmt.Println("Starting the local AWS (the first time takes a minute) …")
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

	if err := cdktf(local, "synth", "--output", out); err != nil {
		return err
	}
	for _, stack := range stacks.Names() {
		if err := point(ctx, local, stack); err != nil {
			return err
		}
		fmt.Printf("\nDeploying %s …\n", stack)
		if err := cdktf(local, "deploy", "--skip-synth", "--skip-provider-lock", "--output", out, "--auto-approve", stack); err != nil {
			return err
		}
	}
	for _, stack := range stacks.Names() {
		if err := describe(ctx, local, stack); err != nil {
			return err
		}
	}
	fmt.Print(`
Next: change something, such as MemoryMiB in stacks/services.go, and run ` + "`make demo`" + ` again: it
deploys the change. ` + "`go run ./cmd/infra demo at 18:00`" + ` lets the evening come. ` + "`make demo-down`" + ` destroys everything and stops the local AWS.
`)
	return nil
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

// Run destroys both stacks, and stops the local AWS.
func (demoDown) Run(ctx context.Context) error {
	local := running()
	if local == nil {
		fmt.Println("The demo is not running.")
		return os.RemoveAll(folder)
	}
	if err := missing(); err != nil {
		return err
	}
	for _, stack := range slices.Backward(stacks.Names()) {
		if _, err := os.Stat(filepath.Join(out, "stacks", stack)); err != nil {
			continue // it was never synthesized
		}
		if err := point(ctx, local, stack); err != nil {
			return err
		}
		fmt.Printf("\nDestroying %s …\n", stack)
		if err := cdktf(local, "destroy", "--skip-synth", "--skip-provider-lock", "--output", out, "--auto-approve", stack); err != nil {
			return err
		}
	}
	if server, err := os.FindProcess(local.PID); err != nil {
		return err
	} else if err := server.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("stopping the local AWS, process %d: %w", local.PID, err)
	}
	fmt.Println("\nThe local AWS is stopped.")
	return os.RemoveAll(folder)
}

// missing says what this machine lacks, a line each.
func missing() error {
	_, noEngine := engine.Find()
	errs := []error{noEngine}
	for _, need := range []struct{ program, remedy string }{
		{"cdktf", "run `make demo`, which installs it"},
		{"python3", "install Python 3.11 or newer, with venv"},
	} {
		if _, err := exec.LookPath(need.program); err != nil {
			errs = append(errs, fmt.Errorf("%s is not on the PATH: %s", need.program, need.remedy))
		}
	}
	return errors.Join(errs...)
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

// point points a synthesized stack at the local AWS, and sees that its provider is there.
func point(ctx context.Context, local *emulator.Emulator, stack string) error {
	dir := filepath.Join(out, "stacks", stack)
	values, err := local.Values(dir)
	if err != nil {
		return err
	}
	if err := local.Point(emulator.Target{
		Dir: dir, Variables: values, ProviderVersion: os.Getenv("AWS_PROVIDER_VERSION"),
	}); err != nil {
		return err
	}
	tf, err := open(local, dir)
	if err != nil {
		return err
	}
	if err := tf.Init(ctx); err != nil {
		return fmt.Errorf("the engine cannot install the AWS provider; where a mirror has another version, set AWS_PROVIDER_VERSION to it, such as \"~> 5.82\":\n%w", err)
	}
	return nil
}

func open(local *emulator.Emulator, dir string) (*engine.Terraform, error) {
	engines, err := engine.Find()
	if err != nil {
		return nil, err
	}
	return engine.Open(engines[0], dir, local.Environment())
}

func cdktf(local *emulator.Emulator, args ...string) error {
	engines, err := engine.Find()
	if err != nil {
		return err
	}
	command := exec.Command("cdktf", args...)                                                    // Ctrl-C reaches it by itself
	command.Env = append(local.Environment(), "TERRAFORM_BINARY_NAME="+engines[0], "TF_INPUT=0") // nobody is asked
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	if err := command.Run(); err != nil {
		return fmt.Errorf("cdktf %s: %w", args[0], err)
	}
	return nil
}

// describe prints what a stack has deployed: the resources with their ids, and the outputs.
func describe(ctx context.Context, local *emulator.Emulator, stack string) error {
	tf, err := open(local, filepath.Join(out, "stacks", stack))
	if err != nil {
		return err
	}
	state, err := tf.Show(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("\n%s\n", stack)
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	for _, resource := range state.Values.RootModule.Resources {
		if resource.Mode == tfjson.ManagedResourceMode {
			fmt.Fprintf(table, "  %s\t%v\n", resource.Address, resource.AttributeValues["id"])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(state.Values.Outputs)) {
		text, err := json.Marshal(state.Values.Outputs[name].Value)
		if err != nil {
			return err
		}
		fmt.Fprintf(table, "  output %s\t%s\n", name, text)
	}
	return table.Flush()
}
