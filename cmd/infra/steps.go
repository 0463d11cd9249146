package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/order-bot/infra/tool/deploy"
	"github.com/order-bot/infra/tool/observe"
	"github.com/order-bot/infra/tool/planguard"
	"github.com/order-bot/infra/tool/runtask"
	"github.com/order-bot/infra/tool/terminal"
	"github.com/order-bot/infra/tool/tfstate"
)

// runBefore runs a job before a service gets its new revision, and shows its log. It returns an error unless the job ends with exit code 0.
func runBefore(ctx context.Context, step planguard.Step, state *tfstate.State) error {
	settings, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return err
	}
	aws := runtask.New(observe.In(settings, state))
	task, err := runtask.Of(ctx, aws, state, step.Job, "", nil)
	if err != nil {
		return fmt.Errorf("the job %s: %w", step.Job, err)
	}
	say := func(text string) {
		note("infra: " + step.Job + ": " + text + ".")
	}
	say(fmt.Sprintf("%s runs, with the image %s, before %s changes", task.Revision(), task.Image, step.Service))
	done := waitFor("starting the job " + step.Job)
	defer done()
	defer finishing()()
	return task.RunBefore(ctx, aws, runtask.Output{Log: jobLog(step.Job), Say: say, Wait: func(what string) { waitFor(what) }})
}

// jobLog writes lines to standard output with the name of their job.
type jobLog string

func (j jobLog) Write(line []byte) (int, error) {
	_, err := fmt.Fprintf(stdout, "%s: %s", string(j), line)
	return len(line), err
}

// notBegun says why a deploy ended before it changed a service, and what to do.
func (c deployCommand) notBegun(ctx context.Context, stack *deploy.Stack, plan *deploy.Plan, err error) error {
	if beyond := (*deploy.Beyond)(nil); errors.As(err, &beyond) {
		fmt.Fprint(os.Stderr, terminal.Fit(os.Stderr, "infra: "+err.Error()+"\n"))
		return exit(3)
	}
	again := c.again()
	if errors.Is(err, context.Canceled) {
		return fmt.Errorf("the deploy of %s was interrupted before it changed a service. What runs before it runs once more with the next deploy: %s", c.Stack, again)
	}
	if ctx.Err() != nil {
		return err
	}
	if failed := (*runtask.Failed)(nil); errors.As(err, &failed) {
		advice := fmt.Sprintf("Correct what %s does, or its image, and deploy again. It then runs once more: %s. To deploy without it: %[2]s --skip-jobs", failed.Job, again)
		return c.failed(ctx, stack, plan, errors.Join(err, deploy.Advice(advice)), true)
	}
	return c.failed(ctx, stack, plan, owned(ctx, stack, plan, err), true)
}
