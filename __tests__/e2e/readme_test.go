package e2e

import (
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
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/order-bot/infra/internal/emulator"
)

// pages are those whose command blocks are run, in this order. The first one ends with the destroy,
// which comes after all of them.
var pages = []string{
	"docs/deploying.md",
	"README.md",
	"docs/operating.md",
	"docs/recovery.md",
	"docs/environments.md",
	"docs/switching.md",
	"docs/decisions/cdktf.md", // what it calls the way out has to work, too
}

// elsewhere are the command blocks of the pages that this test does not run, by their first line, and why.
var elsewhere = map[string]string{
	// README.md
	"make synth   # writes the Terraform JSON to cdktf.out, as cdktf synth does": ".ci/run runs both",
	"make demo":           "TestMoreServices does that",
	". .demo/environment": "TestMoreServices does that",
	// docs/deploying.md
	"export AWS_REGION=ap-northeast-1":                      "the AWS CLI and Docker",
	"aws s3 rm s3://example-order-bot-frontend --recursive": "the AWS CLI",
	"repository=order-bot-svc":                              "the AWS CLI",
	// docs/operating.md
	"aws ecs list-task-definitions --family-prefix order-bot-prod-order-bot-svc --sort DESC --max-items 5":                         "the AWS CLI",
	"aws ecs update-service --cluster order-bot-prod-cluster --service order-bot-svc --force-new-deployment":                       "the AWS CLI",
	"aws ecs update-service --cluster order-bot-prod-cluster --service order-bot-svc --desired-count 1":                            "the AWS CLI",
	`aws application-autoscaling register-scalable-target --service-namespace ecs --scalable-dimension ecs:service:DesiredCount \`: "the AWS CLI",
	// docs/recovery.md
	"make chaos SEED=1 ROUNDS=20": "it takes an hour; TestChaos has three rounds",
	// docs/environments.md
	"make plan STACK=staging": "the design has no staging; TestAnotherEnvironmentSharesNoName has",
	// docs/switching.md
	"terraform state pull > prod-before.tfstate":      "the HCL project",
	"aws s3 ls s3://order-bot-terraform-state/prod/":  "the AWS CLI",
	"terraform state push -force prod-before.tfstate": "the HCL project",
}

var block = regexp.MustCompile("(?m)^( *)```sh\n((?:.*\n)*?) *```$")

// blocks returns the command blocks of a page.
func blocks(t *testing.T, page string) []string {
	t.Helper()
	text := must[[]byte](t)(os.ReadFile(filepath.Join("..", "..", page)))
	var all []string
	for _, match := range block.FindAllStringSubmatch(string(text), -1) {
		lines := strings.Split(strings.TrimSuffix(match[2], "\n"), "\n")
		for i := range lines {
			lines[i] = strings.TrimPrefix(lines[i], match[1])
		}
		all = append(all, strings.Join(lines, "\n"))
	}
	return all
}

// The README and the pages that it leads to, word for word, by someone whose AWS is the local one: each
// block is run as it stands, from the state bucket to the destroy, and has to succeed.
func TestReadme(t *testing.T) {
	t.Parallel()
	log := must[*os.File](t)(os.Create(filepath.Join(t.TempDir(), "emulator.log")))
	aws := must[*emulator.Emulator](t)(emulator.Start(t.Context(), log))
	t.Cleanup(func() { _ = aws.Stop() })
	dir, tools := clone(t), standIns(t, aws)

	build := filepath.Join(dir, "..", "order-bot-frontend", "dist")
	if err := errors.Join(os.MkdirAll(build, 0o700), os.WriteFile(filepath.Join(build, "index.html"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}

	commands := blocks(t, pages[0])
	destroy := slices.IndexFunc(commands, func(text string) bool { return strings.HasPrefix(text, "npx cdktf destroy") })
	if destroy < 0 {
		t.Fatalf("%s destroys nothing", pages[0])
	}
	var others []string
	for _, page := range pages[1:] {
		others = append(others, blocks(t, page)...)
	}
	commands = slices.Insert(commands, destroy, others...)

	unused := maps.Clone(elsewhere)
	ran := 0
	for _, text := range commands {
		first, _, _ := strings.Cut(text, "\n")
		if _, is := elsewhere[first]; is {
			delete(unused, first)
			if strings.HasPrefix(first, "aws s3 rm ") {
				withoutFiles(t, aws)
			}
			continue
		}
		environment := append(aws.Environment(),
			"PATH="+tools+string(os.PathListSeparator)+os.Getenv("PATH"),
			"TERRAFORM_BINARY_NAME=terraform",
			"INFRA_YES=true", // there is no terminal
			"CDKTF_DISABLE_PLUGIN_CACHE_ENV=true",
			// The tests have their own runs: here they are only to write.
			"GOFLAGS=-run=TestSnapshots|TestStartFlow|TestInputs",
		)
		var output []byte
		if err := again(func() error {
			command := exec.CommandContext(t.Context(), "sh", "-e", "-c", text)
			command.Dir, command.Env = dir, environment
			command.Stdin = strings.NewReader("yes\n") // terraform apply asks
			var err error
			if output, err = command.CombinedOutput(); err != nil {
				return fmt.Errorf("%w\n%s\n\n%s", err, text, output)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		ran++
		switch {
		case strings.HasPrefix(text, "make state-bucket"):
			// It insists on TLS from now on, which the local AWS does not speak.
			must[*s3.DeleteBucketPolicyOutput](t)(newClients(aws).S3.DeleteBucketPolicy(t.Context(), &s3.DeleteBucketPolicyInput{Bucket: &aws.StateBucket}))
		case strings.HasPrefix(text, "cp examples/"):
			ownValues(t, dir, aws)
		case strings.HasPrefix(text, "make update") && strings.Contains(text, "make plan"):
			if !strings.Contains(string(output), "No changes.") || strings.Contains(string(output), "diff --git") {
				t.Errorf("after a deploy without a change:\n%s", output)
			}
		}
	}
	if ran < 15 {
		t.Errorf("only %d blocks were run", ran)
	}
	for first := range unused {
		t.Errorf("no block of the pages begins with %q any more", first)
	}
	left := must[[]byte](t)(os.ReadFile(filepath.Join(dir, "cdktf.out", "stacks", "prod", "zz_override.tf.json")))
	if !strings.Contains(string(left), aws.Endpoint) {
		t.Error("the commands were not pointed at the local AWS")
	}
}

// withoutFiles deletes what was uploaded to the frontend's bucket.
func withoutFiles(t *testing.T, aws *emulator.Emulator) {
	t.Helper()
	bucket, key := aws.Variables["global"]["frontend_bucket_name"].(string), "index.html"
	must[*s3.DeleteObjectOutput](t)(newClients(aws).S3.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: &bucket, Key: &key}))
}

// clone copies the project as git has it, with its installed CLI.
func clone(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	root := must[string](t)(filepath.Abs(filepath.Join("..", "..")))
	script := `git -C "$1" ls-files -co --exclude-standard -z | tar -C "$1" --null -T - -c | tar -x -C "$2"
ln -s "$1/node_modules" "$2/node_modules"
cd "$2" && git init -q && git add -A && git -c user.name=test -c user.email=test@example.com commit -qm copy`
	if text, err := exec.Command("sh", "-e", "-c", script, "sh", root, dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return dir
}

// standIns returns a folder for the PATH: a terraform that works against the local AWS, and an npx
// that answers the question of the CLI, which needs a terminal.
func standIns(t *testing.T, aws *emulator.Emulator) string {
	t.Helper()
	tools := t.TempDir()
	for _, stack := range []string{"global", "prod"} {
		dir := filepath.Join(tools, stack)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		copyFile(t, filepath.Join(synthesized, "stacks", stack, "cdk.tf.json"), filepath.Join(dir, "cdk.tf.json"))
		if err := aws.Point(emulator.Target{Dir: dir, Variables: aws.Variables[stack], ProviderVersion: providerVersion()}); err != nil {
			t.Fatal(err)
		}
	}
	for name, script := range map[string]string{
		"terraform": fmt.Sprintf(`dir=.
case "$1" in -chdir=*) dir=${1#-chdir=} ;; esac
if [ -e "$dir/cdk.tf.json" ]; then
	stack=$(basename "$(cd "$dir" && pwd)")
	cp %q/$stack/zz_override.tf.json "$dir"
fi
exec %q "$@"
`, tools, engines[0]),
		"npx": `shift
case "$1" in
deploy | destroy) set -- "$@" --auto-approve --skip-provider-lock ;;
diff) set -- "$@" --skip-provider-lock ;;
esac
exec node_modules/.bin/cdktf "$@"
`,
	} {
		if err := os.WriteFile(filepath.Join(tools, name), []byte("#!/bin/sh\n"+script), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return tools
}

// ownValues puts the local AWS's own values into the copied examples, as docs/deploying.md says to.
func ownValues(t *testing.T, dir string, aws *emulator.Emulator) {
	t.Helper()
	out := t.TempDir()
	synth := exec.CommandContext(t.Context(), "go", "run", ".")
	synth.Dir, synth.Env = dir, append(os.Environ(), "CDKTF_OUTDIR="+out)
	if text, err := synth.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	for stack := range aws.Variables {
		variables := must[map[string]any](t)(aws.Values(filepath.Join(out, "stacks", stack)))
		var text strings.Builder
		for _, name := range slices.Sorted(maps.Keys(variables)) {
			value := must[[]byte](t)(json.Marshal(variables[name])) // JSON is HCL here
			fmt.Fprintf(&text, "%s = %s\n", name, value)
		}
		if err := os.WriteFile(filepath.Join(dir, stack+".tfvars"), []byte(text.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
