package tests

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/order-bot/infra/design"
)

// The pipeline's scripts run here against a stand-in for gh. The workflows run in __tests__/e2e, against the local AWS. That they are
// well-formed say actionlint and zizmor (make lint).

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// stage is a project's directory with a stand-in for gh on the PATH, which notes how it was called and answers with a text.
type stage struct{ dir, calls string }

func newStage(t *testing.T, plan, answer string) stage {
	t.Helper()
	s := stage{dir: t.TempDir()}
	s.calls = filepath.Join(s.dir, "calls")
	gh := "#!/bin/sh\necho \"$@\" >>calls\ncase \"$*\" in *--method*|*edit*|*create*|*close*) ;; *) echo '" + answer + "' ;; esac\n"
	if err := os.WriteFile(filepath.Join(s.dir, "gh"), []byte(gh), 0o700); err != nil {
		t.Fatal(err)
	}
	if plan != "" {
		if err := os.WriteFile(filepath.Join(s.dir, "plan.md"), []byte(plan), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func (s stage) run(t *testing.T, script string, args ...string) (output string, ok bool) {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", ".github", script))
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(path, args...)
	command.Dir = s.dir
	command.Env = append(os.Environ(), "PATH="+s.dir+":"+os.Getenv("PATH"), "GITHUB_REPOSITORY=order-bot/infra", "PULL_REQUEST=7", "GITHUB_SHA=0123",
		"GITHUB_OUTPUT="+filepath.Join(s.dir, "output"), "GITHUB_STEP_SUMMARY="+filepath.Join(s.dir, "summary"))
	text, err := command.CombinedOutput()
	return string(text), err == nil
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

func TestPipelineComment(t *testing.T) {
	const comments = "repos/order-bot/infra/issues/7/comments --field body=@comment.md --silent"
	for name, c := range map[string]struct{ plan, answer, call, body string }{
		"first":   {"the plan\n", "", "api --method POST " + comments, "<!-- plan of prod -->\nthe plan\n"},
		"again":   {"the plan\n", "42", "api --method PATCH repos/order-bot/infra/issues/comments/42 --field body=@comment.md --silent", "<!-- plan of prod -->\nthe plan\n"},
		"no plan": {"", "", "api --method POST " + comments, "<!-- plan of prod -->\n### What a deploy of `prod` would do\n\n**No plan could be made.** The log of the job says why.\n"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, c.plan, c.answer)
			if output, ok := s.run(t, "comment.sh", "prod"); !ok {
				t.Fatal(output)
			}
			s.called(t, c.call)
			if body := read(t, filepath.Join(s.dir, "comment.md")); body != c.body {
				t.Errorf("the comment is\n%s", body)
			}
		})
	}
}

func TestPipelineDrift(t *testing.T) {
	create := []string{
		"label create drift-prod --force --description AWS is not what the stack prod says",
		"issue create --title AWS is not what the stack prod says --label drift-prod --body-file body.md",
	}
	for name, c := range map[string]struct {
		changes, warnings, answer string
		ok                        bool
		calls                     []string
	}{
		"none":          {"no", "no", "", true, nil},
		"none any more": {"no", "no", "9", true, []string{"issue close 9 --comment No more drift."}},
		"new":           {"yes", "no", "", true, create},
		"a warning":     {"no", "yes", "", true, create},
		"both":          {"yes", "yes", "", true, create},
		"known":         {"yes", "no", "9", true, []string{"issue edit 9 --body-file body.md"}},
		"no answer":     {"", "no", "9", false, nil},
		"no warnings":   {"no", "", "9", false, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, "the plan\n", c.answer)
			if output, ok := s.run(t, "drift.sh", "prod", c.changes, c.warnings); ok != c.ok {
				t.Errorf("%v: %s", ok, output)
			}
			s.called(t, c.calls...)
			if len(c.calls) == 0 || strings.HasPrefix(c.calls[0], "issue close") {
				return
			}
			want := ""
			if c.changes == "yes" {
				want += "Someone changed something by hand, or what was merged is not deployed.\n\n"
			}
			if c.warnings == "yes" {
				want += "Something will go wrong soon, or does so already: see the warnings.\n\n"
			}
			if body := read(t, filepath.Join(s.dir, "body.md")); body != want+"the plan\n" {
				t.Error(body)
			}
		})
	}
}

