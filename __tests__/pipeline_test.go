package tests

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/order-bot/infra/stacks"
)

// The pipeline's scripts run here against stand-ins for gh, make and terraform. That the
// workflows are well-formed says actionlint (make lint).

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// in runs a script of .github in a directory, with more in its environment.
func in(t *testing.T, dir string, environment []string, script string, args ...string) (output string, ok bool) {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", ".github", script))
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(path, args...)
	if strings.HasSuffix(script, ".js") {
		command = exec.Command("node", append([]string{path}, args...)...)
	}
	command.Dir = dir
	command.Env = append(os.Environ(), environment...)
	text, err := command.CombinedOutput()
	return string(text), err == nil
}

func TestPipelineInputs(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "environment")
	output, ok := in(t, dir, []string{"GITHUB_ENV=" + file}, "inputs.js",
		`{"aws_region": "eu-west-1", "order_bot_port": 8000, "public_subnet_ids": ["subnet-1", "subnet-2"]}`,
		`{"order_bot_environment": {"DATABASE_URL": "postgres://50%@db", "PORT": "80"}}`)
	if want := "::add-mask::postgres://50%25@db\n"; !ok || output != want {
		t.Errorf("%v: printed %q, want %q", ok, output, want)
	}
	want := `TF_VAR_aws_region=eu-west-1
TF_VAR_order_bot_port=8000
TF_VAR_public_subnet_ids=["subnet-1","subnet-2"]
TF_VAR_order_bot_environment={"DATABASE_URL":"postgres://50%@db","PORT":"80"}
`
	if got := read(t, file); got != want {
		t.Errorf("got\n%s", got)
	}
}

// A mistake is told without the values, which may be secrets, and nothing is passed on.
func TestPipelineInputsThatAreWrong(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "environment")
	output, ok := in(t, dir, []string{"GITHUB_ENV=" + file}, "inputs.js",
		`{"PATH=x": "secret", "vpc_id": null, "image": "secret\nLD_PRELOAD=secret", "both": "secret"}`, `{"both": "secret"}`)
	want := `inputs: "PATH=x" is not the name of a variable (a-z, 0-9, _)
inputs: vpc_id is null; leave it out to have its default
inputs: image has more than one line
secret inputs: both is in both
`
	if ok || output != want {
		t.Errorf("%v: %s", ok, output)
	}
	if output, ok := in(t, dir, []string{"GITHUB_ENV=" + file}, "inputs.js", `secret`, `["secret"]`); ok ||
		output != "inputs: not a JSON object of values by variable name\nsecret inputs: not a JSON object of values by variable name\n" {
		t.Errorf("%v: %s", ok, output)
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("something was passed on")
	}
}

// stage is a project's directory with stand-ins on the PATH: make leaves a plan, as make
// plan does; terraform shows it; gh notes how it was called and answers with a text. Its .bin/infra is this
// test's program, which is the guard then: building the real one takes all clients of AWS.
type stage struct{ dir, calls string }

// beGuard makes the guard of this program, by the environment.
const beGuard = "ORDER_BOT_TEST_IS_THE_GUARD"

