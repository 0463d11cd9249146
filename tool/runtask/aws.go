package runtask

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-bot/infra/tool/aws/awsapi"
	"github.com/order-bot/infra/tool/aws/cloudwatchlogs"
	"github.com/order-bot/infra/tool/aws/ecs"
)

// client asks AWS in one region.
type client struct {
	*ecs.Client
	logs *cloudwatchlogs.Client
}

// New returns the AWS of these settings.
func New(config aws.Config) AWS { return client{ecs.New(config), cloudwatchlogs.New(config)} }

func (c client) Log(ctx context.Context, group, stream, token string) (lines []string, next string, err error) {
	events, next, err := c.logs.Next(ctx, group, stream, token)
	for _, event := range events {
		lines = append(lines, strings.TrimRight(event.Message, "\r\n"))
	}
	if awsapi.IsCode(err, cloudwatchlogs.NotFound) {
		err = nil
	}
	return lines, next, err
}
