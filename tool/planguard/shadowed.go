package planguard

import (
	"reflect"
	"slices"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/order-bot/infra/tool/kinds"
	"github.com/order-bot/infra/tool/tfvalue"
)

const listenerRule = "aws_lb_listener_rule"

// shadowed finds a rule of a listener to which no request comes, as one that is asked before it takes them all, and did not. Such a plan shows
// no more than another priority, or a rule that is created.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-rules.html (rule priority)
func shadowed(plan *tfjson.Plan, resource *tfjson.ResourceChange) (found []Refusal) {
	before, after := values(resource)
	if resource.Type != listenerRule || after == nil {
		return nil
	}
	for _, first := range plan.ResourceChanges {
		was, is := values(first)
		if first.Type != listenerRule || takesAll(was, before) || !takesAll(is, after) {
			continue
		}
		at := first.Address
		if _, changes := changeOf(first); !changes {
			at = resource.Address
		}
		found = append(found, Refusal{
			Address: at,
			Reason: "no request would come to " + resource.Address + ", as " + first.Address + " is asked before it, and takes them all: " +
				"give the lower priority to the one with fewer host names or paths",
			Broken: before == nil,
		})
	}
	return found
}

// takesAll tells whether a rule of a listener is asked before another one, and takes each request that the other one would.
func takesAll(rule, other map[string]any) bool {
	priority, known := rule["priority"].(float64)
	next, knownToo := other["priority"].(float64)
	if !known || !knownToo || priority >= next || rule["listener_arn"] == nil || rule["listener_arn"] != other["listener_arn"] {
		return false
	}
	wide, narrow := conditionsOf(rule), conditionsOf(other)
	for kind, values := range wide {
		others, has := narrow[kind]
		switch {
		case kind == "path_pattern" && slices.Contains(values, any("/*")):
		case !has:
			return false
		case kind != "path_pattern" && kind != "host_header":
			if !reflect.DeepEqual(values, others) {
				return false
			}
		case slices.ContainsFunc(others, func(other any) bool {
			return !slices.ContainsFunc(values, func(value any) bool { return kinds.Matches(value, other) })
		}):
			return false
		}
	}
	return len(wide) > 0
}

// conditionsOf are the values of a rule's conditions, by their kind, such as "host_header". Of other kinds than the two by which services are told apart,
// it is what the rule says.
func conditionsOf(rule map[string]any) map[string][]any {
	all := map[string][]any{}
	for _, condition := range tfvalue.List(rule, "condition") {
		fields, _ := condition.(map[string]any)
		for kind, value := range fields {
			if tfvalue.Size(value) == 0 {
				continue
			}
			values, listed := tfvalue.At(value, "values").([]any)
			switch {
			case !listed:
				values = []any{value}
			case len(values) == 0:
				continue
			}
			all[kind] = append(all[kind], values...)
		}
	}
	return all
}