func newStage(t *testing.T, plan, answer string) stage {
	t.Helper()
	s := stage{dir: t.TempDir()}
	s.calls = filepath.Join(s.dir, "calls")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(s.dir, ".bin"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, script := range map[string]string{
		"make":       "set -e\nstack=${2#STACK=}\nmkdir -p cdktf.out/stacks/$stack\necho \"$stack $TF_VAR_aws_region\" >>made\n" + plan,
		".bin/infra": "test \"$*\" = guard && " + beGuard + "=1 exec '" + self + "'\n",
		"terraform":  "cat cdktf.out/stacks/${1##*/}/plan\n",
		"gh":         "echo \"$@\" >>calls\ncase \"$*\" in *--method*|*edit*|*create*|*close*) ;; *) echo '" + answer + "' ;; esac\n",
	} {
		if err := os.WriteFile(filepath.Join(s.dir, name), []byte("#!/bin/sh\n"+script), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(s.dir, ".github"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.dir, ".github", "inputs.js"), []byte(read(t, "../.github/inputs.js")), 0o600); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s stage) run(t *testing.T, script string, args ...string) (output string, ok bool) {
	t.Helper()
	return in(t, s.dir, []string{
		"PATH=" + s.dir + ":" + os.Getenv("PATH"), "GITHUB_REPOSITORY=order-bot/infra", "PULL_REQUEST=7",
		`INPUTS={"aws_region": "one"}`,
	}, script, args...)
}

// called fails the test unless gh was called with that, besides being asked.
func (s stage) called(t *testing.T, want ...string) {
	t.Helper()
	text, _ := os.ReadFile(s.calls)
	var got []string
	for line := range strings.Lines(string(text)) {
		if !strings.Contains(line, "--jq") {
			got = append(got, strings.TrimSpace(line))
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("gh was called with %q, want %q", got, want)
	}
}

const (
	emptyPlan   = `{"format_version":"1.2","terraform_version":"1.11.4","resource_changes":[]}`
	destroyPlan = `{"format_version":"1.2","terraform_version":"1.11.4","resource_changes":[
		{"address":"aws_lb.alb_load_balancer","mode":"managed","type":"aws_lb","name":"alb_load_balancer","change":{"actions":["delete"],"before":{},"after":null}}]}`
)

func leaves(plan string) string {
	return "cat >cdktf.out/stacks/$stack/plan <<'EOF'\n" + plan + "\nEOF\n"
}

func TestPipelineComment(t *testing.T) {
	for name, c := range map[string]struct{ plan, outcome, answer, call, body string }{
		"first":    {leaves(emptyPlan), "success", "", "api --method POST repos/order-bot/infra/issues/7/comments --field body=@comment.md --silent", "No changes.\n"},
		"again":    {leaves(emptyPlan), "success", "42", "api --method PATCH repos/order-bot/infra/issues/comments/42 --field body=@comment.md --silent", "No changes.\n"},
		"destroys": {leaves(destroyPlan), "failure", "", "api --method POST repos/order-bot/infra/issues/7/comments --field body=@comment.md --silent", "**Refused.** Something would be destroyed"},
		"no plan":  {"exit 2", "failure", "", "api --method POST repos/order-bot/infra/issues/7/comments --field body=@comment.md --silent", "**No plan could be made.**"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, c.plan, c.answer)
			make := exec.Command(filepath.Join(s.dir, "make"), "plan", "STACK=prod")
			make.Dir = s.dir
			_ = make.Run()
			if err := os.WriteFile(filepath.Join(s.dir, "diff.txt"), []byte("\x1b[1m\x1b[31mprod\x1b[0m  changes\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			if output, ok := s.run(t, "comment.sh", "prod", c.outcome); !ok {
				t.Fatal(output)
			}
			s.called(t, c.call)
			body := read(t, filepath.Join(s.dir, "comment.md"))
			for _, want := range []string{"<!-- plan of prod -->\n", c.body, "\nprod  changes\n"} {
				if !strings.Contains(body, want) {
					t.Errorf("no %q in\n%s", want, body)
				}
			}
		})
	}
}

func TestPipelineDrift(t *testing.T) {
	edit := "issue edit 9 --body-file body.md"
	create := []string{
		"label create drift-prod --force --description AWS is not what the stack prod says",
		"issue create --title AWS is not what the stack prod says --label drift-prod --body-file body.md",
	}
	drift := leaves(destroyPlan) + "exit 2\n"
	for name, c := range map[string]struct {
		plan, answer string
		ok           bool
		calls        []string
	}{
		"none":               {leaves(emptyPlan), "", true, nil},
		"none any more":      {leaves(emptyPlan), "9", true, []string{"issue close 9 --comment No more drift."}},
		"new":                {drift, "", true, create},
		"known":              {drift, "9", true, []string{edit}},
		"no plan":            {"exit 2", "", false, nil},
		"an unreadable plan": {leaves("{"), "9", false, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, c.plan, c.answer)
			output, ok := s.run(t, "drift.sh", "prod")
			if ok != c.ok {
				t.Errorf("%v: %s", ok, output)
			}
			s.called(t, c.calls...)
			if ok {
				if got := read(t, filepath.Join(s.dir, "made")); got != "prod one\n" {
					t.Errorf("made %q", got)
				}
			}
			if slices.Contains(c.calls, edit) {
				body := read(t, filepath.Join(s.dir, "body.md"))
				if !strings.Contains(body, "\n```\ndestroy  aws_lb.alb_load_balancer") {
					t.Error(body)
				}
			}
		})
	}
}

