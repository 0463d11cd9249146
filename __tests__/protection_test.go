package tests

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/order-bot/infra/internal/planguard"
)

// A person who set something by hand is told where to write it down, for whatever a stack can have.
func TestEachTypeHasAHome(t *testing.T) {
	for name, stack := range synthesized(t) {
		for kind := range stack.Resource {
			home := planguard.Home(kind)
			if home == "" {
				t.Errorf("%s: %s has no file in homes of internal/planguard/drift.go", name, kind)
			}
			text, err := os.ReadFile(filepath.Join("..", home))
			binding := strings.ReplaceAll(strings.TrimPrefix(kind, "aws_"), "_", "")
			if err != nil || !strings.Contains(string(text), "/"+binding+`"`) {
				t.Errorf("%s does not make %s (%v)", home, kind, err)
			}
		}
	}
}
