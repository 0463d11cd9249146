// Package demo is a local AWS that goes on running beside a project, in its folder .demo: all stacks can be deployed into it, and looked at.
package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/order-bot/infra/internal/project"
	"github.com/order-bot/infra/internal/replace"
	"github.com/order-bot/infra/localaws"
	"github.com/order-bot/infra/tool/deploy"
	"github.com/order-bot/infra/tool/engine"
	"github.com/order-bot/infra/tool/tfvars"
)

const (
	// Folder holds all that the demo writes, in the project's directory.
	Folder = ".demo"
	// ProviderVersion names the variable that replaces the version of the AWS provider, for machines that have another.
	ProviderVersion = "AWS_PROVIDER_VERSION"

	region = "ap-northeast-1"
)

var (
	// EnvironmentFile is what a shell reads to work with the demo.
	EnvironmentFile = filepath.Join(Folder, "environment")
	// Out is where its stacks are synthesized to.
	Out = filepath.Join(Folder, "cdktf.out")

	runningFile = filepath.Join(Folder, "emulator.json")
	logFile     = filepath.Join(Folder, "emulator.log")
)

// ErrDown is that the terminal works with a demo that does not run.
var ErrDown = errors.New("this terminal works with the demo, which is not running: make demo starts it again, and a new terminal works with AWS")

// Start starts the local AWS, which goes on running when this process ends. It forgets what an earlier one had: that was in its memory.
func Start(ctx context.Context) (*localaws.Emulator, error) {
	stopOld()
	if err := errors.Join(os.MkdirAll(Folder, 0o755), os.RemoveAll(Out)); err != nil {
		return nil, err
	}
	log, err := os.OpenFile(logFile, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }()
	local, err := localaws.StartDetached(ctx, log)
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, logFile)
	}
	text, err := json.Marshal(local)
	if err != nil {
		return nil, err
	}
	return local, replace.File(runningFile, text, 0o600)
}

// Running returns the demo's local AWS, if it runs and answers.
func Running() *localaws.Emulator {
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

// started returns the local AWS that the demo started last, whether it still runs or not.
func started() *localaws.Emulator {
	text, err := os.ReadFile(runningFile)
	local := &localaws.Emulator{}
	if err != nil || json.Unmarshal(text, local) != nil {
		return nil
	}
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

// Stop stops the local AWS, and tells whether it ran. Nothing of it is left: it had everything in its memory.
func Stop() (ran bool, err error) {
	local := Running()
	if local == nil {
		stopOld()
		return false, os.RemoveAll(Folder)
	}
	if server, err := os.FindProcess(local.PID); err != nil {
		return true, err
	} else if err := server.Signal(syscall.SIGTERM); err != nil {
		return true, fmt.Errorf("stopping the local AWS, process %d: %w", local.PID, err)
	}
	return true, os.RemoveAll(Folder)
}

// Missing says what this machine lacks, a line each.
func Missing() error {
	_, noEngine := engine.Find()
	_, noPython := exec.LookPath("python3")
	if noPython != nil {
		noPython = errors.New("python3 is not on the PATH: install Python 3.11 or newer, with venv")
	}
	return errors.Join(noEngine, noPython)
}

// Enter lets this process work with the local AWS, and writes a file for a shell to read, after which its commands do, too.
func Enter(local *localaws.Emulator) error {
	dir, err := filepath.Abs(Folder)
	if err != nil {
		return err
	}
	entries := []string{
		"AWS_REGION=" + region, "AWS_DEFAULT_REGION=" + region, // older programs read the second one
		deploy.DemoVariable + "=" + dir,
		// The CDKTF CLI takes its options from here, too: it works on the same JSON, with the provider that this machine has.
		"CDKTF_OUTPUT=" + filepath.Join(dir, filepath.Base(Out)), "CDKTF_SKIP_PROVIDER_LOCK=true",
	}
	engines, err := engine.Find()
	if err != nil {
		return err
	}
	entries = append(entries, "TERRAFORM_BINARY_NAME="+engines[0])
	for _, name := range []string{ProviderVersion, "TF_CLI_CONFIG_FILE"} {
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
	return replace.File(EnvironmentFile, []byte(text), 0o600)
}

// Point points a synthesized stack at the local AWS. Its values are those of the example, or where that lacks a
// variable that is new in the design, made-up ones.
func Point(local *localaws.Emulator, stack string) error {
	all, err := project.Read(Out)
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
	return local.Point(localaws.Target{Dir: filepath.Join(Out, "stacks", stack), Variables: local.Values(values), ProviderVersion: os.Getenv(ProviderVersion)})
}

// Inside tells whether this terminal works with the demo.
func Inside() bool { return os.Getenv(deploy.DemoVariable) != "" }
