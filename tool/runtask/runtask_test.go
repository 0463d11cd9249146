package runtask

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/order-bot/infra/tool/aws/ecs"
	"github.com/order-bot/infra/tool/tfstate"
)

// moment is what AWS tells at one time.
type moment struct {
	task ecs.Task
	err  error
	log  []string
	// late is what is there only at the second look at the log.
	late []string
	// noLog is why the log cannot be read.
	noLog error
}

// fake is an AWS that goes from moment to moment, one for each look at the task, and stays at the last one.
type fake struct {
	service    ecs.Service
	definition ecs.TaskDefinition
	moments    []moment
	refuses    error // to start
	holds      error // to stop
	notYet     int   // how often it refuses as the roles are not there yet
	running    []ecs.Task
	unlisted   error // why it does not tell what runs
	interrupt  context.CancelFunc
	at         int // the next moment
	shown      int // the moments whose log was read
	started    []ecs.Run
	stopped    []string
	streams    []string
}

func (f *fake) Service(_ context.Context, cluster, name string, _ ...ecs.Include) (ecs.Service, error) {
	if cluster != "arn:cluster/c" || name != "svc" {
		return ecs.Service{}, fmt.Errorf("no %s in %s", name, cluster)
	}
	return f.service, nil
}

func (f *fake) TaskDefinition(context.Context, string, ...ecs.Include) (ecs.TaskDefinition, error) {
	return f.definition, nil
}

func (f *fake) RunTask(_ context.Context, run ecs.Run) (ecs.Task, error) {
	if f.notYet > 0 {
		f.notYet--
		return ecs.Task{}, errors.New("ClientException: ECS was unable to assume the role 'arn:role' that was provided for this task")
	}
	f.started = append(f.started, run)
	return ecs.Task{ARN: "arn:task/c/1", LastStatus: "PROVISIONING"}, f.refuses
}

func (f *fake) Task(ctx context.Context, cluster, arn string) (ecs.Task, error) {
	if cluster != "arn:cluster/c" || arn != "arn:task/c/1" {
		return ecs.Task{}, fmt.Errorf("no %s in %s", arn, cluster)
	}
	if f.at == len(f.moments) && f.interrupt != nil {
		f.interrupt()
		return ecs.Task{}, ctx.Err()
	}
	f.at = min(f.at+1, len(f.moments))
	return f.moments[f.at-1].task, f.moments[f.at-1].err
}

func (f *fake) Tasks(context.Context, string, string, string) ([]ecs.Task, error) {
	return f.running, f.unlisted
}

func (f *fake) StopTask(ctx context.Context, _, arn, reason string) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	f.stopped = append(f.stopped, arn+" "+reason)
	return f.holds
}

func (f *fake) Log(_ context.Context, group, stream, token string) (lines []string, next string, err error) {
	if want := fmt.Sprint(f.shown); token != want && token != "" {
		return nil, token, errors.New("the token is " + token + ", not " + want)
	}
	f.streams = append(f.streams, group+" "+stream)
	if f.shown == f.at && f.at > 0 {
		lines = f.moments[f.at-1].late
		f.moments[f.at-1].late = nil
	}
	for ; f.shown < f.at; f.shown++ {
		lines = append(lines, f.moments[f.shown].log...)
	}
	return lines, fmt.Sprint(f.shown), f.moments[max(f.at, 1)-1].noLog
}

// state has a service svc and a job report.
func state(t *testing.T) *tfstate.State {
	t.Helper()
	state, err := tfstate.Read([]byte(`{"version": 4, "resources": [
		{"mode": "managed", "type": "aws_ecs_service", "name": "s", "instances": [{"attributes": {"name": "svc", "cluster": "arn:cluster/c"}}]},
		{"mode": "managed", "type": "aws_ecs_task_definition", "name": "t", "instances": [{"attributes": {"family": "prod-report", "container_definitions": "[{\"name\": \"report\"}]"}}]},
		{"mode": "managed", "type": "aws_scheduler_schedule", "name": "j", "instances": [{"attributes": {"name": "prod-report", "state": "ENABLED", "target": [{"arn": "arn:cluster/c", "ecs_parameters": [{
			"task_definition_arn": "arn:x/prod-report:7", "launch_type": "FARGATE", "network_configuration": [{"subnets": ["subnet-job"]}]}]}]}}]}
	]}`))
	if err != nil {
		t.Fatal(err)
	}
	return state
}

