package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// script is a copy of the script that people call, with a compiler and a command that was built before its code was changed. It returns how to call it.
func script(t *testing.T, compiler, command string) func(args ...string) *exec.Cmd {
	t.Helper()
	dir, tools := t.TempDir(), t.TempDir()
	for _, name := range []string{"Makefile", "infra"} {
		text, err := os.ReadFile(filepath.Join("..", "..", name))
		if err != nil {
			t.Fatal(err)
		}
		writeProgram(t, filepath.Join(dir, name), string(text))
	}
	for _, folder := range []string{".bin", "cmd/infra"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	writeProgram(t, filepath.Join(tools, "go"), compiler)
	writeProgram(t, filepath.Join(dir, ".bin", "infra"), command)
	built := time.Now().Add(-time.Hour)
	if err := os.Chtimes(filepath.Join(dir, ".bin", "infra"), built, built); err != nil {
		t.Fatal(err)
	}
	return func(args ...string) *exec.Cmd {
		command := exec.Command("./infra", args...)
		command.Dir = dir
		command.Env = append(os.Environ(), "PATH="+tools+":"+os.Getenv("PATH"))
		return command
	}
}

// Code that does not compile keeps nobody from what helps: the command that was built last does it. What deploys the design needs the new one.
func TestScriptWithoutABuild(t *testing.T) {
	infra := script(t, "#!/bin/sh\necho './main.go:1: it does not compile' >&2\nexit 1\n", "#!/bin/sh\necho \"older: $*\"\n")
	for verb, helps := range map[string]bool{"status": true, "logs": true, "unlock": true, "recover": true, "rollback": true, "run": true, "exec": true, "secret": true, "demo": true, "plan": false, "deploy": false} {
		output, err := infra(verb, "prod").CombinedOutput()
		if done := err == nil && strings.Contains(string(output), "older: "+verb+" prod\n"); done != helps || helps != strings.Contains(string(output), "The command cannot be built: this is the one that was built last.") {
			t.Errorf("./infra %s: %v\n%s", verb, err, output)
		}
		if status := (*exec.ExitError)(nil); !helps && (!errors.As(err, &status) || status.ExitCode() != 1) {
			t.Errorf("./infra %s: %v, and 2 would mean that a plan is refused", verb, err)
		}
	}
}

// The script builds once, and passes on what it is given, and the status.
func TestScriptPassesOnWhatItIsGiven(t *testing.T) {
	infra := script(t, "#!/bin/sh\necho \"compiled: $*\"\n", "#!/bin/sh\nprintf '%s|' \"$@\"\nexit 2\n")
	const bad = "$(shell touch made)`touch made`$$(touch made); touch made \"'"
	for i, built := range []string{"compiled: build -ldflags=-w -o .bin/infra ./cmd/infra\n", ""} {
		output, err := infra("plan", bad, "--allow", "a b").CombinedOutput()
		var status *exec.ExitError
		if want := built + "plan|" + bad + "|--allow|a b|"; !errors.As(err, &status) || status.ExitCode() != 2 || string(output) != want {
			t.Errorf("call %d: %v\n%s\nnot\n%s", i+1, err, output, want)
		}
	}
}
