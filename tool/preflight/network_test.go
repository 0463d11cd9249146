package preflight

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-bot/infra/internal/project"
	"github.com/order-bot/infra/tool/aws/ec2"
)

// fakeNetwork has two public and two private subnets in one VPC, and one elsewhere.
type fakeNetwork struct {
	tables []ec2.RouteTable
	ends   []ec2.VpcEndpoint
	err    error
	// routesErr is the answer to who asks for routes.
	routesErr error
	// lists, off and let are the network ACLs, what of the DNS is off, and the rules of the endpoints' security groups.
	lists []ec2.NetworkACL
	off   []string
	let   []ec2.SecurityGroupRule
	// wallsErr is the answer to who asks for these.
	wallsErr error
}

func (f fakeNetwork) DescribeSubnets(_ context.Context, filters ec2.Filters) (found []ec2.Subnet, err error) {
	for _, is := range []struct {
		id, zone, vpc, cidr string
		free                *int
	}{
		{"public-a", "a", "vpc-1", "10.0.1.0/24", nil}, {"public-c", "c", "vpc-1", "10.0.2.0/24", nil}, {"public-a2", "a", "vpc-1", "10.0.3.0/24", nil}, {"private-a", "a", "vpc-1", "10.0.11.0/24", nil},
		{"private-c", "c", "vpc-1", "10.0.12.0/24", nil}, {"private-d", "d", "vpc-1", "10.0.13.0/24", nil}, {"small-a", "a", "vpc-1", "10.0.20.0/24", aws.Int(7)}, {"full-a", "a", "vpc-1", "10.0.21.0/24", aws.Int(0)},
		{"narrow-a", "a", "vpc-1", "10.0.22.0/28", nil}, {"local", "ap-northeast-1-tpe-1a", "vpc-1", "10.0.23.0/24", nil}, {"other", "a", "vpc-2", "10.1.0.0/24", nil},
	} {
		if slices.Contains(filters["subnet-id"], is.id) {
			found = append(found, ec2.Subnet{SubnetID: is.id, AvailabilityZone: is.zone, VpcID: is.vpc, CidrBlock: is.cidr, AvailableIPAddressCount: is.free})
		}
	}
	return found, f.err
}

func (f fakeNetwork) DescribeRouteTables(context.Context, ec2.Filters) ([]ec2.RouteTable, error) {
	return f.tables, f.routesErr
}

func (f fakeNetwork) DescribeVpcEndpoints(context.Context, ec2.Filters) ([]ec2.VpcEndpoint, error) {
	return slices.Clone(f.ends), nil
}

func (f fakeNetwork) DescribeNetworkAcls(context.Context, ec2.Filters) ([]ec2.NetworkACL, error) {
	return f.lists, f.wallsErr
}

func (f fakeNetwork) DescribeVpcAttribute(_ context.Context, _, attribute string) (bool, error) {
	return !slices.Contains(f.off, attribute), f.wallsErr
}

func (f fakeNetwork) DescribeSecurityGroupRules(context.Context, ec2.Filters) ([]ec2.SecurityGroupRule, error) {
	return f.let, f.wallsErr
}

// out is a route to everywhere.
func out(by string, lost bool) ec2.Route {
	is := ec2.Route{DestinationCidrBlock: everywhere, State: map[bool]string{true: "blackhole", false: "active"}[lost]}
	switch kind, _, _ := strings.Cut(by, "-"); kind {
	case "igw":
		is.GatewayID = by
	case "nat":
		is.NatGatewayID = by
	default:
		is.TransitGatewayID = by
	}
	return is
}

