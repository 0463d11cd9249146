package observe

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	tfjson "github.com/hashicorp/terraform-json"

	"github.com/order-bot/infra/tool/kinds"
)

// Obstacle is what AWS would stop a destroy for, half-way.
type Obstacle struct {
	// Address is that of the resource that AWS would not delete.
	Address string
	// Reason says why not, and what to do first.
	Reason string
}

// Obstacles returns what AWS would stop a plan for that destroys a stack, sorted by type and address. It returns an error that names all of which AWS
// does not tell, beside the others.
func Obstacles(ctx context.Context, config aws.Config, plan *tfjson.Plan) ([]Obstacle, error) {
	goes := destroyed(plan)
	var all []Obstacle
	var problems []error
	for _, kind := range kinds.All() {
		if kind.InTheWay == nil {
			continue
		}
		for _, address := range slices.Sorted(maps.Keys(goes[kind.Type])) {
			reasons, err := kind.InTheWay(ctx, config, goes, goes[kind.Type][address])
			if err != nil {
				problems = append(problems, fmt.Errorf("%s: %w", address, err))
			}
			for _, reason := range reasons {
				all = append(all, Obstacle{address, reason})
			}
		}
	}
	return all, errors.Join(problems...)
}

func destroyed(plan *tfjson.Plan) kinds.Gone {
	all := kinds.Gone{}
	for _, resource := range plan.ResourceChanges {
		if resource.Change == nil || !resource.Change.Actions.Delete() || resource.DeposedKey != "" {
			continue
		}
		if all[resource.Type] == nil {
			all[resource.Type] = map[string]map[string]any{}
		}
		attributes, _ := resource.Change.Before.(map[string]any)
		all[resource.Type][resource.Address] = attributes
	}
	return all
}
