package recovery

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"

	"github.com/order-bot/infra/internal/awsapi"
	"github.com/order-bot/infra/internal/cloudwatchlogs"
	"github.com/order-bot/infra/internal/ecs"
	"github.com/order-bot/infra/internal/iam"
	"github.com/order-bot/infra/internal/rollout"
)

// logGroup: by name, which is unique in a region. Imported by name (cloudwatch_log_group.html.markdown).
func logGroup(ctx context.Context, f *finder, r resource) (*Found, error) {
	client, name := cloudwatchlogs.New(f.config), f.value(r, "name")
	group, found, err := client.LogGroup(ctx, name)
	if err != nil || !found {
		return nil, err
	}
	tags, err := client.Tags(ctx, group)
	if err != nil {
		return nil, err
	}
	return f.tagged(r, &Found{ID: name}, tags)
}

// cluster: by name, which is unique in a region. Imported by name (ecs_cluster.html.markdown).
func cluster(ctx context.Context, f *finder, r resource) (*Found, error) {
	name := f.value(r, "name")
	clusters, err := ecs.New(f.config).DescribeClusters(ctx, []string{name}, ecs.WithTags)
	if err != nil {
		return nil, err
	}
	for _, is := range clusters {
		if is.Status == ecs.Active { // a deleted one is there for a while
			return f.tagged(r, &Found{ID: name, values: map[string]string{"arn": is.ARN, "id": is.ARN}}, is.Tags)
		}
	}
	return nil, nil
}

// service: by name in its cluster, where it is unique. Imported by CLUSTER/NAME (ecs_service.html.markdown).
func service(ctx context.Context, f *finder, r resource) (*Found, error) {
	is, err := f.activeService(ctx, r)
	if is == nil || err != nil {
		return nil, err
	}
	return f.tagged(r, &Found{ID: rollout.LastPart(f.value(r, "cluster")) + "/" + f.value(r, "name"), values: map[string]string{"id": is.ARN}}, is.Tags)
}

// activeService is a service as AWS has it, or nil.
func (f *finder) activeService(ctx context.Context, r resource) (*ecs.Service, error) {
	inCluster := f.value(r, "cluster")
	if inCluster == "" {
		return nil, nil
	}
	services, err := ecs.New(f.config).DescribeServices(ctx, inCluster, []string{f.value(r, "name")}, ecs.WithTags)
	if err != nil {
		return nil, err
	}
	for _, is := range services {
		if is.Status == ecs.Active { // a deleted one is there for a while, and its name is free
			return &is, nil
		}
	}
	return nil, nil
}

// taskDefinition: the revision that the service runs; without a service, the newest one. Imported by
// ARN (ecs_task_definition.html.markdown). Older revisions stay as they are, as after each deploy.
func taskDefinition(ctx context.Context, f *finder, r resource) (*Found, error) {
	client, family := ecs.New(f.config), f.value(r, "family")
	runs, by := "", ""
	for _, address := range f.stack.Managed() {
		if kind, _, _ := strings.Cut(address, "."); kind != "aws_ecs_service" || f.owner(resource{address, kind}, "aws_ecs_cluster") == "" {
			continue
		}
		for _, needed := range f.stack.References(address) {
			if needed != r.address {
				continue
			}
			is, err := f.activeService(ctx, resource{address, "aws_ecs_service"})
			if err != nil {
				return nil, err
			}
			if is != nil && rollout.Family(is.TaskDefinition) == family {
				runs = is.TaskDefinition
				if !f.missing[address] {
					by = address
				}
			}
		}
	}
	if runs == "" {
		if len(f.needs(r.address)) > 0 { // one of long ago: a destroy leaves the revisions
			return nil, nil
		}
		for arn, err := range client.ListTaskDefinitions(ctx, family) {
			if err != nil {
				return nil, err
			}
			if rollout.Family(arn) == family {
				runs = arn
				break
			}
		}
	}
	if runs == "" {
		return nil, nil
	}
	definition, err := client.DescribeTaskDefinition(ctx, runs, ecs.WithTags)
	if err != nil || definition.Status != ecs.Active { // the provider takes a deregistered one for gone
		return nil, err
	}
	return f.tagged(r, &Found{ID: runs, RunBy: by, values: map[string]string{"arn": runs}}, definition.Tags)
}

