// Package engine finds Terraform and OpenTofu on this machine, and runs them.
package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
)

// Variable is the variable of the environment that names the engine to use, a name on the PATH or a path. It is that of the
// cdktf CLI, which then takes the same one.
const Variable = "TERRAFORM_BINARY_NAME"

// Find returns the paths of the engines: the one that TERRAFORM_BINARY_NAME names, then terraform and tofu on the PATH, in the order of the
// cdktf CLI, which knows no tofu by itself. The first is the one to use where one is enough. It returns an error that says what to do if
// there is none.
func Find() ([]string, error) {
	var found []string
	for _, name := range []string{os.Getenv(Variable), "terraform", "tofu"} {
		if name == "" {
			continue
		}
		path, err := exec.LookPath(name)
		if err != nil {
			if name == os.Getenv(Variable) {
				return nil, errors.New(Variable + " names " + name + ", which is not there: install it or unset the variable")
			}
			continue
		}
		if path, err = filepath.Abs(path); err != nil {
			return nil, err
		}
		if !slices.Contains(found, path) {
			found = append(found, path)
		}
	}
	if len(found) == 0 {
		return nil, errors.New("neither terraform nor tofu is on the PATH: install OpenTofu (https://opentofu.org/docs/intro/install) or Terraform (https://developer.hashicorp.com/terraform/install), 1.10 or newer")
	}
	return found, nil
}

// Engine is Terraform or OpenTofu for a configuration.
type Engine struct {
	// Path is where its program is.
	Path string
	// Dir is the directory of the configuration.
	Dir string
	// DataDir is where it keeps the provider and the address of the state. Default: .terraform in Dir.
	DataDir string
}

// Kind is "tofu" or "terraform", by the name of the program at path.
func Kind(path string) string {
	if strings.Contains(filepath.Base(path), "tofu") {
		return "tofu"
	}
	return "terraform"
}

// Failure is how an engine failed.
type Failure struct {
	// Text is what it wrote to standard error.
	Text string
	// Err is how its process ended; an *exec.ExitError if it was started at all.
	Err error
}

func (f *Failure) Error() string { return fmt.Sprintf("%v\n%s", f.Err, f.Text) }

// Unwrap returns how the process ended.
func (f *Failure) Unwrap() error { return f.Err }

// Status is the exit status of a process that ended with err; -1 if it did not exit by itself.
func Status(err error) int {
	var ended *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &ended):
		return ended.ExitCode()
	}
	return -1
}

// Killed tells whether err is that of a process that was killed from outside. The kernel does that where memory runs out.
func Killed(err error) bool {
	var ended *exec.ExitError
	if !errors.As(err, &ended) {
		return false
	}
	status, ok := ended.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}

// running counts the engines that run.
var running atomic.Int32

// Running tells whether an engine of this process runs: it may have to save a state.
func Running() bool { return running.Load() > 0 }

// Run runs a command of the engine, such as "state", "pull", and writes what it prints to out. It returns a *Failure if that does not
// end with 0. When ctx ends, the engine is told to end: it finishes what it has begun, saves the state and releases the lock, however
// long that takes. No other signal reaches it: those of the terminal are for this process.
func (e Engine) Run(ctx context.Context, out io.Writer, arguments ...string) error {
	if ctx.Err() != nil {
		return &Failure{Err: ctx.Err()}
	}
	command := exec.CommandContext(ctx, e.Path, arguments...)
	command.Dir = e.Dir
	command.Env = e.environment()
	command.SysProcAttr = ownGroup()
	if runtime.GOOS != "windows" { // where nothing can be told to end
		command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	}
	var problems bytes.Buffer
	command.Stdout, command.Stderr = unfailing{out}, &problems
	running.Add(1)
	defer running.Add(-1)
	err := command.Run()
	if Killed(err) {
		endGroup(command.Process.Pid)
	}
	if err != nil && (command.ProcessState == nil || !command.ProcessState.Success()) { // it was done before it was told to end
		return &Failure{Text: problems.String(), Err: err}
	}
	return nil
}

// unfailing goes on to take what an engine prints, whether anybody can read it any more or not: an engine that cannot print ends at
// once, without saving.
type unfailing struct{ io.Writer }

func (u unfailing) Write(text []byte) (int, error) {
	_, _ = u.Writer.Write(text)
	return len(text), nil
}
