package kinds

import (
	"context"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-bot/infra/tool/aws/ecs"
	"github.com/order-bot/infra/tool/iampolicy"
	"github.com/order-bot/infra/tool/tfvalue"
)

// ecsTypes are the types of ECS.
var ecsTypes = []Kind{
	{
		Type:     "aws_ecs_cluster",
		Title:    "ECS cluster",
		Identity: []Part{{Attribute: "name", Same: exactly}},
		Unique:   "name",
		Find:     findCluster,
		Home:     "modules/ecs/cluster.go",
		InTheWay: othersInCluster,
		Losses:   []Loss{{"setting", lacks("enabled", "enhanced"), unseen}},
		Protections: []Loss{
			{"setting", lacks("enhanced"), "less is seen of what happens in it"},
			{"configuration", emptied, unlogged},
		},
		Read: []Right{
			may(cluster, "ecs:DescribeClusters"), may(inCluster, "ecs:DescribeServices", "ecs:DescribeTasks"), may(listsOfCluster, "ecs:ListServices", "ecs:ListTasks"),
		},
		Write: []Right{may(cluster, "ecs:CreateCluster", "ecs:DeleteCluster", "ecs:UpdateCluster", "ecs:TagResource", "ecs:UntagResource")},
		Called: map[string][]Right{
			// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using-service-linked-roles.html
			"ecs:CreateCluster": {may(roleOf("ecs.amazonaws.com"), "iam:CreateServiceLinkedRole")},
		},
	},
	{
		Type:     "aws_ecs_cluster_capacity_providers",
		Title:    "capacity providers",
		Label:    attribute("cluster_name"),
		Detail:   true,
		Identity: []Part{{Attribute: "cluster_name", Same: nameOrARN}},
		Find:     within("aws_ecs_cluster", findCapacityProviders),
		Home:     "modules/ecs/cluster.go",
		Read:     []Right{may(cluster, "ecs:DescribeClusters")},
		Write:    []Right{may(cluster, "ecs:PutClusterCapacityProviders")},
	},
	{
		Type:    "aws_ecs_service",
		Monthly: addressOfTask,
		Options: map[string]string{
			"alarms":                 "Rollout.RollbackOnAlarm, or IgnoreAlarm, of the service in design/services.go",
			"enable_execute_command": "Task.Exec of the service in design/services.go",
		},
		Title:      "ECS service",
		Step:       Running,
		Identity:   []Part{{Attribute: "name", Same: exactly}, {Attribute: "cluster", Same: nameOrARN}},
		Unique:     "name",
		Find:       findService,
		Home:       "modules/ecs/services.go",
		Unreadable: []string{"timeouts", "wait_for_steady_state"},
		Instead:    "its tasks stop",
		Replaced:   "its tasks stop, and it is away until the new ones run",
		Losses: []Loss{
			{"deployment_circuit_breaker", switchedOff("enable", "rollback"), "a deploy of a broken image does not go back by itself"},
			// https://github.com/aws/copilot-cli/pull/4565: UpdateService keeps what it is not given, and the provider gives nothing then.
			{"alarms.alarm_names", emptied, "AWS keeps the alarm all the same, and each plan will want to take it away: only IgnoreAlarm of the service's Rollout switches it off"},
			{"alarms", switchedOff("enable", "rollback"), "a deploy that brings errors does not go back by itself"},
			{"desired_count", zero, "none of its tasks runs any more"},
			{"load_balancer", emptied, "no request reaches it any more"},
			{"service_registries", emptied, "the others do not find it by its private name any more"},
			{"service_connect_configuration.enabled", lacks(true), "the others do not find it by its private name any more"},
		},
		Protections: []Loss{
			{"network_configuration.assign_public_ip", switchedOn, "its tasks have public addresses again"},
			{"enable_execute_command", switchedOn, "who may can open a shell in its tasks again"},
		},
		// Version 6 of the provider asks for the deployments of a service, and so does the watch of a rollout.
		Read: []Right{
			may(inCluster, "ecs:DescribeServices", "ecs:ListServiceDeployments", "ecs:DescribeServiceDeployments"),
			// Whether its tasks reach their image, and their file systems.
			may(anything, "ec2:DescribeSubnets", "ec2:DescribeRouteTables", "ec2:DescribeVpcEndpoints", "ec2:DescribeNetworkAcls", "ec2:DescribeSecurityGroups", "ec2:DescribeSecurityGroupRules"),
			may(network, "ec2:DescribeVpcAttribute"),
		},
		// A rollout that cannot work is stopped. What its last task logged is for those who may read logs, which no role of the pipeline may.
		Write: []Right{
			may(inCluster, "ecs:CreateService", "ecs:DeleteService", "ecs:UpdateService", "ecs:StopServiceDeployment", "ecs:TagResource", "ecs:UntagResource"),
		},
		Called: map[string][]Right{
			"ecs:CreateService": {may(roleOf("ecs.amazonaws.com"), "iam:CreateServiceLinkedRole")},
		},
	},
	{
		Type:       "aws_ecs_task_definition",
		Monthly:    taskMonthly,
		Title:      "task definition",
		Label:      attribute("family"),
		Identity:   byARN,
		Find:       findTaskDefinition,
		Home:       "modules/ecs/taskdefinitions.go",
		Unreadable: []string{"skip_destroy"},
		Harmless:   &Replacement{Note: "the old revision is deregistered"},
		Losses: []Loss{
			{"container_definitions", unkept, "what a container writes is not kept any more"},
			{"volume", unmounted, "its tasks have a file system no more, and what they write there is gone with them"},
		},
		// Whether the repository has the image, and for which processor; and whether the roles and the file systems are there that the tasks get.
		Read: []Right{
			may(anything, "ecs:DescribeTaskDefinition"), may(inputs, "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"), may(givenRoles, "iam:GetRole"),
			may(fileSystems, "elasticfilesystem:DescribeMountTargets", "elasticfilesystem:DescribeMountTargetSecurityGroups", "elasticfilesystem:DescribeAccessPoints"),
		},
		Write: []Right{
			may(taskDefinitions, "ecs:RegisterTaskDefinition", "ecs:TagResource", "ecs:UntagResource"), may(anything, "ecs:DeregisterTaskDefinition"),
			may(passedToTasks, "iam:PassRole"),
		},
		// For how long the repository keeps the image that runs.
		Foresee: []Right{may(inputs, "ecr:DescribeImages", "ecr:GetLifecyclePolicy")},
		ByPrefix: func(s Scope, prefix string) string {
			return arn(s, "arn:aws:ecs:REGION:ACCOUNT:task-definition/"+prefix+"*")
		},
	},
}

