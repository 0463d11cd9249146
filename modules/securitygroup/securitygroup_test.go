package securitygroup_test

import (
	"strings"
	"testing"

	"github.com/order-bot/infra/fastjsii"
	"github.com/order-bot/infra/internal/check/checktest"
	"github.com/order-bot/infra/modules/securitygroup"
)

func TestMain(m *testing.M) { fastjsii.Main(m) }

func valid() securitygroup.Config { return securitygroup.Config{NamePrefix: "order-bot-prod"} }

func TestValidate(t *testing.T) {
	type c = securitygroup.Config
	checktest.Run(t, valid, []checktest.Case[c]{
		{Name: "nothing", Change: func(c *c) { *c = securitygroup.Config{} }, Want: []string{
			"name prefix: is required",
		}},
		{Name: "a name like an id", Change: func(c *c) { c.NamePrefix = "sg-prod" }, Want: []string{
			`security group name: "sg-prod-alb-sg" must not start with "sg-", which AWS keeps for ids`,
			`security group name: "sg-prod-app-sg" must not start with "sg-", which AWS keeps for ids`,
		}},
		{Name: "long prefix", Change: func(c *c) { c.NamePrefix = strings.Repeat("p", 249) }, Want: []string{
			`security group name: "` + strings.Repeat("p", 249) + `-alb-sg" has 256 characters, 255 at most are allowed`,
			`security group name: "` + strings.Repeat("p", 249) + `-app-sg" has 256 characters, 255 at most are allowed`,
		}},
	})
}
