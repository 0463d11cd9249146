package alarms

import (
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/snstopic"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/snstopicpolicy"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/snstopicsubscription"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"github.com/order-bot/infra/modules/internal/policies"
	"github.com/order-bot/infra/modules/internal/tags"
)

// topic is whom alarms tell, and what all of them have in common.
type topic struct {
	arn string
	// policy lets AWS write to it.
	policy cdktf.ITerraformDependable
	// prefix starts all names.
	prefix string
	tags   map[string]string
	// provider is that of another region, where the alarms are: nil stands for that of the stack.
	provider cdktf.TerraformProvider
}

// newTopic creates the topic with its readers. It is not encrypted: no mail holds a secret, and CloudWatch cannot use the key of AWS's own.
// https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
func newTopic(scope constructs.Construct, to topic, readers []string, mails map[string]string) topic {
	made := snstopic.NewSnsTopic(scope, jsii.String("sns_topic"), &snstopic.SnsTopicConfig{
		Name:     jsii.String(to.prefix + "-alarms"),
		Tags:     tags.Map(to.tags),
		Provider: to.provider,
	})
	arn := *made.Arn()
	to.arn, to.policy = arn, snstopicpolicy.NewSnsTopicPolicy(scope, jsii.String("topic_policy"), &snstopicpolicy.SnsTopicPolicyConfig{
		Arn:      jsii.String(arn),
		Provider: to.provider,
		Policy: policies.Document(
			// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
			map[string]any{
				"Sid": "Alarms", "Effect": "Allow", "Action": "sns:Publish", "Resource": arn, "Principal": map[string]any{"Service": "cloudwatch.amazonaws.com"},
				"Condition": map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": *made.Owner()}},
			},
			// EventBridge takes no condition here.
			// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
			map[string]any{
				"Sid": "Events", "Effect": "Allow", "Action": "sns:Publish", "Resource": arn, "Principal": map[string]any{"Service": "events.amazonaws.com"},
			},
		),
	})
	for _, word := range readers {
		snstopicsubscription.NewSnsTopicSubscription(scope, jsii.String("mail_"+word), &snstopicsubscription.SnsTopicSubscriptionConfig{
			TopicArn: jsii.String(arn),
			Protocol: jsii.String("email"),
			Endpoint: jsii.String(mails[word]),
			Provider: to.provider,
		})
	}
	return to
}
