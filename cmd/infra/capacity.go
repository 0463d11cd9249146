package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/order-bot/infra/tool/aws/ecs"
	"github.com/order-bot/infra/tool/capacity"
	"github.com/order-bot/infra/tool/observe"
	"github.com/order-bot/infra/tool/rollout"
	"github.com/order-bot/infra/tool/status"
)

// wakeCommand starts what the timetable has stopped.
type wakeCommand struct {
	one
	Service string `arg:"" optional:"" help:"The service's name, as status shows it. Default: all that have a timetable."`
	forAWhile
}

// Run gives services their limits by day.
func (c wakeCommand) Run(ctx context.Context) error {
	return c.change(ctx, c.one, c.Service, capacity.Day)
}

// sleepCommand stops what the timetable has started.
type sleepCommand struct {
	one
	Service string `arg:"" optional:"" help:"The service's name, as status shows it. Default: all that have a timetable."`
	forAWhile
}

// Run stops all tasks of services.
func (c sleepCommand) Run(ctx context.Context) error {
	return c.change(ctx, c.one, c.Service, func([]status.Action) capacity.Limits { return capacity.Limits{} })
}

// scaleCommand gives a service a number of tasks.
type scaleCommand struct {
	one
	Service string `arg:"" help:"The service's name, as status shows it."`
	Tasks   int    `arg:"" help:"How many tasks it runs, 0 to 1000."`
	forAWhile
}

// Run gives the service that many tasks.
func (c scaleCommand) Run(ctx context.Context) error {
	if c.Tasks < 0 || c.Tasks > mostTasks {
		return notAllowed(c.Tasks)
	}
	return c.change(ctx, c.one, c.Service, func([]status.Action) capacity.Limits { return capacity.Limits{Min: c.Tasks, Max: c.Tasks} })
}

// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html (tasks per service on Fargate)
const mostTasks = 1000

func notAllowed(tasks int) error {
	return fmt.Errorf("%d tasks are not allowed (0 to %d)", tasks, mostTasks)
}

// belowZero says that a number of tasks is below 0, which the parser takes for a flag.
func belowZero(args []string) error {
	if len(args) == 0 || args[0] != "scale" {
		return nil
	}
	for _, arg := range args {
		if tasks, err := strconv.Atoi(arg); err == nil && tasks < 0 {
			return notAllowed(tasks)
		}
	}
	return nil
}

// forAWhile is until when a change of the number of tasks holds.
type forAWhile struct {
	Until string `placeholder:"TIME" help:"When it ends: 22:00, or \"2026-11-30 22:00\", in the timetable's zone. Default: when the timetable changes the number."`
	Yes   bool   `short:"y" env:"INFRA_YES" help:"Do not ask."`
}

