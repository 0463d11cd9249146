package planguard_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/order-bot/infra/tool/planguard"
)

// costly is a change of a plan: an address, the action, and the attributes before and after it, as JSON.
type costly struct{ address, action, before, after string }

func costOf(t *testing.T, changes ...costly) string {
	t.Helper()
	var all []string
	for _, c := range changes {
		kind, name, _ := strings.Cut(c.address, ".")
		all = append(all, fmt.Sprintf(`{"address": %q, "mode": "managed", "type": %q, "name": %q, "change": {"actions": [%q], "before": %s, "after": %s}}`,
			c.address, kind, name, c.action, c.before, c.after))
	}
	report, err := planguard.Read(strings.NewReader(`{"format_version": "1.2", "planned_values": {}, "resource_changes": [` + strings.Join(all, ",") + `],
		"configuration": {"root_module": {"resources": [{"address": "aws_ecs_service.svc", "mode": "managed", "type": "aws_ecs_service", "name": "svc",
			"expressions": {"task_definition": {"references": ["aws_ecs_task_definition.svc.arn", "aws_ecs_task_definition.svc"]}}}]}}}`))
	if err != nil {
		t.Fatal(err)
	}
	return report.Cost()
}

// A month's cost is that of what is there after the plan, less that of what was there.
func TestCost(t *testing.T) {
	const (
		more, less = " a month more, beside what is paid by use.", " a month less, beside what is paid by use."

		small = `{"cpu": "256", "memory": "512"}`
		large = `{"cpu": "1024", "memory": "2048"}`
		arm   = `{"cpu": "256", "memory": "512", "runtime_platform": [{"cpu_architecture": "ARM64"}], "ephemeral_storage": [{"size_in_gib": 120}]}`
		two   = `{"name": "order-bot-svc", "desired_count": 2}`
		open  = `{"name": "order-bot-svc", "desired_count": 2, "network_configuration": [{"assign_public_ip": true}]}`
	)
	action := func(least, hour string) string {
		return `{"resource_id": "service/order-bot-prod-cluster/order-bot-svc", "schedule": "cron(0 ` + hour + ` * * ? *)", "timezone": "Asia/Tokyo",
			"scalable_target_action": [{"min_capacity": "` + least + `", "max_capacity": "4"}]}`
	}
	const up, down = "aws_appautoscaling_scheduled_action.up", "aws_appautoscaling_scheduled_action.down"
	for name, c := range map[string]struct {
		changes []costly
		want    string
	}{
		"nothing that costs": {[]costly{{"aws_ecs_cluster.a", "create", "null", "{}"}}, ""},
		"a load balancer with two addresses": {[]costly{
			{"aws_lb.a", "create", "null", `{"internal": false, "subnets": ["a", "b"]}`},
		}, "About $24" + more},
		"one inside the network":     {[]costly{{"aws_lb.a", "create", "null", `{"internal": true, "subnets": ["a", "b"]}`}}, "About $16" + more},
		"a NAT gateway gone":         {[]costly{{"aws_nat_gateway.a", "delete", "{}", "null"}, {"aws_eip.a", "delete", "{}", "null"}}, "About $36" + less},
		"one that is only forgotten": {[]costly{{"aws_nat_gateway.a", "forget", "{}", "null"}}, ""},
		"endpoints": {[]costly{
			{"aws_vpc_endpoint.a", "create", "null", `{"vpc_endpoint_type": "Interface", "subnet_ids": ["a", "b"]}`}, {"aws_vpc_endpoint.b", "create", "null", `{"vpc_endpoint_type": "Gateway"}`},
		}, "About $15" + more},
		"a namespace":                                   {[]costly{{"aws_service_discovery_private_dns_namespace.a", "create", "null", "{}"}}, "About $0.50" + more},
		"a service of two tasks":                        {[]costly{{"aws_ecs_service.svc", "create", "null", two}, {"aws_ecs_task_definition.svc", "create", "null", small}}, "About $18" + more},
		"with addresses of their own":                   {[]costly{{"aws_ecs_service.svc", "update", two, open}, {"aws_ecs_task_definition.svc", "no-op", small, small}}, "About $7" + more},
		"on Graviton with a large disk":                 {[]costly{{"aws_ecs_service.svc", "create", "null", two}, {"aws_ecs_task_definition.svc", "create", "null", arm}}, "About $31" + more},
		"a larger size":                                 {[]costly{{"aws_ecs_service.svc", "update", two, two}, {"aws_ecs_task_definition.svc", "create", small, large}}, "About $54" + more},
		"a revision after one that the state lacks":     {[]costly{{"aws_ecs_service.svc", "update", two, two}, {"aws_ecs_task_definition.svc", "create", "null", small}}, ""},
		"a definition that no service has, as of a job": {[]costly{{"aws_ecs_task_definition.job", "create", "null", large}}, ""},
		"a timetable of 8 hours, which counts and not the number": {[]costly{
			{"aws_ecs_service.svc", "create", "null", two}, {"aws_ecs_task_definition.svc", "create", "null", large}, {up, "create", "null", action("3", "10")}, {down, "create", "null", action("0", "18")},
		}, "About $36" + more},
		"longer hours": {[]costly{
			{"aws_ecs_service.svc", "no-op", two, two}, {"aws_ecs_task_definition.svc", "no-op", large, large},
			{up, "no-op", action("3", "10"), action("3", "10")}, {down, "update", action("0", "18"), action("0", "22")},
		}, "About $18" + more},
		"what cannot be told": {[]costly{
			{"aws_ecs_service.svc", "create", "null", `{"name": "order-bot-svc"}`}, {"aws_lb.a", "update", `{"internal": true}`, `{"internal": true, "subnets": null}`},
		}, ""},
	} {
		if got := costOf(t, c.changes...); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

// It is said once, below the sum.
func TestCostIsBelowTheSum(t *testing.T) {
	const want = "1 to destroy.\nAbout $16 a month less, beside what is paid by use.\n"
	if text := planOf(1, "delete").Text(0); !strings.HasSuffix(text, want) {
		t.Errorf("got %q, want it to end with %q", text, want)
	}
}
