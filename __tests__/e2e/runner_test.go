package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rhysd/actionlint"
	"go.yaml.in/yaml/v3"
)

// runner runs workflows of the project as GitHub does, as far as they use it: jobs one after another, "uses" of the project's own files,
// "run" by bash with its "env". It keeps artifacts. In the place of other actions it does nothing, and of
// aws-actions/configure-aws-credentials it calls assume.
type runner struct {
	// dir is the checkout. All jobs share it; what a job has written is deleted before the next one.
	dir string
	// artifacts are the files that jobs have kept, by name.
	artifacts map[string][]byte
	// tamper changes an artifact before it is downloaded.
	tamper bool
	// cancel cancels the run when it is closed. That happens once.
	cancel    <-chan struct{}
	cancelled bool
	// env is the environment of all steps.
	env []string
	// vars and secrets are those of the repository, environments the variables of each environment.
	vars, secrets map[string]any
	environments  map[string]map[string]any
	// event is what the context github has.
	event map[string]any
	// assume gives the credentials of the role that a job assumes, as outputs of the action. approve is called with the environment
	// that a job waits for.
	assume  func(role string) dict
	approve func(environment string)
	// built is what build.yml has returned. All runs are of one checkout, so it runs once, and its artifact stays.
	built dict

	log     strings.Builder
	summary strings.Builder
}

// dict is what an expression looks into.
type dict = map[string]any

// document is a workflow or an action.
type document struct {
	Jobs yaml.Node
	On   yaml.Node
	Runs struct {
		Using string
		Steps []step
	}
	Inputs  map[string]struct{ Default string }
	Outputs map[string]struct{ Value string }
}

type job struct {
	Needs       any
	If          string
	Uses        string
	With        map[string]string
	Secrets     map[string]string
	Environment string
	Outputs     map[string]string
	Strategy    struct {
		Matrix      map[string]any
		FailFast    *bool `yaml:"fail-fast"`
		MaxParallel int   `yaml:"max-parallel"`
	}
	Steps []step
}

type step struct {
	ID, Name, If, Uses, Run, Shell string
	With, Env                      map[string]string
}

func (r *runner) read(path string) (document, error) {
	var d document
	text, err := os.ReadFile(filepath.Join(r.dir, path))
	if err == nil {
		err = yaml.Unmarshal(text, &d)
	}
	return d, err
}

// workflow runs a workflow with inputs and the secrets that it is given, and returns its outputs.
func (r *runner) workflow(ctx context.Context, path string, inputs, secrets dict) (dict, error) {
	build := filepath.Base(path) == "build.yml"
	if build && r.built != nil {
		return r.built, nil
	}
	d, err := r.read(path)
	if err != nil {
		return nil, err
	}
	var on struct {
		Call struct {
			Inputs  map[string]struct{ Default any }
			Outputs map[string]struct{ Value string }
		} `yaml:"workflow_call"`
		Dispatch struct {
			Inputs map[string]struct{ Default any }
		} `yaml:"workflow_dispatch"`
	}
	_ = d.On.Decode(&on) // the short form has none of it
	contexts := dict{"github": r.event, "vars": r.vars, "secrets": secrets, "inputs": dict{}, "needs": dict{}}
	for _, all := range []map[string]struct{ Default any }{on.Call.Inputs, on.Dispatch.Inputs} {
		for name, input := range all {
			contexts["inputs"].(dict)[name] = input.Default
		}
	}
	for name, value := range inputs {
		contexts["inputs"].(dict)[name] = value
	}
	results, failed := dict{}, []error(nil)
	for i := 0; i+1 < len(d.Jobs.Content); i += 2 {
		name := d.Jobs.Content[i].Value
		var j job
		if err := d.Jobs.Content[i+1].Decode(&j); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", path, name, err)
		}
		outputs, ran, err := r.job(ctx, name, j, contexts)
		result := map[bool]string{true: "success", false: "skipped"}[ran]
		if err != nil {
			result, failed = "failure", append(failed, fmt.Errorf("%s: %w", name, err))
		}
		results[name] = dict{"outputs": outputs, "result": result}
		contexts["needs"], contexts["jobs"] = results, results
	}
	outputs := dict{}
	for name, output := range on.Call.Outputs {
		if outputs[name], err = interpolate(output.Value, contexts); err != nil {
			return nil, err
		}
	}
	if build && len(failed) == 0 {
		r.built = outputs
	}
	return outputs, errors.Join(failed...)
}