// change says of services what they get and when that ends, asks, and does it.
func (f forAWhile) change(ctx context.Context, of one, name string, wanted func([]status.Action) capacity.Limits) error {
	stack, services, err := of.services(ctx, name)
	if err != nil {
		return err
	}
	zone, now := observe.Location(stack.state), time.Now()
	until, err := capacity.Until(f.Until, now, zone)
	if err != nil {
		return fmt.Errorf("--until: %w", err)
	}
	type row struct {
		service rollout.Service
		change  capacity.Change
	}
	var rows []row
	var problems []error
	for _, service := range services {
		var change capacity.Change
		actions, err := observe.Timetable(ctx, rollout.In(stack.settings, service.ECS.ARN), service.ECS.Cluster, service.Name)
		if err == nil {
			change, err = capacity.For(actions, wanted, now, until)
		}
		switch {
		case err == nil:
			rows = append(rows, row{service, change})
		case name == "" && errors.Is(err, capacity.ErrNoTimetable): // of all services, those that have one
		default:
			problems = append(problems, fmt.Errorf("%s: %w", service.Name, err))
		}
	}
	if len(rows)+len(problems) == 0 {
		problems = append(problems, fmt.Errorf("no service of %s has a timetable", of.Stack))
	}
	if err := errors.Join(problems...); err != nil {
		return err
	}
	for _, row := range rows {
		say("%s: tasks %d now, %s from now on, and %s from %s on, as the timetable has it.\n",
			row.service.Name, row.service.Running, row.change.Limits, row.change.Back, row.change.Until.In(zone).Format(status.Layout))
	}
	if err := answerable(f.Yes, "--yes to do it without; nothing was changed"); err != nil {
		return err
	}
	if err := confirm(ctx, f.Yes, "Type yes to do this: ", "yes", "nothing was changed"); err != nil {
		return err
	}
	more := false
	for _, row := range rows {
		more = more || row.change.Limits.Min > row.service.Running
		if err := capacity.Apply(ctx, rollout.In(stack.settings, row.service.ECS.ARN), row.service.ECS, row.change); err != nil {
			if ctx.Err() != nil {
				err = errors.New("interrupted, perhaps half-way. Do the same once more: it does what is missing")
			}
			return fmt.Errorf("%s: %w", row.service.Name, err)
		}
	}
	soon := ""
	if more {
		soon = " It takes a minute or two until new tasks serve."
	}
	say("Done.%s A deploy changes nothing of it.", soon)
	return nil
}

// restartCommand starts new tasks of what a service runs.
type restartCommand struct {
	one
	Service string `arg:"" help:"The service's name, as status shows it."`
	Yes     bool   `short:"y" env:"INFRA_YES" help:"Do not ask."`
}

// Run has ECS replace the service's tasks by new ones of the same revision, waits, and shows the status.
func (c restartCommand) Run(ctx context.Context) error {
	stack, services, err := c.services(ctx, c.Service)
	if err != nil {
		return err
	}
	service := services[0]
	if service.Desired == 0 {
		return fmt.Errorf("%s runs no task now, so there is nothing to restart: its next tasks are new ones", service.Name)
	}
	if service.Moving() { // new tasks of it would count as those of that deploy
		return fmt.Errorf("%s is getting another revision just now, %s, and new tasks with it. How that stands: ./infra status %s", service.Name, service.Runs, c.Stack)
	}
	say("%s runs %s. New tasks of this revision take the place of those that run (%d), as in a deploy. They read their secrets anew.\n",
		service.Name, service.Runs, service.Running)
	if err := answerable(c.Yes, "--yes to restart without; nothing was changed"); err != nil {
		return err
	}
	if err := confirm(ctx, c.Yes, "Type yes to restart: ", "yes", "nothing was changed"); err != nil {
		return err
	}
	if err := ecs.New(rollout.In(stack.settings, service.ECS.ARN)).ForceDeployment(ctx, service.ECS.Cluster, service.Name); err != nil {
		if ctx.Err() != nil {
			err = fmt.Errorf("interrupted while it asked for new tasks. Whether they come: ./infra status %s", c.Stack)
		}
		return err
	}
	return c.afterwards(ctx, "ECS gives "+service.Name+" new tasks", statusCommand{one: c.one, Wait: true}.report(ctx, stack.Stack))
}

// services are those of the stack that are in ECS, sorted by name, or the one of that name.
func (o one) services(ctx context.Context, name string) (of *present, all []rollout.Service, err error) {
	if of, err = o.deployed(ctx); err != nil {
		return nil, nil, err
	}
	found, err := rollout.Of(ctx, of.settings, of.state)
	if err != nil {
		return nil, nil, err
	}
	var names []string
	var problems []error
	for _, service := range found {
		names = append(names, service.Name)
		switch {
		case name != "" && name != service.Name:
		case service.ECS.ARN != "":
			all = append(all, service)
		default:
			problems = append(problems, errors.New(service.String()))
		}
	}
	if len(all)+len(problems) == 0 {
		problems = append(problems, noService(o.Stack, name, names))
	}
	if len(all) > 0 {
		return of, all, nil
	}
	return nil, nil, errors.Join(problems...)
}
