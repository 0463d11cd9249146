package engine

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// fake returns an engine that is a shell script, in a directory of its own.
func fake(t *testing.T, script string) Engine {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "tofu")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o700); err != nil {
		t.Fatal(err)
	}
	return Engine{Path: path, Dir: dir, DataDir: filepath.Join(dir, "data")}
}

// What would steer an engine without a word does not reach it.
func TestEnvironment(t *testing.T) {
	for name, value := range map[string]string{
		"TF_CLI_ARGS": "-lock=false", "TF_CLI_ARGS_plan": "-target=aws_lb.a", "TF_WORKSPACE": "dev", "TF_DATA_DIR": "/tmp/x", "TF_INPUT": "1",
		"TF_REATTACH_PROVIDERS": "{}", "TF_STATE_PERSIST_INTERVAL": "9999", "TF_LOG": "TRACE", "TF_OF_LATER": "1", "TF_IN_AUTOMATION": "1", "TF_EMPTY": "",
		"TF_VAR_image": "a", "TF_ENCRYPTION": "key", "TF_PLUGIN_CACHE_DIR": "/tmp/cache", "TF_TOKEN_example_com": "b", "AWS_PROFILE": "ann",
	} {
		t.Setenv(name, value)
	}
	engine := fake(t, "env\n")
	var out bytes.Buffer
	if err := engine.Run(t.Context(), &out, "plan"); err != nil {
		t.Fatal(err)
	}
	var got []string
	for line := range strings.Lines(out.String()) {
		if strings.HasPrefix(line, "TF_") && !strings.HasPrefix(line, "TF_CLI_CONFIG_FILE") || strings.HasPrefix(line, "AWS_PROFILE") {
			got = append(got, strings.TrimSpace(line))
		}
	}
	slices.Sort(got)
	want := []string{
		"AWS_PROFILE=ann", "TF_DATA_DIR=" + engine.DataDir, "TF_ENCRYPTION=key", "TF_INPUT=0", "TF_IN_AUTOMATION=1", "TF_PLUGIN_CACHE_DIR=/tmp/cache",
		"TF_TOKEN_example_com=b", "TF_VAR_image=a", "TF_WORKSPACE=default",
	}
	if !slices.Equal(got, want) {
		t.Errorf("it gets %q, not %q", got, want)
	}
	names := []string{"TF_CLI_ARGS", "TF_CLI_ARGS_plan", "TF_DATA_DIR", "TF_INPUT", "TF_LOG", "TF_OF_LATER", "TF_REATTACH_PROVIDERS", "TF_STATE_PERSIST_INTERVAL", "TF_WORKSPACE"}
	if withheld := Withheld(); !slices.Equal(withheld, names) {
		t.Errorf("withheld are %q, not %q", withheld, names)
	}
}

// Nobody reads any more what it prints: it goes on to its end all the same.
func TestClosedOutput(t *testing.T) {
	engine := fake(t, "for i in $(seq 20000); do echo a line of output; done\necho saved >saved\n")
	if err := engine.Run(t.Context(), closed{}, "apply"); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(engine.Dir, "saved")); err != nil {
		t.Error(err)
	}
}

type closed struct{}

func (closed) Write([]byte) (int, error) { return 0, syscall.EPIPE }

