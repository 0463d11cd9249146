// Package sns asks SNS for topics and their readers. Its types have what is needed of those in the reference:
// https://docs.aws.amazon.com/sns/latest/api/API_Types.html
package sns

import (
	"context"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-bot/infra/tool/aws/awsapi"
)

// Client asks SNS in one region.
type Client struct{ api *awsapi.Client }

// New returns a client with these settings.
func New(config aws.Config) *Client {
	return &Client{awsapi.New(config, awsapi.Service{ID: "SNS", Prefix: "sns", Version: "2010-03-31"})}
}

// Policy is the policy of a topic, by its ARN. If there is no such topic, the error has the code NotFound.
// https://docs.aws.amazon.com/sns/latest/api/API_GetTopicAttributes.html
func (c *Client) Policy(ctx context.Context, topic string) (string, error) {
	var answer struct {
		Entries []struct {
			Key   string `xml:"key"`
			Value string `xml:"value"`
		} `xml:"GetTopicAttributesResult>Attributes>entry"`
	}
	if err := c.api.Query(ctx, "GetTopicAttributes", url.Values{"TopicArn": {topic}}, &answer); err != nil {
		return "", err
	}
	for _, entry := range answer.Entries {
		if entry.Key == "Policy" {
			return entry.Value, nil
		}
	}
	return "", nil
}

// Topic is the ARN of the topic of a name, or "" if there is none.
// https://docs.aws.amazon.com/sns/latest/api/API_ListTopics.html
func (c *Client) Topic(ctx context.Context, name string) (string, error) {
	parameters := url.Values{}
	for {
		var answer struct {
			ARNs []string `xml:"ListTopicsResult>Topics>member>TopicArn"`
			Next string   `xml:"ListTopicsResult>NextToken"`
		}
		if err := c.api.Query(ctx, "ListTopics", parameters, &answer); err != nil {
			return "", err
		}
		for _, arn := range answer.ARNs {
			if lastPart(arn) == name {
				return arn, nil
			}
		}
		if answer.Next == "" {
			return "", nil
		}
		parameters.Set("NextToken", answer.Next)
	}
}

// Reader is a subscription of a topic.
type Reader struct {
	// ARN is "PendingConfirmation" until the reader has confirmed the address, and has one at its end after that.
	ARN string `xml:"SubscriptionArn"`
	// Protocol is how the reader is told, such as "email", and Endpoint where.
	Protocol, Endpoint string
}

// Confirmed tells whether the reader has confirmed the address, and gets messages.
func (r Reader) Confirmed() bool { return r.ARN != "PendingConfirmation" }

// Readers are the subscriptions of a topic, by its ARN. If there is no such topic, the error has the code NotFound.
// https://docs.aws.amazon.com/sns/latest/api/API_ListSubscriptionsByTopic.html
func (c *Client) Readers(ctx context.Context, topic string) (all []Reader, err error) {
	parameters := url.Values{"TopicArn": {topic}}
	for {
		var answer struct {
			Members []Reader `xml:"ListSubscriptionsByTopicResult>Subscriptions>member"`
			Next    string   `xml:"ListSubscriptionsByTopicResult>NextToken"`
		}
		if err := c.api.Query(ctx, "ListSubscriptionsByTopic", parameters, &answer); err != nil {
			return nil, err
		}
		all = append(all, answer.Members...)
		if answer.Next == "" {
			return all, nil
		}
		parameters.Set("NextToken", answer.Next)
	}
}

// Tags are the tags of a topic, by its ARN.
// https://docs.aws.amazon.com/sns/latest/api/API_ListTagsForResource.html
func (c *Client) Tags(ctx context.Context, arn string) (map[string]string, error) {
	var answer struct {
		Tags []struct{ Key, Value string } `xml:"ListTagsForResourceResult>Tags>member"`
	}
	if err := c.api.Query(ctx, "ListTagsForResource", url.Values{"ResourceArn": {arn}}, &answer); err != nil {
		return nil, err
	}
	tags := map[string]string{}
	for _, tag := range answer.Tags {
		tags[tag.Key] = tag.Value
	}
	return tags, nil
}

// lastPart is the name at the end of an ARN.
func lastPart(arn string) string { return arn[strings.LastIndex(arn, ":")+1:] }
