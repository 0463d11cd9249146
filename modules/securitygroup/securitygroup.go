// Package securitygroup holds the two security groups: the load balancer's, open to its
// clients, and the one that the services share with the PostgreSQL host.
package securitygroup

import (
	"cmp"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/securitygroup"

	"github.com/order-bot/infra/internal/check"
	"github.com/order-bot/infra/modules/internal/tags"
)

// Config describes who may reach what.
type Config struct {
	// NamePrefix starts the groups' names, "<prefix>-alb-sg" and "<prefix>-app-sg",
	// which have 255 characters at most and must not start with "sg-".
	NamePrefix string
	// Groups is what else both groups let through.
	Groups Groups
	// Services are those that the load balancer reaches, or other services.
	Services []Service
	// Tags are put on both groups, beside their tag Name.
	Tags map[string]string
}

// Service is what the security groups know of a service.
type Service struct {
	// Key is the service's id within this module. Distinct.
	Key string
	// Name is the service's name, by which a problem with it is reported.
	Name string
	// Port is the port on which the load balancer reaches the service, if its input says no other. One that two services have
	// is admitted once.
	Port int
	// Balanced tells whether the load balancer reaches it.
	Balanced bool
	// FrontPort is the port on which the load balancer reaches it, if that is another one than Port. Default 0: Port.
	FrontPort int
	// HealthPort is the port at which the load balancer asks whether it is healthy, if that is another one. Default 0: FrontPort.
	HealthPort int
	// Private tells whether the other services reach it.
	Private bool
	// Network is who else reaches it.
	Network Network
}

// Groups is what the security groups of an environment let through beside the services' ports.
type Groups struct {
	// Endpoints lets the services reach interface endpoints that are in the app group, by which tasks can pull images: 443 within the group. Those for
	// ecr.api, ecr.dkr and logs cost about $7 a month each in each zone, and one for S3 nothing. Default: no port 443 within the group.
	// https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html
	Endpoints bool
	// Egress is what the services may reach. They need 443 to pull images, unless endpoints are in the app group. Default: everything.
	Egress []Egress
}

// Egress is a port of some addresses.
type Egress struct {
	// Port is a TCP port, 1 to 65535.
	Port int
	// CIDR is an IPv4 range without host bits, such as "10.0.0.0/8".
	CIDR string
}

// Network is who reaches a service, beside the load balancer at its port.
type Network struct {
	// PreviousPort stays open to the load balancer beside the service's port, 1 to 65535, for the deploy that changes the port. Default 0: none.
	PreviousPort int
	// MorePorts are other ports at which it listens for the other services, which reach them by its PrivateName, such as one for metrics: 1 to 65535, each
	// once. Default: none.
	MorePorts []int
}

// References are what only Terraform knows.
type References struct {
	// VPCID is the network that holds the groups.
	VPCID string
	// IngressCIDRs are the IPv4 ranges that may reach the load balancer on 80 and 443, 1 to MostIngressCIDRs.
	IngressCIDRs []string
	// Ports are the ports on which the services are reached, by service key.
	Ports map[string]float64
}

// SecurityGroups is the outputs of this module.
type SecurityGroups struct {
	// ALBID is the id of the load balancer's group.
	ALBID string
	// AppID is the id of the group of the services and the PostgreSQL host.
	AppID string
}

// The characters of a group's name.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html
var groupName = regexp.MustCompile(`^[A-Za-z0-9 ._:/()#,@\[\]+=&;{}!$*-]+$`)

// mostRules is how many inbound rules a security group takes, and how many outbound ones.
// https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
const mostRules = 60

// MostIngressCIDRs is how many IPv4 ranges may reach the load balancer: each is a rule for 80
// and one for 443.
const MostIngressCIDRs = mostRules / 2

// postgresPort is where the PostgreSQL host, a member of the app group, listens.
const postgresPort = 5432

// httpsPort is where interface endpoints listen.
const httpsPort = 443

// Validate returns an error that names every field of the design that is wrong.
func (c Config) Validate() error {
	var p check.Problems
	p.Required("name prefix", c.NamePrefix)
	for _, name := range []string{c.albName(), c.appName()} {
		p.Name("security group name", name, 255, groupName, "letters, digits, spaces and ._-:/()#,@[]+=&;{}!$*")
		if strings.HasPrefix(name, "sg-") {
			p.Addf("security group name", "%q must not start with \"sg-\", which AWS keeps for ids", name)
		}
	}
	for _, egress := range c.Groups.Egress {
		p.Port("egress: port", egress.Port)
		if prefix, err := netip.ParsePrefix(egress.CIDR); err != nil || !prefix.Addr().Is4() || prefix != prefix.Masked() {
			p.Addf("egress: CIDR", "%q is not allowed (an IPv4 range without host bits, such as 10.0.0.0/8)", egress.CIDR)
		}
	}
	if most := mostRules - 1; len(c.Groups.Egress) > most { // one is for what is in the group
		p.Addf("egress", "%d are too many for one security group, %d at most are allowed", len(c.Groups.Egress), most)
	}
	type rule struct {
		fromALB bool
		port    int
	}
	rules := map[rule]bool{{false, postgresPort}: true}
	if c.Groups.Endpoints {
		rules[rule{false, httpsPort}] = true
	}
	for _, service := range c.Services {
		if service.Balanced {
			rules[rule{true, cmp.Or(service.FrontPort, service.Port)}] = true
		}
		if service.HealthPort != 0 {
			rules[rule{true, service.HealthPort}] = true
		}
		if service.Private {
			rules[rule{false, service.Port}] = true
		}
		for i, port := range service.Network.MorePorts {
			p.Port(fmt.Sprintf("service %q: more ports", service.Name), port)
			if port == service.Port || slices.Contains(service.Network.MorePorts[:i], port) {
				p.Addf(fmt.Sprintf("service %q: more ports", service.Name), "%d is open to the other services already", port)
			}
			rules[rule{false, port}] = true
		}
		if previous := service.Network.PreviousPort; previous != 0 {
			p.Port(fmt.Sprintf("service %q: previous port", service.Name), previous)
			rules[rule{true, previous}] = true
		}
	}
	if len(rules) > mostRules {
		p.Addf("service ports", "%d inbound rules are too many for one security group, %d at most are allowed: "+
			"a rule for each port that the load balancer reaches, and for each that services reach", len(rules), mostRules)
	}
	return p.Err()
}

