package ecs

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/dataawscalleridentity"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/dataawsiampolicydocument"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/iamrole"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/iamrolepolicy"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/iamrolepolicyattachment"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"github.com/order-bot/infra/internal/check"
	"github.com/order-bot/infra/modules/internal/policies"
	"github.com/order-bot/infra/modules/internal/tags"
)

// newRoles creates the two IAM roles of a task: ECS itself uses the execution role, to pull the
// image and write logs, which policy allows; the application uses the task role, which may do nothing yet.
func newRoles(scope constructs.Construct, cfg Config, caller dataawscalleridentity.DataAwsCallerIdentity, trust *string) (execution, task iamrole.IamRole, policy cdktf.ITerraformDependable) {
	execution = iamrole.NewIamRole(scope, jsii.String("task_execution_role"), &iamrole.IamRoleConfig{
		Name:             jsii.String(cfg.executionRoleName()),
		AssumeRolePolicy: trust,
		Tags:             tags.Map(cfg.Tags),
	})
	policy = iamrolepolicyattachment.NewIamRolePolicyAttachment(scope, jsii.String("task_execution_policy"), &iamrolepolicyattachment.IamRolePolicyAttachmentConfig{
		Role: execution.Name(),
		// https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonECSTaskExecutionRolePolicy.html
		PolicyArn: jsii.String("arn:" + partitionOf(caller) + ":iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"),
	})
	task = iamrole.NewIamRole(scope, jsii.String("task_role"), &iamrole.IamRoleConfig{
		Name:             jsii.String(cfg.taskRoleName()),
		AssumeRolePolicy: trust,
		Tags:             tags.Map(cfg.Tags),
	})
	return execution, task, policy
}

// partitionOf is the second part of the caller's own ARN, such as "aws" or "aws-cn".
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
func partitionOf(caller dataawscalleridentity.DataAwsCallerIdentity) string {
	return *cdktf.Token_AsString(cdktf.Fn_Element(cdktf.Fn_Split(jsii.String(":"), caller.Arn()), jsii.Number(1)), nil)
}

// newTaskTrust lets ECS tasks of the caller's own account assume a role. The account is
// named so that ECS cannot be talked into using the role for somebody else's task.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
func newTaskTrust(scope constructs.Construct, caller dataawscalleridentity.DataAwsCallerIdentity) dataawsiampolicydocument.DataAwsIamPolicyDocument {
	return dataawsiampolicydocument.NewDataAwsIamPolicyDocument(scope, jsii.String("task_assume"), &dataawsiampolicydocument.DataAwsIamPolicyDocumentConfig{
		Statement: []dataawsiampolicydocument.DataAwsIamPolicyDocumentStatement{{
			Actions: jsii.Strings("sts:AssumeRole"),
			Principals: []dataawsiampolicydocument.DataAwsIamPolicyDocumentStatementPrincipals{{
				Type:        jsii.String("Service"),
				Identifiers: jsii.Strings("ecs-tasks.amazonaws.com"),
			}},
			Condition: []dataawsiampolicydocument.DataAwsIamPolicyDocumentStatementCondition{{
				Test:     jsii.String("StringEquals"),
				Variable: jsii.String("aws:SourceAccount"),
				Values:   jsii.Strings(*caller.AccountId()),
			}},
		}},
	})
}

// newTaskRole creates the role of a service's application. It is allowed what the service says, and to be talked to by Exec.
func newTaskRole(scope constructs.Construct, cfg Config, service Service, common shared) (role iamrole.IamRole, policy cdktf.ITerraformDependable) {
	role = iamrole.NewIamRole(scope, jsii.String("task_role"), &iamrole.IamRoleConfig{
		Name:             jsii.String(cfg.RoleName(service)),
		AssumeRolePolicy: jsii.String(common.trust),
		Tags:             tags.Map(cfg.tagsOf(service)),
	})
	return role, iamrolepolicy.NewIamRolePolicy(scope, jsii.String("task_policy"), &iamrolepolicy.IamRolePolicyConfig{
		Name:   jsii.String("permissions"),
		Role:   role.Name(),
		Policy: policies.Document(cfg.taskStatements(service, common)...),
	})
}

// taskStatements are what the role of a service's application is allowed.
func (c Config) taskStatements(service Service, common shared) (statements []any) {
	for _, permission := range service.Task.Permissions {
		resources := literals(permission.Resources)
		if permission.AnyResource {
			resources = []string{"*"}
		}
		statements = append(statements, allow(permission.Actions, resources))
	}
	if service.Task.Exec {
		// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html
		statements = append(statements,
			allow([]string{"ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel", "ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel"}, []string{"*"}),
			allow([]string{"logs:DescribeLogGroups"}, []string{"*"}),
			allow([]string{"logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"}, []string{common.arn("logs", "log-group:"+c.logGroupName(service)+":*")}),
		)
	}
	return statements
}

// newSecretsPolicy lets the execution role read the secrets of all services, and nothing else. It returns nil if there are none.
func newSecretsPolicy(scope constructs.Construct, cfg Config, common shared, execution iamrole.IamRole) iamrolepolicy.IamRolePolicy {
	statements := cfg.secretsStatements(common)
	if statements == nil {
		return nil
	}
	return iamrolepolicy.NewIamRolePolicy(scope, jsii.String("secrets_policy"), &iamrolepolicy.IamRolePolicyConfig{
		Name:   jsii.String("secrets"),
		Role:   execution.Name(),
		Policy: policies.Document(statements...),
	})
}

// secretsStatements are what the execution role is allowed to read; nil if there are no secrets.
func (c Config) secretsStatements(common shared) (statements []any) {
	read := map[string]map[string]bool{"ssm:GetParameters": {}, "secretsmanager:GetSecretValue": {}, "kms:Decrypt": {}}
	for _, service := range c.Services {
		for _, container := range service.Task.containers(service.Name) {
			for name, secret := range container.allSecrets() {
				arn := secret.arn(common, service.Name, name)
				switch {
				case secret.SecretsManager == "":
					read["ssm:GetParameters"][arn] = true
				case strings.HasPrefix(secret.SecretsManager, "arn:"):
					read["secretsmanager:GetSecretValue"][arn] = true
				default:
					read["secretsmanager:GetSecretValue"][arn+"-??????"] = true
				}
				if secret.KMSKeyARN != "" {
					read["kms:Decrypt"][secret.KMSKeyARN] = true
				}
			}
		}
	}
	for _, action := range slices.Sorted(maps.Keys(read)) {
		if resources := slices.Sorted(maps.Keys(read[action])); len(resources) > 0 {
			statements = append(statements, allow([]string{action}, resources))
		}
	}
	return statements
}

// longestPolicies is how many characters all policies within a role have at most, white space aside.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const longestPolicies = 10240

// validatePolicy refuses what IAM takes in no policy within a role. What only Terraform knows is about as long as here.
func validatePolicy(p *check.Problems, field, way string, statements func(shared) []any, parameterPath string) {
	text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements(shared{
		partition: "aws", region: "ap-northeast-1", account: "123456789012", parameterPath: parameterPath,
	})})
	if err != nil || len(text) > longestPolicies {
		p.Addf(field, "the policy of the role has %d characters, %d at most are allowed: %s", len(text), longestPolicies, way)
	}
}

// allow is a statement of a policy.
func allow(actions, resources []string) map[string]any {
	return map[string]any{"Effect": "Allow", "Action": actions, "Resource": resources}
}
