// Package session opens a shell, or another command, in a running container of a service. ECS has an agent in the container for that, and people a plugin
// on their machine, which talk to each other through Systems Manager.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html
package session

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/order-bot/infra/tool/aws/awsapi"
	"github.com/order-bot/infra/tool/aws/ecs"
	"github.com/order-bot/infra/tool/observe"
	"github.com/order-bot/infra/tool/status"
	"github.com/order-bot/infra/tool/tfstate"
	"github.com/order-bot/infra/tool/timetable"
)

// AWS is what is asked and told: ECS itself, and the timetable. New returns the one that there is.
type AWS interface {
	Service(ctx context.Context, cluster, name string, include ...ecs.Include) (ecs.Service, error)
	Tasks(ctx context.Context, cluster, service, status string) ([]ecs.Task, error)
	ExecuteCommand(ctx context.Context, cluster, task, container, command string) (ecs.Session, error)
	// Timetable returns the scheduled actions of a service.
	Timetable(ctx context.Context, cluster, service string) ([]status.Action, error)
}

// Wanted is where somebody wants to go.
type Wanted struct {
	// Stack is the stack, and Service the name of a service that its state has.
	Stack, Service string
	// Task is the id of a task, or its beginning. Default: the only one; of several, the newest one that is not unhealthy.
	Task string
	// Container is the name of a container. Default: the one that has the service's name.
	Container string
	// Command are the words of the command. Default: /bin/sh.
	Command []string
}

// Place is a container in a task, which can be entered.
type Place struct {
	Wanted
	// In is the task, and Others is how many more tasks of the service run.
	In     ecs.Task
	Others int

	cluster   string
	container ecs.RunningContainer
	now       time.Time
}

// Find returns the container that is wanted. It returns an error that says what to do where there is no such one, or where nobody can enter it, or
// that AWS does not answer. Times are told in the time zone of now.
func Find(ctx context.Context, aws AWS, state *tfstate.State, wanted Wanted, now time.Time) (Place, error) {
	wanted.Container = cmp.Or(wanted.Container, wanted.Service)
	if len(wanted.Command) == 0 {
		wanted.Command = []string{"/bin/sh"}
	}
	place := Place{Wanted: wanted, cluster: observe.ClusterOf(state, wanted.Service), now: now}
	service, err := aws.Service(ctx, place.cluster, wanted.Service)
	switch {
	case err != nil:
		return place, err
	case service.Name == "":
		return place, fmt.Errorf("ECS has no service %s: a deploy creates it again", wanted.Service)
	case !service.Exec:
		return place, fmt.Errorf("nobody can enter the containers of %s: it was deployed without Exec. Write Exec: true to its Task in design/services.go, and deploy it: ./infra deploy %[2]s. "+
			"That replaces its tasks. For a command in a task of its own, Exec is not needed: ./infra run %[2]s %[1]s -- COMMAND", wanted.Service, wanted.Stack)
	}
	all, err := aws.Tasks(ctx, place.cluster, wanted.Service, ecs.Running)
	if err != nil {
		return place, err
	}
	running := slices.DeleteFunc(all, func(task ecs.Task) bool { return task.LastStatus != ecs.Running })
	if len(running) == 0 {
		return place, place.nobody(ctx, aws, service)
	}
	return place.in(running)
}

// nobody says why no task runs, and what to do.
func (p Place) nobody(ctx context.Context, aws AWS, service ecs.Service) error {
	if service.Desired > 0 {
		return fmt.Errorf("%s runs no task just now, and should run %d: ./infra status %s says why", p.Service, service.Desired, p.Stack)
	}
	asleep := ""
	if actions, err := aws.Timetable(ctx, p.cluster, p.Service); err == nil { // who may not read it learns the rest
		if at := p.wakes(actions); !at.IsZero() {
			asleep = ": it is asleep until " + p.told(at)
		}
	}
	return fmt.Errorf("%s runs no task%s. To start it now: ./infra wake %[3]s %[1]s", p.Service, asleep, p.Stack)
}

