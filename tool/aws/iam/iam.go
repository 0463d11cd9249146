// Package iam asks IAM for roles and for their policies, and changes them.
package iam

import (
	"context"
	"net/url"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-bot/infra/tool/aws/awsapi"
)

// https://docs.aws.amazon.com/general/latest/gr/iam-service.html
var service = awsapi.Service{ID: "IAM", Prefix: "iam", Version: "2010-05-08", Homes: map[string]awsapi.Home{
	"":         {Host: "iam.amazonaws.com", Region: "us-east-1"},
	"cn-":      {Host: "iam.cn-north-1.amazonaws.com.cn", Region: "cn-north-1"},
	"us-gov-":  {Host: "iam.us-gov.amazonaws.com", Region: "us-gov-west-1"},
	"eusc-":    {Host: "iam.eusc-de-east-1.amazonaws.eu", Region: "eusc-de-east-1"},
	"us-iso-":  {Host: "iam.us-iso-east-1.c2s.ic.gov", Region: "us-iso-east-1"},
	"us-isob-": {Host: "iam.us-isob-east-1.sc2s.sgov.gov", Region: "us-isob-east-1"},
	"eu-isoe-": {Host: "iam.eu-isoe-west-1.cloud.adc-e.uk", Region: "eu-isoe-west-1"},
	"us-isof-": {Host: "iam.us-isof-south-1.csp.hci.ic.gov", Region: "us-isof-south-1"},
}}

// Client asks IAM.
type Client struct{ api *awsapi.Client }

// New returns a client with these settings.
func New(config aws.Config) *Client { return &Client{awsapi.New(config, service)} }

// Role is a role.
type Role struct {
	ARN string `xml:"Arn"`
	// Trust is the policy that says who may assume it.
	Trust string      `xml:"AssumeRolePolicyDocument"`
	Tags  awsapi.Tags `xml:"Tags>member"`
}

// GetRole returns the role of a name. If there is none, the error has the code NoSuchEntity.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html
func (c *Client) GetRole(ctx context.Context, name string) (Role, error) {
	var answer struct {
		Role Role `xml:"GetRoleResult>Role"`
	}
	err := c.api.Query(ctx, "GetRole", url.Values{"RoleName": {name}}, &answer)
	if err == nil { // IAM encodes policies as parts of a URL
		answer.Role.Trust, err = url.PathUnescape(answer.Role.Trust)
	}
	return answer.Role, err
}

// ListAttachedRolePolicies returns the ARNs of the managed policies that are attached to a role.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAttachedRolePolicies.html
func (c *Client) ListAttachedRolePolicies(ctx context.Context, role string) (arns []string, err error) {
	attached, err := awsapi.Members[struct{ PolicyArn string }](ctx, c.api, "ListAttachedRolePolicies", url.Values{"RoleName": {role}})
	for _, policy := range attached {
		arns = append(arns, policy.PolicyArn)
	}
	return arns, err
}

// ListRolePolicies returns the names of the policies that are embedded in a role.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRolePolicies.html
func (c *Client) ListRolePolicies(ctx context.Context, role string) ([]string, error) {
	return awsapi.Members[string](ctx, c.api, "ListRolePolicies", url.Values{"RoleName": {role}})
}

// CreateRole creates a role with a trust policy, whose sessions last as long as longest at most: 1 to 12 hours.
// If there is one of the name, the error has the code EntityAlreadyExists.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
func (c *Client) CreateRole(ctx context.Context, name, trust string, longest time.Duration) error {
	return c.change(ctx, "CreateRole", "RoleName", name, "AssumeRolePolicyDocument", trust, "MaxSessionDuration", seconds(longest))
}

// UpdateRole says how long the sessions of a role last at most: 1 to 12 hours.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateRole.html
func (c *Client) UpdateRole(ctx context.Context, name string, longest time.Duration) error {
	return c.change(ctx, "UpdateRole", "RoleName", name, "MaxSessionDuration", seconds(longest))
}

// UpdateAssumeRolePolicy gives a role another trust policy.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAssumeRolePolicy.html
func (c *Client) UpdateAssumeRolePolicy(ctx context.Context, role, trust string) error {
	return c.change(ctx, "UpdateAssumeRolePolicy", "RoleName", role, "PolicyDocument", trust)
}

// DeleteRolePolicy deletes a policy that is embedded in a role. If there is none, the error has the code NoSuchEntity.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRolePolicy.html
func (c *Client) DeleteRolePolicy(ctx context.Context, role, name string) error {
	return c.change(ctx, "DeleteRolePolicy", "RoleName", role, "PolicyName", name)
}

// CreatePolicy creates a managed policy. If there is one of the name, the error has the code EntityAlreadyExists.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html
func (c *Client) CreatePolicy(ctx context.Context, name, document string) error {
	return c.change(ctx, "CreatePolicy", "PolicyName", name, "PolicyDocument", document)
}

// DeletePolicy deletes a managed policy that has one version and is attached to nothing.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicy.html
func (c *Client) DeletePolicy(ctx context.Context, arn string) error {
	return c.change(ctx, "DeletePolicy", "PolicyArn", arn)
}

// AttachRolePolicy attaches a managed policy to a role. It changes nothing if the role has it.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachRolePolicy.html
func (c *Client) AttachRolePolicy(ctx context.Context, role, arn string) error {
	return c.change(ctx, "AttachRolePolicy", "RoleName", role, "PolicyArn", arn)
}

// DetachRolePolicy takes a managed policy from a role.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_DetachRolePolicy.html
func (c *Client) DetachRolePolicy(ctx context.Context, role, arn string) error {
	return c.change(ctx, "DetachRolePolicy", "RoleName", role, "PolicyArn", arn)
}

// change asks for an action of whose answer nothing is read. The parameters are names and values in turn.
func (c *Client) change(ctx context.Context, action string, parameters ...string) error {
	values := url.Values{}
	for i := 0; i < len(parameters); i += 2 {
		values.Set(parameters[i], parameters[i+1])
	}
	return c.api.Query(ctx, action, values, &struct{}{})
}

func seconds(d time.Duration) string { return strconv.Itoa(int(d.Seconds())) }
