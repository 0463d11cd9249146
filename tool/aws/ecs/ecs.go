// Package ecs asks ECS for clusters, services, tasks and task definitions. Its types have what is needed of those in the reference:
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Types.html
package ecs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-bot/infra/tool/aws/awsapi"
)

// Client asks ECS in one region.
type Client struct{ api *awsapi.Client }

// New returns a client with these settings.
func New(config aws.Config) *Client {
	return &Client{awsapi.New(config, awsapi.Service{ID: "ECS", Prefix: "ecs", Target: "AmazonEC2ContainerServiceV20141113"})}
}

// Include is what an answer has only if it is asked for.
type Include string

// WithTags asks for tags.
const WithTags Include = "TAGS"

// ClusterNotFound is the code of the error where there is no such cluster.
const ClusterNotFound = "ClusterNotFoundException"

// Active is the status of a cluster, a service or a task definition that is not deleted. Others are there for a while after that.
const Active = "ACTIVE"

// Cluster is a cluster.
type Cluster struct {
	ARN string `json:"clusterArn"`
	// Status is Active, or "PROVISIONING", "DEPROVISIONING", "FAILED" or "INACTIVE".
	Status string
	Tags   awsapi.Tags
	// CapacityProviders are those that its services may use, such as "FARGATE_SPOT".
	CapacityProviders []string
}

// DescribeClusters returns the clusters of these names that there are.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeClusters.html
func (c *Client) DescribeClusters(ctx context.Context, names []string, include ...Include) ([]Cluster, error) {
	var answer struct{ Clusters []Cluster }
	err := c.api.JSON(ctx, "DescribeClusters", including(include, map[string]any{"clusters": names}), &answer)
	return answer.Clusters, err
}

// Service is a service.
type Service struct {
	ARN     string `json:"serviceArn"`
	Name    string `json:"serviceName"`
	Cluster string `json:"clusterArn"`
	// Status is Active, or "DRAINING" or "INACTIVE".
	Status string
	// TaskDefinition is the ARN of the revision that it has.
	TaskDefinition string
	// Running is the number of tasks, Desired how many there should be.
	Running     int         `json:"runningCount"`
	Desired     int         `json:"desiredCount"`
	Created     awsapi.Time `json:"createdAt"`
	Deployments []Deployment
	// Events are the last hundred, the newest first.
	Events        []Event
	LoadBalancers []LoadBalancer
	// Rollout is what its rollouts go by.
	Rollout struct {
		// Alarms are those by which a rollout fails.
		Alarms struct{ Enable bool }
	} `json:"deploymentConfiguration"`
	Tags awsapi.Tags
	// Exec tells whether people may enter the containers of the tasks that it starts from now on.
	Exec bool `json:"enableExecuteCommand"`
	Place
}

// Place is where and on what tasks run.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html
type Place struct {
	Network Network `json:"networkConfiguration"`
	// LaunchType is "FARGATE", or "" where Strategy says what tasks run on.
	LaunchType string     `json:"launchType,omitempty"`
	Strategy   []Provider `json:"capacityProviderStrategy,omitempty"`
}

// Network is where the network interfaces of tasks are.
type Network struct {
	VPC VPC `json:"awsvpcConfiguration"`
}

// VPC is where in a VPC the network interfaces of tasks are.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_AwsVpcConfiguration.html
type VPC struct {
	Subnets        []string `json:"subnets"`
	SecurityGroups []string `json:"securityGroups,omitempty"`
	// AssignPublicIP is "ENABLED" or "DISABLED".
	AssignPublicIP string `json:"assignPublicIp,omitempty"`
}

// Provider is a capacity provider, such as "FARGATE_SPOT", and its share of the tasks.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CapacityProviderStrategyItem.html
type Provider struct {
	Name   string `json:"capacityProvider"`
	Weight int    `json:"weight,omitempty"`
	Base   int    `json:"base,omitempty"`
}

// Deployment is a deployment of a service.
type Deployment struct {
	// ID is "ecs-svc/" and a number, which is that of the service revision, too.
	ID string
	// Status is "PRIMARY" for the newest one, and "ACTIVE" for one whose tasks are being replaced.
	Status string
	// RolloutState is "IN_PROGRESS", "COMPLETED" or "FAILED", and RolloutStateReason says why.
	RolloutState, RolloutStateReason string
	// TaskDefinition is the ARN of the revision that it deploys.
	TaskDefinition string
	Created        awsapi.Time `json:"createdAt"`
	Updated        awsapi.Time `json:"updatedAt"`
}

