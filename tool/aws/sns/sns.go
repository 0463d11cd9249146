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
	topics, err := awsapi.Members[struct{ TopicArn string }](ctx, c.api, "ListTopics", url.Values{})
	for _, topic := range topics {
		if strings.HasSuffix(topic.TopicArn, ":"+name) {
			return topic.TopicArn, nil
		}
	}
	return "", err
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
func (c *Client) Readers(ctx context.Context, topic string) ([]Reader, error) {
	return awsapi.Members[Reader](ctx, c.api, "ListSubscriptionsByTopic", url.Values{"TopicArn": {topic}})
}

// Tags are the tags of a topic, by its ARN.
// https://docs.aws.amazon.com/sns/latest/api/API_ListTagsForResource.html
func (c *Client) Tags(ctx context.Context, arn string) (map[string]string, error) {
	var answer struct {
		Tags awsapi.Tags `xml:"ListTagsForResourceResult>Tags>member"`
	}
	err := c.api.Query(ctx, "ListTagsForResource", url.Values{"ResourceArn": {arn}}, &answer)
	return answer.Tags, err
}
