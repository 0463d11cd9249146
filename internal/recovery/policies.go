package recovery

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"

	"github.com/order-bot/infra/internal/ecs"
	"github.com/order-bot/infra/internal/iam"
)

// scalingPolicy: by name of its scalable target. Imported by
// NAMESPACE/RESOURCE/DIMENSION/NAME (appautoscaling_policy.html.markdown).
func scalingPolicy(ctx context.Context, f *finder, r resource) (*Found, error) {
	owner := f.owner(r, "aws_appautoscaling_target")
	if owner == "" {
		return nil, nil
	}
	namespace, id, dimension, name := f.value(r, "service_namespace"), f.value(r, "resource_id"), f.value(r, "scalable_dimension"), f.value(r, "name")
	policies, err := applicationautoscaling.NewFromConfig(f.config).DescribeScalingPolicies(ctx, &applicationautoscaling.DescribeScalingPoliciesInput{
		ServiceNamespace: autoscalingtypes.ServiceNamespace(namespace), ResourceId: &id, ScalableDimension: autoscalingtypes.ScalableDimension(dimension),
		PolicyNames: []string{name},
	})
	if err != nil || len(policies.ScalingPolicies) == 0 {
		return nil, err
	}
	return &Found{ID: namespace + "/" + id + "/" + dimension + "/" + name, Evidence: "a policy of " + owner,
		values: map[string]string{"arn": aws.ToString(policies.ScalingPolicies[0].PolicyARN)}}, nil
}

// rolePolicy: by name in its role. Imported by ROLE:NAME (iam_role_policy.html.markdown).
func rolePolicy(ctx context.Context, f *finder, r resource) (*Found, error) {
	owner := f.owner(r, "aws_iam_role")
	if owner == "" {
		return nil, nil
	}
	role, name := f.value(r, "role"), f.value(r, "name")
	names, err := iam.New(f.config).ListRolePolicies(ctx, role)
	if err != nil || !slices.Contains(names, name) {
		return nil, err
	}
	return &Found{ID: role + ":" + name, Evidence: "a policy of " + owner}, nil
}

// capacityProviders: those of its cluster, which has none at first. Imported by the cluster's
// name (ecs_cluster_capacity_providers.html.markdown).
func capacityProviders(ctx context.Context, f *finder, r resource) (*Found, error) {
	owner := f.owner(r, "aws_ecs_cluster")
	if owner == "" {
		return nil, nil
	}
	name := f.value(r, "cluster_name")
	clusters, err := ecs.New(f.config).DescribeClusters(ctx, []string{name})
	if err != nil || len(clusters) == 0 || len(clusters[0].CapacityProviders) == 0 {
		return nil, err
	}
	return &Found{ID: name, Evidence: "those of " + owner}, nil
}