// A deploy of which head.sh has not said yes has changed nothing, so nobody is told to recover.
func TestPipelineInterrupted(t *testing.T) {
	for head, c := range map[string]struct {
		output, title string
		recover       bool
	}{
		"0123": {"current=yes\n", "### The deploy of `prod` did not end well\n", true},
		"4567": {"", "### Nothing of `prod` was deployed\n", false},
	} {
		t.Run(head, func(t *testing.T) {
			s := newStage(t, "", head)
			if said, ok := s.run(t, "head.sh"); ok != c.recover {
				t.Errorf("%v: %s", ok, said)
			}
			output, _ := os.ReadFile(filepath.Join(s.dir, "output")) // not there if nothing was said
			if string(output) != c.output {
				t.Errorf("the output is %q", output)
			}
			begun := strings.TrimSpace(strings.TrimPrefix(string(output), "current="))
			if said, ok := s.run(t, "interrupted.sh", "prod", begun); !ok {
				t.Fatal(said)
			}
			summary := read(t, filepath.Join(s.dir, "summary"))
			if !strings.HasPrefix(summary, c.title) || strings.Contains(summary, "./infra recover prod") != c.recover {
				t.Errorf("the summary is\n%s", summary)
			}
		})
	}
}

// Go compiles without a word: a person would wait, and not know for what.
func TestMakeSaysThatItCompiles(t *testing.T) {
	for name, c := range map[string]struct{ compiler, want string }{
		"quick": {"#!/bin/sh\nexit 3\n", ""},
		"slow":  {"#!/bin/sh\n/bin/sleep 1; exit 3\n", "Compiling. The first time it takes a minute or two.\n"},
	} {
		dir := t.TempDir()
		for name, text := range map[string]string{"Makefile": read(t, "../Makefile"), "go": c.compiler, "sleep": "#!/bin/sh\ntest $1 = 3 && exec /bin/sleep 0.3\n"} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		command := exec.Command("make", "--no-print-directory", ".bin/infra")
		command.Dir, command.Env = dir, append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"))
		output, err := command.CombinedOutput()
		if text := string(output); err == nil || !strings.HasPrefix(text, c.want) || c.want == "" && strings.Contains(text, "Compiling") || !strings.Contains(text, "Error 3") {
			t.Errorf("%s: %v:\n%s", name, err, output)
		}
	}
}

// The first line of each target's commands that calls Go says so, or one before it did.
func TestEveryTargetSaysThatItCompiles(t *testing.T) {
	compiles := regexp.MustCompile(`\bgo (-C \S+ )?(build|list|run|test|vet)\b|\bgo tool -modfile|\$\(TOOL\)`)
	targets, target, said := 0, "", false
	for line := range strings.Lines(read(t, "../Makefile")) {
		switch {
		case !strings.HasPrefix(line, "\t"):
			target, said = line, false
		case strings.Contains(line, "$(call compile,"):
			targets, said = targets+1, true
		case compiles.MatchString(line) && !said && !strings.HasPrefix(target, "compile ="):
			t.Errorf("%s%s", target, line)
		}
	}
	if targets < 8 {
		t.Errorf("only %d targets compile", targets)
	}
}

// pinned is an action by its commit, with the version for people to read.
var pinned = regexp.MustCompile(`^[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$`)

// What actionlint and zizmor do not look at.
func TestWorkflows(t *testing.T) {
	workflows, err := filepath.Glob("../.github/workflows/*.yml")
	if err != nil || len(workflows) != 11 {
		t.Fatalf("%v, %v", workflows, err)
	}
	actions, err := filepath.Glob("../.github/actions/*/action.yml")
	if err != nil || len(actions) != 3 {
		t.Fatalf("%v, %v", actions, err)
	}
	uses := regexp.MustCompile(`(?m)uses: (.*)$`)
	for _, file := range slices.Concat(workflows, actions) {
		text := read(t, file)
		for _, match := range uses.FindAllStringSubmatch(text, -1) {
			if !strings.HasPrefix(match[1], "./") && !pinned.MatchString(match[1]) {
				t.Errorf("%s: not pinned by commit: %s", file, match[1])
			}
		}
		if slices.Contains(workflows, file) && !strings.Contains(text, "\npermissions: {}\n") {
			t.Errorf("%s: the jobs have permissions by default", file)
		}
		// A plan as an artifact would be a secret for everybody.
		if kept := strings.Count(text, "upload-artifact@"); kept > 0 && (filepath.Base(file) != "build.yml" || kept > 1 || !strings.Contains(text, "          path: build.tar\n")) {
			t.Errorf("%s keeps an artifact that is not the build", file)
		}
		if match := regexp.MustCompile(`(?i)aws_access_key_id: [^$]|aws-access-key-id:|secrets\.AWS|pull_request_target|secrets: inherit`).FindString(text); match != "" {
			t.Errorf("%s: keys that live long, credentials for a fork, or all secrets: %s", file, match)
		}
		// Another environment is another stack, and no change of a workflow.
		for _, name := range design.Live.Names() {
			if regexp.MustCompile(`(?m)stack: ` + name + `$|\.sh.* ` + name + `\b`).MatchString(text) {
				t.Errorf("%s names the stack %s; build.yml says which there are", file, name)
			}
		}
		for _, steps := range stepsOf(t, text) {
			checkSteps(t, file, steps)
		}
	}
	// GitHub cancels a run that waits in a concurrency group when another one comes.
	for _, file := range []string{"deploy.yml", "deploy-stack.yml", "image.yml"} {
		if regexp.MustCompile(`(?m)^ *concurrency:`).MatchString(read(t, "../.github/workflows/"+file)) {
			t.Errorf("%s: a deploy that waits may be lost", file)
		}
	}
}

