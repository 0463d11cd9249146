// Package localaws runs a local AWS on loopback, for demonstrations and tests: moto, in a
// Python environment of its own, seeded by server.py beside this file and patched by the folder patches, where it does other than AWS.
//
// Nothing that it starts, and nothing that runs in its Environment, can reach AWS: real
// credentials are taken out, and every endpoint is the emulator's.
package localaws

import (
	"bufio"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/order-bot/infra/internal/replace"
	"github.com/order-bot/infra/internal/venv"
)

// Server is the program that is the local AWS, for who looks for its process.
const Server = "server.py"

//go:embed requirements.txt server.py patches/*.py
var files embed.FS

// startTimeout is how long the emulator may take to be ready: 3 seconds, more on a busy machine.
const startTimeout = 2 * time.Minute

// Emulator is a running local AWS.
type Emulator struct {
	// Endpoint is the address of all its services, such as "http://127.0.0.1:41234".
	Endpoint string `json:"endpoint"`
	// StateBucket is the seeded bucket for Terraform states.
	StateBucket string `json:"state_bucket"`
	// Seeded are the ids of what was seeded, by the names of the variables that take them, such as vpc_id.
	Seeded map[string]any `json:"seeded"`
	// Variables are the values that Start was given, by stack and variable, with what was seeded.
	Variables map[string]map[string]any `json:"-"`
	// PID is the server's process id.
	PID int `json:"pid"`

	stdin   io.Closer
	command *exec.Cmd
}

// Start starts an emulator that lives until Stop, or until this process ends. What the server
// logs goes to log. The values for the stacks' variables, by stack, become its Variables. The first start installs moto, which takes about a minute.
// It returns an error if Python 3 or one of its packages is missing, or if moto does not fit the patches.
func Start(ctx context.Context, log io.Writer, values map[string]map[string]any) (*Emulator, error) {
	e, err := start(ctx, log, false)
	if err != nil {
		return nil, err
	}
	e.Variables = map[string]map[string]any{}
	for stack, given := range values {
		e.Variables[stack] = e.Values(given)
	}
	return e, nil
}

// StartDetached is Start for an emulator that outlives this process; it lives until its
// process is told to end. log must be a file.
func StartDetached(ctx context.Context, log *os.File) (*Emulator, error) {
	return start(ctx, log, true)
}

func start(ctx context.Context, log io.Writer, detached bool) (*Emulator, error) {
	home, err := Install(ctx)
	if err != nil {
		return nil, err
	}
	e := &Emulator{}
	e.command = exec.Command(filepath.Join(home, "venv", "bin", "python"), filepath.Join(home, Server))
	e.command.Stderr = log
	if detached {
		e.command.Args = append(e.command.Args, "--detached")
		e.command.SysProcAttr = ownSession()
	} else if e.stdin, err = e.command.StdinPipe(); err != nil {
		return nil, fmt.Errorf("local AWS: %w", err)
	}
	stdout, err := e.command.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("local AWS: %w", err)
	}
	if err := e.command.Start(); err != nil {
		return nil, fmt.Errorf("local AWS: %w", err)
	}

	// The line comes when the emulator is ready, or not at all.
	lines := make(chan []byte, 1)
	go func() {
		line, _ := bufio.NewReader(stdout).ReadBytes('\n')
		lines <- line
	}()
	select {
	case line := <-lines:
		err = json.Unmarshal(line, e)
	case <-time.After(startTimeout):
		err = errors.New("not ready in time")
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		_ = e.command.Process.Kill()
		_ = e.command.Wait()
		return nil, fmt.Errorf("local AWS: did not start (%w); its log says why", err)
	}
	return e, nil
}

// Copy starts an emulator that begins with all that e has by now, in a fraction of the time that Start takes. It lives until
// Stop, or until the process ends that has started e. What it logs goes to the log of e.
func (e *Emulator) Copy(ctx context.Context) (*Emulator, error) {
	made := &Emulator{}
	if err := e.control(ctx, "copy", nil, made); err != nil {
		return nil, err
	}
	text, err := json.Marshal(e.Variables) // whose lists and maps are then no others'
	if err != nil {
		return nil, fmt.Errorf("local AWS: %w", err)
	}
	return made, json.Unmarshal(text, &made.Variables)
}

// Stop ends an emulator that this process started.
func (e *Emulator) Stop() error {
	if e.command == nil { // a copy
		process, err := os.FindProcess(e.PID)
		if err == nil {
			err = process.Kill()
		}
		return err
	}
	if err := e.stdin.Close(); err != nil {
		return fmt.Errorf("local AWS: %w", err)
	}
	if err := e.command.Wait(); err != nil {
		return fmt.Errorf("local AWS: %w", err)
	}
	return nil
}

