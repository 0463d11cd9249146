package stackjson

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/tryfunc"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"

	"github.com/order-bot/infra/tool/tfvalue"
)

// Variable is the name of the variable whose value a text is, as in "${var.vpc_id}"; empty if it is something else.
func Variable(text any) string {
	name, found := strings.CutPrefix(tfvalue.Text(text), "${var.")
	name, ends := strings.CutSuffix(name, "}")
	if !found || !ends || !hclsyntax.ValidIdentifier(name) {
		return ""
	}
	return name
}

// Refused returns what the rules of a variable that refuse a value allow, in words, such as "a port, a whole number from 1 to 65535": none if
// all of them take it. A rule that compares with another variable is passed over if others lacks that one. A rule that calls a function that is
// not known here refuses all values.
func (s *Stack) Refused(name string, value cty.Value, others map[string]cty.Value) []string {
	var allowed []string
	for _, rule := range tfvalue.List(s.Variable[name], "validation") {
		if !holds(tfvalue.Text(rule, "condition"), name, value, others) {
			allowed = append(allowed, strings.TrimSuffix(strings.TrimPrefix(tfvalue.Text(rule, "error_message"), name+" must be "), "."))
		}
	}
	return allowed
}

// holds evaluates the condition of a rule.
func holds(condition, name string, value cty.Value, others map[string]cty.Value) bool {
	expression, problems := hclsyntax.ParseTemplate([]byte(condition), "", hcl.InitialPos)
	if problems.HasErrors() {
		return false
	}
	variables := map[string]cty.Value{}
	for _, reference := range expression.Variables() {
		if len(reference) < 2 {
			continue
		}
		if other, named := reference[1].(hcl.TraverseAttr); named {
			variables[other.Name] = cty.DynamicVal
			if known, found := others[other.Name]; found {
				variables[other.Name] = known
			}
		}
	}
	variables[name] = value
	result, problems := expression.Value(&hcl.EvalContext{
		Variables: map[string]cty.Value{"var": cty.ObjectVal(variables)}, Functions: functionsOfRules,
	})
	return !problems.HasErrors() && (!result.IsKnown() || result.RawEquals(cty.True))
}

// functionsOfRules are those of Terraform that the rules of texts call. https://developer.hashicorp.com/terraform/language/functions
var functionsOfRules = map[string]function.Function{
	"can":    tryfunc.CanFunc,
	"try":    tryfunc.TryFunc,
	"length": stdlib.StrlenFunc,
	"regex":  stdlib.RegexFunc,
	"split":  stdlib.SplitFunc,
	"endswith": function.New(&function.Spec{
		Params: []function.Parameter{{Name: "text", Type: cty.String}, {Name: "suffix", Type: cty.String}},
		Type:   function.StaticReturnType(cty.Bool),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			return cty.BoolVal(strings.HasSuffix(args[0].AsString(), args[1].AsString())), nil
		},
	}),
}
