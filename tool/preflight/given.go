package preflight

import (
	"context"
	"maps"
	"slices"

	"github.com/order-bot/infra/tool/aws/awsapi"
	"github.com/order-bot/infra/tool/aws/ec2"
	"github.com/order-bot/infra/tool/aws/efs"
	"github.com/order-bot/infra/tool/aws/iam"
	"github.com/order-bot/infra/tool/kinds"
	"github.com/order-bot/infra/tool/tfvalue"
)

// usersOf are the services and jobs that refer to a task definition.
func usersOf(stack *Stack, definition string) (users []string) {
	for _, user := range stack.runners() {
		if slices.Contains(stack.JSON.References(user), definition) {
			users = append(users, user)
		}
	}
	return users
}

// Given are what a stack names and others have made, as role/NAME, sg-…, fs-… and fs-…/fsap-…, and the subnets from where it has to be reached.
func Given(stack *Stack) (names, subnets []string) {
	for _, user := range stack.runners() {
		subnets = append(subnets, subnetsOf(stack, user)...)
	}
	names = slices.Collect(maps.Keys(groupsOf(stack)))
	for role := range rolesOf(stack) {
		names = append(names, "role/"+role)
	}
	for id, is := range fileSystemsOf(stack) {
		names = append(names, id)
		for _, point := range is.accessPoints {
			names = append(names, id+"/"+point)
		}
	}
	return sorted(names), sorted(subnets)
}

// groupsOf are the services and jobs by the security groups that their tasks have beside those of the stack.
func groupsOf(stack *Stack) map[string][]string {
	users := map[string][]string{}
	for _, user := range stack.runners() {
		for _, id := range texts(networkOf(stack, user), "security_groups") {
			users[id] = append(users[id], user)
		}
	}
	return users
}

// rolesOf are the task definitions, with their services and jobs, by the roles that their tasks get and that the stack does not have.
func rolesOf(stack *Stack) map[string][]string {
	users := map[string][]string{}
	for _, definition := range stack.ofType("aws_ecs_task_definition") {
		if name := stack.JSON.GivenRole(definition); name != "" {
			users[name] = append(append(users[name], definition), usersOf(stack, definition)...)
		}
	}
	return users
}

// groupClient is what is asked of EC2 about security groups.
type groupClient interface {
	DescribeSecurityGroups(context.Context, ec2.Filters) ([]ec2.SecurityGroup, error)
}

// groups looks whether the security groups that tasks have beside those of the stack are there, and in its VPC.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_AwsVpcConfiguration.html
func groups(ctx context.Context, stack *Stack, client groupClient) (findings []Finding) {
	users := groupsOf(stack)
	if len(users) == 0 {
		return nil
	}
	ids := slices.Sorted(maps.Keys(users))
	found, err := client.DescribeSecurityGroups(ctx, ec2.Filters{"group-id": ids})
	for _, id := range ids {
		finding := Finding{Subject: "security group " + id, Addresses: sorted(users[id])}
		at := slices.IndexFunc(found, func(group ec2.SecurityGroup) bool { return group.GroupID == id })
		vpc := referred(stack, finding.Addresses[0], "vpc_id")
		switch {
		case err != nil:
			finding = finding.unseen(err)
		case at < 0:
			finding = finding.never("%s has no such security group: VPC → Security groups shows those that there are", stack.Region)
		case vpc != "" && found[at].VpcID != vpc:
			finding = finding.never("it is in %s, and the stack is in %s: take one of that VPC", found[at].VpcID, vpc)
		default:
			finding = finding.is(OK, "%s, in %s", found[at].GroupName, found[at].VpcID)
		}
		findings = append(findings, finding)
	}
	return findings
}

// roleClient is what is asked of IAM.
type roleClient interface {
	GetRole(ctx context.Context, name string) (iam.Role, error)
}

// tasksOfECS is who assumes the role of a task.
const tasksOfECS = "ecs-tasks.amazonaws.com"

// givenRoles looks whether the roles that tasks get and that the stack does not have are there, and are for tasks. Without that no task starts.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
func givenRoles(ctx context.Context, stack *Stack, client roleClient) (findings []Finding) {
	users := rolesOf(stack)
	for _, name := range slices.Sorted(maps.Keys(users)) {
		finding := Finding{Subject: "role " + name, Addresses: sorted(users[name])}
		role, err := client.GetRole(ctx, name)
		switch {
		case awsapi.IsCode(err, "NoSuchEntity"):
			finding = finding.is(Refused, "this account has no such role, so that no task starts that gets it: IAM → Roles shows those that there are")
		case err != nil:
			finding = finding.unseen(err)
		case !kinds.Permits(role.Trust, []string{"*", "Service:" + tasksOfECS}, "sts:AssumeRole", ""):
			finding = finding.is(Refused, "it is not for tasks of ECS, so that none starts that gets it: IAM → Roles → %s → Trust relationships → Edit, and add this Statement: "+
				`{"Effect":"Allow","Principal":{"Service":"%s"},"Action":"sts:AssumeRole"}`, name, tasksOfECS)
		default:
			finding = finding.is(OK, "it is for tasks of ECS")
		}
		findings = append(findings, finding)
	}
	return findings
}