// What somebody chooses who starts Image reaches the plan that is approved, and the deploy of it.
func TestPipelineSkipsJobs(t *testing.T) {
	var image struct {
		On struct {
			Dispatch struct {
				Inputs map[string]struct{ Type, Default any }
			} `yaml:"workflow_dispatch"`
		}
		Jobs map[string]struct{ With map[string]any }
	}
	if err := yaml.Unmarshal([]byte(read(t, "../.github/workflows/image.yml")), &image); err != nil {
		t.Fatal(err)
	}
	if input := image.On.Dispatch.Inputs["skip-jobs"]; input.Type != "boolean" || input.Default != false {
		t.Errorf("the input is %+v", input)
	}
	const given = "${{ inputs.skip-jobs }}"
	if got := image.Jobs["deploy"].With["skip-jobs"]; got != given {
		t.Errorf("the deploy gets %v", got)
	}
	// of is the step of a file with that name, or that uses it.
	of := func(path, name string) step {
		for _, steps := range stepsOf(t, read(t, path)) {
			for _, s := range steps {
				if s.Name == name || s.Uses == name {
					return s
				}
			}
		}
		t.Fatalf("%s has no step %s", path, name)
		return step{}
	}
	for what, got := range map[string]any{
		"the action":        of("../.github/workflows/deploy-stack.yml", "./.github/actions/plan").With["skip-jobs"],
		"the deploy":        of("../.github/workflows/deploy-stack.yml", "Deploy").Env["INFRA_SKIP_JOBS"],
		"the action's step": of("../.github/actions/plan/action.yml", "Plan").Env["INFRA_SKIP_JOBS"],
	} {
		if got != given {
			t.Errorf("%s gets %v", what, got)
		}
	}
}

// step is a step of a job or an action.
type step struct {
	Name, Run, Uses string
	With, Env       map[string]any
}

// stepsOf returns the steps of each job, or of the action.
func stepsOf(t *testing.T, text string) (all [][]step) {
	t.Helper()
	var file struct {
		Env  map[string]any
		Jobs map[string]struct {
			Env   map[string]any
			Steps []step
		}
		Runs struct{ Steps []step }
	}
	if err := yaml.Unmarshal([]byte(text), &file); err != nil {
		t.Fatal(err)
	}
	for name, job := range file.Jobs {
		if len(job.Env)+len(file.Env) > 0 {
			t.Errorf("all steps of %s have an environment in common", name)
		}
		all = append(all, job.Steps)
	}
	return append(all, file.Runs.Steps)
}

// checkSteps fails the test where someone else's words or programs come near to what they must not see.
func checkSteps(t *testing.T, file string, steps []step) {
	t.Helper()
	for _, s := range steps {
		if strings.HasPrefix(s.Uses, "aws-actions/configure-aws-credentials@") && fmt.Sprint(s.With["output-env-credentials"]) != "false" {
			t.Errorf("%s: all later steps get the credentials", file)
		}
		// A value that someone else may have written belongs in the environment, not in a script.
		if strings.Contains(s.Run, "${{") {
			t.Errorf("%s: an expression in a script: %s", file, s.Run)
		}
		// Secrets are for the step that writes them to the file, and tokens for the steps that say what they do with GitHub.
		for name, value := range s.Env {
			secret := strings.Contains(fmt.Sprint(value), "secrets.") || strings.Contains(fmt.Sprint(value), "inputs.secret-inputs")
			if secret && name != "SECRET_INPUTS" && name != "GH_TOKEN" {
				t.Errorf("%s: %s has a secret", file, name)
			}
			// Credentials are for the one step that works with AWS.
			if strings.HasPrefix(name, "AWS_") && !regexp.MustCompile(`(?m)^ *(status=0\n *|exec )?\.bin/infra (plan|deploy|frontend) `).MatchString(s.Run) {
				t.Errorf("%s: %s for %s", file, name, s.Run)
			}
			if name == "SECRET_INPUTS" && !strings.HasPrefix(s.Run, ".bin/infra inputs ") {
				t.Errorf("%s: secrets for %s", file, s.Run)
			}
		}
	}
}

