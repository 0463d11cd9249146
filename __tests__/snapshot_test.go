package tests

import (
	"testing"

	"github.com/order-bot/infra/internal/snapshot"
	"github.com/order-bot/infra/stacks"
)

// The whole JSON of all stacks: make update writes it anew, for the review to see.
func TestSnapshots(t *testing.T) {
	for name, stack := range synthesized(t) {
		snapshot.Match(t, name, stack.Text)
	}
}

func TestSameBytesTwice(t *testing.T) {
	again := synthesize(t, stacks.Live)
	for name, stack := range synthesized(t) {
		if stack.Text != again[name].Text {
			t.Errorf("%s: two synths differ", name)
		}
	}
}
