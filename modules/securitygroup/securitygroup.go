// Package securitygroup holds the two security groups: the load balancer's, open to its
// clients, and the one that the services share with the PostgreSQL host.
package securitygroup

import (
	"maps"
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
	// VPCID is the network that holds the groups.
	VPCID string
	// IngressCIDRs are the IPv4 ranges that may reach the load balancer on 80 and 443.
	IngressCIDRs []string
	// ServicePorts are the ports on which the load balancer reaches the services, by
	// service name. One that two services have is admitted once; MostPorts at most are.
	ServicePorts map[string]float64
	// PreviousPorts are ports that stay open to the load balancer, by service name: running
	// tasks listen there while a deploy moves their service to another port.
	PreviousPorts map[string]int
	// Tags are put on both groups, beside their tag Name.
	Tags map[string]string
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

// mostRules is how many inbound rules a security group takes.
// https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
const mostRules = 60

const (
	// MostIngressCIDRs is how many IPv4 ranges may reach the load balancer: each is a rule for 80
	// and one for 443.
	MostIngressCIDRs = mostRules / 2
	// MostPorts is how many ports the load balancer may reach: one rule is PostgreSQL's.
	MostPorts = mostRules - 1
)

// postgresPort is where the PostgreSQL host, a member of the app group, listens.
const postgresPort = 5432

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
	return p.Err()
}

// New creates both groups in scope, under id.
// cfg has passed Validate.
func New(scope constructs.Construct, id string, cfg Config) *SecurityGroups {
	this := constructs.NewConstruct(scope, jsii.String(id))

	alb := newALBGroup(this, cfg)
	albID := *alb.Id()
	app := newAppGroup(this, cfg, albID)
	return &SecurityGroups{ALBID: albID, AppID: *app.Id()}
}

func (c Config) services() []string { return slices.Sorted(maps.Keys(c.ServicePorts)) }

func (c Config) albName() string { return c.NamePrefix + "-alb-sg" }

func (c Config) appName() string { return c.NamePrefix + "-app-sg" }

func newALBGroup(scope constructs.Construct, cfg Config) securitygroup.SecurityGroup {
	return securitygroup.NewSecurityGroup(scope, jsii.String("alb"), &securitygroup.SecurityGroupConfig{
		Name:        jsii.String(cfg.albName()),
		Description: jsii.String("ALB ingress security group"),
		VpcId:       jsii.String(cfg.VPCID),
		Ingress: []securitygroup.SecurityGroupIngress{
			fromClients(cfg, 80),
			fromClients(cfg, 443),
		},
		Egress: anywhere(),
		Tags:   tags.Named(cfg.Tags, cfg.albName()),
	})
}

func newAppGroup(scope constructs.Construct, cfg Config, albID string) securitygroup.SecurityGroup {
	// Rules are a set: where two ports are the same, Terraform merges them.
	var ingress []securitygroup.SecurityGroupIngress
	for _, service := range cfg.services() {
		ingress = append(ingress, fromALB(albID, cfg.ServicePorts[service]))
		if port, has := cfg.PreviousPorts[service]; has {
			ingress = append(ingress, fromALB(albID, float64(port)))
		}
	}
	ingress = append(ingress, securitygroup.SecurityGroupIngress{
		Protocol:      jsii.String("tcp"),
		FromPort:      jsii.Number(postgresPort),
		ToPort:        jsii.Number(postgresPort),
		SelfAttribute: true,
	})

	return securitygroup.NewSecurityGroup(scope, jsii.String("app"), &securitygroup.SecurityGroupConfig{
		Name:        jsii.String(cfg.appName()),
		Description: jsii.String("Shared SG for ECS services and PostgreSQL EC2"),
		VpcId:       jsii.String(cfg.VPCID),
		Ingress:     ingress,
		Egress:      anywhere(),
		Tags:        tags.Named(cfg.Tags, cfg.appName()),
	})
}

func fromALB(albID string, port float64) securitygroup.SecurityGroupIngress {
	return securitygroup.SecurityGroupIngress{
		Protocol:       jsii.String("tcp"),
		FromPort:       jsii.Number(port),
		ToPort:         jsii.Number(port),
		SecurityGroups: jsii.Strings(albID),
	}
}

func fromClients(cfg Config, port float64) securitygroup.SecurityGroupIngress {
	return securitygroup.SecurityGroupIngress{
		Protocol:   jsii.String("tcp"),
		FromPort:   jsii.Number(port),
		ToPort:     jsii.Number(port),
		CidrBlocks: jsii.Strings(cfg.IngressCIDRs...),
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