// wakes is when a timetable starts tasks next, or zero.
func (p Place) wakes(actions []status.Action) (first time.Time) {
	for _, action := range actions {
		at, err := timetable.Next(action.Expression, action.Zone, p.now)
		if err == nil && action.Min > 0 && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	return first
}

// told is how a person reads a time.
func (p Place) told(t time.Time) string { return t.In(p.now.Location()).Format(status.Layout) }

// in chooses a task.
func (p Place) in(running []ecs.Task) (Place, error) {
	p.Others = len(running) - 1
	if p.Task != "" {
		running = slices.DeleteFunc(slices.Clone(running), func(task ecs.Task) bool { return !strings.HasPrefix(task.ID(), ecs.LastPart(p.Task)) })
		switch len(running) {
		case 0:
			return p, fmt.Errorf("%s runs no task %s", p.Service, p.Task)
		case 1:
		default:
			return p, fmt.Errorf("%d tasks of %s begin with %s: say more of the id", len(running), p.Service, p.Task)
		}
	}
	slices.SortFunc(running, func(a, b ecs.Task) int {
		return cmp.Or(cmp.Compare(unhealthy(a), unhealthy(b)), b.Created.Compare(a.Created.Time), cmp.Compare(a.ARN, b.ARN))
	})
	var problems []error
	for _, task := range running {
		container, err := p.enterable(task)
		if err == nil {
			p.In, p.container = task, container
			return p, nil
		}
		problems = append(problems, fmt.Errorf("task %s: %w", task.ID(), err))
	}
	return p, errors.Join(problems...)
}

func unhealthy(task ecs.Task) int {
	if task.Health == "UNHEALTHY" {
		return 1
	}
	return 0
}

// enterable returns the wanted container of a task, or why nobody can enter it.
func (p Place) enterable(task ecs.Task) (ecs.RunningContainer, error) {
	container := task.Container(p.Container)
	if container.Name == "" {
		var names []string
		for _, container := range task.Containers {
			names = append(names, container.Name)
		}
		return container, fmt.Errorf("it has no container %q; it has %s", p.Container, strings.Join(names, ", "))
	}
	replace := "./infra restart " + p.Stack + " " + p.Service
	if !task.Exec {
		return container, fmt.Errorf("it was started before the service had Exec. To replace it: %s", replace)
	}
	agent := ecs.ManagedAgent{LastStatus: "not there"}
	for _, managed := range container.Agents {
		if managed.Name == ecs.ExecuteCommandAgent {
			agent = managed
		}
	}
	switch {
	case agent.LastStatus == "PENDING":
		return container, fmt.Errorf("the agent in the container %s is being started: do it again in half a minute", p.Container)
	case agent.LastStatus != ecs.Running || container.RuntimeID == "":
		why := ""
		if agent.Reason != "" {
			why = ": " + strings.TrimSuffix(agent.Reason, ".")
		}
		return container, fmt.Errorf("the agent in the container %s is %s%s. %s. To replace the task: %s",
			p.Container, strings.ToLower(agent.LastStatus), why, needs, replace)
	}
	return container, nil
}

// needs is what the agent needs.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html (considerations)
const needs = "It needs a way to Systems Manager (without NAT, the endpoint ssmmessages), a root file system that can be written to, and some memory"

// Open starts the command in the container.
func (p Place) Open(ctx context.Context, aws AWS) (ecs.Session, error) {
	opened, err := aws.ExecuteCommand(ctx, p.cluster, p.In.ARN, p.Container, quoted(p.Command))
	switch {
	case awsapi.IsCode(err, "AccessDeniedException"):
		return nil, fmt.Errorf("%w. The credentials need the right ecs:ExecuteCommand to the cluster %s and its tasks; the role that ./infra roles writes to run commands in %s has it",
			err, ecs.LastPart(p.cluster), p.Stack)
	case awsapi.IsCode(err, ecs.TargetNotConnected):
		return nil, fmt.Errorf("%w. The agent in the container does not answer. %s", err, needs)
	}
	return opened, err
}

// Target is what Systems Manager calls the container.
func (p Place) Target() string {
	return fmt.Sprintf("ecs:%s_%s_%s", ecs.LastPart(p.cluster), p.In.ID(), p.container.RuntimeID)
}

// Region is the one of the task.
func (p Place) Region() string { return strings.Split(p.In.ARN, ":")[3] }

// String says where the session is, in sentences.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html (considerations)
func (p Place) String() string {
	others := ""
	if p.Others > 0 && p.Task == "" {
		others = fmt.Sprintf(", one of %d", p.Others+1)
	}
	return fmt.Sprintf("A session in the container %s of the task %s%s, which is of %s and was started at %s.\n"+
		"It runs as root, sees the secrets of the container, and ends after 20 minutes in which nothing happens.",
		p.Container, p.In.ID(), others, ecs.LastPart(p.In.TaskDefinition), p.told(p.In.Created.Time))
}

// plain are the words that a shell takes as they are.
var plain = regexp.MustCompile(`^[A-Za-z0-9_@%+=:,./-]+$`)

// quoted is a command whose words a shell splits as they are.
func quoted(words []string) string {
	var all []string
	for _, word := range words {
		if !plain.MatchString(word) {
			word = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
		}
		all = append(all, word)
	}
	return strings.Join(all, " ")
}
