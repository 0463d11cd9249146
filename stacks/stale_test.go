package stacks

import (
	"os"
	"path/filepath"
	"testing"
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
