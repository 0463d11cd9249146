package main

import (
	"context"

	"github.com/order-bot/infra/tool/runtask"
)

// runCommand runs a task once.
type runCommand struct {
	one
	Name      string   `arg:"" help:"The name of a service, whose image, network, environment and secrets the command gets, or of a job, which is done now."`
	Command   []string `arg:"" optional:"" help:"The command, after --. Default for a job: its own one."`
	Container string   `placeholder:"NAME" help:"The container that gets the command. Default: the one that has the service's or the job's name."`
	Yes       bool     `short:"y" env:"INFRA_YES" help:"Do not ask."`
}

// Run says what it will do, asks, runs it and shows its log. It ends with the exit code of the container. Only what the container logs goes to standard
// output.
func (c runCommand) Run(ctx context.Context) error {
	stack, err := c.in(ctx, c.Name, runtask.Names)
	if err != nil {
		return err
	}
	aws := runtask.New(stack.settings)
	task, err := runtask.Of(ctx, aws, stack.state, c.Name, c.Container, c.Command)
	if err != nil {
		return err
	}
	note(task.String())
	if err := answerable(c.Yes, "--yes to run it without; nothing was started"); err != nil {
		return err
	}
	if err := confirm(ctx, c.Yes, "Type yes to run it: ", "yes", "nothing was started"); err != nil {
		return err
	}
	done := waitFor("starting the task")
	defer done()
	defer finishing()()
	code, err := task.Run(ctx, aws, runtask.Output{
		Log:  stdout,
		Say:  func(text string) { note("infra: " + text + ".") },
		Wait: func(what string) { waitFor(what) },
	})
	if err != nil {
		return err
	}
	if code != 0 {
		return exit(code)
	}
	return nil
}
