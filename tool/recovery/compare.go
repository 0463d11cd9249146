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

	"github.com/order-bot/infra/tool/aws/ecs"
	"github.com/order-bot/infra/tool/kinds"
	"github.com/order-bot/infra/tool/planguard"
	"github.com/order-bot/infra/tool/rollout"
	"github.com/order-bot/infra/tool/stackjson"
	"github.com/order-bot/infra/tool/tfstate"
)

// Compare says, a line each, where AWS has something else than a state. It finds each resource by its name, as Find does. What
// refers to something that is different is left out, and so is what stack does not have any more.
func Compare(ctx context.Context, config aws.Config, stack *stackjson.Stack, state *tfstate.State) []string {
	f := newSearch(config, stack)
	var wanted []kinds.Resource
	for _, kind := range kinds.All() {
		for address, attributes := range state.Resources(kind.Type) {
			if kind.Find == nil || stack.At(address) == nil {
				continue
			}
			wanted = append(wanted, kinds.Resource{Address: address, Type: kind.Type})
			f.Planned[address], f.Missing[address] = maps.Clone(attributes), true
			f.Config = rollout.In(f.Config, fmt.Sprint(attributes["arn"])) // which has the stack's region, or none
		}
	}
	slices.SortFunc(wanted, func(a, b kinds.Resource) int { return strings.Compare(a.Address, b.Address) })
	var lines []string
	for _, r := range inOrder(stack, wanted) {
		if len(f.Needs(r.Address)) > 0 {
			continue
		}
		if different := compare(ctx, f, r); len(different) > 0 {
			lines = append(lines, different...)
			continue
		}
		delete(f.Missing, r.Address)
	}
	slices.Sort(lines)
	return lines
}

// compare says where AWS has something else of a resource than planned says.
func compare(ctx context.Context, f *kinds.Search, r kinds.Resource) []string {
	found, err := kinds.Of(r.Type).Find(ctx, f, r)
	refusal := (*kinds.Refusal)(nil)
	switch {
	case errors.As(err, &refusal):
		return []string{fmt.Sprintf("%s: AWS has %s: %s", r.Address, refusal.ID, refusal.Reason)}
	case err != nil:
		return []string{fmt.Sprintf("%s: cannot be compared with AWS: %s", r.Address, err)}
	case found == nil:
		return []string{r.Address + ": AWS does not have it, and this version does"}
	}
	var lines []string
	for _, name := range []string{"arn", "id"} {
		if is, known := found.Values[name]; known && is != f.Planned[r.Address][name] {
			return []string{fmt.Sprintf("%s: AWS has %s, and this version has %v", r.Address, is, f.Planned[r.Address][name])}
		}
	}
	for _, differs := range found.Differs {
		lines = append(lines, fmt.Sprintf("%s: in AWS, %s", r.Address, differs))
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
				same := attribute == "task_definition" && ecs.LastPart(fmt.Sprint(before[attribute])) == ecs.LastPart(fmt.Sprint(after[attribute]))
				if !same && !slices.Contains(kinds.Of(change.Type).Unreadable, attribute) && unknown[attribute] != true && attribute != planguard.SensitivityOnly {
					all[change.Address] = append(all[change.Address], attribute)
				}
			}
		}
	}
	return all
}
