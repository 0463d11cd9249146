// Package network makes the network that the stacks live in: a VPC, its subnets in several availability zones, and their ways out.
package network

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/vpc"

	"github.com/order-bot/infra/internal/check"
	"github.com/order-bot/infra/modules/internal/tags"
)

// VPC is the network: its addresses, its zones, and how the tasks get out.
type VPC struct {
	// CIDR is the range of the VPC's addresses: IPv4 of 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16, a /16 to a /23, which no network has that is to be
	// connected with this one some day. It cannot be changed later. Default "10.0.0.0/16".
	// https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html
	CIDR string
	// Zones are the availability zones that have subnets, two at least: a load balancer needs two. Default: a and c.
	Zones []Zone
	// WayOut is how the tasks pull images, and reach what is outside: NAT, NATPerZone, Endpoints or PublicTasks. docs/using/network.md has the cost of
	// each. Default: NAT, about $49 a month.
	WayOut WayOut
	// Endpoints are the services of AWS that interface endpoints lead to, where WayOut is Endpoints, such as "ecr.api". Tasks need ecr.api, ecr.dkr and
	// logs. Add "ssm" or "secretsmanager" where services have secrets, and "ssmmessages" where one has Exec. Default: those three.
	// https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html
	Endpoints []string
}

// Zone is an availability zone with a public subnet, and a private one unless WayOut is PublicTasks.
type Zone struct {
	// Letter is the end of the zone's name: "a" is ap-northeast-1a in ap-northeast-1. One of a to h; the console shows which ones a region has (EC2,
	// Zones). Never change it later: the subnets would be replaced.
	// https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-availability-zones.html
	Letter string
	// PublicCIDR is the range of the public subnet, within the VPC's: a /27 at least, which a load balancer needs. Default: the sixteenth of the VPC's
	// range that its letter stands for, such as 10.0.0.0/20 for a and 10.0.32.0/20 for c.
	// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html
	PublicCIDR string
	// PrivateCIDR is the range of the private subnet, alike. Default: a sixteenth of the second half, such as 10.0.128.0/20 for a.
	PrivateCIDR string
}

// WayOut is how tasks get out. The costs are those of ap-northeast-1 in 2025, a month; other regions are a little cheaper.
// https://aws.amazon.com/vpc/pricing/
type WayOut string

const (
	// NAT is one NAT gateway, in the first zone, for the private subnets of all zones: about $49 with its address, and $0.06 a GB. If its zone fails,
	// the tasks of the others get out no more.
	NAT WayOut = "NAT"
	// NATPerZone is a NAT gateway in each zone: about $49 for each.
	NATPerZone WayOut = "NATPerZone"
	// Endpoints is no way to the internet: the tasks reach services of AWS alone, by interface endpoints, about $10 each in every zone. The three that
	// tasks need cost $61 in two zones. Not for services that call others in the internet, or whose image is not in ECR.
	Endpoints WayOut = "Endpoints"
	// PublicTasks is for environments with Cluster.PublicTasks: there are no private subnets, and nothing to pay for but about $3.60 for the address of
	// each task.
	PublicTasks WayOut = "PublicTasks"
)

var waysOut = []WayOut{NAT, NATPerZone, Endpoints, PublicTasks}

// Config describes the network.
type Config struct {
	// Name is that of the VPC, and starts the names of the others, such as "order-bot-network".
	Name string
	// VPC is what a person says of it, with its defaults.
	VPC VPC
	// Tags are put on everything, beside the tag Name.
	Tags map[string]string
}

// References are what only Terraform knows.
type References struct {
	// Region is the region, such as "ap-northeast-1".
	Region string
}

// Network is the outputs of this module.
type Network struct {
	// VPCID is the id of the VPC.
	VPCID string
	// PublicSubnetIDs are the ids of the public subnets, in the order of the zones.
	PublicSubnetIDs []string
	// PrivateSubnetIDs are those of the private ones; none where WayOut is PublicTasks.
	PrivateSubnetIDs []string
}

