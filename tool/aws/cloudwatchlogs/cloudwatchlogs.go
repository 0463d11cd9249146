// Package cloudwatchlogs asks CloudWatch Logs for log groups, and for what they hold.
package cloudwatchlogs

import (
	"context"
	"iter"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-bot/infra/tool/aws/awsapi"
)

// Client asks CloudWatch Logs in one region.
type Client struct{ api *awsapi.Client }

// New returns a client with these settings.
func New(config aws.Config) *Client {
	return &Client{awsapi.New(config, awsapi.Service{ID: "CloudWatch Logs", Prefix: "logs", Target: "Logs_20140328"})}
}

// NotFound is the code of the error where there is no such log group or log stream.
const NotFound = "ResourceNotFoundException"

// LogGroup is a log group.
type LogGroup struct {
	Name string `json:"logGroupName"`
	// ARN ends with ":*", as AWS has it.
	ARN string `json:"arn"`
	// Created is when, in milliseconds since 1970.
	Created int64 `json:"creationTime"`
}

// LogGroup returns the log group of a name, which is unique in a region. found is false if there is none.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogGroups.html
func (c *Client) LogGroup(ctx context.Context, name string) (group LogGroup, found bool, err error) {
	for group, err := range awsapi.Items[LogGroup](ctx, c.api, "DescribeLogGroups", "logGroups", map[string]any{"logGroupNamePrefix": name}) {
		if err != nil || group.Name == name {
			return group, err == nil, err
		}
	}
	return LogGroup{}, false, nil
}

// Tags returns the tags of a log group.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_ListTagsForResource.html
func (c *Client) Tags(ctx context.Context, group LogGroup) (map[string]string, error) {
	var answer struct{ Tags map[string]string }
	err := c.api.JSON(ctx, "ListTagsForResource", map[string]any{"resourceArn": strings.TrimSuffix(group.ARN, ":*")}, &answer)
	return answer.Tags, err
}

// Policies returns the names of the policies that let other services of AWS write to log groups.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeResourcePolicies.html
func (c *Client) Policies(ctx context.Context) (names []string, err error) {
	for policy, err := range awsapi.Items[struct{ PolicyName string }](ctx, c.api, "DescribeResourcePolicies", "resourcePolicies", map[string]any{}) {
		if err != nil {
			return nil, err
		}
		names = append(names, policy.PolicyName)
	}
	return names, nil
}

// Event is what a container has logged at once: a line, in most cases.
type Event struct {
	ID string `json:"eventId"`
	// Timestamp is when, in milliseconds since 1970.
	Timestamp int64  `json:"timestamp"`
	Message   string `json:"message"`
}

// FilterLogEvents walks through the events of a log group from a moment on, in milliseconds since 1970. An error comes last.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
func (c *Client) FilterLogEvents(ctx context.Context, group string, from int64) iter.Seq2[Event, error] {
	return awsapi.Items[Event](ctx, c.api, "FilterLogEvents", "events", map[string]any{"logGroupName": group, "startTime": from})
}

// Last returns the last events of a log stream, the oldest first, and no more than so many.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html
func (c *Client) Last(ctx context.Context, group, stream string, most int) ([]Event, error) {
	var answer struct{ Events []Event }
	// The latest come first unless it is told otherwise.
	err := c.api.JSON(ctx, "GetLogEvents", map[string]any{"logGroupName": group, "logStreamName": stream, "limit": most}, &answer)
	return answer.Events, err
}

// Next returns what a log stream has from where a token points to, the oldest first, and the token of what will come after that. The token ""
// points to its begin.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html
func (c *Client) Next(ctx context.Context, group, stream, token string) (all []Event, next string, err error) {
	input := struct {
		Group  string `json:"logGroupName"`
		Stream string `json:"logStreamName"`
		Head   bool   `json:"startFromHead"`
		Token  string `json:"nextToken,omitempty"`
	}{group, stream, true, token}
	for { // an empty page is not the end: that is where the token stays the same
		var answer struct {
			Events []Event `json:"events"`
			Token  string  `json:"nextForwardToken"`
		}
		if err := c.api.JSON(ctx, "GetLogEvents", input, &answer); err != nil {
			return all, input.Token, err
		}
		all = append(all, answer.Events...)
		if answer.Token == input.Token {
			return all, input.Token, nil
		}
		input.Token = answer.Token
	}
}