// When it is told to end, it finishes what it has begun. The signals of the terminal do not reach it: it is told once.
func TestTold(t *testing.T) {
	engine := fake(t, `trap 'echo told >>told' INT
ps -o pgid= -p $$ >group
touch begun
while ! [ -e told ]; do sleep 0.01; done
sleep 0.2
echo saved >saved
exit 1
`)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- engine.Run(ctx, &bytes.Buffer{}, "apply") }()
	for deadline := time.Now().Add(3 * time.Minute); ; time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(filepath.Join(engine.Dir, "begun")); err == nil {
			break
		} else if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	if !Running() {
		t.Error("it does not run")
	}
	group, err := os.ReadFile(filepath.Join(engine.Dir, "group"))
	if own := syscall.Getpgrp(); err != nil || strings.TrimSpace(string(group)) == "" || strings.TrimSpace(string(group)) == strconv.Itoa(own) {
		t.Errorf("%v: it is in the group %s, and this process in %d", err, group, own)
	}
	cancel()
	if err := <-ended; Status(err) != 1 || Killed(err) {
		t.Errorf("it ended with %v", err)
	}
	if told, err := os.ReadFile(filepath.Join(engine.Dir, "told")); string(told) != "told\n" {
		t.Errorf("it was told %q: %v", told, err)
	}
	if _, err := os.Stat(filepath.Join(engine.Dir, "saved")); err != nil || Running() {
		t.Errorf("%v, and it runs %t", err, Running())
	}
}

// What it has started ends with it where it is killed: nobody else ends a provider then.
func TestKilledWithItsProvider(t *testing.T) {
	engine := fake(t, "sleep 60 >/dev/null 2>&1 &\necho $! >provider\nkill -9 $$\n")
	if err := engine.Run(t.Context(), &bytes.Buffer{}, "apply"); !Killed(err) {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(engine.Dir, "provider"))
	if err != nil {
		t.Fatal(err)
	}
	provider, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		// One that has ended and that nobody has asked for yet is a zombie.
		if state, err := exec.Command("ps", "-o", "state=", "-p", strconv.Itoa(provider)).Output(); err != nil || strings.HasPrefix(string(state), "Z") {
			return
		}
		if time.Now().After(deadline) {
			_ = syscall.Kill(provider, syscall.SIGKILL)
			t.Fatal("its provider goes on")
		}
	}
}

// How it failed.
func TestFailure(t *testing.T) {
	err := fake(t, "echo why >&2\nexit 3\n").Run(t.Context(), &bytes.Buffer{}, "init")
	var failure *Failure
	if !errors.As(err, &failure) || failure.Text != "why\n" || Status(err) != 3 || Killed(err) {
		t.Errorf("%v", err)
	}
	if err := fake(t, "kill -9 $$\n").Run(t.Context(), &bytes.Buffer{}, "apply"); !Killed(err) || Status(err) != -1 {
		t.Errorf("killed: %v", err)
	}
	if err := (Engine{Path: filepath.Join(t.TempDir(), "none")}).Run(t.Context(), &bytes.Buffer{}, "apply"); err == nil || Killed(err) || Status(err) != -1 {
		t.Errorf("not there: %v", err)
	}
}

// The order is that of the cdktf CLI: the engine that is named, then terraform.
func TestFind(t *testing.T) {
	tools, named := t.TempDir(), filepath.Join(t.TempDir(), "tofu-1.10")
	t.Setenv("PATH", tools)
	at := func(names ...string) (paths []string) {
		for _, name := range names {
			paths = append(paths, filepath.Join(tools, name))
		}
		return paths
	}
	t.Setenv(Variable, "")
	if _, err := Find(); err == nil || !strings.Contains(err.Error(), "neither terraform nor tofu is on the PATH") {
		t.Errorf("none: %v", err)
	}
	for _, path := range append(at("tofu", "terraform"), named) {
		if err := os.WriteFile(path, nil, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string][]string{"": at("terraform", "tofu"), "tofu": at("tofu", "terraform"), named: append([]string{named}, at("terraform", "tofu")...)} {
		t.Setenv(Variable, name)
		if found, err := Find(); err != nil || !slices.Equal(found, want) {
			t.Errorf("%q: %q, not %q: %v", name, found, want, err)
		}
	}
	t.Setenv(Variable, "none")
	if _, err := Find(); err == nil || !strings.Contains(err.Error(), "TERRAFORM_BINARY_NAME names none, which is not there") {
		t.Errorf("one that is not there: %v", err)
	}
}
