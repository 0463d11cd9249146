package network

import (
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/eip"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/internetgateway"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/natgateway"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/routetable"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/routetableassociation"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"github.com/order-bot/infra/modules/internal/tags"
)

// everywhere is the range of all addresses.
const everywhere = "0.0.0.0/0"

// newRoutes creates the ways out of all subnets. Each private subnet has a route table of its own, so that another way out later changes a route,
// and no table.
func newRoutes(scope constructs.Construct, cfg Config, vpcID string, zones []*zone) {
	gateway := internetgateway.NewInternetGateway(scope, jsii.String("internet_gateway"), &internetgateway.InternetGatewayConfig{
		VpcId: jsii.String(vpcID),
		Tags:  tags.Named(cfg.Tags, cfg.Name),
	})
	public := newTable(scope, "public_route_table", cfg, vpcID, cfg.Name+"-public", routetable.RouteTableRoute{CidrBlock: jsii.String(everywhere), GatewayId: gateway.Id()})
	for _, zone := range zones {
		associate(zone, "public", zone.publicID, public)
	}
	if !cfg.VPC.hasPrivate() {
		return
	}
	var nat string
	for i, zone := range zones {
		if cfg.VPC.WayOut == NAT && i == 0 || cfg.VPC.WayOut == NATPerZone {
			nat = newNAT(zone, cfg, gateway)
		}
		routes := []routetable.RouteTableRoute{}
		if nat != "" {
			routes = append(routes, routetable.RouteTableRoute{CidrBlock: jsii.String(everywhere), NatGatewayId: jsii.String(nat)})
		}
		zone.privateTableID = newTable(zone.scope, "private_route_table", cfg, vpcID, cfg.Name+"-private-"+zone.letter, routes...)
		associate(zone, "private", zone.privateID, zone.privateTableID)
	}
}

// newTable creates a route table, and returns its id. Its routes are written within it, also where there are none: the engine then sees one that
// somebody adds.
func newTable(scope constructs.Construct, id string, cfg Config, vpcID, name string, routes ...routetable.RouteTableRoute) string {
	return *routetable.NewRouteTable(scope, jsii.String(id), &routetable.RouteTableConfig{
		VpcId: jsii.String(vpcID),
		Route: routes,
		Tags:  tags.Named(cfg.Tags, name),
	}).Id()
}

func associate(of *zone, kind, subnetID, tableID string) {
	routetableassociation.NewRouteTableAssociation(of.scope, jsii.String(kind+"_association"), &routetableassociation.RouteTableAssociationConfig{
		SubnetId:     jsii.String(subnetID),
		RouteTableId: jsii.String(tableID),
	})
}

// newNAT creates a NAT gateway in the public subnet of a zone, and returns its id.
func newNAT(of *zone, cfg Config, gateway internetgateway.InternetGateway) string {
	name := cfg.Name + "-nat-" + of.letter
	// AWS maps an address only where the VPC has an internet gateway, and lets none go that has mapped addresses.
	// https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/nat_gateway
	needs := &[]cdktf.ITerraformDependable{gateway}
	address := eip.NewEip(of.scope, jsii.String("nat_address"), &eip.EipConfig{
		Domain:    jsii.String("vpc"),
		DependsOn: needs,
		Tags:      tags.Named(cfg.Tags, name),
	})
	return *natgateway.NewNatGateway(of.scope, jsii.String("nat_gateway"), &natgateway.NatGatewayConfig{
		AllocationId: address.Id(),
		SubnetId:     jsii.String(of.publicID),
		DependsOn:    needs,
		Tags:         tags.Named(cfg.Tags, name),
	}).Id()
}
