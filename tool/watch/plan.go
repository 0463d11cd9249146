package watch

import (
	"fmt"

	tfjson "github.com/hashicorp/terraform-json"
)

// Services returns the services that a plan creates or changes.
func Services(plan *tfjson.Plan) (all []Service) {
	cluster := ""
	for _, change := range plan.ResourceChanges {
		if after, ok := change.Change.After.(map[string]any); ok && change.Type == "aws_ecs_cluster" {
			cluster, _ = after["name"].(string)
		}
	}
	for _, change := range plan.ResourceChanges {
		after, ok := change.Change.After.(map[string]any)
		if !ok || change.Type != "aws_ecs_service" || change.Mode != tfjson.ManagedResourceMode || change.Change.Actions.NoOp() {
			continue
		}
		service := Service{Address: change.Address, Name: fmt.Sprint(after["name"]), Cluster: cluster}
		if arn, ok := after["cluster"].(string); ok { // unless the deploy creates it
			service.Cluster = arn
		}
		breakers, _ := after["deployment_circuit_breaker"].([]any)
		for _, breaker := range breakers {
			settings, _ := breaker.(map[string]any)
			service.GoesBack = settings["enable"] == true && settings["rollback"] == true
		}
		all = append(all, service)
	}
	return all
}
