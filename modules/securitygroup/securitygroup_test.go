package securitygroup_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/order-bot/infra/internal/check/checktest"
	"github.com/order-bot/infra/internal/fastjsii"
	"github.com/order-bot/infra/modules/securitygroup"
)

func TestMain(m *testing.M) { fastjsii.Main(m) }

func valid() securitygroup.Config {
	return securitygroup.Config{
		NamePrefix:   "order-bot-prod",
		VPCID:        "vpc-1",
		IngressCIDRs: []string{"0.0.0.0/0"},
		ServicePorts: map[string]float64{"a": 8000, "b": -1.8881545897087503e+289},
	}
}

func TestValidate(t *testing.T) {
	type c = securitygroup.Config
	checktest.Run(t, valid, []checktest.Case[c]{
		{Name: "nothing", Change: func(c *c) { *c = securitygroup.Config{} }, Want: []string{
			"name prefix: is required",
			"VPC id: is required",
			"ingress CIDRs: at least one is required",
		}},
		{Name: "ports", Change: func(c *c) { c.ServicePorts = map[string]float64{"b": 0, "a": 70000} }, Want: []string{
			`service "a": port: 70000 is not a port (a whole number from 1 to 65535)`,
			`service "b": port: 0 is not a port (a whole number from 1 to 65535)`,
		}},
		{Name: "more ranges than a group takes", Change: func(c *c) { c.IngressCIDRs = ranges(31) }, Want: []string{
			"ingress CIDRs: 31 are too many for one security group, 30 at most are allowed",
		}},
		{Name: "as many ranges as a group takes", Change: func(c *c) { c.IngressCIDRs = ranges(30) }},
		{Name: "a range twice", Change: func(c *c) { c.IngressCIDRs = []string{"10.0.0.0/8", "10.0.0.0/8"} }, Want: []string{
			`ingress CIDRs: "10.0.0.0/8" stands twice`,
		}},
		{Name: "more ports than a group takes", Change: func(c *c) { c.ServicePorts = ports(60) }, Want: []string{
			"service ports: 60 different ones are too many for one security group, 59 at most are allowed",
		}},
		{Name: "as many ports as a group takes, one of them twice", Change: func(c *c) {
			c.ServicePorts = ports(59)
			c.ServicePorts["again"] = 8000
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

func ranges(count int) (all []string) {
	for i := range count {
		all = append(all, fmt.Sprintf("10.%d.0.0/16", i))
	}
	return all
}

func ports(count int) map[string]float64 {
	all := map[string]float64{}
	for i := range count {
		all[fmt.Sprintf("service-%d", i)] = float64(8000 + i)
	}
	return all
}

func TestNewRefusesWhatValidateRefuses(t *testing.T) {
	if _, err := securitygroup.New(nil, "security_group", securitygroup.Config{}); err == nil {
		t.Error("New took an invalid configuration")
	}
}
