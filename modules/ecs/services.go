package ecs

import (
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/appautoscalingtarget"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/ecsservice"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/ecstaskdefinition"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"github.com/order-bot/infra/internal/tags"
)

func newService(scope constructs.Construct, cfg Config, service Service, common shared, task ecstaskdefinition.EcsTaskDefinition) ecsservice.EcsService {
	config := &ecsservice.EcsServiceConfig{
		Name:                            jsii.String(service.Name),
		Cluster:                         jsii.String(common.clusterID),
		TaskDefinition:                  task.Arn(),
		LaunchType:                      jsii.String("FARGATE"),
		DesiredCount:                    jsii.Number(cfg.DesiredCount),
		DeploymentMinimumHealthyPercent: jsii.Number(100),
		DeploymentMaximumPercent:        jsii.Number(200),
		// A new image that does not become healthy goes back to the last one by itself.
		DeploymentCircuitBreaker: &ecsservice.EcsServiceDeploymentCircuitBreaker{
			Enable:   true,
			Rollback: true,
		},
		// Seconds in which a starting task is not yet stopped for failing its health check.
		HealthCheckGracePeriodSeconds: jsii.Number(60),
		NetworkConfiguration: &ecsservice.EcsServiceNetworkConfiguration{
			Subnets:        jsii.Strings(cfg.SubnetIDs...),
			SecurityGroups: jsii.Strings(cfg.SecurityGroupID),
			AssignPublicIp: false,
		},
		LoadBalancer: []ecsservice.EcsServiceLoadBalancer{{
			TargetGroupArn: jsii.String(service.TargetGroupARN),
			ContainerName:  jsii.String(service.Name),
			ContainerPort:  jsii.Number(service.Port),
		}},
		// The timetable sets the number of tasks. A deploy at night that put it back
		// would wake the services up.
		Lifecycle: &cdktf.TerraformResourceLifecycle{
			IgnoreChanges: jsii.Strings("desired_count"),
		},
		Tags: tags.Map(cfg.Tags),
	}
	if service.ListenerRule != nil {
		config.DependsOn = &[]cdktf.ITerraformDependable{service.ListenerRule}
	}
	return ecsservice.NewEcsService(scope, jsii.String("service"), config)
}

func newScalableTarget(scope constructs.Construct, service Service, common shared, running ecsservice.EcsService) appautoscalingtarget.AppautoscalingTarget {
	return appautoscalingtarget.NewAppautoscalingTarget(scope, jsii.String("scalable_target"), &appautoscalingtarget.AppautoscalingTargetConfig{
		ServiceNamespace:  jsii.String("ecs"),
		ScalableDimension: jsii.String("ecs:service:DesiredCount"),
		ResourceId:        jsii.String("service/" + common.clusterName + "/" + *running.Name()),
		MinCapacity:       jsii.Number(service.MinCapacity),
		MaxCapacity:       jsii.Number(service.MaxCapacity),
		// Scheduled actions work by setting both.
		Lifecycle: &cdktf.TerraformResourceLifecycle{
			IgnoreChanges: jsii.Strings("min_capacity", "max_capacity"),
		},
	})
}
