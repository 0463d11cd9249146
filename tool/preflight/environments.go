package preflight

import (
	"encoding/json"

	"github.com/order-bot/infra/tool/tfvalue"
)

// container is a container of a task definition, as far as it is looked at.
type container struct {
	Name, Image string
	Environment []struct {
		Name  string
		Value *string
	}
}

// containersOf are the containers of a task definition.
func containersOf(stack *Stack, address string) []container {
	var all []container
	if json.Unmarshal([]byte(tfvalue.Text(stack.Known[address], "container_definitions")), &all) != nil {
		return nil // they are not known
	}
	return all
}

// environments looks for environment variables without a value. ECS takes an empty one, and does not give it back: the provider then sees
// a difference in each plan. It never shows a value.
// https://github.com/hashicorp/terraform-provider-aws/issues/39533
func environments(stack *Stack) []Finding {
	var findings []Finding
	for _, address := range stack.ofType("aws_ecs_task_definition") {
		for _, is := range containersOf(stack, address) {
			var missing, empty []string
			for _, variable := range is.Environment {
				switch {
				case variable.Value == nil:
					missing = append(missing, variable.Name)
				case *variable.Value == "":
					empty = append(empty, variable.Name)
				}
			}
			finding := Finding{Subject: "environment of " + is.Name, Addresses: []string{address}}
			switch {
			case len(missing) > 0:
				finding = finding.never("null: %s. A variable has a text as its value, in quotes: leave it out, or give it one", list(sorted(missing)))
			case len(empty) > 0:
				finding = finding.is(Warning, "empty: %s. ECS drops a variable without a value, and each plan may show a new revision: leave it out, or give it a value", list(sorted(empty)))
			default:
				finding = finding.is(OK, "%d variables, each with a value", len(is.Environment))
			}
			findings = append(findings, finding)
		}
	}
	return findings
}
