package deploy

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/order-bot/infra/tool/engine"
	"github.com/order-bot/infra/tool/progress"
	"github.com/order-bot/infra/tool/stackjson"
	"github.com/order-bot/infra/tool/watch"
)

// Apply applies a plan: the file, not the design as it is by now. One without changes is done. The plan is gone afterwards.
func (s *Stack) Apply(ctx context.Context, plan *Plan, lockTimeout time.Duration) error {
	return s.ApplyWatched(ctx, plan, lockTimeout, nil)
}

// ApplyWatched is Apply, with the rollouts watched that the engine waits for. Nobody watches if rollouts is nil.
func (s *Stack) ApplyWatched(ctx context.Context, plan *Plan, lockTimeout time.Duration, rollouts *watch.Watch) error {
	defer plan.Remove()
	if !plan.Changes {
		return nil
	}
	defer s.waiting("deploying " + s.Name)()
	log := &progress.Log{W: s.log, Brief: s.Brief, Expect: expected(plan.Report), Wait: func(what string, since time.Time) { s.wait(what, since) }}
	arguments := []string{"apply", "-no-color", "-input=false", "-json", "-auto-approve", "-lock-timeout=" + lockTimeout.String()}
	// The plan has all values. But an engine refuses it if the environment has another value than a file had at plan.
	arguments = append(arguments, s.valuesOf(plan)...)
	apply := func(ctx context.Context) error { return plan.scratch.Run(ctx, log, append(arguments, planFile)...) }
	if rollouts == nil {
		return s.unfinished(ctx, plan, log, apply(ctx))
	}
	err := watched(ctx, log, rollouts, apply)
	if err == nil {
		if synthesized, problem := stackjson.Read(s.Dir); problem == nil {
			rollouts.Settle(ctx, synthesized.RolloutTimeout(), func() { s.waiting("waiting for a rollout of " + s.Name) })
		}
	}
	var found []error
	for _, finding := range rollouts.Findings() {
		found = append(found, s.logged(finding))
		log.Forget(finding.Address, finding.Name+" does not run what was deployed")
	}
	if len(found) == 0 || ctx.Err() != nil {
		return s.unfinished(ctx, plan, log, err)
	}
	if err != nil && (log.Err() != nil || engine.Killed(err) || exists(filepath.Join(plan.scratch.Dir, unsaved))) {
		found = append(found, s.unfinished(ctx, plan, log, err)) // something else failed, too
	}
	return errors.Join(found...)
}

// lastLook is how long the last look may take. Somebody may wait for the end of an interrupted command.
const lastLook = 2 * time.Second

// watched applies, and watches meanwhile.
func watched(ctx context.Context, log *progress.Log, rollouts *watch.Watch, apply func(context.Context) error) error {
	ctx, giveUp := context.WithCancel(ctx)
	defer giveUp()
	watching, enough := context.WithCancel(ctx)
	defer enough()
	rollouts.Before(ctx)
	log.Working = rollouts.Working
	done := make(chan struct{})
	go func() {
		defer close(done)
		rollouts.Run(watching, giveUp)
	}()
	err := apply(ctx)
	enough()
	<-done
	last, seen := context.WithTimeout(context.WithoutCancel(ctx), lastLook) // also after Ctrl-C
	defer seen()
	rollouts.Look(last)
	return err
}

// logged adds to a rollout that cannot work where its log is, if that could not be shown: the pipeline may not read it.
func (s *Stack) logged(finding *watch.Finding) error {
	if finding.Container == "" || len(finding.Log) > 0 {
		return finding
	}
	return fmt.Errorf("%w\n  What it logged: ./infra logs %s %s", finding, s.Name, finding.Name)
}
