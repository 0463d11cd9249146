package e2e

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"

	"github.com/order-bot/infra/tool/aws/awsapi"
	"github.com/order-bot/infra/tool/observe"
	rollouts "github.com/order-bot/infra/tool/rollout"
	"github.com/order-bot/infra/tool/stackjson"
	"github.com/order-bot/infra/tool/status"
	"github.com/order-bot/infra/tool/tfstate"
	"github.com/order-bot/infra/tool/watch"
)

// rollout is an ECS service of a test's own, to deploy to.
type rollout struct {
	client        *ecs.Client
	cluster, name string
}

type rolloutSettings struct {
	network         network
	group           string
	desired         int32
	image           string
	breaker, goBack bool
	target          string // the target group, if any
}

// newRollout creates a cluster and a service in it, both with this name, and deletes the service after the test.
func newRollout(t *testing.T, name string, s rolloutSettings) rollout {
	t.Helper()
	r := rollout{newClients(local).ECS, name, name}
	_, err := r.client.CreateCluster(t.Context(), &ecs.CreateClusterInput{ClusterName: &name})
	allowed(t, "creating a cluster", err)
	input := &ecs.CreateServiceInput{
		Cluster: &r.cluster, ServiceName: &r.name, TaskDefinition: aws.String(r.register(t, s.image)), DesiredCount: &s.desired, LaunchType: "FARGATE",
		NetworkConfiguration: &ecstypes.NetworkConfiguration{AwsvpcConfiguration: &ecstypes.AwsVpcConfiguration{
			Subnets: []string{s.network.a}, SecurityGroups: []string{s.group},
		}},
		DeploymentConfiguration: &ecstypes.DeploymentConfiguration{
			DeploymentCircuitBreaker: &ecstypes.DeploymentCircuitBreaker{Enable: s.breaker, Rollback: s.goBack},
		},
	}
	if s.target != "" {
		input.LoadBalancers = []ecstypes.LoadBalancer{{TargetGroupArn: &s.target, ContainerName: aws.String("app"), ContainerPort: aws.Int32(8000)}}
	}
	_, err = r.client.CreateService(t.Context(), input)
	allowed(t, "creating a service", err)
	t.Cleanup(func() {
		_, _ = r.client.DeleteService(context.Background(), &ecs.DeleteServiceInput{Cluster: &r.cluster, Service: &r.name, Force: aws.Bool(true)})
	})
	return r
}

// register registers a revision with an image, and returns its ARN.
func (r rollout) register(t *testing.T, image string) string {
	t.Helper()
	return *must[*ecs.RegisterTaskDefinitionOutput](t)(r.client.RegisterTaskDefinition(t.Context(), &ecs.RegisterTaskDefinitionInput{
		Family: &r.name, NetworkMode: "awsvpc", RequiresCompatibilities: []ecstypes.Compatibility{"FARGATE"}, Cpu: aws.String("256"), Memory: aws.String("512"),
		ContainerDefinitions: []ecstypes.ContainerDefinition{{Name: aws.String("app"), Image: &image, Memory: aws.Int32(512)}},
	})).TaskDefinition.TaskDefinitionArn
}

// A service whose tasks do not get their role launches none, and says so in an event (ECS developer guide, "Service event messages"). A task that does not
// reach a file system of EFS, or does not get in, fails (ECS developer guide, "ResourceInitializationError task errors").
func TestRuleTasksNeedTheirRoleAndFileSystems(t *testing.T) {
	t.Parallel()
	network := network{vpc: local.Seeded["vpc_id"].(string), a: local.Seeded["private_subnet_ids"].([]any)[0].(string)}
	r := newRollout(t, "rules-given", rolloutSettings{network: network, group: newClients(local).EC2.newGroup(t, "rules-given", network.vpc), desired: 1, image: "app:v1"})
	r.until(t, "COMPLETED")
	deploy := func(role string, efs *ecstypes.EFSVolumeConfiguration) {
		t.Helper()
		input := &ecs.RegisterTaskDefinitionInput{
			Family: &r.name, NetworkMode: "awsvpc", RequiresCompatibilities: []ecstypes.Compatibility{"FARGATE"}, Cpu: aws.String("256"), Memory: aws.String("512"),
			ContainerDefinitions: []ecstypes.ContainerDefinition{{Name: aws.String("app"), Image: aws.String("app:v1"), Memory: aws.Int32(512)}},
		}
		if role != "" {
			input.TaskRoleArn = aws.String("arn:aws:iam::123456789012:role/" + role)
		}
		if efs != nil {
			input.Volumes = []ecstypes.Volume{{Name: aws.String("files"), EfsVolumeConfiguration: efs}}
		}
		revision := must[*ecs.RegisterTaskDefinitionOutput](t)(r.client.RegisterTaskDefinition(t.Context(), input)).TaskDefinition.TaskDefinitionArn
		r.update(t, ecs.UpdateServiceInput{TaskDefinition: revision})
	}
	stopped := func(want string) {
		t.Helper()
		eventually(t, want, func() bool {
			return slices.ContainsFunc(r.tasks(t, "STOPPED"), func(task ecstypes.Task) bool { return strings.Contains(*task.StoppedReason, want) })
		})
	}

	deploy("rules-given", nil)
	eventually(t, "an event", func() bool {
		return slices.ContainsFunc(r.now(t).Events, func(event ecstypes.ServiceEvent) bool {
			return strings.Contains(*event.Message, "failed to launch a task with (error ECS was unable to assume the role 'arn:aws:iam::123456789012:role/rules-given'")
		})
	})
	same(t, "stopped tasks", len(r.tasks(t, "STOPPED")), 0)
	givenIn(t, local, "role/rules-given")
	deploy("rules-given", nil)
	r.until(t, "COMPLETED")

	files := &ecstypes.EFSVolumeConfiguration{FileSystemId: aws.String("fs-0000000000000d1e5")}
	deploy("", files)
	stopped(`Failed to resolve "fs-0000000000000d1e5.efs.ap-northeast-1.amazonaws.com"`)
	givenIn(t, local, "fs-0000000000000d1e5", "fs-0000000000000d1e6/fsap-0000000000000d1e6", "fs-0000000000000d1e6")
	files.AuthorizationConfig = &ecstypes.EFSAuthorizationConfig{AccessPointId: aws.String("fsap-0000000000000d1e6")}
	deploy("", files)
	stopped("access denied by server while mounting")
	files.AuthorizationConfig = nil
	deploy("", files)
	r.until(t, "COMPLETED")
}

// update updates the service.
func (r rollout) update(t *testing.T, input ecs.UpdateServiceInput) {
	t.Helper()
	input.Cluster, input.Service = &r.cluster, &r.name
	must[*ecs.UpdateServiceOutput](t)(r.client.UpdateService(t.Context(), &input))
}

