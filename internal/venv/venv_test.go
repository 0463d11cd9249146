package venv

import (
	"os"
	"path/filepath"
	"testing"
)

func TestInstallWithoutAPythonThatWillDo(t *testing.T) {
	for name, c := range map[string]struct{ script, want string }{
		"an old one": {"#!/bin/sh\necho 3.10\nexit 1\n", "python3 is Python 3.10: install 3.11 or newer"},
		"none":       {"", `exec: "python3": executable file not found in $PATH: install Python 3.11 or newer, with venv`},
	} {
		t.Run(name, func(t *testing.T) {
			tools, cache := t.TempDir(), t.TempDir()
			t.Setenv("PATH", tools)
			t.Setenv("XDG_CACHE_HOME", cache)
			t.Setenv("HOME", cache)
			if c.script != "" {
				if err := os.WriteFile(filepath.Join(tools, "python3"), []byte(c.script), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			_, err := Install(t.Context(), "x", map[string][]byte{"requirements.txt": nil})
			if err == nil || err.Error() != c.want {
				t.Errorf("got %v, want %s", err, c.want)
			}
			if left, _ := os.ReadDir(filepath.Join(cache, "order-bot-infra")); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}
