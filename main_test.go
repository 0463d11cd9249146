package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/order-bot/infra/design"
	"github.com/order-bot/infra/internal/asprogram"
	"github.com/order-bot/infra/modules/alb"
	"github.com/order-bot/infra/modules/ecr"
	"github.com/order-bot/infra/modules/ecs"
	"github.com/order-bot/infra/stacks"
)

func TestMain(m *testing.M) {
	switch os.Getenv(asprogram.Variable) {
	case "live":
		main()
		os.Exit(0)
	case "bad":
		settings, design.Live = badSettings, badDesign
		main()
		os.Exit(0)
	}
	// A design that is wrong is told once, and not by each test.
	if err := design.Live.Validate(); err != nil {
		fmt.Printf("No test of the program was run:\n%v\n", err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// The program says nothing, leaves nothing behind, and writes the same bytes whatever the
// directory and the environment, with the fast start and without it.
func TestProgram(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	output, status := asprogram.Run(t, dir, "live",
		"AWS_REGION=eu-west-1", "AWS_PROFILE=nobody", "TF_VAR_aws_region=eu-west-1", "TF_VAR_vpc_id=vpc-00000000",
		"TZ=Pacific/Auckland", "LANG=tr_TR.UTF-8", "CDKTF_CONTEXT_JSON={\"stateBucket\":\"other\"}",
	)
	if output != "" || status != 0 {
		t.Errorf("exit status %d, output:\n%s", status, output)
	}
	stock := t.TempDir()
	if output, status := asprogram.Run(t, stock, "live", "FAST_SYNTH=0"); output != "" || status != 0 {
		t.Errorf("without the fast start: exit status %d, output:\n%s", status, output)
	}
	for _, name := range design.Live.Names() {
		want, err := os.ReadFile(asprogram.StackFile(stock, name))
		if err != nil {
			t.Fatal(err)
		}
		if text, err := os.ReadFile(asprogram.StackFile(dir, name)); err != nil || string(text) != string(want) {
			t.Errorf("%s differs without the fast start (%v)", name, err)
		}
	}
}

// A stack that is none any more is not taken for one. Its state or its plan would be lost, so those stay.
func TestProgramRemovesWhatIsNoStackAnyMore(t *testing.T) {
	t.Parallel()
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
	if output, status := asprogram.Run(t, dir, "live"); status != 0 {
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

var badSettings = []byte(`{"context": {"stateBucket": "order-bot-terraform-state"}}`)

var badDesign = stacks.Design{
	Global: stacks.Global{ECR: ecr.Config{Repositories: []string{"order-bot-svc", "Frontend"}}},
	Environments: []stacks.Environment{{Name: "prod", Services: []stacks.Service{
		{Key: "svc", Name: "order-bot-svc", Task: ecs.Task{Port: 8000, MemoryMiB: 300}, HTTP: alb.HTTP{Priority: 10, Health: alb.Health{Path: "/health"}}},
		{Key: "mgmt", Name: "order-bot-mgmt-svc", Task: ecs.Task{Port: 8080, MemoryMiB: 300}, HTTP: alb.HTTP{Priority: 10, Health: alb.Health{Path: "/health"}}},
	}}},
}

// A bad design is refused with all its problems, a line each, before anything is written.
func TestProgramRefusesABadDesign(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	before := filepath.Join(dir, "cdktf.out", "stacks", "prod", "cdk.tf.json")
	if err := os.MkdirAll(filepath.Dir(before), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(before, []byte("as it was"), 0o600); err != nil {
		t.Fatal(err)
	}
	output, status := asprogram.Run(t, dir, "bad")
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

// A directory for temporary files that cannot be written is told in a sentence, and not by a panic before the program begins.
func TestProgramWithoutTemporaryFiles(t *testing.T) {
	t.Parallel()
	temp := filepath.Join(t.TempDir(), "none")
	out, err := asprogram.Command(t.TempDir(), "live", "TMPDIR="+temp).CombinedOutput()
	if want := "synth: stat " + temp + ": no such file or directory: make room in " + temp + ", or name another directory in TMPDIR\n"; string(out) != want || err == nil {
		t.Errorf("%v, output:\n%s", err, out)
	}
}

// Without Node there is no synth, and a person reads why.
func TestProgramWithoutNode(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	output, status := asprogram.Run(t, dir, "live", "PATH=/nonexistent")
	if status != 1 || output != "there is no Node on the PATH: install Node 20 or newer (https://nodejs.org)\n" {
		t.Errorf("exit status %d, output:\n%s", status, output)
	}
}
