package preflight

import (
	"cmp"
	"context"
	"strings"

	"github.com/order-bot/infra/tool/aws/ec2"
)

// ec2Network is the network as EC2 has it.
type ec2Network struct{ *ec2.Client }

func (n ec2Network) subnets(ctx context.Context, ids []string) ([]subnet, error) {
	// A filter passes over those that are not there. To ask for them by id would be an error.
	found, err := n.DescribeSubnets(ctx, ec2.Filters{"subnet-id": ids})
	var all []subnet
	for _, is := range found {
		all = append(all, subnet{is.SubnetID, is.AvailabilityZone, is.VpcID, is.AvailableIPAddressCount})
	}
	return all, err
}

func (n ec2Network) routeTables(ctx context.Context, vpc string) ([]routeTable, error) {
	found, err := n.DescribeRouteTables(ctx, ec2.Filters{"vpc-id": {vpc}})
	var all []routeTable
	for _, is := range found {
		table := routeTable{id: is.RouteTableID}
		for _, association := range is.Associations {
			table.main = table.main || association.Main
			if association.SubnetID != "" {
				table.subnets = append(table.subnets, association.SubnetID)
			}
		}
		for _, to := range is.Routes {
			by := cmp.Or(to.GatewayID, to.NatGatewayID, to.TransitGatewayID, to.VpcPeeringConnectionID, to.InstanceID, to.NetworkInterfaceID)
			table.routes = append(table.routes, route{destination: to.DestinationCidrBlock, by: by, lost: to.State == "blackhole"})
		}
		all = append(all, table)
	}
	return all, err
}

func (n ec2Network) endpoints(ctx context.Context, vpc string) ([]endpoint, error) {
	found, err := n.DescribeVpcEndpoints(ctx, ec2.Filters{"vpc-id": {vpc}})
	var all []endpoint
	for _, is := range found {
		if strings.EqualFold(is.State, "available") {
			all = append(all, endpoint{is.ServiceName, is.RouteTableIDs, is.VpcEndpointType == "Interface" && !is.PrivateDNSEnabled})
		}
	}
	return all, err
}
