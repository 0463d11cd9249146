package tests

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/order-bot/infra/design"
)

// build compiles the program, with some of its files replaced.
func build(t *testing.T, replaced map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	overlay := map[string]map[string]string{"Replace": {}}
	for path, text := range replaced {
		file := filepath.Join(dir, filepath.Base(path))
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		overlay["Replace"][filepath.Join(root, path)] = file
	}
	text, err := json.Marshal(overlay)
	if err != nil {
		t.Fatal(err)
	}
	overlayFile := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(overlayFile, text, 0o600); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "infra")
	command := exec.Command("go", "build", "-overlay", overlayFile, "-o", program, ".")
	command.Dir = root
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program
}

// changed is the text of a file with a change, which has to be one.
func changed(t *testing.T, file string, change func(string) string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	after := change(string(text))
	if after == string(text) {
		t.Fatalf("%s: nothing changed", file)
	}
	return after
}

// run runs program in dir and returns what it printed and its exit status. It fails the test
// if a temporary file or folder is left behind.
func run(t *testing.T, program, dir string, environment ...string) (output string, status int) {
	t.Helper()
	temp := t.TempDir()
	command := exec.Command(program)
	command.Dir = dir
	command.Env = append(append(os.Environ(), "TMPDIR="+temp), environment...)
	out, err := command.CombinedOutput()
	if err != nil && command.ProcessState == nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(temp); len(left) > 0 {
		t.Errorf("left behind in the temp directory: %v", left)
	}
	return string(out), command.ProcessState.ExitCode()
}

// The program says nothing, leaves nothing behind, and writes the same bytes whatever the
// directory and the environment.
func TestProgram(t *testing.T) {
	dir := t.TempDir()
	output, status := run(t, program(t), dir,
		"AWS_REGION=eu-west-1", "AWS_PROFILE=nobody", "TF_VAR_aws_region=eu-west-1", "TF_VAR_vpc_id=vpc-00000000",
		"TZ=Pacific/Auckland", "LANG=tr_TR.UTF-8", "CDKTF_CONTEXT_JSON={\"stateBucket\":\"other\"}",
	)
	if output != "" || status != 0 {
		t.Errorf("exit status %d, output:\n%s", status, output)
	}
	for name, stack := range synthesized(t) {
		if got := readStack(t, filepath.Join(dir, "cdktf.out"), name); got.Text != stack.Text {
			t.Errorf("%s differs", name)
		}
	}
}

// A stack that is none any more is not taken for one. Its state or its plan would be lost, so those stay.
func TestProgramRemovesWhatIsNoStackAnyMore(t *testing.T) {
	dir := t.TempDir()
	write := func(path string) {
		path = filepath.Join(dir, "cdktf.out", "stacks", path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{
		"gone/cdk.tf.json", "gone/.terraform/terraform.tfstate", "prod/plan", "prod/zz_override.tf.json",
		"local/cdk.tf.json", "local/terraform.tfstate", "broken/errored.tfstate", "planned/plan",
	} {
		write(path)
	}
	if output, status := run(t, program(t), dir); status != 0 {
		t.Fatal(output)
	}
	var left []string
	folders, _ := filepath.Glob(filepath.Join(dir, "cdktf.out", "stacks", "*"))
	for _, folder := range folders {
		left = append(left, filepath.Base(folder))
	}
	if want := append([]string{"broken", "local", "planned"}, design.Live.Names()...); !slices.Equal(left, slices.Sorted(slices.Values(want))) {
		t.Errorf("left are %v, not %v", left, want)
	}
	for _, path := range []string{"prod/plan", "prod/zz_override.tf.json", "local/terraform.tfstate"} {
		if _, err := os.Stat(filepath.Join(dir, "cdktf.out", "stacks", path)); err != nil {
			t.Error(err)
		}
	}
}

// A bad design is refused with all its problems, a line each, before anything is written.
func TestProgramRefusesABadDesign(t *testing.T) {
	program := build(t, map[string]string{
		"cdktf.json": `{"context": {"stateBucket": "order-bot-terraform-state"}}`,
		// A design of its own: what is live may change.
		"design/repositories.go": "package design\n\nvar Repositories = []string{\"order-bot-svc\", \"Frontend\"}\n",
		"design/environments.go": `package design

import (
	"github.com/order-bot/infra/modules/alb"
	"github.com/order-bot/infra/modules/ecs"
	"github.com/order-bot/infra/stacks"
)

var Environments = []stacks.Environment{{Name: "prod", Services: []stacks.Service{
	{Key: "svc", Name: "order-bot-svc", Task: ecs.Task{Port: 8000, MemoryMiB: 300}, HTTP: alb.HTTP{Priority: 10, Health: alb.Health{Path: "/health"}}},
	{Key: "mgmt", Name: "order-bot-mgmt-svc", Task: ecs.Task{Port: 8080, MemoryMiB: 300}, HTTP: alb.HTTP{Priority: 10, Health: alb.Health{Path: "/health"}}},
}}}
`,
	})

	dir := t.TempDir()
	before := filepath.Join(dir, "cdktf.out", "stacks", "prod", "cdk.tf.json")
	if err := os.MkdirAll(filepath.Dir(before), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(before, []byte("as it was"), 0o600); err != nil {
		t.Fatal(err)
	}
	output, status := run(t, program, dir)
	if status != 1 {
		t.Errorf("exit status %d", status)
	}
	want := `cdktf.json: context.stateRegion: is required
global: repository: "Frontend" is not allowed (2 or more lower-case letters and digits, parted by . _ - or /)
prod: service "order-bot-mgmt-svc": priority: 10 is taken by service "order-bot-svc"
prod: service "order-bot-svc": memory: 300 MiB is not offered for 256 CPU units (512, 1024 or 2048)
prod: service "order-bot-mgmt-svc": memory: 300 MiB is not offered for 256 CPU units (512, 1024 or 2048)
`
	if output != want {
		t.Errorf("got:\n%s\nwant:\n%s", output, want)
	}
	if text, _ := os.ReadFile(before); string(text) != "as it was" {
		t.Error("cdktf.out was changed")
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) != 1 {
		t.Errorf("written beside cdktf.out: %v", left)
	}
}

// Without Node there is no synth, and a person reads why.
func TestProgramWithoutNode(t *testing.T) {
	dir := t.TempDir()
	output, status := run(t, program(t), dir, "PATH=/nonexistent")
	if status != 1 || output != "there is no Node on the PATH: install Node 20 or newer (https://nodejs.org)\n" {
		t.Errorf("exit status %d, output:\n%s", status, output)
	}
}
