package ecs

import (
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/cloudwatcheventrule"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/cloudwatcheventtarget"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/cloudwatchlogresourcepolicy"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"github.com/order-bot/infra/modules/internal/events"
	"github.com/order-bot/infra/modules/internal/policies"
	"github.com/order-bot/infra/modules/internal/tags"
)

// newStoppedTasks keeps what ECS says of tasks that stopped, but for those of which fewer were wanted, or whose place newer ones took.
func newStoppedTasks(scope constructs.Construct, cfg Config, clusterARN string) {
	if cfg.Cluster.StoppedTaskDays == 0 {
		return
	}
	this, name := constructs.NewConstruct(scope, jsii.String("stopped_tasks")), cfg.ClusterName()+"-stopped-tasks"
	arn := *newLogGroupOf(this, "/aws/events/"+cfg.ClusterName()+"/stopped-tasks", cfg.Cluster.StoppedTaskDays, cfg.Tags).Arn()
	// EventBridge writes to a log group by this policy, and takes no role. An account has ten of them at most in a region.
	// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
	// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html
	policy := cloudwatchlogresourcepolicy.NewCloudwatchLogResourcePolicy(this, jsii.String("log_policy"), &cloudwatchlogresourcepolicy.CloudwatchLogResourcePolicyConfig{
		PolicyName: jsii.String(name),
		PolicyDocument: policies.Document(map[string]any{
			"Sid": "StoppedTasks", "Effect": "Allow", "Action": []string{"logs:CreateLogStream", "logs:PutLogEvents"}, "Resource": arn + ":*",
			"Principal": map[string]any{"Service": []string{"events.amazonaws.com", "delivery.logs.amazonaws.com"}},
		}),
	})
	rule := cloudwatcheventrule.NewCloudwatchEventRule(this, jsii.String("rule"), &cloudwatcheventrule.CloudwatchEventRuleConfig{
		Name:         jsii.String(name),
		Description:  jsii.String("A task stopped, and not because fewer were wanted."),
		EventPattern: jsii.String(stoppedTasks(clusterARN)),
		Tags:         tags.Map(cfg.Tags),
	})
	cloudwatcheventtarget.NewCloudwatchEventTarget(this, jsii.String("target"), &cloudwatcheventtarget.CloudwatchEventTargetConfig{
		Rule:      rule.Name(),
		TargetId:  jsii.String("logs"),
		Arn:       jsii.String(arn),
		DependsOn: &[]cdktf.ITerraformDependable{policy},
	})
}

// stoppedTasks is the pattern of their events. The reason that is left out is that of a scheduler that wants fewer tasks, or newer ones.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_task_events.html
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html
func stoppedTasks(clusterARN string) string {
	return events.Pattern(map[string]any{
		"source": []string{"aws.ecs"}, "detail-type": []string{"ECS Task State Change"},
		"detail": map[string]any{
			"clusterArn": []string{clusterARN}, "lastStatus": []string{"STOPPED"},
			"stoppedReason": []any{map[string]any{"anything-but": map[string]string{"prefix": "Scaling activity initiated by"}}},
		},
	})
}
