// Package snapshot compares what a test makes with what it made before, in __snapshots__ beside the test.
// It is a package of its own because go mod tidy does not look into __tests__.
package snapshot

import (
	"testing"

	"github.com/gkampitakis/go-snaps/snaps"
)

// Match fails the test if text differs from the snapshot of that name. UPDATE_SNAPS=always writes the
// snapshot anew, as make update does.
func Match(t *testing.T, name, text string) {
	t.Helper()
	snaps.WithConfig(snaps.Filename(name), snaps.Ext(".json")).MatchStandaloneSnapshot(t, text)
}

// Clean tells whether there are snapshots that no test looks at any more. Call it after all tests.
func Clean(m *testing.M) (stale bool, err error) { return snaps.Clean(m) }
