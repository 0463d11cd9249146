package ecs

import (
	"fmt"
	"time"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/appautoscalingtarget"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/ecsservice"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/ecstaskdefinition"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"github.com/order-bot/infra/modules/internal/tags"
)

func newService(scope constructs.Construct, cfg Config, service Service, refs References, common shared, task ecstaskdefinition.EcsTaskDefinition) ecsservice.EcsService {
	of := refs.Services[service.Key]
	timeout := fmt.Sprintf("%.0fm", rolloutTimeout.Minutes())
	taskARN := task.Arn()
	config := &ecsservice.EcsServiceConfig{
		Name:                            jsii.String(service.Name),
		Cluster:                         jsii.String(common.clusterID),
		TaskDefinition:                  taskARN,
		LaunchType:                      jsii.String("FARGATE"),
		DesiredCount:                    jsii.Number(refs.DesiredCount),
		DeploymentMinimumHealthyPercent: jsii.Number(100),
		DeploymentMaximumPercent:        jsii.Number(200),
		// After three failed tasks of a new revision, ECS goes back to the one before.
		// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
		DeploymentCircuitBreaker: &ecsservice.EcsServiceDeploymentCircuitBreaker{
			Enable:   true,
			Rollback: true,
		},
		// A deploy ends when the tasks run, and fails when they do not.
		WaitForSteadyState: true,
		Timeouts: &ecsservice.EcsServiceTimeouts{
			Create: jsii.String(timeout),
			Update: jsii.String(timeout),
		},
		// Seconds in which a starting task is not yet stopped for failing its health check.
		HealthCheckGracePeriodSeconds: jsii.Number(60),
		NetworkConfiguration: &ecsservice.EcsServiceNetworkConfiguration{
			Subnets:        jsii.Strings(refs.SubnetIDs...),
			SecurityGroups: jsii.Strings(refs.SecurityGroupID),
			AssignPublicIp: false,
		},
		LoadBalancer: []ecsservice.EcsServiceLoadBalancer{{
			TargetGroupArn: jsii.String(of.TargetGroupARN),
			ContainerName:  jsii.String(service.Name),
			ContainerPort:  jsii.Number(of.Port),
		}},
		// The timetable sets the number of tasks. A deploy at night that put it back
		// would wake the services up.
		Lifecycle: &cdktf.TerraformResourceLifecycle{
			IgnoreChanges: jsii.Strings("desired_count"),
			Postcondition: &[]*cdktf.Postcondition{runsWhatWasDeployed(service, *taskARN)},
		},
		Tags: tags.Map(cfg.Tags),
	}
	if of.ListenerRule != nil {
		config.DependsOn = &[]cdktf.ITerraformDependable{of.ListenerRule}
	}
	return ecsservice.NewEcsService(scope, jsii.String("service"), config)
}

// rolloutTimeout is how long a deploy waits for the tasks. The circuit breaker has to come to
// its end first: a task that never becomes healthy lives for up to five minutes (starting, the
// grace period, three health checks), three of them fail one after another, and the connections to
// stopped tasks drain for five more. The provider's default, 20 minutes, may be too short for that.
const rolloutTimeout = 30 * time.Minute

// runsWhatWasDeployed lets a deploy fail if the service runs another revision afterwards. Without
// it, the deploy would succeed: the service is steady when the circuit breaker has gone back.
// https://github.com/hashicorp/terraform-provider-aws/issues/20858
func runsWhatWasDeployed(service Service, taskARN string) *cdktf.Postcondition {
	return &cdktf.Postcondition{
		Condition: "${self.task_definition == " + taskARN + "}",
		ErrorMessage: jsii.String(service.Name + " does not run what was deployed. The new tasks failed, and ECS went back: it runs the old revision, ${self.task_definition}, " +
			"whose tasks never stopped. The events and the stopped tasks of the service say why the new ones failed. Deploy an image that works."),
	}
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
			// A service that is gone takes its scalable target along.
			ReplaceTriggeredBy: &[]any{"aws_ecs_service." + *running.FriendlyUniqueId() + ".id"},
		},
	})
}