// deploy deploys a new revision with an image, and returns its ARN.
func (r rollout) deploy(t *testing.T, image string) string {
	t.Helper()
	revision := r.register(t, image)
	r.update(t, ecs.UpdateServiceInput{TaskDefinition: &revision})
	return revision
}

func (r rollout) now(t *testing.T) ecstypes.Service {
	t.Helper()
	return must[*ecs.DescribeServicesOutput](t)(r.client.DescribeServices(t.Context(), &ecs.DescribeServicesInput{Cluster: &r.cluster, Services: []string{r.name}})).Services[0]
}

// until waits until the service's newest deployment is in a state, and the only one.
func (r rollout) until(t *testing.T, state ecstypes.DeploymentRolloutState) ecstypes.Service {
	t.Helper()
	eventually(t, "the only deployment is "+string(state), func() bool {
		now := r.now(t)
		return len(now.Deployments) == 1 && now.Deployments[0].RolloutState == state
	})
	return r.now(t)
}

// tasks are the service's tasks.
func (r rollout) tasks(t *testing.T, status ecstypes.DesiredStatus) []ecstypes.Task {
	t.Helper()
	listed := must[*ecs.ListTasksOutput](t)(r.client.ListTasks(t.Context(), &ecs.ListTasksInput{Cluster: &r.cluster, ServiceName: &r.name, DesiredStatus: status})).TaskArns
	if len(listed) == 0 {
		return nil
	}
	return must[*ecs.DescribeTasksOutput](t)(r.client.DescribeTasks(t.Context(), &ecs.DescribeTasksInput{Cluster: &r.cluster, Tasks: listed})).Tasks
}

// summary says what a service's deployments are, the newest first.
func summary(service ecstypes.Service) string {
	var lines []string
	for _, d := range service.Deployments {
		revision := (*d.TaskDefinition)[strings.LastIndex(*d.TaskDefinition, ":")+1:]
		lines = append(lines, fmt.Sprintf("%s %s of revision %s: %d of %d running, %d pending", *d.Status, d.RolloutState, revision, d.RunningCount, d.DesiredCount, d.PendingCount))
	}
	return strings.Join(lines, "; ")
}

func messages(service ecstypes.Service) string {
	var lines []string
	for _, event := range service.Events {
		lines = append(lines, *event.Message)
	}
	return strings.Join(lines, "\n")
}

func newRolloutNetwork(t *testing.T, name string) rolloutSettings {
	t.Helper()
	n := newNetwork(t)
	return rolloutSettings{network: n, group: n.group(t, name), desired: 1, image: "app:v1", breaker: true, goBack: true}
}

// A deployment is in progress until its tasks run, while those of the one before go on
// running; then it is completed, and the only one: deployments_take_their_course (ECS developer guide, rolling updates; API
// reference, Deployment and Task).
func TestRuleDeploymentsTakeTime(t *testing.T) {
	t.Parallel()
	settings := newRolloutNetwork(t, "rules-time")
	settings.desired, settings.image = 2, "app:slow-1" // so that what is in progress is seen
	r := newRollout(t, "rules-time", settings)
	same(t, "at first", summary(r.now(t)), "PRIMARY IN_PROGRESS of revision 1: 0 of 2 running, 2 pending")
	first := r.until(t, "COMPLETED")
	same(t, "then", summary(first), "PRIMARY COMPLETED of revision 1: 2 of 2 running, 0 pending")
	same(t, "counts", []int32{first.DesiredCount, first.RunningCount, first.PendingCount}, []int32{2, 2, 0})
	if !strings.HasPrefix(messages(first), "(service rules-time) has reached a steady state.\n") {
		t.Errorf("events, newest first:\n%s", messages(first))
	}
	for _, task := range r.tasks(t, "RUNNING") {
		same(t, "task", []any{*task.LastStatus, *task.Group, *task.TaskDefinitionArn, *task.StartedBy},
			[]any{"RUNNING", "service:rules-time", *first.TaskDefinition, *first.Deployments[0].Id})
	}

	second := r.deploy(t, "app:slow-2")
	same(t, "a new revision", summary(r.now(t)),
		"PRIMARY IN_PROGRESS of revision 2: 0 of 2 running, 2 pending; ACTIVE COMPLETED of revision 1: 2 of 2 running, 0 pending")
	now := r.until(t, "COMPLETED")
	same(t, "then", summary(now), "PRIMARY COMPLETED of revision 2: 2 of 2 running, 0 pending")
	same(t, "revision", *now.TaskDefinition, second)
	stopped := r.tasks(t, "STOPPED")
	if len(r.tasks(t, "")) != 2 || len(stopped) != 2 || stopped[0].StopCode != "ServiceSchedulerInitiated" ||
		*stopped[0].StoppedReason != "Scaling activity initiated by (deployment "+*first.Deployments[0].Id+")" {
		t.Errorf("tasks: %d running, stopped: %+v", len(r.tasks(t, "")), stopped)
	}
}

// Another number of tasks is no deployment; a forced one, another network or another port is
// (ECS API reference, UpdateService).
func TestRuleWhatStartsADeployment(t *testing.T) {
	t.Parallel()
	settings := newRolloutNetwork(t, "rules-starts")
	balancer := settings.network.loadBalancer(t, "rules-starts", settings.group)
	settings.target = settings.network.targetGroup(t, "rules-starts")
	newListener(t, balancer, settings.target)
	r := newRollout(t, "rules-starts", settings)
	id := *r.until(t, "COMPLETED").Deployments[0].Id

	r.update(t, ecs.UpdateServiceInput{DesiredCount: aws.Int32(3)})
	eventually(t, "three tasks run", func() bool { return r.now(t).RunningCount == 3 })
	r.update(t, ecs.UpdateServiceInput{DesiredCount: aws.Int32(1)})
	now := r.now(t)
	same(t, "after scaling", []any{summary(now), *now.Deployments[0].Id}, []any{"PRIMARY COMPLETED of revision 1: 1 of 1 running, 0 pending", id})
	health := must[*elb.DescribeTargetHealthOutput](t)(newClients(local).ELB.DescribeTargetHealth(t.Context(), &elb.DescribeTargetHealthInput{TargetGroupArn: &settings.target})).TargetHealthDescriptions
	if len(health) != 1 || *health[0].Target.Port != 8000 || health[0].TargetHealth.State != "healthy" {
		t.Errorf("targets: %+v", health)
	}

	other := settings.network.group(t, "rules-starts-2")
	for name, input := range map[string]ecs.UpdateServiceInput{
		"force": {ForceNewDeployment: true},
		"network": {NetworkConfiguration: &ecstypes.NetworkConfiguration{AwsvpcConfiguration: &ecstypes.AwsVpcConfiguration{
			Subnets: []string{settings.network.c}, SecurityGroups: []string{other},
		}}},
		"port": {LoadBalancers: []ecstypes.LoadBalancer{{TargetGroupArn: &settings.target, ContainerName: aws.String("app"), ContainerPort: aws.Int32(9000)}}},
	} {
		r.update(t, input)
		if now := r.now(t); *now.Deployments[0].Id == id || now.DesiredCount != 1 {
			t.Errorf("%s: %s", name, summary(now))
		}
		now = r.until(t, "COMPLETED")
		id = *now.Deployments[0].Id
	}
	same(t, "the port that was given", *r.now(t).LoadBalancers[0].ContainerPort, int32(9000))
	r.update(t, ecs.UpdateServiceInput{ForceNewDeployment: true})
	same(t, "the port that was kept", *r.until(t, "COMPLETED").LoadBalancers[0].ContainerPort, int32(9000))
}

