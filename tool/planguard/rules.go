package planguard

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/order-bot/infra/tool/kinds"
	"github.com/order-bot/infra/tool/tfvalue"
)

// refusals goes through all rules and all resources, and sorts what they find by address.
func refusals(plan *tfjson.Plan) []Refusal {
	var all []Refusal
	for _, rule := range []func(*tfjson.Plan, *tfjson.ResourceChange) []Refusal{
		destroyed, vanished, losing, newlyExpiring, undoing, cutOff, shutOut, shadowed, // a person may allow it
		taken, inUse, // AWS would refuse it
		respelled, needed, // it would be lost by mistake
	} {
		for _, resource := range plan.ResourceChanges {
			if resource.Change != nil {
				all = append(all, rule(plan, resource)...)
			}
		}
	}
	return sorted(append(all, untold(plan)...)) // nobody knows what that does
}

// sorted sorts refusals by address. What cannot be allowed, nobody needs to be asked for, nor for the old objects of its address.
func sorted(all []Refusal) []Refusal {
	never := map[string]bool{}
	for _, refusal := range all {
		never[refusal.Address] = never[refusal.Address] || refusal.Never
	}
	all = slices.DeleteFunc(all, func(r Refusal) bool { return !r.Never && (never[r.Address] || never[current(r.Address)]) })
	slices.SortStableFunc(all, func(a, b Refusal) int { return cmp.Compare(a.Address, b.Address) })
	return all
}

// record is the type of which nobody would miss the old one, if the new one is there first, and in the same hosted zone.
const record = "aws_route53_record"

// losesNothing tells whether nobody would miss what a plan replaces, because of what changes.
func losesNothing(plan *tfjson.Plan, resource *tfjson.ResourceChange) bool {
	harmless := kinds.Of(resource.Type).Harmless
	if harmless == nil || harmless.NewFirst && !resource.Change.Actions.CreateBeforeDestroy() {
		return false
	}
	return harmless.Attributes == nil || ownerGoes(plan, resource, harmless.Owner) || !slices.ContainsFunc(differing(resource), func(attribute string) bool {
		return !slices.Contains(harmless.Attributes, attribute)
	})
}

// differing are the attributes because of which a resource is replaced, and of those that say what it is the ones that differ, or that
// only the deploy will know. Another spelling is no difference.
func differing(resource *tfjson.ResourceChange) []string {
	before, after := sides(resource)
	var all []string
	for _, path := range resource.Change.ReplacePaths {
		name, _, _ := strings.Cut(pathOf(path), ".")
		all = append(all, name)
	}
	var distinctive []string // what says what it is, if a replacement may be harmless
	if harmless := kinds.Of(resource.Type).Harmless; harmless != nil {
		distinctive = harmless.Distinctive
	}
	for _, name := range distinctive {
		if !slices.Contains(all, name) && tfvalue.Size(before[name])+tfvalue.Size(after[name]) > 0 && !reflect.DeepEqual(before[name], after[name]) {
			all = append(all, name)
		}
	}
	if resource.Type == record && after["name"] == (tfvalue.Unknown{}) { // it may be any name, also the old one
		all = append(all, "a name that is not known")
	}
	return slices.DeleteFunc(all, func(name string) bool { return kinds.Of(resource.Type).Spelled(name, before, after) })
}

// ownerGoes tells whether what a resource was about goes, such as the service of a timetable: what belongs to it goes with it.
func ownerGoes(plan *tfjson.Plan, resource *tfjson.ResourceChange, ownerOf func(map[string]any) (string, map[string]any)) bool {
	if ownerOf == nil {
		return false
	}
	before, _ := values(resource)
	kind, owner := ownerOf(before)
	return slices.ContainsFunc(plan.ResourceChanges, func(other *tfjson.ResourceChange) bool {
		was, _ := values(other)
		return other.Type == kind && other.Change != nil && (other.Change.Actions.Delete() || other.Change.Actions.Replace()) && kinds.Of(kind).Same(was, owner)
	})
}

