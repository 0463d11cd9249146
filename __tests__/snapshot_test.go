package tests

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/order-bot/infra/design"
	"github.com/order-bot/infra/internal/snapshot"
)

// The whole JSON of all stacks: make update writes it anew, for the review to see.
func TestSnapshots(t *testing.T) {
	if os.Getenv("UPDATE_SNAPS") == "always" {
		removeOtherSnapshots(t)
	}
	for name, stack := range synthesized(t) {
		snapshot.Match(t, name, stack.Text)
	}
}

// removeOtherSnapshots removes the snapshots of stacks that are none any more.
func removeOtherSnapshots(t *testing.T) {
	files, err := filepath.Glob("__snapshots__/*.snap.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		name, _, _ := strings.Cut(filepath.Base(file), "_")
		if _, is := synthesized(t)[name]; is {
			continue
		}
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSameBytesTwice(t *testing.T) {
	again := synthesize(t, design.Live)
	for name, stack := range synthesized(t) {
		if stack.Text != again[name].Text {
			t.Errorf("%s: two synths differ", name)
		}
	}
}
