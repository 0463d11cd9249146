// Package recovery finds what AWS has of a stack and the state lacks: what a deploy created that was
// killed before the engine saved it, or everything, if the state is gone. It changes nothing.
//
// A plan says what it would create, with names. What of that AWS has already is to be taken into the
// state, if it is ours: if its tags Project and Environment are those of the stack, or, where there are no tags,
// if it belongs to something that is ours.
package recovery

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	tfjson "github.com/hashicorp/terraform-json"

	"github.com/order-bot/infra/internal/stackjson"
	"github.com/order-bot/infra/internal/tfstate"
	"github.com/order-bot/infra/tool/kinds"
)

// Found is something that AWS has and the state lacks.
type Found struct {
	// Address is where the state is to have it.
	Address string
	// ID is what the provider imports it by; for Rewritten, what AWS calls it.
	ID string
	// Evidence says why it is the stack's.
	Evidence string
	// Rewritten tells that the provider cannot import it. To create it once more is to write it again.
	Rewritten bool
	// Differs says, for Rewritten, what AWS has and what it would be written as, attribute by attribute. Empty if that is the same.
	Differs []string
	// Replaces tells that the state has another object at this address, which this one was to replace.
	Replaces bool
	// From is, with Replaces, where the state has that one: this address, or an older one from which it moves.
	From string
	// RunBy is, for a task definition, the address of the service that runs it. It is empty if the state lacks that service, too.
	RunBy string

	// values are attributes that only AWS knows, such as arn, for what refers to them.
	values map[string]string
}

// Refusal is something that has the stack's name, and is not taken in.
type Refusal struct {
	Address, ID string
	// Reason says what it is instead, and what to do.
	Reason string
}

// Error makes a Refusal an error, for the rows of the table to return.
func (r *Refusal) Error() string { return r.Address + ": " + r.ID + ": " + r.Reason }

// Waiting is something that was found, and needs what AWS does not have.
type Waiting struct {
	Address string
	// Missing are the addresses that it needs, sorted.
	Missing []string
}

// Result is what Find finds, each sorted by address.
type Result struct {
	Found   []Found
	Refused []Refusal
	// Waiting are those of Found that cannot be taken in without creating what they need.
	Waiting []Waiting

	finder *finder
}

// Leave takes addresses out of what was found, as if AWS did not have them: a deploy creates them. What needs them waits.
func (r *Result) Leave(addresses []string) {
	r.Found = slices.DeleteFunc(r.Found, func(found Found) bool { return slices.Contains(addresses, found.Address) })
	for _, address := range addresses {
		r.finder.missing[address] = true
	}
	r.wait()
}

// wait notes what of Found needs something that AWS does not have.
func (r *Result) wait() {
	r.Waiting = nil
	for _, found := range r.Found {
		if missing := r.finder.needs(found.Address); len(missing) > 0 {
			r.Waiting = append(r.Waiting, Waiting{found.Address, missing})
		}
	}
}

// Addresses are those of what was found and can be taken in without creating or changing anything.
func (r *Result) Addresses() []string {
	var all []string
	for _, found := range r.Found {
		if len(found.Differs) == 0 && !slices.ContainsFunc(r.Waiting, func(w Waiting) bool { return w.Address == found.Address }) {
			all = append(all, found.Address)
		}
	}
	return all
}

// resource is a resource that the plan would create.
type resource struct {
	address, kind string
}

// finder has what the rows of the table share.
type finder struct {
	config aws.Config
	stack  *stackjson.Stack
	// planned are the values of all resources, by address, as far as they are known.
	planned map[string]map[string]any
	// missing are the resources that the plan would create, less what was found.
	missing map[string]bool
}

// Find asks AWS for all that plan, a plan of the whole stack, would create, also where that is to replace something in
// the state. config has the stack's region, and state is the one that the plan is based on. It returns an error if AWS does not answer, or if a type has no row in the table.
//
// What was found and what the state has are compared by what AWS knows them by: what the state has already, under whatever
// spelling, is not lacking, and nothing replaces itself.
func Find(ctx context.Context, config aws.Config, stack *stackjson.Stack, state *tfstate.State, plan *tfjson.Plan) (*Result, error) {
	f := &finder{config: config, stack: stack, planned: map[string]map[string]any{}, missing: map[string]bool{}}
	if plan.PlannedValues != nil && plan.PlannedValues.RootModule != nil {
		for _, planned := range plan.PlannedValues.RootModule.Resources {
			f.planned[planned.Address] = maps.Clone(planned.AttributeValues)
		}
	}
	var wanted []resource
	var problems []error
	changes := map[string]*tfjson.ResourceChange{}
	for _, change := range plan.ResourceChanges {
		if change.DeposedKey == "" {
			changes[change.Address] = change
		}
		if change.Mode != tfjson.ManagedResourceMode || change.Change == nil {
			continue
		}
		// What is destroyed first is gone from AWS before there is another one of its name.
		if actions := change.Change.Actions; !actions.Create() && !actions.CreateBeforeDestroy() {
			continue
		}
		if _, is := table[change.Type]; !is {
			problems = append(problems, fmt.Errorf("%s: internal/recovery has no row for %s", change.Address, change.Type))
		}
		wanted = append(wanted, resource{change.Address, change.Type})
		f.missing[change.Address] = true
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}

	result := &Result{finder: f}
	for _, r := range f.inOrder(wanted) {
		found, err := table[r.kind](ctx, f, r)
		refusal := (*Refusal)(nil)
		switch {
		case errors.As(err, &refusal):
			refusal.Address = r.address
			result.Refused = append(result.Refused, *refusal)
		case err != nil:
			problems = append(problems, fmt.Errorf("%s: %w", r.address, err))
		case found != nil && f.recorded(state, plan, r, found): // under another spelling, or it gives its name away in the same plan
		case found != nil:
			found.Address = r.address
			// Where AWS does not have the state's own any more, the plan has nothing before, and the state still has it.
			if change := changes[r.address]; !found.Rewritten && (change.Change.Before != nil || slices.Contains(state.Addresses(), r.address)) {
				found.Replaces, found.From = true, cmp.Or(change.PreviousAddress, r.address)
			}
			delete(f.missing, r.address)
			for name, value := range found.values {
				f.set(r.address, name, value)
			}
			result.Found = append(result.Found, *found)
		}
	}
	slices.SortFunc(result.Found, func(a, b Found) int { return cmp.Compare(a.Address, b.Address) })
	result.wait()
	slices.SortFunc(result.Refused, func(a, b Refusal) int { return cmp.Compare(a.Address, b.Address) })
	return result, errors.Join(problems...)
}

