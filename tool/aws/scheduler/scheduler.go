// Package scheduler asks EventBridge Scheduler for schedules. Its types have what is needed of those in the reference:
// https://docs.aws.amazon.com/scheduler/latest/APIReference/API_Types.html
package scheduler

import (
	"context"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-bot/infra/tool/aws/awsapi"
)

// Client asks EventBridge Scheduler in one region.
type Client struct{ api *awsapi.Client }

// New returns a client with these settings.
func New(config aws.Config) *Client {
	return &Client{awsapi.New(config, awsapi.Service{ID: "Scheduler", Prefix: "scheduler"})}
}

// Schedule is a schedule.
type Schedule struct {
	ARN string `json:"Arn"`
	// Group is the name of the group that it is in.
	Group string `json:"GroupName"`
	// Target is what it starts, and the role by which it does.
	Target struct {
		Role string `json:"RoleArn"`
	}
}

// Schedule is the schedule of a name in the group of those that name none. If there is none, the error has the code ResourceNotFoundException.
// https://docs.aws.amazon.com/scheduler/latest/APIReference/API_GetSchedule.html
func (c *Client) Schedule(ctx context.Context, name string) (Schedule, error) {
	var answer Schedule
	err := c.api.GetJSON(ctx, "GetSchedule", "/schedules/"+url.PathEscape(name), &answer)
	return answer, err
}
