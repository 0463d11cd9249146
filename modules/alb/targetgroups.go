package alb

import (
	"strconv"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/lbtargetgroup"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"github.com/order-bot/infra/modules/internal/tags"
)

func newTargetGroup(scope constructs.Construct, cfg Config, service Service, refs References) lbtargetgroup.LbTargetGroup {
	protocol := "HTTP"
	if service.HTTP.HTTPS {
		protocol = "HTTPS"
	}
	config := &lbtargetgroup.LbTargetGroupConfig{
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
		Protocol:    jsii.String(protocol),
		HealthCheck: healthCheck(service.HTTP),
		Tags:        tags.Map(cfg.Tags),
	}
	if service.HTTP.Version != "" {
		config.ProtocolVersion = jsii.String(service.HTTP.Version)
	}
	if service.HTTP.DrainSeconds != 0 {
		config.DeregistrationDelay = jsii.String(strconv.Itoa(service.HTTP.DrainSeconds))
	}
	if service.HTTP.Balancing != "" {
		config.LoadBalancingAlgorithmType = jsii.String(service.HTTP.Balancing)
	}
	switch service.HTTP.StickySeconds {
	case 0:
	case unsticky:
		config.Stickiness = &lbtargetgroup.LbTargetGroupStickiness{Type: jsii.String("lb_cookie"), Enabled: false}
	default:
		config.Stickiness = &lbtargetgroup.LbTargetGroupStickiness{Type: jsii.String("lb_cookie"), Enabled: true, CookieDuration: jsii.Number(service.HTTP.StickySeconds)}
	}
	return lbtargetgroup.NewLbTargetGroup(scope, jsii.String("target_group"), config)
}

func healthCheck(http HTTP) *lbtargetgroup.LbTargetGroupHealthCheck {
	config := &lbtargetgroup.LbTargetGroupHealthCheck{
		Path:               jsii.String(http.Health.Path),
		Matcher:            jsii.String(http.Health.Codes),
		Interval:           jsii.Number(http.Health.IntervalSeconds),
		HealthyThreshold:   jsii.Number(http.Health.Healthy),
		UnhealthyThreshold: jsii.Number(http.Health.Unhealthy),
	}
	if http.Health.Port != 0 { // else the default, traffic-port
		config.Port = jsii.String(strconv.Itoa(http.Health.Port))
	}
	if http.Health.TimeoutSeconds != 0 {
		config.Timeout = jsii.Number(http.Health.TimeoutSeconds)
	}
	if http.HTTPS { // else the default, HTTP
		config.Protocol = jsii.String("HTTPS")
	}
	return config
}
