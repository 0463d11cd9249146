package capacity

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-bot/infra/tool/aws/applicationautoscaling"
	"github.com/order-bot/infra/tool/aws/ecs"
)

// end ends the name of the scheduled action that ends a change. No action of the timetable ends so.
const end = "-until"

// Apply gives a service its limits, and as many tasks as they allow. What ends the change comes first, so that it ends also if this is killed
// half-way, and a status knows of it. Where the timetable acts at the same moment, both do the same. Terraform does not see it: to it, the limits and
// the number of tasks are the timetable's.
func Apply(ctx context.Context, config aws.Config, service ecs.Service, change Change) error {
	client, target := applicationautoscaling.New(config), applicationautoscaling.ServiceIn(ecs.LastPart(service.Cluster), service.Name)
	schedule := "at(" + change.Until.UTC().Format("2006-01-02T15:04:05") + ")"
	if err := client.PutScheduledAction(ctx, target, service.Name+end, schedule, change.Back.Min, change.Back.Max); err != nil {
		return err
	}
	if err := client.Register(ctx, target, change.Limits.Min, change.Limits.Max); err != nil {
		return err
	}
	if count := min(max(service.Desired, change.Limits.Min), change.Limits.Max); count != service.Desired {
		return ecs.New(config).SetDesiredCount(ctx, service.Cluster, service.Name, count)
	}
	return nil
}
