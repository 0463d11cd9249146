package job

import (
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
	revisions, roles := map[string]bool{}, map[string]bool{}
	for _, job := range refs.Jobs {
		revisions[job.AnyRevisionARN] = true
		for _, arn := range job.RoleARNs {
			roles[arn] = true
		}
	}
	// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/tasks-scheduled-eventbridge-scheduler.html
	policy := iamrolepolicy.NewIamRolePolicy(scope, jsii.String("policy"), &iamrolepolicy.IamRolePolicyConfig{
		Name: jsii.String("permissions"),
		Role: role.Name(),
		Policy: policies.Document(map[string]any{
			"Effect": "Allow", "Action": []string{"ecs:RunTask"}, "Resource": slices.Sorted(maps.Keys(revisions)),
			"Condition": map[string]any{"ArnEquals": map[string]any{"ecs:cluster": refs.ClusterARN}},
		}, map[string]any{
			"Effect": "Allow", "Action": []string{"iam:PassRole"}, "Resource": slices.Sorted(maps.Keys(roles)),
			"Condition": map[string]any{"StringEquals": map[string]any{"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
		}),
	})
	return role, policy
}