// unmounted compares volumes: one was a file system that outlives the tasks, and that one is none of them any more.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_data_volumes.html
func unmounted(before, after any) bool {
	return slices.ContainsFunc(tfvalue.List(before), func(volume any) bool {
		id := tfvalue.At(volume, "efs_volume_configuration", "file_system_id")
		return id != nil && !tfvalue.Holds(after, id)
	})
}

// unkept compares containers: what one of them writes was kept, and is not. Of containers that only the deploy will know it tells nothing.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html (logConfiguration)
func unkept(before, after any) bool {
	type container struct {
		Name             string
		LogConfiguration *struct{ LogDriver string }
	}
	read := func(value any) (all []container) {
		if json.Unmarshal([]byte(text(value)), &all) != nil {
			return nil
		}
		return all
	}
	keeps := func(c container) bool { return c.LogConfiguration != nil && c.LogConfiguration.LogDriver != "none" }
	was := read(before)
	return slices.ContainsFunc(read(after), func(now container) bool {
		return !keeps(now) && slices.ContainsFunc(was, func(old container) bool { return old.Name == now.Name && keeps(old) })
	})
}

const (
	clusterARN = "arn:aws:ecs:REGION:ACCOUNT:cluster/NAME"
	tasksARN   = "arn:aws:ecs:REGION:ACCOUNT:task/NAME/*"
)

