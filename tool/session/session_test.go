package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/smithy-go"

	"github.com/order-bot/infra/tool/aws/awsapi"
	"github.com/order-bot/infra/tool/aws/ecs"
	"github.com/order-bot/infra/tool/status"
	"github.com/order-bot/infra/tool/tfstate"
)

// fake is an AWS with a service svc.
type fake struct {
	service   ecs.Service
	tasks     []ecs.Task
	actions   []status.Action
	unread    error // of the timetable
	refuses   error // to open
	commanded []string
}

func (f *fake) Service(_ context.Context, cluster, name string, _ ...ecs.Include) (ecs.Service, error) {
	if cluster != arn+"cluster/c" || name != "svc" {
		return ecs.Service{}, fmt.Errorf("no %s in %s", name, cluster)
	}
	return f.service, nil
}

func (f *fake) Tasks(context.Context, string, string, string) ([]ecs.Task, error) {
	return slices.Clone(f.tasks), nil
}

func (f *fake) Timetable(context.Context, string, string) ([]status.Action, error) {
	return f.actions, f.unread
}

func (f *fake) ExecuteCommand(_ context.Context, cluster, task, container, command string) (ecs.Session, error) {
	f.commanded = []string{cluster, task, container, command}
	return ecs.Session(`{"sessionId": "s", "streamUrl": "wss://…", "tokenValue": "secret"}`), f.refuses
}

const arn = "arn:aws:ecs:ap-northeast-1:1:"