// ItIs lets it be a time of day, such as "18:00": all scheduled actions happen whose cron
// expression has this hour and minute, in whatever time zone. It returns their names, sorted.
// It returns an error if clock is no time of day, or if no action happens then.
func (e *Emulator) ItIs(ctx context.Context, clock string) (actions []string, err error) {
	var answer struct{ Actions []string }
	err = e.control(ctx, "it-is", url.Values{"clock": {clock}}, &answer)
	return answer.Actions, err
}

// BreakImage breaks a container image, named as task definitions name it: from now on its new
// tasks fail, and its running tasks end. An image whose tag begins with "broken" is broken from the start.
func (e *Emulator) BreakImage(ctx context.Context, image string) error {
	return e.control(ctx, "break-image", url.Values{"image": {image}}, nil)
}

// MakeUp makes what a design names and others have made, where it is not there yet: roles for tasks of ECS (role/NAME), security groups (sg-…), file
// systems of EFS (fs-…) and their access points (fs-…/fsap-…), in reach of some subnets.
func (e *Emulator) MakeUp(ctx context.Context, subnets []string, names ...string) error {
	return e.control(ctx, "make-up", url.Values{"subnet": subnets, "name": names}, nil)
}

// MinutesPass lets minutes pass in which all stays as it is, and returns the states of the alarms by name: OK, ALARM or INSUFFICIENT_DATA. said are
// the values of metrics that nothing here measures, such as the errors of a service, by the name of the metric, in each of the minutes.
func (e *Emulator) MinutesPass(ctx context.Context, minutes int, said map[string]float64) (states map[string]string, err error) {
	values := url.Values{"minutes": {strconv.Itoa(minutes)}}
	for metric, value := range said {
		values.Set(metric, strconv.FormatFloat(value, 'f', -1, 64))
	}
	var answer struct{ Alarms map[string]string }
	err = e.control(ctx, "minutes-pass", values, &answer)
	return answer.Alarms, err
}

// ConfirmMails follows the links in all mails by which SNS asks whether an address is wanted, and returns the addresses, sorted.
func (e *Emulator) ConfirmMails(ctx context.Context) (addresses []string, err error) {
	var answer struct{ Addresses []string }
	err = e.control(ctx, "confirm-mails", nil, &answer)
	return answer.Addresses, err
}

// Mail is a mail that SNS has sent.
type Mail struct{ To, Subject, Text string }

// Mails are all that SNS has sent to addresses that are confirmed, the oldest first.
func (e *Emulator) Mails(ctx context.Context) ([]Mail, error) {
	var answer struct{ Mails []Mail }
	err := e.control(ctx, "mails", nil, &answer)
	return answer.Mails, err
}

// control asks the server for something that AWS has no call for.
func (e *Emulator) control(ctx context.Context, name string, values url.Values, answer any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, e.Endpoint+"/order-bot/"+name+"?"+values.Encode(), nil)
	if err != nil {
		return fmt.Errorf("local AWS: %s: %w", name, err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("local AWS: %s: %w", name, err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return fmt.Errorf("local AWS: %s: %w", name, err)
	}
	if response.StatusCode != http.StatusOK {
		var refused struct{ Error string }
		if json.Unmarshal(text, &refused) != nil {
			refused.Error = response.Status
		}
		return fmt.Errorf("local AWS: %s: %s", name, refused.Error)
	}
	if answer == nil {
		return nil
	}
	if err := json.Unmarshal(text, answer); err != nil {
		return fmt.Errorf("local AWS: %s: %w", name, err)
	}
	return nil
}

// Install puts the server and its Python environment into the user's cache directory, once
// for each version of either, and returns where they are: server.py, patches and venv. Start does it by itself.
func Install(ctx context.Context) (string, error) {
	programs := map[string][]byte{}
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			programs[name], err = files.ReadFile(name)
		}
		return err
	})
	if err != nil {
		return "", fmt.Errorf("local AWS: %w", err)
	}
	home, err := venv.Install(ctx, "emulator", programs)
	if err != nil {
		return "", fmt.Errorf("local AWS: %w", err)
	}
	return home, nil
}

// Environment returns the environment for a process that is to work with the emulator: this
// process's own, less all AWS settings and variables of stacks, with the emulator as the
// endpoint of every service and credentials that mean nothing anywhere else.
func (e *Emulator) Environment() []string {
	kept := slices.DeleteFunc(os.Environ(), func(entry string) bool {
		return strings.HasPrefix(entry, "AWS_") || strings.HasPrefix(entry, "TF_VAR_") || strings.HasPrefix(entry, "TF_CLI_ARGS")
	})
	return append(kept, e.Settings()...)
}