// fileSystemClient is what is asked of EFS.
type fileSystemClient interface {
	MountTargets(ctx context.Context, fileSystem string) ([]efs.MountTarget, error)
	SecurityGroups(ctx context.Context, mountTarget string) ([]string, error)
	AccessPoint(ctx context.Context, id string) (efs.AccessPoint, error)
}

// nfs is the port at which mount targets listen.
const nfs = 2049

// fileSystem is a file system of EFS: the task definitions that mount it, with their services and jobs, and the access points by which they do.
type fileSystem struct{ users, accessPoints []string }

// fileSystemsOf are the file systems of a stack by id.
func fileSystemsOf(stack *Stack) map[string]*fileSystem {
	all := map[string]*fileSystem{}
	for _, definition := range stack.ofType("aws_ecs_task_definition") {
		for _, volume := range blocks(stack.Known[definition], "volume") {
			id := tfvalue.Text(volume, "efs_volume_configuration", "file_system_id")
			if id == "" {
				continue
			}
			if all[id] == nil {
				all[id] = &fileSystem{}
			}
			all[id].users = append(append(all[id].users, definition), usersOf(stack, definition)...)
			if point := tfvalue.Text(volume, "efs_volume_configuration", "authorization_config", "access_point_id"); point != "" {
				all[id].accessPoints = append(all[id].accessPoints, point)
			}
		}
	}
	return all
}

// fileSystems looks whether the file systems that tasks mount are there, and can be reached from where the tasks are. Without that no task starts.
// https://docs.aws.amazon.com/efs/latest/ug/accessing-fs.html
func fileSystems(ctx context.Context, stack *Stack, client fileSystemClient, network networkClient) (findings []Finding) {
	all := fileSystemsOf(stack)
	for _, id := range slices.Sorted(maps.Keys(all)) {
		is := all[id]
		finding := Finding{Subject: "file system " + id, Addresses: sorted(is.users)}
		targets, err := client.MountTargets(ctx, id)
		switch {
		case awsapi.IsCode(err, efs.FileSystemNotFound):
			findings = append(findings, finding.is(Refused, "%s has no such file system, so that no task starts that mounts it: EFS → File systems shows those that there are", stack.Region))
			continue
		case err != nil:
			findings = append(findings, finding.unseen(err))
			continue
		}
		findings = append(findings, reached(ctx, stack, id, finding, targets, client, network))
		for _, point := range sorted(is.accessPoints) {
			finding := Finding{Subject: "access point " + point, Addresses: finding.Addresses}
			found, err := client.AccessPoint(ctx, point)
			switch {
			case awsapi.IsCode(err, efs.AccessPointNotFound) || err == nil && found.FileSystem != id:
				finding = finding.is(Refused, "%s has no such access point, so that no task starts that mounts it: EFS → Access points shows those that there are", id)
			case err != nil:
				finding = finding.unseen(err)
			default:
				finding = finding.is(OK, "it is one of %s", id)
			}
			findings = append(findings, finding)
		}
	}
	return findings
}

// reached says whether tasks reach a file system by its mount targets: in each of their zones one that works and that lets something in. Who is in
// another group, nobody knows before the tasks are there.
func reached(ctx context.Context, stack *Stack, id string, finding Finding, targets []efs.MountTarget, client fileSystemClient, network networkClient) Finding {
	var ids []string
	for _, user := range finding.Addresses {
		ids = append(ids, subnetsOf(stack, user)...)
	}
	subnets, err := network.DescribeSubnets(ctx, ec2.Filters{"subnet-id": sorted(ids)})
	if err != nil {
		return finding.unseen(err)
	}
	for _, from := range subnets {
		at := slices.IndexFunc(targets, func(target efs.MountTarget) bool {
			return target.Zone == from.AvailabilityZone && target.VPC == from.VpcID && target.State == "available"
		})
		if at < 0 {
			return finding.is(Refused, "it has no mount target in %s of %s, so that no task starts there: EFS → File systems → %s → Network → Manage",
				from.AvailabilityZone, from.VpcID, id)
		}
		groups, err := client.SecurityGroups(ctx, targets[at].ID)
		if err != nil {
			return finding.unseen(err)
		}
		rules, err := network.DescribeSecurityGroupRules(ctx, ec2.Filters{"group-id": groups})
		if err != nil {
			return finding.unseen(err)
		}
		if !admits(rules, groups, from, nfs) {
			return finding.is(Refused, "no security group of its mount target in %s lets anything in at port %d, so that no task starts there: add a rule for it to %s (VPC → Security groups)",
				from.AvailabilityZone, nfs, list(groups))
		}
	}
	return finding.is(OK, "there is a way to it from each zone of the tasks")
}
