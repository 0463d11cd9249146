// Package ecs runs the services on Fargate: a cluster, the roles of its tasks, and for each
// service its log group, task definition, ECS service and scalable target.
package ecs

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/dataawscalleridentity"
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
	// ParameterPath starts the names of parameters that services do not name themselves, such as "/order-bot/prod".
	ParameterPath string
	// Cluster is what is the same for all services.
	Cluster Cluster
	// Services are those that the cluster runs, and its jobs.
	Services []Service
	// Tags are put on everything that has tags, scalable targets aside.
	Tags map[string]string
}

// Service is a service of the cluster, or a job, which is a task definition without an ECS service.
type Service struct {
	// Key is the service's id within this module: a lower-case letter, then lower-case
	// letters and digits. Distinct, and neither "cluster" nor "region".
	Key string
	// Name is the service's and its container's name: up to 200 letters, digits, - and _, for 255 with what other names have before and after it. Distinct.
	Name string
	// Task is what it runs.
	Task Task
	// Job tells that nothing keeps it running: something else starts its tasks, and they end by themselves.
	Job bool
	// Rollout is how new tasks take the place of old ones. Not for a job.
	Rollout Rollout
	// Spot is the share of tasks on capacity that AWS may take back.
	Spot Spot
	// Load is what the number of tasks follows.
	Load Load
	// Balanced tells whether the load balancer reaches it.
	Balanced bool
	// Front is the name of the sidecar that the load balancer reaches. Default: the service's container.
	Front string
	// Watched tells whether there is an alarm of its errors.
	Watched bool
	// NameContainer tells whether its container is noted beside its private name.
	NameContainer bool
	// Timetable tells whether a timetable sets the limits of the number of tasks.
	Timetable bool
	// MinCapacity and MaxCapacity are the limits that the scalable target is created with. From
	// then on the timetable sets them, if there is one. Without it and without Load, MinCapacity is the number of tasks.
	MinCapacity, MaxCapacity int
	// Fewest is the least number of tasks at any time at which some run.
	Fewest int
	// Tags are put on what is made for the service, beside those of all.
	Tags map[string]string
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
	// PrivateNameARN is where the tasks register under the service's private name. Default "": nowhere.
	PrivateNameARN string
	// ErrorsAlarm is the name of the alarm of its errors. Default "": there is none.
	ErrorsAlarm string
	// RequestLabel is what Application Auto Scaling calls the requests to the service, for Load.
	RequestLabel string
}

// ECS is the outputs of this module.
type ECS struct {
	// ClusterName is the cluster's name, and ClusterARN its ARN.
	ClusterName, ClusterARN string
	// Account is the AWS account, if there are jobs.
	Account string
	// ScalableTargets are the scalable targets by service name.
	ScalableTargets map[string]ScalableTarget
	// Jobs are what starts the tasks of each job has to know, by the job's key.
	Jobs map[string]Job
}

// Job is what starts the tasks of a job has to know.
type Job struct {
	// TaskDefinitionARN is the revision that was deployed, and AnyRevisionARN the pattern of all revisions.
	TaskDefinitionARN, AnyRevisionARN string
	// RoleARNs are the roles that a task gets: ECS's own and the application's.
	RoleARNs []string
	// First is what has to be there before a task starts.
	First []cdktf.ITerraformDependable
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
	p.Name("cluster name", c.ClusterName(), 255, serviceName, "letters, digits, - and _")
	p.Name("role name", c.executionRoleName(), 64, roleName, "letters, digits and _+=,.@-")
	p.Name("role name", c.taskRoleName(), 64, roleName, "letters, digits and _+=,.@-")

	var labels, keys, names []string
	for _, service := range c.Services {
		p.Add(service.Label(), service.validate(c))
		labels = append(labels, service.Label())
		keys = append(keys, service.Key)
		names = append(names, service.Name)
	}
	validatePolicy(&p, "secrets of all services", "put several values into one secret of Secrets Manager, and name them by JSONKey", c.secretsStatements, c.ParameterPath)
	check.Distinct(&p, "key", labels, keys)
	check.Distinct(&p, "name", labels, names)
	return errors.Join(c.Cluster.validate(), p.Err())
}

func (s Service) validate(c Config) error {
	var p check.Problems
	p.Key("key", s.Key, reservedKeys...)
	p.Name("name", s.Name, 200, serviceName, "letters, digits, - and _")
	p.Name("task definition family", c.Family(s), 255, serviceName, "letters, digits, - and _")
	if name := c.RoleName(s); name != "" {
		p.Name("role name", name, 64, roleName, "letters, digits and _+=,.@-")
	}
	validatePolicy(&p, "permissions", "take patterns with *, or set Role", func(common shared) []any { return c.taskStatements(s, common) }, "")
	if s.Balanced && s.Front == "" && s.Task.Port == 0 {
		p.Addf("port", "is required: the load balancer asks there")
	}
	if front := s.Task.Sidecar(s.Front); s.Front != "" && (front.Port == 0 || front.MayEnd) {
		p.Addf("sidecar", "%q is none that has a Port, and does not end", s.Front)
	}
	if s.Job {
		return errors.Join(p.Err(), s.Task.validate(s.Name), s.Spot.validate())
	}
	return errors.Join(p.Err(), s.Task.validate(s.Name), s.Rollout.validate(s), s.Spot.validate(), s.Load.validate(s))
}

