package watch

import (
	"context"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-bot/infra/tool/aws/cloudwatchlogs"
	"github.com/order-bot/infra/tool/aws/ecs"
	"github.com/order-bot/infra/tool/aws/elb"
)

// client asks AWS in one region.
type client struct {
	*ecs.Client
	elb  *elb.Client
	logs *cloudwatchlogs.Client
}

// New returns the AWS of these settings.
func New(config aws.Config) AWS {
	return client{ecs.New(config), elb.New(config), cloudwatchlogs.New(config)}
}

func (c client) Targets(ctx context.Context, group string) ([]elb.Target, error) {
	return c.elb.DescribeTargetHealth(ctx, group)
}

func (c client) Log(ctx context.Context, group, stream string, most int) (lines []string, err error) {
	events, err := c.logs.Last(ctx, group, stream, most)
	for _, event := range events {
		lines = append(lines, strings.TrimRight(event.Message, "\r\n"))
	}
	return lines, err
}

func (c client) GoBack(ctx context.Context, service ecs.Service, deployment ecs.Deployment) error {
	of, err := c.deployment(ctx, service, deployment, ecs.Pending, ecs.InProgress)
	if err != nil {
		return err
	}
	if of == nil {
		return errors.New("ECS tells of no such deployment that is in progress")
	}
	return c.Client.GoBack(ctx, of.ARN)
}

func (c client) Alarms(ctx context.Context, service ecs.Service, deployment ecs.Deployment) ([]string, error) {
	of, err := c.deployment(ctx, service, deployment, ecs.WithoutBack, ecs.GoingBack, ecs.WentBack, ecs.NotBack)
	if err != nil || of == nil {
		return nil, err
	}
	return of.Alarms.Triggered, nil
}

// deployment is the service deployment of a deployment, or nil if there is none that stands so.
func (c client) deployment(ctx context.Context, service ecs.Service, deployment ecs.Deployment, statuses ...ecs.ServiceDeploymentStatus) (*ecs.ServiceDeployment, error) {
	// Both go by the number of the service revision: "ecs-svc/123" and "arn:aws:ecs:…:service-revision/CLUSTER/SERVICE/123".
	all, err := c.ServiceDeployments(ctx, service.Cluster, service.Name, mostAsked, statuses...)
	if err != nil {
		return nil, err
	}
	_, number, _ := strings.Cut(deployment.ID, "/")
	for _, d := range all {
		if strings.HasSuffix(d.Target.ARN, "/"+number) {
			return &d, nil
		}
	}
	return nil, nil
}

// mostAsked is more than there are of one service within the time of a deploy.
const mostAsked = 10
