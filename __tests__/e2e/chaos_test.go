package e2e

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/order-bot/infra/tool/stackjson"
	"github.com/order-bot/infra/tool/tfstate"
)

// How the rounds of TestChaos are chosen: the first seed and how many from there on, for each engine; make chaos sets them. Then a change of prod also
// brings a job that runs before a service, and a rollback, a command that runs once, and scale, restart, sleep and wake are killed, too.
// Without them there are three rounds with fixed seeds, and without those verbs.
const (
	seedVariable   = "CHAOS_SEED"
	roundsVariable = "CHAOS_ROUNDS"
)

// way is how something ends that runs.
type way string

// The ways to end: at once, as a power cut does it; by a signal, as from a pipeline whose job is cancelled or a terminal that is closed,
// with the end at once when it takes long; and by nobody reading what it prints, as after `| head`, which is none.
const (
	powerCut  way = "kill -9"
	cancelled way = "SIGTERM"
	hungUp    way = "SIGHUP"
	unread    way = "a closed output"
)

// ways are as often as they are here.
var ways = []way{cancelled, powerCut, powerCut, hungUp, powerCut, powerCut, unread, powerCut}

// fixed are the rounds of each run of the tests: both stacks, both engines, each way to end, and each kind of moment. None ends a destroy of prod so late
// that the services are deleted and still in the state: each plan then takes two minutes, for which the provider looks for them.
var fixed = []uint64{23, 38, 6}

// tally is what happened in all rounds.
type tally struct {
	mutex                                                                sync.Mutex
	rounds, kills, whileSaving, unlocked, recovered, untainted, requests int
	// ends counts the ways to end.
	ends map[way]int
	// lost is how much AWS holds and the state lacks, or the other way round, after all.
	lost   int
	faults map[fault]int
}

// First deploys, changes, rollbacks and destroys in a bad hour, each killed at some moment: afterwards one recover and one deploy
// leave a plan that is empty, and a state that has all that AWS has.
func TestChaos(t *testing.T) {
	t.Parallel()
	total := &tally{faults: map[fault]int{}, ends: map[way]int{}}
	type round struct {
		binary string
		seed   uint64
	}
	var rounds []round
	if first := os.Getenv(seedVariable); first != "" {
		seed, err := strconv.ParseUint(first, 10, 64)
		if err != nil {
			t.Fatalf("%s: %q is no seed: a whole number, not below 0", seedVariable, first)
		}
		count, err := strconv.ParseUint(os.Getenv(roundsVariable), 10, 16)
		if err != nil || count == 0 {
			t.Fatalf("%s: %q is no number of rounds: a whole number from 1", roundsVariable, os.Getenv(roundsVariable))
		}
		for _, binary := range engines {
			for n := range count {
				rounds = append(rounds, round{binary, seed + n})
			}
		}
	} else {
		for n, seed := range fixed {
			rounds = append(rounds, round{engines[n%len(engines)], seed})
		}
	}
	t.Cleanup(func() {
		t.Logf("%d of %d rounds ended as they have to, %d requests, faults: %s; %d ended (%v, %d of them while saving), %d locks released, %d resources taken in, %d kept that were created in part; lost: %d",
			total.rounds, len(rounds), total.requests, (&faults{count: total.faults}).String(), total.kills, total.ends, total.whileSaving, total.unlocked, total.recovered, total.untainted, total.lost)
	})
	for _, r := range rounds {
		t.Run(fmt.Sprintf("%s/%d", filepath.Base(r.binary), r.seed), func(t *testing.T) {
			t.Parallel()
			chaos(t, r.binary, r.seed, total, os.Getenv(seedVariable) != "")
		})
	}
}

