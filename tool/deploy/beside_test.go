package deploy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What would change a plan, and is not in the design, is left out and said: arguments and a workspace in the environment, a workspace
// chosen by hand, and files beside the stack.
func TestNothingUnseenSteersAPlan(t *testing.T) {
	stack, fake, said := withFake(t, `[ "$1" = plan ] && ls >"$FAKE/within" && env >"$FAKE/env"`)
	t.Setenv("TF_CLI_ARGS_plan", "-target=aws_lb.a")
	t.Setenv("TF_WORKSPACE", "dev")
	for name, text := range map[string]string{
		"short_override.tf.json": `{"terraform": {"backend": {"local": {}}}}`, "more.tf": "", "terraform.tfvars": "image = 1", "x.auto.tfvars.json": "{}", "more.tofu": "",
		"zz_override.tf.json": `{}`, "values.tfvars": "", "notes.txt": "",
	} {
		if err := os.WriteFile(filepath.Join(stack.Dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(stack.Dir, ".terraform"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(stack.Dir, ".terraform", "environment"), []byte("test"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv(BesideVariable, "zz_override.tf.json terraform.tfvars.json")
	for range 2 {
		plan, err := stack.Plan(t.Context(), Options{})
		if err != nil {
			t.Fatal(err)
		}
		plan.Remove()
	}
	if within := strings.Fields(read(t, fake, "within")); strings.Join(within, " ") != "cdk.tf.json zz_override.tf.json" {
		t.Errorf("the plan is made of %q", within)
	}
	if env := read(t, fake, "env"); strings.Contains(env, "TF_CLI_ARGS") || !strings.Contains(env, "TF_WORKSPACE=default\n") {
		t.Errorf("the engine has\n%s", env)
	}
	const want = `infra: tofu does not get TF_CLI_ARGS_plan, TF_WORKSPACE: that would change what it does, without a word
infra: the workspace "test", which was chosen in cdktf.out/stacks/prod, is not used: its state is another one than that of prod
infra: left out, as no part of prod: more.tf, more.tofu, short_override.tf.json, terraform.tfvars, x.auto.tfvars.json in cdktf.out/stacks/prod
infra: part of prod, as INFRA_BESIDE says: zz_override.tf.json in cdktf.out/stacks/prod
`
	if said.String() != want {
		t.Errorf("it says\n%s, not\n%s", said, want)
	}

	t.Setenv(BesideVariable, "../../../more.tf")
	if _, err := stack.Plan(t.Context(), Options{}); err == nil || err.Error() != `INFRA_BESIDE: "../../../more.tf" is not the name of a file beside a stack, such as zz_override.tf.json` {
		t.Errorf("a path: %v", err)
	}
}

// A provider that the settings of the engine put in the place of the released one is said, in the engine's words: only it knows all the
// places where such settings may be.
func TestAnotherProviderIsSaid(t *testing.T) {
	stack, _, said := withFake(t, `[ "$1" = plan ] && echo '{"type": "diagnostic", "diagnostic": {"severity": "warning", "summary": "Provider development overrides are in effect",
		"detail": "The following provider development overrides are set in the CLI configuration:\n - hashicorp/aws in /home/ann/bin"}}' | tr -d '\n' && echo`)
	plan, err := stack.Plan(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	plan.Remove()
	if !strings.Contains(said.String(), "warning: Provider development overrides are in effect\n") || !strings.Contains(said.String(), "hashicorp/aws in /home/ann/bin\n") {
		t.Errorf("it says %q", said)
	}
}

// Values in a file that is part of a stack are checked as others are; those of a stray file are nothing.
func TestGivenBeside(t *testing.T) {
	stack, _, _ := withFake(t, "")
	if err := os.WriteFile(filepath.Join(stack.Dir, "terraform.tfvars.json"), []byte(`{"imag": "a"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if given, err := stack.Given(); err != nil || len(given) != 0 {
		t.Errorf("%v, %v", given, err)
	}
	t.Setenv(BesideVariable, "terraform.tfvars.json")
	stack.given = nil
	if _, err := stack.Given(); err == nil || !strings.Contains(err.Error(), "is image meant?") {
		t.Error(err)
	}
}
