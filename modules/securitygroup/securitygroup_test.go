package securitygroup_test

import (
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

func TestNewRefusesWhatValidateRefuses(t *testing.T) {
	if _, err := securitygroup.New(nil, "security_group", securitygroup.Config{}); err == nil {
		t.Error("New took an invalid configuration")
	}
}
