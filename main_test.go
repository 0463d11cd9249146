package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/aws/jsii-runtime-go"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"github.com/order-bot/infra/design"
	"github.com/order-bot/infra/fastjsii"
	"github.com/order-bot/infra/modules/alb"
	"github.com/order-bot/infra/modules/ecr"
	"github.com/order-bot/infra/modules/ecs"
	"github.com/order-bot/infra/stacks"
)

// asProgram lets this test program be the program, with the design of that name.
const asProgram = "TEST_IS_THE_PROGRAM"

// shared is a directory for what several tests use.
var shared string

func TestMain(m *testing.M) {
	switch os.Getenv(asProgram) {
	case "live":
		main()
		os.Exit(0)
	case "bare":
		bare()
		os.Exit(0)
	case "bad":
		settings, design.Live = badSettings, badDesign
		main()
		os.Exit(0)
	}
	fastjsii.Start() // for its environment: no Node runs in this process
	// A design that is wrong is told once, and not by each test.
	err := design.Live.Validate()
	if err == nil {
		shared, err = os.MkdirTemp("", "order-bot-program-")
	}
	if err != nil {
		fmt.Printf("No test of the program was run:\n%v\n", err)
		os.Exit(1)
	}
	status := m.Run()
	_ = os.RemoveAll(shared)
	os.Exit(status)
}

// bare is a program for what has nothing to do with the provider: that is what takes long without the fast start.
func bare() {
	stop := fastjsii.Start()
	app := cdktf.NewApp(&cdktf.AppConfig{Outdir: jsii.String("cdktf.out")})
	stack := cdktf.NewTerraformStack(app, jsii.String("bare"))
	cdktf.NewLocalBackend(stack, &cdktf.LocalBackendConfig{Path: jsii.String("state")}) // by default, its path has that of the directory
	cdktf.NewTerraformOutput(stack, jsii.String("one"), &cdktf.TerraformOutputConfig{Value: []string{"a", "b"}})
	app.Synth()
	stop()
}

// stock are the stacks as a program writes them without the fast start, by name. It has to say nothing.
var stock = map[string]func() (map[string]string, error){"live": stockOf("live", design.Live.Names()...), "bare": stockOf("bare", "bare")}

func stockOf(which string, names ...string) func() (map[string]string, error) {
	return sync.OnceValues(func() (map[string]string, error) {
		dir := filepath.Join(shared, which)
		if err := os.Mkdir(dir, 0o700); err != nil {
			return nil, err
		}
		if output, err := program(dir, asProgram+"="+which, "FAST_SYNTH=0").CombinedOutput(); err != nil || len(output) > 0 {
			return nil, errors.Join(err, fmt.Errorf("without the fast start, the program says %q", output))
		}
		all := map[string]string{}
		for _, name := range names {
			text, err := os.ReadFile(stackFile(dir, name))
			if err != nil {
				return nil, err
			}
			all[name] = string(text)
		}
		return all, nil
	})
}

// program is the program in a directory.
func program(dir string, environment ...string) *exec.Cmd {
	command := exec.Command(os.Args[0])
	command.Dir = dir
	command.Env = append(append(os.Environ(), asProgram+"=live", "NODE_OPTIONS=", "CDKTF_OUTDIR="), environment...)
	return command
}

func stackFile(dir, name string) string {
	return filepath.Join(dir, "cdktf.out", "stacks", name, "cdk.tf.json")
}

// run runs the program in dir and returns what it printed and its exit status. It fails the test if a temporary file or folder is left behind.
func run(t *testing.T, dir string, environment ...string) (output string, status int) {
	t.Helper()
	temp := t.TempDir()
	command := program(dir, append(environment, "TMPDIR="+temp)...)
	out, err := command.CombinedOutput()
	if err != nil && command.ProcessState == nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(temp); len(left) > 0 {
		t.Errorf("left behind in the temp directory: %v", left)
	}
	return string(out), command.ProcessState.ExitCode()
}

// sameStacks fails the test unless the stacks that a program has written in a directory are those of the stock path.
func sameStacks(t *testing.T, which, dir string) {
	t.Helper()
	all, err := stock[which]()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range all {
		if text, err := os.ReadFile(stackFile(dir, name)); err != nil || string(text) != want {
			t.Errorf("%s differs (%v)", name, err)
		}
	}
}

// The program says nothing, leaves nothing behind, and writes the same bytes whatever the
// directory and the environment.
func TestProgram(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	output, status := run(t, dir,
		"AWS_REGION=eu-west-1", "AWS_PROFILE=nobody", "TF_VAR_aws_region=eu-west-1", "TF_VAR_vpc_id=vpc-00000000",
		"TZ=Pacific/Auckland", "LANG=tr_TR.UTF-8", "CDKTF_CONTEXT_JSON={\"stateBucket\":\"other\"}",
	)
	if output != "" || status != 0 {
		t.Errorf("exit status %d, output:\n%s", status, output)
	}
	sameStacks(t, "live", dir)
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
	if output, status := run(t, dir); status != 0 {
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
	output, status := run(t, dir, asProgram+"=bad")
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
	out, err := program(t.TempDir(), "TMPDIR="+temp).CombinedOutput()
	if want := "synth: stat " + temp + ": no such file or directory: make room in " + temp + ", or name another directory in TMPDIR\n"; string(out) != want || err == nil {
		t.Errorf("%v, output:\n%s", err, out)
	}
}

// Without Node there is no synth, and a person reads why.
func TestProgramWithoutNode(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	output, status := run(t, dir, "PATH=/nonexistent")
	if status != 1 || output != "there is no Node on the PATH: install Node 20 or newer (https://nodejs.org)\n" {
		t.Errorf("exit status %d, output:\n%s", status, output)
	}
}