// chaos is one round, of the verbs of the day, too, if they are wanted.
func chaos(t *testing.T, binary string, seed uint64, total *tally, verbs bool) {
	i := newInfra(t, binary)
	// So long a first deploy takes at most, and so many requests it makes. In prod the load balancer takes a minute.
	stack, longest, requests := "prod", 90*time.Second, 250
	if seed%3 == 0 {
		stack, longest, requests = "global", 60*time.Second, 120
	}

	random := func(part uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, part)) }
	// killed is a verb that deploys, killed, and what has to repair it.
	killed := func(longest time.Duration, requests int, part uint64, args ...string) {
		t.Helper()
		i.killed(t, random(part), total, longest, requests, args...)
		i.unlocked(t, total, stack)
		if random(part+4).IntN(2) == 0 {
			i.killed(t, random(part+5), total, longest/6, requests/2, "recover", stack, "--yes")
			i.unlocked(t, total, stack)
		}
		i.recovered(t, total, stack)
		i.run(t, 0, "deploy", stack, "--yes")
		has(t, "the plan after all", i.run(t, 0, "plan", stack), "No changes.")
		total.loses(allIsInTheState(t, i, stack))
	}
	killed(longest, requests, 17, "deploy", stack, "--yes")
	i.changed(t, stack, verbs)
	killed(longest/2, requests/2, 19, "deploy", stack, "--yes")
	if verbs && stack == "prod" {
		killed(longest/2, requests/2, 31, "rollback", stack, "order-bot-svc", "--yes")
		i.ranOnce(t, random(41), total)
		i.byHand(t, random, total)
	}

	i.killed(t, random(18), total, longest/3, requests/2, "destroy", stack, "--confirm", stack)
	i.unlocked(t, total, stack)
	if random(20).IntN(2) == 0 { // a destroy can simply be repeated
		i.recovered(t, total, stack)
	}
	i.run(t, 0, "destroy", stack, "--confirm", stack)
	total.loses(allIsInTheState(t, i, stack))
	nothingIsLeft(t, &project{aws: i.aws, local: i.local})

	if !t.Failed() {
		total.mutex.Lock()
		defer total.mutex.Unlock()
		total.rounds++
	}
}

// loses counts what was lost.
func (l *tally) loses(count int) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.lost += count
}

// changed changes values and the design of a live stack: another host name, and for prod another image and another
// health check, for global one more repository. With verbs, prod also gets a job that runs before the service.
func (i *infra) changed(t *testing.T, stack string, verbs bool) {
	t.Helper()
	certificate := must[*acm.RequestCertificateOutput](t)(i.aws.ACM.RequestCertificate(t.Context(), &acm.RequestCertificateInput{DomainName: aws.String("*.example.com")},
		func(o *acm.Options) { o.Region = "us-east-1" })).CertificateArn
	values, file, from, to := map[string]any{"frontend_domain": "new.example.com", "cloudfront_certificate_arn": *certificate}, "repositories.go", `"order-bot-frontend"`, `"order-bot-frontend", "order-bot-worker"`
	if stack == "prod" {
		values = map[string]any{"orderbot_domain": "new.example.com", "order_bot_image": "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/order-bot-svc:v2"}
		file, from, to = "environments.go", `"/chat/menu/health"`, `"/chat/menu/ready"`
	}
	i.give(t, stack, values)
	path := filepath.Join(i.dir, "design", file)
	before := string(must[[]byte](t)(os.ReadFile(path)))
	after := strings.Replace(before, from, to, 1)
	if after == before {
		t.Fatalf("no %s in %s:\n%s", from, path, before)
	}
	if verbs && stack == "prod" {
		after = withJob(t, after, `"echo", "migrated;", "sleep", "3"`)
	}
	if err := os.WriteFile(path, []byte(after), 0o600); err != nil {
		t.Fatal(err)
	}
}

// ranOnce runs a command once, and it is killed, or not: it was started once at most, also where the answer was lost, it ends, and nothing else is changed.
func (i *infra) ranOnce(t *testing.T, random *rand.Rand, total *tally) {
	t.Helper()
	i.killed(t, random, total, 8*time.Second, 12, "run", "prod", "order-bot-svc", "--yes", "--", "echo", "begun;", "sleep", "3")
	started := func() (all []ecstypes.Task) {
		for _, status := range []ecstypes.DesiredStatus{ecstypes.DesiredStatusRunning, ecstypes.DesiredStatusStopped} {
			listed := must[*ecs.ListTasksOutput](t)(i.aws.ECS.ListTasks(t.Context(), &ecs.ListTasksInput{
				Cluster: aws.String("order-bot-prod-cluster"), StartedBy: aws.String("infra-run"), DesiredStatus: status,
			}))
			if len(listed.TaskArns) > 0 {
				all = append(all, must[*ecs.DescribeTasksOutput](t)(i.aws.ECS.DescribeTasks(t.Context(), &ecs.DescribeTasksInput{
					Cluster: aws.String("order-bot-prod-cluster"), Tasks: listed.TaskArns,
				})).Tasks...)
			}
		}
		return all
	}
	if tasks := started(); len(tasks) > 1 {
		t.Errorf("%d tasks were started by one command: %+v", len(tasks), tasks)
	}
	eventually(t, "the command has ended", func() bool {
		return !slices.ContainsFunc(started(), func(task ecstypes.Task) bool { return *task.LastStatus != "STOPPED" })
	})
	has(t, "the plan after a command", i.run(t, 0, "plan", "prod"), "No changes.")
}

