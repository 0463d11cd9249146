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
)

// fakeNetwork has two public and two private subnets in one VPC, and one elsewhere.
type fakeNetwork struct {
	tables []routeTable
	ends   []endpoint
	err    error
	// routesErr is the answer to who asks for routes.
	routesErr error
}

func (f fakeNetwork) subnets(_ context.Context, ids []string) (found []subnet, err error) {
	for _, is := range []subnet{
		{"public-a", "a", "vpc-1", nil}, {"public-c", "c", "vpc-1", nil}, {"public-a2", "a", "vpc-1", nil}, {"private-a", "a", "vpc-1", nil}, {"private-c", "c", "vpc-1", nil}, {"private-d", "d", "vpc-1", nil}, {"small-a", "a", "vpc-1", aws.Int(7)}, {"full-a", "a", "vpc-1", aws.Int(0)}, {"other", "a", "vpc-2", nil},
	} {
		if slices.Contains(ids, is.id) {
			found = append(found, is)
		}
	}
	return found, f.err
}

func (f fakeNetwork) routeTables(context.Context, string) ([]routeTable, error) {
	return f.tables, f.routesErr
}
func (f fakeNetwork) endpoints(context.Context, string) ([]endpoint, error) { return f.ends, nil }

// routed is a network whose private subnets have this way out.
func routed(private ...route) fakeNetwork {
	return fakeNetwork{tables: []routeTable{
		{id: "rtb-main", main: true, routes: append([]route{{destination: "10.0.0.0/16", by: "local"}}, private...)},
		{id: "rtb-public", subnets: []string{"public-a", "public-c", "public-a2", "small-a"}, routes: []route{{destination: everywhere, by: "igw-1"}}},
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
	nat := route{destination: everywhere, by: "nat-1"}
	ends := func(names ...string) (all []endpoint) {
		for _, name := range names {
			all = append(all, endpoint{service: "com.amazonaws.ap-northeast-1." + name})
		}
		return all
	}
	withEnds := func(f fakeNetwork, all []endpoint) fakeNetwork { f.ends = all; return f }
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
		{"a NAT gateway that is gone", within(public, []string{"private-a"}, false, image), routed(route{destination: everywhere, by: "nat-1", lost: true}), []string{"its way out is gone: the route table rtb-main leads to nat-1"}},
		{"a transit gateway", within(public, private, false, image), routed(route{destination: everywhere, by: "tgw-1"}), nil},
		{"endpoints", within(public, private, false, image), withEnds(routed(), ends("ecr.api", "ecr.dkr", "logs", "s3")), nil},
		{"some endpoints", within(public, []string{"private-a"}, false, image), withEnds(routed(), ends("ecr.api", "logs")), []string{"lacks the endpoints of ecr.dkr, s3"}},
		{"an endpoint of another table", within(public, []string{"private-a"}, false, image), withEnds(routed(), append(ends("ecr.api", "ecr.dkr", "logs"), endpoint{service: "com.amazonaws.ap-northeast-1.s3", routeTables: []string{"rtb-public"}})), []string{"lacks the endpoints of s3"}},
		{"an endpoint without a name", within(public, []string{"private-a"}, false, image), withEnds(routed(), append(ends("ecr.api", "logs", "s3"), endpoint{service: "com.amazonaws.ap-northeast-1.ecr.dkr", unnamed: true})), []string{"the VPC endpoints of ecr.dkr have no private DNS name, so that the tasks do not find them: switch it on (VPC → Endpoints"}},
		{"and another one with it", within(public, private, false, image), withEnds(routed(), append(ends("ecr.api", "ecr.dkr", "logs", "s3"), endpoint{service: "com.amazonaws.ap-northeast-1.ecr.dkr", unnamed: true})), nil},
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
	is(t, "nobody may look", network(t.Context(), stackOf(t, within(public, private, false, image)), fakeNetwork{err: refusal("DescribeSubnets", "UnauthorizedOperation")}), Unseen, "may not look")
	// Who may not see the routes hears all the same of a subnet that is not there.
	found = network(t.Context(), stackOf(t, within([]string{"public-a", "public-x"}, private, false, image)), fakeNetwork{routesErr: refusal("DescribeRouteTables", "UnauthorizedOperation")})
	if len(found) != 2 || found[0].Verdict != Unseen || found[1].Verdict != Refused || !strings.HasPrefix(found[1].String(), "subnet public-x: ") {
		t.Errorf("routes that nobody may see: %v", found)
	}
	is(t, "no answer", network(t.Context(), stackOf(t, within(public, private, false, image)), fakeNetwork{err: errors.New("timeout")}), Unseen, "timeout")
}