// outlived tells whether a plan leaves another record at the address of an old one, of which only the name was another one.
func outlived(plan *tfjson.Plan, old *tfjson.ResourceChange) bool {
	before, _ := values(old)
	return slices.ContainsFunc(plan.ResourceChanges, func(r *tfjson.ResourceChange) bool {
		if r.Address != old.Address || r.DeposedKey != "" || r.Change == nil || r.Change.Actions.Delete() || r.Change.Actions.Forget() {
			return false
		}
		_, after := values(r)
		renamed := maps.Clone(after)
		if renamed == nil || tfvalue.Size(after["name"]) == 0 {
			return false
		}
		renamed["name"], renamed["fqdn"] = before["name"], before["fqdn"]
		return !kinds.Of(record).Same(before, after) && kinds.Of(record).Same(before, renamed)
	})
}

// needed finds what is destroyed, also to be replaced, although another address has the very same object, and keeps it.
func needed(plan *tfjson.Plan, resource *tfjson.ResourceChange) (found []Refusal) {
	change, is := changeOf(resource)
	before, after := values(resource)
	if !is || change.Action != Destroy && (change.Action != Replace || kinds.Of(change.Type).Same(before, after)) {
		return nil
	}
	for _, other := range plan.ResourceChanges {
		if other == resource || other.Type != resource.Type || other.Change == nil {
			continue
		}
		was, is := values(other)
		if kinds.Of(change.Type).Same(before, was) && kinds.Of(change.Type).Same(before, is) {
			found = append(found, Refusal{
				Address: change.Address,
				Reason:  "would be destroyed, and " + other.Address + " has the same " + cmp.Or(kinds.Of(change.Type).Title, "object") + " and needs it: take " + resource.Address + " out of the state (terraform state rm), and run ./infra recover",
				Never:   true,
			})
		}
	}
	return found
}

// WholePlan stands for the address of a refusal that is about the plan itself. It cannot be allowed.
const WholePlan = "(the whole plan)"

// untold finds what a plan does, or leaves to a later one, without saying what becomes of AWS.
func untold(plan *tfjson.Plan) (found []Refusal) {
	for _, action := range plan.ActionInvocations {
		found = append(found, Refusal{Address: action.Address, Untold: true, Reason: "would run an action of the provider, which may stop or delete anything; look at what it does in the configuration"})
	}
	for _, deferred := range plan.DeferredChanges {
		found = append(found, Refusal{Address: deferred.ResourceChange.Address, Untold: true, Reason: "its change is left to a later plan: apply what comes before it, plan again, and look at that plan, too"})
	}
	if plan.Complete != nil && !*plan.Complete && len(plan.DeferredChanges) == 0 {
		found = append(found, Refusal{Address: WholePlan, Untold: true, Reason: "is not complete: it leaves something out, as with -target; plan again without that, for all of the stack"})
	}
	return found
}

// elsewhere is what to know of a record that moves to another hosted zone.
const elsewhere = "the name is gone from the zone that it is in, and nobody finds it unless the domain is delegated to the other one; if that is not what you want, " +
	"change hosted_zone_id back"

// destroyed finds what is destroyed, replaced, lost from the state, or treated in a way not known here.
func destroyed(plan *tfjson.Plan, resource *tfjson.ResourceChange) []Refusal {
	change, is := changeOf(resource)
	if !is {
		return nil
	}
	kind := kinds.Of(change.Type)
	var would, how string
	switch change.Action {
	case Update, Create, Import, Move:
		return nil
	case Replace:
		if losesNothing(plan, resource) {
			return nil
		}
		would = "would be replaced"
		if slices.Contains(differing(resource), "zone_id") && change.Type == record {
			would, how = "would move to another hosted zone", elsewhere
		}
		if kind.Harmless != nil && how == "" && change.Type != record {
			how = "what it was about stays, and has none of it any more"
		}
	case Destroy:
		if resource.DeposedKey != "" && change.Type == record && outlived(plan, resource) {
			return nil // a deploy was killed between the new one and the end of this one
		}
		would = "would be destroyed"
	case Forget:
		would = "would be lost from the state"
	default:
		would = fmt.Sprintf("would be changed in a way that the guard does not know (%s)", change.Action)
	}
	how = cmp.Or(how, kind.Instead)
	if before, _ := values(resource); before["skip_destroy"] == true && change.Type != "aws_ecs_task_definition" {
		how = "AWS keeps it (skip_destroy), and no state has it any more"
	}
	if change.Action == Replace && len(change.Attributes) > 0 {
		how = cmp.Or(kind.Replaced, how)
	}
	if how != "" && (change.Action == Destroy || change.Action == Replace) && resource.DeposedKey == "" {
		would += ": " + how
	}
	return []Refusal{{Address: change.Address, Reason: would}}
}

