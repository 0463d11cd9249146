package runtask

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	smithytime "github.com/aws/smithy-go/time"

	"github.com/order-bot/infra/tool/aws/ecs"
)

const (
	// interval is how often AWS is asked.
	interval = 2 * time.Second
	// patience is for how long it may be that AWS does not tell of a task.
	patience = 2 * time.Minute
	// answers is for how long a call may take that is made to its end, whatever is interrupted.
	answers = 30 * time.Second
)

// Output is where is written what a task does.
type Output struct {
	// Log gets the lines that the container logs, as they are.
	Log io.Writer
	// Say is called with what a person is to read, and Wait with what is waited for from now on.
	Say, Wait func(string)
}

// course is how a task goes.
type course struct {
	Task
	Output
	aws     AWS
	arn     string
	token   string // of the log
	waits   string // what is waited for
	logged  bool
	unread  bool // whether it was said that the log cannot be read
	stopped bool // whether it was told to stop, as its command has ended
}

// Run starts the task, shows its log, and returns the exit code of its container. If ctx ends, it stops the task, says so and returns the error of ctx.
// It returns another error where the container never ran, or where nobody can tell how it ended.
func (t Task) Run(ctx context.Context, aws AWS, to Output) (code int, err error) {
	if ctx.Err() != nil {
		return 0, ctx.Err()
	}
	started, err := t.start(ctx, aws)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", t.Revision(), err)
	}
	c := &course{Task: t, Output: to, aws: aws, arn: started.ARN}
	c.Say("The task is " + started.ID())
	if group, _ := c.log(); group == "" {
		c.Say("The container " + c.Container + " does not log to CloudWatch Logs, so its log is not shown")
	}
	return c.follow(ctx, started)
}

// start starts the task. A role that was created a moment ago cannot be assumed everywhere yet.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
func (t Task) start(ctx context.Context, aws AWS) (ecs.Task, error) {
	for since := time.Now(); ; {
		// One that was started and whose name is not known could not be stopped.
		toItsEnd, done := context.WithTimeout(context.WithoutCancel(ctx), answers)
		t.run.Token = rand.Text()
		started, err := aws.RunTask(toItsEnd, t.run)
		done()
		if err == nil || !strings.Contains(err.Error(), "unable to assume the role") || time.Since(since) >= patience {
			return started, err
		}
		if err := smithytime.SleepWithContext(ctx, interval); err != nil {
			return ecs.Task{}, err
		}
	}
}

// follow waits for the end of the task.
func (c *course) follow(ctx context.Context, task ecs.Task) (code int, err error) {
	for seen := time.Now(); task.LastStatus != ecs.Stopped; {
		if what := c.waitsFor(task); what != c.waits {
			c.waits = what
			c.Wait(what)
		}
		if smithytime.SleepWithContext(ctx, interval) != nil {
			return 0, c.stop(ctx)
		}
		now, err := c.aws.Task(ctx, c.run.Cluster, c.arn)
		if ctx.Err() != nil {
			continue
		}
		c.showLog(ctx)
		switch {
		case err == nil && now.ARN != "":
			seen, task = time.Now(), now
		case time.Since(seen) >= patience:
			if err == nil {
				err = errors.New("it knows of no such task")
			}
			return 0, fmt.Errorf("ECS does not tell how the task goes: %w. It may still run. Stop it: %s", err, c.stopCommand())
		}
		if c.container.Optional() && !c.stopped && task.Container(c.Container).ExitCode != nil {
			c.stopped = c.aws.StopTask(ctx, c.run.Cluster, c.arn, "The command of "+c.Container+" has ended") == nil
		}
	}
	_ = smithytime.SleepWithContext(ctx, interval) // the last lines take a moment
	c.showLog(context.WithoutCancel(ctx))
	return c.end(task)
}

// waitsFor is what is waited for.
func (c *course) waitsFor(task ecs.Task) string {
	if task.LastStatus == ecs.Running {
		return c.Container + " runs"
	}
	return fmt.Sprintf("the task is %s", strings.ToLower(cmp.Or(task.LastStatus, "PROVISIONING")))
}

// stop stops the task, as ctx has ended.
func (c *course) stop(ctx context.Context) error {
	toItsEnd, done := context.WithTimeout(context.WithoutCancel(ctx), answers)
	defer done()
	if err := c.aws.StopTask(toItsEnd, c.run.Cluster, c.arn, "Interrupted"); err != nil {
		return fmt.Errorf("the task goes on, as it cannot be stopped: %w. Stop it: %s", err, c.stopCommand())
	}
	c.Say("The task is stopped: its containers get SIGTERM, and SIGKILL half a minute later")
	return ctx.Err()
}

// stopCommand stops the task by hand.
func (c *course) stopCommand() string {
	return "aws ecs stop-task --cluster " + c.run.Cluster + " --task " + c.arn
}

// showLog writes what was logged since the last time. A log that cannot be read is no reason to end.
func (c *course) showLog(ctx context.Context) {
	group, stream := c.log()
	if group == "" {
		return
	}
	lines, next, err := c.aws.Log(ctx, group, stream, c.token)
	c.token = next
	for _, line := range lines {
		c.logged = true
		fmt.Fprintln(c.Log, line)
	}
	if err != nil && ctx.Err() == nil && !c.unread {
		c.unread = true
		c.Say("Its log cannot be read just now: " + err.Error())
	}
}

// log is where the container logs: a log group and a log stream, "" if that is not CloudWatch Logs.
func (c *course) log() (group, stream string) { return c.container.Log(ecs.Task{ARN: c.arn}.ID()) }

// end says how the task ended, and returns the exit code of its container.
func (c *course) end(task ecs.Task) (code int, err error) {
	ended, why := task.Container(c.Container).ExitCode, task.Container(c.Container).Reason
	// That an essential container has ended is no news. Another reason is one, such as that AWS took the capacity back.
	if task.StopCode != ecs.EssentialContainerExited && !c.stopped || why == "" && ended == nil {
		why = cmp.Or(task.StoppedReason, why)
	}
	if ended == nil {
		return 0, fmt.Errorf("the container %s did not run%s%s", c.Container, because(why), next(why))
	}
	if group, _ := c.log(); !c.logged && !c.unread && group != "" {
		c.Say("It has logged nothing")
	}
	c.Say(fmt.Sprintf("The container %s ended with exit code %d%s", c.Container, *ended, because(why)))
	return *ended, nil
}

// because is a reason after a sentence, or "".
func because(reason string) string {
	if reason == "" {
		return ""
	}
	return ": " + strings.TrimSuffix(reason, ".")
}

// next is what to do where a task does not start for a reason that passes.
// https://repost.aws/knowledge-center/ecs-fargate-runtask-capacity
func next(reason string) string {
	if strings.Contains(reason, "Capacity is unavailable") {
		return ". Run it again in some minutes"
	}
	return ""
}
