package alb

import (
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/lbtargetgroup"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"github.com/order-bot/infra/modules/internal/tags"
)

func newTargetGroup(scope constructs.Construct, cfg Config, service Service, refs References) lbtargetgroup.LbTargetGroup {
	return lbtargetgroup.NewLbTargetGroup(scope, jsii.String("target_group"), &lbtargetgroup.LbTargetGroupConfig{
		Name:  jsii.String(cfg.TargetGroupName(service)),
		VpcId: jsii.String(refs.VPCID),
		// Fargate tasks have a network interface of their own, so they register by address.
		TargetType: jsii.String("ip"),
		// Each task registers with the port of its container, so nothing uses the group's own port.
		// Terraform would replace the group for another port, and AWS does not delete a group that
		// the listener rule uses. So a change of the port is ignored.
		// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html
		Port: jsii.Number(refs.Ports[service.Key]),
		Lifecycle: &cdktf.TerraformResourceLifecycle{
			IgnoreChanges: jsii.Strings("port"),
		},
		Protocol: jsii.String("HTTP"),
		HealthCheck: &lbtargetgroup.LbTargetGroupHealthCheck{
			Path: jsii.String(service.HTTP.HealthPath),
			// Whatever the application answers by itself shows that it runs.
			Matcher:            jsii.String("200-499"),
			Interval:           jsii.Number(30),
			HealthyThreshold:   jsii.Number(2),
			UnhealthyThreshold: jsii.Number(3),
		},
		Tags: tags.Map(cfg.Tags),
	})
}