// A job that can take credentials builds nothing, installs nothing from a package, and takes nothing from a cache: each of them would run what
// someone else has written.
func TestJobsThatCanTakeCredentials(t *testing.T) {
	harmless := regexp.MustCompile(`^(actions/checkout|actions/download-artifact|hashicorp/setup-terraform|aws-actions/configure-aws-credentials)@|^\./\.github/actions/(built|plan)$|^$`)
	builds := regexp.MustCompile(`\b(npm|npx|node|make|go|pip|curl)\b`)
	files, err := filepath.Glob("../.github/*/*.yml")
	more, problem := filepath.Glob("../.github/actions/*/action.yml")
	if err != nil || problem != nil {
		t.Fatal(err, problem)
	}
	found := 0
	for _, path := range slices.Concat(files, more) {
		text := read(t, path)
		var file struct {
			Jobs map[string]struct {
				Permissions map[string]string
				Steps       []step
			}
			Runs struct{ Steps []step }
		}
		if err := yaml.Unmarshal([]byte(text), &file); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		steps := [][]step{}
		if name := filepath.Base(filepath.Dir(path)); name == "built" || name == "plan" { // actions that these jobs use
			steps = append(steps, file.Runs.Steps)
		}
		for _, job := range file.Jobs {
			if job.Permissions["id-token"] == "write" && len(job.Steps) > 0 {
				steps = append(steps, job.Steps)
			}
		}
		for _, s := range slices.Concat(steps...) {
			if found++; !harmless.MatchString(s.Uses) {
				t.Errorf("%s: a job that can take credentials uses %s", path, s.Uses)
			}
			if builds.MatchString(s.Run) {
				t.Errorf("%s: a job that can take credentials runs %s", path, s.Run)
			}
		}
		// Each run of main shares its caches with all others, and what runs in one of them can change them.
		// https://docs.github.com/en/actions/reference/workflows-and-actions/dependency-caching
		if cached := regexp.MustCompile(`actions/cache|(?m)^ *cache: "?(true|npm)`).MatchString(text); cached && filepath.Base(path) != "check.yml" {
			t.Errorf("%s: what is deployed may come from a cache", path)
		}
	}
	if found < 20 {
		t.Errorf("only %d steps were looked at", found)
	}
	if !strings.Contains(read(t, "../.github/actions/setup/action.yml"), "\n    default: \"false\"\n") {
		t.Error("the setup has a cache unless it is told otherwise")
	}
}

// GitHub starts no run in which a called workflow wants a permission that its caller does not give. actionlint does not look at that.
func TestPermissionsOfCalls(t *testing.T) {
	files, err := filepath.Glob("../.github/workflows/*.yml")
	if err != nil {
		t.Fatal(err)
	}
	type job struct {
		Uses        string
		Permissions map[string]string
	}
	jobs := map[string]map[string]job{}
	for _, path := range files {
		var file struct{ Jobs map[string]job }
		if err := yaml.Unmarshal([]byte(read(t, path)), &file); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		jobs[filepath.Base(path)] = file.Jobs
	}
	calls := 0
	for caller, all := range jobs {
		for name, call := range all {
			for inner, called := range jobs[filepath.Base(call.Uses)] {
				calls++
				for permission, value := range called.Permissions {
					if given := call.Permissions[permission]; given != value && given != "write" {
						t.Errorf("%s: %s gives %q of %s, and %s of %s wants %s", caller, name, given, permission, inner, call.Uses, value)
					}
				}
			}
		}
	}
	if calls < 10 {
		t.Errorf("only %d calls were looked at", calls)
	}
}

