package main

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/rogpeppe/go-internal/testscript"
)

// This test program is also the command, and who types at a terminal in a script.
func TestMain(m *testing.M) {
	testscript.Main(withFakes{m}, map[string]func(){"infra": main, "typing": typing})
}

// fakes is the program that plays an engine, and Go.
var fakes string

// withFakes are the tests, with the fakes compiled before.
type withFakes struct{ *testing.M }

func (m withFakes) Run() int {
	dir, err := os.MkdirTemp("", "infra-fakes-")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	fakes = filepath.Join(dir, "fakes")
	if output, err := exec.Command("go", "build", "-o", fakes, "./testdata/fakes").CombinedOutput(); err != nil {
		panic(string(output))
	}
	return m.M.Run()
}

// noAWS keeps a command from AWS, from the settings of who runs the tests, and from waiting before it asks once more.
var noAWS = []string{
	"AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_SESSION_TOKEN=", "AWS_REGION=eu-west-1", "AWS_ENDPOINT_URL=http://127.0.0.1:1", "AWS_MAX_ATTEMPTS=1",
	"AWS_EC2_METADATA_DISABLED=true", "AWS_CONFIG_FILE=" + os.DevNull, "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull, "AWS_PROFILE=", "INFRA_DEMO=", "CDKTF_OUTDIR=",
}

// fakeProject is a project as scripts have it, in a directory. No stack of it is deployed, unless a test says so.
type fakeProject struct{ dir string }

// newProject creates a project. files are what its folder engine has beside what each project has there, or in its place.
func newProject(t *testing.T, files map[string]string) *fakeProject {
	t.Helper()
	p := &fakeProject{t.TempDir()}
	if _, err := makeProject(p.dir); err != nil {
		t.Fatal(err)
	}
	all := map[string]string{"state-pull": ""}
	maps.Copy(all, files)
	for name, text := range all {
		if err := os.WriteFile(filepath.Join(p.dir, "engine", name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// writeProgram writes a program, such as a script of the shell, to a file. No other one is started meanwhile: it would have the file open for writing
// until its own begins, and the system starts no file that somebody can write to ("text file busy"). https://github.com/golang/go/issues/22315
func writeProgram(t *testing.T, path, text string) {
	t.Helper()
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
}

// command is the command in the project. It reaches no AWS.
func (p *fakeProject) command(arguments ...string) *exec.Cmd {
	command := exec.Command("infra", arguments...)
	command.Dir = p.dir
	programs := filepath.Join(p.dir, ".programs")
	command.Env = append(append(os.Environ(), noAWS...), "WORK="+p.dir, "TERRAFORM_BINARY_NAME=tofu", "PATH="+programs+":"+os.Getenv("PATH"))
	return command
}

// has tells whether there is a file in the project, such as engine/begun.
func (p *fakeProject) has(name string) bool {
	_, err := os.Stat(filepath.Join(p.dir, name))
	return err == nil
}

// plans are the plans that are beside the stack.
func (p *fakeProject) plans(t *testing.T) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(p.dir, "cdktf.out", "stacks", "global"))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), "plan") {
			names = append(names, entry.Name())
		}
	}
	return names
}

// The command is built without the design, so that it is there where that does not compile, and starts no Node.
func TestTheCommandNeedsNoDesign(t *testing.T) {
	text, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		for _, part := range []string{"order-bot/infra/stacks", "order-bot/infra/modules", "jsii", "cdktf"} {
			if strings.Contains(line, part) {
				t.Errorf("it needs %s", strings.TrimSpace(line))
			}
		}
	}
}

// The help lists the verbs in groups, one after another, and destroy is among them.
func TestHelpInGroups(t *testing.T) {
	parser, err := newParser(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	at, byName := 0, map[string]string{}
	for _, verb := range parser.Model.Children {
		group := slices.IndexFunc(groups, func(g kong.Group) bool { return verb.Group != nil && g.Key == verb.Group.Key })
		if group < at {
			t.Errorf("%s is in no group, or in one that was before", verb.Name)
			continue
		}
		at, byName[verb.Name] = group, groups[group].Title
	}
	if byName["destroy"] != "Deploy" || byName["unlock"] != "Repair" {
		t.Errorf("%v", byName)
	}
}

// The pipeline says in the environment that no job is to run, as it does with the image.
func TestSkipJobsInTheEnvironment(t *testing.T) {
	for value, want := range map[string]bool{"true": true, "false": false} {
		t.Setenv("INFRA_SKIP_JOBS", value)
		parser, err := newParser(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, verb := range []string{"plan", "deploy"} {
			if _, err := parser.Parse([]string{verb, "prod"}); err != nil {
				t.Fatal(err)
			}
			is := parser.Model.Target.Interface().(commands)
			if got := map[string]bool{"plan": is.Plan.SkipJobs, "deploy": is.Deploy.SkipJobs}[verb]; got != want {
				t.Errorf("%s with %s: %t", verb, value, got)
			}
		}
	}
}
