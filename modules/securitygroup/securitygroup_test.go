package securitygroup_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/order-bot/infra/fastjsii"
	"github.com/order-bot/infra/internal/check/checktest"
	"github.com/order-bot/infra/modules/securitygroup"
)

func TestMain(m *testing.M) { fastjsii.Main(m) }

func valid() securitygroup.Config { return securitygroup.Config{NamePrefix: "order-bot-prod"} }

// asked are services that the load balancer reaches at a port, and asks at another one whether they are healthy.
func asked(count int) []securitygroup.Service {
	all := make([]securitygroup.Service, count)
	for i := range all {
		all[i] = securitygroup.Service{Key: strconv.Itoa(i), Port: 8000 + i, Balanced: true, HealthPort: 9000 + i}
	}
	return all
}

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
		{Name: "as many ports as a group takes", Change: func(c *c) {
			c.Services = append(asked(29), securitygroup.Service{Key: "last", Port: 1, Balanced: true})
		}},
		{Name: "more ports than a group takes", Change: func(c *c) { c.Services = asked(30) }, Want: []string{
			"service ports: 61 inbound rules are too many for one security group, 60 at most are allowed: a rule for each port that the load balancer reaches, and for each that services reach",
		}},
	})
}
