package preflight

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/aws/smithy-go"

	"github.com/order-bot/infra/tool/aws/ec2"
	"github.com/order-bot/infra/tool/aws/efs"
	"github.com/order-bot/infra/tool/aws/iam"
)

type fakeGroups struct {
	found []ec2.SecurityGroup
	err   error
}

func (f fakeGroups) DescribeSecurityGroups(_ context.Context, filters ec2.Filters) ([]ec2.SecurityGroup, error) {
	return slices.DeleteFunc(slices.Clone(f.found), func(g ec2.SecurityGroup) bool { return !slices.Contains(filters["group-id"], g.GroupID) }), f.err
}

// A group that tasks have beside the stack's is there, and in the VPC of the stack.
func TestGroups(t *testing.T) {
	stack := stackOf(t, `"aws_security_group": {"g": {"vpc_id": "vpc-1"}},
		"aws_ecs_service": {"svc": {"network_configuration": {"security_groups": ["${aws_security_group.g.id}", "sg-1"]}}},
		"aws_scheduler_schedule": {"job": {"target": {"ecs_parameters": {"network_configuration": {"security_groups": ["${aws_security_group.g.id}", "sg-1"]}}}}}`)
	for what, c := range map[string]struct {
		client  fakeGroups
		verdict Verdict
		words   string
		never   bool
	}{
		"there":              {fakeGroups{found: []ec2.SecurityGroup{{GroupID: "sg-1", GroupName: "clients", VpcID: "vpc-1"}}}, OK, "security group sg-1: clients, in vpc-1", false},
		"not there":          {fakeGroups{found: []ec2.SecurityGroup{{GroupID: "sg-2"}}}, Refused, "security group sg-1: ap-northeast-1 has no such security group", true},
		"in another network": {fakeGroups{found: []ec2.SecurityGroup{{GroupID: "sg-1", VpcID: "vpc-2"}}}, Refused, "it is in vpc-2, and the stack is in vpc-1: take one of that VPC", true},
		"not seen":           {fakeGroups{err: refusal("DescribeSecurityGroups", "UnauthorizedOperation")}, Unseen, "may not look", false},
	} {
		found := groups(t.Context(), stack, c.client)
		is(t, what, found, c.verdict, c.words)
		if found[0].Never != c.never || !slices.Equal(found[0].Addresses, []string{"aws_ecs_service.svc", "aws_scheduler_schedule.job"}) {
			t.Errorf("%s: %+v", what, found[0])
		}
	}
	if found := groups(t.Context(), stackOf(t, `"aws_ecs_service": {"svc": {"network_configuration": {"security_groups": ["${aws_security_group.g.id}"]}}}`), fakeGroups{err: errors.New("asked")}); found != nil {
		t.Errorf("groups of the stack: %v", found)
	}
}

type fakeRoles answers[iam.Role]

func (f fakeRoles) GetRole(context.Context, string) (iam.Role, error) { return f.answer, f.err }

// A role that tasks get is there, and tasks may assume it.
func TestGivenRoles(t *testing.T) {
	stack := stackOf(t, `"aws_ecs_task_definition": {
			"svc": {"task_role_arn": "arn:${element(split(\":\", data.aws_caller_identity.c.arn), 1)}:iam::${data.aws_caller_identity.c.account_id}:role/shared"},
			"own": {"task_role_arn": "${aws_iam_role.own.arn}"}},
		"aws_ecs_service": {"svc": {"task_definition": "${aws_ecs_task_definition.svc.arn}"}}`)
	trusts := func(principal string) fakeRoles {
		return fakeRoles{answer: iam.Role{Trust: fmt.Sprintf(`{"Statement": [{"Effect": "Allow", "Principal": %s, "Action": "sts:AssumeRole"}]}`, principal)}}
	}
	for what, c := range map[string]struct {
		client  fakeRoles
		verdict Verdict
		words   string
	}{
		"for tasks":         {trusts(`{"Service": ["ec2.amazonaws.com", "ecs-tasks.amazonaws.com"]}`), OK, "role shared: it is for tasks of ECS"},
		"for machines":      {trusts(`{"Service": "ec2.amazonaws.com"}`), Refused, "it is not for tasks of ECS, so that none starts that gets it: IAM → Roles → shared → Trust relationships"},
		"without any trust": {fakeRoles{}, Refused, "it is not for tasks of ECS"},
		"not there":         {fakeRoles{err: &smithy.GenericAPIError{Code: "NoSuchEntity"}}, Refused, "role shared: this account has no such role"},
		"not seen":          {fakeRoles{err: refusal("GetRole", "AccessDenied")}, Unseen, "may not look"},
	} {
		found := givenRoles(t.Context(), stack, c.client)
		is(t, what, found, c.verdict, c.words)
		if found[0].Never || !slices.Equal(found[0].Addresses, []string{"aws_ecs_service.svc", "aws_ecs_task_definition.svc"}) {
			t.Errorf("%s: %+v", what, found[0])
		}
	}
}

// fakeFiles has one file system, with an access point fsap-1.
type fakeFiles struct {
	targets                       []efs.MountTarget
	err, groupsErr, pointErr      error
	accessPoint, ofTheAccessPoint string
}

