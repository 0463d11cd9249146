package ecs

import (
	"maps"
	"slices"
	"strconv"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/ecstaskdefinition"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"github.com/order-bot/infra/modules/internal/tags"
)

// newTaskDefinition describes the service's tasks, whose application has the role of that ARN.
func newTaskDefinition(scope constructs.Construct, cfg Config, service Service, refs ServiceReferences, common shared, logs, taskRoleARN string) ecstaskdefinition.EcsTaskDefinition {
	containers := []any{container(service, refs, common, logs)}
	for _, sidecar := range service.Task.Sidecars {
		containers = append(containers, sidecarContainer(service, sidecar, common, logs))
	}
	if router := service.Task.LogRouter; router.Image != "" {
		options := map[string]any{}
		for name, value := range router.Options {
			options[name] = literal(value)
		}
		logging := map[string]any{"logDriver": "awsfirelens", "options": options}
		if secrets := router.Secrets.list(common, service.Name); secrets != nil {
			logging["secretOptions"] = secrets
		}
		for _, other := range containers {
			other.(map[string]any)["logConfiguration"] = logging
		}
		definition := definition(logRouterName, router.Image, true, common, logs)
		definition["environment"] = []any{}
		definition["firelensConfiguration"] = map[string]any{"type": "fluentbit"}
		// What AWS writes there where nothing is said: left out, each plan would show a new revision.
		definition["user"] = "0"
		containers = append(containers, definition)
	}
	config := &ecstaskdefinition.EcsTaskDefinitionConfig{
		Family:                  jsii.String(cfg.Family(service)),
		RequiresCompatibilities: jsii.Strings("FARGATE"),
		NetworkMode:             jsii.String("awsvpc"),
		Cpu:                     jsii.String(strconv.Itoa(service.Task.CPU)),
		Memory:                  jsii.String(strconv.Itoa(service.Task.MemoryMiB)),
		ExecutionRoleArn:        jsii.String(common.executionRoleARN),
		TaskRoleArn:             jsii.String(taskRoleARN),
		ContainerDefinitions:    cdktf.Fn_Jsonencode(containers),
		// The provider would deregister the old revision before the service runs the new one. The
		// circuit breaker goes back to the old one, and nothing says that it may be inactive by then.
		SkipDestroy: true,
		Tags:        tags.Map(cfg.tagsOf(service)),
	}
	if service.Task.ARM64 {
		config.RuntimePlatform = &ecstaskdefinition.EcsTaskDefinitionRuntimePlatform{
			CpuArchitecture: jsii.String("ARM64"), OperatingSystemFamily: jsii.String("LINUX"),
		}
	}
	if service.Task.StorageGiB != 0 {
		config.EphemeralStorage = &ecstaskdefinition.EcsTaskDefinitionEphemeralStorage{SizeInGib: jsii.Number(service.Task.StorageGiB)}
	}
	var volumes []ecstaskdefinition.EcsTaskDefinitionVolume
	for _, name := range service.Task.Volumes {
		volumes = append(volumes, ecstaskdefinition.EcsTaskDefinitionVolume{Name: jsii.String(name)})
	}
	for _, name := range slices.Sorted(maps.Keys(service.Task.FileSystems)) {
		volumes = append(volumes, ecstaskdefinition.EcsTaskDefinitionVolume{Name: jsii.String(name), EfsVolumeConfiguration: fileSystem(service.Task.FileSystems[name])})
	}
	if volumes != nil {
		config.Volume = volumes
	}
	return ecstaskdefinition.NewEcsTaskDefinition(scope, jsii.String("task_definition"), config)
}

func fileSystem(of FileSystem) *ecstaskdefinition.EcsTaskDefinitionVolumeEfsVolumeConfiguration {
	config := &ecstaskdefinition.EcsTaskDefinitionVolumeEfsVolumeConfiguration{FileSystemId: jsii.String(of.ID), TransitEncryption: jsii.String("ENABLED")}
	if of.AccessPoint == "" && !of.IAM {
		return config
	}
	config.AuthorizationConfig = &ecstaskdefinition.EcsTaskDefinitionVolumeEfsVolumeConfigurationAuthorizationConfig{}
	if of.AccessPoint != "" {
		config.AuthorizationConfig.AccessPointId = jsii.String(of.AccessPoint)
	}
	if of.IAM {
		config.AuthorizationConfig.Iam = jsii.String("ENABLED")
	}
	return config
}

// container is the service's container definition.
func container(service Service, refs ServiceReferences, common shared, logs string) map[string]any {
	definition := definition(service.Name, refs.Image, true, common, logs)
	definition["environment"] = nameValuePairs(refs.Environment)
	if service.Task.Port != 0 {
		definition["portMappings"] = portMappings(refs.Port)
	}
	// The size is that of the task. A container that is alone may say so, and others share it.
	if len(service.Task.Sidecars) == 0 && service.Task.LogRouter.Image == "" {
		definition["cpu"], definition["memory"] = service.Task.CPU, service.Task.MemoryMiB
	}
	if service.Task.Exec {
		// Processes that a session leaves behind are ended.
		// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html
		definition["linuxParameters"] = map[string]any{"initProcessEnabled": true}
	}
	service.Task.Container.addTo(definition, common, service.Name)
	return definition
}

// sidecarContainer is the container definition of a container beside that of the service.
func sidecarContainer(service Service, sidecar Sidecar, common shared, logs string) map[string]any {
	definition := definition(sidecar.Name, sidecar.Image, !sidecar.MayEnd, common, logs)
	environment := []any{}
	for _, name := range slices.Sorted(maps.Keys(sidecar.Environment)) {
		environment = append(environment, map[string]any{"name": name, "value": literal(sidecar.Environment[name])})
	}
	definition["environment"] = environment
	if sidecar.Port != 0 {
		definition["portMappings"] = portMappings(sidecar.Port)
	}
	if sidecar.MemoryMiB != 0 {
		definition["memory"] = sidecar.MemoryMiB
	}
	sidecar.Container.addTo(definition, common, service.Name)
	return definition
}

// definition is what all container definitions have. mountPoints and volumesFrom are
// what ECS answers for them; left out, each plan would show a new revision.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
func definition(name, image string, essential bool, common shared, logs string) map[string]any {
	return map[string]any{
		"name":         name,
		"image":        image,
		"essential":    essential,
		"portMappings": []any{},
		"logConfiguration": map[string]any{
			"logDriver": "awslogs",
			"options": map[string]any{
				"awslogs-group":         logs,
				"awslogs-region":        common.region,
				"awslogs-stream-prefix": "ecs",
			},
		},
		"mountPoints": []any{},
		"volumesFrom": []any{},
	}
}

func portMappings(port any) []any {
	return []any{map[string]any{"containerPort": port, "hostPort": port, "protocol": "tcp"}}
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
