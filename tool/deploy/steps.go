package deploy

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/order-bot/infra/tool/planguard"
	"github.com/order-bot/infra/tool/tfstate"
)

// Beyond is what AWS or the inputs have become since a plan was shown: a part of it would do more than was seen.
type Beyond struct {
	// Lines say what is different, a line each.
	Lines []string
	// Ran tells that the jobs had run by then.
	Ran bool
}

func (b *Beyond) Error() string {
	text := "the plan is another one than was shown, so nothing was deployed"
	if b.Ran {
		text = "the jobs have run, and what is left to do is something else than was shown, so it was not done"
	}
	return text + ":\n  " + strings.Join(b.Lines, "\n  ")
}

// ApplySteps does what comes first in a plan, and returns the plan of what is left; the plan itself, as it is, where nothing comes first.
//
// A job runs with the new image, and its revision has to be registered before that. So first this part of the plan is applied: the schedules of the
// jobs and what they need, which no service runs yet. Then run runs each job. If it returns an error, nothing else is done. At last the rest is planned,
// as the saved plan is stale by then. Neither the part nor the rest may do anything that the whole plan did not show: otherwise the error is a *Beyond.
//
// A deploy that ends in between leaves nothing to repair: as long as the service lacks its revision, the next one begins with the job again.
func (s *Stack) ApplySteps(ctx context.Context, whole *Plan, lockTimeout time.Duration, run func(context.Context, planguard.Step, *tfstate.State) error) (rest *Plan, err error) {
	if len(whole.Steps) == 0 {
		return whole, nil
	}
	defer whole.Remove()
	options := whole.options
	options.Text, options.Keep, options.LockTimeout = false, false, lockTimeout
	only := options
	for _, step := range whole.Steps {
		only.Targets = append(only.Targets, step.Schedule)
	}
	part, err := s.partOf(ctx, whole, only)
	if err != nil {
		return nil, err
	}
	if err := s.Apply(ctx, part, lockTimeout); err != nil {
		return nil, err
	}
	state, err := s.State(ctx)
	if err != nil {
		return nil, err
	}
	for _, step := range whole.Steps {
		if err := run(ctx, step, state); err != nil {
			return nil, err
		}
	}
	rest, err = s.partOf(ctx, whole, options)
	if beyond := (*Beyond)(nil); errors.As(err, &beyond) {
		beyond.Ran = true
	}
	return rest, err
}

// partOf plans a part of a plan that a person has seen.
func (s *Stack) partOf(ctx context.Context, whole *Plan, options Options) (*Plan, error) {
	part, err := s.Plan(ctx, options)
	if err != nil {
		return nil, err
	}
	part.verb, part.Rewritten, part.Warned = whole.verb, whole.Rewritten, whole.Warned
	if lines := planguard.Beyond(part.Shown, whole.Shown); len(lines) > 0 {
		part.Remove()
		return nil, &Beyond{Lines: lines}
	}
	return part, nil
}
