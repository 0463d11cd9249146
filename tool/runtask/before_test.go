package runtask

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/order-bot/infra/tool/aws/ecs"
)

// A job that runs before a deploy lets it go on, or says why it does not.
func TestRunBefore(t *testing.T) {
	of := func(m moment) moment { // the container of the job is another one than that of the service
		m.task.Containers[1].Name = "report"
		return m
	}
	const begins = "The task is 1\n"
	var many []string
	for i := range 12 {
		many = append(many, fmt.Sprint("line ", i))
	}
	for name, c := range map[string]struct {
		moments   []moment
		change    func(*fake)
		interrupt bool
		fails     string
		failed    bool
		started   int
	}{
		"it ends well": {moments: []moment{of(is(ecs.Running)).logs("one"), of(is(ecs.Stopped, 0))}, started: 1},
		"it fails": {moments: []moment{of(is(ecs.Stopped, 3)).logs(many...)}, started: 1, failed: true,
			fails: "the job report, prod-report:7, ended with exit code 3\n  The last lines of its log:\n    " + strings.Join(many[2:], "\n    ")},
		"it fails and says nothing": {moments: []moment{of(is(ecs.Stopped, 1))}, started: 1, failed: true, fails: "the job report, prod-report:7, ended with exit code 1"},
		"it never runs": {moments: []moment{of(is(ecs.Stopped)).because(ecs.TaskFailedToStart, "CannotPullContainerError: r: not found", "")}, started: 1,
			fails: "the job report: the container report did not run: CannotPullContainerError: r: not found"},
		"it is not allowed":   {change: func(f *fake) { f.refuses = errors.New("no right") }, started: 1, fails: "the job report: prod-report:7: no right"},
		"roles that are new":  {moments: []moment{of(is(ecs.Stopped, 0))}, change: func(f *fake) { f.notYet = 3 }, started: 1},
		"roles that are none": {change: func(f *fake) { f.notYet = 1000 }, fails: "the job report: prod-report:7: ClientException: ECS was unable to assume the role 'arn:role' that was provided for this task"},
		"another run goes on": {change: func(f *fake) {
			f.running = []ecs.Task{{ARN: "arn:task/c/7", TaskDefinition: "arn:x/prod-svc:1"}, {ARN: "arn:task/c/8", TaskDefinition: "arn:x/prod-report:6"}}
		}, fails: "a run of the job report goes on already, the task 8. Wait for its end, or stop it: aws ecs stop-task --cluster arn:cluster/c --task arn:task/c/8"},
		"tasks of others":            {moments: []moment{of(is(ecs.Stopped, 0))}, change: func(f *fake) { f.running = []ecs.Task{{ARN: "arn:task/c/7", TaskDefinition: "arn:x/prod-svc:1"}} }, started: 1},
		"nobody says what runs":      {change: func(f *fake) { f.unlisted = errors.New("no right") }, fails: "whether another run of the job report goes on: no right"},
		"interrupted":                {moments: []moment{of(is(ecs.Running))}, interrupt: true, started: 1, fails: "the job report: context canceled"},
		"interrupted before a start": {change: func(f *fake) { f.notYet = 1000; f.interrupt() }, interrupt: true, fails: "the job report: context canceled"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				f := newFake()
				f.moments = c.moments
				if c.interrupt {
					f.interrupt = cancel
				}
				if c.change != nil {
					c.change(f)
				}
				task, err := Of(t.Context(), f, state(t), "report", "", nil)
				if err != nil {
					t.Fatal(err)
				}
				var log, said bytes.Buffer
				err = task.RunBefore(ctx, f, Output{Log: &log, Say: func(text string) { fmt.Fprintln(&said, text) }, Wait: func(string) {}})
				failed := (*Failed)(nil)
				if err == nil && c.fails != "" || err != nil && err.Error() != c.fails || errors.As(err, &failed) != c.failed || errors.Is(err, context.Canceled) != c.interrupt {
					t.Errorf("it ends with %v", err)
				}
				if len(f.started) != c.started || c.started > 0 && f.started[0].StartedBy != "infra-deploy" {
					t.Errorf("started is %+v", f.started)
				}
				if c.interrupt != (len(f.stopped) > 0) && c.started > 0 {
					t.Errorf("stopped is %q", f.stopped)
				}
				if name == "it fails" && log.String() != strings.Join(many, "\n")+"\n" || c.started > 0 && f.refuses == nil && !strings.HasPrefix(said.String(), begins) {
					t.Errorf("it logs\n%sand says\n%s", &log, &said)
				}
			})
		})
	}
}
