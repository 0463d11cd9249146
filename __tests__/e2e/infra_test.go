package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/order-bot/infra/localaws"
	"github.com/order-bot/infra/tool/status"
)

// infraProgram builds the command, once for all tests.
var infraProgram = sync.OnceValues(func() (string, error) {
	program := filepath.Join(filepath.Dir(synthesized), "infra")
	text, err := exec.Command("go", "build", "-C", filepath.Join("..", ".."), "-o", program, "./cmd/infra").CombinedOutput()
	if err != nil {
		err = errors.New(string(text))
	}
	return program, err
})

// infra is the command in a project of its own, whose AWS is a local one of its own.
type infra struct {
	program, engine, dir string
	local                *localaws.Emulator
	aws                  clients
	gate                 *gate
	// more is what the environment has beside that of the emulator.
	more []string
	// synthesized is when the stacks were synthesized last.
	synthesized time.Time
}

// newInfra clones the project to a path that has everything that makes paths hard, with values in files.
func newInfra(t *testing.T, binary string) *infra {
	t.Helper()
	started := newEmulator(t)
	gate := newGate(t, started.Endpoint)
	behind := *started
	behind.Endpoint = gate.URL
	i := &infra{
		program: must[string](t)(infraProgram()), engine: binary, local: &behind, aws: newClients(started), gate: gate,
		dir: filepath.Join(t.TempDir(), "Größe [1] 東京 & more"),
	}
	if err := os.Rename(clone(t), i.dir); err != nil {
		t.Fatal(err)
	}
	for path, text := range recordedFiles() {
		if err := os.WriteFile(filepath.Join(i.dir, path), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(i.dir, "cdktf.out"), 0o700); err != nil {
		t.Fatal(err)
	}
	copyFile(t, filepath.Join(synthesized, "infra.json"), filepath.Join(i.dir, "cdktf.out", "infra.json"))
	for stack := range i.local.Variables {
		dir := filepath.Join(i.dir, "cdktf.out", "stacks", stack)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		copyFile(t, filepath.Join(synthesized, "stacks", stack, "cdk.tf.json"), filepath.Join(dir, "cdk.tf.json"))
		if err := i.local.Point(localaws.Target{Dir: dir, Variables: map[string]any{}, ProviderVersion: providerVersion()}); err != nil {
			t.Fatal(err)
		}
		i.give(t, stack, nil)
	}
	i.synthesized = time.Now()
	return i
}

// withoutSynth are the arguments for a project whose design is the one that was synthesized last: to do that again takes seconds of each plan, and the
// pipeline does not do it either.
func (i *infra) withoutSynth(args []string) []string {
	if args[0] != "plan" && args[0] != "deploy" || slices.Contains(args, "--skip-synth") {
		return args
	}
	begin := time.Now()
	for _, pattern := range []string{"*.go", "cdktf.json", "design/*"} {
		files, _ := filepath.Glob(filepath.Join(strings.ReplaceAll(i.dir, "[", `\[`), pattern))
		for _, file := range files {
			if info, err := os.Stat(file); err != nil || info.ModTime().After(i.synthesized) {
				i.synthesized = begin
				return args
			}
		}
	}
	return append(slices.Clone(args), "--skip-synth")
}

// give writes the values of a stack, with some changed; one that is nil is left out.
func (i *infra) give(t *testing.T, stack string, changed map[string]any) {
	t.Helper()
	values := map[string]any{}
	for _, more := range []map[string]any{i.local.Variables[stack], changed} {
		for name, value := range more {
			values[name] = value
		}
	}
	maps.DeleteFunc(values, func(_ string, value any) bool { return value == nil })
	text := must[[]byte](t)(json.Marshal(values))
	if err := os.WriteFile(filepath.Join(i.dir, stack+".tfvars.json"), text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// command is the command with these arguments, ready to start. Nobody is at its standard input.
func (i *infra) command(ctx context.Context, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, i.program, args...)
	command.Dir = i.dir
	command.Env = append(append(i.local.Environment(), "TERRAFORM_BINARY_NAME="+i.engine, "GOFLAGS="+goFlags), i.more...)
	return command
}

// run runs the command and fails the test unless it exits with the wanted status.
func (i *infra) run(t *testing.T, want int, args ...string) (output string) {
	t.Helper()
	command := i.command(t.Context(), i.withoutSynth(args)...)
	text, err := command.CombinedOutput()
	if command.ProcessState == nil {
		t.Fatal(err)
	}
	if got := command.ProcessState.ExitCode(); got != want {
		t.Fatalf("infra %q: exit status %d, not %d:\n%s", args, got, want, text)
	}
	return string(text)
}

// status returns what status --json says.
func (i *infra) status(t *testing.T, want int, args ...string) status.Report {
	t.Helper()
	command := i.command(t.Context(), append([]string{"status", "--json"}, args...)...)
	var errOut bytes.Buffer
	command.Stderr = &errOut
	text, err := command.Output()
	var report status.Report
	if jsonErr := json.Unmarshal(text, &report); jsonErr != nil || command.ProcessState.ExitCode() != want {
		t.Fatalf("infra status %q: %v, not %d: %v\n%s%s", args, err, want, jsonErr, text, errOut.String())
	}
	return report
}

// has fails the test unless output has all of want, in this order.
func has(t *testing.T, what, output string, want ...string) {
	t.Helper()
	rest := output
	for _, text := range want {
		_, after, found := strings.Cut(rest, text)
		if !found {
			t.Fatalf("%s: no %q in\n%s", what, text, output)
		}
		rest = after
	}
}

var digestLine = regexp.MustCompile(`(?m)^Digest: ([0-9a-f]{32})$`)

func digestOf(t *testing.T, output string) string {
	t.Helper()
	match := digestLine.FindStringSubmatch(output)
	if match == nil {
		t.Fatalf("no digest in\n%s", output)
	}
	return match[1]
}

// scales gives a service another number of tasks for a while, and new tasks.
func scales(t *testing.T, i *infra) {
	t.Helper()
	now := func() (tasks int32, deployment string) {
		service := must[*ecs.DescribeServicesOutput](t)(i.aws.ECS.DescribeServices(t.Context(), &ecs.DescribeServicesInput{
			Cluster: aws.String("order-bot-prod-cluster"), Services: []string{"order-bot-svc"},
		})).Services[0]
		return service.DesiredCount, *service.Deployments[0].Id
	}
	before, deployment := now()
	has(t, "with nobody to ask", i.run(t, 1, "scale", "prod", "order-bot-svc", "3"), "order-bot-svc: tasks ", " now, 3 from now on, and ", "say --yes to do it without; nothing was changed")
	has(t, "no service", i.run(t, 1, "wake", "prod", "order-bot"), `infra: prod has no service "order-bot"; it has order-bot-mgmt-svc, order-bot-svc`)
	has(t, "no time", i.run(t, 1, "sleep", "prod", "--until", "late"), `infra: --until: "late" is no moment: say 22:00, or 2026-11-30 22:00, in Asia/Tokyo`)
	has(t, "too many", i.run(t, 1, "scale", "prod", "order-bot-svc", "1001"), "infra: 1001 tasks are not allowed (0 to 1000)")
	if tasks, _ := now(); tasks != before {
		t.Errorf("what was refused has changed it to %d tasks", tasks)
	}
	has(t, "three tasks", i.run(t, 0, "scale", "prod", "order-bot-svc", "3", "--yes"), "Done.")
	if tasks, _ := now(); tasks != 3 {
		t.Errorf("it has %d tasks", tasks)
	}
	has(t, "the status then", i.run(t, 0, "status", "prod", "--wait"), "3 of 3")
	has(t, "a plan then", i.run(t, 0, "plan", "prod"), "No changes.")
	has(t, "new tasks", i.run(t, 0, "restart", "prod", "order-bot-svc", "--yes"), "order-bot-svc runs order-bot-prod-order-bot-svc:", "3 of 3")
	if _, after := now(); after == deployment {
		t.Error("a restart is no deployment")
	}

	// It ends when the timetable acts next, at 10:00 or 18:00 in Tokyo.
	actions := must[*applicationautoscaling.DescribeScheduledActionsOutput](t)(i.aws.AutoScaling.DescribeScheduledActions(t.Context(), &applicationautoscaling.DescribeScheduledActionsInput{
		ServiceNamespace: "ecs", ScheduledActionNames: []string{"order-bot-svc-until"},
	})).ScheduledActions
	if len(actions) != 1 {
		t.Fatalf("what ends it: %v", actions)
	}
	happened := must[[]string](t)(i.local.ItIs(t.Context(), (*actions[0].Schedule)[14:19]))
	same(t, "what happened", happened, []string{"order-bot-svc-until"})
	if tasks, _ := now(); tasks != *actions[0].ScalableTargetAction.MaxCapacity {
		t.Errorf("it has %d tasks afterwards, not %d", tasks, *actions[0].ScalableTargetAction.MaxCapacity)
	}
	i.run(t, 0, "scale", "prod", "order-bot-svc", strconv.Itoa(int(before)), "--yes")
	must[*applicationautoscaling.DeleteScheduledActionOutput](t)(i.aws.AutoScaling.DeleteScheduledAction(t.Context(), &applicationautoscaling.DeleteScheduledActionInput{
		ServiceNamespace: "ecs", ScalableDimension: "ecs:service:DesiredCount", ResourceId: actions[0].ResourceId, ScheduledActionName: actions[0].ScheduledActionName,
	}))
}

// runsOnce runs commands with the image of a service, and one that is interrupted.
func runsOnce(t *testing.T, i *infra) {
	t.Helper()
	has(t, "with nobody to ask", i.run(t, 1, "run", "prod", "order-bot-svc", "--", "ls", "-l"), "A new task of order-bot-prod-order-bot-svc:", " runs this in the container order-bot-svc:\n  ls -l\nIts image is ", "infra: this is no terminal, so nobody can be asked: say --yes to run it without; nothing was started")
	has(t, "no service", i.run(t, 1, "run", "prod", "order-bot", "--yes", "--", "ls"), `infra: prod has no service "order-bot"; it has order-bot-mgmt-svc, order-bot-svc`)
	has(t, "wrong in two ways", i.run(t, 1, "run", "prod", "order-bot-svc", "--container", "app", "--yes"), `infra: container: order-bot-prod-order-bot-svc:`, ` has no container "app"; it has order-bot-svc`,
		"infra: command: is required for a service, as its own one never ends")

	command := i.command(t.Context(), "run", "prod", "order-bot-svc", "--yes", "--", "echo", "up", "to", "date;", "exit", "3")
	var out, said bytes.Buffer
	command.Stdout, command.Stderr = &out, &said
	if err := command.Run(); command.ProcessState.ExitCode() != 3 || out.String() != "up to date\n" || !strings.HasSuffix(said.String(), "infra: The container order-bot-svc ended with exit code 3.\n") {
		t.Errorf("it ends with %v, and writes\n%s\nbeside\n%s", err, &out, &said)
	}

	command = i.command(t.Context(), "run", "prod", "order-bot-svc", "--yes", "--", "echo", "begun;", "sleep", "3600")
	var both lockedBuffer
	command.Stdout, command.Stderr = &both, &both
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it runs", func() bool { return strings.Contains(both.String(), "begun\n") })
	if err := command.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := command.Wait(); command.ProcessState.ExitCode() != 1 {
		t.Errorf("an interrupted one ends with %v", err)
	}
	has(t, "an interrupted one", both.String(), "infra: interrupted\n", "infra: The task is stopped: its containers get SIGTERM, and SIGKILL half a minute later.\n")
	_, id, _ := strings.Cut(both.String(), "The task is ")
	id, _, _ = strings.Cut(id, ".\n")
	task := must[*ecs.DescribeTasksOutput](t)(i.aws.ECS.DescribeTasks(t.Context(), &ecs.DescribeTasksInput{Cluster: aws.String("order-bot-prod-cluster"), Tasks: []string{id}})).Tasks[0]
	same(t, "its task", []string{*task.LastStatus, *task.StoppedReason, *task.StartedBy}, []string{"STOPPED", "Interrupted", "infra-run"})
}

// The command from the first plan to the destroy.
func TestInfra(t *testing.T) {
	t.Parallel()
	i := newInfra(t, engines[0])
	i.engine = attached(t, i.engine, i.local.Environment())
	service := func(r status.Report, name string) status.Service {
		t.Helper()
		at := slices.IndexFunc(r.Services, func(s status.Service) bool { return s.Name == name })
		if at < 0 {
			t.Fatalf("no %s in %+v", name, r)
		}
		return r.Services[at]
	}

	// What is wrong is said at once, and before anything is done.
	output := i.run(t, 1, "plan", "production", "--allow", "aws_lb")
	has(t, "wrong arguments", output, `infra: --allow "aws_lb": that is not the address of a resource`, `infra: there is no stack "production"; there are global, prod`)
	has(t, "nobody to ask", i.run(t, 1, "deploy", "prod"), "infra: this is no terminal, so nobody can be asked: say --yes")
	has(t, "nobody to ask", i.run(t, 1, "destroy", "prod"), "infra: this is no terminal, so nobody can be asked: say --confirm prod")
	has(t, "another stack confirmed", i.run(t, 1, "destroy", "prod", "--confirm", "global"), `infra: --confirm says "global", and the stack is "prod"`)
	i.give(t, "prod", map[string]any{"alb_ingress_cidr": []string{"10.0.0.0/8"}})
	i.more = []string{"TF_VAR_order_bot_imag=x", "TF_VAR_frontend_domain=app.example.com"}
	output = i.run(t, 1, "deploy", "prod", "--yes")
	has(t, "misspelt inputs", output,
		"infra: prod.tfvars.json: alb_ingress_cidr: prod has no such variable; is alb_ingress_cidrs meant?\n",
		"infra: environment: TF_VAR_order_bot_imag: no stack has such a variable; is order_bot_image meant?\n")
	i.more = nil
	i.give(t, "prod", map[string]any{"order_bot_port": 0, "vpc_id": "vpc"})
	has(t, "wrong values", i.run(t, 1, "plan", "prod"), "infra: Invalid value for variable\n  ")
	if _, err := os.Stat(filepath.Join(i.dir, "cdktf.out", "stacks", "prod", "plan")); err == nil {
		t.Error("a plan that failed left a file")
	}
	i.give(t, "prod", nil)
	has(t, "never deployed", i.run(t, 2, "status", "prod"), "prod is not as it should be:\n  prod is not deployed\n")

	// The engine is the one that is named.
	for _, binary := range engines {
		other := *i
		other.engine = binary
		if err := os.RemoveAll(filepath.Join(i.dir, "cdktf.out", "stacks", "global", ".terraform")); err != nil {
			t.Fatal(err) // another engine refuses to go on with it
		}
		has(t, "a plan by "+binary, other.run(t, 0, "plan", "global"), "12 to create.", "Digest: ")
	}

	// The first deploy.
	outputs := filepath.Join(t.TempDir(), "outputs")
	output = i.run(t, 0, "plan", "prod", "--outputs", outputs)
	has(t, "the first plan", output, "27 to create.\nAbout $30 a month more, beside what is paid by use.\n", "Digest: ")
	first := digestOf(t, output)
	// With its parts: a plan that is another one then says in what.
	expected, _, _ := strings.Cut(strings.TrimPrefix(string(must[[]byte](t)(os.ReadFile(outputs))), "digest="), "\n")
	if file := must[os.FileInfo](t)(os.Stat(filepath.Join(i.dir, "cdktf.out", "stacks", "prod", "plan"))); file.Mode() != 0o600 {
		t.Errorf("the plan has the mode %s", file.Mode())
	}
	i.give(t, "prod", map[string]any{"default_desired_count": 2})
	output = i.run(t, 3, "deploy", "prod", "--yes", "--expect", expected)
	has(t, "another plan than expected", output, "infra: the plan is another one than expected: its digest is ", "not "+first+"; nothing was deployed\n",
		"  aws_ecs_service.ecs_mgmt_service: another change, or other values: would create\n", "  var.default_desired_count: another change, or other values\n")
	i.give(t, "prod", nil)
	output = i.run(t, 0, "deploy", "prod", "--yes", "--expect", expected)
	has(t, "the first deploy", output, "27 to create.", "Digest: "+first, "aws_lb.alb_load_balancer: creating …\n", "aws_lb.alb_load_balancer: created after ",
		"order-bot-mgmt-svc\n", "order-bot-svc\n", "https://api.example.com", "1 of 1 run", "1 healthy", "prod is as it should be.\n")
	for _, entry := range must[[]os.DirEntry](t)(os.ReadDir(filepath.Join(i.dir, "cdktf.out", "stacks", "prod"))) {
		if strings.HasPrefix(entry.Name(), "plan-") {
			t.Errorf("%s is still there after the deploy", entry.Name())
		}
	}
	if text := object(t, &project{aws: i.aws, local: i.local}, "prod/terraform.tfstate"); !strings.Contains(text, "alb_load_balancer") {
		t.Error("the state is not in the bucket")
	}
	has(t, "a deploy of nothing", i.run(t, 0, "deploy", "prod", "--yes"), "No changes.", "There is nothing to deploy.", "prod is as it should be.\n")

	// How it stands, for a program.
	report := i.status(t, 0, "prod")
	svc := service(report, "order-bot-svc")
	if !report.OK || report.Lock != nil || svc.Revision != "order-bot-prod-order-bot-svc:1" || svc.Rollout != "steady" || svc.Desired != 1 || svc.Running != 1 ||
		!slices.Equal(svc.Images, []string{i.local.Variables["prod"]["order_bot_image"].(string)}) || !slices.Equal(svc.URLs, []string{"https://api.example.com"}) {
		t.Errorf("status: %+v", report)
	}
	if next := svc.Next; next == nil || next.At.Before(time.Now()) || time.Until(*next.At) > 16*time.Hour || next.Zone != "Asia/Tokyo" {
		t.Errorf("the next action: %+v", next)
	}

	// A record that somebody deleted.
	restore := deleteRecord(t, i, "api.example.com")
	has(t, "a record that is gone", i.run(t, 2, "status", "prod"), "prod is not as it should be:\n  api.example.com has no record in Route 53, so nobody reaches it: ")
	restore()

	// Who holds the lock.
	lock := `{"ID":"6b1c9d1e-0000-0000-0000-000000000000","Operation":"OperationTypeApply","Who":"ann@desk","Version":"1.11.4","Created":"2026-01-02T03:04:05Z","Path":""}`
	key := "prod/terraform.tfstate.tflock"
	must[*s3.PutObjectOutput](t)(i.aws.S3.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &i.local.StateBucket, Key: &key, Body: strings.NewReader(lock)}))
	has(t, "status of a locked state", i.run(t, 0, "status", "prod"), "The state is locked by ann@desk since 2026-01-02 ", "6b1c9d1e-")
	has(t, "a plan of a locked state", i.run(t, 1, "plan", "prod"), "infra: Error acquiring the state lock\n", "ann@desk", "infra: Someone else is deploying: wait. If that deploy was killed, release its lock: ./infra unlock prod\n")
	has(t, "a plan without the lock", i.run(t, 0, "plan", "prod", "--no-lock"), "No changes.")
	const id = "6b1c9d1e-0000-0000-0000-000000000000"
	has(t, "to release it, with nobody to ask", i.run(t, 1, "unlock", "prod"), "The state of prod is locked by ann@desk since 2026-01-02 12:04 JST, ", "say --confirm "+id)
	has(t, "to release another", i.run(t, 1, "unlock", "prod", "--confirm", "x"), `infra: --confirm says "x", and the lock is "`+id+`": nothing was released`)
	has(t, "to release it", i.run(t, 0, "unlock", "prod", "--confirm", id), "The lock is released.")
	has(t, "to release none", i.run(t, 0, "unlock", "prod"), "The state of prod is not locked.")

	// What a service logs.
	group, stream := "/ecs/order-bot-prod/order-bot-svc", "a"
	must[*cloudwatchlogs.CreateLogStreamOutput](t)(i.aws.Logs.CreateLogStream(t.Context(), &cloudwatchlogs.CreateLogStreamInput{LogGroupName: &group, LogStreamName: &stream}))
	logged := func(ago time.Duration, text string) {
		must[*cloudwatchlogs.PutLogEventsOutput](t)(i.aws.Logs.PutLogEvents(t.Context(), &cloudwatchlogs.PutLogEventsInput{LogGroupName: &group, LogStreamName: &stream,
			LogEvents: []logtypes.InputLogEvent{{Timestamp: aws.Int64(time.Now().Add(-ago).UnixMilli()), Message: &text}}}))
	}
	logged(time.Hour, "an hour ago")
	logged(time.Minute, "a minute ago")
	if output := i.run(t, 0, "logs", "prod", "order-bot-svc"); !strings.Contains(output, "  a minute ago\n") || strings.Contains(output, "an hour ago") {
		t.Errorf("logs:\n%s", output)
	}
	has(t, "logs of two hours", i.run(t, 0, "logs", "prod", "order-bot-svc", "--since", "2h"), "an hour ago", "a minute ago")
	has(t, "logs of none", i.run(t, 1, "logs", "prod", "order-bot"), `infra: prod has no service "order-bot"; it has order-bot-mgmt-svc, order-bot-svc`)
	following(t, i, func() { logged(0, "just now") })

	scales(t, i)

	// A plan that loses something.
	i.give(t, "prod", map[string]any{"orderbot_domain": "shop.example.com", "vpc_id": "vpc-0123456789abcdef0"})
	has(t, "a refused plan", i.run(t, 2, "plan", "prod"), "guard: refused")
	has(t, "a refused deploy", i.run(t, 2, "deploy", "prod", "--yes"), "guard: refused")

	// Host names outside the zone, and a zone that is not there: nothing is deployed, and each is named.
	zone := i.local.Variables["prod"]["hosted_zone_id"].(string)
	i.give(t, "prod", map[string]any{"orderbot_domain": "api.other.org", "orderbot_mgmt_domain": "mgmt.notexample.com"})
	for _, verb := range [][]string{{"plan", "prod"}, {"deploy", "prod", "--yes"}} {
		has(t, "host names outside the zone", i.run(t, 2, verb...), "guard: refused, because AWS would stop half-way:\n",
			"  aws_route53_record.orderbot_alias\n    hosted zone "+zone+": api.other.org is not in this zone, which is example.com: correct the host name, or the id of the zone\n",
			"  aws_route53_record.orderbot_mgmt_alias\n    hosted zone "+zone+": mgmt.notexample.com is not in this zone, which is example.com: correct the host name, or the id of the zone\n")
	}
	i.give(t, "prod", map[string]any{"hosted_zone_id": "Z0123456789"})
	has(t, "a zone that is not there", i.run(t, 2, "plan", "prod"), "hosted zone Z0123456789: this account has no such zone: ")

	// What somebody changed in AWS: a plan says so, and does not take off a protection. The next deploy undoes the rest.
	balancer := must[*elb.DescribeLoadBalancersOutput](t)(i.aws.ELB.DescribeLoadBalancers(t.Context(), &elb.DescribeLoadBalancersInput{Names: []string{"order-bot-prod-alb"}})).LoadBalancers[0].LoadBalancerArn
	protect := func(protected string) {
		must[*elb.ModifyLoadBalancerAttributesOutput](t)(i.aws.ELB.ModifyLoadBalancerAttributes(t.Context(), &elb.ModifyLoadBalancerAttributesInput{LoadBalancerArn: balancer,
			Attributes: []elbtypes.LoadBalancerAttribute{{Key: aws.String("deletion_protection.enabled"), Value: &protected}, {Key: aws.String("idle_timeout.timeout_seconds"), Value: aws.String("90")}}}))
	}
	protect("true")
	must[*elb.AddTagsOutput](t)(i.aws.ELB.AddTags(t.Context(), &elb.AddTagsInput{ResourceArns: []string{*balancer}, Tags: []elbtypes.Tag{{Key: aws.String("Owner"), Value: aws.String("ann")}}}))
	i.give(t, "prod", nil)
	has(t, "changes by hand", i.run(t, 2, "plan", "prod"), "Somebody changed this in AWS, and this plan undoes it:\nchange  aws_lb.alb_load_balancer  enable_deletion_protection true → false, idle_timeout 90 → 60, -tags.Owner\n\n1 to change.\n",
		"  aws_lb.alb_load_balancer\n    would change enable_deletion_protection: ", ". Somebody set it in AWS; to keep it, set Balancer.DeletionProtection in design/environments.go\n")
	protect("false")

	// An image that does not work.
	broken := "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/order-bot-svc:broken"
	i.give(t, "prod", map[string]any{"order_bot_image": broken})
	output = i.run(t, 1, "deploy", "prod", "--yes")
	has(t, "a broken image", output, "The deploy of prod failed.\n  order-bot-svc does not run what was deployed: CannotPullContainerError: ",
		"What is now:\n", "  order-bot-svc runs order-bot-prod-order-bot-svc:1, as before the deploy: 1 of 1 task\n", "What to do:\n  Put in an image that works: ./infra deploy prod. Nothing else is to be repaired.\n")
	report = i.status(t, 2, "prod")
	if svc := service(report, "order-bot-svc"); svc.Rollout != "another revision" || len(svc.Stopped) == 0 || !strings.Contains(svc.Sentence, "order-bot-prod-order-bot-svc:2") || svc.Running != 1 {
		t.Errorf("after a broken image: %+v", svc)
	}
	// One that ends after it has started: ECS would try it for minutes.
	i.give(t, "prod", map[string]any{"order_bot_image": "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/order-bot-svc:crash"})
	const crashed = "the container order-bot-svc ended twice with exit code 1"
	has(t, "an image that crashes", i.run(t, 1, "deploy", "prod", "--yes"), "infra: order-bot-svc: "+crashed+". ECS goes back to order-bot-prod-order-bot-svc:1 …\n",
		"The deploy of prod failed.\n  order-bot-svc does not run what was deployed: "+crashed+"\n", "Error: this container ends by itself, as the tag of its image says.\n",
		"The rollout was stopped, and ECS went back to order-bot-prod-order-bot-svc:1,", "  order-bot-svc runs order-bot-prod-order-bot-svc:1, as before the deploy: 1 of 1 task\n")
	old := service(i.status(t, 2, "prod"), "order-bot-svc")
	if svc := old; svc.Rollout != "another revision" || svc.Revision != "order-bot-prod-order-bot-svc:1" || svc.Running != 1 {
		t.Errorf("after an image that crashes: %+v", svc)
	}
	// ECS has gone back already.
	has(t, "a rollback after ECS went back", i.run(t, 1, "rollback", "prod", "order-bot-svc"), old.Images[0]+"  it has this one now",
		"infra: 123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/order-bot-svc:crash was deployed to order-bot-svc last, and failed. ECS goes back by itself to what it ran before, "+old.Images[0]+",")
	const good = "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/order-bot-svc:good"
	i.give(t, "prod", map[string]any{"order_bot_image": good})
	i.more = []string{"TF_VAR_order_bot_image=" + broken} // the file goes before the environment, at plan and at apply
	has(t, "a good image", i.run(t, 0, "deploy", "prod", "--yes"), "prod is as it should be.\n")
	i.more = nil

	// Back to the image before, without an edit.
	output = i.run(t, 0, "rollback", "prod", "order-bot-svc", "--yes")
	has(t, "a rollback", output, "What order-bot-svc ran in the last 90 days, the latest first:\n", good+"  it has this one now; the repository has it\n", "\nGoing back to "+old.Images[0]+"\n", "prod is as it should be.\n",
		" again. To keep this one, write there: order_bot_image = \""+old.Images[0]+"\"\n")
	for _, bad := range []string{":broken", ":crash"} {
		if strings.Contains(output, "order-bot-svc"+bad+" ") {
			t.Errorf("%s is one of those that worked:\n%s", bad, output)
		}
	}
	same(t, "after the rollback", service(i.status(t, 0, "prod"), "order-bot-svc").Images[0], old.Images[0])
	has(t, "the same rollback once more", i.run(t, 1, "rollback", "prod", "order-bot-svc", "--to", old.Images[0]),
		" again. To keep this one, write there: order_bot_image = \""+old.Images[0]+"\"\n", "infra: order-bot-svc has "+old.Images[0]+" already\n")
	i.give(t, "prod", nil)
	has(t, "the plan with what it says", i.run(t, 0, "plan", "prod"), "No changes.")
	has(t, "another rollback", i.run(t, 1, "rollback", "prod", "order-bot-svc", "--to", "nothing"), "infra: nothing is none of these.")

	runsOnce(t, i)

	// A night with no task is as it should be.
	if actions := must[[]string](t)(i.local.ItIs(t.Context(), "18:00")); len(actions) != 2 {
		t.Fatalf("at 18:00: %v", actions)
	}
	report = i.status(t, 0, "prod", "--wait")
	if svc := service(report, "order-bot-svc"); svc.Desired != 0 || svc.Running != 0 || !report.OK {
		t.Errorf("at night: %+v", svc)
	}
	has(t, "a command at night", i.run(t, 0, "run", "prod", "order-bot-svc", "--yes", "--", "echo", "good night"), "good night\n", "ended with exit code 0.\n")

	interrupted(t, i)
	recoveries(t, i)

	migrates(t, i)
	othersInTheWay(t, i)
	has(t, "a destroy", i.run(t, 0, "destroy", "prod", "--confirm", "prod"), "to destroy.", "prod is destroyed.\n")
	has(t, "a second destroy", i.run(t, 0, "destroy", "prod", "--confirm", "prod"), "prod has nothing to destroy.\n")
}