// routed is a network whose private subnets have this way out.
func routed(private ...ec2.Route) fakeNetwork {
	public := ec2.RouteTable{RouteTableID: "rtb-public", Routes: []ec2.Route{out("igw-1", false)}}
	for _, id := range []string{"public-a", "public-c", "public-a2", "small-a", "narrow-a"} {
		public.Associations = append(public.Associations, ec2.RouteTableAssociation{SubnetID: id})
	}
	return fakeNetwork{tables: []ec2.RouteTable{
		{RouteTableID: "rtb-main", Associations: []ec2.RouteTableAssociation{{Main: true}}, Routes: append([]ec2.Route{{DestinationCidrBlock: "10.0.0.0/16", GatewayID: "local"}}, private...)},
		public,
	}}
}

func within(balancer, service []string, public bool, image string) string {
	quoted := func(ids []string) string { return `["` + strings.Join(ids, `", "`) + `"]` }
	return fmt.Sprintf(`"aws_security_group": {"g": {"vpc_id": "vpc-1"}},
		"aws_lb": {"lb": {"name": "lb", "internal": false, "subnets": %s, "security_groups": ["${aws_security_group.g.id}"]}},
		"aws_ecs_service": {"svc": {"name": "svc", "load_balancer": [{"container_port": 80}], "task_definition": "${aws_ecs_task_definition.svc.arn}", "network_configuration": {"assign_public_ip": %t, "subnets": %s, "security_groups": ["${aws_security_group.g.id}"]}}},
		"aws_ecs_task_definition": {"svc": {"container_definitions": %q}}`, quoted(balancer), public, quoted(service), `[{"name": "svc", "image": "`+image+`"}]`)
}

func refusedIn(findings []Finding) []Finding {
	return slices.DeleteFunc(findings, func(f Finding) bool { return f.Verdict != Refused })
}