// Settings are the variables of the environment that let a process work with the emulator.
func (e *Emulator) Settings() []string {
	return []string{
		"AWS_ACCESS_KEY_ID=test",
		"AWS_SECRET_ACCESS_KEY=test",
		"AWS_ENDPOINT_URL=" + e.Endpoint,
		"AWS_CONFIG_FILE=" + os.DevNull,
		"AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull,
		"AWS_EC2_METADATA_DISABLED=true",
		"CHECKPOINT_DISABLE=1",
		"INFRA_PROVIDER_LOCK=none", // the provider is what this machine has
		"INFRA_BESIDE=" + overrideFile + " " + variablesFile,
		"NO_PROXY=127.0.0.1",
		"no_proxy=127.0.0.1",
	}
}

// Target says how a synthesized stack is pointed at the emulator.
type Target struct {
	// Dir is the stack's directory, such as cdktf.out/stacks/prod.
	Dir string
	// Variables are the stack's variables.
	Variables map[string]any
	// ProviderVersion replaces the version of the AWS provider, for machines that have
	// another, such as "~> 5.82". Default: the stack's own.
	ProviderVersion string
	// LocalState keeps the state in Dir, in terraform.tfstate, and not in the state bucket.
	LocalState bool
}

// The files that Point writes. Settings names them, as what lies beside a stack is not part of it otherwise.
const (
	overrideFile  = "zz_override.tf.json"
	variablesFile = "terraform.tfvars.json"
)

// Point writes two files beside a synthesized stack, which itself stays as it is: an override
// with the emulator's endpoints, and the variables.
func (e *Emulator) Point(target Target) error {
	text, err := os.ReadFile(filepath.Join(target.Dir, "cdk.tf.json"))
	if err != nil {
		return fmt.Errorf("local AWS: %w", err)
	}
	var stack struct {
		Terraform struct {
			Backend map[string]map[string]any `json:"backend"`
		} `json:"terraform"`
		Provider map[string][]map[string]any `json:"provider"`
	}
	if err := json.Unmarshal(text, &stack); err != nil {
		return fmt.Errorf("local AWS: %s: %w", target.Dir, err)
	}

	// An override replaces a backend as a whole: this is the stack's own, and where to find it.
	backend := stack.Terraform.Backend
	if target.LocalState {
		path, err := filepath.Abs(filepath.Join(target.Dir, "terraform.tfstate")) // also for who plans elsewhere
		if err != nil {
			return fmt.Errorf("local AWS: %w", err)
		}
		backend = map[string]map[string]any{"local": {"path": path}}
	} else {
		for name, value := range map[string]any{
			"endpoints":                   map[string]any{"s3": e.Endpoint, "sts": e.Endpoint, "iam": e.Endpoint},
			"use_path_style":              true,
			"skip_credentials_validation": true,
			"skip_metadata_api_check":     true,
			"skip_requesting_account_id":  true,
		} {
			backend["s3"][name] = value
		}
	}
	settings := map[string]any{"backend": backend}
	if target.ProviderVersion != "" {
		settings["required_providers"] = map[string]any{
			"aws": map[string]any{"source": "hashicorp/aws", "version": target.ProviderVersion},
		}
	}
	// The endpoint comes from a file and not from a block "endpoints", which costs the provider seconds at each plan. Unlike
	// AWS_ENDPOINT_URL it also holds in a terminal that lacks the variable.
	// https://registry.terraform.io/providers/hashicorp/aws/latest/docs/guides/custom-service-endpoints
	settingsFile, err := filepath.Abs(filepath.Join(target.Dir, "zz_local_aws.config"))
	if err != nil {
		return fmt.Errorf("local AWS: %w", err)
	}
	if err := replace.File(settingsFile, []byte("[default]\nendpoint_url = "+e.Endpoint+"\n"), 0o600); err != nil {
		return fmt.Errorf("local AWS: %w", err)
	}
	var providers []any
	for _, of := range stack.Provider["aws"] {
		provider := map[string]any{
			"access_key":              "test",
			"secret_key":              "test",
			"profile":                 "default",
			"shared_config_files":     []any{settingsFile},
			"s3_use_path_style":       true,
			"skip_metadata_api_check": true,
		}
		if alias := of["alias"]; alias != nil {
			provider["alias"] = alias
		}
		providers = append(providers, provider)
	}
	override := map[string]any{"terraform": settings, "provider": map[string]any{"aws": providers}}
	if err := writeJSON(filepath.Join(target.Dir, overrideFile), override); err != nil {
		return err
	}
	return writeJSON(filepath.Join(target.Dir, variablesFile), target.Variables)
}

func writeJSON(path string, value any) error {
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return fmt.Errorf("local AWS: %w", err)
	}
	if err := replace.File(path, append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("local AWS: %w", err)
	}
	return nil
}
