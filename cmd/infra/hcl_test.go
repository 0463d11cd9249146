package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// infra hcl writes all files of a stack into a directory of their own, or nothing at all.
func TestHCLIsWrittenWholeOrNotAtAll(t *testing.T) {
	p := newProject(t, "")
	stack := filepath.Join(p.dir, "cdktf.out", "stacks", "global", "cdk.tf.json")
	run := func(status int, arguments ...string) string {
		t.Helper()
		command := p.command(append([]string{"hcl"}, arguments...)...)
		text, _ := command.CombinedOutput()
		if got := command.ProcessState.ExitCode(); got != status {
			t.Errorf("infra hcl %q: exit status %d, not %d:\n%s", arguments, got, status, text)
		}
		return string(text)
	}
	// has fails the test unless the project's directory has these entries beside its own.
	has := func(want ...string) {
		t.Helper()
		var got []string
		entries, err := os.ReadDir(p.dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			if entry.Name() != "cdktf.json" && entry.Name() != "cdktf.out" {
				got = append(got, entry.Name())
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("the directory has %q, not %q", got, want)
		}
	}
	says := func(text string, all ...string) {
		t.Helper()
		for _, want := range all {
			if !strings.Contains(text, want) {
				t.Errorf("it does not say %q:\n%s", want, text)
			}
		}
	}

	says(run(0, "global", "hcl/global"), "hcl/global/terraform.tf\n")
	has("hcl")
	if text, err := os.ReadFile(filepath.Join(p.dir, "hcl", "global", "terraform.tf")); err != nil || !strings.Contains(string(text), `backend "s3"`) {
		t.Errorf("%v\n%s", err, text)
	}
	before, err := os.Stat(filepath.Join(p.dir, "hcl", "global", "terraform.tf"))
	if err != nil {
		t.Fatal(err)
	}
	says(run(1, "global", "hcl/global"), "infra: hcl/global is there already, and is left as it is, as there is something in it: name another directory")
	says(run(1, "golbal", "hcl/global"), `infra: there is no stack "golbal"; there are global`, "infra: hcl/global is there already")
	says(run(1, "global", "cdktf.json"), "infra: cdktf.json is there already, and is no directory: name another one")
	if after, err := os.Stat(filepath.Join(p.dir, "hcl", "global", "terraform.tf")); err != nil || !after.ModTime().Equal(before.ModTime()) {
		t.Errorf("it was written again: %v", err)
	}

	if err := os.Mkdir(filepath.Join(p.dir, "empty"), 0o755); err != nil {
		t.Fatal(err)
	}
	run(0, "global", "empty/")
	if _, err := os.Stat(filepath.Join(p.dir, "empty", "terraform.tf")); err != nil {
		t.Error(err)
	}

	if err := os.WriteFile(stack, []byte(`{"module": {"a": {}}, "resource": {"aws_lb": {"b": {"dynamic": {"c": {}}}}}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	says(run(1, "global", "other"), "infra: global: aws_lb.b.dynamic: there is no way here to write this in HCL\n", "infra: global: module: there is no way here")
	has("empty", "hcl")
}
