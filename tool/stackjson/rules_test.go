package stackjson

import (
	"os"
	"slices"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"github.com/order-bot/infra/tool/tfvars"
)

func TestVariable(t *testing.T) {
	for text, want := range map[string]string{
		"${var.vpc_id}": "vpc_id", "vpc_id": "", "${aws_lb.a.name}": "", "${var.a}-${var.b}": "", "x${var.a}": "", "": "",
	} {
		if got := Variable(text); got != want {
			t.Errorf("%s: %q", text, got)
		}
	}
	if got := Variable(nil); got != "" {
		t.Error(got)
	}
}

// What the rules refuse is what the engines refuse.
func TestRefused(t *testing.T) {
	stack, err := Parse([]byte(`{"variable": {
		"zone": {"validation": [{"condition": "${can(regex(\"^[A-Z0-9]{1,32}$\", var.zone))}", "error_message": "zone must be the id of a zone."}]},
		"b": {"validation": [
			{"condition": "${length(var.b) <= 3 && !endswith(var.b, \"-an\")}", "error_message": "b must be short."},
			{"condition": "${var.b != var.a}", "error_message": "b must be different from a."}]},
		"arn": {"validation": [{"condition": "${try(split(\":\", var.arn)[3] == var.region, false)}", "error_message": "arn must be in region."}]},
		"odd": {"validation": [{"condition": "${fileexists(var.odd)}", "error_message": "odd must be there."}]},
		"any": {}}}`))
	if err != nil {
		t.Fatal(err)
	}
	others := map[string]cty.Value{"a": cty.StringVal("x"), "region": cty.StringVal("eu")}
	for _, c := range []struct {
		name, value string
		others      map[string]cty.Value
		want        []string
	}{
		{"zone", "Z1", nil, nil},
		{"zone", "*", nil, []string{"the id of a zone"}},
		{"b", "x", nil, nil},
		{"b", "x", others, []string{"different from a"}},
		{"b", "x-an", others, []string{"short"}},
		{"arn", "a:b:c:eu", others, nil},
		{"arn", "a:b:c:us", others, []string{"in region"}},
		{"arn", "a", others, []string{"in region"}},
		{"odd", "x", nil, []string{"there"}},
		{"any", "*", nil, nil},
		{"none", "*", nil, nil},
	} {
		if got := stack.Refused(c.name, cty.StringVal(c.value), c.others); !slices.Equal(got, c.want) {
			t.Errorf("%s = %q: %q", c.name, c.value, got)
		}
	}
}

// The rules of the stacks' own texts call no function that is not known here: they take the values of the examples.
func TestRulesOfTheStacks(t *testing.T) {
	for _, name := range []string{"global", "prod"} {
		text, err := os.ReadFile("../../__tests__/__snapshots__/" + name + "_1.snap.json")
		if err != nil {
			t.Fatal(err)
		}
		stack, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		values, err := tfvars.Read([]string{"../../examples/" + name + ".tfvars"})
		if err != nil {
			t.Fatal(err)
		}
		refused := 0
		for variable, value := range values {
			if value.Type() != cty.String {
				continue
			}
			if got := stack.Refused(variable, value, values); len(got) > 0 {
				t.Errorf("%s: %s: %#v is not %q", name, variable, value, got)
			}
			refused += len(stack.Refused(variable, cty.StringVal("*"), values))
		}
		if refused < 5 {
			t.Errorf("%s: %d rules refuse *", name, refused)
		}
	}
}