func needs(value any) (names []string) {
	switch value := value.(type) {
	case string:
		return []string{value}
	case []any:
		for _, name := range value {
			names = append(names, fmt.Sprint(name))
		}
	}
	return names
}

func (r *runner) job(ctx context.Context, name string, j job, contexts dict) (outputs dict, ran bool, err error) {
	all, well := contexts["needs"].(dict), true
	needed := dict{}
	for _, need := range needs(j.Needs) {
		needed[need] = all[need]
		well = well && all[need].(dict)["result"] == "success"
	}
	contexts = maps.Clone(contexts)
	contexts["needs"] = needed
	if is, err := condition(j.If, contexts, well); err != nil || !is {
		return nil, false, err
	}
	matrix, value := "", any([]any{nil})
	for key, all := range j.Strategy.Matrix {
		matrix = key
		if value, err = evaluate(fmt.Sprint(all), contexts); err != nil {
			return nil, false, err
		}
	}
	elements := value.([]any)
	if j.Strategy.MaxParallel != 1 {
		slices.Reverse(elements) // they may run in any order
	}
	for _, element := range elements {
		if matrix != "" {
			contexts["matrix"] = dict{matrix: element}
		}
		var failure error
		if j.Uses != "" {
			outputs, failure = r.called(ctx, j, contexts)
		} else {
			outputs, failure = r.steps(ctx, j, contexts)
		}
		fmt.Fprintf(&r.log, "== %s %v: %v\n", name, element, failure)
		err = errors.Join(err, failure)
		if failure != nil && (j.Strategy.FailFast == nil || *j.Strategy.FailFast) {
			break
		}
	}
	return outputs, true, err
}

// called runs the reusable workflow of a job, which gets the secrets that it is given and no other ones.
func (r *runner) called(ctx context.Context, j job, contexts dict) (dict, error) {
	if strings.HasSuffix(j.Uses, "/check.yml") {
		return nil, nil // make test, lint, synth and policy, which .ci/run runs
	}
	with, err := interpolateAll(j.With, contexts)
	if err != nil {
		return nil, err
	}
	secrets, err := interpolateAll(j.Secrets, contexts)
	if err != nil {
		return nil, err
	}
	return r.workflow(ctx, j.Uses, with, secrets)
}

// steps runs the steps of a job.
func (r *runner) steps(ctx context.Context, j job, contexts dict) (dict, error) {
	local := dict{}
	for name, value := range contexts {
		local[name] = value
	}
	if environment, err := interpolate(j.Environment, contexts); err != nil {
		return nil, err
	} else if environment != "" {
		r.approve(environment)
		vars := dict{}
		for _, some := range []dict{r.vars, r.environments[environment]} {
			for name, value := range some {
				vars[name] = value
			}
		}
		local["vars"] = vars
	}
	for _, pattern := range []string{"plan.md", "comment.md", "body.md", "*.tfvars.json", "cdktf.out", ".bin/infra", "build.tar"} {
		left, err := filepath.Glob(filepath.Join(r.dir, pattern))
		if err != nil {
			return nil, err
		}
		for _, path := range left {
			if err := os.RemoveAll(path); err != nil {
				return nil, err
			}
		}
	}
	err := r.all(ctx, j.Steps, local)
	left, _ := filepath.Glob(filepath.Join(r.dir, "*.tfvars.json"))
	if len(left) > 0 {
		err = errors.Join(err, fmt.Errorf("the job leaves %v, which holds secrets", left))
	}
	outputs, problem := interpolateAll(j.Outputs, local)
	return outputs, errors.Join(err, problem)
}