// After three failed tasks the circuit breaker fails a deployment, and goes back to the last
// completed one (ECS developer guide, deployment circuit breaker).
func TestRuleFailedDeploymentsGoBack(t *testing.T) {
	t.Parallel()
	settings := newRolloutNetwork(t, "rules-back")
	settings.image = "app:slow" // so that going back lasts
	r := newRollout(t, "rules-back", settings)
	good := r.until(t, "COMPLETED")
	r.deploy(t, "app:broken-1")
	var rolling ecstypes.Service
	eventually(t, "the deployment fails", func() bool {
		rolling = r.now(t)
		return len(rolling.Deployments) == 2 && rolling.Deployments[1].RolloutState == "FAILED"
	})
	same(t, "going back", summary(rolling), "PRIMARY IN_PROGRESS of revision 1: 1 of 1 running, 0 pending; ACTIVE FAILED of revision 2: 0 of 1 running, 0 pending")
	same(t, "reasons", []any{*rolling.Deployments[0].RolloutStateReason, *rolling.Deployments[1].RolloutStateReason, rolling.Deployments[1].FailedTasks}, []any{
		"ECS deployment circuit breaker: rolling back to deploymentId " + *good.Deployments[0].Id + ".",
		"ECS deployment circuit breaker: tasks failed to start.", int32(3),
	})
	same(t, "revision", *rolling.TaskDefinition, *good.TaskDefinition)
	for _, task := range r.tasks(t, "STOPPED") {
		if task.StopCode != "TaskFailedToStart" || !strings.HasPrefix(*task.StoppedReason, "CannotPullContainerError: ") {
			t.Errorf("%s: %s", task.StopCode, *task.StoppedReason)
		}
	}
	now := r.until(t, "COMPLETED")
	same(t, "afterwards", summary(now), "PRIMARY COMPLETED of revision 1: 1 of 1 running, 0 pending")
	for _, want := range []string{
		"(service rules-back) (deployment " + *rolling.Deployments[1].Id + ") deployment failed: tasks failed to start.",
		"(service rules-back) rolling back to deployment " + *good.Deployments[0].Id + ".",
	} {
		if !strings.Contains(messages(now), want) {
			t.Errorf("no event %s:\n%s", want, messages(now))
		}
	}
}

// Without rollback the deployment stays the failed one, and the tasks of the one before run on
// (ECS API reference, DeploymentCircuitBreaker).
func TestRuleFailedDeploymentsStayWithoutRollback(t *testing.T) {
	t.Parallel()
	settings := newRolloutNetwork(t, "rules-stay")
	settings.goBack = false
	r := newRollout(t, "rules-stay", settings)
	r.until(t, "COMPLETED")
	r.deploy(t, "app:broken")
	eventually(t, "the deployment fails", func() bool { return r.now(t).Deployments[0].RolloutState == "FAILED" })
	same(t, "deployments", summary(r.now(t)), "PRIMARY FAILED of revision 2: 0 of 1 running, 0 pending; ACTIVE COMPLETED of revision 1: 1 of 1 running, 0 pending")
	r.deploy(t, "app:v3")
	same(t, "a good one then", summary(r.until(t, "COMPLETED")), "PRIMARY COMPLETED of revision 3: 1 of 1 running, 0 pending")
}

// Where no deployment was ever completed there is none to go back to (ECS developer guide,
// deployment circuit breaker).
func TestRuleFirstDeploymentsHaveNothingToGoBackTo(t *testing.T) {
	t.Parallel()
	settings := newRolloutNetwork(t, "rules-first")
	settings.image = "app:broken"
	r := newRollout(t, "rules-first", settings)
	same(t, "deployments", summary(r.until(t, "FAILED")), "PRIMARY FAILED of revision 1: 0 of 1 running, 0 pending")
	r.deploy(t, "app:v2")
	same(t, "a good one then", summary(r.until(t, "COMPLETED")), "PRIMARY COMPLETED of revision 2: 1 of 1 running, 0 pending")
}

// Going back can fail, too, and no task runs then (ECS developer guide, deployment circuit breaker).
func TestRuleGoingBackCanFail(t *testing.T) {
	t.Parallel()
	settings := newRolloutNetwork(t, "rules-going-back")
	settings.image = "rules-going-back:v1"
	r := newRollout(t, "rules-going-back", settings)
	r.until(t, "COMPLETED")
	r.deploy(t, "rules-going-back:broken")
	allowed(t, "breaking the image", local.BreakImage(t.Context(), "rules-going-back:v1"))
	same(t, "the tasks of the broken image", r.now(t).RunningCount, int32(0))
	now := r.until(t, "FAILED")
	same(t, "deployments", summary(now), "PRIMARY FAILED of revision 1: 0 of 1 running, 0 pending")
	var codes []string
	for _, task := range r.tasks(t, "STOPPED") {
		codes = append(codes, string(task.StopCode))
	}
	if got := strings.Join(codes, " "); strings.Count(got, "TaskFailedToStart") != 6 || strings.Count(got, "EssentialContainerExited") != 1 {
		t.Errorf("tasks stopped by: %s", got)
	}
	if err := local.BreakImage(t.Context(), ""); err == nil || !strings.Contains(err.Error(), "image") {
		t.Errorf("breaking no image: %v", err)
	}
}

// Without a circuit breaker a deployment that fails is in progress for ever (ECS developer
// guide, deployment circuit breaker).
func TestRuleDeploymentsGoOnWithoutABreaker(t *testing.T) {
	t.Parallel()
	settings := newRolloutNetwork(t, "rules-breaker")
	settings.breaker, settings.image = false, "app:broken"
	r := newRollout(t, "rules-breaker", settings)
	eventually(t, "five tasks fail", func() bool { return r.now(t).Deployments[0].FailedTasks >= 5 })
	same(t, "deployments", summary(r.now(t)), "PRIMARY IN_PROGRESS of revision 1: 0 of 1 running, 1 pending")
}

