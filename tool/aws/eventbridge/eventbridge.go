// Package eventbridge asks EventBridge for rules and their targets. Its types have what is needed of those in the reference:
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_Types.html
package eventbridge

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-bot/infra/tool/aws/awsapi"
)

// Client asks EventBridge in one region, for the rules of the event bus of AWS's own services.
type Client struct{ api *awsapi.Client }

// New returns a client with these settings.
func New(config aws.Config) *Client {
	return &Client{awsapi.New(config, awsapi.Service{ID: "EventBridge", Prefix: "events", Target: "AWSEvents"})}
}

// Rule is the ARN of the rule of a name. If there is none, the error has the code ResourceNotFoundException.
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DescribeRule.html
func (c *Client) Rule(ctx context.Context, name string) (arn string, err error) {
	var answer struct{ Arn string }
	err = c.api.JSON(ctx, "DescribeRule", map[string]any{"Name": name}, &answer)
	return answer.Arn, err
}

// Targets are the ids of a rule's targets, with their ARNs. If there is no such rule, the error has the code ResourceNotFoundException.
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_ListTargetsByRule.html
func (c *Client) Targets(ctx context.Context, rule string) (map[string]string, error) {
	var answer struct{ Targets []struct{ ID, Arn string } }
	if err := c.api.JSON(ctx, "ListTargetsByRule", map[string]any{"Rule": rule}, &answer); err != nil {
		return nil, err
	}
	targets := map[string]string{}
	for _, target := range answer.Targets {
		targets[target.ID] = target.Arn
	}
	return targets, nil
}

// Tags are the tags of a rule, by its ARN.
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_ListTagsForResource.html
func (c *Client) Tags(ctx context.Context, arn string) (map[string]string, error) {
	var answer struct{ Tags awsapi.Tags }
	err := c.api.JSON(ctx, "ListTagsForResource", map[string]any{"ResourceARN": arn}, &answer)
	return answer.Tags, err
}