// all runs steps, and puts their outputs into the context steps.
func (r *runner) all(ctx context.Context, steps []step, contexts dict) error {
	results := dict{}
	contexts["steps"] = results
	var failure error
	for _, s := range steps {
		contexts["#failed"], contexts["#cancelled"] = failure != nil && !r.cancelled, r.cancelled
		if is, err := condition(s.If, contexts, failure == nil); err != nil || !is {
			failure = errors.Join(failure, err)
			if s.ID != "" {
				results[s.ID] = dict{"outcome": "skipped"}
			}
			continue
		}
		outputs, err := r.step(ctx, s, contexts)
		outcome := "success"
		if err != nil {
			outcome = map[bool]string{true: "cancelled", false: "failure"}[r.cancelled]
			failure = errors.Join(failure, fmt.Errorf("step %q: %w", s.Name+s.Uses, err))
		}
		if s.ID != "" {
			results[s.ID] = dict{"outputs": outputs, "outcome": outcome}
		}
	}
	return failure
}

func (r *runner) step(ctx context.Context, s step, contexts dict) (dict, error) {
	with, err := interpolateAll(s.With, contexts)
	if err != nil {
		return nil, err
	}
	switch {
	case strings.HasPrefix(s.Uses, "./"):
		d, err := r.read(filepath.Join(s.Uses, "action.yml"))
		if err != nil {
			return nil, err
		}
		for name, input := range d.Inputs {
			if _, given := with[name]; !given {
				with[name] = input.Default
			}
		}
		local := dict{"inputs": with, "github": contexts["github"]}
		err = r.all(ctx, d.Runs.Steps, local)
		outputs := dict{}
		for name, output := range d.Outputs {
			outputs[name], _ = interpolate(output.Value, local)
		}
		return outputs, err
	case strings.HasPrefix(s.Uses, "aws-actions/configure-aws-credentials@"):
		return r.assume(fmt.Sprint(with["role-to-assume"])), nil
	case strings.HasPrefix(s.Uses, "actions/upload-artifact@"):
		path := filepath.Join(r.dir, fmt.Sprint(with["path"]))
		r.artifacts[fmt.Sprint(with["name"])], err = os.ReadFile(path)
		return nil, err
	case strings.HasPrefix(s.Uses, "actions/download-artifact@"):
		name := fmt.Sprint(with["name"])
		artifact := r.artifacts[name]
		if r.tamper {
			artifact = append(slices.Clone(artifact), 0)
		}
		return nil, os.WriteFile(filepath.Join(r.dir, name+".tar"), artifact, 0o600)
	case s.Uses != "":
		return nil, nil
	}
	env, err := interpolateAll(s.Env, contexts)
	if err != nil {
		return nil, err
	}
	return r.bash(ctx, s, env)
}

// bash runs the script of a step. https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idstepsshell
func (r *runner) bash(ctx context.Context, s step, env dict) (dict, error) {
	temp, err := os.MkdirTemp("", "step-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(temp) }()
	output, summary := filepath.Join(temp, "output"), filepath.Join(temp, "summary")
	for _, name := range []string{output, summary} {
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			return nil, err
		}
	}
	command := exec.CommandContext(ctx, "bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", s.Run)
	if s.Shell == "" {
		command = exec.CommandContext(ctx, "bash", "-e", "-c", s.Run)
	}
	command.Dir = r.dir
	// A step has the credentials that it is given, and no other ones.
	command.Env = slices.DeleteFunc(slices.Clone(r.env), func(entry string) bool {
		return slices.Contains([]string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}, entry[:max(0, strings.Index(entry, "="))])
	})
	command.Env = append(command.Env, "GITHUB_OUTPUT="+output, "GITHUB_STEP_SUMMARY="+summary)
	for name, value := range env {
		command.Env = append(command.Env, fmt.Sprintf("%s=%v", name, value))
	}
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var text lockedBuffer
	command.Stdout, command.Stderr = &text, &text
	if err = command.Start(); err == nil {
		err = r.wait(command)
	}
	fmt.Fprintf(&r.log, "-- %s\n%s", s.Name, text.String())
	if err != nil {
		err = fmt.Errorf("%w\n%s", err, text.String())
	}
	shown, _ := os.ReadFile(summary)
	r.summary.Write(shown)
	outputs := dict{}
	written, _ := os.ReadFile(output)
	for line := range strings.Lines(string(written)) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		outputs[name] = value
	}
	return outputs, err
}

