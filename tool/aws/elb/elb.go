// Package elb asks Elastic Load Balancing for application load balancers, their listeners and rules, and their target groups. Its types have what
// is needed of those in the reference: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Types.html
package elb

import (
	"context"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-bot/infra/tool/aws/awsapi"
)

// Client asks Elastic Load Balancing in one region.
type Client struct{ api *awsapi.Client }

// New returns a client with these settings.
func New(config aws.Config) *Client {
	return &Client{awsapi.New(config, awsapi.Service{ID: "Elastic Load Balancing v2", Prefix: "elasticloadbalancing", Version: "2015-12-01"})}
}

// LoadBalancer is a load balancer.
type LoadBalancer struct {
	ARN string `xml:"LoadBalancerArn"`
	// DNSName is its host name, and HostedZone the id of the hosted zone of that, for an alias.
	DNSName    string
	HostedZone string `xml:"CanonicalHostedZoneId"`
}

// DescribeLoadBalancers returns the load balancers of a name, which is unique in a region. If there is none, the error has the code LoadBalancerNotFound.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeLoadBalancers.html
func (c *Client) DescribeLoadBalancers(ctx context.Context, name string) ([]LoadBalancer, error) {
	return awsapi.Members[LoadBalancer](ctx, c.api, "DescribeLoadBalancers", url.Values{"Names.member.1": {name}})
}

// TargetGroup is a target group.
type TargetGroup struct {
	ARN string `xml:"TargetGroupArn"`
}

// DescribeTargetGroups returns the target groups of a name, which is unique in a region. If there is none, the error has the code TargetGroupNotFound.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTargetGroups.html
func (c *Client) DescribeTargetGroups(ctx context.Context, name string) ([]TargetGroup, error) {
	return awsapi.Members[TargetGroup](ctx, c.api, "DescribeTargetGroups", url.Values{"Names.member.1": {name}})
}

// Listener is a listener.
type Listener struct {
	ARN  string `xml:"ListenerArn"`
	Port int
}

// DescribeListeners returns the listeners of a load balancer, by its ARN.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeListeners.html
func (c *Client) DescribeListeners(ctx context.Context, balancer string) ([]Listener, error) {
	return awsapi.Members[Listener](ctx, c.api, "DescribeListeners", url.Values{"LoadBalancerArn": {balancer}})
}

// Rule is a rule of a listener.
type Rule struct {
	ARN string `xml:"RuleArn"`
	// Priority is a number, or "default" for the rule that each listener has.
	Priority string
}

// DescribeRules returns the rules of a listener, by its ARN.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeRules.html
func (c *Client) DescribeRules(ctx context.Context, listener string) ([]Rule, error) {
	return awsapi.Members[Rule](ctx, c.api, "DescribeRules", url.Values{"ListenerArn": {listener}})
}

// Target is a target of a target group, and how it is.
type Target struct {
	ID   string `xml:"Target>Id"`
	Port int    `xml:"Target>Port"`
	// State is "healthy", "initial", "unhealthy", "draining", "unused", "unavailable" or "unhealthy.draining".
	State string `xml:"TargetHealth>State"`
	// Reason is such as ResponseCodeMismatch, and Description says why it is not healthy. Both are "" if it is.
	Reason      string `xml:"TargetHealth>Reason"`
	Description string `xml:"TargetHealth>Description"`
}

// ResponseCodeMismatch is the reason of a target that answers its health checks, with another code than is wanted.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html
const ResponseCodeMismatch = "Target.ResponseCodeMismatch"

// DescribeTargetHealth returns the targets of a target group, by its ARN.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTargetHealth.html
func (c *Client) DescribeTargetHealth(ctx context.Context, group string) ([]Target, error) {
	return awsapi.Members[Target](ctx, c.api, "DescribeTargetHealth", url.Values{"TargetGroupArn": {group}})
}

// Tags returns the tags of anything here, by its ARN.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTags.html
func (c *Client) Tags(ctx context.Context, arn string) (map[string]string, error) {
	type description struct {
		Tags awsapi.Tags `xml:"Tags>member"`
	}
	described, err := awsapi.Members[description](ctx, c.api, "DescribeTags", url.Values{"ResourceArns.member.1": {arn}})
	if err != nil || len(described) == 0 {
		return nil, err
	}
	return described[0].Tags, nil
}