// A task that does not reach its registry or its secrets never starts, and the service's deployment fails; with endpoints it does (ECS
// developer guide, "ResourceInitializationError task errors" and "CannotPullContainer task errors"; ECR user guide, "Amazon ECR interface VPC endpoints").
func TestRuleTasksNeedAWayOut(t *testing.T) {
	t.Parallel()
	const repository = "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/order-bot-svc:v1"
	settings := newRolloutNetwork(t, "rules-way-out")
	settings.image = repository
	n, client := settings.network, newClients(local).EC2
	err := client.try(t, "DeleteRoute", "RouteTableId", n.routes, "DestinationCidrBlock", "0.0.0.0/0")
	allowed(t, "taking the way out", err)
	r := newRollout(t, "rules-way-out", settings)
	same(t, "deployments", summary(r.until(t, "FAILED")), "PRIMARY FAILED of revision 1: 0 of 1 running, 0 pending")
	stopped := func(revision string) string {
		for _, task := range r.tasks(t, "STOPPED") {
			if strings.HasSuffix(*task.TaskDefinitionArn, ":"+revision) {
				return string(task.StopCode) + ": " + *task.StoppedReason
			}
		}
		return ""
	}
	same(t, "a task of ECR", stopped("1"), "TaskFailedToStart: ResourceInitializationError: unable to pull secrets or registry auth: The task cannot pull registry auth from Amazon ECR: "+
		"There is a connection issue between the task and Amazon ECR. Check your task network configuration.")

	endpoint := func(name, kind, in, id string) {
		err := client.try(t, "CreateVpcEndpoint", "VpcId", n.vpc, "ServiceName", "com.amazonaws.ap-northeast-1."+name, "VpcEndpointType", kind, in, id)
		allowed(t, "creating an endpoint of "+name, err)
	}
	endpoint("ecr.api", "Interface", "SubnetId.1", n.a)
	r.deploy(t, repository)
	r.until(t, "FAILED")
	same(t, "a task without the layers of its image", stopped("2"), "TaskFailedToStart: CannotPullContainerError: The task cannot pull '"+repository+
		"' from Amazon ECR. There is a connection issue between the task and Amazon ECR. Check your task network configuration.")
	endpoint("ecr.dkr", "Interface", "SubnetId.1", n.a)
	endpoint("s3", "Gateway", "RouteTableId.1", n.routes)
	r.deploy(t, repository)
	same(t, "with all endpoints", summary(r.until(t, "COMPLETED")), "PRIMARY COMPLETED of revision 3: 1 of 1 running, 0 pending")

	r.deploy(t, "nginx:1")
	eventually(t, "a task of another registry fails", func() bool { return stopped("4") != "" })
	same(t, "a task of another registry", stopped("4"), "TaskFailedToStart: CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref nginx:1: failed to do request: i/o timeout")
	r.until(t, "COMPLETED")

	secret := must[*ecs.RegisterTaskDefinitionOutput](t)(r.client.RegisterTaskDefinition(t.Context(), &ecs.RegisterTaskDefinitionInput{
		Family: &r.name, NetworkMode: "awsvpc", RequiresCompatibilities: []ecstypes.Compatibility{"FARGATE"}, Cpu: aws.String("256"), Memory: aws.String("512"),
		ContainerDefinitions: []ecstypes.ContainerDefinition{{
			Name: aws.String("app"), Image: aws.String(repository), Memory: aws.Int32(512),
			Secrets: []ecstypes.Secret{{Name: aws.String("DATABASE_URL"), ValueFrom: aws.String("/order-bot/prod/database-url")}},
		}},
	})).TaskDefinition.TaskDefinitionArn
	r.update(t, ecs.UpdateServiceInput{TaskDefinition: secret})
	eventually(t, "a task with a secret fails", func() bool { return stopped("5") != "" })
	same(t, "a task with a secret", stopped("5"), "TaskFailedToStart: ResourceInitializationError: unable to pull secrets or registry auth: unable to retrieve secrets from ssm: "+
		"The task cannot pull secrets from AWS Systems Manager. There is a connection issue between the task and AWS Systems Manager Parameter Store. Check your task network configuration.")
	r.until(t, "COMPLETED")
	endpoint("ssm", "Interface", "SubnetId.1", n.a)
	r.update(t, ecs.UpdateServiceInput{TaskDefinition: secret, ForceNewDeployment: true})
	same(t, "with its endpoint", summary(r.until(t, "COMPLETED")), "PRIMARY COMPLETED of revision 5: 1 of 1 running, 0 pending")
}

// All tasks of a deployment take the image that its tag was at first; status tells when the tag is another one (ECS developer guide,
// "Container image resolution").
func TestRuleDeploymentsKeepTheirImage(t *testing.T) {
	t.Parallel()
	ctx, clients := t.Context(), newClients(local)
	must[*ecr.CreateRepositoryOutput](t)(clients.ECR.CreateRepository(ctx, &ecr.CreateRepositoryInput{RepositoryName: aws.String("rules-tag")}))
	push := func(layer string) string {
		manifest := fmt.Sprintf(`{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "layers": [{"digest": "sha256:%064s"}]}`, layer)
		return *must[*ecr.PutImageOutput](t)(clients.ECR.PutImage(ctx, &ecr.PutImageInput{
			RepositoryName: aws.String("rules-tag"), ImageManifest: &manifest, ImageTag: aws.String("v1"),
		})).Image.ImageId.ImageDigest
	}
	first := push("1")
	settings := newRolloutNetwork(t, "rules-tag")
	settings.image = "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/rules-tag:v1"
	r := newRollout(t, "rules-tag", settings)
	now := r.until(t, "COMPLETED")
	digests := func() (all []string) {
		for _, task := range r.tasks(t, "RUNNING") {
			all = append(all, *task.Containers[0].ImageDigest)
		}
		return all
	}
	state := must[*tfstate.State](t)(tfstate.Read(fmt.Appendf(nil, `{"version": 4, "resources": [
		{"mode": "managed", "type": "aws_ecs_service", "name": "s", "instances": [{"attributes": {"name": %q, "cluster": %q}}]},
		{"mode": "managed", "type": "aws_ecs_task_definition", "name": "s", "instances": [{"attributes": {"family": %q, "arn": %q}}]}]}`, r.name, *now.ClusterArn, r.name, *now.TaskDefinition)))
	notes := func() string {
		services := must[[]rollouts.Service](t)(rollouts.Of(ctx, clients.config, state))
		report := must[*status.Report](t)(observe.Stack(ctx, clients.config, "rules", state, services, stackjson.Backend{Bucket: local.StateBucket, Key: "rules", Region: "ap-northeast-1"}))
		return strings.Join(report.Notes, "\n")
	}
	same(t, "at first", digests(), []string{first})
	same(t, "notes at first", notes(), "")

	second := push("2")
	r.update(t, ecs.UpdateServiceInput{DesiredCount: aws.Int32(2)})
	eventually(t, "two tasks run", func() bool { return r.now(t).RunningCount == 2 })
	same(t, "after another push", digests(), []string{first, first})
	has(t, "notes then", notes(), "rules-tag runs "+settings.image+" as it was before another image was pushed with that tag.")
	r.update(t, ecs.UpdateServiceInput{ForceNewDeployment: true})
	r.until(t, "COMPLETED")
	same(t, "after another deployment", digests(), []string{second, second})
	same(t, "notes at last", notes(), "")
}