// Primary is the newest deployment of a service; an empty one if there is none.
func (s Service) Primary() Deployment {
	for _, deployment := range s.Deployments {
		if deployment.Status == "PRIMARY" {
			return deployment
		}
	}
	return Deployment{}
}

// Event is what has happened to a service.
type Event struct {
	Created awsapi.Time `json:"createdAt"`
	Message string
}

// LoadBalancer is where a service's tasks are registered.
type LoadBalancer struct {
	TargetGroup string `json:"targetGroupArn"`
	// Container is the one that the load balancer reaches.
	Container string `json:"containerName"`
}

// Service returns the service of a name in a cluster, by the name or the ARN of that. If ECS has none that is active, it is an empty one.
func (c *Client) Service(ctx context.Context, cluster, name string, include ...Include) (Service, error) {
	described, err := c.describeServices(ctx, cluster, []string{name}, include...)
	if err != nil || len(described) == 0 || described[0].Status != Active {
		return Service{}, err
	}
	return described[0], nil
}

// describeServices returns the services of a cluster that have these names or ARNs: at most ten. One that ECS does not have is left out.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServices.html
func (c *Client) describeServices(ctx context.Context, cluster string, names []string, include ...Include) ([]Service, error) {
	var answer struct{ Services []Service }
	err := c.api.JSON(ctx, "DescribeServices", including(include, map[string]any{"cluster": cluster, "services": names}), &answer)
	return answer.Services, err
}

// SetDesiredCount sets how many tasks a service should have.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html
func (c *Client) SetDesiredCount(ctx context.Context, cluster, service string, count int) error {
	return c.api.JSON(ctx, "UpdateService", map[string]any{"cluster": cluster, "service": service, "desiredCount": count}, &struct{}{})
}

// ForceDeployment starts a deployment of what a service has: new tasks, which read their secrets and the image of their tag again.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html (forceNewDeployment)
func (c *Client) ForceDeployment(ctx context.Context, cluster, service string) error {
	return c.api.JSON(ctx, "UpdateService", map[string]any{"cluster": cluster, "service": service, "forceNewDeployment": true}, &struct{}{})
}

// Services returns all services of a cluster.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListServices.html
func (c *Client) Services(ctx context.Context, cluster string) ([]Service, error) {
	listed, err := awsapi.List[string](ctx, c.api, "ListServices", "serviceArns", map[string]any{"cluster": cluster})
	if err != nil {
		return nil, err
	}
	var all []Service
	for arns := range slices.Chunk(listed, 10) {
		services, err := c.describeServices(ctx, cluster, arns)
		if err != nil {
			return nil, err
		}
		all = append(all, services...)
	}
	return all, nil
}

// Task is a task.
type Task struct {
	ARN string `json:"taskArn"`
	// Group is "service:NAME" for one of a service. For another one it is "family:NAME", or whatever somebody has said.
	Group string
	// TaskDefinition is the ARN of its revision.
	TaskDefinition string `json:"taskDefinitionArn"`
	// LastStatus is where it is in its life, such as "PROVISIONING", Running or Stopped.
	// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html
	LastStatus string
	Containers []RunningContainer
	// StartedBy is the id of the deployment that started it, if it is one of a service, or what RunTask was told.
	StartedBy string
	Created   awsapi.Time `json:"createdAt"`
	// Stopped is when it stopped, and StoppedReason why. StopCode is such as TaskFailedToStart.
	Stopped       awsapi.Time `json:"stoppedAt"`
	StoppedReason string
	StopCode      StopCode
	Attachments   []Attachment
	// Exec tells whether people may enter its containers, which is so from its start or never.
	Exec bool `json:"enableExecuteCommand"`
	// Health is "HEALTHY", "UNHEALTHY", or "UNKNOWN" where no container has a health check, or before its first result.
	Health string `json:"healthStatus"`
}

// Replaced tells whether a task stopped because fewer were wanted, or because a newer one took its place: nothing was wrong with it.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html
func (t Task) Replaced() bool {
	return strings.HasPrefix(t.StoppedReason, "Scaling activity initiated by")
}

// The statuses of a task that are looked at.
const (
	Running = "RUNNING"
	Stopped = "STOPPED"
)

// StopCode is why a task stopped, in one word.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Task.html
type StopCode string

// The codes that are looked at.
const (
	TaskFailedToStart        StopCode = "TaskFailedToStart"
	EssentialContainerExited StopCode = "EssentialContainerExited"
)

// ID is the last part of its ARN.
func (t Task) ID() string { return t.ARN[strings.LastIndex(t.ARN, "/")+1:] }