// vanished finds what the state has, AWS has no more, and the plan creates anew: so looks a plan
// with the credentials of another account, or for another region.
func vanished(plan *tfjson.Plan, resource *tfjson.ResourceChange) []Refusal {
	gone := slices.ContainsFunc(plan.ResourceDrift, func(drift *tfjson.ResourceChange) bool {
		return drift.Address == resource.Address && drift.Change != nil && drift.Change.Actions.Delete()
	})
	harmless := kinds.Of(resource.Type).Harmless
	if !gone || !resource.Change.Actions.Create() || harmless != nil && !harmless.NewFirst {
		return nil
	}
	return []Refusal{{Address: resource.Address, Reason: "would be created anew: the state has it, and AWS does not; are these the right account and region?"}}
}

// cutOff finds a service on whose port its security group closes: one that stays on it, or one that moves to another port in the same
// deploy. The group changes first, and cuts off the running tasks until the new ones serve.
func cutOff(plan *tfjson.Plan, service *tfjson.ResourceChange) (found []Refusal) {
	if service.Type != "aws_ecs_service" || !service.Change.Actions.Update() && !service.Change.Actions.NoOp() {
		return nil
	}
	before, after := values(service)
	for _, port := range containerPorts(before) {
		why := "would close the port of " + service.Address + ", and no request reaches it any more: leave it open for the load balancer's security group"
		if !slices.Contains(containerPorts(after), port) {
			if before["desired_count"] == 0.0 {
				continue // no task is running
			}
			why = "would close the port on which the running tasks of " + service.Address + " listen, before the new ones serve: " +
				"put the old port into PreviousPort of the service in design/services.go for this deploy, and take it out in the next"
		}
		for _, group := range plan.ResourceChanges {
			was, is := values(group)
			if group.Type == "aws_security_group" && is != nil && tfvalue.Holds(before["network_configuration"], was["id"]) && admits(was, port) && !admits(is, port) {
				found = append(found, Refusal{Address: group.Address, Reason: why})
			}
		}
	}
	return found
}

// shutOut finds whom a policy let in by name, such as a service of AWS, and lets in no more. Whom somebody let in in AWS is none of them.
func shutOut(plan *tfjson.Plan, resource *tfjson.ResourceChange) (found []Refusal) {
	if !resource.Change.Actions.Update() {
		return nil
	}
	before, _ := values(resource)
	after := tfvalue.WithUnknown(resource.Change.After, resource.Change.AfterUnknown)
	for _, attribute := range kinds.Policies {
		out := kinds.ShutOut(before[attribute], tfvalue.At(after, attribute))
		if drift := drifted(plan, resource); drift != nil {
			recorded := kinds.ShutOut(tfvalue.At(drift.Before, attribute), tfvalue.At(after, attribute))
			out = slices.DeleteFunc(out, func(who string) bool { return !slices.Contains(recorded, who) })
		}
		if len(out) > 0 {
			found = append(found, Refusal{Address: resource.Address, Reason: "would change " + attribute + ": somebody whom it let in by name is cut off"})
		}
	}
	return found
}

// containerPorts are the ports on which the load balancer reaches the tasks of a service.
func containerPorts(service map[string]any) (ports []float64) {
	for _, balancer := range tfvalue.List(service, "load_balancer") {
		if port, is := tfvalue.At(balancer, "container_port").(float64); is && !slices.Contains(ports, port) {
			ports = append(ports, port)
		}
	}
	return ports
}

// admits tells whether another group may reach a port of a security group.
func admits(group map[string]any, port float64) bool {
	return slices.ContainsFunc(tfvalue.List(group, "ingress"), func(rule any) bool {
		within := tfvalue.Number(rule, "from_port") <= port && port <= tfvalue.Number(rule, "to_port")
		return len(tfvalue.List(rule, "security_groups")) > 0 && (within || tfvalue.At(rule, "protocol") == "-1")
	})
}

