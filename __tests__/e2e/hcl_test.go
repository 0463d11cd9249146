package e2e

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/hashicorp/terraform-exec/tfexec"

	"github.com/order-bot/infra/tool/stackhcl"
)

// writeHCL writes the stack that is synthesized to the directory from in HCL, and returns the paths of the files.
func writeHCL(t *testing.T, stack, from, to string) (paths []string) {
	t.Helper()
	files := must[map[string][]byte](t)(stackhcl.Files(stack, must[[]byte](t)(os.ReadFile(filepath.Join(from, "cdk.tf.json")))))
	for name, text := range files {
		path := filepath.Join(to, name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	return paths
}

// formatted fails the test if fmt would change what is in the directory of an engine.
func formatted(t *testing.T, tf *tfexec.Terraform) {
	t.Helper()
	if ok, files, err := tf.FormatCheck(t.Context()); err != nil || !ok {
		t.Errorf("fmt changes %v: %v", files, err)
	}
}

// planOfHCL writes both stacks in HCL, and plans that on their states: nothing changes, no output either.
func planOfHCL(t *testing.T, p *project) {
	for _, stack := range []string{"global", "prod"} {
		dir := t.TempDir()
		writeHCL(t, stack, p.dir(stack), dir)
		for _, beside := range []string{"zz_override.tf.json", "terraform.tfvars.json"} {
			copyFile(t, filepath.Join(p.dir(stack), beside), filepath.Join(dir, beside))
		}
		tf := must[*tfexec.Terraform](t)(openEngine(p.engine, dir, p.local.Environment()))
		formatted(t, tf)
		if err := tf.Init(t.Context()); err != nil {
			t.Fatal(err)
		}
		if must[bool](t)(tf.Plan(t.Context())) {
			for _, change := range plan(t, tf).ResourceChanges {
				if !change.Change.Actions.NoOp() {
					t.Errorf("%s in HCL: %s: %v", stack, change.Address, change.Change.Actions)
				}
			}
			t.Errorf("%s in HCL is another one", stack)
		}
	}
}

// inHCL puts a stack in HCL in the place of its JSON, while do runs. It fails the test unless the engine takes it, and fmt leaves it as it is.
func inHCL(t *testing.T, tf *tfexec.Terraform, stack string, do func()) {
	t.Helper()
	dir := tf.WorkingDir()
	written := writeHCL(t, stack, dir, dir)
	synthesized := filepath.Join(dir, "cdk.tf.json")
	text := must[[]byte](t)(os.ReadFile(synthesized))
	if err := os.Remove(synthesized); err != nil {
		t.Fatal(err)
	}
	formatted(t, tf)
	if result, err := tf.Validate(t.Context()); err != nil || !result.Valid || result.WarningCount > 0 {
		t.Errorf("%s in HCL: %v %+v", stack, err, result)
	}
	do()
	for _, path := range written {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(synthesized, text, 0o600); err != nil {
		t.Fatal(err)
	}
}
