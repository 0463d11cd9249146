// Package tfstate reads a Terraform state, as an engine shows it.
package tfstate

import (
	"iter"

	tfjson "github.com/hashicorp/terraform-json"
)

// Resources goes through the attributes of the managed resources of a type, such as
// "aws_ecs_service". A state in which nothing was ever deployed has none.
func Resources(state *tfjson.State, kind string) iter.Seq[map[string]any] {
	return func(yield func(map[string]any) bool) {
		if state.Values == nil || state.Values.RootModule == nil {
			return
		}
		for _, resource := range state.Values.RootModule.Resources {
			if resource.Mode == tfjson.ManagedResourceMode && resource.Type == kind && !yield(resource.AttributeValues) {
				return
			}
		}
	}
}