// A deploy goes on only where its environment admits main alone, and someone approves, or nobody has to.
func TestPipelineEnvironment(t *testing.T) {
	const reviewed = `"protection_rules": [{"type": "branch_policy"}, {"type": "required_reviewers", "reviewers": [{"type": "User"}]}]`
	const named = `{"deployment_branch_policy": {"protected_branches": false, "custom_branch_policies": true}, `
	for name, c := range map[string]struct {
		environment, branches, unreviewed string
		want                              []string
	}{
		"right":               {named + reviewed + "}", `[{"name": "main", "type": "branch"}]`, "", nil},
		"not there":           {"", "", "", []string{"It cannot be read, most likely because it is not there."}},
		"as GitHub makes one": {`{"deployment_branch_policy": null, "protection_rules": []}`, "", "", []string{"choose selected branches and tags, and add main", "It has no required reviewers."}},
		"protected branches":  {`{"deployment_branch_policy": {"protected_branches": true}, ` + reviewed + "}", "", "", []string{"choose selected branches and tags, and add main"}},
		"more branches":       {named + reviewed + "}", `[{"name": "main", "type": "branch"}, {"name": "*"}]`, "", []string{"and admits: branch main, branch *."}},
		"a tag":               {named + reviewed + "}", `[{"name": "main", "type": "tag"}]`, "", []string{"and admits: tag main."}},
		"no branch":           {named + reviewed + "}", `[]`, "", []string{"and admits: nothing."}},
		"no reviewers":        {named + `"protection_rules": [{"type": "required_reviewers", "reviewers": []}]}`, `[{"name": "main"}]`, "production", []string{"It has no required reviewers."}},
		"on purpose":          {named + `"protection_rules": []}`, `[{"name": "main"}]`, "global prod", nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, "", "")
			gh := "#!/bin/sh\ncase \"$2\" in\n*/prod/deployment-branch-policies) echo '{\"branch_policies\": " + c.branches + "}' ;;\n*/environments/prod) " +
				map[bool]string{true: "exit 1", false: "echo '" + c.environment + "'"}[c.environment == ""] + " ;;\nesac\n"
			if err := os.WriteFile(filepath.Join(s.dir, "gh"), []byte(gh), 0o700); err != nil {
				t.Fatal(err)
			}
			t.Setenv("UNREVIEWED", c.unreviewed)
			output, ok := s.run(t, "environment.sh", "prod")
			if ok != (len(c.want) == 0) || strings.Count(output, "::error title=The environment prod::") != len(c.want) {
				t.Errorf("%v: %s", ok, output)
			}
			for _, want := range c.want {
				if !strings.Contains(output, want) {
					t.Errorf("no %q in %s", want, output)
				}
			}
		})
	}
}

// Where there is no plan, a pull request says why in one sentence, and is green.
func TestPullRequestsWithoutAPlan(t *testing.T) {
	text := read(t, "../.github/workflows/pull-request.yml")
	script := ""
	for _, steps := range stepsOf(t, text) {
		for _, s := range steps {
			if s.Name == "Say why" {
				script = s.Run
			}
		}
	}
	for name, c := range map[string]struct{ role, author, want string }{
		"no role":    {"", "ann", "PLAN_ROLE_ARN is not set"},
		"Dependabot": {"arn", "dependabot[bot]", "Dependabot"},
		"a fork":     {"arn", "ann", "forks"},
	} {
		summary := filepath.Join(t.TempDir(), "summary")
		command := exec.Command("bash", "-e", "-c", script)
		command.Env = append(os.Environ(), "ROLE="+c.role, "AUTHOR="+c.author, "GITHUB_STEP_SUMMARY="+summary)
		output, err := command.CombinedOutput()
		if err != nil || !strings.Contains(string(output), c.want) || !strings.Contains(read(t, summary), c.want) || strings.Count(string(output), "\n") != 1 {
			t.Errorf("%s: %v: %s", name, err, output)
		}
	}
	// What has no plan is the opposite of what has one.
	plan, none := regexp.MustCompile(`(?s)plan:\n    needs: build\n    if: >-\n(.*?)    permissions`).FindStringSubmatch(text), regexp.MustCompile(`(?s)No plan\n    if: >-\n(.*?)    runs-on`).FindStringSubmatch(text)
	if plan == nil || none == nil {
		t.Fatal("a job has no condition")
	}
	if opposite := strings.NewReplacer("!=", "==", "==", "!=", "&&", "||").Replace(plan[1]); opposite != none[1] {
		t.Errorf("a plan if\n%sand none if\n%s", plan[1], none[1])
	}
}
