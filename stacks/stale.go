package stacks

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// kept are the files of a stack's directory that hold what is nowhere else, or that someone is about to apply.
var kept = []string{"*.tfstate", "*.tfstate.*", "plan", "plan-*"}

// removeStale removes from the directory out what is no stack any more, so that nobody takes it for one. It leaves a directory that
// holds a state or a plan as it is.
func removeStale(out string, names []string) error {
	entries, err := os.ReadDir(filepath.Join(out, "stacks"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, entry := range entries {
		dir := filepath.Join(out, "stacks", entry.Name())
		if !entry.IsDir() || slices.Contains(names, entry.Name()) || holdsMore(dir) {
			continue
		}
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	}
	return nil
}

// holdsMore tells whether a stack's directory holds a state or a plan.
func holdsMore(dir string) bool {
	return slices.ContainsFunc(kept, func(pattern string) bool {
		found, err := fs.Glob(os.DirFS(dir), pattern)
		return err != nil || len(found) > 0
	})
}
