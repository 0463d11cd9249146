package runtask

import (
	"context"
	"crypto/rand"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-bot/infra/tool/aws/awsapi"
	"github.com/order-bot/infra/tool/aws/cloudwatchlogs"
	"github.com/order-bot/infra/tool/aws/ecs"
)

// client asks AWS in one region.
type client struct {
	ecs  *ecs.Client
	logs *cloudwatchlogs.Client
}

// New returns the AWS of these settings.
func New(config aws.Config) AWS { return client{ecs.New(config), cloudwatchlogs.New(config)} }

func (c client) Service(ctx context.Context, cluster, name string) (ecs.Service, error) {
	described, err := c.ecs.DescribeServices(ctx, cluster, []string{name})
	if err != nil || len(described) == 0 || described[0].Status != ecs.Active {
		return ecs.Service{}, err
	}
	return described[0], nil
}

func (c client) TaskDefinition(ctx context.Context, name string) (ecs.TaskDefinition, error) {
	return c.ecs.DescribeTaskDefinition(ctx, name)
}

func (c client) Start(ctx context.Context, run ecs.Run) (ecs.Task, error) {
	run.Token = rand.Text()
	return c.ecs.RunTask(ctx, run)
}

func (c client) Task(ctx context.Context, cluster, arn string) (ecs.Task, error) {
	described, err := c.ecs.DescribeTasks(ctx, cluster, []string{arn})
	if err != nil || len(described) == 0 {
		return ecs.Task{}, err
	}
	return described[0], nil
}

func (c client) Running(ctx context.Context, cluster string) ([]ecs.Task, error) {
	return c.ecs.Tasks(ctx, cluster, "", ecs.Running)
}

func (c client) Stop(ctx context.Context, cluster, arn, reason string) error {
	return c.ecs.StopTask(ctx, cluster, arn, reason)
}

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
