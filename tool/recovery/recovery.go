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
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	tfjson "github.com/hashicorp/terraform-json"

	"github.com/order-bot/infra/tool/kinds"
	"github.com/order-bot/infra/tool/stackjson"
	"github.com/order-bot/infra/tool/tfstate"
)

// Waiting is something that was found, and needs what AWS does not have.
type Waiting struct {
	Address string
	// Missing are the addresses that it needs, sorted.
	Missing []string
}

// Result is what Find finds, each sorted by address.
type Result struct {
	Found   []kinds.Found
	Refused []kinds.Refusal
	// Waiting are those of Found that cannot be taken in without creating what they need.
	Waiting []Waiting

	search *kinds.Search
}

// Leave takes addresses out of what was found, as if AWS did not have them: a deploy creates them. What needs them waits.
func (r *Result) Leave(addresses []string) {
	r.Found = slices.DeleteFunc(r.Found, func(found kinds.Found) bool { return slices.Contains(addresses, found.Address) })
	for _, address := range addresses {
		r.search.Missing[address] = true
	}
	r.wait()
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

// wait notes what of Found needs something that AWS does not have.
func (r *Result) wait() {
	r.Waiting = nil
	for _, found := range r.Found {
		if missing := r.search.Needs(found.Address); len(missing) > 0 {
			r.Waiting = append(r.Waiting, Waiting{found.Address, missing})
		}
	}
}

// newSearch is a search of which nothing is known yet.
func newSearch(config aws.Config, stack *stackjson.Stack) *kinds.Search {
	return &kinds.Search{Config: config, Stack: stack, Planned: map[string]map[string]any{}, Missing: map[string]bool{}}
}

// Find asks AWS for all that plan, a plan of the whole stack, would create, also where that is to replace something in
// the state. config has the stack's region, and state is the one that the plan is based on. It returns an error if AWS does not answer, or if nobody knows how to find a type.
//
// What was found and what the state has are compared by what AWS knows them by: what the state has already, under whatever
// spelling, is not lacking, and nothing replaces itself.
func Find(ctx context.Context, config aws.Config, stack *stackjson.Stack, state *tfstate.State, plan *tfjson.Plan) (*Result, error) {
	f := newSearch(config, stack)
	if plan.PlannedValues != nil && plan.PlannedValues.RootModule != nil {
		for _, planned := range plan.PlannedValues.RootModule.Resources {
			f.Planned[planned.Address] = maps.Clone(planned.AttributeValues)
		}
	}
	var wanted []kinds.Resource
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
		if kinds.Of(change.Type).Find == nil {
			problems = append(problems, fmt.Errorf("%s: tool/kinds does not say how to find %s", change.Address, change.Type))
		}
		wanted = append(wanted, kinds.Resource{Address: change.Address, Type: change.Type})
		f.Missing[change.Address] = true
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}

	result := &Result{search: f}
	for _, r := range inOrder(stack, wanted) {
		found, err := kinds.Of(r.Type).Find(ctx, f, r)
		refusal := (*kinds.Refusal)(nil)
		switch {
		case errors.As(err, &refusal):
			refusal.Address = r.Address
			result.Refused = append(result.Refused, *refusal)
		case err != nil:
			problems = append(problems, fmt.Errorf("%s: %w", r.Address, err))
		case found != nil && recorded(f, state, plan, r, found): // under another spelling, or it gives its name away in the same plan
		case found != nil:
			found.Address = r.Address
			// Where AWS does not have the state's own any more, the plan has nothing before, and the state still has it.
			if change := changes[r.Address]; !found.Rewritten && (change.Change.Before != nil || slices.Contains(state.Addresses(), r.Address)) {
				found.Replaces, found.From = true, cmp.Or(change.PreviousAddress, r.Address)
			}
			delete(f.Missing, r.Address)
			if f.Planned[r.Address] == nil {
				f.Planned[r.Address] = map[string]any{}
			}
			for name, value := range found.Values { // which the plan does not know
				f.Planned[r.Address][name] = value
			}
			result.Found = append(result.Found, *found)
		}
	}
	slices.SortFunc(result.Found, func(a, b kinds.Found) int { return cmp.Compare(a.Address, b.Address) })
	result.wait()
	slices.SortFunc(result.Refused, func(a, b kinds.Refusal) int { return cmp.Compare(a.Address, b.Address) })
	return result, errors.Join(problems...)
}

// recorded tells whether the state has the very object that was found, at any address.
func recorded(f *kinds.Search, state *tfstate.State, plan *tfjson.Plan, r kinds.Resource, found *kinds.Found) bool {
	for address, attributes := range state.Resources(r.Type) {
		if address != r.Address && attributes["id"] == found.ID {
			return true
		}
	}
	is := map[string]any{}
	for _, name := range kinds.Of(r.Type).Attributes() {
		if value := f.Value(r, name); value != "" {
			is[name] = value
		}
	}
	for name, value := range found.Values {
		is[name] = value
	}
	return slices.ContainsFunc(plan.ResourceChanges, func(change *tfjson.ResourceChange) bool {
		if change.Type != r.Type || change.Change == nil {
			return false
		}
		was, _ := change.Change.Before.(map[string]any)
		return was != nil && kinds.Of(r.Type).Same(was, is)
	})
}

// inOrder sorts resources so that each comes after those that it refers to.
func inOrder(stack *stackjson.Stack, all []kinds.Resource) []kinds.Resource {
	byAddress := map[string]kinds.Resource{}
	for _, r := range all {
		byAddress[r.Address] = r
	}
	var sorted []kinds.Resource
	seen := map[string]bool{}
	var visit func(address string)
	visit = func(address string) {
		if seen[address] {
			return
		}
		seen[address] = true
		for _, needed := range stack.References(address) {
			visit(needed)
		}
		if r, is := byAddress[address]; is {
			sorted = append(sorted, r)
		}
	}
	for _, r := range all {
		visit(r.Address)
	}
	return sorted
}
