package stackjson

import (
	"reflect"
	"testing"

	"github.com/zclconf/go-cty/cty"
)

// Values stand in the place of expressions, and what is not known is nil.
func TestKnown(t *testing.T) {
	stack, err := Parse([]byte(`{
		"provider": {"aws": [{"region": "${var.region}"}]},
		"resource": {"aws_ecs_service": {"svc": {
			"//": {"metadata": {}},
			"name": "svc", "count": 2, "off": false,
			"subnets": "${var.subnets}",
			"host": ["${var.name}.example.com"],
			"cluster": "${aws_ecs_cluster.c.id}",
			"id": "service/${aws_ecs_cluster.c.name}/svc",
			"missing": "${var.missing}",
			"price": "$${5}",
			"blocks": [{"port": "${var.port}"}],
			"label": "${element(split(\"-\", var.region), 1)}",
			"upper": "${upper(var.name)}",
			"containers": "${jsonencode([{image = var.name, environment = [for k, v in var.map : {name = k, value = v}], group = aws_cloudwatch_log_group.g.name}])}",
			"secrets": "${jsonencode([{image = var.name, from = \"arn:${element(split(\":\", data.aws_caller_identity.c.arn), 1)}:ssm\"}])}"
		}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	variables := map[string]cty.Value{
		"region":  cty.StringVal("ap-northeast-1"),
		"name":    cty.StringVal("api"),
		"port":    cty.NumberIntVal(8000),
		"subnets": cty.ListVal([]cty.Value{cty.StringVal("a"), cty.StringVal("b")}),
		"map":     cty.MapVal(map[string]cty.Value{"K": cty.StringVal("v")}),
	}
	want := map[string]map[string]any{"aws_ecs_service.svc": {
		"name": "svc", "count": 2.0, "off": false,
		"subnets":    []any{"a", "b"},
		"host":       []any{"api.example.com"},
		"cluster":    nil,
		"id":         nil,
		"missing":    nil,
		"price":      "${5}",
		"blocks":     []any{map[string]any{"port": 8000.0}},
		"label":      "northeast",
		"upper":      nil,
		"secrets":    `[{"from":null,"image":"api"}]`,
		"containers": `[{"environment":[{"name":"K","value":"v"}],"group":null,"image":"api"}]`,
	}}
	if got := stack.Known(variables); !reflect.DeepEqual(got, want) {
		t.Errorf("%v", got)
	}
	if got := stack.Region(variables); got != "ap-northeast-1" {
		t.Error(got)
	}
	if got := stack.Region(nil); got != "" {
		t.Error(got)
	}
}