var (
	cluster = named("Cluster", "aws_ecs_cluster", "name", clusterARN)
	// inCluster are services, their deployments, and tasks.
	inCluster = named("InCluster", "aws_ecs_cluster", "name",
		"arn:aws:ecs:REGION:ACCOUNT:service/NAME/*", "arn:aws:ecs:REGION:ACCOUNT:service-deployment/NAME/*", tasksARN).because(partly)
	// enteredInCluster are the cluster and its tasks.
	enteredInCluster = named("EnteredInCluster", "aws_ecs_cluster", "name", clusterARN, tasksARN).because(partly)
	// inputs are what a stack of services is given, and does not have: the certificates, and the images in the project's repositories.
	inputs = on("Inputs", "arn:aws:acm:REGION:ACCOUNT:certificate/*", "arn:aws:ecr:REGION:ACCOUNT:repository/PROJECT-*").because(madeUp)
)

// fileSystems are those that tasks mount, and the access points of any: their ids say nothing of the file system.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticfilesystem.html
func fileSystems(s Scope) iampolicy.Statement {
	ids := s.FileSystems()
	if len(ids) == 0 {
		return iampolicy.Allow("FileSystems", nil)
	}
	all := append(arns(s, ids, "arn:aws:elasticfilesystem:REGION:ACCOUNT:file-system/NAME"), arn(s, "arn:aws:elasticfilesystem:REGION:ACCOUNT:access-point/*"))
	return iampolicy.Allow("FileSystems", all).For(madeUp)
}

// ofCluster is the condition that something is of the stack's cluster.
func ofCluster(s Scope) iampolicy.Condition {
	return iampolicy.Condition{"ArnEquals": {"ecs:cluster": cluster(s).Resource}}
}

func listsOfCluster(s Scope) iampolicy.Statement {
	return iampolicy.Allow("ListsOfCluster", []string{"*"}, ofCluster(s))
}

// taskDefinitions are those of any service. A revision by itself runs nothing.
func taskDefinitions(s Scope) iampolicy.Statement {
	return iampolicy.Allow("TaskDefinitions", arns(s, patterns(s, "aws_ecs_task_definition", "family", Prefix(s.Project(), s.Stack())), "arn:aws:ecs:REGION:ACCOUNT:task-definition/NAME:*"))
}

// startedInCluster are those of any service and any job, started in the stack's cluster.
func startedInCluster(s Scope) iampolicy.Statement {
	return iampolicy.Allow("StartedInCluster", taskDefinitions(s).Resource, ofCluster(s))
}

// findCapacityProviders: those of its cluster, which has none at first. Imported by the cluster's
// name (ecs_cluster_capacity_providers.html.markdown).
func findCapacityProviders(ctx context.Context, f *Search, r Resource, owner string) (*Found, error) {
	name := f.Value(r, "cluster_name")
	clusters, err := ecs.New(f.Config).DescribeClusters(ctx, []string{name})
	if err != nil || len(clusters) == 0 || len(clusters[0].CapacityProviders) == 0 {
		return nil, err
	}
	return &Found{ID: name, Evidence: "those of " + owner}, nil
}

// findCluster: by name, which is unique in a region. Imported by name (ecs_cluster.html.markdown).
func findCluster(ctx context.Context, f *Search, r Resource) (*Found, error) {
	name := f.Value(r, "name")
	clusters, err := ecs.New(f.Config).DescribeClusters(ctx, []string{name}, ecs.WithTags)
	if err != nil {
		return nil, err
	}
	for _, is := range clusters {
		if is.Status == ecs.Active { // a deleted one is there for a while
			return f.tagged(r, &Found{ID: name, Values: map[string]string{"arn": is.ARN, "id": is.ARN}}, is.Tags)
		}
	}
	return nil, nil
}

// findService: by name in its cluster, where it is unique. Imported by CLUSTER/NAME (ecs_service.html.markdown).
func findService(ctx context.Context, f *Search, r Resource) (*Found, error) {
	is, err := f.activeService(ctx, r)
	if is == nil || err != nil {
		return nil, err
	}
	return f.tagged(r, &Found{ID: ecs.LastPart(f.Value(r, "cluster")) + "/" + f.Value(r, "name"), Values: map[string]string{"id": is.ARN}}, is.Tags)
}