// The subnets have to be in the VPC and in two zones, and to have the ways that the load balancer and the tasks need.
func TestNetwork(t *testing.T) {
	const image = "111122223333.dkr.ecr.ap-northeast-1.amazonaws.com/svc:v1"
	public, private := []string{"public-a", "public-c"}, []string{"private-a", "private-c"}
	nat := out("nat-1", false)
	ends := func(names ...string) (all []ec2.VpcEndpoint) {
		for _, name := range names {
			all = append(all, ec2.VpcEndpoint{ServiceName: "com.amazonaws.ap-northeast-1." + name})
		}
		return all
	}
	withEnds := func(f fakeNetwork, all []ec2.VpcEndpoint) fakeNetwork { f.ends = all; return f }
	for _, c := range []struct {
		what      string
		resources string
		client    fakeNetwork
		want      []string // parts of what is refused; none if all is well
	}{
		{"all is well", within(public, private, false, image), routed(nat), nil},
		{"a subnet that is not there", within([]string{"public-a", "public-x"}, private, false, image), routed(nat), []string{"subnet public-x: ap-northeast-1 has no such subnet"}},
		{"one of another VPC", within(public, []string{"private-a", "other"}, false, image), routed(nat), []string{"subnet other: it is in vpc-2, and the stack is in vpc-1"}},
		{"one zone twice", within([]string{"public-a", "public-c", "public-a2"}, private, false, image), routed(nat), []string{"subnet public-a2: it is in a, as public-a is"}},
		{"one zone", within([]string{"public-a"}, private, false, image), routed(nat), []string{"subnet public-a: all in one zone"}},
		{"private ones for the load balancer", within([]string{"public-a", "private-c"}, private, false, image), routed(nat), []string{"subnet private-c: it is not public"}},
		{"public ones for the tasks", within(public, public, false, image), routed(nat), []string{"subnet public-a: it is a public one (its route table rtb-public leads to igw-1)", "subnet public-c"}},
		{"public ones for a job", strings.NewReplacer(
			`"aws_ecs_service"`, `"aws_scheduler_schedule"`, `"load_balancer": [{"container_port": 80}], "task_definition": "${aws_ecs_task_definition.svc.arn}", `, `"target": {"ecs_parameters": {"task_definition_arn": "${aws_ecs_task_definition.svc.arn}", `,
			`${aws_security_group.g.id}"]}}},
		"aws_ecs_task`, `${aws_security_group.g.id}"]}}}}},
		"aws_ecs_task`,
		).Replace(within(public, []string{"public-a"}, false, image)), routed(nat), []string{"subnet public-a: it is a public one"}},
		{"public ones, with an address", within(public, public, true, image), routed(), nil},
		{"a zone without the load balancer", within(public, []string{"private-a", "private-d"}, false, image), routed(nat), []string{"subnet private-d: it is in d, where the load balancer is not, so that the tasks in it get no requests: take one in a, c, or give the load balancer a subnet there"}},
		{"a worker in a zone without the load balancer", strings.Replace(within(public, []string{"private-d"}, false, image), `"load_balancer": [{"container_port": 80}], `, "", 1), routed(nat), nil},
		{"endpoints, and an image of another region", within(public, []string{"private-a"}, false, strings.Replace(image, "ap-northeast-1", "eu-west-1", 1)), withEnds(routed(), ends("ecr.api", "ecr.dkr", "logs", "s3")), []string{"no task can pull 111122223333.dkr.ecr.eu-west-1"}},
		{"no address is free", within(public, []string{"full-a"}, false, image), routed(nat), []string{"subnet full-a: no address is free, so that no new task starts"}},
		{"no address is free in one of two", within(public, []string{"full-a", "private-c"}, false, image), routed(nat), nil},
		{"no way out", within(public, private, false, image), routed(), []string{"subnet private-a: it has no way out, so that no task can pull its image: give its route table rtb-main a route for 0.0.0.0/0 to a NAT gateway", "private-c"}},
		{"a NAT gateway that is gone", within(public, []string{"private-a"}, false, image), routed(out("nat-1", true)), []string{"its way out is gone: the route table rtb-main leads to nat-1"}},
		{"a transit gateway", within(public, private, false, image), routed(out("tgw-1", false)), nil},
		{"endpoints", within(public, private, false, image), withEnds(routed(), ends("ecr.api", "ecr.dkr", "logs", "s3")), nil},
		{"some endpoints", within(public, []string{"private-a"}, false, image), withEnds(routed(), ends("ecr.api", "logs")), []string{"lacks the endpoints of ecr.dkr, s3"}},
		{"an endpoint of another table", within(public, []string{"private-a"}, false, image), withEnds(routed(), append(ends("ecr.api", "ecr.dkr", "logs"), ec2.VpcEndpoint{ServiceName: "com.amazonaws.ap-northeast-1.s3", RouteTableIDs: []string{"rtb-public"}})), []string{"lacks the endpoints of s3"}},
		{"an endpoint without a name", within(public, []string{"private-a"}, false, image), withEnds(routed(), append(ends("ecr.api", "logs", "s3"), ec2.VpcEndpoint{ServiceName: "com.amazonaws.ap-northeast-1.ecr.dkr", VpcEndpointType: "Interface"})), []string{"the VPC endpoints of ecr.dkr have no private DNS name, so that the tasks do not find them: switch it on (VPC → Endpoints"}},
		{"and another one with it", within(public, private, false, image), withEnds(routed(), append(ends("ecr.api", "ecr.dkr", "logs", "s3"), ec2.VpcEndpoint{ServiceName: "com.amazonaws.ap-northeast-1.ecr.dkr", VpcEndpointType: "Interface"})), nil},
		{"endpoints, and an image elsewhere", within(public, []string{"private-a"}, false, "nginx:1"), withEnds(routed(), ends("ecr.api", "ecr.dkr", "logs", "s3")), []string{"no task can pull nginx:1: give its route table"}},
	} {
		refused := refusedIn(network(t.Context(), stackOf(t, c.resources), c.client))
		if len(refused) != len(c.want) {
			t.Errorf("%s: %v", c.what, refused)
			continue
		}
		for i, want := range c.want {
			matches(t, c.what, refused[i], Refused, want)
		}
	}
	narrow := network(t.Context(), stackOf(t, within([]string{"narrow-a", "public-c"}, private, false, image)), routed(nat))
	matches(t, "a small subnet for the load balancer", narrow[0], Warning, "subnet narrow-a: it has the range 10.0.22.0/28, and a load balancer needs one of /27 or larger")
	small := network(t.Context(), stackOf(t, within([]string{"small-a", "public-c"}, private, false, image)), routed(nat))
	matches(t, "few addresses for the load balancer", small[0], Warning, "subnet small-a: it has 7 free addresses, and a load balancer needs 8")
	secret := stackOf(t, within(public, []string{"private-a"}, false, image))
	secret.Secrets = []project.Secret{{Service: "svc", Name: "A", Parameter: "/a"}, {Service: "svc", Name: "B", SecretsManager: "b"}, {Service: "other", Name: "C", SecretsManager: "c"}}
	for endpoint, want := range map[string]string{
		"ssm":            "and the VPC lacks the endpoints of secretsmanager, so that no task can read its secrets, and none starts: create them, or give its route table",
		"secretsmanager": "and the VPC lacks the endpoints of ssm, so that no task can read its secrets",
		"sts":            "and the VPC lacks the endpoints of secretsmanager, ssm, so that",
	} {
		is(t, "secrets, and the endpoint of "+endpoint, refusedIn(network(t.Context(), secret, withEnds(routed(), ends("ecr.api", "ecr.dkr", "logs", "s3", endpoint)))), Refused, want)
	}
	is(t, "secrets, and no endpoint", refusedIn(network(t.Context(), secret, routed())), Refused, "or the VPC endpoints of ecr.api, ecr.dkr, logs, secretsmanager, ssm, s3")
	if refused := refusedIn(network(t.Context(), secret, withEnds(routed(), ends("ecr.api", "ecr.dkr", "logs", "s3", "ssm", "secretsmanager")))); len(refused) > 0 {
		t.Errorf("secrets, and all endpoints: %v", refused)
	}
	found := network(t.Context(), stackOf(t, within(public, private, false, image)), routed(nat))
	if len(found) != 2 || found[0].String() != "subnets of lb: public-a, public-c, in a, c: public" || found[1].String() != "subnets of svc: private-a, private-c, in a, c: the tasks can pull their images" {
		t.Errorf("%v", found)
	}
	inside := strings.Replace(within(private, private, false, image), `"internal": false`, `"internal": true`, 1)
	if found := network(t.Context(), stackOf(t, inside), routed(nat)); len(found) != 2 || found[0].String() != "subnets of lb: private-a, private-c, in a, c: for what is in the VPC" {
		t.Errorf("an internal load balancer: %v", found)
	}
	is(t, "nobody may look", network(t.Context(), stackOf(t, within(public, private, false, image)), fakeNetwork{err: refusal("DescribeSubnets", "UnauthorizedOperation")}), Unseen, "may not look")
	// Who may not see the routes hears all the same of a subnet that is not there.
	found = network(t.Context(), stackOf(t, within([]string{"public-a", "public-x"}, private, false, image)), fakeNetwork{routesErr: refusal("DescribeRouteTables", "UnauthorizedOperation")})
	if len(found) != 2 || found[0].Verdict != Unseen || found[1].Verdict != Refused || !strings.HasPrefix(found[1].String(), "subnet public-x: ") {
		t.Errorf("routes that nobody may see: %v", found)
	}
	is(t, "no answer", network(t.Context(), stackOf(t, within(public, private, false, image)), fakeNetwork{err: errors.New("timeout")}), Unseen, "timeout")
}

