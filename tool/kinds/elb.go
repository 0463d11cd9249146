package kinds

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-bot/infra/internal/glob"
	"github.com/order-bot/infra/tool/aws/elb"
	"github.com/order-bot/infra/tool/iampolicy"
	"github.com/order-bot/infra/tool/tfvalue"
)

// elbTypes are the types of Elastic Load Balancing.
var elbTypes = []Kind{
	{
		Type:     "aws_lb",
		Monthly:  balancerMonthly,
		Title:    "load balancer",
		Identity: []Part{{Attribute: "name", Same: exactly}},
		Unique:   "name",
		Find:     findLoadBalancer,
		Home:     "modules/alb/alb.go",
		InTheWay: protectionOfBalancer,
		Options: map[string]string{
			"access_logs":                "Balancer.LogBucket in design/environments.go",
			"enable_deletion_protection": "Balancer.DeletionProtection in design/environments.go",
			"idle_timeout":               "Balancer.IdleSeconds in design/environments.go",
		},
		Instead:  "all services are away until the new one is there",
		Replaced: Apart,
		Losses: []Loss{
			{"drop_invalid_header_fields", lacks(true), "requests with invalid headers reach the services"},
			{"access_logs.enabled", lacks(true), unlogged},
			{"connection_logs.enabled", lacks(true), unlogged},
			{"subnets", fewer, "it is in a zone less, and the tasks there get no requests"},
			{"ip_address_type", lacks("dualstack", "dualstack-without-public-ipv4"), "who has only IPv6 is cut off"},
		},
		Protections: []Loss{
			{"desync_mitigation_mode", weaker("strictest", "defensive", "monitor"), "more ambiguous requests reach the services"},
			{"enable_waf_fail_open", switchedOn, "requests pass while the web ACL does not answer"},
		},
		Read: []Right{may(anything,
			"elasticloadbalancing:DescribeLoadBalancers", "elasticloadbalancing:DescribeLoadBalancerAttributes", "elasticloadbalancing:DescribeCapacityReservation",
			"elasticloadbalancing:DescribeTags", "ec2:DescribeSubnets", "ec2:DescribeRouteTables", "ec2:DescribeVpcEndpoints",
			"ec2:DescribeNetworkAcls", "ec2:DescribeSecurityGroupRules"),
			may(network, "ec2:DescribeVpcAttribute"),
			may(balancerLogs, "s3:ListBucket", "s3:GetBucketPolicy", "s3:GetEncryptionConfiguration")},
		// DescribeNetworkInterfaces: those of a load balancer outlive it for a while, and the provider waits for their end.
		Write: []Right{may(balancing,
			"elasticloadbalancing:CreateLoadBalancer", "elasticloadbalancing:DeleteLoadBalancer", "elasticloadbalancing:ModifyLoadBalancerAttributes",
			"elasticloadbalancing:SetSecurityGroups", "elasticloadbalancing:SetSubnets", "elasticloadbalancing:SetIpAddressType",
			"elasticloadbalancing:AddTags", "elasticloadbalancing:RemoveTags"), may(anything, "ec2:DescribeNetworkInterfaces")},
		Called: map[string][]Right{
			// https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/elb-api-permissions.html
			// That page lacks ec2:GetSecurityGroupsForVpc: https://github.com/kubernetes-sigs/aws-load-balancer-controller/issues/3917
			"elasticloadbalancing:CreateLoadBalancer": {
				may(anything, "ec2:DescribeAccountAttributes", "ec2:DescribeAddresses", "ec2:DescribeInternetGateways", "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs"),
				may(network, "ec2:GetSecurityGroupsForVpc"),
				may(roleOf("elasticloadbalancing.amazonaws.com"), "iam:CreateServiceLinkedRole"),
			},
			"elasticloadbalancing:SetSecurityGroups": {may(network, "ec2:GetSecurityGroupsForVpc")},
			"elasticloadbalancing:SetSubnets":        {may(anything, "ec2:DescribeSubnets")},
			"elasticloadbalancing:SetIpAddressType":  {may(anything, "ec2:DescribeSubnets")},
		},
	},
	{
		Type:     "aws_lb_listener",
		Title:    "listener",
		Label:    listener,
		Identity: []Part{{Attribute: "load_balancer_arn", Same: exactly}, {Attribute: "port", Same: exactly}},
		Unique:   "port",
		Find:     findListener,
		Home:     "modules/alb/listeners.go",
		Losses: []Loss{
			{"ssl_policy", weaker(balancerTLS...), "older and weaker versions of TLS are allowed"},
			{"certificate_arn", emptied, "the connection is not encrypted any more"},
			{"port", changed, "who comes by the old port is cut off"},
			{"default_action", lacks("forward"), "requests do not reach their target any more"},
			{"default_action", unredirected, "who comes by it is not led on any more"},
		},
		Protections: []Loss{
			{"mutual_authentication", lacks("verify", "passthrough"), "clients need no certificate any more"},
			{"default_action", lacks("authenticate-oidc", "authenticate-cognito"), "nobody has to sign in any more"},
		},
		Read: []Right{may(anything,
			"elasticloadbalancing:DescribeListeners", "elasticloadbalancing:DescribeListenerAttributes", "elasticloadbalancing:DescribeTags"), may(inputs, "acm:DescribeCertificate")},
		Write: []Right{may(balancing,
			"elasticloadbalancing:CreateListener", "elasticloadbalancing:DeleteListener", "elasticloadbalancing:ModifyListener", "elasticloadbalancing:ModifyListenerAttributes",
			"elasticloadbalancing:AddTags", "elasticloadbalancing:RemoveTags")},
	},
	{
		Type:     "aws_lb_listener_rule",
		Title:    "listener rule",
		Label:    listenerRule,
		Identity: []Part{{Attribute: "listener_arn", Same: exactly}, {Attribute: "priority", Same: exactly}},
		Unique:   "priority",
		Find:     findListenerRule,
		Home:     "modules/alb/listeners.go",
		Losses: []Loss{
			{"action", lacks("forward"), "requests do not reach their target any more"},
			{"action", unredirected, "who comes by it is not led on any more"},
			{"condition", func(before, after any) bool { return values(after, "host_header") < values(before, "host_header") }, "requests for a host name do not reach their target any more"},
			{"condition", fewerPaths, "requests for a path do not reach their target any more"},
		},
		Protections: []Loss{
			{"action", lacks("authenticate-oidc", "authenticate-cognito"), "nobody has to sign in any more"},
			{"condition", fewer, "requests that were kept out are let in again"},
		},
		Read: []Right{may(anything, "elasticloadbalancing:DescribeRules", "elasticloadbalancing:DescribeTags")},
		Write: []Right{may(balancing,
			"elasticloadbalancing:CreateRule", "elasticloadbalancing:DeleteRule", "elasticloadbalancing:ModifyRule", "elasticloadbalancing:SetRulePriorities",
			"elasticloadbalancing:AddTags", "elasticloadbalancing:RemoveTags")},
	},
	{
		Type:     "aws_lb_target_group",
		Title:    "target group",
		Identity: []Part{{Attribute: "name", Same: exactly}},
		Unique:   "name",
		Find:     findTargetGroup,
		Home:     "modules/alb/targetgroups.go",
		Replaced: Apart,
		Held:     &Use{Attribute: "arn"}, // ResourceInUse
		Kept: []Kept{
			{[]string{"stickiness", "enabled"}, false, "StickySeconds: -1 of the service's HTTP switches it off"},
			{[]string{"load_balancing_algorithm_type"}, "round_robin", `Balancing: "round_robin" of the service's HTTP is AWS's default`},
			{[]string{"health_check", "timeout"}, 5, "TimeoutSeconds: 5 of the service's Health is AWS's default"},
		},
		Read: []Right{may(anything,
			"elasticloadbalancing:DescribeTargetGroups", "elasticloadbalancing:DescribeTargetGroupAttributes", "elasticloadbalancing:DescribeTargetHealth",
			"elasticloadbalancing:DescribeTags")},
		Write: []Right{may(balancing,
			"elasticloadbalancing:CreateTargetGroup", "elasticloadbalancing:DeleteTargetGroup", "elasticloadbalancing:ModifyTargetGroup", "elasticloadbalancing:ModifyTargetGroupAttributes",
			"elasticloadbalancing:AddTags", "elasticloadbalancing:RemoveTags")},
		Called: map[string][]Right{
			"elasticloadbalancing:CreateTargetGroup": {
				may(anything, "ec2:DescribeInternetGateways", "ec2:DescribeVpcs"),
				may(roleOf("elasticloadbalancing.amazonaws.com"), "iam:CreateServiceLinkedRole"),
			},
		},
		ByPrefix: func(s Scope, prefix string) string {
			return arn(s, "arn:aws:elasticloadbalancing:REGION:ACCOUNT:targetgroup/"+prefix+"*")
		},
	},
}