// byHand gives a service other numbers of tasks, and new tasks, and each command is killed, or not: done once more, it does all that it says, and
// nothing else is changed.
func (i *infra) byHand(t *testing.T, random func(uint64) *rand.Rand, total *tally) {
	t.Helper()
	for n, c := range []struct {
		verb, tasks string
		want        int32
	}{{"scale", "2", 2}, {"restart", "", 2}, {"sleep", "", 0}, {"wake", "", 1}} {
		args := slices.DeleteFunc([]string{c.verb, "prod", "order-bot-svc", c.tasks, "--yes"}, func(arg string) bool { return arg == "" })
		i.killed(t, random(uint64(43+n)), total, 4*time.Second, 20, args...)
		i.run(t, 0, args...)
		service := func() ecstypes.Service {
			return must[*ecs.DescribeServicesOutput](t)(i.aws.ECS.DescribeServices(t.Context(), &ecs.DescribeServicesInput{
				Cluster: aws.String("order-bot-prod-cluster"), Services: []string{"order-bot-svc"},
			})).Services[0]
		}
		eventually(t, fmt.Sprintf("after %s, %d tasks run", c.verb, c.want), func() bool {
			is := service()
			return is.DesiredCount == c.want && is.RunningCount == c.want && len(is.Deployments) == 1
		})
		has(t, "the plan after "+c.verb, i.run(t, 0, "plan", "prod"), "No changes.")
	}
}

// killed runs the command, with faults, until it is killed at a random moment: at some time up to the longest, at some
// request up to that number, or while it saves the state.
func (i *infra) killed(t *testing.T, random *rand.Rand, total *tally, longest time.Duration, requests int, args ...string) {
	t.Helper()
	faults := &faults{random: random, stateBucket: i.local.StateBucket, count: map[fault]int{}, afterwards: random.IntN(2) == 0}
	command := i.command(context.WithoutCancel(t.Context()), args...)
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	command.Stdout, command.Stderr = writer, writer
	end, wasKilled := ways[random.IntN(len(ways))], atomic.Bool{}
	var once sync.Once
	kill := func() {
		once.Do(func() {
			wasKilled.Store(true)
			switch end {
			case unread:
				_ = reader.Close()
				return
			case cancelled:
				_ = command.Process.Signal(syscall.SIGTERM)
			case hungUp:
				_ = command.Process.Signal(syscall.SIGHUP)
			default:
				killTree(command.Process.Pid)
				return
			}
			go func() {
				time.Sleep(10 * time.Second)
				killTree(command.Process.Pid)
			}()
		})
	}
	var at time.Duration
	var how string
	saving := false
	switch random.IntN(3) {
	case 0:
		at = time.Duration(random.Int64N(int64(longest)))
		how = fmt.Sprintf("after %.1f s", at.Seconds())
	case 1:
		faults.killAtRequest = 1 + random.IntN(requests)
		how = fmt.Sprintf("at request %d", faults.killAtRequest)
	default:
		faults.killAtSave, saving = 1+random.IntN(2), true
		how = fmt.Sprintf("at save %d", faults.killAtSave)
	}
	faults.kill = kill
	i.gate.meet(faults)
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	_ = writer.Close()
	go func() { // until it ends, or nobody reads any more
		_, _ = io.Copy(io.Discard, reader)
		_ = reader.Close()
	}()
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	if at > 0 {
		select {
		case <-time.After(at):
			kill()
		case err := <-ended:
			ended <- err
		}
	}
	err = <-ended
	faults.end()
	t.Logf("%s %s: to end %s by %s: so it was %t, it ended with %v after %d requests; faults: %s", args[0], args[1], how, end, wasKilled.Load(), err, faults.requests, faults)
	if status, ok := command.ProcessState.Sys().(syscall.WaitStatus); end == unread && ok && status.Signaled() {
		t.Errorf("%s %s: a closed output ended it: %v", args[0], args[1], err)
	}

	total.mutex.Lock()
	defer total.mutex.Unlock()
	total.requests += faults.requests
	for kind, count := range faults.count {
		total.faults[kind] += count
	}
	if wasKilled.Load() {
		total.kills++
		total.ends[end]++
		if saving {
			total.whileSaving++
		}
	}
}