// What keeps traffic out that the routes would let through.
func TestWalls(t *testing.T) {
	const image = "111122223333.dkr.ecr.ap-northeast-1.amazonaws.com/svc:v1"
	public, private := []string{"public-a", "public-c"}, []string{"private-a"}
	stack := within(public, private, false, image) + `, "aws_lb_listener": {"https": {"port": 443}}`
	nat := routed(out("nat-1", false))
	entry := func(out, allows, everyone bool, first, last int) ec2.NetworkACLEntry {
		return ec2.NetworkACLEntry{
			Egress: out, RuleAction: map[bool]string{true: "allow", false: "deny"}[allows], CidrBlock: map[bool]string{true: everywhere, false: "10.9.0.0/16"}[everyone],
			Protocol: "6", PortRange: &ec2.PortRange{From: first, To: last},
		}
	}
	all := func(out bool) ec2.NetworkACLEntry { return entry(out, true, true, 0, 65535) }
	// listed is a network whose subnet has a list of these rules, before that which shuts all.
	listed := func(subnet string, rules ...ec2.NetworkACLEntry) fakeNetwork {
		f := nat
		rules = append(rules, entry(false, false, true, 0, 65535), entry(true, false, true, 0, 65535))
		for i := range rules {
			rules[i].RuleNumber = i
		}
		slices.Reverse(rules) // the numbers decide
		f.lists = []ec2.NetworkACL{{NetworkACLID: "acl-1", SubnetIDs: []string{subnet}, Entries: rules}}
		return f
	}
	only := func(out bool, first, last int) ec2.NetworkACLEntry { return entry(out, true, true, first, last) }
	// ended is a network with all endpoints, which are as the function makes them.
	ended := func(f fakeNetwork, change func(*ec2.VpcEndpoint)) fakeNetwork {
		for _, name := range []string{"ecr.api", "ecr.dkr", "logs", "s3"} {
			is := ec2.VpcEndpoint{ServiceName: "com.amazonaws.ap-northeast-1." + name}
			if name != "s3" {
				is.GroupIDs = []string{"sg-1"}
				change(&is)
			}
			f.ends = append(f.ends, is)
		}
		f.let = []ec2.SecurityGroupRule{
			{GroupID: "sg-1", IPProtocol: "tcp", FromPort: 443, ToPort: 443, CidrIPv4: "10.0.0.0/16"}, {GroupID: "sg-2", IPProtocol: "-1", FromPort: -1, ToPort: -1, CidrIPv4: "10.9.0.0/16"},
			{GroupID: "sg-3", IPProtocol: "tcp", FromPort: 80, ToPort: 80, CidrIPv4: "10.0.0.0/16"}, {GroupID: "sg-4", IPProtocol: "tcp", FromPort: 443, ToPort: 443},
		}
		return f
	}
	grouped := func(group string) func(*ec2.VpcEndpoint) {
		return func(e *ec2.VpcEndpoint) { e.GroupIDs = []string{group} }
	}
	deaf, unseen := ended(routed(), grouped("sg-1")), ended(nat, grouped("sg-2"))
	deaf.off, unseen.wallsErr = []string{ec2.EnableDNSHostnames}, refusal("DescribeSecurityGroupRules", "UnauthorizedOperation")
	for _, c := range []struct {
		what   string
		client fakeNetwork
		want   string // a part of what is refused; "" if all is well
	}{
		{"a list that lets all through", listed("private-a", all(false), all(true)), ""},
		{"one that lets all in, and nothing out", listed("private-a", all(false)), "subnet private-a: its network ACL acl-1 lets no TCP out at port 443, so that no task can pull its image"},
		{"one without answers", listed("private-a", all(true), only(false, 80, 80), only(false, 443, 443)), "lets no TCP in at ports 32768 to 61000, so that no answer reaches a task"},
		{"one with answers, and without the port of the service", listed("private-a", all(true), only(false, 1024, 65535)), "lets no TCP in at port 80, so that the load balancer does not reach the tasks"},
		{"one with some of the answers", listed("private-a", all(true), only(false, 40000, 50000), only(false, 80, 80)), ""},
		{"one that shuts some ports first", listed("private-a", entry(true, false, true, 22, 22), all(true), entry(false, false, false, 0, 65535), all(false)), ""},
		{"one that shuts a port first", listed("private-a", entry(true, false, true, 443, 443), all(true), all(false)), "lets no TCP out at port 443"},
		{"that of the load balancer", listed("public-a", all(true), only(false, 1024, 65535)), "subnet public-a: its network ACL acl-1 lets no TCP in at port 443, so that nobody reaches the load balancer"},
		{"that of the load balancer, with the port of the service shut", listed("public-a", all(false), only(true, 1024, 65535)), "lets no TCP out at port 80, so that the load balancer does not reach its services"},
		{"that of another subnet", listed("private-c"), ""},

		{"endpoints", ended(routed(), grouped("sg-1")), ""},
		{"endpoints that are not ready", ended(routed(), func(e *ec2.VpcEndpoint) { e.State = "pending" }), "these VPC endpoints do not work, so that no task can pull its image: ecr.api (pending), ecr.dkr (pending), logs (pending)"},
		{"endpoints that are not ready, and a way out", ended(nat, func(e *ec2.VpcEndpoint) { e.State = "pending" }), ""},
		{"endpoints that let another network in", ended(routed(), grouped("sg-2")), "the security groups of the VPC endpoints of ecr.api, ecr.dkr, logs do not let it in at port 443"},
		{"endpoints that let it in elsewhere, and a way out that is not taken", ended(nat, grouped("sg-3")), "do not let it in at port 443"},
		{"endpoints without a name, and a way out", ended(nat, func(e *ec2.VpcEndpoint) { e.VpcEndpointType, e.GroupIDs = "Interface", []string{"sg-3"} }), ""},
		{"endpoints that let a group in", ended(routed(), grouped("sg-4")), ""},
		{"endpoints, and no names", deaf, "the VPC has the DNS hostnames off, so that the tasks do not find the VPC endpoints"},
		{"rules that nobody may see", unseen, ""},
	} {
		refused := refusedIn(network(t.Context(), stackOf(t, stack), c.client))
		if c.want == "" && len(refused) > 0 || c.want != "" && len(refused) != 1 {
			t.Errorf("%s: %v", c.what, refused)
		} else if c.want != "" {
			matches(t, c.what, refused[0], Refused, c.want)
		}
	}
	asked := strings.Replace(stack, `{"container_port": 80}`, `{"container_port": 80, "target_group_arn": "${aws_lb_target_group.g.arn}"}`, 1) +
		`, "aws_lb_target_group": {"g": {"health_check": {"port": "9000"}}}`
	for what, c := range map[string]struct {
		client fakeNetwork
		want   string
	}{
		"tasks whose health checks do not get in":  {listed("private-a", all(true), only(false, 80, 80), only(false, 32768, 65535)), "lets no TCP in at port 9000, so that no health check reaches the tasks"},
		"a load balancer whose health checks stay": {listed("public-a", all(false), only(true, 80, 80), only(true, 50000, 65535)), "lets no TCP out at port 9000, so that no health check reaches its service"},
	} {
		is(t, what, refusedIn(network(t.Context(), stackOf(t, asked), c.client)), Refused, c.want)
	}
	unresolved := nat
	unresolved.off = []string{ec2.EnableDNSHostnames, ec2.EnableDNSSupport}
	matches(t, "no DNS", network(t.Context(), stackOf(t, stack), unresolved)[0], Warning, "VPC vpc-1: its DNS resolution is off, so that no task finds its image, unless its DHCP options name other DNS servers")
	local := refusedIn(network(t.Context(), stackOf(t, within(public, []string{"local", "private-a"}, false, image)), nat))
	if len(local) != 1 || !local[0].Never {
		t.Fatalf("a Local Zone: %v", local)
	}
	matches(t, "a Local Zone", local[0], Refused, "subnet local: it is in ap-northeast-1-tpe-1a, a Local Zone or a Wavelength Zone, where Fargate runs no tasks: take one in an availability zone, such as ap-northeast-1a")
}