func (f fakeFiles) MountTargets(context.Context, string) ([]efs.MountTarget, error) {
	return f.targets, f.err
}

func (f fakeFiles) SecurityGroups(context.Context, string) ([]string, error) {
	return []string{"sg-1"}, f.groupsErr
}

func (f fakeFiles) AccessPoint(context.Context, string) (efs.AccessPoint, error) {
	return efs.AccessPoint{ID: f.accessPoint, FileSystem: f.ofTheAccessPoint}, f.pointErr
}

// A file system that tasks mount is there, and has in each of their zones a way to it.
func TestFileSystems(t *testing.T) {
	stack := stackOf(t, `"aws_ecs_task_definition": {"svc": {"volume": [{"name": "cache"},
			{"name": "files", "efs_volume_configuration": {"file_system_id": "fs-1", "authorization_config": {"access_point_id": "fsap-1"}}}]}},
		"aws_ecs_service": {"svc": {"task_definition": "${aws_ecs_task_definition.svc.arn}", "network_configuration": {"subnets": ["private-a", "private-c"]}}}`)
	there := func(change func(*fakeFiles)) fakeFiles {
		f := fakeFiles{targets: []efs.MountTarget{
			{ID: "fsmt-a", Zone: "a", VPC: "vpc-1", State: "available"}, {ID: "fsmt-c", Zone: "c", VPC: "vpc-1", State: "available"},
		}, ofTheAccessPoint: "fs-1"}
		change(&f)
		return f
	}
	open := fakeNetwork{let: []ec2.SecurityGroupRule{{GroupID: "sg-1", IPProtocol: "tcp", FromPort: nfs, ToPort: nfs}}}
	for what, c := range map[string]struct {
		files   fakeFiles
		network fakeNetwork
		verdict Verdict
		words   string
	}{
		"there":              {there(func(*fakeFiles) {}), open, OK, "file system fs-1: there is a way to it from each zone of the tasks"},
		"not there":          {there(func(f *fakeFiles) { f.err = &smithy.GenericAPIError{Code: efs.FileSystemNotFound} }), open, Refused, "ap-northeast-1 has no such file system, so that no task starts that mounts it"},
		"not seen":           {there(func(f *fakeFiles) { f.err = refusal("DescribeMountTargets", "AccessDeniedException") }), open, Unseen, "may not look"},
		"in one zone":        {there(func(f *fakeFiles) { f.targets = f.targets[:1] }), open, Refused, "it has no mount target in c of vpc-1, so that no task starts there"},
		"not ready":          {there(func(f *fakeFiles) { f.targets[0].State = "creating" }), open, Refused, "it has no mount target in a of vpc-1"},
		"in another network": {there(func(f *fakeFiles) { f.targets[1].VPC = "vpc-2" }), open, Refused, "it has no mount target in c of vpc-1"},
		"shut":               {there(func(*fakeFiles) {}), fakeNetwork{let: []ec2.SecurityGroupRule{{GroupID: "sg-1", IPProtocol: "tcp", FromPort: 443, ToPort: 443}}}, Refused, "no security group of its mount target in a lets anything in at port 2049, so that no task starts there: add a rule for it to sg-1"},
		"of unseen groups": {there(func(f *fakeFiles) {
			f.groupsErr = refusal("DescribeMountTargetSecurityGroups", "AccessDeniedException")
		}), open, Unseen, "may not look"},
		"of unseen rules":     {there(func(*fakeFiles) {}), fakeNetwork{wallsErr: refusal("DescribeSecurityGroupRules", "UnauthorizedOperation")}, Unseen, "may not look"},
		"from unseen subnets": {there(func(*fakeFiles) {}), fakeNetwork{err: refusal("DescribeSubnets", "UnauthorizedOperation")}, Unseen, "may not look"},
	} {
		found := fileSystems(t.Context(), stack, c.files, c.network)
		is(t, what, found[:1], c.verdict, c.words)
		if !slices.Equal(found[0].Addresses, []string{"aws_ecs_service.svc", "aws_ecs_task_definition.svc"}) {
			t.Errorf("%s: %+v", what, found[0])
		}
	}
	for what, c := range map[string]struct {
		files   fakeFiles
		verdict Verdict
		words   string
	}{
		"its own":     {there(func(*fakeFiles) {}), OK, "access point fsap-1: it is one of fs-1"},
		"another's":   {there(func(f *fakeFiles) { f.ofTheAccessPoint = "fs-2" }), Refused, "fs-1 has no such access point, so that no task starts that mounts it"},
		"not there":   {there(func(f *fakeFiles) { f.pointErr = &smithy.GenericAPIError{Code: efs.AccessPointNotFound} }), Refused, "fs-1 has no such access point"},
		"not visible": {there(func(f *fakeFiles) { f.pointErr = refusal("DescribeAccessPoints", "AccessDeniedException") }), Unseen, "may not look"},
	} {
		is(t, what, fileSystems(t.Context(), stack, c.files, open)[1:], c.verdict, c.words)
	}
}