// Address is its private address, or "" if it has none yet.
func (t Task) Address() string {
	for _, attachment := range t.Attachments {
		for _, detail := range attachment.Details {
			if detail.Name == "privateIPv4Address" {
				return detail.Value
			}
		}
	}
	return ""
}

// Container returns the task's container of a name; an empty one if it has none.
func (t Task) Container(name string) RunningContainer {
	for _, container := range t.Containers {
		if container.Name == name {
			return container
		}
	}
	return RunningContainer{}
}

// RunningContainer is a container of a task. ImageDigest is "" as long as the image is not pulled.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Container.html
type RunningContainer struct {
	Name, Image, ImageDigest string
	// ExitCode is nil as long as it has not ended by itself, and Reason says more, such as that it was killed as memory ran out.
	ExitCode *int
	Reason   string
	// RuntimeID is what the runtime calls it, and Agents are what ECS has started in it.
	RuntimeID string         `json:"runtimeId"`
	Agents    []ManagedAgent `json:"managedAgents"`
}

// ManagedAgent is a program of AWS in a container, such as ExecuteCommandAgent, which lets people enter it.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ManagedAgent.html
type ManagedAgent struct {
	Name string
	// LastStatus is "PENDING", Running or Stopped, and Reason says why it is not running.
	LastStatus, Reason string
}

// ExecuteCommandAgent is the name of the agent that lets people enter a container.
const ExecuteCommandAgent = "ExecuteCommandAgent"

// Attachment is what a task has, such as a network interface.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Attachment.html
type Attachment struct{ Details []Detail }

// Detail is a property of an attachment, such as networkInterfaceId.
type Detail struct{ Name, Value string }

// Tasks returns the tasks of a cluster that are to have a status, "RUNNING" or "STOPPED": those of a service, or all of them if service is "".
// ECS knows a stopped task for an hour.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListTasks.html
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html
func (c *Client) Tasks(ctx context.Context, cluster, service, status string) ([]Task, error) {
	input := map[string]any{"cluster": cluster, "desiredStatus": status}
	if service != "" {
		input["serviceName"] = service
	}
	listed, err := awsapi.List[string](ctx, c.api, "ListTasks", "taskArns", input)
	if err != nil {
		return nil, err
	}
	var all []Task
	for arns := range slices.Chunk(listed, 100) {
		tasks, err := c.describeTasks(ctx, cluster, arns)
		if err != nil {
			return nil, err
		}
		all = append(all, tasks...)
	}
	return all, nil
}

// Task returns the task of an ARN in a cluster. It is an empty one if ECS does not know it, or not yet.
func (c *Client) Task(ctx context.Context, cluster, arn string) (Task, error) {
	described, err := c.describeTasks(ctx, cluster, []string{arn})
	if err != nil || len(described) == 0 {
		return Task{}, err
	}
	return described[0], nil
}

// describeTasks returns the tasks of a cluster that have these ARNs: at most a hundred. One that ECS does not know is left out.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html
func (c *Client) describeTasks(ctx context.Context, cluster string, arns []string) ([]Task, error) {
	var answer struct{ Tasks []Task }
	err := c.api.JSON(ctx, "DescribeTasks", map[string]any{"cluster": cluster, "tasks": arns}, &answer)
	return answer.Tasks, err
}

// Run is a task that RunTask starts.
type Run struct {
	Cluster string `json:"cluster"`
	// TaskDefinition is the ARN of its revision.
	TaskDefinition string `json:"taskDefinition"`
	// Token makes sure that it is started once, however often it is asked for: 1 to 64 visible ASCII characters, never used before.
	// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/ECS_Idempotency.html
	Token string `json:"clientToken"`
	// StartedBy says who has started it: letters, digits, - / and _, 128 at most.
	StartedBy string    `json:"startedBy,omitempty"`
	Overrides Overrides `json:"overrides"`
	Place
}

// Overrides are what a task has otherwise than its revision says.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskOverride.html
type Overrides struct {
	Containers []Override `json:"containerOverrides,omitempty"`
}

// Override is the command of a container. The container keeps its entry point.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerOverride.html
type Override struct {
	Container string   `json:"name"`
	Command   []string `json:"command"`
}

// RunTask starts a task. It returns an error also where ECS says why it starts none.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html
func (c *Client) RunTask(ctx context.Context, run Run) (Task, error) {
	var answer struct {
		Tasks    []Task
		Failures []struct{ Reason, Detail string }
	}
	if err := c.api.JSON(ctx, "RunTask", run, &answer); err != nil {
		return Task{}, err
	}
	if len(answer.Tasks) > 0 {
		return answer.Tasks[0], nil
	}
	problem := errors.New("ECS starts no task")
	for _, failure := range answer.Failures {
		problem = fmt.Errorf("%w: %s", problem, strings.TrimSuffix(failure.Reason+" "+failure.Detail, " "))
	}
	return Task{}, problem
}