// With no tasks wanted a deployment is completed at once, whatever its image (ECS API
// reference, Deployment: a steady state).
func TestRuleDeploymentsWithoutTasksAreCompleted(t *testing.T) {
	t.Parallel()
	settings := newRolloutNetwork(t, "rules-zero")
	settings.desired = 0
	r := newRollout(t, "rules-zero", settings)
	same(t, "at once", summary(r.now(t)), "PRIMARY COMPLETED of revision 1: 0 of 0 running, 0 pending")
	r.deploy(t, "app:broken")
	same(t, "a broken image", summary(r.now(t)), "PRIMARY COMPLETED of revision 2: 0 of 0 running, 0 pending")
	r.update(t, ecs.UpdateServiceInput{DesiredCount: aws.Int32(1)})
	eventually(t, "a task fails", func() bool { return r.now(t).Deployments[0].FailedTasks > 0 })
	same(t, "in the morning", summary(r.now(t)), "PRIMARY COMPLETED of revision 2: 0 of 1 running, 1 pending")
}

// A task whose container ends stops with its exit code. One of an image whose tag begins with "crash" does so each time, with "flap" the
// first time (ECS developer guide, stopped task error messages; API reference, Task: stopCode).
func TestRuleTasksEndWithTheirContainer(t *testing.T) {
	t.Parallel()
	r := newRollout(t, "rules-crash", newRolloutNetwork(t, "rules-crash"))
	r.until(t, "COMPLETED")
	stopped := func(image string) (all []string) {
		for _, task := range r.tasks(t, "STOPPED") {
			if c := task.Containers[0]; *c.Image == image {
				all = append(all, fmt.Sprintf("%s %s: %d", task.StopCode, *task.StoppedReason, *c.ExitCode))
			}
		}
		return all
	}
	const exited = "EssentialContainerExited Essential container in task exited: 1"
	r.deploy(t, "app:flap")
	r.until(t, "COMPLETED")
	same(t, "one that fails once", stopped("app:flap"), []string{exited})
	r.deploy(t, "app:crash")
	eventually(t, "two tasks crash", func() bool { return len(stopped("app:crash")) == 2 })
	same(t, "one that crashes", stopped("app:crash"), []string{exited, exited})
	now := r.now(t)
	same(t, "then", []any{summary(now), now.Deployments[0].FailedTasks},
		[]any{"PRIMARY IN_PROGRESS of revision 3: 0 of 1 running, 1 pending; ACTIVE COMPLETED of revision 2: 1 of 1 running, 0 pending", int32(2)})
}

// A task that answers the health checks of its load balancer with a wrong code is stopped: targets_are_as_their_tasks. One of an image whose tag begins with "sick" does so
// (ECS developer guide, service event messages; ELB API reference, TargetHealth).
func TestRuleTasksFailTheirHealthChecks(t *testing.T) {
	t.Parallel()
	settings := newRolloutNetwork(t, "rules-sick")
	settings.target, settings.breaker = settings.network.targetGroup(t, "rules-sick"), false // so that it goes on
	newListener(t, settings.network.loadBalancer(t, "rules-sick", settings.group), settings.target)
	r := newRollout(t, "rules-sick", settings)
	r.until(t, "COMPLETED")
	r.deploy(t, "app:sick")
	client := newClients(local).ELB
	refused := func() (all []string) {
		for _, target := range must[*elb.DescribeTargetHealthOutput](t)(client.DescribeTargetHealth(t.Context(), &elb.DescribeTargetHealthInput{TargetGroupArn: &settings.target})).TargetHealthDescriptions {
			if health := target.TargetHealth; health.State == "unhealthy" {
				all = append(all, string(health.Reason)+" "+*health.Description)
			}
		}
		return all
	}
	eventually(t, "a target is unhealthy", func() bool {
		all := refused()
		if len(all) > 0 {
			same(t, "why", all, []string{"Target.ResponseCodeMismatch Health checks failed with these codes: [503]"})
		}
		return len(all) > 0
	})
	eventually(t, "its task is stopped", func() bool { return len(r.tasks(t, "STOPPED")) > 0 })
	stopped := r.tasks(t, "STOPPED")[0]
	same(t, "the task", []any{string(stopped.StopCode), *stopped.StoppedReason}, []any{"ServiceSchedulerInitiated", "Task failed ELB health checks in (target-group " + settings.target + ")"})
	has(t, "events", messages(r.now(t)), "(port 8000) is unhealthy in (target-group "+settings.target+") due to (reason Health checks failed with these codes: [503])")
	same(t, "the tasks before", r.now(t).Deployments[1].RunningCount, int32(1))
}

