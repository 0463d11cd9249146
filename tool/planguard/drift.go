package planguard

import (
	"slices"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/order-bot/infra/tool/kinds"
	"github.com/order-bot/infra/tool/tfvalue"
)

// drifted is what somebody changed of a resource in AWS since the last deploy: before is what the state has, after what AWS has. It
// is nil if nobody did.
// https://developer.hashicorp.com/terraform/internals/json-format (resource_drift)
func drifted(plan *tfjson.Plan, resource *tfjson.ResourceChange) *tfjson.Change {
	for _, drift := range plan.ResourceDrift {
		if drift.Address == resource.Address && drift.DeposedKey == resource.DeposedKey {
			return drift.Change
		}
	}
	return nil
}

// undo fills in what of a change takes back what somebody changed in AWS.
func (c *Change) undo(plan *tfjson.Plan, resource *tfjson.ResourceChange) {
	drift := drifted(plan, resource)
	if drift == nil {
		return
	}
	if drift.Actions.Delete() {
		c.Gone = c.Action == Create
		return
	}
	if c.Action != Update && c.Action != Replace {
		return
	}
	after := tfvalue.WithUnknown(resource.Change.After, resource.Change.AfterUnknown)
	paths := undone(nil, drift.Before, drift.After, after, drift.AfterSensitive)
	for _, path := range paths {
		if tag, is := strings.CutPrefix(path, "tags_all"); !is || !slices.Contains(paths, "tags"+tag) { // which has all that tags has
			c.Undone = append(c.Undone, path)
		}
	}
	if len(c.Undone) == 0 {
		return
	}
	for _, attribute := range c.Attributes {
		top := topOf(attribute)
		recorded, found, planned := tfvalue.At(drift.Before, top), tfvalue.At(drift.After, top), tfvalue.At(after, top)
		follows := planned == (tfvalue.Unknown{}) && !same(recorded, found) && !configured(plan, resource, top)
		if !same(recorded, planned) && !follows {
			c.own = append(c.own, attribute)
		}
	}
}

// onlyUndoes tells whether a change does nothing but take back what somebody did in AWS.
func (c Change) onlyUndoes() bool {
	return c.Gone || len(c.Undone) > 0 && len(c.own) == 0 && c.From == "" && !c.Imported
}

// topOf is the attribute with which a path begins.
func topOf(path string) string { return path[:strings.IndexAny(path+".", ".[")] }

// undone are the paths at which somebody changed a value in AWS, and a plan puts another one in its place. recorded is the value in the
// state, found the one in AWS, planned the one after the plan. A value that only the deploy will know is not said to be another one.
// Nothing within a sensitive value has a path of its own.
func undone(path []any, recorded, found, planned, sensitive any) []string {
	if same(recorded, found) || same(found, planned) || planned == (tfvalue.Unknown{}) {
		return nil
	}
	inside := func(step any, recorded, found, planned, sensitive any) []string {
		return undone(append(slices.Clone(path), step), recorded, found, planned, sensitive)
	}
	was, isMap := fields(recorded)
	is, isMapNow := fields(found)
	will, isMapThen := fields(planned)
	if isMap && isMapNow && isMapThen && sensitive != true {
		marks, _ := sensitive.(map[string]any)
		var paths []string
		for _, name := range union(was, is) {
			paths = append(paths, inside(name, was[name], is[name], will[name], marks[name])...)
		}
		return paths
	}
	before, now, then := tfvalue.List(recorded), tfvalue.List(found), tfvalue.List(planned)
	if blocks(before) && !rules(now) && len(before) == len(now) && len(now) == len(then) && sensitive != true {
		marks := tfvalue.List(sensitive)
		var paths []string
		for i := range now {
			var mark any
			if i < len(marks) {
				mark = marks[i]
			}
			paths = append(paths, inside(float64(i), before[i], now[i], then[i], mark)...)
		}
		return paths
	}
	if len(path) == 0 {
		return nil
	}
	return []string{pathOf(path)}
}

// fields are those of a map, of which none is an empty one.
func fields(value any) (map[string]any, bool) {
	if value == nil {
		return nil, true
	}
	all, is := value.(map[string]any)
	return all, is
}

// blocks tells whether a list is one of blocks.
func blocks(list []any) bool {
	return len(list) > 0 && !slices.ContainsFunc(list, func(element any) bool { _, is := element.(map[string]any); return !is })
}

// configured tells whether the configuration gives a value to an attribute, or does not say.
func configured(plan *tfjson.Plan, resource *tfjson.ResourceChange, attribute string) bool {
	if plan.Config == nil || plan.Config.RootModule == nil {
		return true
	}
	for _, one := range plan.Config.RootModule.Resources {
		if one.Address == resource.Address {
			return one.Expressions[attribute] != nil
		}
	}
	return true
}

// undoing finds what takes off a protection, or an observation, that somebody put on in AWS.
func undoing(plan *tfjson.Plan, resource *tfjson.ResourceChange) (found []Refusal) {
	if !resource.Change.Actions.Update() && !resource.Change.Actions.Replace() {
		return nil
	}
	before, _ := values(resource)
	after := tfvalue.WithUnknown(resource.Change.After, resource.Change.AfterUnknown)
	for _, loss := range kinds.Of(resource.Type).Protections {
		path := strings.Split(loss.Attribute, ".")
		why := byHand(plan, resource, loss.Attribute)
		if why != "" && loss.Loses(tfvalue.At(before, path...), tfvalue.At(after, path...)) {
			found = append(found, Refusal{Address: resource.Address, Reason: "would change " + loss.Attribute + ": " + loss.Reason + why})
		}
	}
	return found
}

// byHand says of an attribute that somebody changed in AWS how to keep that; empty if nobody did.
func byHand(plan *tfjson.Plan, resource *tfjson.ResourceChange, attribute string) string {
	drift, path := drifted(plan, resource), strings.Split(attribute, ".")
	if drift == nil || drift.Actions.Delete() || same(tfvalue.At(drift.Before, path...), tfvalue.At(drift.After, path...)) {
		return ""
	}
	top, kind := path[0], kinds.Of(resource.Type)
	switch option := kind.Options[top]; {
	case option != "":
		return ". Somebody set it in AWS; to keep it, set " + option
	case kind.Home != "":
		return ". Somebody set it in AWS, and the design has no option for it; to keep it, write " + top + " into " + kind.Home + ", or name it in ignore_changes there"
	}
	return ". Somebody set it in AWS; to keep it, write " + top + " into the configuration, or name it in ignore_changes"
}
