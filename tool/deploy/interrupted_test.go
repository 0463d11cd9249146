package deploy

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/order-bot/infra/internal/check"
)

// How an apply ended before its time: what was interrupted, what is saved, and what to do next.
func TestUnfinished(t *testing.T) {
	const (
		halts   = `[ "$1" = apply ] && { trap 'echo "{\"type\":\"diagnostic\",\"diagnostic\":{\"severity\":\"error\",\"summary\":\"execution halted\"}}"; exit 1' INT; touch "$FAKE/begun"; while :; do sleep 0.01; done; }`
		unsaves = `[ "$1" = apply ] && { trap 'echo state >errored.tfstate; echo "{\"type\":\"diagnostic\",\"diagnostic\":{\"severity\":\"error\",\"summary\":\"Failed to save state\"}}"; exit 1' INT; touch "$FAKE/begun"; while :; do sleep 0.01; done; }`
		saves   = `[ "$1" = apply ] && { trap 'exit 0' INT; touch "$FAKE/begun"; while :; do sleep 0.01; done; }`
		dies    = `[ "$1" = apply ] && { touch "$FAKE/begun"; kill -9 $$; }`
		fails   = `[ "$1" = apply ] && { echo state >errored.tfstate; exit 1; }`
		diesOf  = `[ "$1" = plan ] && kill -9 $$`
	)
	recovered := Options{Targets: []string{"aws_lb.a"}, Imports: []Import{{Address: "aws_lb.a", ID: "x"}}}
	for name, c := range map[string]struct {
		script    string
		options   Options
		interrupt bool
		want      []string
		kept      bool
	}{
		"a deploy":                  {halts, Options{}, true, []string{"the deploy of prod was interrupted. What it did by then is saved in the state, and the lock is released. Go on: ./infra deploy prod"}, false},
		"a rollback":                {halts, Options{Again: "./infra rollback prod a --to b"}, true, []string{"the deploy of prod was interrupted. What it did by then is saved in the state, and the lock is released. Go on: ./infra rollback prod a --to b"}, false},
		"a destroy":                 {halts, Options{Destroy: true}, true, []string{"the destroy of prod was interrupted. What it did by then is saved in the state, and the lock is released. Go on: ./infra destroy prod"}, false},
		"a recover":                 {halts, recovered, true, []string{"the recover of prod was interrupted. What it did by then is saved in the state, and the lock is released. Go on: ./infra recover prod"}, false},
		"one that was done by then": {saves, Options{}, true, nil, false},
		"one that could not save": {unsaves, Options{}, true, []string{"Failed to save state", "the deploy of prod was interrupted",
			"the state could not be saved: AWS has what the deploy of prod did, and the state lacks it", "Take it in: ./infra recover prod. Then delete cdktf.out/stacks/prod/errored.tfstate, which holds secrets"}, true},
		"a destroy that failed, and could not save": {fails, Options{Destroy: true}, false,
			[]string{"the state could not be saved: AWS has what the destroy of prod did, and the state lacks it", "Take it in: ./infra destroy prod. Then delete cdktf.out/stacks/prod/errored.tfstate, which holds secrets"}, true},
		"a deploy without memory": {dies, Options{}, false,
			[]string{"the deploy of prod was killed from outside, most likely by the kernel, as memory ran out. What it did since the state was last saved is missing there, and its lock stays", "Go on: ./infra unlock prod; ./infra recover prod; ./infra deploy prod"}, false},
		"a destroy without memory": {dies, Options{Destroy: true}, false,
			[]string{"the destroy of prod was killed from outside, most likely by the kernel, as memory ran out. What it did since the state was last saved is missing there, and its lock stays", "Go on: ./infra unlock prod; ./infra destroy prod"}, false},
		"a plan without memory": {diesOf, Options{}, false,
			[]string{"plan of prod was killed from outside, most likely by the kernel, as memory ran out. Release the lock that it may have left, and do the same once more: ./infra unlock prod"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			stack, fake, _ := withFake(t, c.script)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			plan, err := stack.Plan(ctx, c.options)
			if err == nil {
				if c.interrupt {
					go func() {
						for ; !exists(filepath.Join(fake, "begun")); time.Sleep(5 * time.Millisecond) {
						}
						time.Sleep(50 * time.Millisecond)
						cancel()
					}()
				}
				err = stack.Apply(ctx, plan, 0)
			}
			got := check.Lines(err)
			if len(got) != len(c.want) {
				t.Fatalf("it says %q, not %q", got, c.want)
			}
			for i, want := range c.want {
				if got[i] != want {
					t.Errorf("it says\n%s, not\n%s", got[i], want)
				}
			}
			// A report of a failure has what to do at its end, in the place of what it says otherwise.
			if next := Advice(""); errors.As(err, &next) != (len(c.want) > 1) || next != "" && string(next) != c.want[len(c.want)-1] {
				t.Errorf("to do is %q", next)
			}
			if names := besides(t, stack); c.kept != (len(names) == 1) {
				t.Errorf("there are %q", names)
			}
		})
	}
}

// What was interrupted before the engine was started has changed nothing, and says no more than that.
func TestInterruptedBefore(t *testing.T) {
	stack, _, _ := withFake(t, "")
	ctx, cancel := context.WithCancel(t.Context())
	plan, err := stack.Plan(ctx, Options{})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := stack.Apply(ctx, plan, 0); err == nil || err.Error() != "the deploy of prod was interrupted before it changed anything. Go on: ./infra deploy prod" {
		t.Error(err)
	}
}

// Plans hold secrets: who ends before it is done leaves none.
func TestRemovePlans(t *testing.T) {
	stack, _, _ := withFake(t, "")
	plan, err := stack.Plan(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(plan.scratch.Dir); err != nil {
		t.Fatal(err)
	}
	RemovePlans()
	if names := besides(t, stack); len(names) != 0 {
		t.Errorf("there are %q", names)
	}
}