var place = ecs.Place{Network: ecs.Network{VPC: ecs.VPC{Subnets: []string{"subnet-1"}}}, Strategy: []ecs.Provider{{Name: "FARGATE_SPOT", Weight: 1}}}

// newFake has a service at night, whose task has a container beside it.
func newFake() *fake {
	log := ecs.LogConfiguration{Options: map[string]string{"awslogs-group": "/ecs/svc", "awslogs-stream-prefix": "ecs"}}
	return &fake{
		service: ecs.Service{Name: "svc", Cluster: "arn:cluster/c", TaskDefinition: "arn:x/prod-svc:12", Place: place},
		definition: ecs.TaskDefinition{Status: ecs.Active, Containers: []ecs.Container{
			{Name: "svc", Image: "r/svc:v5", LogConfiguration: log}, {Name: "side", Image: "r/side:v1", Essential: new(bool)}, {Name: "report", Image: "r/svc:v5", LogConfiguration: log},
		}},
	}
}

// Of what a task is, and what it is not.
func TestOf(t *testing.T) {
	if names := Names(state(t)); !reflect.DeepEqual(names, []string{"svc", "report"}) {
		t.Errorf("there are %q", names)
	}
	f := newFake()
	task, err := Of(t.Context(), f, state(t), "svc", "", []string{"./migrate", "up to", ""})
	want := ecs.Run{Cluster: "arn:cluster/c", TaskDefinition: "arn:x/prod-svc:12", StartedBy: "infra-run", Place: place,
		Overrides: ecs.Overrides{Containers: []ecs.Override{{Container: "svc", Command: []string{"./migrate", "up to", ""}}}}}
	if err != nil || !reflect.DeepEqual(task.run, want) {
		t.Errorf("of a service: %+v, %v", task.run, err)
	}
	const says = `A new task of prod-svc:12 runs this in the container svc:
  ./migrate "up to" ""
Its image is r/svc:v5.
It has the network, the environment, the secrets and the rights of svc. It costs what each task of it costs, as long as it runs. The service and its tasks go on.`
	if task.String() != says {
		t.Errorf("it says\n%s", task)
	}

	task, err = Of(t.Context(), f, state(t), "report", "", nil)
	want = ecs.Run{Cluster: "arn:cluster/c", TaskDefinition: "arn:x/prod-report:7", StartedBy: "infra-run", Place: ecs.Place{
		LaunchType: "FARGATE", Network: ecs.Network{VPC: ecs.VPC{Subnets: []string{"subnet-job"}, AssignPublicIP: "DISABLED"}},
	}}
	if err != nil || !task.Job || !reflect.DeepEqual(task.run, want) {
		t.Errorf("of a job: %+v, %v", task.run, err)
	}
	if text := task.String(); !strings.Contains(text, "\n  its own command\n") || !strings.HasSuffix(text, "Its schedule goes on, too: it may start another one meanwhile.") {
		t.Errorf("it says\n%s", text)
	}
	task.off = true
	if text := task.String(); !strings.HasSuffix(text, "as long as it runs. Its schedule is switched off: nothing else starts one.") {
		t.Errorf("switched off, it says\n%s", text)
	}
	task.note = "A deploy runs it before svc gets a new revision."
	if text := task.String(); !strings.HasSuffix(text, "as long as it runs. "+task.note) {
		t.Errorf("before a service, it says\n%s", text)
	}
	if task, err = Of(t.Context(), f, state(t), "svc", "side", []string{"ls"}); err != nil || task.Image != "r/side:v1" || task.run.Overrides.Containers[0].Container != "side" {
		t.Errorf("in another container: %+v, %v", task, err)
	}

	f.definition.Status = "INACTIVE"
	_, err = Of(t.Context(), f, state(t), "svc", "app", nil)
	const problems = `container: prod-svc:12 has no container "app"; it has svc, side, report
revision: prod-svc:12 is INACTIVE, so that ECS starts no task of it: deploy first
command: is required for a service, as its own one never ends: say it after --, such as -- ./migrate up`
	if err == nil || err.Error() != problems {
		t.Errorf("it fails with\n%v", err)
	}
	f.service = ecs.Service{}
	if _, err := Of(t.Context(), f, state(t), "svc", "", []string{"ls"}); err == nil || err.Error() != "ECS has no service svc: a deploy creates it again" {
		t.Errorf("without a service: %v", err)
	}
}

