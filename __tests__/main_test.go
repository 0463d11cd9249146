// Package tests looks at whole stacks, as synthesized. All tests that need the framework are
// here, because starting it takes longer than they do.
package tests

import (
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/gkampitakis/go-snaps/snaps"

	"github.com/order-bot/infra/internal/fastjsii"
	"github.com/order-bot/infra/internal/planguard"
	"github.com/order-bot/infra/internal/synthtest"
	"github.com/order-bot/infra/stacks"
)

// shared is a directory for what several tests use.
var shared string

func TestMain(m *testing.M) {
	if os.Getenv(beGuard) != "" {
		os.Exit(planguard.Guard("", nil, os.Stdin, os.Stdout, os.Stderr))
	}
	stop := fastjsii.Start()
	var err error
	if shared, err = os.MkdirTemp("", "order-bot-tests-"); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	status := m.Run()
	stop()
	_ = os.RemoveAll(shared)
	if stale, err := snaps.Clean(m); stale || err != nil {
		fmt.Println("stale snapshots: run UPDATE_SNAPS=clean make test", err)
		status = 1
	}
	os.Exit(status)
}

var state = stacks.State{Bucket: "order-bot-terraform-state", Region: "ap-northeast-1"}

var (
	once  sync.Once
	cache map[string]synthtest.Stack
)

// synthesized returns both stacks as main has them.
func synthesized(t *testing.T) map[string]synthtest.Stack {
	t.Helper()
	once.Do(func() { cache = synthesize(t, stacks.Services) })
	return cache
}

// synthesize returns both stacks, prod with the given services.
func synthesize(t *testing.T, services []stacks.Service) map[string]synthtest.Stack {
	t.Helper()
	return synthtest.Synth(t,
		stacks.Global{State: state, Repositories: stacks.Repositories},
		stacks.Prod{State: state, Services: services},
	)
}
