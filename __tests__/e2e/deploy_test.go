package e2e

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/order-bot/infra/tool/planguard"
)

// The life of the infrastructure, with each engine and each CLI: deployed, looked at, changed, destroyed. This one is for the provider with all
// services, too. Two tests, as parallel subtests would come after all other tests, and most of these is waiting.
func TestLifeWithCDKTF(t *testing.T) {
	t.Parallel()
	life(t, cdktf(t))
}

func TestLifeWithCDKTN(t *testing.T) {
	t.Parallel()
	life(t, cdktn(t))
}

func life(t *testing.T, p *project) {
	// The stacks share nothing, so that they may be deployed at the same time.
	global := deployed(t, p, "global")
	prod := deployed(t, p, "prod")
	for _, err := range []error{<-global, <-prod} {
		if err != nil {
			t.Fatal(err)
		}
	}
	steps{
		{"AWS has what the stacks say", whatExists},
		{"states are where the contract says", states},
		{"a plan after a deploy is empty", planAfterDeploy},
		{"a plan of the same in HCL is empty", planOfHCL},
		{"a new image", newImage},
		{"destroy", destroyed},
	}.run(t, p)
}

// What else happens to the infrastructure, with each engine and each CLI: a deploy that is killed and one that comes at the wrong time, an adoption,
// a state that is lost. What AWS and the provider alone do, nights and a broken image, happens once.
func TestTroubleWithCDKTF(t *testing.T) {
	t.Parallel()
	trouble(t, cdktf(t), "a broken image", brokenImage)
}

func TestTroubleWithCDKTN(t *testing.T) {
	t.Parallel()
	trouble(t, cdktn(t), "the timetable at work", timetable)
}

func trouble(t *testing.T, p *project, name string, once func(*testing.T, *project)) {
	global := deployed(t, p, "global")
	deployKilledAndLocked(t, p)
	if err := <-global; err != nil {
		t.Fatal(err)
	}
	p.engine = attached(t, p.engine, p.local.Environment())
	steps{
		{name, once},
		{"adoption", adoption},
		{"a state that is gone", stateIsGone},
	}.run(t, p)
}

func cdktf(t *testing.T) *project { return newProject(t, "../../node_modules/.bin/cdktf", engines[0]) }

func cdktn(t *testing.T) *project {
	return newProject(t, "node_modules/.bin/cdktn", engines[len(engines)-1])
}

// deployed deploys a stack meanwhile.
func deployed(t *testing.T, p *project, stack string) <-chan error {
	own := *p
	own.pids = t.TempDir() // another stack is being deployed, too
	done := make(chan error, 1)
	go func() {
		output, err := own.deploy(t.Context(), stack)
		if err != nil {
			err = errors.New(output)
		}
		done <- err
	}()
	return done
}

// steps are tests of one deployed project, each on what the ones before it left.
type steps []struct {
	name string
	test func(*testing.T, *project)
}

func (s steps) run(t *testing.T, p *project) {
	t.Helper()
	for _, step := range s {
		if !t.Run(step.name, func(t *testing.T) { step.test(t, p) }) {
			t.FailNow() // what follows would only say the same again
		}
	}
}