func state(t *testing.T) *tfstate.State {
	t.Helper()
	state, err := tfstate.Read([]byte(`{"version": 4, "resources": [{"mode": "managed", "type": "aws_ecs_service", "name": "s", "instances": [{"attributes": {"name": "svc", "cluster": "` + arn + `cluster/c"}}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	return state
}

var now = time.Date(2026, 11, 29, 22, 0, 0, 0, time.FixedZone("JST", 9*60*60))

// task is one that can be entered, so many minutes old.
func task(id string, minutes int) ecs.Task {
	container := func(name string) ecs.RunningContainer {
		return ecs.RunningContainer{Name: name, RuntimeID: id + "-" + name, Agents: []ecs.ManagedAgent{{Name: ecs.ExecuteCommandAgent, LastStatus: ecs.Running}}}
	}
	return ecs.Task{
		ARN: arn + "task/c/" + id, TaskDefinition: arn + "task-definition/prod-svc:12", LastStatus: ecs.Running, Exec: true, Health: "UNKNOWN",
		Created: awsapi.Time{Time: now.Add(-time.Duration(minutes) * time.Minute)}, Containers: []ecs.RunningContainer{container("svc"), container("side")},
	}
}

func newFake(tasks ...ecs.Task) *fake {
	return &fake{service: ecs.Service{Name: "svc", Exec: true, Desired: len(tasks)}, tasks: tasks}
}

// changed is a task with a change.
func changed(task ecs.Task, change func(*ecs.Task)) ecs.Task {
	change(&task)
	return task
}

// agent is what the agent in the container svc of a task is.
func agent(status, reason string) func(*ecs.Task) {
	return func(t *ecs.Task) {
		t.Containers[0].Agents = []ecs.ManagedAgent{{Name: ecs.ExecuteCommandAgent, LastStatus: status, Reason: reason}}
	}
}

func TestFind(t *testing.T) {
	unhealthy := func(t *ecs.Task) { t.Health = "UNHEALTHY" }
	before := func(t *ecs.Task) { t.Exec = false }
	starting := func(t *ecs.Task) { t.LastStatus = "PROVISIONING" }
	for name, c := range map[string]struct {
		tasks  []ecs.Task
		wanted Wanted
		target string
	}{
		"the only one":                 {tasks: []ecs.Task{task("a1", 5)}, target: "ecs:c_a1_a1-svc"},
		"a container beside it":        {tasks: []ecs.Task{task("a1", 5)}, wanted: Wanted{Container: "side"}, target: "ecs:c_a1_a1-side"},
		"the newest one":               {tasks: []ecs.Task{task("a1", 5), task("b1", 2), task("c1", 9)}, target: "ecs:c_b1_b1-svc"},
		"the newest that is healthy":   {tasks: []ecs.Task{task("a1", 5), changed(task("b1", 2), unhealthy)}, target: "ecs:c_a1_a1-svc"},
		"the only one, unhealthy":      {tasks: []ecs.Task{changed(task("b1", 2), unhealthy)}, target: "ecs:c_b1_b1-svc"},
		"the newest to be entered":     {tasks: []ecs.Task{task("a1", 5), changed(task("b1", 2), before), changed(task("c1", 1), agent("PENDING", ""))}, target: "ecs:c_a1_a1-svc"},
		"the newest that runs":         {tasks: []ecs.Task{task("a1", 5), changed(task("b1", 2), starting)}, target: "ecs:c_a1_a1-svc"},
		"a task by its id":             {tasks: []ecs.Task{task("a1", 5), task("b1", 2)}, wanted: Wanted{Task: "a1"}, target: "ecs:c_a1_a1-svc"},
		"by the beginning of the id":   {tasks: []ecs.Task{task("a1", 5), task("b1", 2)}, wanted: Wanted{Task: "a"}, target: "ecs:c_a1_a1-svc"},
		"by its ARN, also unhealthy":   {tasks: []ecs.Task{changed(task("a1", 5), unhealthy), task("b1", 2)}, wanted: Wanted{Task: arn + "task/c/a1"}, target: "ecs:c_a1_a1-svc"},
		"as old as another, each time": {tasks: []ecs.Task{task("b1", 2), task("a1", 2)}, target: "ecs:c_a1_a1-svc"},
	} {
		t.Run(name, func(t *testing.T) {
			c.wanted.Stack, c.wanted.Service = "prod", "svc"
			place, err := Find(t.Context(), newFake(c.tasks...), state(t), c.wanted, now)
			if err != nil || place.Target() != c.target || place.Region() != "ap-northeast-1" {
				t.Errorf("%s in %s, %v", place.Target(), place.Region(), err)
			}
		})
	}
	place, _ := Find(t.Context(), newFake(task("a1", 5), task("b1", 2)), state(t), Wanted{Stack: "prod", Service: "svc"}, now)
	const says = "A session in the container svc of the task b1, one of 2, which is of prod-svc:12 and was started at 2026-11-29 21:58 JST.\n" +
		"It runs as root, sees the secrets of the container, and ends after 20 minutes in which nothing happens."
	if place.String() != says {
		t.Errorf("it says\n%s", place)
	}
}

// Why nobody can enter, and what to do.
func TestNobodyCanEnter(t *testing.T) {
	asleep := func(f *fake) {
		f.actions = []status.Action{
			{Name: "up", Expression: "cron(0 10 * * ? *)", Zone: "Asia/Tokyo", Min: 1, Max: 1}, {Name: "down", Expression: "cron(0 23 * * ? *)", Zone: "Asia/Tokyo"},
		}
	}
	for name, c := range map[string]struct {
		tasks  []ecs.Task
		wanted Wanted
		change func(*fake)
		want   string
	}{
		"no service": {change: func(f *fake) { f.service = ecs.Service{} }, want: "ECS has no service svc: a deploy creates it again"},
		"no Exec": {tasks: []ecs.Task{task("a1", 5)}, change: func(f *fake) { f.service.Exec = false }, want: "nobody can enter the containers of svc: it was deployed without Exec. " +
			"Write Exec: true to its Task in design/services.go, and deploy it: ./infra deploy prod. That replaces its tasks. For a command in a task of its own, Exec is not needed: ./infra run prod svc -- COMMAND"},
		"asleep":       {change: asleep, want: "svc runs no task: it is asleep until 2026-11-30 10:00 JST. To start it now: ./infra wake prod svc"},
		"no timetable": {want: "svc runs no task. To start it now: ./infra wake prod svc"},
		"a timetable of no use": {change: func(f *fake) {
			f.actions = []status.Action{{Expression: "cron(0 23 * * ? *)"}, {Expression: "often", Min: 1}}
		}, want: "svc runs no task. To start it now: ./infra wake prod svc"},
		"a timetable nobody sees": {change: func(f *fake) { asleep(f); f.unread = errors.New("denied") }, want: "svc runs no task. To start it now: ./infra wake prod svc"},
		"all are starting": {tasks: []ecs.Task{changed(task("a1", 0), func(t *ecs.Task) { t.LastStatus = "PENDING" })},
			want: "svc runs no task just now, and should run 1: ./infra status prod says why"},
		"no such task":      {tasks: []ecs.Task{task("a1", 5)}, wanted: Wanted{Task: "b"}, want: "svc runs no task b"},
		"two such tasks":    {tasks: []ecs.Task{task("a1", 5), task("a2", 5)}, wanted: Wanted{Task: "a"}, want: "2 tasks of svc begin with a: say more of the id"},
		"no such container": {tasks: []ecs.Task{task("a1", 5)}, wanted: Wanted{Container: "app"}, want: `task a1: it has no container "app"; it has svc, side`},
		"started before it": {tasks: []ecs.Task{changed(task("a1", 5), func(t *ecs.Task) { t.Exec = false })}, want: "task a1: it was started before the service had Exec. To replace it: ./infra restart prod svc"},
		"the agent starts":  {tasks: []ecs.Task{changed(task("a1", 0), agent("PENDING", ""))}, want: "task a1: the agent in the container svc is being started: do it again in half a minute"},
		"no agent":          {tasks: []ecs.Task{changed(task("a1", 5), func(t *ecs.Task) { t.Containers[0].Agents = nil })}, want: "task a1: the agent in the container svc is not there. " + needs + ". To replace the task: ./infra restart prod svc"},
		"each in its own way": {tasks: []ecs.Task{changed(task("a1", 5), agent("STOPPED", "Received error.")), changed(task("b1", 0), agent("PENDING", ""))}, want: "task b1: the agent in the container svc is being started: do it again in half a minute\n" +
			"task a1: the agent in the container svc is stopped: Received error. " + needs + ". To replace the task: ./infra restart prod svc"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(c.tasks...)
			if c.change != nil {
				c.change(f)
			}
			c.wanted.Stack, c.wanted.Service = "prod", "svc"
			if _, err := Find(t.Context(), f, state(t), c.wanted, now); err == nil || err.Error() != c.want {
				t.Errorf("it says %v\nnot     %s", err, c.want)
			}
		})
	}
}

func TestOpen(t *testing.T) {
	for want, command := range map[string][]string{
		"/bin/sh":                       nil,
		"ls -l /tmp":                    {"ls", "-l", "/tmp"},
		`sh -c 'echo $PORT && true' ''`: {"sh", "-c", "echo $PORT && true", ""},
		`echo 'it'\''s' '#1' 'a\b'`:     {"echo", "it's", "#1", `a\b`},
	} {
		f := newFake(task("a1", 5))
		place, err := Find(t.Context(), f, state(t), Wanted{Stack: "prod", Service: "svc", Container: "side", Command: command}, now)
		if err != nil {
			t.Fatal(err)
		}
		opened, err := place.Open(t.Context(), f)
		if err != nil || !strings.Contains(string(opened), "secret") || !reflect.DeepEqual(f.commanded, []string{arn + "cluster/c", arn + "task/c/a1", "side", want}) {
			t.Errorf("%q: %q, %v", command, f.commanded, err)
		}
	}
	for code, want := range map[string]string{
		"AccessDeniedException":       "api error AccessDeniedException: no. The credentials need the right ecs:ExecuteCommand to the cluster c and its tasks; the role that ./infra roles writes to run commands in prod has it",
		"TargetNotConnectedException": "api error TargetNotConnectedException: no. The agent in the container does not answer. " + needs,
		"ServerException":             "api error ServerException: no",
	} {
		f := newFake(task("a1", 5))
		f.refuses = &smithy.GenericAPIError{Code: code, Message: "no"}
		place, _ := Find(t.Context(), f, state(t), Wanted{Stack: "prod", Service: "svc"}, now)
		if _, err := place.Open(t.Context(), f); err == nil || err.Error() != want {
			t.Errorf("%v", err)
		}
	}
}

// fakePlugin puts a plugin on the PATH, which is nothing else.
func fakePlugin(t *testing.T, script string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), program)
	if script != "" {
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", filepath.Dir(path))
	return path
}

