package job

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/iamrole"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/iamrolepolicy"

	"github.com/order-bot/infra/modules/internal/policies"
	"github.com/order-bot/infra/modules/internal/tags"
)

// newRole creates the role of the schedules. It may start the tasks of the jobs in the cluster, and give them their roles, and nothing else. The
// account is named so that EventBridge Scheduler cannot be talked into using the role for somebody else's schedule.
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
func newRole(scope constructs.Construct, cfg Config, refs References) (iamrole.IamRole, iamrolepolicy.IamRolePolicy) {
	role := iamrole.NewIamRole(scope, jsii.String("role"), &iamrole.IamRoleConfig{
		Name: jsii.String(cfg.roleName()),
		AssumeRolePolicy: policies.Document(map[string]any{
			"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": map[string]any{"Service": "scheduler.amazonaws.com"},
			"Condition": map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": refs.Account}},
		}),
		Tags: tags.Map(cfg.Tags),
	})
	policy := iamrolepolicy.NewIamRolePolicy(scope, jsii.String("policy"), &iamrolepolicy.IamRolePolicyConfig{
		Name:   jsii.String("permissions"),
		Role:   role.Name(),
		Policy: policies.Document(statements(refs)...),
	})
	return role, policy
}

// statements are what the role may do.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/tasks-scheduled-eventbridge-scheduler.html
func statements(refs References) []any {
	revisions, roles := map[string]bool{}, map[string]bool{}
	for _, job := range refs.Jobs {
		revisions[job.AnyRevisionARN] = true
		for _, arn := range job.RoleARNs {
			roles[arn] = true
		}
	}
	return []any{map[string]any{
		"Effect": "Allow", "Action": []string{"ecs:RunTask"}, "Resource": slices.Sorted(maps.Keys(revisions)),
		"Condition": map[string]any{"ArnEquals": map[string]any{"ecs:cluster": refs.ClusterARN}},
	}, map[string]any{
		"Effect": "Allow", "Action": []string{"iam:PassRole"}, "Resource": slices.Sorted(maps.Keys(roles)),
		"Condition": map[string]any{"StringEquals": map[string]any{"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
	}}
}

// longestPolicy is how many characters all policies within a role have at most, white space aside.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const longestPolicy = 10240

// policyLength is how long the policy is. What only Terraform knows is about as long as here.
func (c Config) policyLength() int {
	const region, role = "arn:aws:ecs:ap-northeast-1:123456789012:", "arn:aws:iam::123456789012:role/"
	refs := References{ClusterARN: region + "cluster/" + c.NamePrefix + "-cluster", SubnetIDs: nil, SecurityGroupID: "", Account: "", Jobs: map[string]TaskReferences{}}
	for _, job := range c.Jobs {
		refs.Jobs[job.Key] = TaskReferences{
			AnyRevisionARN: region + "task-definition/" + c.scheduleName(job) + ":*",
			RoleARNs:       []string{role + c.NamePrefix + "-ecs-task-exec", role + cmp.Or(job.Role, c.NamePrefix+"-ecs-task-role")},
		}
	}
	text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements(refs)})
	if err != nil {
		panic(err) // maps of plain values
	}
	return len(text)
}