// wait waits for a step to end. If the run is cancelled, it ends the step as GitHub does: with SIGINT, and then SIGTERM, to the process of the
// step alone; then it kills all that is left. GitHub waits 7.5 s for the second signal, and here an engine has ended by then; and 10 s
// for the end, which is little for a machine on which other tests run.
// https://docs.github.com/en/actions/reference/workflow-cancellation-reference
func (r *runner) wait(command *exec.Cmd) error {
	done := make(chan error, 1)
	go func() { done <- command.Wait() }()
	select {
	case err := <-done:
		return err
	case <-r.cancel:
	}
	r.cancel, r.cancelled = nil, true
	for _, c := range []struct {
		signal syscall.Signal
		wait   time.Duration
	}{{syscall.SIGINT, 200 * time.Millisecond}, {syscall.SIGTERM, 30 * time.Second}} {
		_ = command.Process.Signal(c.signal)
		select {
		case err := <-done:
			return errors.Join(errors.New("cancelled"), err)
		case <-time.After(c.wait):
		}
	}
	_ = syscall.Kill(-command.Process.Pid, syscall.SIGKILL)
	return errors.Join(errors.New("cancelled, and killed"), <-done)
}

var expression = regexp.MustCompile(`\$\{\{(.*?)\}\}`)

// interpolate puts the values of the expressions into a text.
func interpolate(text string, contexts dict) (string, error) {
	var failure error
	result := expression.ReplaceAllStringFunc(text, func(match string) string {
		value, err := evaluate(match, contexts)
		failure = errors.Join(failure, err)
		if value == nil {
			return ""
		}
		return fmt.Sprint(value)
	})
	return result, failure
}

func interpolateAll(texts map[string]string, contexts dict) (dict, error) {
	values := dict{}
	for name, text := range texts {
		value, err := interpolate(text, contexts)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		values[name] = value
	}
	return values, nil
}

// condition evaluates an if. Without a status function, it has to be so that nothing has failed.
func condition(text string, contexts dict, well bool) (bool, error) {
	if text == "" {
		return well, nil
	}
	value, err := evaluate(text, contexts)
	if !regexp.MustCompile(`\b(always|failure|success|cancelled)\(\)`).MatchString(text) && !well {
		return false, err
	}
	return truthy(value), err
}

func truthy(value any) bool { return value != nil && value != "" && value != false && value != 0 }

// evaluate evaluates an expression, with or without ${{ }} around it.
func evaluate(text string, contexts dict) (any, error) {
	text = strings.TrimSpace(text)
	if inner, is := strings.CutPrefix(text, "${{"); is {
		text = strings.TrimSuffix(inner, "}}")
	}
	node, err := actionlint.NewExprParser().Parse(actionlint.NewExprLexer(text + "}}"))
	if err != nil {
		return nil, fmt.Errorf("%s: %s", text, err.Message)
	}
	return value(node, contexts)
}

// at looks into an dict; upper and lower case are the same there.
func at(of any, name any) any {
	all, _ := of.(dict)
	for key, value := range all {
		if strings.EqualFold(key, fmt.Sprint(name)) {
			return value
		}
	}
	return nil
}

