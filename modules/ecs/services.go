package ecs

import (
	"fmt"
	"time"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/ecsservice"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/ecstaskdefinition"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"github.com/order-bot/infra/modules/internal/tags"
)

func newService(scope constructs.Construct, cfg Config, service Service, refs References, common shared, task ecstaskdefinition.EcsTaskDefinition, first []cdktf.ITerraformDependable) ecsservice.EcsService {
	of := refs.Services[service.Key]
	longest := rolloutTimeout
	if service.Rollout.RollbackOnAlarm {
		longest += alarmTimeout
	}
	timeout := fmt.Sprintf("%.0fm", longest.Minutes())
	taskARN := task.Arn()
	config := &ecsservice.EcsServiceConfig{
		Name:                            jsii.String(service.Name),
		Cluster:                         jsii.String(common.clusterID),
		TaskDefinition:                  taskARN,
		DesiredCount:                    jsii.Number(refs.DesiredCount),
		DeploymentMinimumHealthyPercent: jsii.Number(service.Rollout.MinimumPercent),
		DeploymentMaximumPercent:        jsii.Number(service.Rollout.MaximumPercent),
		// A deploy ends when the tasks run, and fails when they do not.
		WaitForSteadyState: true,
		Timeouts: &ecsservice.EcsServiceTimeouts{
			Create: jsii.String(timeout),
			Update: jsii.String(timeout),
		},
		NetworkConfiguration: &ecsservice.EcsServiceNetworkConfiguration{
			Subnets:        jsii.Strings(refs.SubnetIDs...),
			SecurityGroups: jsii.Strings(append([]string{refs.SecurityGroupID}, service.Task.SecurityGroupIDs...)...),
			AssignPublicIp: cfg.Cluster.PublicTasks,
		},
		Lifecycle: &cdktf.TerraformResourceLifecycle{
			Postcondition: &[]*cdktf.Postcondition{runsWhatWasDeployed(service, *taskARN)},
		},
		Tags: tags.Map(cfg.tagsOf(service)),
	}
	if service.scaled() {
		// The timetable, or the load, sets the number of tasks. A deploy at night that put it back
		// would wake the services up.
		config.Lifecycle.IgnoreChanges = jsii.Strings("desired_count")
	}
	if !service.Timetable {
		config.DesiredCount = jsii.Number(service.MinCapacity)
	}
	if !service.Rollout.WithoutRollback {
		// After three failed tasks of a new revision, ECS goes back to the one before.
		// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
		config.DeploymentCircuitBreaker = &ecsservice.EcsServiceDeploymentCircuitBreaker{
			Enable:   true,
			Rollback: true,
		}
	}
	if on := service.Rollout.RollbackOnAlarm; on || service.Rollout.IgnoreAlarm {
		config.Alarms = &ecsservice.EcsServiceAlarms{AlarmNames: jsii.Strings(of.ErrorsAlarm), Enable: on, Rollback: on}
	}
	if service.Rollout.ZoneRebalancing {
		config.AvailabilityZoneRebalancing = jsii.String("ENABLED")
	}
	if service.Task.Exec {
		config.EnableExecuteCommand = true
	}
	if cfg.Cluster.ManagedTags {
		config.EnableEcsManagedTags = true
	}

	if service.Balanced {
		// Seconds in which a starting task is not yet stopped for failing its health check.
		config.HealthCheckGracePeriodSeconds = jsii.Number(service.Rollout.GraceSeconds)
		front := ecsservice.EcsServiceLoadBalancer{
			TargetGroupArn: jsii.String(of.TargetGroupARN),
			ContainerName:  jsii.String(service.Name),
			ContainerPort:  jsii.Number(of.Port),
		}
		if service.Front != "" {
			front.ContainerName, front.ContainerPort = jsii.String(service.Front), jsii.Number(service.Task.Sidecar(service.Front).Port)
		}
		config.LoadBalancer = []ecsservice.EcsServiceLoadBalancer{front}
		first = append(first, of.ListenerRule)
	}
	if of.PrivateNameARN != "" {
		registry := &ecsservice.EcsServiceServiceRegistries{RegistryArn: jsii.String(of.PrivateNameARN)}
		if service.NameContainer {
			registry.ContainerName = jsii.String(service.Name)
		}
		config.ServiceRegistries = registry
	}
	if service.Spot.used() {
		config.CapacityProviderStrategy = capacityProviders(service.Spot)
		// Without it, the provider would replace the service for other shares. Each change of the service starts new tasks then.
		// https://registry.terraform.io/providers/hashicorp/aws/5.99.1/docs/resources/ecs_service#capacity_provider_strategy-1
		config.ForceNewDeployment = true
	} else {
		config.LaunchType = jsii.String("FARGATE")
	}
	if len(first) > 0 {
		config.DependsOn = &first
	}
	return ecsservice.NewEcsService(scope, jsii.String("service"), config)
}

// capacityProviders are the shares of on demand and Spot.
func capacityProviders(spot Spot) (all []ecsservice.EcsServiceCapacityProviderStrategy) {
	if spot.OnDemandWeight > 0 || spot.OnDemandBase > 0 {
		all = append(all, ecsservice.EcsServiceCapacityProviderStrategy{
			CapacityProvider: jsii.String("FARGATE"), Weight: jsii.Number(spot.OnDemandWeight), Base: jsii.Number(spot.OnDemandBase),
		})
	}
	// AWS says 0 where no base was said, and the next change would take that for what somebody has set in AWS.
	return append(all, ecsservice.EcsServiceCapacityProviderStrategy{CapacityProvider: jsii.String("FARGATE_SPOT"), Weight: jsii.Number(spot.Weight), Base: jsii.Number(0)})
}

// rolloutTimeout is how long a deploy waits for the tasks. The circuit breaker has to come to
// its end first: a task that never becomes healthy lives for up to five minutes (starting, the
// grace period, three health checks), three of them fail one after another, and the connections to
// stopped tasks drain for five more. The provider's default, 20 minutes, may be too short for that.
const rolloutTimeout = 30 * time.Minute

// alarmTimeout is how much longer a deploy waits where ECS looks at an alarm once the new tasks run: AWS does not say how long that is, but that the
// alarm counts, which looks at the last ten minutes. Then the old tasks may have to start again.
const alarmTimeout = 20 * time.Minute

// runsWhatWasDeployed lets a deploy fail if the service runs another revision afterwards. Without
// it, the deploy would succeed: the service is steady when the circuit breaker has gone back.
// https://github.com/hashicorp/terraform-provider-aws/issues/20858
func runsWhatWasDeployed(service Service, taskARN string) *cdktf.Postcondition {
	failed := "The new tasks failed, and ECS went back: it runs the old revision, ${self.task_definition}, whose tasks never stopped."
	if service.Rollout.RollbackOnAlarm {
		failed = "The new tasks failed, or the alarm of errors went off, and ECS went back: it runs the old revision, ${self.task_definition}."
	}
	return &cdktf.Postcondition{
		Condition: "${self.task_definition == " + taskARN + "}",
		ErrorMessage: jsii.String(service.Name + " does not run what was deployed. " + failed +
			" The events and the stopped tasks of the service say why the new ones failed. Deploy an image that works."),
	}
}
