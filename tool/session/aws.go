package session

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-bot/infra/tool/aws/ecs"
	"github.com/order-bot/infra/tool/observe"
	"github.com/order-bot/infra/tool/status"
)

// client asks AWS in one region.
type client struct {
	*ecs.Client
	config aws.Config
}

// New returns the AWS of these settings.
func New(config aws.Config) AWS { return client{ecs.New(config), config} }

func (c client) Service(ctx context.Context, cluster, name string) (ecs.Service, error) {
	described, err := c.DescribeServices(ctx, cluster, []string{name})
	if err != nil || len(described) == 0 || described[0].Status != ecs.Active {
		return ecs.Service{}, err
	}
	return described[0], nil
}

func (c client) Tasks(ctx context.Context, cluster, service string) ([]ecs.Task, error) {
	return c.Client.Tasks(ctx, cluster, service, ecs.Running)
}

func (c client) Timetable(ctx context.Context, cluster, service string) ([]status.Action, error) {
	return observe.Timetable(ctx, c.config, cluster, service)
}

func (c client) Execute(ctx context.Context, cluster, task, container, command string) (ecs.Session, error) {
	return c.ExecuteCommand(ctx, cluster, task, container, command)
}