// activeService is a service as AWS has it, or nil.
func (f *Search) activeService(ctx context.Context, r Resource) (*ecs.Service, error) {
	inCluster := f.Value(r, "cluster")
	if inCluster == "" {
		return nil, nil
	}
	is, err := ecs.New(f.Config).Service(ctx, inCluster, f.Value(r, "name"), ecs.WithTags)
	if err != nil || is.Status != ecs.Active { // a deleted one is there for a while, and its name is free
		return nil, err
	}
	return &is, nil
}

// findTaskDefinition: the revision that the service runs; without a service, the newest one. Imported by
// ARN (ecs_task_definition.html.markdown). Older revisions stay as they are, as after each deploy.
func findTaskDefinition(ctx context.Context, f *Search, r Resource) (*Found, error) {
	client, family := ecs.New(f.Config), f.Value(r, "family")
	runs, by := "", ""
	for _, address := range f.Stack.Managed() {
		service := Resource{address, "aws_ecs_service"}
		if !strings.HasPrefix(address, "aws_ecs_service.") || !slices.Contains(f.Stack.References(address), r.Address) || f.owner(service, "aws_ecs_cluster") == "" {
			continue
		}
		is, err := f.activeService(ctx, service)
		if err != nil {
			return nil, err
		}
		if is != nil && ecs.Family(is.TaskDefinition) == family {
			runs = is.TaskDefinition
			if !f.Missing[address] {
				by = address
			}
		}
	}
	if runs == "" {
		if len(f.Needs(r.Address)) > 0 { // one of long ago: a destroy leaves the revisions
			return nil, nil
		}
		for arn, err := range client.ListTaskDefinitions(ctx, family) {
			if err != nil {
				return nil, err
			}
			if ecs.Family(arn) == family {
				runs = arn
				break
			}
		}
	}
	if runs == "" {
		return nil, nil
	}
	definition, err := client.TaskDefinition(ctx, runs, ecs.WithTags)
	if err != nil || definition.Status != ecs.Active { // the provider takes a deregistered one for gone
		return nil, err
	}
	return f.tagged(r, &Found{ID: runs, RunBy: by, Values: map[string]string{"arn": runs}}, definition.Tags)
}

// othersInCluster finds the services and the tasks that a cluster has and that do not go with it.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeleteCluster.html
func othersInCluster(ctx context.Context, config aws.Config, goes Gone, cluster map[string]any) ([]string, error) {
	client, arn := ecs.New(config), fmt.Sprint(cluster["arn"])
	services, err := client.Services(ctx, arn)
	if err != nil {
		return nil, err
	}
	tasks, err := client.Tasks(ctx, arn, "", "RUNNING")
	if err != nil {
		return nil, err
	}
	return staying(fmt.Sprint(cluster["name"]), goes.values("aws_ecs_service", "name"), services, tasks), nil
}

// staying says which of a cluster's services are not among those that go, and which tasks no service stops when it goes. Such a
// task was started by aws ecs run-task, or by a schedule. The group of a service's task is service:NAME.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Task.html
func staying(cluster string, going []string, services []ecs.Service, tasks []ecs.Task) []string {
	var found, groups []string
	for _, service := range services {
		name := service.Name
		groups = append(groups, "service:"+name)
		if service.Status == ecs.Active && !slices.Contains(going, name) { // others are being deleted
			found = append(found, fmt.Sprintf("it has the service %s, which is not in this state, and AWS deletes no cluster that has services. "+
				"Delete it, if it may go: aws ecs delete-service --cluster %s --service %s --force", name, cluster, name))
		}
	}
	for _, task := range tasks {
		if group := task.Group; !slices.Contains(groups, group) {
			id := path.Base(task.ARN)
			found = append(found, fmt.Sprintf("it runs the task %s (%s), which is of no service, and AWS deletes no cluster that runs tasks. "+
				"Wait until it ends, or stop it: aws ecs stop-task --cluster %s --task %s", id, group, cluster, id))
		}
	}
	return found
}
