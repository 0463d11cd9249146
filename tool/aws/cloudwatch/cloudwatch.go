// Package cloudwatch asks CloudWatch for alarms. Its types have what is needed of those in the reference:
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_Types.html
package cloudwatch

import (
	"context"
	"fmt"
	"net/url"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-bot/infra/tool/aws/awsapi"
)

// Client asks CloudWatch in one region.
type Client struct{ api *awsapi.Client }

// New returns a client with these settings.
func New(config aws.Config) *Client {
	return &Client{awsapi.New(config, awsapi.Service{ID: "CloudWatch", Prefix: "monitoring", Version: "2010-08-01"})}
}

// Alarm is an alarm of a metric.
type Alarm struct {
	Name string `xml:"AlarmName"`
	ARN  string `xml:"AlarmArn"`
	// State is OK, ALARM or INSUFFICIENT_DATA.
	State string `xml:"StateValue"`
	// Reason says why it has that state.
	Reason string `xml:"StateReason"`
}

// mostNames is how many names DescribeAlarms takes.
const mostNames = 100

// Alarms are those of the names that there are.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
func (c *Client) Alarms(ctx context.Context, names ...string) (all []Alarm, err error) {
	for some := range slices.Chunk(names, mostNames) {
		parameters := url.Values{"MaxRecords": {fmt.Sprint(mostNames)}}
		for i, name := range some {
			parameters.Set(fmt.Sprintf("AlarmNames.member.%d", i+1), name)
		}
		found, err := awsapi.Members[Alarm](ctx, c.api, "DescribeAlarms", parameters)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// Tags are the tags of an alarm, by its ARN.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListTagsForResource.html
func (c *Client) Tags(ctx context.Context, arn string) (map[string]string, error) {
	var answer struct {
		Tags awsapi.Tags `xml:"ListTagsForResourceResult>Tags>member"`
	}
	err := c.api.Query(ctx, "ListTagsForResource", url.Values{"ResourceARN": {arn}}, &answer)
	return answer.Tags, err
}
