package recovery

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	tfjson "github.com/hashicorp/terraform-json"

	"github.com/order-bot/infra/internal/planguard"
	"github.com/order-bot/infra/internal/rollout"
	"github.com/order-bot/infra/internal/stackjson"
	"github.com/order-bot/infra/internal/tfstate"
	"github.com/order-bot/infra/tool/kinds"
)

// Compare says, a line each, where AWS has something else than a state. It finds each resource by its name, as Find does. What
// refers to something that is different is left out, and so is what stack does not have any more.
func Compare(ctx context.Context, config aws.Config, stack *stackjson.Stack, state *tfstate.State) []string {
	f := &finder{config: config, stack: stack, planned: map[string]map[string]any{}, missing: map[string]bool{}}
	var wanted []resource
	for _, kind := range Types() {
		for address, attributes := range state.Resources(kind) {
			if stack.At(address) == nil {
				continue
			}
			wanted = append(wanted, resource{address, kind})
			f.planned[address], f.missing[address] = maps.Clone(attributes), true
			f.config = rollout.In(f.config, fmt.Sprint(attributes["arn"])) // which has the stack's region, or none
		}
	}
	slices.SortFunc(wanted, func(a, b resource) int { return strings.Compare(a.address, b.address) })
	var lines []string
	for _, r := range f.inOrder(wanted) {
		if len(f.needs(r.address)) > 0 {
			continue
		}
		if different := f.compare(ctx, r); len(different) > 0 {
			lines = append(lines, different...)
			continue
		}
		delete(f.missing, r.address)
	}
	slices.Sort(lines)
	return lines
}

// compare says where AWS has something else of a resource than planned says.
func (f *finder) compare(ctx context.Context, r resource) []string {
	found, err := table[r.kind](ctx, f, r)
	refusal := (*Refusal)(nil)
	switch {
	case errors.As(err, &refusal):
		return []string{fmt.Sprintf("%s: AWS has %s: %s", r.address, refusal.ID, refusal.Reason)}
	case err != nil:
		return []string{fmt.Sprintf("%s: cannot be compared with AWS: %s", r.address, err)}
	case found == nil:
		return []string{r.address + ": AWS does not have it, and this version does"}
	}
	var lines []string
	for _, name := range []string{"arn", "id"} {
		if is, known := found.values[name]; known && is != f.planned[r.address][name] {
			return []string{fmt.Sprintf("%s: AWS has %s, and this version has %v", r.address, is, f.planned[r.address][name])}
		}
	}
	for _, differs := range found.Differs {
		lines = append(lines, fmt.Sprintf("%s: in AWS, %s", r.address, differs))
	}
	return lines
}

// Differences are, by address, the attributes that a plan would change in AWS in place. What no API gives back is none, and neither
// is what follows from another change of the plan, and is not known yet.
func Differences(plan *tfjson.Plan) map[string][]string {
	all := map[string][]string{}
	for _, resource := range plan.ResourceChanges {
		for _, change := range planguard.Of(&tfjson.Plan{ResourceChanges: []*tfjson.ResourceChange{resource}}).Changes {
			if change.Action != planguard.Update {
				continue
			}
			before, _ := resource.Change.Before.(map[string]any)
			after, _ := resource.Change.After.(map[string]any)
			unknown, _ := resource.Change.AfterUnknown.(map[string]any)
			for _, attribute := range change.Attributes {
				// The provider imports a service with family:revision where a design has the ARN.
				same := attribute == "task_definition" && rollout.LastPart(fmt.Sprint(before[attribute])) == rollout.LastPart(fmt.Sprint(after[attribute]))
				if !same && !slices.Contains(kinds.Of(change.Type).Unreadable, attribute) && unknown[attribute] != true && attribute != planguard.SensitivityOnly {
					all[change.Address] = append(all[change.Address], attribute)
				}
			}
		}
	}
	return all
}