// unredirected compares actions: one led on elsewhere, and none does, nor leads to a target.
func unredirected(before, after any) bool {
	return lacks("redirect")(before, after) && !tfvalue.Holds(after, "forward")
}

// values is how many values the conditions of a rule have of a kind, such as "host_header".
func values(conditions any, kind string) (number int) {
	for _, condition := range tfvalue.List(conditions) {
		number += tfvalue.Size(tfvalue.At(condition, kind, "values"))
	}
	return number
}

// Matches tells whether a value of a condition takes all that another one does. An asterisk stands for any characters; capitals make no difference to a
// host name, and a path is seldom told apart by them.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html
func Matches(value, other any) bool {
	pattern, known := value.(string)
	narrow, knownToo := other.(string)
	return known && knownToo && glob.Takes(strings.ToLower(pattern), strings.ToLower(narrow))
}

// fewerPaths compares the conditions of a rule: they are for fewer paths. None are all.
func fewerPaths(before, after any) bool {
	is := values(after, "path_pattern")
	return is > 0 && is < values(before, "path_pattern")
}

// listener returns "HTTP :80, redirect to HTTPS :443".
func listener(attributes map[string]any) string {
	text := fmt.Sprintf("%v :%v", attributes["protocol"], attributes["port"])
	for _, action := range tfvalue.List(attributes, "default_action") {
		if to, is := tfvalue.At(action, "redirect").(map[string]any); is {
			text += fmt.Sprintf(", redirect to %v :%v", to["protocol"], to["port"])
		}
	}
	return text
}