// ECS tells the course of a service's deployments, and goes back from one on demand: service_deployments_are_told (ECS API reference, ListServiceDeployments,
// DescribeServiceDeployments, DescribeServiceRevisions, StopServiceDeployment).
func TestRuleServiceDeployments(t *testing.T) {
	t.Parallel()
	settings := newRolloutNetwork(t, "rules-course")
	settings.image = "app:crash-first"
	r := newRollout(t, "rules-course", settings)
	ctx := t.Context()
	list := func(statuses ...ecstypes.ServiceDeploymentStatus) []ecstypes.ServiceDeploymentBrief {
		t.Helper()
		return must[*ecs.ListServiceDeploymentsOutput](t)(r.client.ListServiceDeployments(ctx, &ecs.ListServiceDeploymentsInput{Cluster: &r.cluster, Service: &r.name, Status: statuses})).ServiceDeployments
	}
	statuses := func() (all []string) {
		for _, d := range list() {
			all = append(all, string(d.Status))
		}
		return all
	}
	stop := func(arn string, kind ecstypes.StopServiceDeploymentStopType) error {
		_, err := r.client.StopServiceDeployment(ctx, &ecs.StopServiceDeploymentInput{ServiceDeploymentArn: &arn, StopType: kind})
		return err
	}
	same(t, "at first", statuses(), []string{"IN_PROGRESS"})
	allowed(t, "stopping the first one", stop(*list()[0].ServiceDeploymentArn, "ROLLBACK"))
	same(t, "with nothing to go back to", append(statuses(), summary(r.now(t))), []string{"ROLLBACK_FAILED", "PRIMARY FAILED of revision 1: 0 of 1 running, 0 pending"})

	good := r.deploy(t, "app:slow") // so that going back lasts
	before := r.until(t, "COMPLETED")
	r.deploy(t, "app:crash")
	same(t, "then", statuses(), []string{"IN_PROGRESS", "SUCCESSFUL", "ROLLBACK_FAILED"})
	going := list("IN_PROGRESS")
	if len(going) != 1 || !strings.HasSuffix(*going[0].TargetServiceRevisionArn, "service-revision/rules-course/rules-course/"+strings.TrimPrefix(*r.now(t).Deployments[0].Id, "ecs-svc/")) {
		t.Fatalf("in progress: %+v", going)
	}
	arn := *going[0].ServiceDeploymentArn
	refuses(t, "another way to stop", stop(arn, "ABORT"), "InvalidParameterException", "")
	refuses(t, "stopping one that is not there", stop(arn+"0", "ROLLBACK"), "ServiceDeploymentNotFoundException", "")
	allowed(t, "going back", stop(arn, "ROLLBACK"))
	now := r.now(t)
	same(t, "going back", []any{statuses()[0], summary(now), *now.TaskDefinition}, []any{"ROLLBACK_IN_PROGRESS", "PRIMARY IN_PROGRESS of revision 2: 1 of 1 running, 0 pending; ACTIVE FAILED of revision 3: 0 of 1 running, 0 pending", good})
	allowed(t, "going back once more", stop(arn, "ROLLBACK"))
	same(t, "revision", *r.until(t, "COMPLETED").Deployments[0].Id, *before.Deployments[0].Id)
	same(t, "afterwards", statuses(), []string{"ROLLBACK_SUCCESSFUL", "SUCCESSFUL", "ROLLBACK_FAILED"})
	refuses(t, "stopping one that has ended", stop(arn, "ROLLBACK"), "ConflictException", "")

	successful := list("SUCCESSFUL")
	described := must[*ecs.DescribeServiceDeploymentsOutput](t)(r.client.DescribeServiceDeployments(ctx, &ecs.DescribeServiceDeploymentsInput{ServiceDeploymentArns: []string{*successful[0].ServiceDeploymentArn, arn, "arn"}}))
	same(t, "deployments", []int{len(successful), len(described.ServiceDeployments), len(described.Failures)}, []int{1, 2, 1})
	worked, failed := described.ServiceDeployments[0], described.ServiceDeployments[1]
	same(t, "tasks that ran", []int32{worked.TargetServiceRevision.RunningTaskCount, failed.TargetServiceRevision.RunningTaskCount}, []int32{1, 0})
	same(t, "gone back to", *failed.Rollback.ServiceRevisionArn, *worked.TargetServiceRevision.Arn)
	same(t, "source", *failed.SourceServiceRevisions[0].Arn, *worked.TargetServiceRevision.Arn)
	revisions := must[*ecs.DescribeServiceRevisionsOutput](t)(r.client.DescribeServiceRevisions(ctx, &ecs.DescribeServiceRevisionsInput{ServiceRevisionArns: []string{*worked.TargetServiceRevision.Arn}})).ServiceRevisions
	same(t, "what was deployed", []string{*revisions[0].TaskDefinition, *revisions[0].ContainerImages[0].Image, *revisions[0].ContainerImages[0].ContainerName}, []string{good, "app:slow", "app"})

	r.deploy(t, "app:crash-again")
	r.deploy(t, "app:v2")
	r.until(t, "COMPLETED")
	same(t, "one after another", statuses()[:2], []string{"SUCCESSFUL", "STOPPED"})
	first := must[*ecs.ListServiceDeploymentsOutput](t)(r.client.ListServiceDeployments(ctx, &ecs.ListServiceDeploymentsInput{Cluster: &r.cluster, Service: &r.name, MaxResults: aws.Int32(3)}))
	next := must[*ecs.ListServiceDeploymentsOutput](t)(r.client.ListServiceDeployments(ctx, &ecs.ListServiceDeploymentsInput{Cluster: &r.cluster, Service: &r.name, MaxResults: aws.Int32(3), NextToken: first.NextToken}))
	same(t, "pages", []int{len(first.ServiceDeployments), len(next.ServiceDeployments)}, []int{3, 2})
}

// A revision that was deregistered is not deployed (ECS API reference, DeregisterTaskDefinition),
// and here the circuit breaker does not go back to one either: AWS promises nowhere that it does.
func TestRuleInactiveRevisionsAreNotDeployed(t *testing.T) {
	t.Parallel()
	r := newRollout(t, "rules-inactive", newRolloutNetwork(t, "rules-inactive"))
	first := *r.until(t, "COMPLETED").TaskDefinition
	deregister := func(revision string) {
		_, err := r.client.DeregisterTaskDefinition(t.Context(), &ecs.DeregisterTaskDefinitionInput{TaskDefinition: &revision})
		allowed(t, "deregistering", err)
	}
	unused := r.register(t, "app:v2")
	deregister(unused)
	_, err := r.client.UpdateService(t.Context(), &ecs.UpdateServiceInput{Cluster: &r.cluster, Service: &r.name, TaskDefinition: &unused})
	refuses(t, "updating to it", err, "ClientException", "TaskDefinition is inactive")
	_, err = r.client.CreateService(t.Context(), &ecs.CreateServiceInput{Cluster: &r.cluster, ServiceName: aws.String("another"), TaskDefinition: &unused})
	refuses(t, "creating a service with it", err, "ClientException", "TaskDefinition is inactive")

	deregister(first)
	same(t, "a service goes on with one", r.now(t).RunningCount, int32(1))
	r.deploy(t, "app:broken")
	eventually(t, "the deployment fails", func() bool { return r.now(t).Deployments[0].RolloutState == "FAILED" })
	same(t, "no way back", summary(r.now(t)), "PRIMARY FAILED of revision 3: 0 of 1 running, 0 pending; ACTIVE COMPLETED of revision 1: 1 of 1 running, 0 pending")
}

// A service is not deleted while it is scaled above 0, unless by force, and takes its tasks with
// it (ECS API reference, DeleteService).
func TestRuleServicesWithTasksAreDeletedByForce(t *testing.T) {
	t.Parallel()
	r := newRollout(t, "rules-force", newRolloutNetwork(t, "rules-force"))
	r.until(t, "COMPLETED")
	remove := func(force bool) error {
		_, err := r.client.DeleteService(t.Context(), &ecs.DeleteServiceInput{Cluster: &r.cluster, Service: &r.name, Force: &force})
		return err
	}
	refuses(t, "deleting a service with tasks", remove(false), "InvalidParameterException", "scaled above 0")
	allowed(t, "by force", remove(true))
	same(t, "tasks", len(r.tasks(t, "RUNNING")), 0)
	_, err := r.client.UpdateService(t.Context(), &ecs.UpdateServiceInput{Cluster: &r.cluster, Service: &r.name, DesiredCount: aws.Int32(1)})
	refuses(t, "updating it then", err, "ServiceNotActiveException", "")
}

