package watch

import (
	"encoding/json"
	"reflect"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"
)

func TestServices(t *testing.T) {
	const breaker = `"deployment_circuit_breaker": [{"enable": true, "rollback": true}]`
	service := func(name, actions, after string) string {
		return `{"address": "aws_ecs_service.` + name + `", "mode": "managed", "type": "aws_ecs_service", "name": "` + name + `", "change": {"actions": ` + actions + `, "after": ` + after + `}}`
	}
	text := `{"format_version": "1.2", "resource_changes": [
		` + service("new", `["create"]`, `{"name": "new", `+breaker+`}`) + `,
		` + service("changed", `["update"]`, `{"name": "changed", "cluster": "arn:c", `+breaker+`}`) + `,
		` + service("again", `["delete", "create"]`, `{"name": "again", "cluster": "arn:c", "deployment_circuit_breaker": [{"enable": true, "rollback": false}]}`) + `,
		` + service("alone", `["update"]`, `{"name": "alone", "cluster": "arn:c", "deployment_circuit_breaker": []}`) + `,
		` + service("as-it-is", `["no-op"]`, `{"name": "as-it-is", "cluster": "arn:c"}`) + `,
		` + service("gone", `["delete"]`, `null`) + `,
		{"address": "aws_ecs_cluster.c", "mode": "managed", "type": "aws_ecs_cluster", "name": "c", "change": {"actions": ["create"], "after": {"name": "order-bot"}}}]}`
	var plan tfjson.Plan
	if err := json.Unmarshal([]byte(text), &plan); err != nil {
		t.Fatal(err)
	}
	want := []Service{
		{"aws_ecs_service.new", "new", "order-bot", true}, {"aws_ecs_service.changed", "changed", "arn:c", true},
		{"aws_ecs_service.again", "again", "arn:c", false}, {"aws_ecs_service.alone", "alone", "arn:c", false},
	}
	if got := Services(&plan); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
}
