package glob_test

import (
	"strings"
	"testing"

	"github.com/order-bot/infra/internal/glob"
)

func TestTakes(t *testing.T) {
	for _, c := range []struct {
		pattern, other string
		want           bool
	}{
		{"/*", "/api/*", true},
		{"/api/*", "/api/admin/*", true},
		{"/api/*", "/api", false},
		{"/api/*", "/a*", false},
		{"/a?c", "/abc", true},
		{"/a?c", "/a?c", true},
		{"/a?c", "/a*c", false},
		{"/abc", "/a?c", false},
		{"/a*c*", "/abcbcd", true},
		{"/a*c", "/abcbcd", false},
		{"*", "", true},
		{"", "", true},
		{"", "a", false},
		{"v*", "v1", true},
		// By trying each way this would take years.
		{"/*a*a*a*a*a*b", "/" + strings.Repeat("a", 127), false},
	} {
		if got := glob.Takes(c.pattern, c.other); got != c.want {
			t.Errorf("%s takes %s: %v", c.pattern, c.other, got)
		}
	}
}
