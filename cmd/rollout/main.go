// Command rollout says whether the services of a stack run what was deployed, and why not. It
// waits as long as a rollout is in progress. Run it from the project's directory after a deploy,
// with AWS credentials in the environment.
//
//	go run ./cmd/rollout STACK
//
// Exit status 0: all services run what was deployed. 1: one does not, or it cannot be told.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/order-bot/infra/internal/engine"
	"github.com/order-bot/infra/internal/rollout"
)

// A rollout that is in progress for longer than a deploy waits will not end well.
const timeout = 30 * time.Minute

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: rollout STACK")
		os.Exit(1)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ok, err := run(ctx, os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, "rollout:", err)
	}
	if !ok {
		os.Exit(1)
	}
}

func run(ctx context.Context, stack string) (ok bool, err error) {
	dir := filepath.Join("cdktf.out", "stacks", stack)
	if _, err := os.Stat(dir); err != nil {
		return false, fmt.Errorf("no stack %q in cdktf.out: deploy it first", stack)
	}
	engines, err := engine.Find()
	if err != nil {
		return false, err
	}
	tf, err := engine.Open(engines[0], dir, os.Environ())
	if err != nil {
		return false, err
	}
	state, err := tf.Show(ctx)
	if err != nil {
		return false, fmt.Errorf("the state of %s: %w", stack, err)
	}
	aws, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return false, err
	}

	deadline := time.Now().Add(timeout)
	for said := false; ; said = true {
		services, err := rollout.Of(ctx, aws, state)
		if err != nil {
			return false, err
		}
		inProgress := slices.ContainsFunc(services, func(s rollout.Service) bool { return s.State == rollout.InProgress })
		if inProgress && !said {
			fmt.Println("Waiting for a rollout …")
		}
		if inProgress && time.Now().Before(deadline) {
			select {
			case <-time.After(10 * time.Second):
			case <-ctx.Done():
				return false, ctx.Err()
			}
			continue
		}
		for _, service := range services {
			fmt.Println(service)
		}
		return !slices.ContainsFunc(services, func(s rollout.Service) bool { return s.State != rollout.Steady }), nil
	}
}