// StopTask stops a task, and says why. Its containers get SIGTERM, and SIGKILL half a minute later.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_StopTask.html
func (c *Client) StopTask(ctx context.Context, cluster, arn, reason string) error {
	return c.api.JSON(ctx, "StopTask", map[string]any{"cluster": cluster, "task": arn, "reason": reason}, &struct{}{})
}

// Session is what the session manager plugin needs to enter a container, as ECS answers it. Whoever has it can enter.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Session.html
type Session json.RawMessage

// UnmarshalJSON keeps it as it is.
func (s *Session) UnmarshalJSON(text []byte) error {
	*s = slices.Clone(text)
	return nil
}

// TargetNotConnected is the code of the error where the agent in a container cannot be reached.
const TargetNotConnected = "TargetNotConnectedException"

// ExecuteCommand starts a command in a running container of a task, to be talked to through the session. An agent in the container splits the command
// into words, as a shell does.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ExecuteCommand.html
func (c *Client) ExecuteCommand(ctx context.Context, cluster, task, container, command string) (Session, error) {
	var answer struct{ Session Session }
	// "Use this flag to run your command in interactive mode": there is no other one.
	err := c.api.JSON(ctx, "ExecuteCommand", map[string]any{"cluster": cluster, "task": task, "container": container, "command": command, "interactive": true}, &answer)
	return answer.Session, err
}

// TaskDefinition is a revision of a task definition.
type TaskDefinition struct {
	Family string
	// Status is Active, or "INACTIVE" once it is deregistered.
	Status     string
	Containers []Container `json:"containerDefinitions"`
	Tags       awsapi.Tags
}

// Container returns the container of a name; an empty one if there is none.
func (d TaskDefinition) Container(name string) Container {
	for _, container := range d.Containers {
		if container.Name == name {
			return container
		}
	}
	return Container{}
}

// Container is a container of a task definition.
type Container struct {
	Name, Image string
	// Essential is whether the task stops with it. Nil is for true.
	Essential        *bool
	LogConfiguration LogConfiguration
}

// Optional tells whether a task goes on without it.
func (c Container) Optional() bool { return c.Essential != nil && !*c.Essential }

// Log returns where it logs in a task, by the id of that: a log group and a log stream of CloudWatch Logs. Both are "" if it does not.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specify-log-config.html
func (c Container) Log(task string) (group, stream string) {
	group, prefix := c.LogConfiguration.Options["awslogs-group"], c.LogConfiguration.Options["awslogs-stream-prefix"]
	if group == "" || prefix == "" {
		return "", ""
	}
	return group, prefix + "/" + c.Name + "/" + task
}

// LogConfiguration says where a container's output goes, such as by the options awslogs-group and awslogs-stream-prefix.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_LogConfiguration.html
type LogConfiguration struct{ Options map[string]string }

// TaskDefinition returns a revision, by its ARN or as FAMILY:REVISION.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTaskDefinition.html
func (c *Client) TaskDefinition(ctx context.Context, name string, include ...Include) (TaskDefinition, error) {
	var answer struct {
		TaskDefinition TaskDefinition
		Tags           awsapi.Tags
	}
	err := c.api.JSON(ctx, "DescribeTaskDefinition", including(include, map[string]any{"taskDefinition": name}), &answer)
	answer.TaskDefinition.Tags = answer.Tags
	return answer.TaskDefinition, err
}

// ListTaskDefinitions walks through the ARNs of the active revisions whose family begins so, the newest of each family first. An error comes last.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListTaskDefinitions.html
func (c *Client) ListTaskDefinitions(ctx context.Context, family string) iter.Seq2[string, error] {
	return awsapi.Items[string](ctx, c.api, "ListTaskDefinitions", "taskDefinitionArns", map[string]any{"familyPrefix": family, "status": Active, "sort": "DESC"})
}

// including adds what an answer is to have to an input.
func including(include []Include, input map[string]any) map[string]any {
	if len(include) > 0 {
		input["include"] = include
	}
	return input
}

// LastPart returns what follows the last slash of an ARN, such as "family:12" of a task definition's.
func LastPart(arn string) string { return arn[strings.LastIndex(arn, "/")+1:] }

// Family returns the family of a task definition, from its ARN or from what LastPart makes of it.
func Family(arn string) string {
	family, _, _ := strings.Cut(LastPart(arn), ":")
	return family
}
