// Package snapshot compares what a test makes with what it made before, in __snapshots__ beside the test.
// It is a package of its own because go mod tidy does not look into __tests__.
package snapshot

import (
	"bytes"
	"encoding/json"
	"testing"

	jsonpatch "github.com/evanphx/json-patch/v5"
	"github.com/gkampitakis/go-snaps/snaps"
)

// Match fails the test if text differs from the snapshot of that name. UPDATE_SNAPS=always writes the
// snapshot anew, as make update does.
func Match(t *testing.T, name, text string) {
	t.Helper()
	snaps.WithConfig(snaps.Filename(name), snaps.Ext(".json")).MatchStandaloneSnapshot(t, text)
}

// MatchChange fails the test if what is between before and after, two JSON documents, differs from the snapshot of that name in the folder. The snapshot
// is a JSON merge patch: what is new or changed, and null for what is gone. https://www.rfc-editor.org/rfc/rfc7396
func MatchChange(t *testing.T, folder, name, before, after string) {
	t.Helper()
	patch, err := jsonpatch.CreateMergePatch([]byte(before), []byte(after))
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := json.Indent(&text, patch, "", "  "); err != nil {
		t.Fatal(err)
	}
	snaps.WithConfig(snaps.Dir("__snapshots__/"+folder), snaps.Filename(name), snaps.Ext(".json")).MatchStandaloneSnapshot(t, text.String())
}

// Clean tells whether there are snapshots that no test looks at any more. Call it after all tests.
func Clean(m *testing.M) (stale bool, err error) { return snaps.Clean(m) }
