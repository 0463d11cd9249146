package ec2

import (
	"context"
	"net/url"

	"github.com/order-bot/infra/tool/aws/awsapi"
)

// Vpc is a network of its own in a region.
type Vpc struct {
	VpcID string `xml:"vpcId"`
	// CidrBlock is the first range of its addresses, such as "10.0.0.0/16".
	CidrBlock string      `xml:"cidrBlock"`
	Tags      awsapi.Tags `xml:"tagSet>item"`
}

// DescribeVpcs returns the VPCs that the filters let through.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcs.html
func (c *Client) DescribeVpcs(ctx context.Context, filters Filters) ([]Vpc, error) {
	return describe[Vpc](ctx, c, "DescribeVpcs", filters)
}

// The attributes of a VPC that DescribeVpcAttribute is asked for.
const (
	EnableDNSSupport   = "enableDnsSupport"
	EnableDNSHostnames = "enableDnsHostnames"
)

// DescribeVpcAttribute tells whether a VPC has an attribute, one of the two above.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcAttribute.html
func (c *Client) DescribeVpcAttribute(ctx context.Context, vpc, attribute string) (bool, error) {
	var answer struct {
		DNSSupport   bool `xml:"enableDnsSupport>value"`
		DNSHostnames bool `xml:"enableDnsHostnames>value"`
	}
	err := c.api.Query(ctx, "DescribeVpcAttribute", url.Values{"VpcId": {vpc}, "Attribute": {attribute}}, &answer)
	return answer.DNSSupport || answer.DNSHostnames, err
}

// NetworkACL lets traffic into subnets and out of them, and the answers to it only where a rule says so. Each subnet has one.
// https://docs.aws.amazon.com/vpc/latest/userguide/nacl-rules.html
type NetworkACL struct {
	NetworkACLID string            `xml:"networkAclId"`
	SubnetIDs    []string          `xml:"associationSet>item>subnetId"`
	Entries      []NetworkACLEntry `xml:"entrySet>item"`
}

// NetworkACLEntry is a rule of a network ACL. The one of the lowest number that fits decides.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NetworkAclEntry.html
type NetworkACLEntry struct {
	RuleNumber int  `xml:"ruleNumber"`
	Egress     bool `xml:"egress"`
	// RuleAction is "allow" or "deny".
	RuleAction string `xml:"ruleAction"`
	// Protocol is a number, such as "6" for TCP, or "-1" for all.
	Protocol string `xml:"protocol"`
	// CidrBlock is the range of addresses, and "" where the rule is for IPv6.
	CidrBlock string `xml:"cidrBlock"`
	// PortRange is nil where the rule is for all ports.
	PortRange *PortRange `xml:"portRange"`
}

// PortRange are the ports from the first to the last.
type PortRange struct {
	From int `xml:"from"`
	To   int `xml:"to"`
}

// DescribeNetworkAcls returns the network ACLs that the filters let through.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeNetworkAcls.html
func (c *Client) DescribeNetworkAcls(ctx context.Context, filters Filters) ([]NetworkACL, error) {
	return describe[NetworkACL](ctx, c, "DescribeNetworkAcls", filters)
}

// Subnet is a range of a VPC's addresses in one availability zone.
type Subnet struct {
	SubnetID string `xml:"subnetId"`
	VpcID    string `xml:"vpcId"`
	// AvailabilityZone is its name in this account, such as "ap-northeast-1a".
	AvailabilityZone string `xml:"availabilityZone"`
	// CidrBlock is its range of addresses, "" in a subnet of IPv6 alone.
	CidrBlock string `xml:"cidrBlock"`
	// AvailableIPAddressCount is how many of its addresses nothing has. Those of stopped instances are not among them. Nil is where nothing is said.
	AvailableIPAddressCount *int        `xml:"availableIpAddressCount"`
	Tags                    awsapi.Tags `xml:"tagSet>item"`
}

