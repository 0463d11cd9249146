package planguard

import (
	"reflect"
	"slices"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/order-bot/infra/tool/tfvalue"
)

// Beyond says, a line each, what a plan would do that another one, which a person has seen, does not do: of a plan of a part of it, or of what is left
// once that part is done. It is empty if each change is one of those that were seen: at the same address, of the same kind, from the same values to
// the same values. A value that was not known when it was seen may be any one now.
func Beyond(plan, seen *tfjson.Plan) (lines []string) {
	earlier := map[string]*tfjson.ResourceChange{}
	for _, resource := range seen.ResourceChanges {
		if change, found := changeOf(resource); found {
			earlier[change.Address] = resource
		}
	}
	for _, resource := range plan.ResourceChanges {
		change, found := changeOf(resource)
		if !found {
			continue
		}
		switch was := earlier[change.Address]; {
		case was == nil:
			lines = append(lines, change.Address+": only now")
		case !within(resource, was):
			lines = append(lines, change.Address+": another change, or other values")
		}
	}
	known := map[string]bool{}
	for _, action := range seen.ActionInvocations {
		known[action.Address] = true
	}
	for _, action := range plan.ActionInvocations {
		if !known[action.Address] {
			lines = append(lines, action.Address+": only now")
		}
	}
	slices.Sort(lines)
	return lines
}

// within tells whether a change is the one that was seen, or a part of it.
func within(is, was *tfjson.ResourceChange) bool {
	now, _ := changeOf(is)
	then, _ := changeOf(was)
	if now.Action != then.Action || now.From != then.From || (is.Change.Importing == nil) != (was.Change.Importing == nil) {
		return false
	}
	if now.Action == Destroy || now.Action == Forget {
		return true
	}
	before, after := sides(is)
	beforeThen, afterThen := sides(was)
	for _, name := range union(before, after) {
		if reflect.DeepEqual(before[name], after[name]) {
			continue // also where somebody else has changed it: the number of tasks, for one
		}
		if reflect.DeepEqual(beforeThen[name], afterThen[name]) || !reflect.DeepEqual(before[name], beforeThen[name]) || !fits(after[name], afterThen[name]) {
			return false
		}
	}
	return true
}

// fits tells whether a value is the one that was seen, as far as that was known.
func fits(is, was any) bool {
	if was == (tfvalue.Unknown{}) {
		return true
	}
	switch was := was.(type) {
	case map[string]any:
		now, same := is.(map[string]any)
		return same && !slices.ContainsFunc(union(now, was), func(name string) bool { return !fits(now[name], was[name]) })
	case []any:
		now, same := is.([]any)
		return same && slices.EqualFunc(now, was, fits)
	}
	return reflect.DeepEqual(is, was)
}
