package ecr

import (
	"strings"
	"testing"
)

// Images with a tag of their own are decided about before the others are counted.
func TestLifecycle(t *testing.T) {
	const latest = `{"action":{"type":"expire"},"description":"Keep only the latest 20 images","rulePriority":PRIORITY,"selection":{"countNumber":20,"countType":"imageCountMoreThan","tagStatus":"any"}}`
	const tagged = `{"action":{"type":"expire"},"description":"Keep images with a tag keep-*","rulePriority":1,"selection":{"countNumber":1000,"countType":"imageCountMoreThan","tagPrefixList":["keep-"],"tagStatus":"tagged"}}`
	const deployed = `{"action":{"type":"expire"},"description":"Keep the latest 50 images that were deployed","rulePriority":2,"selection":{"countNumber":50,"countType":"imageCountMoreThan","tagPrefixList":["deployed-"],"tagStatus":"tagged"}}`
	for _, c := range []struct {
		config Config
		want   string
	}{
		{Config{}, strings.Replace(latest, "PRIORITY", "1", 1)},
		{Config{KeepTagged: "keep-"}, tagged + `,` + strings.Replace(latest, "PRIORITY", "2", 1)},
		{Config{KeepTagged: "keep-", KeepDeployed: 50}, tagged + `,` + deployed + `,` + strings.Replace(latest, "PRIORITY", "3", 1)},
	} {
		if got, want := c.config.WithDefaults().lifecycle(), `{"rules":[`+c.want+`]}`; got != want {
			t.Errorf("%+v: %s", c.config, got)
		}
	}
}
