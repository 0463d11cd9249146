package stacks

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// What is no stack any more is gone after the next synth. A state is kept.
func TestRemoveStale(t *testing.T) {
	out := t.TempDir()
	write := func(stack, name string) string {
		t.Helper()
		file := filepath.Join(out, "stacks", stack, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte("{}"), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	wanted := map[string]bool{
		write("prod", "cdk.tf.json"):           true,
		write("old", "cdk.tf.json"):            false,
		write("with-state", "a.tfstate"):       true,
		write("with-state", "cdk.tf.json"):     true,
		write("prod", "terraform.tfvars.json"): true,
	}
	if err := removeStale(out, []string{"global", "prod"}); err != nil {
		t.Fatal(err)
	}
	for file, kept := range wanted {
		if _, err := os.Stat(file); (err == nil) != kept {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// What is synthesized takes the place of what is there, a file at a time. What lies beside it stays, and what a killed synth left goes.
func TestMoveInto(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	for path, text := range map[string]string{
		filepath.Join(from, "stacks", "prod", "cdk.tf.json"): "new", filepath.Join(from, "stacks", "prod", "assets", "a"): "new", filepath.Join(from, "infra.json"): "new",
		filepath.Join(to, "stacks", "prod", "cdk.tf.json"): "old", filepath.Join(to, "stacks", "prod", "plan"): "old",
		filepath.Join(to, ".synth-1", "infra.json"): "half", filepath.Join(to, ".synth-2", "infra.json"): "half",
	} {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chtimes(filepath.Join(to, ".synth-1"), time.Time{}, time.Now().Add(-longestSynth-time.Minute)); err != nil {
		t.Fatal(err)
	}
	sweep(to)
	if err := moveInto(from, to); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"stacks/prod/cdk.tf.json": "new", "stacks/prod/assets/a": "new", "infra.json": "new", "stacks/prod/plan": "old", ".synth-1/infra.json": "", ".synth-2/infra.json": "half",
	} {
		if text, _ := os.ReadFile(filepath.Join(to, path)); string(text) != want {
			t.Errorf("%s has %q, not %q", path, text, want)
		}
	}
}