// killTree kills a process and all that it started, as a power cut does.
func killTree(pid int) {
	text, _ := exec.Command("ps", "-axo", "pid=,ppid=").Output()
	children := map[int][]int{}
	for line := range strings.Lines(string(text)) {
		var child, parent int
		if _, err := fmt.Sscan(line, &child, &parent); err == nil {
			children[parent] = append(children[parent], child)
		}
	}
	tree := []int{pid}
	for at := 0; at < len(tree); at++ {
		tree = append(tree, children[tree[at]]...)
	}
	for _, pid := range tree {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
}

var (
	lockID  = regexp.MustCompile(`The lock's id is (\S+)\.`)
	takenIn = regexp.MustCompile(`Taken into the state of \w+: (\d+)\.`)
	kept    = regexp.MustCompile(`(?m)^AWS has these, and something failed after they were created[^\n]*\n((?:  aws_\S+\n)+)`)
)

// unlocked releases the lock, if there is one.
func (i *infra) unlocked(t *testing.T, total *tally, stack string) {
	t.Helper()
	command := i.command(t.Context(), "unlock", stack)
	text, err := command.CombinedOutput()
	if match := lockID.FindStringSubmatch(string(text)); match != nil {
		i.run(t, 0, "unlock", stack, "--confirm", match[1])
		total.mutex.Lock()
		total.unlocked++
		total.mutex.Unlock()
	} else if err != nil {
		t.Fatalf("unlock: %v\n%s", err, text)
	}
}

// recovered takes in what AWS has.
func (i *infra) recovered(t *testing.T, total *tally, stack string) {
	t.Helper()
	output := i.run(t, 0, "recover", stack, "--yes")
	t.Logf("recover %s:\n%s", stack, output)
	total.mutex.Lock()
	defer total.mutex.Unlock()
	if match := takenIn.FindStringSubmatch(output); match != nil {
		count, _ := strconv.Atoi(match[1])
		total.recovered += count
	}
	if match := kept.FindStringSubmatch(output); match != nil {
		total.untainted += strings.Count(match[1], "\n")
	}
}

// allIsInTheState fails the test unless what AWS holds is what the state has, each once. It returns how much one of the two lacks.
func allIsInTheState(t *testing.T, i *infra, stack string) (lost int) {
	t.Helper()
	text := object(t, &project{aws: i.aws, local: i.local}, stack+"/terraform.tfstate")
	state := must[*tfstate.State](t)(tfstate.Read([]byte(text)))
	holds := holdings(t, &project{aws: i.aws, local: i.local})
	for kind, identity := range identities {
		has := map[string]int{}
		for _, held := range holds[kind] {
			has[held]++
		}
		for _, attributes := range state.Resources(kind) {
			var texts []string
			for _, name := range identity {
				texts = append(texts, fmt.Sprint(attributes[name]))
			}
			has[strings.Join(texts, " ")]--
		}
		for what, more := range has {
			if more != 0 {
				t.Errorf("%s %s: AWS holds %d more than the state has", kind, what, more)
				lost += max(more, -more)
			}
		}
	}
	return lost
}

// Each type of the stacks is looked for, except for task definitions, whose revisions stay.
func TestIdentities(t *testing.T) {
	for _, file := range must[[]string](t)(filepath.Glob("../__snapshots__/*.json")) {
		stack := must[*stackjson.Stack](t)(stackjson.Parse(must[[]byte](t)(os.ReadFile(file))))
		for kind := range stack.Resource {
			if kind != "aws_ecs_task_definition" && identities[kind] == nil {
				t.Errorf("%s has the type %s, which nobody looks for", file, kind)
			}
		}
	}
}
