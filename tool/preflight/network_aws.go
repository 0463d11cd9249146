package preflight

import (
	"cmp"
	"context"
	"slices"
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
		all = append(all, subnet{is.SubnetID, is.AvailabilityZone, is.VpcID, is.CidrBlock, is.AvailableIPAddressCount})
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
		state := strings.ToLower(is.State)
		switch state {
		case "available":
			state = ""
		case "deleting", "deleted":
			continue
		}
		all = append(all, endpoint{is.ServiceName, is.RouteTableIDs, is.VpcEndpointType == "Interface" && !is.PrivateDNSEnabled, state, is.GroupIDs})
	}
	return all, err
}

func (n ec2Network) acls(ctx context.Context, vpc string) ([]acl, error) {
	found, err := n.DescribeNetworkAcls(ctx, ec2.Filters{"vpc-id": {vpc}})
	var all []acl
	for _, is := range found {
		slices.SortFunc(is.Entries, func(a, b ec2.NetworkACLEntry) int { return cmp.Compare(a.RuleNumber, b.RuleNumber) })
		list := acl{id: is.NetworkACLID, subnets: is.SubnetIDs}
		for _, entry := range is.Entries {
			if entry.CidrBlock == "" || entry.Protocol != "-1" && entry.Protocol != "6" { // of IPv6, or for what is not TCP
				continue
			}
			at := ports{0, 65535}
			if entry.PortRange != nil && entry.Protocol == "6" {
				at = ports{entry.PortRange.From, entry.PortRange.To}
			}
			list.rules = append(list.rules, aclRule{entry.Egress, entry.RuleAction == "allow", entry.CidrBlock == everywhere, at})
		}
		all = append(all, list)
	}
	return all, err
}

// dnsResolution is the console's name for what a VPC has to have for its own DNS server to answer.
const dnsResolution = "DNS resolution"

func (n ec2Network) dnsOff(ctx context.Context, vpc string) (off []string, err error) {
	for attribute, name := range map[string]string{ec2.EnableDNSSupport: dnsResolution, ec2.EnableDNSHostnames: "DNS hostnames"} {
		is, err := n.DescribeVpcAttribute(ctx, vpc, attribute)
		if err != nil {
			return nil, err
		}
		if !is {
			off = append(off, name)
		}
	}
	slices.Sort(off)
	return off, nil
}

func (n ec2Network) rules(ctx context.Context, groups []string) ([]groupRule, error) {
	found, err := n.DescribeSecurityGroupRules(ctx, ec2.Filters{"group-id": groups})
	var all []groupRule
	for _, is := range found {
		if is.IsEgress || is.CidrIPv6 != "" || is.IPProtocol != "-1" && is.IPProtocol != "tcp" && is.IPProtocol != "6" {
			continue
		}
		at := ports{is.FromPort, is.ToPort}
		if is.IPProtocol == "-1" {
			at = ports{0, 65535}
		}
		all = append(all, groupRule{is.GroupID, at, is.CidrIPv4})
	}
	return all, err
}