// What a person gives reaches the command as it is. Neither make nor the shell runs anything of it.
func TestMakeLooksIntoNoValue(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, ".bin"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"Makefile":   read(t, "../Makefile"),
		"go":         "#!/bin/sh\n", // builds nothing
		".bin/infra": "#!/bin/sh\nprintf '%s|' \"$@\" \"$INFRA_ALLOW\"\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	const bad = "$(shell touch made)`touch made`$$(touch made); touch made \"'"
	for name, c := range map[string]struct {
		arguments, environment []string
		want                   string
	}{
		"given to make":      {[]string{"plan", "STACK=" + bad, "ALLOW=" + bad}, nil, "plan|--|" + bad + "|" + bad + "|"},
		"in the environment": {[]string{"deploy"}, []string{"STACK=" + bad, "ALLOW=" + bad}, "deploy|--|" + bad + "|" + bad + "|"},
		"a directory":        {[]string{"frontend", "DIR=" + bad}, nil, "frontend|--|" + bad + "||"},
		"a service":          {[]string{"logs", "SERVICE=" + bad}, nil, "logs|--|prod|" + bad + "||"},
		"dry":                {[]string{"-n", "plan", "STACK=" + bad, "ALLOW=" + bad}, nil, "go build -o .bin/infra ./cmd/infra\n.bin/infra plan -- \"$INFRA_STACK\"\n"},
	} {
		command := exec.Command("make", append([]string{"--no-print-directory"}, c.arguments...)...)
		command.Dir = dir
		command.Env = append(append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH")), c.environment...)
		if output, err := command.CombinedOutput(); err != nil || string(output) != c.want {
			t.Errorf("%s: %v:\n%s\nwant:\n%s", name, err, output, c.want)
		}
		if _, err := os.Stat(filepath.Join(dir, "made")); err == nil {
			t.Fatalf("%s: something was run", name)
		}
	}
}

// What actionlint does not look at.
func TestWorkflows(t *testing.T) {
	workflows, err := filepath.Glob("../.github/workflows/*.yml")
	if err != nil || len(workflows) != 6 {
		t.Fatalf("%v, %v", workflows, err)
	}
	uses := regexp.MustCompile(`(?m)uses: (.*)$`)
	pinned := regexp.MustCompile(`^[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$`)
	for _, file := range append(workflows, "../.github/actions/setup/action.yml") {
		text := read(t, file)
		for _, match := range uses.FindAllStringSubmatch(text, -1) {
			if !strings.HasPrefix(match[1], "./") && !pinned.MatchString(match[1]) {
				t.Errorf("%s: not pinned by commit: %s", file, match[1])
			}
		}
		if !strings.HasSuffix(file, "action.yml") && !strings.Contains(text, "\npermissions: {}\n") {
			t.Errorf("%s: the jobs have permissions by default", file)
		}
		if regexp.MustCompile(`(?i)aws_access_key_id|aws-access-key-id|pull_request_target`).MatchString(text) {
			t.Errorf("%s: keys that live long, or credentials for a fork", file)
		}
		// A value that someone else may have written belongs in the environment, not in a script.
		for line := range strings.Lines(text) {
			if strings.Contains(line, "run:") && strings.Contains(line, "${{") {
				t.Errorf("%s: an expression in a script: %s", file, line)
			}
		}
		// Another environment is another stack, and no change of a workflow.
		for _, name := range stacks.Names() {
			if regexp.MustCompile(`(?m)stack: ` + name + `$|drift.sh.* ` + name + `\b`).MatchString(text) {
				t.Errorf("%s names the stack %s; stacks.yml says which there are", file, name)
			}
		}
	}
	deploy := read(t, "../.github/workflows/deploy-stack.yml")
	if !strings.Contains(deploy, "concurrency:\n      group: deploy-${{ inputs.stack }}\n      cancel-in-progress: false\n") {
		t.Error("two deploys of a stack may race")
	}
}
