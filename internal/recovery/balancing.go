package recovery

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/order-bot/infra/internal/ec2"
	"github.com/order-bot/infra/tool/kinds"
)

// securityGroup: by name in its VPC, where a name is unique. Imported by id (security_group.html.markdown).
func securityGroup(ctx context.Context, f *finder, r resource) (*Found, error) {
	name, vpc := f.value(r, "name"), f.value(r, "vpc_id")
	// Without a filter for the name: capitals make a difference to that, and not to the names.
	groups, err := ec2.New(f.config).DescribeSecurityGroups(ctx, ec2.Filters{"vpc-id": {vpc}})
	if err != nil {
		return nil, err
	}
	wanted := map[string]any{"vpc_id": vpc, "name": name}
	at := slices.IndexFunc(groups, func(group ec2.SecurityGroup) bool {
		return kinds.Of(r.kind).Same(wanted, map[string]any{"vpc_id": group.VpcID, "name": group.GroupName})
	})
	if at < 0 {
		return nil, nil
	}
	id, tags := groups[at].GroupID, map[string]string{}
	for _, tag := range groups[at].Tags {
		tags[tag.Key] = tag.Value
	}
	return f.tagged(r, &Found{ID: id, values: map[string]string{"id": id}}, tags)
}

// loadBalancer: by name, which is unique in a region. Imported by ARN (lb.html.markdown).
func loadBalancer(ctx context.Context, f *finder, r resource) (*Found, error) {
	client := elb.NewFromConfig(f.config)
	balancers, err := client.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{Names: []string{f.value(r, "name")}})
	if isCode(err, "LoadBalancerNotFound") {
		return nil, nil
	}
	if err != nil || len(balancers.LoadBalancers) == 0 {
		return nil, err
	}
	is := balancers.LoadBalancers[0]
	found := &Found{ID: aws.ToString(is.LoadBalancerArn), values: map[string]string{
		"arn": aws.ToString(is.LoadBalancerArn), "id": aws.ToString(is.LoadBalancerArn),
		"dns_name": aws.ToString(is.DNSName), "zone_id": aws.ToString(is.CanonicalHostedZoneId),
	}}
	tags, err := balancingTags(ctx, client, found.ID)
	if err != nil {
		return nil, err
	}
	return f.tagged(r, found, tags)
}

// targetGroup: by name, which is unique in a region. Imported by ARN (lb_target_group.html.markdown).
func targetGroup(ctx context.Context, f *finder, r resource) (*Found, error) {
	client := elb.NewFromConfig(f.config)
	groups, err := client.DescribeTargetGroups(ctx, &elb.DescribeTargetGroupsInput{Names: []string{f.value(r, "name")}})
	if isCode(err, "TargetGroupNotFound") {
		return nil, nil
	}
	if err != nil || len(groups.TargetGroups) == 0 {
		return nil, err
	}
	arn := aws.ToString(groups.TargetGroups[0].TargetGroupArn)
	tags, err := balancingTags(ctx, client, arn)
	if err != nil {
		return nil, err
	}
	return f.tagged(r, &Found{ID: arn, values: map[string]string{"arn": arn, "id": arn}}, tags)
}

func balancingTags(ctx context.Context, client *elb.Client, arn string) (map[string]string, error) {
	described, err := client.DescribeTags(ctx, &elb.DescribeTagsInput{ResourceArns: []string{arn}})
	if err != nil {
		return nil, err
	}
	tags := map[string]string{}
	for _, description := range described.TagDescriptions {
		for _, tag := range description.Tags {
			tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
		}
	}
	return tags, nil
}

// listener: by port of its load balancer, which has one for each. Imported by ARN (lb_listener.html.markdown).
func listener(ctx context.Context, f *finder, r resource) (*Found, error) {
	balancer := f.value(r, "load_balancer_arn")
	if balancer == "" {
		return nil, nil
	}
	pages := elb.NewDescribeListenersPaginator(elb.NewFromConfig(f.config), &elb.DescribeListenersInput{LoadBalancerArn: &balancer})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, is := range page.Listeners {
			if fmt.Sprint(aws.ToInt32(is.Port)) == f.value(r, "port") {
				arn := aws.ToString(is.ListenerArn)
				return &Found{ID: arn, Evidence: "listens on port " + f.value(r, "port") + " of " + f.owner(r, "aws_lb"), values: map[string]string{"arn": arn, "id": arn}}, nil
			}
		}
	}
	return nil, nil
}

// listenerRule: by priority in its listener, which has one for each. Imported by ARN (lb_listener_rule.html.markdown).
func listenerRule(ctx context.Context, f *finder, r resource) (*Found, error) {
	listener := f.value(r, "listener_arn")
	if listener == "" {
		return nil, nil
	}
	pages := elb.NewDescribeRulesPaginator(elb.NewFromConfig(f.config), &elb.DescribeRulesInput{ListenerArn: &listener})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, is := range page.Rules {
			if aws.ToString(is.Priority) == f.value(r, "priority") {
				arn := aws.ToString(is.RuleArn)
				return &Found{ID: arn, Evidence: "priority " + f.value(r, "priority") + " of " + f.owner(r, "aws_lb_listener"), values: map[string]string{"arn": arn, "id": arn}}, nil
			}
		}
	}
	return nil, nil
}

// record: by zone, name and type. Imported by ZONE_NAME_TYPE (route53_record.html.markdown). It is ours if it leads
// to what the stack's record leads to.
func record(ctx context.Context, f *finder, r resource) (*Found, error) {
	// A record that was created has its full name in fqdn.
	zone, name, kind := f.value(r, "zone_id"), cmp.Or(f.value(r, "fqdn"), f.value(r, "name")), f.value(r, "type")
	records, err := route53.NewFromConfig(f.config).ListResourceRecordSets(ctx, &route53.ListResourceRecordSetsInput{
		HostedZoneId: &zone, StartRecordName: &name, StartRecordType: route53types.RRType(kind), MaxItems: aws.Int32(1),
	})
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(records.ResourceRecordSets, func(is route53types.ResourceRecordSet) bool {
		return host(aws.ToString(is.Name)) == host(name) && string(is.Type) == kind
	})
	if at < 0 {
		return nil, nil
	}
	id, leads := zone+"_"+name+"_"+kind, "addresses, and not to another name"
	if alias := records.ResourceRecordSets[at].AliasTarget; alias != nil {
		leads = aws.ToString(alias.DNSName)
	}
	if target := f.value(r, "alias", "name"); target == "" || host(target) != host(leads) {
		return nil, &Refusal{ID: id, Reason: "it leads to " + leads + ", which this stack does not have; look whose it is, and delete it if it is nobody's"}
	}
	owner := f.owner(r, "aws_lb") + f.owner(r, "aws_cloudfront_distribution")
	return &Found{ID: id, Evidence: "leads to " + owner, values: map[string]string{"fqdn": strings.TrimSuffix(name, ".")}}, nil
}

// host is a host name as it is compared. Route 53 ends it with a dot, and its console begins that of a load balancer with dualstack.
func host(name string) string {
	return strings.TrimPrefix(kinds.Host(name), "dualstack.")
}
