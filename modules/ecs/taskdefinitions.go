package ecs

import (
	"strconv"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/cloudwatchloggroup"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/ecstaskdefinition"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"github.com/order-bot/infra/modules/internal/tags"
)

func newLogGroup(scope constructs.Construct, cfg Config, service Service) cloudwatchloggroup.CloudwatchLogGroup {
	return cloudwatchloggroup.NewCloudwatchLogGroup(scope, jsii.String("log_group"), &cloudwatchloggroup.CloudwatchLogGroupConfig{
		Name:            jsii.String(cfg.logGroupName(service)),
		RetentionInDays: jsii.Number(cfg.Cluster.LogRetentionDays),
		Tags:            tags.Map(cfg.Tags),
	})
}

func newTaskDefinition(scope constructs.Construct, cfg Config, service Service, refs ServiceReferences, common shared, logs cloudwatchloggroup.CloudwatchLogGroup) ecstaskdefinition.EcsTaskDefinition {
	return ecstaskdefinition.NewEcsTaskDefinition(scope, jsii.String("task_definition"), &ecstaskdefinition.EcsTaskDefinitionConfig{
		Family:                  jsii.String(cfg.Family(service)),
		RequiresCompatibilities: jsii.Strings("FARGATE"),
		NetworkMode:             jsii.String("awsvpc"),
		Cpu:                     jsii.String(strconv.Itoa(service.Task.CPU)),
		Memory:                  jsii.String(strconv.Itoa(service.Task.MemoryMiB)),
		ExecutionRoleArn:        jsii.String(common.executionRoleARN),
		TaskRoleArn:             jsii.String(common.taskRoleARN),
		ContainerDefinitions:    cdktf.Fn_Jsonencode([]any{container(service, refs, common, logs)}),
		// The provider would deregister the old revision before the service runs the new one. The
		// circuit breaker goes back to the old one, and nothing says that it may be inactive by then.
		SkipDestroy: true,
		Tags:        tags.Map(cfg.Tags),
	})
}

// container is the service's container definition. mountPoints and volumesFrom are
// what ECS answers for them; left out, each plan would show a new revision.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
func container(service Service, refs ServiceReferences, common shared, logs cloudwatchloggroup.CloudwatchLogGroup) map[string]any {
	return map[string]any{
		"name":      service.Name,
		"image":     refs.Image,
		"essential": true,
		"cpu":       service.Task.CPU,
		"memory":    service.Task.MemoryMiB,
		"portMappings": []any{map[string]any{
			"containerPort": refs.Port,
			"hostPort":      refs.Port,
			"protocol":      "tcp",
		}},
		"environment": nameValuePairs(refs.Environment),
		"logConfiguration": map[string]any{
			"logDriver": "awslogs",
			"options": map[string]any{
				"awslogs-group":         logs.Name(),
				"awslogs-region":        common.region,
				"awslogs-stream-prefix": "ecs",
			},
		},
		"mountPoints": []any{},
		"volumesFrom": []any{},
	}
}

// nameValuePairs turns an environment, which may be a token, into the list that ECS
// takes; Terraform sorts it by name.
func nameValuePairs(environment map[string]string) any {
	values := make(map[string]any, len(environment))
	for name, value := range environment {
		values[name] = value
	}
	return cdktf.TerraformIterator_FromMap(&values).ForExpressionForList("{name = key, value = val}")
}
