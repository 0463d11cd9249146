package ecs

import (
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/appautoscalingpolicy"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/appautoscalingtarget"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/ecsservice"
	"github.com/hashicorp/terraform-cdk-go/cdktf"
)

func newScalableTarget(scope constructs.Construct, service Service, common shared, running ecsservice.EcsService) appautoscalingtarget.AppautoscalingTarget {
	lifecycle := &cdktf.TerraformResourceLifecycle{
		// A service that is gone takes its scalable target along.
		ReplaceTriggeredBy: &[]any{"aws_ecs_service." + *running.FriendlyUniqueId() + ".id"},
	}
	if service.Timetable {
		// Scheduled actions work by setting both.
		lifecycle.IgnoreChanges = jsii.Strings("min_capacity", "max_capacity")
	}
	return appautoscalingtarget.NewAppautoscalingTarget(scope, jsii.String("scalable_target"), &appautoscalingtarget.AppautoscalingTargetConfig{
		ServiceNamespace:  jsii.String("ecs"),
		ScalableDimension: jsii.String("ecs:service:DesiredCount"),
		ResourceId:        jsii.String("service/" + common.clusterName + "/" + *running.Name()),
		MinCapacity:       jsii.Number(service.MinCapacity),
		MaxCapacity:       jsii.Number(service.MaxCapacity),
		Lifecycle:         lifecycle,
	})
}

// newScalingPolicies let the number of tasks follow the load, a policy for each measure.
func newScalingPolicies(scope constructs.Construct, service Service, refs ServiceReferences, target appautoscalingtarget.AppautoscalingTarget) {
	for _, measure := range []struct {
		id, metric string
		value      int
		label      *string
	}{
		{"cpu", "ECSServiceAverageCPUUtilization", service.Load.CPU, nil},
		{"memory", "ECSServiceAverageMemoryUtilization", service.Load.Memory, nil},
		{"requests", "ALBRequestCountPerTarget", service.Load.Requests, jsii.String(refs.RequestLabel)},
	} {
		if measure.value == 0 {
			continue
		}
		appautoscalingpolicy.NewAppautoscalingPolicy(scope, jsii.String("scale_by_"+measure.id), &appautoscalingpolicy.AppautoscalingPolicyConfig{
			Name:              jsii.String(service.Name + "-scale-by-" + measure.id),
			PolicyType:        jsii.String("TargetTrackingScaling"),
			ServiceNamespace:  target.ServiceNamespace(),
			ScalableDimension: target.ScalableDimension(),
			ResourceId:        target.ResourceId(),
			TargetTrackingScalingPolicyConfiguration: &appautoscalingpolicy.AppautoscalingPolicyTargetTrackingScalingPolicyConfiguration{
				TargetValue: jsii.Number(measure.value),
				PredefinedMetricSpecification: &appautoscalingpolicy.AppautoscalingPolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecification{
					PredefinedMetricType: jsii.String(measure.metric),
					ResourceLabel:        measure.label,
				},
				ScaleOutCooldown: seconds(service.Load.ScaleOutSeconds),
				ScaleInCooldown:  seconds(service.Load.ScaleInSeconds),
			},
			// A scalable target that is gone takes its policies along.
			Lifecycle: &cdktf.TerraformResourceLifecycle{
				ReplaceTriggeredBy: &[]any{"aws_appautoscaling_target." + *target.FriendlyUniqueId() + ".id"},
			},
		})
	}
}

// seconds are n seconds, or what AWS takes by itself.
func seconds(n int) *float64 {
	if n == 0 {
		return nil
	}
	return jsii.Number(n)
}