// taken finds what gets a name, or a priority, that something else still has: AWS refuses the second one, and Terraform does not wait for the
// first to go.
func taken(plan *tfjson.Plan, resource *tfjson.ResourceChange) (found []Refusal) {
	kind := kinds.Of(resource.Type)
	if kind.Unique == "" || resource.Change.Actions.NoOp() || resource.DeposedKey != "" || respelling(plan, resource) != nil {
		return nil
	}
	before, after := named(resource)
	if kind.Same(before, after) {
		if resource.Change.Actions.CreateBeforeDestroy() {
			found = append(found, Refusal{Address: resource.Address, Reason: "would be created anew before the old one is deleted, and AWS takes its " + kind.Unique + " only once", Never: true})
		}
		return found
	}
	for _, other := range plan.ResourceChanges {
		had, _ := named(other)
		deposed := other.Address == resource.Address && other.DeposedKey != ""
		if other.Type == kind.Type && (deposed || other.Address != resource.Address) && kind.Same(had, after) {
			why := "would get the " + kind.Unique + " that %s still has: give one of the two a free " + kind.Unique + ", deploy, and then give the other one its own"
			switch {
			case deposed:
				why = "would get the name that an old object of %s still has, which a killed deploy left: first deploy the name that it has now, which deletes the old one"
			case other.Change.Actions.Delete():
				why = "would get what %s still has: if a key or an id has changed, change it back, or add a row from the old to the new address to design/renames.go, which keeps the resource"
			}
			found = append(found, Refusal{Address: resource.Address, Reason: fmt.Sprintf(why, other.Address), Never: true})
		}
	}
	return found
}

// named are the values before and after by which AWS knows a resource, without its ARN: that stays the same where a name changes in place, and
// here the name is the question.
func named(resource *tfjson.ResourceChange) (before, after map[string]any) {
	before, after = values(resource)
	before, after = maps.Clone(before), maps.Clone(after)
	delete(before, "arn")
	delete(after, "arn")
	return before, after
}

// inUse finds what is destroyed while something that stays uses it. AWS refuses that, after the
// provider has tried for up to 15 minutes. Who is in a security group by hand is in no plan.
func inUse(plan *tfjson.Plan, resource *tfjson.ResourceChange) []Refusal {
	held := kinds.Of(resource.Type).Held
	if held == nil || resource.DeposedKey != "" {
		return nil
	}
	actions := resource.Change.Actions
	anyway := actions.CreateBeforeDestroy() && held.Anyway
	if !actions.Delete() && !actions.DestroyBeforeCreate() && !anyway {
		return nil
	}
	before, _ := values(resource)
	user := slices.IndexFunc(plan.ResourceChanges, func(user *tfjson.ResourceChange) bool {
		if user.Change == nil || user.Address == resource.Address || user.Change.Actions.Delete() || user.Change.Actions.Replace() {
			return false
		}
		was, is := values(user)
		return tfvalue.Holds(was, before[held.Attribute]) && (actions.Replace() || tfvalue.Holds(is, before[held.Attribute]))
	})
	why := "would be deleted, which AWS refuses while " + held.Unseen
	switch {
	case user >= 0:
		why = "would be deleted while " + plan.ResourceChanges[user].Address + " uses it, which AWS refuses"
	case held.Unseen == "" || len(resource.Change.ReplacePaths) == 0:
		return nil
	}
	return []Refusal{{Address: resource.Address, Reason: why + ": " + kinds.Apart, Never: true}}
}

// sides are the attributes before a change and after it, with what is not known yet.
func sides(resource *tfjson.ResourceChange) (before, after map[string]any) {
	before, _ = resource.Change.Before.(map[string]any)
	after, _ = tfvalue.WithUnknown(resource.Change.After, resource.Change.AfterUnknown).(map[string]any)
	return before, after
}

// values are the attributes of a resource before and after.
func values(resource *tfjson.ResourceChange) (before, after map[string]any) {
	if resource.Change != nil {
		before, _ = resource.Change.Before.(map[string]any)
		after, _ = resource.Change.After.(map[string]any)
	}
	return before, after
}