// listenerRule returns "host = order-bot.example.com, priority 20".
func listenerRule(attributes map[string]any) string {
	var parts []string
	for _, condition := range tfvalue.List(attributes, "condition") {
		if host, is := tfvalue.At(condition, "host_header").(map[string]any); is {
			parts = append(parts, "host = "+attribute("values")(host))
		}
	}
	return strings.Join(append(parts, fmt.Sprintf("priority %v", attributes["priority"])), ", ")
}

// balancerTLS are the versions of TLS, the newest first, as a policy of Elastic Load Balancing names the oldest that it allows. One that
// names none allows TLS 1.0.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
var balancerTLS = []string{"-1-3", "-1-2", "-1-1"}

var oldestTLS = regexp.MustCompile(`-1-[0-3]\b`)

// balancing is all of Elastic Load Balancing that a stack has. Each of its actions takes only its own kind.
func balancing(s Scope) iampolicy.Statement {
	const in = "arn:aws:elasticloadbalancing:REGION:ACCOUNT:"
	return iampolicy.Allow("Balancing", append(
		arns(s, s.Names("aws_lb", "name"), in+"loadbalancer/app/NAME/*", in+"listener/app/NAME/*", in+"listener-rule/app/NAME/*"),
		arns(s, patterns(s, "aws_lb_target_group", "name", Prefix(s.Project(), s.Stack())), in+"targetgroup/NAME/*")...,
	)).For(partly)
}

