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

	"github.com/order-bot/infra/internal/venv"
	"github.com/order-bot/infra/localaws"
)

// pages are those whose command blocks are run, in this order. The first one ends with the destroy,
// which comes after all of them. TestPipeline runs those of docs/using/pipeline.md, and docs/using/troubleshooting.md has none.
var pages = []string{
	"docs/using/deploying.md",
	"README.md",
	"docs/using/operating.md",
	"docs/using/changing.md",
	"docs/using/recovery.md",
	"docs/using/environments.md",
	"docs/using/switching.md",
	"docs/inside/decisions/cdktf.md", // what it calls the way out has to work, too
}

// The frontend moves from one bucket to the other in docs/using/changing.md.
const bucketBefore, bucketAfter = "example-order-bot-frontend", "example-order-bot-site"

// elsewhere are the command blocks of the pages that this test does not run, by their first line, and why.
var elsewhere = map[string]string{
	// README.md
	"make synth   # writes the Terraform JSON to cdktf.out, as cdktf synth does": ".ci/run runs both",
	"make demo":           "TestMoreServices does that",
	". .demo/environment": "TestMoreServices does that",
	// docs/using/operating.md
	"manifest=$(aws ecr batch-get-image --repository-name order-bot-svc --image-ids imageTag=v1 --query 'images[0].imageManifest' --output text)": "nobody pushed an image",
	"./infra rollback prod order-bot-svc": "no other image ran here; TestInfra goes back to one",
	"./infra wake prod --until 22:00                       # all services with a timetable, with their limits by day": "what it means depends on the time of day; TestInfra gives a service other numbers of tasks",
	"./infra run prod order-bot-svc -- ./repair --all":                                                                "the local AWS runs no container; TestInfra runs commands",
	"./infra exec prod order-bot-svc":                                                                                 "it needs a terminal, and a container that runs; TestChanges opens a session",
	// docs/using/environments.md
	"./infra plan staging": "the design has no staging; TestAnotherEnvironmentSharesNoName has",
	// docs/using/switching.md
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
	local := newEmulator(t)
	local.Variables = nil
	dir, tools := clone(t), standIns(t, local)
	withAWSCLI(t, tools)
	writeProgram(t, filepath.Join(tools, "docker"), "case $1 in login) cat >/dev/null ;; esac\n")

	build := filepath.Join(dir, "..", "order-bot-frontend", "dist")
	if err := errors.Join(os.MkdirAll(build, 0o700), os.WriteFile(filepath.Join(build, "index.html"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}

	commands := blocks(t, pages[0])
	destroy := slices.Index(commands, "./infra destroy prod")
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
	host, group := databaseHost(t, local)
	// What the pages say to replace, and the answers to what they ask at a terminal.
	own := strings.NewReplacer("eni-0123456789abcdef0", host, "sg-0123456789abcdef0", group, "s3 rm s3://"+bucketBefore, "s3 rm s3://"+bucketAfter,
		"./infra destroy prod", "./infra destroy prod --confirm prod", "./infra destroy global", "./infra destroy global --confirm global")
	design := &scratch{dir: dir}
	for _, text := range commands {
		first, _, _ := strings.Cut(text, "\n")
		if _, is := elsewhere[first]; is {
			delete(unused, first)
			continue
		}
		switch {
		case strings.HasPrefix(text, "make update") && strings.Contains(text, "make test"):
			design.edit(t, "design/services.go", func(text string) string { return strings.Replace(text, "MemoryMiB: 512", "MemoryMiB: 1024", 1) })
		case strings.Contains(text, " --recover"):
			design.edit(t, "global.tfvars", func(text string) string { return strings.Replace(text, bucketBefore, bucketAfter, 1) })
		}
		environment := append(local.Environment(),
			"PATH="+tools+string(os.PathListSeparator)+os.Getenv("PATH"),
			"TERRAFORM_BINARY_NAME=terraform",
			"INFRA_YES=true", // there is no terminal
			"AWS_DEFAULT_REGION=ap-northeast-1",
			"CDKTF_DISABLE_PLUGIN_CACHE_ENV=true",
			"GOFLAGS="+goFlags+" -skip=^Test(Fast|Program|Options)", // they know nothing of the live design
		)
		command := exec.CommandContext(t.Context(), "sh", "-e", "-c", own.Replace(text))
		command.Dir, command.Env = dir, environment
		command.Stdin = strings.NewReader("yes\n") // terraform apply asks
		output, err := command.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s\n\n%s", err, text, output)
		}
		ran++
		switch {
		case strings.HasPrefix(text, "./infra state-bucket"):
			// It insists on TLS from now on, which the local AWS does not speak.
			must[*s3.DeleteBucketPolicyOutput](t)(newClients(local).S3.DeleteBucketPolicy(t.Context(), &s3.DeleteBucketPolicyInput{Bucket: &local.StateBucket}))
		case strings.HasPrefix(text, "cp examples/"):
			ownValues(t, dir, local)
		case strings.HasPrefix(text, "make update") && strings.Contains(text, "make test"):
			has(t, "a change", string(output), `"memory": "1024"`, "order-bot-svc  new revision: memory 512 → 1024\n")
		case strings.Contains(text, " --recover"):
			has(t, "another bucket", string(output), "change  aws_cloudfront_distribution.frontend_distribution ", "2 to change, 2 to import.", "global is as it should be.")
		}
	}
	if ran < 15 {
		t.Errorf("only %d blocks were run", ran)
	}
	for first := range unused {
		t.Errorf("no block of the pages begins with %q any more", first)
	}
	left := must[[]byte](t)(os.ReadFile(filepath.Join(dir, "cdktf.out", "stacks", "prod", "zz_override.tf.json")))
	if !strings.Contains(string(left), filepath.Join(tools, "prod")) {
		t.Error("the commands were not pointed at the local AWS")
	}
}

// databaseHost starts a host, and returns the ids of its network interface and of the security group that it is in.
func databaseHost(t *testing.T, local *localaws.Emulator) (face, group string) {
	t.Helper()
	client := newClients(local)
	group = client.EC2.groups(t, "group-name", "default", "vpc-id", local.Seeded["vpc_id"].(string))[0].first("groupId")
	_, face = client.EC2.newHost(t, local.Seeded["private_subnet_ids"].([]any)[0].(string), group)
	return face, group
}

// withAWSCLI puts the AWS CLI into a folder of tools.
func withAWSCLI(t *testing.T, tools string) {
	t.Helper()
	home := must[string](t)(venv.Install(t.Context(), "awscli", map[string][]byte{"requirements.txt": must[[]byte](t)(os.ReadFile("awscli.txt"))}))
	if err := os.Symlink(filepath.Join(home, "venv", "bin", "aws"), filepath.Join(tools, "aws")); err != nil {
		t.Fatal(err)
	}
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
func standIns(t *testing.T, local *localaws.Emulator) string {
	t.Helper()
	tools := t.TempDir()
	for _, stack := range []string{"global", "prod"} {
		dir := filepath.Join(tools, stack)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		copyFile(t, filepath.Join(synthesized, "stacks", stack, "cdk.tf.json"), filepath.Join(dir, "cdk.tf.json"))
		if err := local.Point(localaws.Target{Dir: dir, Variables: local.Variables[stack], ProviderVersion: providerVersion()}); err != nil {
			t.Fatal(err)
		}
	}
	for name, script := range map[string]string{
		"terraform": fmt.Sprintf(`dir=.
case "$1" in -chdir=*) dir=${1#-chdir=} ;; esac
if [ -e "$dir/cdk.tf.json" ]; then
	beside=$(cd "$dir" && pwd)
	case $(basename "$beside") in plan-*) beside=$(dirname "$beside") ;; esac
	for to in "$dir" "$beside"; do cp %q/$(basename "$beside")/zz_override.tf.json "$to"; done
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
		writeProgram(t, filepath.Join(tools, name), script)
	}
	return tools
}

// ownValues puts the ids of the local AWS into the copied examples, as docs/using/deploying.md says to.
func ownValues(t *testing.T, dir string, local *localaws.Emulator) {
	t.Helper()
	for _, stack := range []string{"global", "prod"} {
		(&scratch{dir: dir}).edit(t, stack+".tfvars", func(text string) string {
			for name, value := range local.Seeded {
				line := regexp.MustCompile(`(?m)^` + name + ` += .*$`)
				text = line.ReplaceAllString(text, name+" = "+string(must[[]byte](t)(json.Marshal(value)))) // JSON is HCL here
			}
			return text
		})
	}
}
