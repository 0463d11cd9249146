package network

import (
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/subnet"

	"github.com/order-bot/infra/modules/internal/tags"
)

// zone is what has been made of a Zone.
type zone struct {
	scope  constructs.Construct
	letter string
	// publicID and privateID are the ids of the subnets, and privateTableID is that of the route table of the private one. There may be no private one.
	publicID, privateID, privateTableID string
}

// newSubnets creates the subnets of all zones.
func newSubnets(scope constructs.Construct, cfg Config, refs References, vpcID string) []*zone {
	var all []*zone
	for _, of := range cfg.VPC.Zones {
		made := &zone{scope: constructs.NewConstruct(scope, jsii.String(of.Letter)), letter: of.Letter}
		made.publicID = newSubnet(made, cfg, refs, vpcID, "public", of.PublicCIDR)
		if cfg.VPC.hasPrivate() {
			made.privateID = newSubnet(made, cfg, refs, vpcID, "private", of.PrivateCIDR)
		}
		all = append(all, made)
	}
	return all
}

// newSubnet creates a subnet, and returns its id. Nothing in it gets a public address on its own: a service says so for its tasks.
// https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html (EC2.15)
func newSubnet(of *zone, cfg Config, refs References, vpcID, kind, cidr string) string {
	return *subnet.NewSubnet(of.scope, jsii.String(kind+"_subnet"), &subnet.SubnetConfig{
		VpcId:            jsii.String(vpcID),
		AvailabilityZone: jsii.String(refs.Region + of.letter),
		CidrBlock:        jsii.String(cidr),
		Tags:             tags.Named(cfg.Tags, cfg.Name+"-"+kind+"-"+of.letter),
	}).Id()
}
