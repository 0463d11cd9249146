// Package tests looks at whole stacks, as synthesized. All tests that need the framework are
// here, because starting it takes longer than they do.
package tests

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/order-bot/infra/design"
	"github.com/order-bot/infra/fastjsii"
	"github.com/order-bot/infra/internal/snapshot"
)

// shared is a directory for what several tests use.
var shared string

func TestMain(m *testing.M) {
	stop := fastjsii.Start()
	var err error
	if shared, err = os.MkdirTemp("", "order-bot-tests-"); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	// A design that is wrong is told once, and not by each test that needs its stacks.
	if live, err = stacksOf(design.Live, filepath.Join(shared, "live")); err != nil {
		fmt.Printf("The design does not synthesize, so no test of whole stacks was run:\n%v\n", err)
		stop()
		_ = os.RemoveAll(shared)
		os.Exit(1)
	}
	status := m.Run()
	stop()
	_ = os.RemoveAll(shared)
	if stale, err := snapshot.Clean(m); stale || err != nil {
		fmt.Println("stale snapshots: run make update", err)
		status = 1
	}
	os.Exit(status)
}