func TestPlugin(t *testing.T) {
	for script, want := range map[string]string{
		"":                    "session-manager-plugin is not on the PATH, and a session needs it; on macOS: brew install --cask session-manager-plugin; on Linux: https://docs.aws.amazon.com/",
		"echo 1.2.497.0":      `has the version "1.2.497.0", and a newer one than 1.2.497.0 is needed`,
		"echo 1.1.999.0":      `has the version "1.1.999.0"`,
		"echo something else": `has the version "something else"`,
		"echo broken; exit 3": "--version: exit status 3: broken",
	} {
		fakePlugin(t, script)
		if _, err := FindPlugin(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", script, err)
		}
	}
	path := fakePlugin(t, `[ "$*" = --version ] && echo 1.2.707.0`)
	t.Setenv("AWS_PROFILE", "work")
	plugin, err := FindPlugin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	f := newFake(task("a1", 5))
	place, err := Find(t.Context(), f, state(t), Wanted{Stack: "prod", Service: "svc"}, now)
	if err != nil {
		t.Fatal(err)
	}
	opened, err := place.Open(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	file, arguments, environment, err := plugin.Program(place, opened)
	want := []string{program, "AWS_SSM_START_SESSION_RESPONSE", "ap-northeast-1", "StartSession", "work", `{"Target":"ecs:c_a1_a1-svc"}`, "https://ssm.ap-northeast-1.amazonaws.com"}
	if err != nil || file != path || !slices.Equal(arguments, want) {
		t.Errorf("%s %q, %v", file, arguments, err)
	}
	given, found := strings.CutPrefix(environment[len(environment)-1], "AWS_SSM_START_SESSION_RESPONSE=")
	if !found || !json.Valid([]byte(given)) || strings.Contains(strings.Join(arguments, " "), "secret") {
		t.Errorf("the session is %q", given)
	}
}