// deployKilledAndLocked deploys prod in three attempts: the first is killed half-way, the
// second comes while the first is running, the third completes.
func deployKilledAndLocked(t *testing.T, p *project) {
	t.Helper()
	// The load balancer takes a minute; then the engine saves what it has, and goes on with
	// what is held back here.
	reached := p.gate.hold("Action=CreateListener&", "/rrset")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	first := *p
	first.pids = t.TempDir() // global is being deployed, too
	first.patient = true
	killed := make(chan string, 1)
	go func() {
		output, _ := first.deploy(ctx, "prod")
		killed <- output
	}()
	select {
	case <-reached:
	case output := <-killed:
		t.Fatalf("the deploy ended early:\n%s", output)
	case <-time.After(5 * time.Minute):
		t.Fatal("the deploy does not get past the load balancer")
	}
	eventually(t, "the state of the running deploy has the load balancer", func() bool {
		return strings.Contains(object(t, p, "prod/terraform.tfstate"), "alb_load_balancer")
	})

	// A second deploy meanwhile is refused, and says by whom.
	second := *p
	second.pids = t.TempDir()
	soon, stopWaiting := context.WithTimeout(t.Context(), 2*time.Minute) // without a lock it would hang where the first does
	defer stopWaiting()
	output, err := second.deploy(soon, "prod")
	if err == nil || !strings.Contains(output, "Error acquiring the state lock") {
		t.Errorf("a second deploy at the same time: %v\n%s", err, output)
	}

	first.killEngine(t)
	<-killed
	p.gate.release()

	// What died holds its lock: the next deploy is refused until a person releases it.
	output, err = p.deploy(t.Context(), "prod")
	lock := regexp.MustCompile(`ID:\s+([0-9a-f-]{36})`).FindStringSubmatch(output)
	if err == nil || lock == nil {
		t.Fatalf("a deploy after a killed one: %v\n%s", err, output)
	}
	if err := p.open(t, "prod").ForceUnlock(t.Context(), lock[1]); err != nil {
		t.Fatal(err)
	}
	if output, err := p.deploy(t.Context(), "prod"); err != nil {
		t.Fatalf("the deploy after the killed one: %v\n%s", err, output)
	}
}

func object(t *testing.T, p *project, key string) string {
	t.Helper()
	object, err := p.aws.S3.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &p.local.StateBucket, Key: &key})
	if err != nil {
		return "" // not there yet
	}
	defer func() { _ = object.Body.Close() }()
	text, err := io.ReadAll(object.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func states(t *testing.T, p *project) {
	listed, err := p.aws.S3.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: &p.local.StateBucket})
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, object := range listed.Contents {
		keys = append(keys, *object.Key)
	}
	if got := strings.Join(keys, " "); got != "global/terraform.tfstate prod/terraform.tfstate" {
		t.Errorf("the state bucket has: %s", got)
	}
	for _, key := range keys {
		head, err := p.aws.S3.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &p.local.StateBucket, Key: &key})
		if err != nil || head.ServerSideEncryption != "AES256" {
			t.Errorf("%s is not encrypted: %v", key, err)
		}
	}
}

func planAfterDeploy(t *testing.T, p *project) {
	for _, stack := range []string{"global", "prod"} {
		p.planIsEmpty(t, stack, "after the deploy")
	}
}

// A new image tag replaces one task definition and updates one service, nothing else.
func newImage(t *testing.T, p *project) {
	image := "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/order-bot-svc:v2"
	changed := map[string]any{"order_bot_image": image}
	p.point(t, "prod", changed)
	p.local.Variables["prod"]["order_bot_image"] = image // from here on

	report := planguard.Of(plan(t, p.open(t, "prod")))
	want := []planguard.Change{
		{Action: planguard.Replace, Address: "aws_ecs_task_definition.ecs_svc_task_definition", Type: "aws_ecs_task_definition", Attributes: []string{"container_definitions"}},
		{Action: planguard.Update, Address: "aws_ecs_service.ecs_svc_service", Type: "aws_ecs_service", Attributes: []string{"task_definition"}},
	}
	if !reflect.DeepEqual(report.Changes, want) {
		t.Errorf("a new image changes:\n%+v\nwant:\n%+v", report.Changes, want)
	}
	if refused := report.Refused(nil); len(refused) > 0 {
		t.Errorf("the guard refuses a new image: %v", refused)
	}

	if output, err := p.deploy(t.Context(), "prod"); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	for _, service := range running(t, p) {
		want := map[string]string{"order-bot-svc": ":2", "order-bot-mgmt-svc": ":1"}[*service.ServiceName]
		if !strings.HasSuffix(*service.TaskDefinition, want) {
			t.Errorf("%s runs %s, not revision %s", *service.ServiceName, *service.TaskDefinition, want)
		}
	}
	task, err := p.aws.ECS.DescribeTaskDefinition(t.Context(), &ecs.DescribeTaskDefinitionInput{TaskDefinition: aws.String("order-bot-prod-order-bot-svc:2")})
	if err != nil || *task.TaskDefinition.ContainerDefinitions[0].Image != image {
		t.Errorf("the new revision: %v %v", task, err)
	}
	p.planIsEmpty(t, "prod", "after a new image")
}