func value(node actionlint.ExprNode, contexts dict) (any, error) {
	both := func(left, right actionlint.ExprNode) (any, any, error) {
		a, err := value(left, contexts)
		if err != nil {
			return nil, nil, err
		}
		b, err := value(right, contexts)
		return a, b, err
	}
	switch node := node.(type) {
	case *actionlint.StringNode:
		return node.Value, nil
	case *actionlint.BoolNode:
		return node.Value, nil
	case *actionlint.VariableNode:
		return at(contexts, node.Name), nil
	case *actionlint.ObjectDerefNode:
		of, err := value(node.Receiver, contexts)
		return at(of, node.Property), err
	case *actionlint.IndexAccessNode:
		of, index, err := both(node.Operand, node.Index)
		return at(of, index), err
	case *actionlint.NotOpNode:
		of, err := value(node.Operand, contexts)
		return !truthy(of), err
	case *actionlint.LogicalOpNode:
		a, b, err := both(node.Left, node.Right)
		if truthy(a) == (node.Kind == actionlint.LogicalOpNodeKindAnd) {
			return b, err
		}
		return a, err
	case *actionlint.CompareOpNode:
		a, b, err := both(node.Left, node.Right)
		text := func(v any) string {
			if v == nil {
				return ""
			}
			return fmt.Sprint(v)
		}
		same := strings.EqualFold(text(a), text(b))
		return same == (node.Kind == actionlint.CompareOpNodeKindEq), err
	case *actionlint.FuncCallNode:
		return call(node, contexts)
	}
	return nil, fmt.Errorf("an expression that this runner does not know: %T", node)
}

func call(node *actionlint.FuncCallNode, contexts dict) (any, error) {
	var arguments []any
	for _, argument := range node.Args {
		is, err := value(argument, contexts)
		if err != nil {
			return nil, err
		}
		arguments = append(arguments, is)
	}
	failed, _ := contexts["#failed"].(bool)
	cancelled, _ := contexts["#cancelled"].(bool)
	switch strings.ToLower(node.Callee) {
	case "always":
		return true, nil
	case "failure":
		return failed, nil
	case "cancelled":
		return cancelled, nil
	case "success":
		return !failed && !cancelled, nil
	case "tojson":
		text, err := json.Marshal(arguments[0])
		return string(text), err
	case "format":
		text := fmt.Sprint(arguments[0])
		for i, argument := range arguments[1:] {
			text = strings.ReplaceAll(text, fmt.Sprintf("{%d}", i), fmt.Sprint(argument))
		}
		return text, nil
	case "fromjson":
		var is any
		err := json.Unmarshal([]byte(fmt.Sprint(arguments[0])), &is)
		return is, err
	}
	return nil, fmt.Errorf("a function that this runner does not know: %s", node.Callee)
}

// The runner evaluates as GitHub does.
func TestRunnerExpressions(t *testing.T) {
	t.Parallel()
	contexts := dict{
		"inputs": dict{"stack": "prod", "allow": nil}, "vars": dict{"PROD_INPUTS": "{}"}, "#failed": true,
		"steps": dict{"plan": dict{"outputs": dict{"changes": "yes"}}},
	}
	for text, want := range map[string]any{
		"${{ vars[format('{0}_INPUTS', inputs.stack)] }}": "{}",
		"inputs.allow || 'none'":                          "none",
		"inputs.stack == 'prod' && 'a' || 'b'":            "a",
		"inputs.stack != 'PROD' && 'a' || 'b'":            "b",
		"steps.plan.outputs.changes == 'yes'":             true,
		"steps.none.outputs.changes == ''":                true,
		"success() || failure()":                          true,
		"!failure()":                                      false,
		"cancelled() || failure()":                        true,
		"toJSON(steps.plan)":                              `{"outputs":{"changes":"yes"}}`,
	} {
		if got, err := evaluate(text, contexts); err != nil || got != want {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	if _, err := evaluate("hashFiles('x')", contexts); err == nil {
		t.Error("an unknown function is no error")
	}
}
