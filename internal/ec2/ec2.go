// Package ec2 asks EC2 for the network of the stacks: security groups, network interfaces, and the VPC with its subnets and ways out.
//
// It has its own client, as the SDK's for EC2 is so large that compiling it takes a minute of processor time and 3 GB of memory. What is
// not special to EC2 is the SDK's: settings, credentials, signatures, retries, the types of errors.
//
// Another action is a function of one line that calls describe, and a type with the fields that are needed of its items, named as in the
// example answer of the action's reference: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Operations.html
package ec2

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// Client asks EC2 in one region.
type Client struct {
	config  aws.Config
	http    aws.HTTPClient
	retryer aws.Retryer
}

// New returns a client with these settings. The settings for FIPS and dual-stack endpoints mean nothing to it.
func New(config aws.Config) *Client {
	c := &Client{config: config, http: config.HTTPClient}
	if c.http == nil {
		c.http = awshttp.NewBuildableClient()
	}
	switch {
	case config.Retryer != nil:
		c.retryer = config.Retryer()
	case config.RetryMode == aws.RetryModeAdaptive:
		c.retryer = retry.NewAdaptiveMode()
	default:
		c.retryer = retry.NewStandard()
	}
	if config.RetryMaxAttempts != 0 {
		c.retryer = retry.AddWithMaxAttempts(c.retryer, config.RetryMaxAttempts)
	}
	return c
}

// Filters let only those items through that have one of the values of each filter, by the filter's name, such as
// "group-name": {"app"}. An action's reference has the names. In a value * stands for any characters, and ? for one.
type Filters map[string][]string

// Tag is a tag of anything in EC2.
type Tag struct {
	Key   string `xml:"key"`
	Value string `xml:"value"`
}

// SecurityGroup is a security group. Of its rules it has the groups that they name.
type SecurityGroup struct {
	GroupID         string   `xml:"groupId"`
	GroupName       string   `xml:"groupName"`
	VpcID           string   `xml:"vpcId"`
	IngressGroupIDs []string `xml:"ipPermissions>item>groups>item>groupId"`
	EgressGroupIDs  []string `xml:"ipPermissionsEgress>item>groups>item>groupId"`
	Tags            []Tag    `xml:"tagSet>item"`
}

// DescribeSecurityGroups returns the security groups that the filters let through.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSecurityGroups.html
func (c *Client) DescribeSecurityGroups(ctx context.Context, filters Filters) ([]SecurityGroup, error) {
	return describe[SecurityGroup](ctx, c, "DescribeSecurityGroups", filters)
}

// NetworkInterface is a network interface: of an instance, of a task, of whatever a service of AWS runs.
type NetworkInterface struct {
	NetworkInterfaceID string `xml:"networkInterfaceId"`
	// Description is free text, "" if there is none. Services of AWS say in it what the interface is for.
	Description string `xml:"description"`
	// InstanceID is the instance that it is attached to, or "".
	InstanceID string `xml:"attachment>instanceId"`
	// RequesterManaged tells whether a service of AWS manages it, so that nobody else can change it.
	RequesterManaged bool `xml:"requesterManaged"`
	// GroupIDs are the security groups that it is in.
	GroupIDs []string `xml:"groupSet>item>groupId"`
}

// DescribeNetworkInterfaces returns the network interfaces that the filters let through.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeNetworkInterfaces.html
func (c *Client) DescribeNetworkInterfaces(ctx context.Context, filters Filters) ([]NetworkInterface, error) {
	return describe[NetworkInterface](ctx, c, "DescribeNetworkInterfaces", filters)
}
