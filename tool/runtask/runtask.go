// Package runtask runs one task that no service keeps: a command with the image of a service, in its network and with its rights, or a job now.
// It shows the log, and waits for the end.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/standalone-task-create.html
package runtask

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/order-bot/infra/internal/check"
	"github.com/order-bot/infra/tool/aws/ecs"
	"github.com/order-bot/infra/tool/observe"
	"github.com/order-bot/infra/tool/tfstate"
)

// AWS is what is asked and told: ECS itself, and more. New returns the one that there is.
type AWS interface {
	Service(ctx context.Context, cluster, name string, include ...ecs.Include) (ecs.Service, error)
	TaskDefinition(ctx context.Context, name string, include ...ecs.Include) (ecs.TaskDefinition, error)
	RunTask(ctx context.Context, run ecs.Run) (ecs.Task, error)
	Task(ctx context.Context, cluster, arn string) (ecs.Task, error)
	Tasks(ctx context.Context, cluster, service, status string) ([]ecs.Task, error)
	StopTask(ctx context.Context, cluster, arn, reason string) error
	// Log returns the lines of a log stream from a token on, and the token of those that come then. The token "" is for all of them. A stream that
	// is not there has no lines.
	Log(ctx context.Context, group, stream, token string) (lines []string, next string, err error)
}

// Task is a task that is to run.
type Task struct {
	// Of is the name of the service or the job. Job tells which of the two it is.
	Of  string
	Job bool
	// Container is the one whose command it is, Image that container's, and Command another command than the revision's. Nil is for that one.
	Container, Image string
	Command          []string

	run       ecs.Run
	off       bool   // whether the job's schedule is switched off
	note      string // what the schedule says of itself
	container ecs.Container
}

// Names are the services and the jobs of a state, of which a task can be run.
func Names(state *tfstate.State) (all []string) {
	all = observe.Services(state)
	for _, job := range observe.Jobs(state) {
		all = append(all, job.Name)
	}
	return all
}

// Of returns the task of a service or a job of a state, one of Names: of the revision that the service has now, also where it has no task just now,
// or of the job's. container is the one that gets the command; "" is for the one that has the service's or the job's name. The command of a service
// cannot be nil: its own one never ends. It returns an error that says all that is wrong, or that AWS does not answer.
func Of(ctx context.Context, aws AWS, state *tfstate.State, name, container string, command []string) (Task, error) {
	task := Task{Of: name, Container: cmp.Or(container, name), Command: command}
	task.run.StartedBy = "infra-run"
	if cluster := observe.ClusterOf(state, name); cluster != "" {
		service, err := aws.Service(ctx, cluster, name)
		if err != nil {
			return task, err
		}
		if service.Name == "" {
			return task, fmt.Errorf("ECS has no service %s: a deploy creates it again", name)
		}
		task.run.Cluster, task.run.TaskDefinition, task.run.Place = service.Cluster, service.TaskDefinition, service.Place
	}
	for _, job := range observe.Jobs(state) {
		if job.Name == name {
			task.Job, task.off, task.note = true, job.Off, job.Note
			task.run.Cluster, task.run.TaskDefinition, task.run.Place = job.Cluster, job.TaskDefinition, job.Place
		}
	}
	definition, err := aws.TaskDefinition(ctx, task.run.TaskDefinition)
	if err != nil {
		return task, err
	}
	return task, task.with(definition)
}

// with takes from the revision what the task needs of it.
func (t *Task) with(definition ecs.TaskDefinition) error {
	var p check.Problems
	t.container = definition.Container(t.Container)
	t.Image = t.container.Image
	if t.container.Name == "" {
		var names []string
		for _, container := range definition.Containers {
			names = append(names, container.Name)
		}
		p.Addf("container", "%s has no container %q; it has %s", t.Revision(), t.Container, strings.Join(names, ", "))
	}
	if definition.Status != ecs.Active {
		p.Addf("revision", "%s is %s, so that ECS starts no task of it: deploy first", t.Revision(), definition.Status)
	}
	if t.Command == nil && !t.Job {
		p.Addf("command", "is required for a service, as its own one never ends: say it after --, such as -- ./migrate up")
	}
	if t.Command != nil {
		t.run.Overrides.Containers = []ecs.Override{{Container: t.Container, Command: t.Command}}
	}
	return p.Err()
}

// Revision is the one of which it is, such as "order-bot-prod-order-bot-svc:12".
func (t Task) Revision() string { return ecs.LastPart(t.run.TaskDefinition) }

// String says what it will do, in sentences.
func (t Task) String() string {
	command := "its own command"
	if t.Command != nil {
		command = ""
		for _, word := range t.Command {
			if strings.ContainsAny(word, " \t\n\"'") || word == "" {
				word = strconv.Quote(word)
			}
			command += " " + word
		}
	}
	rest := "The service and its tasks go on."
	switch {
	case t.off && t.note != "":
		rest = t.note
	case t.off:
		rest = "Its schedule is switched off: nothing else starts one."
	case t.Job:
		rest = "Its schedule goes on, too: it may start another one meanwhile."
	}
	return fmt.Sprintf("A new task of %s runs this in the container %s:\n  %s\nIts image is %s.\nIt has the network, the environment, the secrets and the rights of %s. It costs what each task of it costs, as long as it runs. %s",
		t.Revision(), t.Container, strings.TrimSpace(command), t.Image, t.Of, rest)
}
