package main

import (
	"slices"
	"testing"

	"github.com/order-bot/infra/tool/stackjson"
	"github.com/order-bot/infra/tool/tfstate"
)

// What a stack has, and its state has not.
func TestUndeployed(t *testing.T) {
	stack, err := stackjson.Parse([]byte(`{"resource": {"aws_lb": {"a": {}}, "aws_ecs_service": {"b": {}, "c": {}}},
		"moved": [{"from": "module.ecs.aws_ecs_service.old", "to": "aws_ecs_service.b"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string][]string{
		`[]`: {"aws_ecs_service.b", "aws_ecs_service.c", "aws_lb.a"},
		`[{"mode": "managed", "type": "aws_lb", "name": "a", "instances": [{}]}]`: {"aws_ecs_service.b", "aws_ecs_service.c"},
		`[{"module": "module.ecs", "mode": "managed", "type": "aws_ecs_service", "name": "old", "instances": [{}]},
			{"mode": "managed", "type": "aws_ecs_service", "name": "c", "instances": [{}]}, {"mode": "managed", "type": "aws_lb", "name": "a", "instances": [{}]}]`: nil,
	} {
		state, err := tfstate.Read([]byte(`{"version": 4, "resources": ` + text + `}`))
		if err != nil {
			t.Fatal(err)
		}
		if got := undeployed(stack, state); !slices.Equal(got, want) {
			t.Errorf("%s: %q, not %q", text, got, want)
		}
	}
}
