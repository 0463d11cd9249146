package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/order-bot/infra/internal/check"
	"github.com/order-bot/infra/tool/deploy"
)

// A deploy that ends before it changed a service says so, and programs see by the exit status whether the plan has become another one.
func TestNotBegun(t *testing.T) {
	c := deployCommand{planning: planning{one: one{"prod"}}}
	interrupted, cancel := context.WithCancel(t.Context())
	cancel()
	saved := errors.New("the deploy of prod was interrupted. What it did by then is saved in the state, and the lock is released")
	for name, tc := range map[string]struct {
		ctx  context.Context
		err  error
		want []string
	}{
		"another plan":       {t.Context(), fmt.Errorf("prod: %w", &deploy.Beyond{Lines: []string{"aws_lb.a: only now"}}), []string{"exit status 3"}},
		"while the job runs": {interrupted, fmt.Errorf("the job migrate: %w", context.Canceled), []string{"the deploy of prod was interrupted before it changed a service. What runs before it runs once more with the next deploy: ./infra deploy prod"}},
		"while it deploys":   {interrupted, saved, []string{saved.Error()}},
	} {
		if got := check.Lines(c.notBegun(tc.ctx, nil, nil, tc.err)); strings.Join(got, "\n") != strings.Join(tc.want, "\n") {
			t.Errorf("%s: %q", name, got)
		}
	}
}
