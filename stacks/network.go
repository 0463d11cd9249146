package stacks

import (
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/order-bot/infra/internal/check"
	"github.com/order-bot/infra/internal/project"
	"github.com/order-bot/infra/modules/certificate"
	"github.com/order-bot/infra/modules/network"
	"github.com/order-bot/infra/modules/s3"
)

// NetworkName is the name of the stack of what the others need to be there.
const NetworkName = "network"

// Network describes the stack of what the others need to be there: a VPC with subnets, and the certificates of the domain. Its outputs have the names
// of their inputs: `./infra fill prod` writes them to the files of values.
type Network struct {
	// VPC is the network itself.
	VPC network.VPC
	// WithoutVPC makes no VPC, where you have one. Default: it is made.
	WithoutVPC bool
	// WithoutCertificates requests no certificates, where you have them, or no domain. Default: one for the load balancer and one for CloudFront, each for
	// the domain and all names with one label before it. They cost nothing.
	WithoutCertificates bool
}

// networkInputs are what a deploy of the stack is given.
type networkInputs struct {
	region, hostedZoneID, domain string
}

// withDefaults puts the defaults where n has zero values.
func (n Network) withDefaults() Network {
	if !n.WithoutVPC {
		n.VPC = n.VPC.WithDefaults()
	}
	return n
}

// inputs are the variables of the stack, and where their values will be once they are declared.
func (n Network) inputs() (*networkInputs, []variable) {
	in := &networkInputs{}
	all := []variable{
		{name: "aws_region", value: &in.region, example: "ap-northeast-1", description: "AWS region of the network, and of all stacks in it.", rules: []rule{regionRule}},
	}
	if n.WithoutCertificates {
		return in, all
	}
	return in, append(all,
		variable{name: "hosted_zone_id", value: &in.hostedZoneID, example: "Z0123456789ABCDEFGHIJ", description: "Route 53 hosted zone of the domain.", rules: []rule{zoneRule}},
		variable{name: "domain", value: &in.domain, example: "example.com", description: "Domain of the certificates: they are for it, and for all host names with one label before it.", rules: []rule{
			domainRule(check.Pattern{Regexp: s3.Domain.Regexp, Longest: longestCertified, Allowed: "a domain of 64 characters at most, in lower-case ASCII, without a dot at the end"}),
		}},
	)
}

// longestCertified is how many characters the first domain of a certificate has at most.
// https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html
const longestCertified = 64

func (n Network) network() network.Config {
	return network.Config{Name: Project + "-" + NetworkName, VPC: n.VPC, Tags: tagsOf(NetworkName)}
}

func (n Network) validate() error {
	var p check.Problems
	if n.WithoutVPC && n.WithoutCertificates {
		p.Addf("VPC", "without it and without certificates, there is nothing to make: take Network out of the design")
	}
	switch {
	case !n.WithoutVPC:
		p.Join(n.network().Validate())
	case n.VPC.CIDR != "" || n.VPC.WayOut != "" || len(n.VPC.Zones)+len(n.VPC.Endpoints) > 0:
		p.Addf("VPC", "says something of a VPC that there is not (WithoutVPC)")
	}
	return check.Prefix(NetworkName, p.Err())
}

// build creates the stack in scope.
func (n Network) build(scope constructs.Construct, state project.State, moved []Move) {
	s := newStack(scope, NetworkName, state, moved)
	in, variables := n.inputs()
	s.declare(variables)
	s.newProvider(in.region)

	s.output("aws_region", "Region of the network.", in.region)
	if !n.WithoutVPC {
		made := network.New(s, "network", n.network(), network.References{Region: in.region})
		s.output("vpc_id", "The VPC.", made.VPCID)
		s.output("public_subnet_ids", "The public subnets, one in each zone.", made.PublicSubnetIDs)
		if len(made.PrivateSubnetIDs) > 0 {
			s.output("private_subnet_ids", "The private subnets, one in each zone.", made.PrivateSubnetIDs)
		}
	}
	if !n.WithoutCertificates {
		certificates := certificate.New(s, "certificate", certificate.References{
			Domain: in.domain, HostedZoneID: in.hostedZoneID, CloudFront: s.newProviderIn(certificate.CloudFrontRegion), Tags: tagsOf(NetworkName),
		})
		s.output("hosted_zone_id", "The hosted zone of the domain.", in.hostedZoneID)
		s.output("alb_certificate_arn", "The certificate for load balancers, issued.", certificates.ALBARN)
		s.output("cloudfront_certificate_arn", "The certificate for CloudFront, issued.", certificates.CloudFrontARN)
	}
}