// New creates both groups in scope, under id.
// cfg has passed Validate.
func New(scope constructs.Construct, id string, cfg Config, refs References) *SecurityGroups {
	this := constructs.NewConstruct(scope, jsii.String(id))

	alb := newALBGroup(this, cfg, refs)
	albID := *alb.Id()
	app := newAppGroup(this, cfg, refs, albID)
	return &SecurityGroups{ALBID: albID, AppID: *app.Id()}
}

func (c Config) albName() string { return c.NamePrefix + "-alb-sg" }

func (c Config) appName() string { return c.NamePrefix + "-app-sg" }

func newALBGroup(scope constructs.Construct, cfg Config, refs References) securitygroup.SecurityGroup {
	return securitygroup.NewSecurityGroup(scope, jsii.String("alb"), &securitygroup.SecurityGroupConfig{
		Name:        jsii.String(cfg.albName()),
		Description: jsii.String("ALB ingress security group"),
		VpcId:       jsii.String(refs.VPCID),
		Ingress: []securitygroup.SecurityGroupIngress{
			fromClients(refs.IngressCIDRs, 80),
			fromClients(refs.IngressCIDRs, 443),
		},
		Egress: anywhere(),
		Tags:   tags.Named(cfg.Tags, cfg.albName()),
	})
}

func newAppGroup(scope constructs.Construct, cfg Config, refs References, albID string) securitygroup.SecurityGroup {
	// Rules are a set: where two ports are the same, Terraform merges them.
	var ingress []securitygroup.SecurityGroupIngress
	for _, service := range slices.SortedFunc(slices.Values(cfg.Services), func(a, b Service) int { return strings.Compare(a.Name, b.Name) }) {
		port := refs.Ports[service.Key]
		if service.Balanced {
			ingress = append(ingress, fromALB(albID, cmp.Or(float64(service.FrontPort), port)))
		}
		if service.HealthPort != 0 {
			ingress = append(ingress, fromALB(albID, float64(service.HealthPort)))
		}
		if service.Private {
			ingress = append(ingress, fromItself(port))
		}
		for _, port := range service.Network.MorePorts {
			ingress = append(ingress, fromItself(float64(port)))
		}
		if previous := service.Network.PreviousPort; previous != 0 {
			ingress = append(ingress, fromALB(albID, float64(previous)))
		}
	}
	if cfg.Groups.Endpoints {
		ingress = append(ingress, fromItself(httpsPort))
	}
	ingress = append(ingress, fromItself(postgresPort))
	egress := anywhere()
	if len(cfg.Groups.Egress) > 0 {
		egress = narrowed(cfg.Groups)
	}

	return securitygroup.NewSecurityGroup(scope, jsii.String("app"), &securitygroup.SecurityGroupConfig{
		Name:        jsii.String(cfg.appName()),
		Description: jsii.String("Shared SG for ECS services and PostgreSQL EC2"),
		VpcId:       jsii.String(refs.VPCID),
		Ingress:     ingress,
		Egress:      egress,
		Tags:        tags.Named(cfg.Tags, cfg.appName()),
	})
}

// fromItself admits members of the group.
func fromItself(port float64) securitygroup.SecurityGroupIngress {
	return securitygroup.SecurityGroupIngress{
		Protocol:      jsii.String("tcp"),
		FromPort:      jsii.Number(port),
		ToPort:        jsii.Number(port),
		SelfAttribute: true,
	}
}

// narrowed is what the services may reach: the ranges that are named, and one another.
func narrowed(groups Groups) []securitygroup.SecurityGroupEgress {
	all := []securitygroup.SecurityGroupEgress{{
		Protocol:      jsii.String("-1"),
		FromPort:      jsii.Number(0),
		ToPort:        jsii.Number(0),
		SelfAttribute: true,
	}}
	for _, egress := range groups.Egress {
		all = append(all, securitygroup.SecurityGroupEgress{
			Protocol:   jsii.String("tcp"),
			FromPort:   jsii.Number(egress.Port),
			ToPort:     jsii.Number(egress.Port),
			CidrBlocks: jsii.Strings(egress.CIDR),
		})
	}
	return all
}

func fromALB(albID string, port float64) securitygroup.SecurityGroupIngress {
	return securitygroup.SecurityGroupIngress{
		Protocol:       jsii.String("tcp"),
		FromPort:       jsii.Number(port),
		ToPort:         jsii.Number(port),
		SecurityGroups: jsii.Strings(albID),
	}
}

func fromClients(cidrs []string, port float64) securitygroup.SecurityGroupIngress {
	return securitygroup.SecurityGroupIngress{
		Protocol:   jsii.String("tcp"),
		FromPort:   jsii.Number(port),
		ToPort:     jsii.Number(port),
		CidrBlocks: jsii.Strings(cidrs...),
	}
}

func anywhere() []securitygroup.SecurityGroupEgress {
	return []securitygroup.SecurityGroupEgress{{
		Protocol:   jsii.String("-1"),
		FromPort:   jsii.Number(0),
		ToPort:     jsii.Number(0),
		CidrBlocks: jsii.Strings("0.0.0.0/0"),
	}}
}
