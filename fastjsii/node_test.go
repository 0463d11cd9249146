package fastjsii

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// A failure of the framework whose reason is Node says so, in one sentence.
func TestExplain(t *testing.T) {
	failed := errors.New("no response received from child process")
	for name, c := range map[string]struct{ script, want string }{
		"no Node":       {"", "there is no Node on the PATH: install Node 20 or newer (https://nodejs.org)"},
		"an old Node":   {"echo v18.20.4", "this is Node v18.20.4: install Node 20 or newer (https://nodejs.org)"},
		"another cause": {"echo v22.1.0", failed.Error()},
		"what is none":  {"echo hello", failed.Error()},
	} {
		tools := t.TempDir()
		t.Setenv("PATH", tools)
		t.Setenv("JSII_NODE", "")
		if c.script != "" {
			if err := os.WriteFile(filepath.Join(tools, "node"), []byte("#!/bin/sh\n"+c.script+"\n"), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		if err := Explain(failed); err.Error() != c.want {
			t.Errorf("%s: %q, not %q", name, err, c.want)
		}
	}
}

// A directory for temporary files that cannot be written is another reason.
func TestExplainTemporaryFiles(t *testing.T) {
	t.Setenv("TMPDIR", "/a/temp")
	full := &fs.PathError{Op: "write", Path: "/a/temp/jsii-runtime.1/bin/jsii-runtime.js", Err: syscall.ENOSPC}
	const want = "synth: write /a/temp/jsii-runtime.1/bin/jsii-runtime.js: no space left on device: make room in /a/temp, or name another directory in TMPDIR"
	if err := Explain(fmt.Errorf("synth: %w", full)); err.Error() != want {
		t.Errorf("%q, not %q", err, want)
	}
}

// The gate ends a Node that is too old, before it reads what it does not understand, and says nothing. It lets others pass.
func TestGate(t *testing.T) {
	for version, passes := range map[string]bool{"18.20.4": false, "9.1.0": false, "20.0.0": true, "22.3.1": true} {
		command := exec.Command("node", "-e", `Object.defineProperty(process.versions, "node", {value: "`+version+`"}); require("./boot/gate.js")`)
		output, err := command.CombinedOutput()
		if (err == nil) != passes || len(output) > 0 {
			t.Errorf("%s: %v, and it says %q", version, err, output)
		}
	}
}

// jsii waits for ever for a cache that it cannot write, so it gets none there.
func TestUnwritableCache(t *testing.T) {
	isolated(t)
	t.Setenv("JSII_RUNTIME_PACKAGE_CACHE", "")
	home := filepath.Join(t.TempDir(), "home")
	if err := os.WriteFile(home, nil, 0o600); err != nil { // no folder, and nothing can be made in it, not even by root
		t.Fatal(err)
	}
	t.Setenv("HOME", home)
	t.Setenv("JSII_RUNTIME_PACKAGE_CACHE_ROOT", "")
	Start()
	if got := os.Getenv("JSII_RUNTIME_PACKAGE_CACHE"); got != "disabled" {
		t.Errorf("jsii's cache is %q", got)
	}
}
