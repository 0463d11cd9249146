package deploy

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/order-bot/infra/internal/check"
)

// What keeps a synth from its end is said in one sentence where the cause is known; what only helps a programmer is left out.
func TestSynthesizeSaysWhy(t *testing.T) {
	t.TempDir() // before it is set
	project := t.TempDir()
	if err := errors.Join(os.MkdirAll(filepath.Join(project, "modules", "ecs"), 0o700), os.WriteFile(filepath.Join(project, "go.mod"), []byte("module example.com/infra\n\ngo 1.25.0\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", "/a/temp")
	for name, c := range map[string]struct {
		script string
		want   []string
	}{
		"no Go":        {"", []string{"synth: Go is not on the PATH: install Go 1.25 or newer (https://go.dev/doc/install)"}},
		"a full disk":  {"echo 'panic: write /a/temp/x: no space left on device' >&2; echo >&2; echo 'goroutine 1 [running]:' >&2; exit 2", []string{"synth: no space is left where Go and Node write: make room in /a/temp, or name another directory in TMPDIR, and look at the home directory's disk"}},
		"a crash":      {"echo 'panic: why' >&2; echo >&2; echo 'goroutine 1 [running]:' >&2; echo '	/x.go:1' >&2; exit 2", []string{"panic: why"}},
		"two problems": {"echo 'prod: a' >&2; echo 'prod: b' >&2; echo 'exit status 1' >&2; exit 1", []string{"prod: a", "prod: b"}},
		"no import": {"echo 'design/services.go:7:2: undefined: ecs' >&2; echo 'design/services.go:8:2: undefined: other' >&2; exit 1", []string{
			`design/services.go:7:2: undefined: ecs: it is a package, so add "example.com/infra/modules/ecs" to the import at the top of design/services.go`,
			"design/services.go:8:2: undefined: other",
		}},
		"none": {"echo a note", nil},
	} {
		tools := t.TempDir()
		t.Setenv("PATH", tools)
		if c.script != "" {
			if err := os.WriteFile(filepath.Join(tools, "go"), []byte("#!/bin/sh\n"+c.script+"\n"), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		got := check.Lines(Synthesize(t.Context(), project, t.TempDir(), &bytes.Buffer{}))
		if len(got) != len(c.want) {
			t.Errorf("%s: %q, not %q", name, got, c.want)
			continue
		}
		for i, want := range c.want {
			if got[i] != want {
				t.Errorf("%s: %q, not %q", name, got[i], want)
			}
		}
	}
}
