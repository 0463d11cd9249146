// Package ec2 asks EC2 for the network of the stacks: security groups, network interfaces, and the VPC with its subnets and ways out.
//
// Another action is a function of one line that calls describe, and a type with the fields that are needed of its items, named as in the
// example answer of the action's reference: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Operations.html
package ec2

import (
	"context"
	"maps"
	"net/url"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-bot/infra/tool/aws/awsapi"
)

// Client asks EC2 in one region.
type Client struct{ api *awsapi.Client }

// New returns a client with these settings.
func New(config aws.Config) *Client {
	return &Client{awsapi.New(config, awsapi.Service{ID: "EC2", Prefix: "ec2", Version: "2016-11-15"})}
}

// Filters let only those items through that have one of the values of each filter, by the filter's name, such as
// "group-name": {"app"}. An action's reference has the names. In a value * stands for any characters, and ? for one.
type Filters map[string][]string

// describe asks a Describe action for all pages of what the filters let through.
func describe[T any](ctx context.Context, c *Client, action string, filters Filters) ([]T, error) {
	parameters := url.Values{}
	for i, name := range slices.Sorted(maps.Keys(filters)) {
		prefix := "Filter." + strconv.Itoa(i+1)
		parameters.Set(prefix+".Name", name)
		for j, value := range filters[name] {
			parameters.Set(prefix+".Value."+strconv.Itoa(j+1), value)
		}
	}
	var all []T
	for {
		var answer page[T]
		if err := c.api.Query(ctx, action, parameters, &answer); err != nil {
			return nil, err
		}
		all = append(all, answer.Set.Items...)
		if answer.NextToken == "" {
			return all, nil
		}
		parameters.Set("NextToken", answer.NextToken)
	}
}

// page is the answer of a Describe action. Its one set has another name in each: securityGroupInfo, networkInterfaceSet, vpcSet.
type page[T any] struct {
	RequestID string `xml:"requestId"` // named, as it is no set
	NextToken string `xml:"nextToken"`
	Set       struct {
		Items []T `xml:"item"`
	} `xml:",any"`
}

// SecurityGroup is a security group. Of its rules it has the groups that they name.
type SecurityGroup struct {
	GroupID         string      `xml:"groupId"`
	GroupName       string      `xml:"groupName"`
	VpcID           string      `xml:"vpcId"`
	IngressGroupIDs []string    `xml:"ipPermissions>item>groups>item>groupId"`
	EgressGroupIDs  []string    `xml:"ipPermissionsEgress>item>groups>item>groupId"`
	Tags            awsapi.Tags `xml:"tagSet>item"`
}

// DescribeSecurityGroups returns the security groups that the filters let through.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSecurityGroups.html
func (c *Client) DescribeSecurityGroups(ctx context.Context, filters Filters) ([]SecurityGroup, error) {
	return describe[SecurityGroup](ctx, c, "DescribeSecurityGroups", filters)
}

// SecurityGroupRule is a rule of a security group, with one source or destination.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_SecurityGroupRule.html
type SecurityGroupRule struct {
	GroupID  string `xml:"groupId"`
	IsEgress bool   `xml:"isEgress"`
	// IPProtocol is "tcp", "udp", another name or number, or "-1" for all.
	IPProtocol string `xml:"ipProtocol"`
	// FromPort and ToPort are -1 where the rule is for all ports.
	FromPort int `xml:"fromPort"`
	ToPort   int `xml:"toPort"`
	// CidrIPv4 is a range of addresses. It is "" where the rule is for a group, a prefix list or IPv6.
	CidrIPv4 string `xml:"cidrIpv4"`
	CidrIPv6 string `xml:"cidrIpv6"`
}

// DescribeSecurityGroupRules returns the rules of security groups that the filters let through.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSecurityGroupRules.html
func (c *Client) DescribeSecurityGroupRules(ctx context.Context, filters Filters) ([]SecurityGroupRule, error) {
	return describe[SecurityGroupRule](ctx, c, "DescribeSecurityGroupRules", filters)
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
	// VpcID is the VPC that it is in.
	VpcID string `xml:"vpcId"`
}

// DescribeNetworkInterfaces returns the network interfaces that the filters let through.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeNetworkInterfaces.html
func (c *Client) DescribeNetworkInterfaces(ctx context.Context, filters Filters) ([]NetworkInterface, error) {
	return describe[NetworkInterface](ctx, c, "DescribeNetworkInterfaces", filters)
}
