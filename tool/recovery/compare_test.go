package recovery

import (
	"encoding/json"
	"reflect"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"
)

// What only the provider knows is no difference, and neither is what is not known yet.
func TestDifferences(t *testing.T) {
	var plan tfjson.Plan
	if err := json.Unmarshal([]byte(`{"format_version": "1.2", "resource_changes": [
		{"address": "aws_ecs_service.a", "mode": "managed", "type": "aws_ecs_service", "change": {"actions": ["update"], "importing": {"id": "c/a"},
			"before": {"task_definition": "t:1", "timeouts": null}, "after": {"timeouts": {}}, "after_unknown": {"task_definition": true}}},
		{"address": "aws_ecs_service.b", "mode": "managed", "type": "aws_ecs_service", "change": {"actions": ["update"], "importing": {"id": "c/b"},
			"before": {"task_definition": "t:1", "timeouts": null}, "after": {"task_definition": "t:2", "timeouts": {}}}},
		{"address": "aws_ecs_service.c", "mode": "managed", "type": "aws_ecs_service", "change": {"actions": ["update"], "importing": {"id": "c/c"},
			"before": {"task_definition": "t:1", "timeouts": null}, "after": {"task_definition": "arn:aws:ecs:here:1:task-definition/t:1", "timeouts": {}}}},
		{"address": "aws_lb.a", "mode": "managed", "type": "aws_lb", "change": {"actions": ["update"], "before": {"idle_timeout": 1}, "after": {"idle_timeout": 2}}},
		{"address": "aws_lb.b", "mode": "managed", "type": "aws_lb", "change": {"actions": ["create"], "before": null, "after": {"idle_timeout": 2}}}
	]}`), &plan); err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{"aws_ecs_service.b": {"task_definition"}, "aws_lb.a": {"idle_timeout"}}
	if got := Differences(&plan); !reflect.DeepEqual(got, want) {
		t.Errorf("%v", got)
	}
}