// New creates the cluster and its services in scope, under id.
// cfg has passed Validate.
func New(scope constructs.Construct, id string, cfg Config, refs References) *ECS {
	this := constructs.NewConstruct(scope, jsii.String(id))

	cluster := newCluster(this, cfg)
	caller := dataawscalleridentity.NewDataAwsCallerIdentity(this, jsii.String("caller_identity"), nil)
	trust := newTaskTrust(this, caller).Json()
	execution, task, policy := newRoles(this, cfg, caller, trust)
	// Each attribute of a construct is a message to the Node process: these are asked for
	// once, not once for each service.
	common := shared{
		region:           *dataawsregion.NewDataAwsRegion(this, jsii.String("region"), nil).Name(),
		clusterID:        *cluster.Id(),
		clusterName:      *cluster.Name(),
		executionRoleARN: *execution.Arn(),
		taskRoleARN:      *task.Arn(),
		trust:            *trust,
		parameterPath:    cfg.ParameterPath,
	}
	if cfg.uses(func(service Service) bool { return service.Job || service.Task.named() }) {
		common.account, common.partition = *caller.AccountId(), partitionOf(caller)
	}
	newStoppedTasks(this, cfg, common.clusterID)
	common.secretsPolicy = newSecretsPolicy(this, cfg, common, execution)
	common.capacityProviders = newCapacityProviders(this, cfg, cluster)

	outputs := &ECS{ClusterName: common.clusterName, ClusterARN: common.clusterID, Account: common.account, ScalableTargets: map[string]ScalableTarget{}, Jobs: map[string]Job{}}
	for _, service := range cfg.Services {
		within := constructs.NewConstruct(this, jsii.String(service.Key))
		of := refs.Services[service.Key]
		role, first := common.taskRoleARN, []cdktf.ITerraformDependable{}
		switch {
		case service.Task.ownRole():
			own, policy := newTaskRole(within, cfg, service, common)
			role, first = *own.Arn(), append(first, policy)
		case service.Task.Role != "":
			role = "arn:" + common.partition + ":iam::" + common.account + ":role/" + service.Task.Role
		}
		task := newTaskDefinition(within, cfg, service, of, common, *newLogGroup(within, cfg, service).Name(), role)
		// A task that may not read its secrets yet would not start.
		if common.secretsPolicy != nil {
			first = append(first, common.secretsPolicy)
		}
		if service.Spot.used() {
			first = append(first, common.capacityProviders)
		}
		if service.Job {
			// ECS starts the next task of a service that could not pull its image yet. A job has no next one.
			first = append(first, policy)
			outputs.Jobs[service.Key] = Job{
				TaskDefinitionARN: *task.Arn(), AnyRevisionARN: common.arn("ecs", "task-definition/"+cfg.Family(service)+":*"),
				RoleARNs: []string{common.executionRoleARN, role}, First: first,
			}
			continue
		}
		running := newService(within, cfg, service, refs, common, task, first)
		if !service.scaled() {
			continue
		}
		target := newScalableTarget(within, service, common, running)
		newScalingPolicies(within, service, of, target)
		outputs.ScalableTargets[service.Name] = ScalableTarget{ResourceID: *target.ResourceId(), ID: "aws_appautoscaling_target." + *target.FriendlyUniqueId() + ".id"}
	}
	return outputs
}

// shared is what all services refer to.
type shared struct {
	region, clusterID, clusterName, executionRoleARN, taskRoleARN, trust, parameterPath string
	// account and partition are asked for only where an ARN is written.
	account, partition string
	// secretsPolicy and capacityProviders are nil where no service needs them.
	secretsPolicy, capacityProviders cdktf.ITerraformDependable
}

// arn is the ARN of something in the stack's region and account.
func (s shared) arn(service, resource string) string {
	return "arn:" + s.partition + ":" + service + ":" + s.region + ":" + s.account + ":" + resource
}

// ClusterName is the name of the cluster.
func (c Config) ClusterName() string { return c.NamePrefix + "-cluster" }

func (c Config) executionRoleName() string { return c.NamePrefix + "-ecs-task-exec" }

func (c Config) taskRoleName() string { return c.NamePrefix + "-ecs-task-role" }

// Family is the family of a service's task definitions.
func (c Config) Family(s Service) string { return c.NamePrefix + "-" + s.Name }

func (c Config) logGroupName(s Service) string { return "/ecs/" + c.NamePrefix + "/" + s.Name }

// RoleName is the name of the role of a service's own, "" if it has none.
func (c Config) RoleName(s Service) string {
	if !s.Task.ownRole() {
		return ""
	}
	return c.NamePrefix + "-" + s.Key + "-task"
}

// tagsOf are the tags of what is made for a service.
func (c Config) tagsOf(s Service) map[string]string {
	all := maps.Clone(c.Tags)
	maps.Copy(all, s.Tags)
	return all
}

// uses tells whether a service does something.
func (c Config) uses(something func(Service) bool) bool {
	return slices.ContainsFunc(c.Services, something)
}

// scaled tells whether something sets the number of tasks.
func (s Service) scaled() bool { return s.Timetable || s.Load.Used() }

// Label is how a problem with the service is reported.
func (s Service) Label() string {
	if s.Job {
		return fmt.Sprintf("job %q", s.Name)
	}
	return fmt.Sprintf("service %q", s.Name)
}
