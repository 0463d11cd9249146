package ec2

import (
	"context"

	"github.com/order-bot/infra/tool/aws/awsapi"
)

// InternetGateway leads from a VPC to the internet.
type InternetGateway struct {
	InternetGatewayID string      `xml:"internetGatewayId"`
	Tags              awsapi.Tags `xml:"tagSet>item"`
}

// DescribeInternetGateways returns the internet gateways that the filters let through.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInternetGateways.html
func (c *Client) DescribeInternetGateways(ctx context.Context, filters Filters) ([]InternetGateway, error) {
	return describe[InternetGateway](ctx, c, "DescribeInternetGateways", filters)
}

// NatGateway leads from private subnets to the internet, and lets nobody in.
type NatGateway struct {
	NatGatewayID string      `xml:"natGatewayId"`
	Tags         awsapi.Tags `xml:"tagSet>item"`
}

// DescribeNatGateways returns the NAT gateways that the filters let through.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeNatGateways.html
func (c *Client) DescribeNatGateways(ctx context.Context, filters Filters) ([]NatGateway, error) {
	return describe[NatGateway](ctx, c, "DescribeNatGateways", filters)
}

// Address is an Elastic IP address.
type Address struct {
	AllocationID string      `xml:"allocationId"`
	Tags         awsapi.Tags `xml:"tagSet>item"`
}

// DescribeAddresses returns the Elastic IP addresses that the filters let through.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeAddresses.html
func (c *Client) DescribeAddresses(ctx context.Context, filters Filters) ([]Address, error) {
	return describe[Address](ctx, c, "DescribeAddresses", filters)
}
