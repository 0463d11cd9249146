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

func (c client) Timetable(ctx context.Context, cluster, service string) ([]status.Action, error) {
	return observe.Timetable(ctx, c.config, cluster, service)
}
