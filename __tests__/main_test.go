// Package tests looks at whole stacks, as synthesized. All tests that need the framework are
// here, because starting it takes longer than they do.
package tests

import (
	"fmt"
	"os"
	"testing"

	"github.com/order-bot/infra/internal/fastjsii"
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
	status := m.Run()
	stop()
	_ = os.RemoveAll(shared)
	if stale, err := snapshot.Clean(m); stale || err != nil {
		fmt.Println("stale snapshots: run UPDATE_SNAPS=clean make test", err)
		status = 1
	}
	os.Exit(status)
}
