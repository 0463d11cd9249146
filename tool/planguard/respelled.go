package planguard

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/order-bot/infra/tool/kinds"
)

// Respelling is an object that the state and the design write in different ways, though AWS takes both for one: a record by its label
// and by its full name, a cluster by its name and by its ARN. The provider would replace it, which deletes what serves.
type Respelling struct {
	// Address is where the design has it, and From where the state has it.
	Address, From string
	// Deposed is the key under which the state has it as an old object, which a killed deploy left. Mostly empty.
	Deposed string
	// Attributes are those that differ, as the design writes them.
	Attributes map[string]any
}

// Respellings are those of a plan, by address.
func Respellings(plan *tfjson.Plan) []Respelling {
	var all []Respelling
	for _, resource := range plan.ResourceChanges {
		if found := respelling(plan, resource); found != nil {
			all = append(all, *found)
		}
	}
	return all
}

// respelling tells of a resource whether a plan replaces it for another spelling only, or nil if not.
func respelling(plan *tfjson.Plan, resource *tfjson.ResourceChange) *Respelling {
	if resource.Change == nil || resource.DeposedKey != "" {
		return nil
	}
	switch actions := resource.Change.Actions; {
	case actions.Replace():
		before, after := values(resource)
		found := &Respelling{Address: resource.Address, From: stateAddress(resource), Attributes: map[string]any{}}
		for _, path := range resource.Change.ReplacePaths {
			name := pathOf(path)
			if !kinds.Of(resource.Type).Spelled(name, before, after) {
				return nil
			}
			found.Attributes[name] = after[name]
		}
		// One attribute of several may have another spelling, and another one another value.
		if len(found.Attributes) == 0 || len(kinds.Of(resource.Type).Identity) > 0 && !kinds.Of(resource.Type).Same(before, after) {
			return nil
		}
		return found
	case actions.Create():
		_, after := values(resource)
		at := slices.IndexFunc(plan.ResourceChanges, func(old *tfjson.ResourceChange) bool {
			was, _ := values(old)
			return old.Address == resource.Address && old.DeposedKey != "" && kinds.Of(resource.Type).Same(was, after)
		})
		if at < 0 {
			return nil
		}
		old := plan.ResourceChanges[at]
		was, _ := values(old)
		found := &Respelling{Address: resource.Address, From: stateAddress(old), Deposed: old.DeposedKey, Attributes: maps.Clone(after)}
		maps.DeleteFunc(found.Attributes, func(name string, _ any) bool { return !kinds.Of(resource.Type).Spelled(name, was, after) })
		return found
	}
	return nil
}

// stateAddress is where the state has a resource.
func stateAddress(resource *tfjson.ResourceChange) string {
	return cmp.Or(resource.PreviousAddress, resource.Address)
}

// respelled finds what is replaced, and would be destroyed, for another spelling.
func respelled(plan *tfjson.Plan, resource *tfjson.ResourceChange) []Refusal {
	spelled := respelling(plan, resource)
	if spelled == nil {
		return nil
	}
	return []Refusal{{
		Address: spelled.Address,
		Reason: "would be replaced by itself, so that it is gone in the end: the state has this very " + cmp.Or(kinds.Of(resource.Type).Title, "object") + ", with another spelling of " +
			strings.Join(slices.Sorted(maps.Keys(spelled.Attributes)), ", ") + ". With --recover, a deploy notes the new spelling in the state, and changes nothing in AWS",
		Never:   true,
		Recover: true,
	}}
}