// A cluster is not deleted while it has a service or a task (ECS API reference, DeleteCluster).
func TestRuleClustersInUseStay(t *testing.T) {
	t.Parallel()
	settings := newRolloutNetwork(t, "rules-cluster")
	r := newRollout(t, "rules-cluster", settings)
	now := r.until(t, "COMPLETED")
	remove := func() error {
		_, err := r.client.DeleteCluster(t.Context(), &ecs.DeleteClusterInput{Cluster: &r.cluster})
		return err
	}
	refuses(t, "deleting a cluster with a service", remove(), "ClusterContainsServicesException", "cannot be deleted while Services are active")
	started := must[*ecs.RunTaskOutput](t)(r.client.RunTask(t.Context(), &ecs.RunTaskInput{
		Cluster: &r.cluster, TaskDefinition: now.TaskDefinition, LaunchType: ecstypes.LaunchTypeFargate, NetworkConfiguration: now.NetworkConfiguration,
	}))
	_, err := r.client.DeleteService(t.Context(), &ecs.DeleteServiceInput{Cluster: &r.cluster, Service: &r.name, Force: aws.Bool(true)})
	allowed(t, "deleting the service", err)
	refuses(t, "deleting a cluster with a task", remove(), "ClusterContainsTasksException", "cannot be deleted while Tasks are active")
	_, err = r.client.StopTask(t.Context(), &ecs.StopTaskInput{Cluster: &r.cluster, Task: started.Tasks[0].TaskArn})
	allowed(t, "stopping the task", err)
	allowed(t, "deleting an empty cluster", remove())
}

// A service's target group has to have a load balancer (ECS API reference, CreateService and UpdateService).
func TestRuleServicesNeedALoadBalancer(t *testing.T) {
	t.Parallel()
	settings := newRolloutNetwork(t, "rules-needs")
	r := newRollout(t, "rules-needs", settings)
	target := settings.network.targetGroup(t, "rules-needs")
	with := []ecstypes.LoadBalancer{{TargetGroupArn: &target, ContainerName: aws.String("app"), ContainerPort: aws.Int32(8000)}}
	update := func() error {
		_, err := r.client.UpdateService(t.Context(), &ecs.UpdateServiceInput{Cluster: &r.cluster, Service: &r.name, LoadBalancers: with})
		return err
	}
	create := func() error {
		_, err := r.client.CreateService(t.Context(), &ecs.CreateServiceInput{
			Cluster: &r.cluster, ServiceName: aws.String("another"), TaskDefinition: r.now(t).TaskDefinition, LoadBalancers: with,
			NetworkConfiguration: r.now(t).NetworkConfiguration,
		})
		return err
	}
	refuses(t, "creating", create(), "InvalidParameterException", "does not have an associated load balancer")
	refuses(t, "updating", update(), "InvalidParameterException", "does not have an associated load balancer")
	newListener(t, settings.network.loadBalancer(t, "rules-needs", settings.group), target)
	allowed(t, "updating with one", update())
	allowed(t, "creating with one", create())
}

// A second call with the name and the settings of a service returns that one (ECS API reference, CreateService).
func TestRuleServicesAreCreatedOnce(t *testing.T) {
	t.Parallel()
	settings := newRolloutNetwork(t, "rules-once")
	r := newRollout(t, "rules-once", settings)
	create := func(name string, count int32) (string, error) {
		created, err := r.client.CreateService(t.Context(), &ecs.CreateServiceInput{
			Cluster: &r.cluster, ServiceName: &name, TaskDefinition: r.now(t).TaskDefinition, DesiredCount: &count, NetworkConfiguration: r.now(t).NetworkConfiguration,
		})
		if err != nil {
			return "", err
		}
		return created.Service.CreatedAt.String(), nil
	}
	first := must[string](t)(create("another", 0))
	same(t, "the same settings", must[string](t)(create("another", 0)), first)
	_, err := create("another", 1)
	refuses(t, "other settings", err, "InvalidParameterException", "Creation of service was not idempotent.")
}

// A list of a service's tasks has those of no other service (ECS API reference, ListTasks).
func TestRuleTasksAreListedByService(t *testing.T) {
	t.Parallel()
	r := newRollout(t, "rules-listed", newRolloutNetwork(t, "rules-listed"))
	now := r.until(t, "COMPLETED")
	another := r
	another.name = "another"
	_, err := r.client.CreateService(t.Context(), &ecs.CreateServiceInput{
		Cluster: &r.cluster, ServiceName: &another.name, TaskDefinition: now.TaskDefinition, DesiredCount: aws.Int32(0), NetworkConfiguration: now.NetworkConfiguration,
	})
	allowed(t, "creating another service", err)
	same(t, "tasks", []int{len(r.tasks(t, "RUNNING")), len(another.tasks(t, "RUNNING"))}, []int{1, 0})
}

// A service keeps what it was created with, and an update changes only what it names (ECS API reference, CreateService:
// deploymentConfiguration, healthCheckGracePeriodSeconds and availabilityZoneRebalancing).
func TestRuleServicesKeepTheirDeploymentSettings(t *testing.T) {
	t.Parallel()
	settings := newRolloutNetwork(t, "rules-keep")
	settings.target = settings.network.targetGroup(t, "rules-keep")
	newListener(t, settings.network.loadBalancer(t, "rules-keep", settings.group), settings.target)
	r := newRollout(t, "rules-keep", settings)
	balancers, network := r.now(t).LoadBalancers, r.now(t).NetworkConfiguration
	name := "another"
	_, err := r.client.CreateService(t.Context(), &ecs.CreateServiceInput{
		Cluster: &r.cluster, ServiceName: &name, TaskDefinition: r.now(t).TaskDefinition, DesiredCount: aws.Int32(0), NetworkConfiguration: network, LoadBalancers: balancers,
		HealthCheckGracePeriodSeconds: aws.Int32(60),
		DeploymentConfiguration: &ecstypes.DeploymentConfiguration{
			MinimumHealthyPercent: aws.Int32(50), MaximumPercent: aws.Int32(150), DeploymentCircuitBreaker: &ecstypes.DeploymentCircuitBreaker{Enable: true, Rollback: true},
		},
	})
	allowed(t, "creating a service", err)
	r.name = name
	is := func(what string, most int32) {
		t.Helper()
		now := r.now(t)
		c := now.DeploymentConfiguration
		same(t, what, []any{*now.HealthCheckGracePeriodSeconds, string(now.AvailabilityZoneRebalancing), *c.MinimumHealthyPercent, *c.MaximumPercent, c.DeploymentCircuitBreaker.Enable, c.DeploymentCircuitBreaker.Rollback},
			[]any{int32(60), "DISABLED", int32(50), most, true, true})
	}
	is("at first", 150)
	r.update(t, ecs.UpdateServiceInput{DeploymentConfiguration: &ecstypes.DeploymentConfiguration{MaximumPercent: aws.Int32(200)}})
	is("after an update", 200)
	r.update(t, ecs.UpdateServiceInput{DesiredCount: aws.Int32(0)})
	is("after another one", 200)
}