// DescribeSubnets returns the subnets that the filters let through.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSubnets.html
func (c *Client) DescribeSubnets(ctx context.Context, filters Filters) ([]Subnet, error) {
	return describe[Subnet](ctx, c, "DescribeSubnets", filters)
}

// RouteTable says where the traffic of subnets goes. A subnet without one of its own has the main one of its VPC.
// https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Route_Tables.html
type RouteTable struct {
	RouteTableID string                  `xml:"routeTableId"`
	Routes       []Route                 `xml:"routeSet>item"`
	Associations []RouteTableAssociation `xml:"associationSet>item"`
	Tags         awsapi.Tags             `xml:"tagSet>item"`
}

// Route leads to one target, and the other ones are "". One to an instance has its network interface, too. The one that AWS added for the VPC
// itself has the GatewayID "local".
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Route.html
type Route struct {
	// DestinationCidrBlock says for which addresses the route is. It is "" where that is IPv6, or a list of prefixes.
	DestinationCidrBlock string `xml:"destinationCidrBlock"`

	// GatewayID is an internet gateway (igw-), a virtual private gateway (vgw-), a gateway endpoint (vpce-), or "local".
	GatewayID              string `xml:"gatewayId"`
	NatGatewayID           string `xml:"natGatewayId"`
	TransitGatewayID       string `xml:"transitGatewayId"`
	VpcPeeringConnectionID string `xml:"vpcPeeringConnectionId"`
	InstanceID             string `xml:"instanceId"`
	NetworkInterfaceID     string `xml:"networkInterfaceId"`

	// State is "active", "blackhole" if the target is gone or not attached, or "filtered".
	State string `xml:"state"`
}

// RouteTableAssociation gives a route table to a subnet, or makes it the main one.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RouteTableAssociation.html
type RouteTableAssociation struct {
	// SubnetID is "" if the table is given to a gateway, or as the main one.
	SubnetID string `xml:"subnetId"`
	// Main tells whether the table is that of all subnets that have none of their own.
	Main bool `xml:"main"`
}

// DescribeRouteTables returns the route tables that the filters let through. The filter "association.subnet-id" finds no main one.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeRouteTables.html
func (c *Client) DescribeRouteTables(ctx context.Context, filters Filters) ([]RouteTable, error) {
	return describe[RouteTable](ctx, c, "DescribeRouteTables", filters)
}

// VpcEndpoint leads from a VPC to a service of AWS without the internet.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpcEndpoint.html
type VpcEndpoint struct {
	VpcEndpointID string `xml:"vpcEndpointId"`
	// VpcEndpointType is "Interface", "Gateway", "GatewayLoadBalancer", "Resource" or "ServiceNetwork".
	VpcEndpointType string `xml:"vpcEndpointType"`
	// ServiceName is such as "com.amazonaws.ap-northeast-1.ecr.api".
	ServiceName string `xml:"serviceName"`
	// State is "available" when it works. AWS writes it with a capital letter in places: compare without regard to case.
	State string `xml:"state"`
	// PrivateDNSEnabled tells, of an interface endpoint, whether the service's own host name leads to it within the VPC.
	PrivateDNSEnabled bool `xml:"privateDnsEnabled"`
	// RouteTableIDs are those that lead to it, of a gateway endpoint.
	RouteTableIDs []string `xml:"routeTableIdSet>item"`
	// GroupIDs are the security groups of its network interfaces, of an interface endpoint.
	GroupIDs []string    `xml:"groupSet>item>groupId"`
	Tags     awsapi.Tags `xml:"tagSet>item"`
}

// DescribeVpcEndpoints returns the VPC endpoints that the filters let through.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcEndpoints.html
func (c *Client) DescribeVpcEndpoints(ctx context.Context, filters Filters) ([]VpcEndpoint, error) {
	return describe[VpcEndpoint](ctx, c, "DescribeVpcEndpoints", filters)
}
