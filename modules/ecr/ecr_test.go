package ecr_test

import (
	"strings"
	"testing"

	"github.com/order-bot/infra/fastjsii"
	"github.com/order-bot/infra/internal/check/checktest"
	"github.com/order-bot/infra/modules/ecr"
)

func TestMain(m *testing.M) { fastjsii.Main(m) }

func valid() ecr.Config {
	return ecr.Config{Repositories: []string{"order-bot-svc", "team/order-bot"}, KeepImages: 20}
}

func TestValidate(t *testing.T) {
	type c = ecr.Config
	checktest.Run(t, valid, []checktest.Case[c]{
		{Name: "no repositories", Change: func(c *c) { c.Repositories = nil }, Want: []string{"repositories: at least one is required"}},
		{Name: "all images, for ever", Change: func(c *c) { c.KeepAll, c.KeepImages, c.Immutable, c.WithoutScan = true, 0, true, true }},
		{Name: "all images and some", Change: func(c *c) { c.KeepAll = true }, Want: []string{"keep all: does not go with keep images, keep tagged or keep deployed: all images stay"}},
		{Name: "all problems at once", Change: func(c *c) { c.Repositories = []string{"Upper", "a", "", "two--hyphens"}; c.KeepImages = -1 }, Want: []string{
			`repository: "Upper" is not allowed (2 or more lower-case letters and digits, parted by . _ - or /)`,
			`repository: "a" is not allowed (2 or more lower-case letters and digits, parted by . _ - or /)`,
			"repository: is required",
			`repository: "two--hyphens" is not allowed (2 or more lower-case letters and digits, parted by . _ - or /)`,
			"keep images: -1 is not allowed (1 or more)",
		}},
		{Name: "one name twice", Change: func(c *c) { c.Repositories = []string{"svc", "svc"} }, Want: []string{`repository: "svc" is listed twice`}},
		{Name: "two names with one address", Change: func(c *c) { c.Repositories = []string{"team/svc", "a.b", "team-svc", "a_b"} }, Want: []string{
			`repository: "team-svc" has the address of "team/svc" (/ and . are - there)`,
		}},
		{Name: "a tag that is none", Change: func(c *c) { c.KeepTagged = "-keep" }, Want: []string{`keep tagged: "-keep" is not allowed (letters, digits, _ . and -, with no . or - at the beginning)`}},
		{Name: "deployed ones", Change: func(c *c) { c.KeepDeployed = 50 }},
		{Name: "fewer than none", Change: func(c *c) { c.KeepDeployed = -1 }, Want: []string{`keep deployed: -1 is not allowed (1 or more, or 0 for none)`}},
		{Name: "a tag", Change: func(c *c) { c.KeepTagged = "keep-" }},
		{Name: "long name", Change: func(c *c) { c.Repositories = []string{strings.Repeat("a", 257)} }, Want: []string{
			`repository: "` + strings.Repeat("a", 257) + `" has 257 characters, 256 at most are allowed`,
		}},
	})
}
