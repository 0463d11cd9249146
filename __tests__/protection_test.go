package tests

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/order-bot/infra/tool/kinds"
)

// A person who set something by hand is told where to write it down, for whatever a stack can have.
func TestEachTypeHasAHome(t *testing.T) {
	for name, stack := range synthesized(t) {
		for kind := range stack.Resource {
			home := kinds.Of(kind).Home
			if home == "" {
				t.Errorf("%s: tool/kinds has no Home of %s", name, kind)
			}
			text, err := os.ReadFile(filepath.Join("..", home))
			binding := strings.ReplaceAll(strings.TrimPrefix(kind, "aws_"), "_", "")
			if err != nil || !strings.Contains(string(text), "/"+binding+`"`) {
				t.Errorf("%s does not make %s (%v)", home, kind, err)
			}
		}
	}
}
