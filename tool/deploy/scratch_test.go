package deploy

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// What a plan is limited to is in a directory of its own: whoever kills it leaves the stack as it was synthesized.
func TestAPlanLeavesTheStackAsItIs(t *testing.T) {
	stack, fake, _ := withFake(t, `[ "$1" = plan ] && cp -r . "$FAKE/within" && cp -r "$(dirname "$PWD")" "$FAKE/beside"`)
	plan, err := stack.Plan(t.Context(), Options{
		Imports: []Import{{Address: "aws_lb.a", ID: "x"}}, Targets: []string{"aws_lb.a"}, Untouched: []string{"aws_lb.a"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if within := read(t, fake, "within", design); strings.Contains(within, "precondition") || !strings.Contains(within, `"url"`) {
		t.Errorf("within: %s", within)
	}
	if imported := read(t, fake, "within", imports); !strings.Contains(imported, `"to": "aws_lb.a"`) {
		t.Errorf("imports: %s", imported)
	}
	if left := read(t, fake, "within", untouched); !strings.Contains(left, `"ignore_changes": "all"`) {
		t.Errorf("untouched: %s", left)
	}
	if beside := read(t, fake, "beside", design); beside != aStack {
		t.Errorf("beside: %s", beside)
	}
	if names := besides(t, stack); len(names) != 1 || !strings.HasPrefix(names[0], "plan-") {
		t.Errorf("while there is a plan, there are %q", names)
	}
	plan.Remove()
	if names := besides(t, stack); len(names) != 0 {
		t.Errorf("after the plan, there are %q", names)
	}
}

// besides are the names beside a stack's JSON, and beside what an initialization leaves there.
func besides(t *testing.T, stack *Stack) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(stack.Dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if !slices.Contains([]string{design, ".terraform", lockName}, entry.Name()) {
			names = append(names, entry.Name())
		}
	}
	return names
}

// The engine is initialized once for all scratch directories, and again when what that depends on has changed.
func TestInitializeOnce(t *testing.T) {
	stack, fake, _ := withFake(t, "")
	inits := func() int { return strings.Count(read(t, fake, "commands"), "init ") }
	plan := func() {
		t.Helper()
		plan, err := stack.Plan(t.Context(), Options{})
		if err != nil {
			t.Fatal(err)
		}
		plan.Remove()
	}
	plan()
	plan()
	if _, err := stack.State(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := inits(); n != 1 {
		t.Errorf("initialized %d times, not once:\n%s", n, read(t, fake, "commands"))
	}
	if lock := read(t, stack.Dir, lockName); lock != "locked\n" {
		t.Errorf("beside the stack, for who works there by hand: %q", lock)
	}
	if err := os.WriteFile(filepath.Join(stack.Dir, design), []byte(strings.Replace(aStack, "states", "others", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	plan()
	if n := inits(); n != 2 {
		t.Errorf("with another bucket of the states: initialized %d times, not twice", n)
	}
}

// A plan that is kept is for its owner alone.
func TestKeepAPlan(t *testing.T) {
	stack, _, _ := withFake(t, "")
	if _, err := stack.Plan(t.Context(), Options{Keep: true}); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(stack.Dir, "plan"))
	if err != nil || info.Mode() != 0o600 || read(t, stack.Dir, "plan") != "planned\n" {
		t.Errorf("%v %v", info, err)
	}
	if names := besides(t, stack); !slices.Equal(names, []string{"plan"}) {
		t.Errorf("there are %q", names)
	}
	if err := stack.RemovePlan(); err != nil || len(besides(t, stack)) != 0 {
		t.Errorf("%v, and there are %q", err, besides(t, stack))
	}
}

// A state that could not be saved stays, and what commands that were killed have left goes.
func TestWhatAScratchDirectoryLeaves(t *testing.T) {
	stack, _, _ := withFake(t, `[ "$1" = apply ] && echo unsaved >errored.tfstate && exit 1`)
	old, young := filepath.Join(stack.Dir, "plan-1"), filepath.Join(stack.Dir, "plan-2")
	for _, dir := range []string{old, young} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chtimes(old, time.Time{}, time.Now().Add(-longestDeploy-time.Minute)); err != nil {
		t.Fatal(err)
	}
	plan, err := stack.Plan(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := stack.Apply(t.Context(), plan, 0); err == nil {
		t.Error("the apply that failed has no error")
	}
	if names := besides(t, stack); !slices.Equal(names, []string{"errored.tfstate", "plan-2"}) || read(t, stack.Dir, unsaved) != "unsaved\n" {
		t.Errorf("there are %q", names)
	}
}
