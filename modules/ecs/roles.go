package ecs

import (
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/dataawscalleridentity"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/dataawsiampolicydocument"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/iamrole"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/iamrolepolicyattachment"

	"github.com/order-bot/infra/internal/tags"
)

// newRoles creates the two IAM roles of a task: ECS itself uses the execution role, to pull the
// image and write logs; the application uses the task role, which may do nothing yet.
func newRoles(scope constructs.Construct, cfg Config) (execution, task iamrole.IamRole) {
	trust := newTaskTrust(scope).Json()
	execution = iamrole.NewIamRole(scope, jsii.String("task_execution_role"), &iamrole.IamRoleConfig{
		Name:             jsii.String(cfg.executionRoleName()),
		AssumeRolePolicy: trust,
		Tags:             tags.Map(cfg.Tags),
	})
	iamrolepolicyattachment.NewIamRolePolicyAttachment(scope, jsii.String("task_execution_policy"), &iamrolepolicyattachment.IamRolePolicyAttachmentConfig{
		Role: execution.Name(),
		// https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonECSTaskExecutionRolePolicy.html
		PolicyArn: jsii.String("arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"),
	})
	task = iamrole.NewIamRole(scope, jsii.String("task_role"), &iamrole.IamRoleConfig{
		Name:             jsii.String(cfg.taskRoleName()),
		AssumeRolePolicy: trust,
		Tags:             tags.Map(cfg.Tags),
	})
	return execution, task
}

// newTaskTrust lets ECS tasks of the caller's own account assume a role. The account is
// named so that ECS cannot be talked into using the role for somebody else's task.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
func newTaskTrust(scope constructs.Construct) dataawsiampolicydocument.DataAwsIamPolicyDocument {
	caller := dataawscalleridentity.NewDataAwsCallerIdentity(scope, jsii.String("caller_identity"), nil)
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
