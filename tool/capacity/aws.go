package capacity

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"

	"github.com/order-bot/infra/tool/aws/ecs"
)

// end ends the name of the scheduled action that ends a change. No action of the timetable ends so.
const end = "-until"

func isEnd(name string) bool { return strings.HasSuffix(name, end) }

// Apply gives a service its limits, and as many tasks as they allow. What ends the change comes first, so that it ends also if this is killed
// half-way, and a status knows of it. Where the timetable acts at the same moment, both do the same. Terraform does not see it: to it, the limits and
// the number of tasks are the timetable's.
// https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScheduledAction.html
// https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html
func Apply(ctx context.Context, config aws.Config, service ecs.Service, change Change) error {
	client := applicationautoscaling.NewFromConfig(config)
	resource := aws.String("service/" + ecs.LastPart(service.Cluster) + "/" + service.Name)
	name := aws.String(service.Name + end)
	if _, err := client.PutScheduledAction(ctx, &applicationautoscaling.PutScheduledActionInput{
		ServiceNamespace: types.ServiceNamespaceEcs, ScalableDimension: types.ScalableDimensionECSServiceDesiredCount, ResourceId: resource, ScheduledActionName: name,
		Schedule:             aws.String("at(" + change.Until.UTC().Format("2006-01-02T15:04:05") + ")"),
		ScalableTargetAction: &types.ScalableTargetAction{MinCapacity: aws.Int32(int32(change.Back.Min)), MaxCapacity: aws.Int32(int32(change.Back.Max))},
	}); err != nil {
		return err
	}
	if _, err := client.RegisterScalableTarget(ctx, &applicationautoscaling.RegisterScalableTargetInput{
		ServiceNamespace: types.ServiceNamespaceEcs, ScalableDimension: types.ScalableDimensionECSServiceDesiredCount, ResourceId: resource,
		MinCapacity: aws.Int32(int32(change.Limits.Min)), MaxCapacity: aws.Int32(int32(change.Limits.Max)),
	}); err != nil {
		return err
	}
	if count := min(max(service.Desired, change.Limits.Min), change.Limits.Max); count != service.Desired {
		return ecs.New(config).SetDesiredCount(ctx, service.Cluster, service.Name, count)
	}
	return nil
}