// balancerLogs are the buckets that get a line for each request.
var balancerLogs = named("BalancerLogs", "aws_lb", "access_logs.bucket", "arn:aws:s3:::NAME")

// findLoadBalancer: by name, which is unique in a region. Imported by ARN (lb.html.markdown).
func findLoadBalancer(ctx context.Context, f *Search, r Resource) (*Found, error) {
	client := elb.New(f.Config)
	balancers, err := client.DescribeLoadBalancers(ctx, f.Value(r, "name"))
	if err != nil || len(balancers) == 0 {
		return nil, unless(err, "LoadBalancerNotFound")
	}
	is := balancers[0]
	return f.taggedIn(ctx, client, is.ARN, r, &Found{ID: is.ARN, Values: map[string]string{"arn": is.ARN, "id": is.ARN, "dns_name": is.DNSName, "zone_id": is.HostedZone}})
}

// findTargetGroup: by name, which is unique in a region. Imported by ARN (lb_target_group.html.markdown).
func findTargetGroup(ctx context.Context, f *Search, r Resource) (*Found, error) {
	client := elb.New(f.Config)
	groups, err := client.DescribeTargetGroups(ctx, f.Value(r, "name"))
	if err != nil || len(groups) == 0 {
		return nil, unless(err, "TargetGroupNotFound")
	}
	arn := groups[0].ARN
	return f.taggedIn(ctx, client, arn, r, &Found{ID: arn, Values: map[string]string{"arn": arn, "id": arn}})
}

// findListener: by port of its load balancer, which has one for each. Imported by ARN (lb_listener.html.markdown).
func findListener(ctx context.Context, f *Search, r Resource) (*Found, error) {
	balancer := f.Value(r, "load_balancer_arn")
	if balancer == "" {
		return nil, nil
	}
	listeners, err := elb.New(f.Config).DescribeListeners(ctx, balancer)
	if err != nil {
		return nil, err
	}
	for _, is := range listeners {
		if fmt.Sprint(is.Port) == f.Value(r, "port") {
			return &Found{ID: is.ARN, Evidence: "listens on port " + f.Value(r, "port") + " of " + f.owner(r, "aws_lb"), Values: map[string]string{"arn": is.ARN, "id": is.ARN}}, nil
		}
	}
	return nil, nil
}

// findListenerRule: by priority in its listener, which has one for each. Imported by ARN (lb_listener_rule.html.markdown).
func findListenerRule(ctx context.Context, f *Search, r Resource) (*Found, error) {
	listener := f.Value(r, "listener_arn")
	if listener == "" {
		return nil, nil
	}
	rules, err := elb.New(f.Config).DescribeRules(ctx, listener)
	if err != nil {
		return nil, err
	}
	for _, is := range rules {
		if is.Priority == f.Value(r, "priority") {
			return &Found{ID: is.ARN, Evidence: "priority " + is.Priority + " of " + f.owner(r, "aws_lb_listener"), Values: map[string]string{"arn": is.ARN, "id": is.ARN}}, nil
		}
	}
	return nil, nil
}

// protectionOfBalancer finds whether a load balancer is protected, by the state as it was read just now.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DeleteLoadBalancer.html
func protectionOfBalancer(_ context.Context, _ aws.Config, _ Gone, balancer map[string]any) ([]string, error) {
	if balancer["enable_deletion_protection"] != true {
		return nil, nil
	}
	return []string{fmt.Sprintf("it has deletion protection. Take it off: deploy without Balancer.DeletionProtection, or aws elbv2 modify-load-balancer-attributes "+
		"--load-balancer-arn %s --attributes Key=deletion_protection.enabled,Value=false", balancer["arn"])}, nil
}
