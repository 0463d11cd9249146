package network_test

import (
	"slices"
	"testing"

	"github.com/order-bot/infra/fastjsii"
	"github.com/order-bot/infra/internal/check/checktest"
	"github.com/order-bot/infra/modules/network"
)

func TestMain(m *testing.M) { fastjsii.Main(m) }

// said is what a design says of the network, before it has its defaults.
type said struct{ network.VPC }

func (s said) Validate() error {
	return network.Config{Name: "order-bot-network", VPC: s.WithDefaults()}.Validate()
}

func TestValidate(t *testing.T) {
	type c = said
	zones := func(all ...network.Zone) func(*c) { return func(c *c) { c.Zones = all } }
	checktest.Run(t, func() c { return c{} }, []checktest.Case[c]{
		{Name: "the smallest network", Change: func(c *c) { c.CIDR = "192.168.8.0/23" }},
		{Name: "eight zones", Change: zones(network.Zone{Letter: "a"}, network.Zone{Letter: "b"}, network.Zone{Letter: "c"}, network.Zone{Letter: "d"},
			network.Zone{Letter: "e"}, network.Zone{Letter: "f"}, network.Zone{Letter: "g"}, network.Zone{Letter: "h"})},
		{Name: "a range that is none", Change: func(c *c) { c.CIDR = "10.0.0.0" }, Want: []string{
			`CIDR: "10.0.0.0" is not allowed (an IPv4 range without host bits, such as 10.0.0.0/16)`,
		}},
		{Name: "a range of IPv6", Change: func(c *c) { c.CIDR = "fd00::/16" }, Want: []string{
			`CIDR: "fd00::/16" is not allowed (an IPv4 range without host bits, such as 10.0.0.0/16)`,
		}},
		{Name: "a range with host bits", Change: func(c *c) { c.CIDR = "10.0.1.0/16" }, Want: []string{
			`CIDR: "10.0.1.0/16" is not allowed (an IPv4 range without host bits, such as 10.0.0.0/16)`,
		}},
		{Name: "a range that is too wide", Change: func(c *c) { c.CIDR = "10.0.0.0/8" }, Want: []string{`CIDR: /8 is not allowed (/16 to /23)`}},
		{Name: "a range that is too narrow", Change: func(c *c) { c.CIDR = "10.0.0.0/24" }, Want: []string{`CIDR: /24 is not allowed (/16 to /23)`}},
		{Name: "a range of somebody in the internet", Change: func(c *c) { c.CIDR = "8.8.0.0/16" }, Want: []string{
			`CIDR: "8.8.0.0/16" is not allowed (within 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16: the others belong to somebody in the internet)`,
		}},
		{Name: "a way out that there is not", Change: func(c *c) { c.WayOut = "nat" }, Want: []string{`way out: "nat" is not allowed (NAT, NATPerZone, Endpoints or PublicTasks)`}},
		{Name: "one zone", Change: zones(network.Zone{Letter: "a"}), Want: []string{`zones: 1 are not enough (2 at least: a load balancer needs two)`}},
		{Name: "a zone twice", Change: zones(network.Zone{Letter: "a"}, network.Zone{Letter: "a", PublicCIDR: "10.0.64.0/20", PrivateCIDR: "10.0.80.0/20"}), Want: []string{
			`zone "a": letter: "a" is taken by zone "a"`,
		}},
		{Name: "the name of a zone", Change: zones(network.Zone{Letter: "ap-northeast-1a"}, network.Zone{Letter: "i"}), Want: []string{
			`zone "ap-northeast-1a": letter: "ap-northeast-1a" has 15 characters, 1 at most are allowed`,
			`zone "i": letter: "i" is not allowed (a to h)`,
		}},
		{Name: "subnets that AWS or a load balancer refuses", Change: zones(
			network.Zone{Letter: "a", PublicCIDR: "10.1.0.0/20", PrivateCIDR: "10.0.0.0/28"}, network.Zone{Letter: "c", PublicCIDR: "10.0.0.1/20", PrivateCIDR: "10.0.0.0"},
		), Want: []string{
			`zone "a": public CIDR: "10.1.0.0/20" is not within the VPC's 10.0.0.0/16`,
			`zone "a": private CIDR: /28 is not allowed (/16 to /27)`,
			`zone "c": public CIDR: "10.0.0.1/20" is not allowed (an IPv4 range without host bits, such as 10.0.0.0/16)`,
			`zone "c": private CIDR: "10.0.0.0" is not allowed (an IPv4 range without host bits, such as 10.0.0.0/16)`,
		}},
		{Name: "subnets that overlap", Change: zones(network.Zone{Letter: "a", PublicCIDR: "10.0.32.0/19"}, network.Zone{Letter: "c", PrivateCIDR: "10.0.128.0/27"}), Want: []string{
			`zone "c": public CIDR: "10.0.32.0/20" overlaps 10.0.32.0/19 of zone "a": public CIDR`,
			`zone "c": private CIDR: "10.0.128.0/27" overlaps 10.0.128.0/20 of zone "a": private CIDR`,
		}},
		{Name: "tasks in public subnets", Change: func(c *c) { c.WayOut = network.PublicTasks }},
		{Name: "a private subnet without private subnets", Change: func(c *c) {
			c.WayOut, c.Zones = network.PublicTasks, []network.Zone{{Letter: "a", PrivateCIDR: "10.0.128.0/20"}, {Letter: "c"}}
		}, Want: []string{`zone "a": private CIDR: "10.0.128.0/20" is of a subnet that there is not (way out PublicTasks)`}},
		{Name: "endpoints", Change: func(c *c) { c.WayOut = network.Endpoints }},
		{Name: "more endpoints", Change: func(c *c) { c.WayOut, c.Endpoints = network.Endpoints, []string{"ecr.api", "ecr.dkr", "logs", "ssm"} }},
		{Name: "endpoints beside a NAT gateway", Change: func(c *c) { c.Endpoints = []string{"ssm"} }, Want: []string{`endpoints: ssm: there are none unless the way out is Endpoints`}},
		{Name: "endpoints that tasks cannot start with", Change: func(c *c) { c.WayOut, c.Endpoints = network.Endpoints, []string{"logs", "s3", "logs", "Logs"} }, Want: []string{
			`endpoint: "s3" is there in any case, as a gateway endpoint, which costs nothing`,
			`endpoint: "logs" is there twice`,
			`endpoint: "Logs" is not allowed (the end of a service's name, such as ecr.api)`,
			`endpoints: "ecr.api" is missing, without which no task starts`,
			`endpoints: "ecr.dkr" is missing, without which no task starts`,
		}},
	})
}

// A zone has the same ranges whatever other zones there are: one more zone replaces no subnet.
func TestRangesFollowTheLetter(t *testing.T) {
	for _, c := range []struct {
		cidr string
		want []network.Zone
	}{
		{"10.0.0.0/16", []network.Zone{{Letter: "h", PublicCIDR: "10.0.112.0/20", PrivateCIDR: "10.0.240.0/20"}, {Letter: "a", PublicCIDR: "10.0.0.0/20", PrivateCIDR: "10.0.128.0/20"}}},
		{"172.16.4.0/23", []network.Zone{{Letter: "c", PublicCIDR: "172.16.4.64/27", PrivateCIDR: "172.16.5.64/27"}}},
	} {
		given := network.VPC{CIDR: c.cidr}
		for _, zone := range c.want {
			given.Zones = append(given.Zones, network.Zone{Letter: zone.Letter})
		}
		if got := given.WithDefaults().Zones; !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, not %v", c.cidr, got, c.want)
		}
		if given.Zones[0].PublicCIDR != "" {
			t.Error("the defaults are written into the design")
		}
	}
}
