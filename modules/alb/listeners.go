package alb

import (
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/lb"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/lblistener"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/lblistenerrule"
)

// newHTTPSListener answers 404 to a host name that no listener rule knows.
func newHTTPSListener(scope constructs.Construct, certificateARN string, balancer lb.Lb) lblistener.LbListener {
	return lblistener.NewLbListener(scope, jsii.String("https_listener"), &lblistener.LbListenerConfig{
		LoadBalancerArn: balancer.Arn(),
		Port:            jsii.Number(443),
		Protocol:        jsii.String("HTTPS"),
		// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
		SslPolicy:      jsii.String("ELBSecurityPolicy-TLS13-1-2-2021-06"),
		CertificateArn: jsii.String(certificateARN),
		DefaultAction:  notFound(),
	})
}

func newHTTPListener(scope constructs.Construct, balancer lb.Lb) {
	lblistener.NewLbListener(scope, jsii.String("http_listener"), &lblistener.LbListenerConfig{
		LoadBalancerArn: balancer.Arn(),
		Port:            jsii.Number(80),
		Protocol:        jsii.String("HTTP"),
		DefaultAction: []lblistener.LbListenerDefaultAction{{
			Type: jsii.String("redirect"),
			Redirect: &lblistener.LbListenerDefaultActionRedirect{
				Port:       jsii.String("443"),
				Protocol:   jsii.String("HTTPS"),
				StatusCode: jsii.String("HTTP_301"),
			},
		}},
	})
}

// newPlainListener is that of a load balancer without a domain. It answers 404 to a path that no listener rule knows.
func newPlainListener(scope constructs.Construct, balancer lb.Lb) lblistener.LbListener {
	return lblistener.NewLbListener(scope, jsii.String("plain_listener"), &lblistener.LbListenerConfig{
		LoadBalancerArn: balancer.Arn(),
		Port:            jsii.Number(80),
		Protocol:        jsii.String("HTTP"),
		DefaultAction:   notFound(),
	})
}

func notFound() []lblistener.LbListenerDefaultAction {
	return []lblistener.LbListenerDefaultAction{{
		Type: jsii.String("fixed-response"),
		FixedResponse: &lblistener.LbListenerDefaultActionFixedResponse{
			ContentType: jsii.String("text/plain"),
			MessageBody: jsii.String("Not found"),
			StatusCode:  jsii.String("404"),
		},
	}}
}

func newListenerRule(scope constructs.Construct, service Service, domains []string, listenerARN, targetGroupARN string) lblistenerrule.LbListenerRule {
	var conditions []lblistenerrule.LbListenerRuleCondition
	if len(domains) > 0 {
		conditions = append(conditions, lblistenerrule.LbListenerRuleCondition{
			HostHeader: &lblistenerrule.LbListenerRuleConditionHostHeader{
				Values: jsii.Strings(domains...),
			},
		})
	}
	if len(service.HTTP.Paths) > 0 {
		conditions = append(conditions, lblistenerrule.LbListenerRuleCondition{
			PathPattern: &lblistenerrule.LbListenerRuleConditionPathPattern{
				Values: jsii.Strings(service.HTTP.Paths...),
			},
		})
	}
	if len(service.HTTP.SourceIPs) > 0 {
		conditions = append(conditions, lblistenerrule.LbListenerRuleCondition{
			SourceIp: &lblistenerrule.LbListenerRuleConditionSourceIp{
				Values: jsii.Strings(service.HTTP.SourceIPs...),
			},
		})
	}
	return lblistenerrule.NewLbListenerRule(scope, jsii.String("listener_rule"), &lblistenerrule.LbListenerRuleConfig{
		ListenerArn: jsii.String(listenerARN),
		Priority:    jsii.Number(service.HTTP.Priority),
		Condition:   conditions,
		Action: []lblistenerrule.LbListenerRuleAction{{
			Type:           jsii.String("forward"),
			TargetGroupArn: jsii.String(targetGroupARN),
		}},
	})
}