// role: by name, which is unique in an account. Imported by name (iam_role.html.markdown).
func role(ctx context.Context, f *finder, r resource) (*Found, error) {
	name := f.value(r, "name")
	is, err := iam.New(f.config).GetRole(ctx, name)
	if awsapi.IsCode(err, "NoSuchEntity") {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	tags := map[string]string{}
	for _, tag := range is.Tags {
		tags[tag.Key] = tag.Value
	}
	return f.tagged(r, &Found{ID: name, values: map[string]string{"arn": is.ARN, "id": name}}, tags)
}

// policyAttachment: by role and policy. Imported by ROLE/POLICY_ARN (iam_role_policy_attachment.html.markdown).
func policyAttachment(ctx context.Context, f *finder, r resource) (*Found, error) {
	owner := f.owner(r, "aws_iam_role")
	if owner == "" {
		return nil, nil
	}
	name, policy := f.value(r, "role"), f.value(r, "policy_arn")
	attached, err := iam.New(f.config).ListAttachedRolePolicies(ctx, name)
	if err != nil || !slices.Contains(attached, policy) {
		return nil, err
	}
	return &Found{ID: name + "/" + policy, Evidence: "attached to " + owner}, nil
}

// scalableTarget: by the service that it scales, which has one. Imported by
// NAMESPACE/RESOURCE/DIMENSION (appautoscaling_target.html.markdown).
func scalableTarget(ctx context.Context, f *finder, r resource) (*Found, error) {
	owner := f.owner(r, "aws_ecs_service")
	if owner == "" {
		return nil, nil
	}
	namespace, id, dimension := f.value(r, "service_namespace"), f.value(r, "resource_id"), f.value(r, "scalable_dimension")
	targets, err := applicationautoscaling.NewFromConfig(f.config).DescribeScalableTargets(ctx, &applicationautoscaling.DescribeScalableTargetsInput{
		ServiceNamespace: autoscalingtypes.ServiceNamespace(namespace), ResourceIds: []string{id}, ScalableDimension: autoscalingtypes.ScalableDimension(dimension),
	})
	if err != nil || len(targets.ScalableTargets) == 0 {
		return nil, err
	}
	return &Found{ID: namespace + "/" + id + "/" + dimension, Evidence: "scales " + owner, values: map[string]string{"id": id, "resource_id": id}}, nil
}

// scheduledAction: by name of its scalable target. The provider cannot import it: the section "Import" of
// appautoscaling_scheduled_action.html.markdown is that of another type. To create it is to call
// PutScheduledAction, which overwrites the one that is there.
// https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScheduledAction.html
func scheduledAction(ctx context.Context, f *finder, r resource) (*Found, error) {
	owner := f.owner(r, "aws_appautoscaling_target")
	if owner == "" {
		return nil, nil
	}
	actions, err := applicationautoscaling.NewFromConfig(f.config).DescribeScheduledActions(ctx, &applicationautoscaling.DescribeScheduledActionsInput{
		ServiceNamespace: autoscalingtypes.ServiceNamespace(f.value(r, "service_namespace")), ResourceId: aws.String(f.value(r, "resource_id")),
		ScheduledActionNames: []string{f.value(r, "name")},
	})
	if err != nil || len(actions.ScheduledActions) == 0 {
		return nil, err
	}
	is := actions.ScheduledActions[0]
	to := is.ScalableTargetAction
	if to == nil {
		to = &autoscalingtypes.ScalableTargetAction{}
	}
	found := &Found{ID: aws.ToString(is.ScheduledActionName), Evidence: "acts on " + owner, Rewritten: true}
	for _, attribute := range []struct {
		path []string
		has  string
	}{
		{[]string{"schedule"}, aws.ToString(is.Schedule)},
		{[]string{"timezone"}, cmp.Or(aws.ToString(is.Timezone), "UTC")},
		{[]string{"start_time"}, timeOf(is.StartTime)},
		{[]string{"end_time"}, timeOf(is.EndTime)},
		{[]string{"scalable_target_action", "min_capacity"}, numberOf(to.MinCapacity)},
		{[]string{"scalable_target_action", "max_capacity"}, numberOf(to.MaxCapacity)},
	} {
		if planned := f.value(r, attribute.path...); planned != attribute.has {
			found.Differs = append(found.Differs, fmt.Sprintf("%s is %q, not %q", attribute.path[len(attribute.path)-1], attribute.has, planned))
		}
	}
	return found, nil
}

// timeOf is a time as the provider takes it; empty if there is none.
func timeOf(at *time.Time) string {
	if at == nil {
		return ""
	}
	return at.UTC().Format(time.RFC3339)
}

// numberOf is a number as text; empty if there is none.
func numberOf(number *int32) string {
	if number == nil {
		return ""
	}
	return fmt.Sprint(*number)
}
