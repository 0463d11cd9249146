package planguard

import (
	"cmp"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/order-bot/infra/tool/tfvalue"
)

// graph is what names what: resources and variables, by address without the key of an instance.
type graph map[string]map[string]bool

func (g graph) add(from, to string) {
	if g[from] == nil {
		g[from] = map[string]bool{}
	}
	if to != from {
		g[from][to] = true
	}
}

// expression adds what an expression names.
// https://developer.hashicorp.com/terraform/internals/json-format#expression-representation
func (g graph) expression(from string, expression *tfjson.Expression) {
	if expression == nil || expression.ExpressionData == nil {
		return
	}
	for _, reference := range expression.References {
		if node := nodeOf(reference); node != "" {
			g.add(from, node)
		}
	}
	for _, block := range expression.NestedBlocks {
		for _, inner := range block {
			g.expression(from, inner)
		}
	}
}

// nodeOf is the resource or the variable in a reference such as "aws_lb.a[0].arn"; empty if it is about something else.
func nodeOf(reference string) string {
	parts := strings.Split(reference, ".")
	if len(parts) < 2 || strings.HasPrefix(reference, "data.") || parts[0] != "var" && !strings.Contains(parts[0], "_") {
		return ""
	}
	name, _, _ := strings.Cut(parts[1], "[")
	return parts[0] + "." + name
}

// graphOf is the graph of a plan: as the configuration has it, and of what it does not have any more, as the state has it.
func graphOf(plan *tfjson.Plan) graph {
	g := graph{}
	if plan.Config != nil && plan.Config.RootModule != nil {
		for _, resource := range plan.Config.RootModule.Resources {
			if resource.Mode != tfjson.ManagedResourceMode {
				continue
			}
			for _, expression := range resource.Expressions {
				g.expression(resource.Address, expression)
			}
			for _, other := range resource.DependsOn {
				g.add(resource.Address, nodeOf(other))
			}
		}
	}
	if plan.PriorState != nil && plan.PriorState.Values != nil && plan.PriorState.Values.RootModule != nil {
		for _, resource := range plan.PriorState.Values.RootModule.Resources {
			if from := nodeOf(resource.Address); from != "" && g[from] == nil {
				for _, other := range resource.DependsOn {
					g.add(from, nodeOf(other))
				}
			}
		}
	}
	return g
}

// servicesOf are the names of the ECS services, such as "order-bot-svc", by what is theirs alone: what a service needs and no other one does, and
// what needs nothing of another one. What several have, or none, is not in it. owners are the services that need something, by what they need: a task
// definition of their own, and not those of the jobs with the same image. g is the graph of the plan.
func servicesOf(plan *tfjson.Plan, g graph) (theirs map[string]string, owners graph) {
	names := map[string]string{}
	for _, resource := range plan.ResourceChanges {
		if resource.Type != "aws_ecs_service" || resource.Change == nil || resource.DeposedKey != "" {
			continue
		}
		before, after := values(resource)
		if name := cmp.Or(tfvalue.Text(after, "name"), tfvalue.Text(before, "name")); name != "" {
			names[nodeOf(resource.Address)] = name
		}
	}
	owners = graph{}
	for service, name := range names {
		var visit func(node string)
		visit = func(node string) {
			if owners[node][name] {
				return
			}
			owners.add(node, name)
			for other := range g[node] {
				visit(other)
			}
		}
		visit(service)
	}
	// What needs something of one service is that service's, too: its scaling, its alias.
	parts := graph{}
	for more := true; more; {
		more = false
		for node, others := range g {
			if owners[node] != nil {
				continue
			}
			for other := range others {
				from := parts[other]
				if len(owners[other]) == 1 {
					from = owners[other]
				}
				for name := range from {
					more = more || !parts[node][name]
					parts.add(node, name)
				}
			}
		}
	}
	theirs = map[string]string{}
	for _, all := range []graph{owners, parts} {
		for node, names := range all {
			for name := range names {
				if len(names) == 1 {
					theirs[node] = name
				}
			}
		}
	}
	return theirs, owners
}
