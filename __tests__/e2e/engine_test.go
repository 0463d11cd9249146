package e2e

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/hashicorp/terraform-exec/tfexec"

	"github.com/order-bot/infra/localaws"
)

// openEngine readies the engine at path for the configuration in dir, with an environment of entries NAME=value, less what
// terraform-exec sets itself.
func openEngine(path, dir string, environment []string) (*tfexec.Terraform, error) {
	tf, err := tfexec.NewTerraform(dir, path)
	if err != nil {
		return nil, err
	}
	// Interrupted, it finishes what it has begun, saves the state and releases the lock, however long that takes.
	if err := tf.SetWaitDelay(0); err != nil {
		return nil, err
	}
	variables := map[string]string{}
	for _, entry := range environment {
		name, value, _ := strings.Cut(entry, "=")
		if len(tfexec.ProhibitedEnv(map[string]string{name: value})) == 0 {
			variables[name] = value
		}
	}
	return tf, tf.SetEnv(variables)
}

// reattach is how a provider that goes on running says how to reach it.
// https://developer.hashicorp.com/terraform/plugin/debugging
var reattach = regexp.MustCompile(`TF_REATTACH_PROVIDERS='(.*)'`)

// openAttached is openEngine for many plans in a directory that is not initialized yet. Their provider goes on running until the test ends.
func openAttached(t *testing.T, path, dir string, environment []string) *tfexec.Terraform {
	t.Helper()
	if err := must[*tfexec.Terraform](t)(openEngine(path, dir, environment)).Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	return must[*tfexec.Terraform](t)(openEngine(attached(t, path, environment), dir, environment))
}

// installedProvider is where the provider is.
var installedProvider = sync.OnceValues(func() (string, error) {
	dir := filepath.Join(filepath.Dir(synthesized), "provider")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	stack, err := os.ReadFile(filepath.Join(synthesized, "stacks", "prod", "cdk.tf.json"))
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(dir, "cdk.tf.json"), stack, 0o600); err != nil {
		return "", err
	}
	if err := local.Point(localaws.Target{Dir: dir, Variables: map[string]any{}, LocalState: true, ProviderVersion: providerVersion()}); err != nil {
		return "", err
	}
	tf, err := openEngine(engines[0], dir, local.Environment())
	if err != nil {
		return "", err
	}
	if err := tf.Init(context.Background()); err != nil {
		return "", err
	}
	found, err := filepath.Glob(filepath.Join(dir, ".terraform", "providers", "*", "hashicorp", "aws", "*", "*", "terraform-provider-aws*"))
	if len(found) != 1 {
		return "", errors.Join(err, fmt.Errorf("%d providers are installed in %s: %q", len(found), dir, found))
	}
	return found[0], nil
})

// attached is the engine at path, whose provider goes on running until the test ends. By itself, an engine starts it twice for each plan, and reads the
// whole of its file to compare it with the lock: three quarters of what a plan takes. Such a provider has one configuration at a time: a stack of two
// regions, which has an alias, gets the engine as it is. It has the credentials of this environment, and does not end with an engine that is killed.
func attached(t *testing.T, path string, environment []string) string {
	t.Helper()
	provider := must[string](t)(installedProvider())
	// The shell ends the provider when this process has ended, however that was.
	running := exec.Command("sh", "-c", `"$1" -debug & read -r end; kill $!; wait`, "sh", provider)
	running.Env = slices.Concat(environment, []string{"GOGC=100"}) // it lives long enough to need its memory again
	input := must[io.WriteCloser](t)(running.StdinPipe())
	output := must[io.ReadCloser](t)(running.StdoutPipe())
	if err := running.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = input.Close()
		_ = running.Wait()
	})
	lines := bufio.NewScanner(output)
	var address string
	for address == "" && lines.Scan() {
		if match := reattach.FindStringSubmatch(lines.Text()); match != nil {
			address = match[1]
		}
	}
	if address == "" {
		t.Fatalf("%s does not say how to reach it", provider)
	}
	go func() { _, _ = io.Copy(io.Discard, output) }()
	if filepath.Base(path) == "tofu" {
		address = strings.ReplaceAll(address, "registry.terraform.io", "registry.opentofu.org")
	}
	engine := filepath.Join(t.TempDir(), filepath.Base(path))
	writeProgram(t, engine, fmt.Sprintf("[ \"$1\" = init ] || grep -qs '\"alias\": \"' cdk.tf.json || export TF_REATTACH_PROVIDERS='%s'\nexec '%s' \"$@\"\n", address, path))
	return engine
}

// writeProgram writes a script while no other program is started: the system runs no file that somebody has open for writing, and a program that is
// started meanwhile would have it open.
func writeProgram(t *testing.T, path, script string) {
	t.Helper()
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o700); err != nil {
		t.Fatal(err)
	}
}
