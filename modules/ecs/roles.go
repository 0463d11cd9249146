package ecs

import (
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/dataawscalleridentity"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/dataawsiampolicydocument"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/iamrole"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/iamrolepolicyattachment"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"github.com/order-bot/infra/modules/internal/tags"
)

// newRoles creates the two IAM roles of a task: ECS itself uses the execution role, to pull the
// image and write logs; the application uses the task role, which may do nothing yet.
func newRoles(scope constructs.Construct, cfg Config) (execution, task iamrole.IamRole) {
	caller := dataawscalleridentity.NewDataAwsCallerIdentity(scope, jsii.String("caller_identity"), nil)
	trust := newTaskTrust(scope, caller).Json()
	execution = iamrole.NewIamRole(scope, jsii.String("task_execution_role"), &iamrole.IamRoleConfig{
		Name:             jsii.String(cfg.executionRoleName()),
		AssumeRolePolicy: trust,
		Tags:             tags.Map(cfg.Tags),
	})
	iamrolepolicyattachment.NewIamRolePolicyAttachment(scope, jsii.String("task_execution_policy"), &iamrolepolicyattachment.IamRolePolicyAttachmentConfig{
		Role: execution.Name(),
		// https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonECSTaskExecutionRolePolicy.html
		PolicyArn: jsii.String("arn:" + partitionOf(caller) + ":iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"),
	})
	task = iamrole.NewIamRole(scope, jsii.String("task_role"), &iamrole.IamRoleConfig{
		Name:             jsii.String(cfg.taskRoleName()),
		AssumeRolePolicy: trust,
		Tags:             tags.Map(cfg.Tags),
	})
	return execution, task
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