// withJob puts the job migrate, which runs a command before the service svc gets a new revision, into the text of the environments.
func withJob(t *testing.T, environments, command string) string {
	t.Helper()
	job := `Jobs:[]stacks.Job{{Key: "migrate", Name: "migrate", Before: "svc", Task: ecs.Task{Container: ecs.Container{Command: []string{` + command + `}}}}}`
	changed := strings.Replace(environments, "Jobs:[]stacks.Job(nil)", job, 1)
	if changed == environments {
		t.Fatalf("no place for a job in\n%s", environments)
	}
	return changed
}

// migrates deploys with a job before a service: the first time, with the job and all that it needs; then one that fails, which leaves the service as
// it is, and goes on once it is repaired. A rollback does without.
func migrates(t *testing.T, i *infra) {
	t.Helper()
	const image = "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/order-bot-svc:"
	file := filepath.Join(i.dir, "design", "environments.go")
	before := string(must[[]byte](t)(os.ReadFile(file)))
	design := func(command string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(withJob(t, before, command)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	revision := func() string {
		service := must[*ecs.DescribeServicesOutput](t)(i.aws.ECS.DescribeServices(t.Context(), &ecs.DescribeServicesInput{Cluster: aws.String("order-bot-prod-cluster"), Services: []string{"order-bot-svc"}})).Services[0]
		return (*service.TaskDefinition)[strings.LastIndex(*service.TaskDefinition, "/")+1:]
	}
	first := func(tag string) string {
		return "First the job migrate runs, with the image " + image + tag + ". If it fails, order-bot-svc stays as it is, and so does all that the job does not need.\n\n"
	}

	design(`"echo", "migrated"`)
	i.give(t, "prod", map[string]any{"order_bot_image": image + "m1"})
	has(t, "a migration", i.run(t, 0, "deploy", "prod", "--yes"), first("m1"), "order-bot-svc  new revision: image ", "create  aws_scheduler_schedule.job_migrate_schedule", "aws_scheduler_schedule.job_migrate_schedule: created after ", "infra: migrate: order-bot-prod-migrate:1 runs, with the image "+image+"m1, before order-bot-svc changes.\n",
		"migrate: migrated\n", "infra: migrate: The container migrate ended with exit code 0.\n", "aws_ecs_service.ecs_svc_service: changed after ", "A deploy runs it before order-bot-svc gets a new revision\n", "Note: no task of order-bot-svc runs now, so this deploy did not tell whether "+revision()+" works: ", "prod is as it should be.\n")

	works := revision()
	design(`"echo", "no", "such", "table;", "exit", "3"`)
	i.give(t, "prod", map[string]any{"order_bot_image": image + "m2"})
	has(t, "a migration that fails", i.run(t, 1, "deploy", "prod", "--yes"), first("m2"), "migrate: no such table\n",
		"The deploy of prod failed.\n  the job migrate, order-bot-prod-migrate:2, ended with exit code 3\n    The last lines of its log:\n      no such table\n",
		"What is now:\n", "  order-bot-svc runs "+works+", as before the deploy: ", "What to do:\n", "Correct what migrate does, or its image, and deploy again. It then runs once more: ./infra deploy prod.")
	same(t, "what the service has after a migration that failed", revision(), works)

	design(`"echo", "migrated", "again"`)
	has(t, "its repair", i.run(t, 0, "deploy", "prod", "--yes"), first("m2"), "migrate: migrated again\n", "aws_ecs_service.ecs_svc_service: changed after ", "prod is as it should be.\n")
	if revision() == works {
		t.Errorf("the service still has %s", works)
	}
	output := i.run(t, 0, "rollback", "prod", "order-bot-svc", "--to", image+"m1", "--yes")
	has(t, "a rollback", output, "The job migrate does not run before order-bot-svc gets its new revision. What it did the last time stays.\n", "prod is as it should be.\n")
	if strings.Contains(output, "migrate: ") {
		t.Errorf("a rollback runs the job:\n%s", output)
	}
	i.give(t, "prod", map[string]any{"order_bot_image": image + "m1"})
	has(t, "the plan after the rollback", i.run(t, 0, "plan", "prod"), "No changes.")
}

// deleteRecord deletes the address record of a host name, and returns what creates it again.
func deleteRecord(t *testing.T, i *infra, host string) (restore func()) {
	t.Helper()
	zone := i.local.Variables["prod"]["hosted_zone_id"].(string)
	found := must[*route53.ListResourceRecordSetsOutput](t)(i.aws.Route53.ListResourceRecordSets(t.Context(),
		&route53.ListResourceRecordSetsInput{HostedZoneId: &zone, StartRecordName: &host, StartRecordType: "A", MaxItems: aws.Int32(1)})).ResourceRecordSets
	if len(found) != 1 || *found[0].Name != host+"." {
		t.Fatalf("the record of %s: %+v", host, found)
	}
	do := func(action string) {
		must[*route53.ChangeResourceRecordSetsOutput](t)(i.aws.Route53.ChangeResourceRecordSets(t.Context(), &route53.ChangeResourceRecordSetsInput{
			HostedZoneId: &zone, ChangeBatch: &route53types.ChangeBatch{Changes: []route53types.Change{change(route53types.ChangeAction(action), found[0])}},
		}))
	}
	do("DELETE")
	return func() { do("CREATE") }
}

// following fails the test unless logs --follow shows what is logged meanwhile, and ends with an interrupt.
func following(t *testing.T, i *infra, logIt func()) {
	t.Helper()
	command := i.command(t.Context(), "logs", "prod", "order-bot-svc", "--follow")
	var out lockedBuffer
	command.Stdout, command.Stderr = &out, &out
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the log is followed", func() bool { return strings.Contains(out.String(), "a minute ago") })
	logIt()
	eventually(t, "what is new is shown", func() bool { return strings.Contains(out.String(), "just now") })
	if err := command.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := command.Wait(); err != nil || strings.Count(out.String(), "a minute ago") != 1 {
		t.Errorf("following ended with %v:\n%s", err, out.String())
	}
}

// atATerminal lets a command believe that somebody is at a terminal: what is written to standard input is typed.
const atATerminal = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"

// interrupted fails the test unless a deploy that meets Ctrl-C, and once more without a yes, leaves a state without a
// lock, with which the next deploy goes on.
func interrupted(t *testing.T, i *infra) {
	t.Helper()
	i.give(t, "prod", map[string]any{"order_bot_image": "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/order-bot-svc:v2"})
	reached := i.gate.hold("UpdateService")
	command := i.command(t.Context(), "deploy", "prod", "--yes")
	command.Args = append([]string{"python3", "-c", atATerminal}, command.Args...)
	command.Path = must[string](t)(exec.LookPath("python3"))
	var out lockedBuffer
	command.Stdout, command.Stderr = &out, &out
	keyboard := must[io.WriteCloser](t)(command.StdinPipe())
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-reached:
	case <-time.After(3 * time.Minute):
		t.Fatalf("the deploy does not get to the service:\n%s", out.String())
	}
	said := func(what string) { // at once: the engine may end within a second
		t.Helper()
		for deadline := time.Now().Add(3 * time.Minute); !strings.Contains(out.String(), what); time.Sleep(5 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("it does not say %q:\n%s", what, out.String())
			}
		}
	}
	must[int](t)(io.WriteString(keyboard, "\x03"))
	said("infra: interrupted")
	must[int](t)(io.WriteString(keyboard, "\x03"))
	said("infra: End it at once?")
	_, _ = io.WriteString(keyboard, "no\n") // it may have ended meanwhile
	i.gate.release()
	if err := command.Wait(); err == nil {
		t.Errorf("the interrupted deploy is green:\n%s", out.String())
	}
	state := &project{aws: i.aws, local: i.local}
	if lock := object(t, state, "prod/terraform.tfstate.tflock"); lock != "" {
		t.Errorf("the lock is still there: %s\n%s", lock, out.String())
	}
	if text := object(t, state, "prod/terraform.tfstate"); !strings.Contains(text, "order-bot-svc:v2") {
		t.Errorf("the state lacks what was created before the interrupt:\n%s", out.String())
	}
	has(t, "the deploy after an interrupted one", i.run(t, 0, "deploy", "prod", "--yes"), "aws_ecs_service.ecs_svc_service: changed", "prod is as it should be.\n")
}

// lockedBuffer is a buffer that a process may write to while a test reads.
type lockedBuffer struct {
	mutex  sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(text []byte) (int, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.buffer.Write(text)
}

func (b *lockedBuffer) String() string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.buffer.String()
}