// The night stops both services, a deploy in the night wakes nothing, the morning starts them.
// Nothing of that is drift.
func timetable(t *testing.T, p *project) {
	it := func(clock string, want int32, happens ...string) {
		t.Helper()
		same(t, "at "+clock, must[[]string](t)(p.local.ItIs(t.Context(), clock)), happens)
		tasks(t, p, want)
		p.planIsEmpty(t, "prod", "at "+clock)
	}
	it("18:00", 0, "order-bot-mgmt-svc-scale-down", "order-bot-svc-scale-down")

	image := "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/order-bot-svc:v3"
	p.local.Variables["prod"]["order_bot_image"] = image
	p.point(t, "prod", nil)
	if output, err := p.deploy(t.Context(), "prod"); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	tasks(t, p, 0)
	p.planIsEmpty(t, "prod", "after a deploy at night")

	it("10:00", 1, "order-bot-mgmt-svc-scale-up", "order-bot-svc-scale-up")
}

// tasks fails the test unless each service comes to run, and to want, that many tasks.
func tasks(t *testing.T, p *project, want int32) {
	t.Helper()
	eventually(t, fmt.Sprintf("each service runs %d tasks", want), func() bool {
		services := running(t, p)
		return len(services) == 2 && !slices.ContainsFunc(services, func(s ecstypes.Service) bool { return s.DesiredCount != want || s.RunningCount != want })
	})
}

func running(t *testing.T, p *project) []ecstypes.Service {
	t.Helper()
	return must[*ecs.DescribeServicesOutput](t)(p.aws.ECS.DescribeServices(t.Context(), &ecs.DescribeServicesInput{
		Cluster: aws.String("order-bot-prod-cluster"), Services: []string{"order-bot-svc", "order-bot-mgmt-svc"},
	})).Services
}

var colors = regexp.MustCompile("\x1b\\[[0-9;]*m")

// A bad image fails the deploy, with words, while the old tasks go on; the next good one works.
func brokenImage(t *testing.T, p *project) {
	before := must[*ecs.ListTasksOutput](t)(p.aws.ECS.ListTasks(t.Context(), &ecs.ListTasksInput{
		Cluster: aws.String("order-bot-prod-cluster"), ServiceName: aws.String("order-bot-svc"),
	})).TaskArns
	revision := *running(t, p)[0].TaskDefinition

	p.point(t, "prod", map[string]any{"order_bot_image": "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/order-bot-svc:broken"})
	output, err := p.deploy(t.Context(), "prod")
	message := spaces.ReplaceAllString(colors.ReplaceAllString(output, ""), " ")
	if err == nil || !strings.Contains(message, "order-bot-svc does not run what was deployed. The new tasks failed, and ECS went back: it runs the old revision, "+revision) {
		t.Errorf("a broken image: %v\n%s", err, output)
	}
	after := must[*ecs.ListTasksOutput](t)(p.aws.ECS.ListTasks(t.Context(), &ecs.ListTasksInput{
		Cluster: aws.String("order-bot-prod-cluster"), ServiceName: aws.String("order-bot-svc"),
	})).TaskArns
	same(t, "the old tasks", after, before)

	p.local.Variables["prod"]["order_bot_image"] = "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/order-bot-svc:v4"
	p.point(t, "prod", nil)
	if output, err := p.deploy(t.Context(), "prod"); err != nil {
		t.Fatalf("the next good image: %v\n%s", err, output)
	}
	tasks(t, p, 1)
	p.planIsEmpty(t, "prod", "after the next good image")
}
