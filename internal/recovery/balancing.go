package recovery

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/order-bot/infra/internal/awsapi"
	"github.com/order-bot/infra/internal/ec2"
	"github.com/order-bot/infra/internal/elb"
	"github.com/order-bot/infra/internal/route53"
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
	client := elb.New(f.config)
	balancers, err := client.DescribeLoadBalancers(ctx, f.value(r, "name"))
	if awsapi.IsCode(err, "LoadBalancerNotFound") {
		return nil, nil
	}
	if err != nil || len(balancers) == 0 {
		return nil, err
	}
	is := balancers[0]
	tags, err := client.Tags(ctx, is.ARN)
	if err != nil {
		return nil, err
	}
	return f.tagged(r, &Found{ID: is.ARN, values: map[string]string{"arn": is.ARN, "id": is.ARN, "dns_name": is.DNSName, "zone_id": is.HostedZone}}, tags)
}

// targetGroup: by name, which is unique in a region. Imported by ARN (lb_target_group.html.markdown).
func targetGroup(ctx context.Context, f *finder, r resource) (*Found, error) {
	client := elb.New(f.config)
	groups, err := client.DescribeTargetGroups(ctx, f.value(r, "name"))
	if awsapi.IsCode(err, "TargetGroupNotFound") {
		return nil, nil
	}
	if err != nil || len(groups) == 0 {
		return nil, err
	}
	arn := groups[0].ARN
	tags, err := client.Tags(ctx, arn)
	if err != nil {
		return nil, err
	}
	return f.tagged(r, &Found{ID: arn, values: map[string]string{"arn": arn, "id": arn}}, tags)
}

// listener: by port of its load balancer, which has one for each. Imported by ARN (lb_listener.html.markdown).
func listener(ctx context.Context, f *finder, r resource) (*Found, error) {
	balancer := f.value(r, "load_balancer_arn")
	if balancer == "" {
		return nil, nil
	}
	listeners, err := elb.New(f.config).DescribeListeners(ctx, balancer)
	if err != nil {
		return nil, err
	}
	for _, is := range listeners {
		if fmt.Sprint(is.Port) == f.value(r, "port") {
			return &Found{ID: is.ARN, Evidence: "listens on port " + f.value(r, "port") + " of " + f.owner(r, "aws_lb"), values: map[string]string{"arn": is.ARN, "id": is.ARN}}, nil
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
	rules, err := elb.New(f.config).DescribeRules(ctx, listener)
	if err != nil {
		return nil, err
	}
	for _, is := range rules {
		if is.Priority == f.value(r, "priority") {
			return &Found{ID: is.ARN, Evidence: "priority " + is.Priority + " of " + f.owner(r, "aws_lb_listener"), values: map[string]string{"arn": is.ARN, "id": is.ARN}}, nil
		}
	}
	return nil, nil
}

// record: by zone, name and type. Imported by ZONE_NAME_TYPE (route53_record.html.markdown). It is ours if it leads
// to what the stack's record leads to.
func record(ctx context.Context, f *finder, r resource) (*Found, error) {
	// A record that was created has its full name in fqdn.
	zone, name, kind := f.value(r, "zone_id"), cmp.Or(f.value(r, "fqdn"), f.value(r, "name")), f.value(r, "type")
	if name == "" {
		return nil, nil // the proof of a domain, for a certificate that is still to be: the deploy writes it, also where it is there
	}
	records, err := route53.New(f.config).ListResourceRecordSets(ctx, zone, name, kind, 1)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(records, func(is route53.RecordSet) bool { return host(is.Name) == host(name) && is.Type == kind })
	if at < 0 {
		return nil, nil
	}
	id, leads := zone+"_"+name+"_"+kind, "addresses, and not to another name"
	if wanted, _ := f.planned[r.address]["records"].([]any); len(wanted) > 0 {
		return f.proof(r, id, fmt.Sprint(wanted[0]), records[at].Values)
	}
	if alias := records[at].Alias; alias != "" {
		leads = alias
	}
	if target := f.value(r, "alias", "name"); target == "" || host(target) != host(leads) {
		return nil, &Refusal{ID: id, Reason: "it leads to " + leads + ", which this stack does not have; look whose it is, and delete it if it is nobody's"}
	}
	owner := f.owner(r, "aws_lb") + f.owner(r, "aws_cloudfront_distribution")
	return &Found{ID: id, Evidence: "leads to " + owner, values: map[string]string{"fqdn": strings.TrimSuffix(name, ".")}}, nil
}

// proof is a record that AWS asks for as the proof that a domain is ours. It is the same for all certificates of the domain in an account.
func (f *finder) proof(r resource, id, wanted string, values []string) (*Found, error) {
	if len(values) != 1 || host(values[0]) != host(wanted) {
		return nil, &Refusal{ID: id, Reason: "it says " + strings.Join(values, ", ") + ", and AWS asks for " + wanted + "; look whose it is, and delete it if it is nobody's"}
	}
	return &Found{ID: id, Evidence: "says what AWS asks for", values: map[string]string{"fqdn": f.value(r, "name")}}, nil
}

// host is a host name as it is compared. Route 53 ends it with a dot, and its console begins that of a load balancer with dualstack.
func host(name string) string {
	return strings.TrimPrefix(kinds.Host(name), "dualstack.")
}