// is is a task in a status; with a code, its container svc has ended.
func is(status string, code ...int) moment {
	task := ecs.Task{ARN: "arn:task/c/1", LastStatus: status, Containers: []ecs.RunningContainer{{Name: "side"}, {Name: "svc"}}}
	if len(code) > 0 {
		task.Containers[1].ExitCode, task.StopCode, task.StoppedReason = &code[0], ecs.EssentialContainerExited, "Essential container in task exited"
	}
	return moment{task: task}
}

func (m moment) logs(lines ...string) moment { m.log = lines; return m }

func (m moment) logsLate(lines ...string) moment { m.late = lines; return m }

func (m moment) because(code ecs.StopCode, reason, container string) moment {
	m.task.StopCode, m.task.StoppedReason, m.task.Containers[1].Reason = code, reason, container
	return m
}

func TestRun(t *testing.T) {
	lost := moment{err: errors.New("no route")}
	const begins = "The task is 1\n"
	for name, c := range map[string]struct {
		moments   []moment
		container string
		refuses   error
		interrupt bool
		holds     error
		// want is the exit code, fails the error, log what the container logged, said what a person reads, and stopped what was told to ECS.
		want       int
		fails      string
		log, said  string
		stopped    []string
		wait       []string
		notStarted bool
	}{
		"it ends well": {
			moments: []moment{is("PENDING"), is(ecs.Running).logs("one", "two"), is(ecs.Running), is("DEPROVISIONING", 0).logs("three"), is(ecs.Stopped, 0).logs("four").logsLate("five")},
			log:     "one\ntwo\nthree\nfour\nfive\n", said: begins + "The container svc ended with exit code 0\n",
			wait: []string{"the task is provisioning", "the task is pending", "svc runs", "the task is deprovisioning"},
		},
		"its exit code": {moments: []moment{is(ecs.Stopped, 3)}, want: 3, said: begins + "It has logged nothing\nThe container svc ended with exit code 3\n"},
		"no memory": {
			moments: []moment{is(ecs.Stopped, 137).logs("a").because(ecs.EssentialContainerExited, "Essential container in task exited", "OutOfMemoryError: Container killed due to memory usage")},
			want:    137, log: "a\n", said: begins + "The container svc ended with exit code 137: OutOfMemoryError: Container killed due to memory usage\n",
		},
		"Spot": {
			moments: []moment{is(ecs.Stopped, 143).logs("a").because("SpotInterruption", "Your Spot Task was interrupted.", "")},
			want:    143, log: "a\n", said: begins + "The container svc ended with exit code 143: Your Spot Task was interrupted\n",
		},
		"an image that is missing": {
			moments: []moment{is("PENDING"), is(ecs.Stopped).because(ecs.TaskFailedToStart, "CannotPullContainerError: r/svc:v5: not found", "")},
			fails:   "the container svc did not run: CannotPullContainerError: r/svc:v5: not found", said: begins,
		},
		"no capacity": {
			moments: []moment{is(ecs.Stopped).because(ecs.TaskFailedToStart, "Capacity is unavailable at this time. Please try again later or in a different availability zone", "")},
			fails:   "the container svc did not run: Capacity is unavailable at this time. Please try again later or in a different availability zone. Run it again in some minutes", said: begins,
		},
		"refused":                 {refuses: errors.New("no right"), fails: "prod-svc:12: no right"},
		"interrupted":             {moments: []moment{is("PENDING"), is(ecs.Running).logs("one")}, interrupt: true, fails: "context canceled", log: "one\n", stopped: []string{"arn:task/c/1 Interrupted"}, said: begins + "The task is stopped: its containers get SIGTERM, and SIGKILL half a minute later\n"},
		"interrupted before":      {interrupt: true, fails: "context canceled", notStarted: true},
		"it cannot be stopped":    {moments: []moment{is(ecs.Running)}, interrupt: true, holds: errors.New("no right"), stopped: []string{"arn:task/c/1 Interrupted"}, said: begins, fails: "the task goes on, as it cannot be stopped: no right. Stop it: aws ecs stop-task --cluster arn:cluster/c --task arn:task/c/1"},
		"not known at first":      {moments: []moment{{}, {}, is(ecs.Stopped, 0).logs("a")}, log: "a\n", said: begins + "The container svc ended with exit code 0\n"},
		"a lost connection":       {moments: []moment{is(ecs.Running), lost, lost, is(ecs.Stopped, 4).logs("a")}, want: 4, log: "a\n", said: begins + "The container svc ended with exit code 4\n"},
		"never known":             {moments: []moment{{}}, said: begins, fails: "ECS does not tell how the task goes: it knows of no such task. It may still run. Stop it: aws ecs stop-task --cluster arn:cluster/c --task arn:task/c/1"},
		"no answer any more":      {moments: []moment{is(ecs.Running), lost}, said: begins, fails: "ECS does not tell how the task goes: no route. It may still run. Stop it: aws ecs stop-task --cluster arn:cluster/c --task arn:task/c/1"},
		"no right to read logs":   {moments: []moment{{task: is(ecs.Running).task, noLog: errors.New("no right")}, {task: is(ecs.Stopped, 0).task, noLog: errors.New("no right")}}, said: begins + "Its log cannot be read just now: no right\nThe container svc ended with exit code 0\n"},
		"another container stays": {container: "side", moments: sideEnds(5), want: 5, stopped: []string{"arn:task/c/1 The command of side has ended"}, said: begins + "The container side does not log to CloudWatch Logs, so its log is not shown\nThe container side ended with exit code 5\n"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				f := newFake()
				f.moments, f.refuses, f.holds = c.moments, c.refuses, c.holds
				if c.interrupt {
					f.interrupt = cancel
				}
				task, err := Of(ctx, f, state(t), "svc", c.container, []string{"ls"})
				if err != nil {
					t.Fatal(err)
				}
				if c.notStarted {
					cancel()
				}
				var log, said bytes.Buffer
				var waits []string
				begun := time.Now()
				code, err := task.Run(ctx, f, Output{Log: &log, Say: func(text string) { fmt.Fprintln(&said, text) }, Wait: func(text string) { waits = append(waits, text) }})
				if err == nil && c.fails != "" || err != nil && err.Error() != c.fails || code != c.want {
					t.Errorf("it ends with %d, %v", code, err)
				}
				if c.interrupt && c.holds == nil && !errors.Is(err, context.Canceled) {
					t.Errorf("it was interrupted: %v", err)
				}
				if log.String() != c.log || said.String() != c.said || !reflect.DeepEqual(f.stopped, c.stopped) {
					t.Errorf("it logs\n%sand says\n%sand stops %q", &log, &said, f.stopped)
				}
				if c.wait != nil && !reflect.DeepEqual(waits, c.wait) {
					t.Errorf("it waits for %q", waits)
				}
				if len(f.started) != 1 != c.notStarted {
					t.Errorf("%d tasks were started", len(f.started))
				}
				for _, stream := range f.streams {
					if stream != "/ecs/svc ecs/svc/1" {
						t.Errorf("it reads %q", stream)
					}
				}
				if took := time.Since(begun); took > 3*time.Minute {
					t.Errorf("it took %s", took)
				}
			})
		})
	}
}

// sideEnds is a task whose container side ends, and which goes on until it is stopped.
func sideEnds(code int) []moment {
	runs, ended := is(ecs.Running), is(ecs.Running)
	ended.task.Containers[0].ExitCode = &code
	stopped := is(ecs.Stopped).because("UserInitiated", "The command of side has ended", "")
	stopped.task.Containers[0].ExitCode = &code
	return []moment{runs, ended, ended, stopped}
}
