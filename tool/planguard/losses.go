package planguard

import (
	"reflect"
	"slices"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/order-bot/infra/tool/kinds"
	"github.com/order-bot/infra/tool/tfvalue"
)

// losing finds changes that lose something, though the resource stays or is there again at once.
func losing(plan *tfjson.Plan, resource *tfjson.ResourceChange) (found []Refusal) {
	if !resource.Change.Actions.Update() && !resource.Change.Actions.Replace() {
		return nil
	}
	if resource.Change.Actions.Replace() && !losesNothing(plan, resource) {
		return nil // which is refused in any case
	}
	before, _ := values(resource)
	after := tfvalue.WithUnknown(resource.Change.After, resource.Change.AfterUnknown)
	kind := kinds.Of(resource.Type)
	if expires := kind.Expires; expires != nil && resource.Change.Actions.Replace() && !reflect.DeepEqual(before[expires.Of], tfvalue.At(after, expires.Of)) {
		return nil // it is about something else from now on: see newlyExpiring
	}
	for _, loss := range slices.Concat(kinds.OfAnyType, kind.Losses) {
		if path := strings.Split(loss.Attribute, "."); loss.Loses(tfvalue.At(before, path...), tfvalue.At(after, path...)) {
			found = append(found, Refusal{Address: resource.Address, Reason: "would change " + loss.Attribute + ": " + loss.Reason + byHand(plan, resource, loss.Attribute)})
		}
	}
	return found
}

// newlyExpiring finds what begins to delete something of what was there before: a policy for a repository that had none.
func newlyExpiring(plan *tfjson.Plan, resource *tfjson.ResourceChange) []Refusal {
	expires := kinds.Of(resource.Type).Expires
	if expires == nil || resource.DeposedKey != "" || !resource.Change.Actions.Create() && !resource.Change.Actions.Replace() {
		return nil
	}
	before, after := sides(resource)
	if resource.Change.Actions.Replace() && reflect.DeepEqual(before[expires.Of], after[expires.Of]) || !expires.Begins(after) {
		return nil
	}
	created := slices.ContainsFunc(plan.ResourceChanges, func(owner *tfjson.ResourceChange) bool {
		if owner.Type != expires.Owner || owner.Change == nil || !owner.Change.Actions.Create() {
			return false
		}
		_, planned := values(owner)
		// What only the deploy will know is of something that it creates.
		return after[expires.Of] == (tfvalue.Unknown{}) || planned[expires.Name] != nil && reflect.DeepEqual(planned[expires.Name], after[expires.Of])
	})
	if created {
		return nil
	}
	why := ", and had no such rules"
	if expires.More == nil {
		why = ""
	}
	return []Refusal{{Address: resource.Address, Reason: "would begin to delete " + expires.Lost + ": the " + expires.Of + " is there already" + why}}
}
