package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"syscall"
	"time"

	"github.com/order-bot/infra/tool/demo"
	"github.com/order-bot/infra/tool/observe"
	"github.com/order-bot/infra/tool/session"
)

// execCommand opens a shell in a running container.
type execCommand struct {
	one
	Service   string   `arg:"" help:"The service's name, as status shows it. It needs Exec in the design."`
	Command   []string `arg:"" optional:"" help:"The command, after --. Default: /bin/sh."`
	Task      string   `placeholder:"ID" help:"The task, by its id or the beginning of it. Default: of several, the newest one that is not unhealthy."`
	Container string   `placeholder:"NAME" help:"The container. Default: the one that has the service's name."`
}

// Run opens the session, and becomes the session manager plugin: what is typed, Ctrl-C too, goes to the session, and the exit status is that of the plugin.
func (c execCommand) Run(ctx context.Context) error {
	if !asking() {
		return errors.New("this is no terminal, and a session needs one. For a command without one: ./infra run STACK SERVICE -- COMMAND")
	}
	plugin, err := session.FindPlugin(ctx)
	if err != nil {
		return err
	}
	stack, err := c.in(ctx, c.Service, observe.Services)
	if err != nil {
		return err
	}
	aws := session.New(stack.settings)
	wanted := session.Wanted{Stack: c.Stack, Service: c.Service, Task: c.Task, Container: c.Container, Command: c.Command}
	place, err := session.Find(ctx, aws, stack.state, wanted, time.Now().In(observe.Location(stack.state)))
	if err != nil {
		return err
	}
	if demo.Inside() {
		return fmt.Errorf("the local AWS runs no container, so there is nothing to enter in the task %s; in AWS, this opens a session", place.In.ID())
	}
	note(place.String())
	opened, err := place.Open(ctx, aws)
	if err != nil {
		return err
	}
	path, arguments, environment, err := plugin.Program(place, opened)
	if err != nil {
		return err
	}
	if runtime.GOOS == "windows" {
		return errors.New("a session needs Linux or macOS; on Windows, the Windows Subsystem for Linux")
	}
	stdout.Clear()
	return syscall.Exec(path, arguments, environment)
}
