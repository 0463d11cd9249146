package tests

import (
	"slices"
	"testing"

	"github.com/order-bot/infra/internal/recovery"
)

// What a stack can have, the program can find again in AWS.
func TestEachTypeCanBeRecovered(t *testing.T) {
	used := map[string]bool{}
	for name, stack := range synthesized(t) {
		for kind := range stack.Resource {
			used[kind] = true
			if !slices.Contains(recovery.Types(), kind) {
				t.Errorf("%s: %s has no row in internal/recovery/table.go", name, kind)
			}
		}
	}
	for _, kind := range recovery.Types() {
		if !used[kind] {
			t.Errorf("internal/recovery/table.go has a row for %s, which no stack has", kind)
		}
	}
}