// An alarm that goes off ends a rollout, while its tasks start and for a while after the old ones have stopped, and ECS goes back. One that rings
// already does not count: deployments_take_their_course (ECS developer guide, "How CloudWatch alarms detect Amazon ECS deployment failures").
func TestRuleAlarmsEndARollout(t *testing.T) {
	t.Parallel()
	const name = "rules-alarm"
	alarms := awsapi.New(newClients(local).config, awsapi.Service{ID: "CloudWatch", Prefix: "monitoring", Version: "2010-08-01"})
	ask := func(action string, parameters url.Values) {
		t.Helper()
		allowed(t, action, alarms.Query(t.Context(), action, parameters, &struct{}{}))
	}
	ask("PutMetricAlarm", url.Values{
		"AlarmName": {name}, "Namespace": {"AWS/ApplicationELB"}, "MetricName": {"Errors"}, "Statistic": {"Sum"}, "Period": {"300"}, "EvaluationPeriods": {"2"},
		"Threshold": {"10"}, "ComparisonOperator": {"GreaterThanOrEqualToThreshold"}, "TreatMissingData": {"ignore"},
	})
	is := func(state string) {
		t.Helper()
		ask("SetAlarmState", url.Values{"AlarmName": {name}, "StateValue": {state}, "StateReason": {"a test"}})
	}
	r := newRollout(t, name, newRolloutNetwork(t, name))
	r.until(t, "COMPLETED")
	// watched deploys a revision with the alarm, and returns the watch of that, which a look at an engine's work would have.
	watched := func(image string) *watch.Watch {
		t.Helper()
		w := watch.Of(watch.New(newClients(local).config), []watch.Service{{Address: "aws_ecs_service.a", Name: name, Cluster: name, GoesBack: true}}, func(string) {})
		w.Before(t.Context())
		w.Working("aws_ecs_service.a", true)
		revision := r.register(t, image)
		r.update(t, ecs.UpdateServiceInput{TaskDefinition: &revision, DeploymentConfiguration: &ecstypes.DeploymentConfiguration{
			Alarms: &ecstypes.DeploymentAlarms{AlarmNames: []string{name}, Enable: true, Rollback: true},
		}})
		w.Look(t.Context())
		return w
	}
	wentBack := func(w *watch.Watch) {
		t.Helper()
		w.Look(t.Context())
		if found := w.Findings(); len(found) != 1 || found[0].Error() !=
			name+" does not run what was deployed: the alarm "+name+" went off while ECS rolled it out\n  ECS went back to "+name+":1: its tasks start again as far as they had stopped" {
			t.Errorf("found %v", found)
		}
		same(t, "in the end", summary(r.until(t, "COMPLETED")), "PRIMARY COMPLETED of revision 1: 1 of 1 running, 0 pending")
	}

	w := watched("app:slow-2")
	is("ALARM")
	same(t, "while the tasks start", summary(r.now(t)), "PRIMARY IN_PROGRESS of revision 1: 1 of 1 running, 0 pending; ACTIVE FAILED of revision 2: 0 of 1 running, 1 pending")
	wentBack(w)

	is("OK")
	w = watched("app:slow-3")
	eventually(t, "the new task runs alone", func() bool {
		return summary(r.now(t)) == "PRIMARY IN_PROGRESS of revision 3: 1 of 1 running, 0 pending; ACTIVE COMPLETED of revision 1: 0 of 1 running, 0 pending"
	})
	is("ALARM")
	same(t, "when the old ones have stopped", summary(r.now(t)), "PRIMARY IN_PROGRESS of revision 1: 0 of 1 running, 1 pending; ACTIVE FAILED of revision 3: 1 of 1 running, 0 pending")
	wentBack(w)

	w = watched("app:v4")
	now := r.until(t, "COMPLETED").Deployments[0]
	same(t, "while it rings already", summary(r.now(t)), "PRIMARY COMPLETED of revision 4: 1 of 1 running, 0 pending")
	if w.Look(t.Context()); len(w.Findings())+len(w.Unfinished()) > 0 || now.UpdatedAt.Sub(*now.CreatedAt) >= 5*time.Second {
		t.Errorf("found %v, unfinished %v, from %s to %s", w.Findings(), w.Unfinished(), now.CreatedAt, now.UpdatedAt)
	}

	is("OK")
	watched("app:v5")
	now = r.until(t, "COMPLETED").Deployments[0]
	same(t, "without an alarm that rings", summary(r.now(t)), "PRIMARY COMPLETED of revision 5: 1 of 1 running, 0 pending")
	if now.UpdatedAt.Sub(*now.CreatedAt) < 5*time.Second {
		t.Errorf("ECS looked at the alarm from %s to %s only", now.CreatedAt, now.UpdatedAt)
	}
}

// A container is entered if its service let people do that when the task was started: containers_are_entered (ECS API reference, ExecuteCommand,
// ManagedAgent).
func TestRuleContainersAreEntered(t *testing.T) {
	t.Parallel()
	r := newRollout(t, "rules-enter", newRolloutNetwork(t, "rules-enter"))
	r.until(t, ecstypes.DeploymentRolloutStateCompleted)
	enter := func(task ecstypes.Task, container string, interactive bool) (*ecs.ExecuteCommandOutput, error) {
		return r.client.ExecuteCommand(t.Context(), &ecs.ExecuteCommandInput{Cluster: &r.cluster, Task: task.TaskArn, Container: &container, Command: aws.String("/bin/sh"), Interactive: interactive})
	}
	before := r.tasks(t, ecstypes.DesiredStatusRunning)[0]
	const notEnabled = "execute command was not enabled when the task was run"
	_, err := enter(before, "app", true)
	refuses(t, "without it", err, "InvalidParameterException", notEnabled)

	r.update(t, ecs.UpdateServiceInput{EnableExecuteCommand: aws.Bool(true), ForceNewDeployment: true})
	r.until(t, ecstypes.DeploymentRolloutStateCompleted)
	task := r.tasks(t, ecstypes.DesiredStatusRunning)[0]
	agent := task.Containers[0].ManagedAgents
	if len(agent) != 1 || agent[0].Name != ecstypes.ManagedAgentNameExecuteCommandAgent || *agent[0].LastStatus != "RUNNING" || aws.ToString(task.Containers[0].RuntimeId) == "" || !task.EnableExecuteCommand {
		t.Errorf("a task that can be entered: %+v", task)
	}
	opened, err := enter(task, "app", true)
	allowed(t, "entering", err)
	if opened.Session == nil || *opened.Session.TokenValue == "" || !strings.HasPrefix(*opened.Session.StreamUrl, "wss://") || *opened.ContainerName != "app" {
		t.Errorf("the session: %+v", opened)
	}
	_, err = enter(task, "app", false)
	refuses(t, "without a terminal", err, "InvalidParameterException", "Interactive is the only mode")
	_, err = enter(task, "side", true)
	refuses(t, "a container that there is not", err, "InvalidParameterException", "side")
	_, err = enter(before, "app", true)
	refuses(t, "a task that has stopped", err, "InvalidParameterException", notEnabled)
}
