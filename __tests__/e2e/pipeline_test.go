package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/order-bot/infra/localaws"
)

// pipeline is a repository on GitHub, whose AWS is a local one.
type pipeline struct {
	*runner
	local *localaws.Emulator
	gate  *gate
	made  *calls
	tools string
	// inputs are the values of both stacks that are no secrets, by stack.
	inputs map[string]map[string]any
	// waits are the environments for whose approval the jobs have waited.
	waits []string
	// meanwhile happens while a job waits.
	meanwhile func()
}

const headOfMain = "0123456789abcdef0123456789abcdef01234567"

func newPipeline(t *testing.T) *pipeline {
	t.Helper()
	started := newEmulator(t)
	gate := newGate(t, started.Endpoint)
	behind := *started
	behind.Endpoint = gate.URL
	p := &pipeline{local: &behind, gate: gate, made: &calls{}, tools: standIns(t, &behind), inputs: map[string]map[string]any{}, meanwhile: func() {}}
	gate.record = p.made.record
	p.runner = &runner{
		dir: clone(t), artifacts: map[string][]byte{}, vars: dict{}, secrets: dict{}, environments: map[string]dict{},
		event: dict{"token": "token", "repository": "order-bot/infra", "event": dict{"pull_request": dict{
			"number": 7, "head": dict{"repo": dict{"full_name": "order-bot/infra"}}, "user": dict{"login": "ann"},
		}}},
		assume: func(role string) dict {
			p.made.as(role[strings.LastIndex(role, "/")+1:])
			session := assumed(t, started, role)
			return dict{"aws-access-key-id": *session.AccessKeyId, "aws-secret-access-key": *session.SecretAccessKey, "aws-session-token": *session.SessionToken}
		},
		approve: func(environment string) { p.waits = append(p.waits, environment); p.meanwhile() },
	}
	withCredentialsOfTheEnvironment(t, p.tools)
	p.env = append(behind.Environment(), "PATH="+p.tools+string(os.PathListSeparator)+os.Getenv("PATH"), "TERRAFORM_BINARY_NAME=terraform", "AWS_REGION=ap-northeast-1",
		"GITHUB_REPOSITORY=order-bot/infra", "GITHUB_SHA="+headOfMain)
	gh := `echo "$@" >>` + filepath.Join(p.tools, "gh.log") + `
case "$*" in
*/commits/main*) cd ` + p.tools + ` && cat main-is-at; if [ -e main-moves-to ]; then mv main-moves-to main-is-at; fi ;;
*/deployment-branch-policies*) echo '{"branch_policies": [{"name": "main", "type": "branch"}]}' ;;
*/environments/*) echo '{"deployment_branch_policy": {"protected_branches": false}, "protection_rules": [{"type": "required_reviewers", "reviewers": [{}]}]}' ;;
run\ download*) mkdir -p frontend/assets && echo page >frontend/index.html && echo script >frontend/assets/index-0123abcd.js ;;
esac
`
	for name, text := range map[string]string{"gh": "#!/bin/sh\n" + gh, "main-is-at": headOfMain} {
		if err := os.WriteFile(filepath.Join(p.tools, name), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	secret := map[string]any{}
	for stack, values := range started.Variables {
		p.inputs[stack] = maps.Clone(values)
		for name, value := range values {
			if strings.HasSuffix(name, "_environment") {
				secret[name] = value
				delete(p.inputs[stack], name)
			}
		}
		p.environments[stack] = dict{"DEPLOY_ROLE_ARN": roleARN("order-bot-deploy-" + stack)}
	}
	p.vars["PLAN_ROLE_ARN"], p.vars["AWS_REGION"] = roleARN("order-bot-plan"), "ap-northeast-1"
	p.secrets["PROD_INPUTS_SECRET"] = string(must[[]byte](t)(json.Marshal(secret)))
	p.give(t)
	return p
}

// withCredentialsOfTheEnvironment takes the credentials out of what leads the stacks to the local AWS, so that the provider has those of the job.
func withCredentialsOfTheEnvironment(t *testing.T, tools string) {
	t.Helper()
	for _, file := range must[[]string](t)(filepath.Glob(filepath.Join(tools, "*", "zz_override.tf.json"))) {
		var override map[string]any
		if err := json.Unmarshal(must[[]byte](t)(os.ReadFile(file)), &override); err != nil {
			t.Fatal(err)
		}
		provider := override["provider"].(map[string]any)["aws"].([]any)[0].(map[string]any)
		for _, name := range []string{"access_key", "secret_key", "profile"} { // a profile would go before the environment
			delete(provider, name)
		}
		if err := os.WriteFile(file, must[[]byte](t)(json.Marshal(override)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// give puts the inputs into the variables of the repository.
func (p *pipeline) give(t *testing.T) {
	t.Helper()
	for stack, values := range p.inputs {
		p.vars[strings.ToUpper(stack)+"_INPUTS"] = string(must[[]byte](t)(json.Marshal(values)))
	}
}

// start runs a workflow, and returns what its steps and gh have said.
func (p *pipeline) start(t *testing.T, file string, inputs dict) (said string, err error) {
	t.Helper()
	p.log.Reset()
	p.summary.Reset()
	p.waits = nil
	_ = os.Remove(filepath.Join(p.tools, "gh.log"))
	err = p.run(t, file, inputs)
	p.cancelled = false
	gh, _ := os.ReadFile(filepath.Join(p.tools, "gh.log"))
	return p.log.String() + "\n" + string(gh), err
}

// run runs a workflow, after that which builds for it.
func (p *pipeline) run(t *testing.T, file string, inputs dict) error {
	if text, _ := os.ReadFile(filepath.Join(p.dir, ".github", "workflows", file)); strings.Contains(string(text), "inputs.sha256") {
		built, err := p.workflow(t.Context(), filepath.Join(".github", "workflows", "build.yml"), nil, nil)
		if err != nil {
			return err
		}
		inputs = maps.Clone(inputs)
		inputs["sha256"] = built["sha256"]
	}
	_, err := p.workflow(t.Context(), filepath.Join(".github", "workflows", file), inputs, p.secrets)
	return err
}

func (p *pipeline) succeeds(t *testing.T, file string, inputs dict, want ...string) (said string) {
	t.Helper()
	said, err := p.start(t, file, inputs)
	if err != nil {
		t.Fatalf("%s: %v\n%s", file, err, said)
	}
	has(t, file, said, want...)
	return said
}

func (p *pipeline) fails(t *testing.T, file string, inputs dict, want ...string) {
	t.Helper()
	said, err := p.start(t, file, inputs)
	if err == nil {
		t.Fatalf("%s did not fail:\n%s", file, said)
	}
	has(t, file, said, want...)
}

// command runs the command of the project.
func (p *pipeline) command(t *testing.T, args ...string) (string, error) {
	t.Helper()
	command := exec.CommandContext(t.Context(), filepath.Join(p.dir, ".bin", "infra"), args...)
	command.Dir, command.Env = p.dir, p.env
	text, err := command.CombinedOutput()
	return string(text), err
}

var mirrorPath = regexp.MustCompile(`path\s*=\s*"([^"]+)"`)

// lock writes the checksums of this machine's provider.
func (p *pipeline) lock(t *testing.T) {
	t.Helper()
	arguments := []string{"lock", "--platform", "linux_amd64"}
	if settings, err := os.ReadFile(os.Getenv("TF_CLI_CONFIG_FILE")); err == nil {
		if match := mirrorPath.FindStringSubmatch(string(settings)); match != nil {
			arguments = append(arguments, "--mirror", match[1])
		}
	}
	if output, err := p.command(t, arguments...); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
}

// followPage does what docs/using/pipeline.md says to set up, word for word but for the account and the repository, which it says to replace.
func (p *pipeline) followPage(t *testing.T) {
	t.Helper()
	withAWSCLI(t, p.tools)
	for stack, values := range p.local.Variables {
		if err := os.WriteFile(filepath.Join(p.dir, stack+".tfvars.json"), must[[]byte](t)(json.Marshal(values)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ran := 0
	for _, text := range blocks(t, "docs/using/pipeline.md") {
		if strings.HasPrefix(text, "./infra lock\n") {
			continue // the registry; p.lock asks the mirror of this machine, if it has one
		}
		text = strings.NewReplacer("OWNER/REPO", "order-bot/infra").Replace(text)
		command := exec.CommandContext(t.Context(), "sh", "-e", "-c", text)
		command.Dir, command.Env = p.dir, append(slices.Clone(p.env), "AWS_DEFAULT_REGION=ap-northeast-1", "GITHUB_RUN_ID=42")
		if output, err := command.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s\n\n%s", err, text, output)
		}
		ran++
	}
	if ran != 6 {
		t.Errorf("%d blocks were run", ran)
	}
	client := newClients(p.local).IAM
	roles := client.roles(t)
	for _, name := range []string{"plan", "frontend", "deploy-global", "deploy-prod", "run-prod"} {
		role := "order-bot-" + name
		if !slices.ContainsFunc(roles, func(is element) bool { return is.first("RoleName") == role && is.first("MaxSessionDuration") == "7200" }) {
			t.Errorf("the page has not created %s", role)
			continue
		}
		attached := client.attached(t, role)
		if files := must[[]string](t)(filepath.Glob(filepath.Join(p.dir, ".roles", role+".policy*.json"))); len(files) == 0 || len(attached) != len(files) {
			t.Errorf("%s has %d policies, and its files are %q", role, len(attached), files)
		}
	}
	// What is done again changes nothing.
	again := strings.Fields("roles --apply --account " + accountOfTests + " --repository order-bot/infra")
	if said, err := p.command(t, again...); err != nil || strings.Count(said, ": as it is to be, with ") != 5 || !strings.Contains(said, "order-bot-deploy-prod: as it is to be, with 2 policies\n") {
		t.Errorf("%v\n%s", err, said)
	}
	again[3] = "111122223333"
	if said, err := p.command(t, again...); err == nil || said != "infra: --account 111122223333: the credentials are of the account "+accountOfTests+"\n" {
		t.Errorf("%v\n%s", err, said)
	}
	// What the page gives to a workflow are inputs of it.
	said := string(must[[]byte](t)(os.ReadFile(filepath.Join(p.tools, "gh.log"))))
	for line := range strings.Lines(said) {
		words := strings.Fields(line)
		if words[0] != "workflow" {
			continue
		}
		d := must[document](t)(p.read(filepath.Join(".github", "workflows", words[2])))
		var on struct {
			Dispatch struct {
				Inputs map[string]struct{ Required bool }
			} `yaml:"workflow_dispatch"`
		}
		if err := d.On.Decode(&on); err != nil {
			t.Fatal(err)
		}
		given := map[string]bool{}
		for i, word := range words {
			if word == "-f" {
				name, _, _ := strings.Cut(words[i+1], "=")
				given[name] = true
			}
		}
		for name, input := range on.Dispatch.Inputs {
			if input.Required && !given[name] {
				t.Errorf("%s: the input %s is not given", line, name)
			}
			delete(given, name)
		}
		if len(given) > 0 {
			t.Errorf("%s: %v are no inputs, which are %v", line, given, on.Dispatch.Inputs)
		}
	}
	for stack := range p.local.Variables {
		if err := os.Remove(filepath.Join(p.dir, stack+".tfvars.json")); err != nil {
			t.Fatal(err)
		}
	}
}

// The workflows, step by step, from the pull request to the image that does not work.
func TestPipeline(t *testing.T) {
	t.Parallel()
	p := newPipeline(t)
	p.followPage(t)
	pullRequest := dict{"stack": "global"}

	// Without checksums of the provider, nothing is planned.
	p.fails(t, "plan-stack.yml", pullRequest, "infra: locks/global.terraform.lock.hcl is missing, and INFRA_PROVIDER_LOCK wants", "issues/7/comments")
	p.lock(t)
	locked := filepath.Join(p.dir, "locks", "global.terraform.lock.hcl")
	right := must[[]byte](t)(os.ReadFile(locked))
	wrong := regexp.MustCompile(`"h1:[^"]*"`).ReplaceAll(right, []byte(`"h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="`))
	if err := os.WriteFile(locked, wrong, 0o600); err != nil {
		t.Fatal(err)
	}
	p.fails(t, "plan-stack.yml", pullRequest, "checksums", "infra: the provider was compared with locks/global.terraform.lock.hcl")
	if err := os.WriteFile(locked, right, 0o600); err != nil {
		t.Fatal(err)
	}

	// A pull request whose inputs are wrong in one stack, and one from which GitHub withholds the credentials.
	p.inputs["prod"]["order_bot_imgae"] = "order-bot-svc:v1"
	p.give(t)
	p.fails(t, "pull-request.yml", nil, "infra: inputs: order_bot_imgae: prod has no such variable; is order_bot_image meant?", "12 to create.", "plan: failure")
	delete(p.inputs["prod"], "order_bot_imgae")
	p.give(t)
	p.succeeds(t, "pull-request.yml", nil, "27 to create.", "12 to create.", "no-plan: skipped", "plan: success", "api --method POST repos/order-bot/infra/issues/7/comments")
	author := p.event["event"].(dict)["pull_request"].(dict)["user"].(dict)
	author["login"] = "dependabot[bot]"
	p.succeeds(t, "pull-request.yml", nil, "There is no plan here: GitHub gives the pull requests of Dependabot no secrets.", "no-plan: success", "plan: skipped")
	author["login"] = "ann"

	// Another build than the one of the run's own job is not run.
	p.tamper = true
	p.fails(t, "plan-stack.yml", pullRequest, "::error::The artifact build is not what the job Build has built.")
	p.tamper = false

	// The first deploy of both. What was approved is what is applied.
	deploys := func(stack string) dict { return dict{"stack": stack} }
	secrets := p.secrets
	p.succeeds(t, "deploy.yml", nil, "12 to create.", "global is as it should be.", "27 to create.", "prod is as it should be.")
	if !slices.Equal(p.waits, []string{"global", "prod"}) {
		t.Errorf("the jobs waited for %q", p.waits)
	}
	if summary := p.summary.String(); !strings.Contains(summary, "### What a deploy of `prod` would do") || !strings.Contains(summary, "Digest: `") {
		t.Errorf("the summary:\n%s", summary)
	}
	for _, values := range p.local.Variables["prod"]["order_bot_environment"].(map[string]any) {
		// A short one may be a part of names, such as order_bot.
		if text := fmt.Sprint(values); len(text) > 16 && strings.Contains(p.summary.String()+strings.ReplaceAll(p.log.String(), "::add-mask::"+text, ""), text) {
			t.Errorf("a secret is shown: %s", text)
		}
	}
	p.succeeds(t, "frontend.yml", dict{"repository": "order-bot/frontend", "run": "42", "artifact": "dist"},
		"The new frontend is there.", "run download 42 --repo order-bot/frontend --name dist --dir frontend")
	p.fails(t, "frontend.yml", dict{"repository": "order-bot/frontend", "run": "--repo", "artifact": "dist"}, "::error::run has to be a number")
	for preview, want := range map[string]string{"": "--preview: the name is empty", "pr-12": "--preview: the frontend was deployed without previews"} {
		p.fails(t, "preview.yml", dict{"repository": "order-bot/frontend", "run": "42", "artifact": "dist", "preview": preview}, want)
	}

	// Another value, or another head of main, while the approval is waited for.
	p.inputs["global"]["frontend_domain"] = "www.example.com"
	p.give(t)
	p.meanwhile = func() {
		p.inputs["global"]["frontend_domain"] = "web.example.com"
		p.give(t)
	}
	p.fails(t, "deploy-stack.yml", deploys("global"), "infra: the plan is another one than expected", "nothing was deployed",
		"  aws_cloudfront_distribution.frontend_distribution: another change, or other values", "  var.frontend_domain: another change, or other values")
	head := filepath.Join(p.tools, "main-is-at")
	p.meanwhile = func() {
		if err := os.WriteFile(head, []byte(strings.Repeat("f", 40)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p.fails(t, "deploy-stack.yml", deploys("global"), "::error::main is at ffff", "Nothing was deployed.")
	if err := os.WriteFile(head, []byte(headOfMain), 0o600); err != nil {
		t.Fatal(err)
	}
	p.meanwhile = func() { // after the job has asked for the first time
		if err := os.WriteFile(filepath.Join(p.tools, "main-moves-to"), []byte(strings.Repeat("f", 40)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p.fails(t, "deploy-stack.yml", deploys("global"), "::error::main is at ffff", "infra: --before .github/head.sh: exit status 1: nothing was deployed")
	has(t, "the summary", p.summary.String(), "### Nothing of `global` was deployed")
	p.meanwhile = func() {}
	if err := os.WriteFile(head, []byte(headOfMain), 0o600); err != nil {
		t.Fatal(err)
	}
	p.succeeds(t, "drift-stack.yml", deploys("global"), "aws_cloudfront_distribution.frontend_distribution", "issue create --title AWS is not what the stack global says --label drift-global")
	p.inputs["global"]["frontend_domain"] = p.local.Variables["global"]["frontend_domain"]

	// What would lose something is refused before anybody is asked.
	p.inputs["global"]["frontend_bucket_name"] = "order-bot-another-frontend"
	p.give(t)
	p.fails(t, "deploy-stack.yml", deploys("global"), "guard: refused", "::error::The plan is refused.")
	if len(p.waits) > 0 {
		t.Errorf("the jobs waited for %q", p.waits)
	}
	p.inputs["global"]["frontend_bucket_name"] = p.local.Variables["global"]["frontend_bucket_name"]

	// An image is deployed by itself, when no input gives it. After that it is no drift, and another deploy keeps it.
	const repository = "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/order-bot-svc:"
	image := func(tag string) dict {
		return dict{"stack": "prod", "service": "order-bot-svc", "image": repository + tag}
	}
	p.give(t)
	p.fails(t, "image.yml", image("v2"), "infra: --image: order_bot_image has a value in prod.tfvars.json, and the next deploy would go back to that value")
	delete(p.inputs["prod"], "order_bot_image")
	delete(p.inputs["prod"], "order_bot_mgmt_image")
	p.inputs["prod"]["alb_ingress_cidrs"] = []string{"10.0.0.0/8"}
	p.give(t)
	p.fails(t, "image.yml", image("v2"), "infra: --image: more than the image would change: aws_security_group.security_group_alb. Deploy that first.")
	has(t, "the summary", p.summary.String(), "**Refused.**\n\n```text\ninfra: --image: more than the image would change")
	delete(p.inputs["prod"], "alb_ingress_cidrs")
	p.give(t)
	without := image("v2")
	without["skip-jobs"] = true
	p.succeeds(t, "image.yml", without, "order-bot-svc: "+repository+"v2, in the place of "+repository+"v1\n", "prod is as it should be.")
	p.secrets = dict{"inputs": secrets["PROD_INPUTS_SECRET"]}

	// An input that only a pull request knows is no error of the drift check. Another order of a list is no drift.
	p.inputs["prod"]["report_image"] = "report:v1"
	slices.Reverse(p.inputs["prod"]["public_subnet_ids"].([]any))
	p.give(t)
	said := p.succeeds(t, "drift-stack.yml", deploys("prod"), "::warning::inputs: report_image: prod has no such variable", "No changes.", "issue list")
	if strings.Contains(said, "issue create") {
		t.Error("an image is drift")
	}
	delete(p.inputs["prod"], "report_image")
	p.give(t)

	// A stack that cannot be planned does not hide another one.
	zone := p.inputs["prod"]["hosted_zone_id"]
	delete(p.inputs["prod"], "hosted_zone_id")
	p.give(t)
	inputs := p.secrets
	p.secrets = secrets
	p.fails(t, "drift.yml", nil, "No value for required variable", "== drift global: <nil>")
	p.inputs["prod"]["hosted_zone_id"] = zone
	p.give(t)

	// A deploy that is cancelled saves what it has created, and releases its lock.
	p.cancel = p.gate.hold("UpdateService")
	p.fails(t, "image.yml", image("v3"), "infra: interrupted")
	p.gate.release()
	state := &project{aws: newClients(p.local), local: p.local}
	if lock := object(t, state, "prod/terraform.tfstate.tflock"); lock != "" {
		t.Errorf("the lock is still there: %s\n%s", lock, p.log.String())
	}
	if text := object(t, state, "prod/terraform.tfstate"); !strings.Contains(text, "order-bot-svc:v3") {
		t.Errorf("the state lacks what was created before the deploy was cancelled:\n%s", p.log.String())
	}
	has(t, "the summary", p.summary.String(), "### The deploy of `prod` did not end well", "./infra unlock prod", "./infra recover prod")
	p.secrets = inputs
	p.succeeds(t, "deploy-stack.yml", deploys("prod"), repository+"v2, which it runs now", "prod is as it should be.")

	// An image that does not work fails the workflow, and is not what the next deploy takes.
	p.secrets = secrets
	p.fails(t, "image.yml", image("broken"), "order-bot-svc does not run what was deployed")
	p.secrets = dict{"inputs": secrets["PROD_INPUTS_SECRET"]}
	p.succeeds(t, "deploy-stack.yml", deploys("prod"), repository+"v2, which it runs now", "prod is as it should be.")

	for _, stack := range []string{"prod", "global"} {
		text := must[[]byte](t)(json.Marshal(p.local.Variables[stack]))
		if err := os.WriteFile(filepath.Join(p.dir, stack+".tfvars.json"), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p.made.as("")
	for _, key := range []string{"index.html", "assets/index-0123abcd.js"} { // AWS deletes no bucket that has files
		bucket := p.local.Variables["global"]["frontend_bucket_name"].(string)
		must[*s3.DeleteObjectOutput](t)(newClients(p.local).S3.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: &bucket, Key: &key}))
	}
	for _, stack := range []string{"prod", "global"} {
		p.made.as("order-bot-deploy-" + stack)
		if output, err := p.command(t, "destroy", stack, "--confirm", stack); err != nil {
			t.Fatalf("%v\n%s", err, output)
		}
	}
	checkRoles(t, filepath.Join(p.dir, ".roles"), p.made, p.local.Variables["prod"]["hosted_zone_id"].(string))
}