// recorded tells whether the state has the very object that was found, at any address.
func (f *finder) recorded(state *tfstate.State, plan *tfjson.Plan, r resource, found *Found) bool {
	for address, attributes := range state.Resources(r.kind) {
		if address != r.address && attributes["id"] == found.ID {
			return true
		}
	}
	is := map[string]any{}
	for _, name := range kinds.Of(r.kind).Attributes() {
		if value := f.value(r, name); value != "" {
			is[name] = value
		}
	}
	for name, value := range found.values {
		is[name] = value
	}
	return slices.ContainsFunc(plan.ResourceChanges, func(change *tfjson.ResourceChange) bool {
		if change.Type != r.kind || change.Change == nil {
			return false
		}
		was, _ := change.Change.Before.(map[string]any)
		return was != nil && kinds.Of(r.kind).Same(was, is)
	})
}

// Types are the resource types that can be recovered, sorted.
func Types() []string { return slices.Sorted(maps.Keys(table)) }

// inOrder sorts resources so that each comes after those that it refers to.
func (f *finder) inOrder(all []resource) []resource {
	byAddress := map[string]resource{}
	for _, r := range all {
		byAddress[r.address] = r
	}
	var sorted []resource
	seen := map[string]bool{}
	var visit func(address string)
	visit = func(address string) {
		if seen[address] {
			return
		}
		seen[address] = true
		for _, needed := range f.stack.References(address) {
			visit(needed)
		}
		if r, is := byAddress[address]; is {
			sorted = append(sorted, r)
		}
	}
	for _, r := range all {
		visit(r.address)
	}
	return sorted
}

// needs are the missing resources that an address needs, directly or through others.
func (f *finder) needs(address string) []string {
	found := map[string]bool{}
	seen := map[string]bool{}
	var visit func(string)
	visit = func(at string) {
		if seen[at] {
			return
		}
		seen[at] = true
		for _, needed := range f.stack.References(at) {
			if f.missing[needed] {
				found[needed] = true
			}
			visit(needed)
		}
	}
	visit(address)
	return slices.Sorted(maps.Keys(found))
}

// set notes a value that the plan does not know.
func (f *finder) set(address, name, value string) {
	if f.planned[address] == nil {
		f.planned[address] = map[string]any{}
	}
	f.planned[address][name] = value
}

// only matches an expression that is one reference and nothing else.
var only = regexp.MustCompile(`^\$\{(aws_[a-z0-9_]+\.[A-Za-z0-9_-]+)\.([a-z_]+)\}$`)

// value is the text of an attribute, or of one within a block: what the plan knows, or what the attribute
// refers to, if that is there. It is empty if neither is known.
func (f *finder) value(r resource, path ...string) string {
	if value := stackjson.Value(f.planned[r.address], path...); value != nil {
		return fmt.Sprint(value)
	}
	expression, _ := stackjson.Value(f.stack.At(r.address), path...).(string)
	if match := only.FindStringSubmatch(expression); match != nil && !f.missing[match[1]] {
		if value := f.planned[match[1]][match[2]]; value != nil {
			return fmt.Sprint(value)
		}
	}
	return ""
}

// owner is the resource of a type to which another one refers, if that is there; otherwise empty.
func (f *finder) owner(r resource, kind string) string {
	for _, address := range f.stack.References(r.address) {
		if strings.HasPrefix(address, kind+".") && !f.missing[address] {
			return address
		}
	}
	return ""
}

// byTags are the tags that say whose something is.
var byTags = []string{"Project", "Environment"}

// tagged returns what was found, if its tags are those of the resource, and a refusal otherwise.
func (f *finder) tagged(r resource, found *Found, tags map[string]string) (*Found, error) {
	var want, has []string
	for _, name := range byTags {
		planned := f.value(r, "tags", name)
		want = append(want, name+"="+planned)
		if tag, is := tags[name]; is {
			has = append(has, name+"="+tag)
		}
	}
	if !slices.Equal(want, has) {
		is := "neither"
		if len(has) > 0 {
			is = strings.Join(has, " ")
		}
		return nil, &Refusal{ID: found.ID, Reason: fmt.Sprintf("it is not this stack's: it should have the tags %s, and has %s", strings.Join(want, " "), is)}
	}
	found.Evidence = "tags " + strings.Join(has, " ")
	return found, nil
}
