package ecr

import (
	"strings"
	"testing"
)

// Images with a tag of their own are decided about before the others are counted.
func TestKeepLatest(t *testing.T) {
	const latest = `{"action":{"type":"expire"},"description":"Keep only the latest 20 images","rulePriority":PRIORITY,"selection":{"countNumber":20,"countType":"imageCountMoreThan","tagStatus":"any"}}`
	const tagged = `{"action":{"type":"expire"},"description":"Keep images with a tag keep-*","rulePriority":1,"selection":{"countNumber":1000,"countType":"imageCountMoreThan","tagPrefixList":["keep-"],"tagStatus":"tagged"}}`
	for prefix, want := range map[string]string{
		"":      `{"rules":[` + strings.Replace(latest, "PRIORITY", "1", 1) + `]}`,
		"keep-": `{"rules":[` + tagged + `,` + strings.Replace(latest, "PRIORITY", "2", 1) + `]}`,
	} {
		if got := keepLatest(20, prefix); got != want {
			t.Errorf("%q: %s", prefix, got)
		}
	}
}