const (
	// Each range of a zone is a sixteenth of the VPC's, so that eight letters have a public and a private one.
	zoneBits = 4
	// widest and narrowest are the prefixes of the VPC's range: AWS takes none that is wider, and a narrower one has too small sixteenths.
	widest, narrowest = 16, narrowestSubnet - zoneBits
	// narrowestSubnet is the prefix of a subnet that a load balancer fits into.
	narrowestSubnet = 27
)

var (
	letter   = regexp.MustCompile(`^[a-h]$`)
	endpoint = regexp.MustCompile(`^[a-z][a-z0-9-]*(\.[a-z0-9-]+)*$`)
	// private are the ranges that nobody has in the internet. https://datatracker.ietf.org/doc/html/rfc1918
	private = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12"), netip.MustParsePrefix("192.168.0.0/16")}
	// pulling are the services that a task needs to start.
	// https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html
	pulling = []string{"ecr.api", "ecr.dkr", "logs"}
)

// WithDefaults puts the defaults where v has zero values.
func (v VPC) WithDefaults() VPC {
	if v.CIDR == "" {
		v.CIDR = "10.0.0.0/16"
	}
	if len(v.Zones) == 0 {
		v.Zones = []Zone{{Letter: "a"}, {Letter: "c"}}
	}
	if v.WayOut == "" {
		v.WayOut = NAT
	}
	if len(v.Endpoints) == 0 && v.WayOut == Endpoints {
		v.Endpoints = pulling
	}
	v.Zones = slices.Clone(v.Zones)
	whole, err := netip.ParsePrefix(v.CIDR)
	for i, zone := range v.Zones {
		if err != nil || !whole.Addr().Is4() || whole.Bits() < widest || whole.Bits() > narrowest || !letter.MatchString(zone.Letter) {
			continue // Validate says so
		}
		number := uint32(zone.Letter[0] - 'a')
		if zone.PublicCIDR == "" {
			v.Zones[i].PublicCIDR = sixteenth(whole, number)
		}
		if zone.PrivateCIDR == "" && v.hasPrivate() {
			v.Zones[i].PrivateCIDR = sixteenth(whole, number+8)
		}
	}
	return v
}

// sixteenth is one of the sixteen parts of a range.
func sixteenth(whole netip.Prefix, number uint32) string {
	first := whole.Masked().Addr().As4()
	bits := whole.Bits() + zoneBits
	binary.BigEndian.PutUint32(first[:], binary.BigEndian.Uint32(first[:])+number<<(32-bits))
	return netip.PrefixFrom(netip.AddrFrom4(first), bits).String()
}

// hasPrivate tells whether there are private subnets.
func (v VPC) hasPrivate() bool { return v.WayOut != PublicTasks }

// Validate returns an error that names every field of the design that is wrong.
func (c Config) Validate() error {
	var p check.Problems
	whole, ok := rangeOf(&p, "CIDR", c.VPC.CIDR, widest, narrowest)
	if ok && !slices.ContainsFunc(private, func(of netip.Prefix) bool { return of.Contains(whole.Addr()) && of.Bits() <= whole.Bits() }) {
		p.Addf("CIDR", "%q is not allowed (within 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16: the others belong to somebody in the internet)", c.VPC.CIDR)
	}
	if !slices.Contains(waysOut, c.VPC.WayOut) {
		p.Addf("way out", "%q is not allowed (NAT, NATPerZone, Endpoints or PublicTasks)", c.VPC.WayOut)
	}
	c.validateZones(&p, whole, ok)
	c.validateEndpoints(&p)
	return p.Err()
}

