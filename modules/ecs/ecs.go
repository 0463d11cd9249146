// Package ecs runs the services on Fargate: a cluster, the roles of its tasks, and for each
// service its log group, task definition, ECS service and scalable target.
package ecs

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/dataawsregion"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"github.com/order-bot/infra/internal/check"
)

// Config describes the cluster and its services.
type Config struct {
	// NamePrefix starts the names: "<prefix>-cluster", "<prefix>-ecs-task-exec" and
	// "<prefix>-ecs-task-role" (64 characters at most, the limit of IAM),
	// "<prefix>-<service>" and "/ecs/<prefix>/<service>".
	NamePrefix string
	// Cluster is what is the same for all services.
	Cluster Cluster
	// Services are those that the cluster runs.
	Services []Service
	// Tags are put on everything that has tags, scalable targets aside.
	Tags map[string]string
}

// Service is a service of the cluster, with one container.
type Service struct {
	// Key is the service's id within this module: a lower-case letter, then lower-case
	// letters and digits. Distinct, and neither "cluster" nor "region".
	Key string
	// Name is the service's and its container's name: up to 255 letters, digits, - and _. Distinct.
	Name string
	// Task is what it runs.
	Task Task
	// MinCapacity and MaxCapacity are the limits that the scalable target is created with. From
	// then on the timetable sets them, which also checks them.
	MinCapacity, MaxCapacity int
}

// References are what only Terraform knows.
type References struct {
	// SubnetIDs are the private subnets of the tasks, 1 to MostSubnets.
	SubnetIDs []string
	// SecurityGroupID is the tasks' security group.
	SecurityGroupID string
	// DesiredCount is how many tasks a service is created with, 0 to MostTasks. From then
	// on the timetable owns the number.
	DesiredCount float64
	// Services are those of each service, by its key.
	Services map[string]ServiceReferences
}

// ServiceReferences are what only Terraform knows of a service.
type ServiceReferences struct {
	// Image is the container's image, with a tag or a digest.
	Image string
	// Port is where the container listens.
	Port float64
	// Environment is the container's environment by variable name.
	Environment map[string]string
	// TargetGroupARN is where the tasks register.
	TargetGroupARN string
	// ListenerRule is what joins the target group to the load balancer: ECS refuses a
	// service whose target group has none yet.
	ListenerRule cdktf.ITerraformDependable
}

// ECS is the outputs of this module.
type ECS struct {
	// ClusterName is the cluster's name.
	ClusterName string
	// ScalableTargets are the scalable targets by service name.
	ScalableTargets map[string]ScalableTarget
}

// ScalableTarget is what the timetable needs of a service's scalable target.
type ScalableTarget struct {
	// ResourceID is AWS's name for it, such as "service/order-bot-prod-cluster/order-bot-svc".
	ResourceID string
	// ID is the address of its id, for replace_triggered_by: the id is another one when the
	// target is created anew.
	ID string
}

var (
	// serviceName in CreateService, family in RegisterTaskDefinition.
	// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html
	serviceName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
	// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
	roleName = regexp.MustCompile(`^[A-Za-z0-9_+=,.@-]+$`)
	// ids that the module's own constructs have beside those of the services.
	reservedKeys = []string{"cluster", "region"}
)

// Validate returns an error that names every field of the design that is wrong.
func (c Config) Validate() error {
	var p check.Problems
	p.Required("name prefix", c.NamePrefix)
	p.Name("cluster name", c.clusterName(), 255, serviceName, "letters, digits, - and _")
	p.Name("role name", c.executionRoleName(), 64, roleName, "letters, digits and _+=,.@-")
	p.Name("role name", c.taskRoleName(), 64, roleName, "letters, digits and _+=,.@-")

	var labels, keys, names []string
	for _, service := range c.Services {
		p.Add(service.label(), service.validate(c.Family(service)))
		labels = append(labels, service.label())
		keys = append(keys, service.Key)
		names = append(names, service.Name)
	}
	check.Distinct(&p, "key", labels, keys)
	check.Distinct(&p, "name", labels, names)
	return errors.Join(c.Cluster.validate(), p.Err())
}

func (s Service) validate(family string) error {
	var p check.Problems
	p.Key("key", s.Key, reservedKeys...)
	p.Name("name", s.Name, 255, serviceName, "letters, digits, - and _")
	p.Name("task definition family", family, 255, serviceName, "letters, digits, - and _")
	return errors.Join(p.Err(), s.Task.validate())
}

// New creates the cluster and its services in scope, under id.
// cfg has passed Validate.
func New(scope constructs.Construct, id string, cfg Config, refs References) *ECS {
	this := constructs.NewConstruct(scope, jsii.String(id))

	cluster := newCluster(this, cfg)
	execution, task := newRoles(this, cfg)
	// Each attribute of a construct is a message to the Node process: these are asked for
	// once, not once for each service.
	common := shared{
		region:           *dataawsregion.NewDataAwsRegion(this, jsii.String("region"), nil).Name(),
		clusterID:        *cluster.Id(),
		clusterName:      *cluster.Name(),
		executionRoleARN: *execution.Arn(),
		taskRoleARN:      *task.Arn(),
	}

	outputs := &ECS{ClusterName: common.clusterName, ScalableTargets: map[string]ScalableTarget{}}
	for _, service := range cfg.Services {
		within := constructs.NewConstruct(this, jsii.String(service.Key))
		logs := newLogGroup(within, cfg, service)
		task := newTaskDefinition(within, cfg, service, refs.Services[service.Key], common, logs)
		running := newService(within, cfg, service, refs, common, task)
		target := newScalableTarget(within, service, common, running)
		outputs.ScalableTargets[service.Name] = ScalableTarget{ResourceID: *target.ResourceId(), ID: "aws_appautoscaling_target." + *target.FriendlyUniqueId() + ".id"}
	}
	return outputs
}

// shared is what all services refer to.
type shared struct {
	region, clusterID, clusterName, executionRoleARN, taskRoleARN string
}

func (c Config) clusterName() string { return c.NamePrefix + "-cluster" }

func (c Config) executionRoleName() string { return c.NamePrefix + "-ecs-task-exec" }

func (c Config) taskRoleName() string { return c.NamePrefix + "-ecs-task-role" }

// Family is the family of a service's task definitions.
func (c Config) Family(s Service) string { return c.NamePrefix + "-" + s.Name }

func (c Config) logGroupName(s Service) string { return "/ecs/" + c.NamePrefix + "/" + s.Name }

func (s Service) label() string { return fmt.Sprintf("service %q", s.Name) }
