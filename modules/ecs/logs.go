package ecs

import (
	"cmp"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/cloudwatchloggroup"

	"github.com/order-bot/infra/modules/internal/tags"
)

func newLogGroup(scope constructs.Construct, cfg Config, service Service) cloudwatchloggroup.CloudwatchLogGroup {
	return newLogGroupOf(scope, cfg.logGroupName(service), cmp.Or(service.Task.LogRetentionDays, cfg.Cluster.LogRetentionDays), cfg.tagsOf(service))
}

func newLogGroupOf(scope constructs.Construct, name string, days int, labels map[string]string) cloudwatchloggroup.CloudwatchLogGroup {
	return cloudwatchloggroup.NewCloudwatchLogGroup(scope, jsii.String("log_group"), &cloudwatchloggroup.CloudwatchLogGroupConfig{
		Name:            jsii.String(name),
		RetentionInDays: jsii.Number(days),
		Tags:            tags.Map(labels),
	})
}