func (c Config) validateZones(p *check.Problems, whole netip.Prefix, known bool) {
	if len(c.VPC.Zones) < 2 {
		p.Addf("zones", "%d are not enough (2 at least: a load balancer needs two)", len(c.VPC.Zones))
	}
	var names, letters, owners []string
	var ranges []netip.Prefix
	for _, zone := range c.VPC.Zones {
		name := fmt.Sprintf("zone %q", zone.Letter)
		p.Name(name+": letter", zone.Letter, 1, letter, "a to h")
		names, letters = append(names, name), append(letters, zone.Letter)
		for _, subnet := range []struct {
			field, cidr string
			there       bool
		}{{"public CIDR", zone.PublicCIDR, true}, {"private CIDR", zone.PrivateCIDR, c.VPC.hasPrivate()}} {
			field := name + ": " + subnet.field
			switch {
			case !subnet.there && subnet.cidr != "":
				p.Addf(field, "%q is of a subnet that there is not (way out PublicTasks)", subnet.cidr)
				continue
			case !subnet.there || subnet.cidr == "" && (!known || !letter.MatchString(zone.Letter)):
				continue // it has no default because of what has been said already
			}
			of, ok := rangeOf(p, field, subnet.cidr, widest, narrowestSubnet)
			if !ok {
				continue
			}
			if known && (!whole.Contains(of.Addr()) || of.Bits() < whole.Bits()) {
				p.Addf(field, "%q is not within the VPC's %s", subnet.cidr, whole)
			}
			for i, other := range ranges {
				if of.Overlaps(other) {
					p.Addf(field, "%q overlaps %s of %s", subnet.cidr, other, owners[i])
				}
			}
			ranges, owners = append(ranges, of), append(owners, field)
		}
	}
	check.Distinct(p, "letter", names, letters)
}

// rangeOf reads a range, and records what is wrong with it.
func rangeOf(p *check.Problems, field, cidr string, widest, narrowest int) (of netip.Prefix, ok bool) {
	of, err := netip.ParsePrefix(cidr)
	if err != nil || !of.Addr().Is4() || of != of.Masked() {
		p.Addf(field, "%q is not allowed (an IPv4 range without host bits, such as 10.0.0.0/%d)", cidr, widest)
		return of, false
	}
	if of.Bits() < widest || of.Bits() > narrowest {
		p.Addf(field, "/%d is not allowed (/%d to /%d)", of.Bits(), widest, narrowest)
		return of, false
	}
	return of, true
}

func (c Config) validateEndpoints(p *check.Problems) {
	if c.VPC.WayOut != Endpoints {
		if len(c.VPC.Endpoints) > 0 {
			p.Addf("endpoints", "%s: there are none unless the way out is Endpoints", strings.Join(c.VPC.Endpoints, ", "))
		}
		return
	}
	for i, name := range c.VPC.Endpoints {
		p.Name("endpoint", name, 64, endpoint, "the end of a service's name, such as ecr.api")
		switch {
		case name == "s3":
			p.Addf("endpoint", `"s3" is there in any case, as a gateway endpoint, which costs nothing`)
		case slices.Index(c.VPC.Endpoints, name) < i:
			p.Addf("endpoint", "%q is there twice", name)
		}
	}
	for _, name := range pulling {
		if !slices.Contains(c.VPC.Endpoints, name) {
			p.Addf("endpoints", "%q is missing, without which no task starts", name)
		}
	}
}

// New creates the network in scope, under id. cfg has passed Validate.
func New(scope constructs.Construct, id string, cfg Config, refs References) *Network {
	this := constructs.NewConstruct(scope, jsii.String(id))
	made := vpc.NewVpc(this, jsii.String("vpc"), &vpc.VpcConfig{
		CidrBlock:        jsii.String(cfg.VPC.CIDR),
		EnableDnsSupport: jsii.Bool(true),
		// Interface endpoints take over the host names of their services, which needs it.
		// https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html
		EnableDnsHostnames: jsii.Bool(true),
		Tags:               tags.Named(cfg.Tags, cfg.Name),
	})
	vpcID := *made.Id()
	all := newSubnets(this, cfg, refs, vpcID)
	newRoutes(this, cfg, vpcID, all)
	if cfg.VPC.hasPrivate() {
		newEndpoints(this, cfg, refs, vpcID, all)
	}
	network := &Network{VPCID: vpcID}
	for _, zone := range all {
		network.PublicSubnetIDs = append(network.PublicSubnetIDs, zone.publicID)
		if zone.privateID != "" {
			network.PrivateSubnetIDs = append(network.PrivateSubnetIDs, zone.privateID)
		}
	}
	return network
}
