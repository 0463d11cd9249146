package tests

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/order-bot/infra/design"
	"github.com/order-bot/infra/stacks"
)

// named are the attributes that name a resource, where AWS takes a name only once in an account, a
// region or a network. What is unique only within another resource, such as a service in its cluster
// or a priority on its load balancer, has that resource's name before it.
var named = map[string][]string{
	"aws_cloudwatch_log_group":            {"name"},
	"aws_ecs_cluster":                     {"name"},
	"aws_ecs_service":                     {"cluster", "name"},
	"aws_ecs_task_definition":             {"family"},
	"aws_iam_role":                        {"name"},
	"aws_lb":                              {"name"},
	"aws_lb_listener_rule":                {"listener_arn", "priority"},
	"aws_lb_target_group":                 {"name"},
	"aws_route53_record":                  {"name"}, // an input
	"aws_security_group":                  {"name"},
	"aws_appautoscaling_target":           {"resource_id"},
	"aws_appautoscaling_scheduled_action": {"resource_id", "name"},
	"aws_lb_listener":                     nil, // of its load balancer
	"aws_iam_role_policy_attachment":      nil, // of its role
}

// A second environment is one value. Beside the first it shares no name, no state and no tag.
func TestAnotherEnvironmentSharesNoName(t *testing.T) {
	const another = "another"
	changed := design.Live
	first := changed.Environments[0]
	changed.Environments = append(slices.Clone(changed.Environments), stacks.Environment{Name: another, Services: first.Services})
	all := synthesize(t, changed)
	if len(all) != len(synthesized(t))+1 {
		t.Fatalf("%d stacks", len(all))
	}
	for name, stack := range synthesized(t) {
		if all[name].Text != stack.Text {
			t.Errorf("%s has changed", name)
		}
	}

	staging := all[another]
	if key := staging.Backend().Key; key != another+"/terraform.tfstate" {
		t.Errorf("the state is at %v", key)
	}
	for name := range all[first.Name].Variable {
		if staging.Variable[name] == nil {
			t.Errorf("%s has no variable %s", another, name)
		}
	}
	taken := names(t, all[first.Name])
	for name, address := range names(t, staging) {
		if other, is := taken[name]; is && !strings.Contains(name, "${var.") {
			t.Errorf("%s and %s of %s have one name: %s", address, other, first.Name, name)
		}
	}
	for _, address := range staging.Managed() {
		tags, is := staging.At(address)["tags"].(map[string]any)
		if is && tags["Environment"] != another {
			t.Errorf("%s has the tags %v", address, tags)
		}
	}
	if staging.Moved != nil {
		t.Error(another + " adopts the state of the HCL project")
	}
}

// names returns the names of a stack's resources, and who has them. What refers to a resource of the stack has
// that one's name in the place of the reference.
func names(t *testing.T, stack Stack) map[string]string {
	t.Helper()
	var nameOf func(address string) string
	nameOf = func(address string) string {
		kind, _, _ := strings.Cut(address, ".")
		attributes, known := named[kind]
		if !known {
			t.Errorf("%s: how is it named? add its type to the table", address)
		}
		parts := []string{kind}
		for _, attribute := range attributes {
			value := fmt.Sprint(stack.At(address)[attribute])
			for _, other := range stack.References(address) {
				if strings.Contains(value, "${"+other+".") {
					value = strings.ReplaceAll(value, "${"+other+".", "${"+nameOf(other)+".")
				}
			}
			parts = append(parts, value)
		}
		if attributes == nil { // what it belongs to names it
			for _, other := range stack.References(address) {
				if !strings.HasPrefix(other, "data.") {
					parts = append(parts, nameOf(other))
				}
			}
		}
		return strings.Join(parts, " ")
	}
	all := map[string]string{}
	for _, address := range stack.Managed() {
		all[nameOf(address)] = address
	}
	return all
}
