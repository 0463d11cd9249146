package stackjson

import (
	"encoding/json"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"github.com/order-bot/infra/tool/tfvalue"
)

// Known returns the attributes of all managed resources by address, with the values of variables in the place of the
// expressions, as a plan shows them in JSON. What an engine learns only from AWS is nil.
func (s *Stack) Known(variables map[string]cty.Value) map[string]map[string]any {
	known := map[string]map[string]any{}
	for _, address := range s.Managed() {
		known[address], _ = evaluate(s.At(address), variables).(map[string]any)
	}
	return known
}

// Region returns the region of the AWS provider; empty if the values of the variables do not tell it.
func (s *Stack) Region(variables map[string]cty.Value) string {
	for _, provider := range s.Provider["aws"] {
		return tfvalue.Text(evaluate(provider["region"], variables))
	}
	return ""
}

// functions are those that the attributes of resources call. What calls another one is not known.
var functions = map[string]function.Function{"element": stdlib.ElementFunc, "jsonencode": encode, "split": stdlib.SplitFunc}

// encode is jsonencode, but for what is not known yet: that is null.
var encode = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "value", Type: cty.DynamicPseudoType, AllowNull: true, AllowUnknown: true, AllowDynamicType: true}},
	Type:   function.StaticReturnType(cty.String),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		known, err := cty.Transform(args[0], func(_ cty.Path, value cty.Value) (cty.Value, error) {
			if !value.IsKnown() {
				return cty.NullVal(cty.DynamicPseudoType), nil
			}
			return value, nil
		})
		if err != nil {
			return cty.NilVal, err
		}
		return stdlib.JSONEncode(known)
	},
})

// evaluate puts values in the place of the expressions in a value, at any depth, and leaves the framework's comments out.
func evaluate(value any, variables map[string]cty.Value) any {
	switch value := value.(type) {
	case string:
		return template(value, variables)
	case []any:
		all := make([]any, len(value))
		for i, element := range value {
			all[i] = evaluate(element, variables)
		}
		return all
	case map[string]any:
		all := map[string]any{}
		for name, field := range value {
			if name != "//" {
				all[name] = evaluate(field, variables)
			}
		}
		return all
	}
	return value
}

// template is the value of a text with expressions; nil if it is not known.
func template(text string, variables map[string]cty.Value) any {
	if !strings.Contains(text, "${") && !strings.Contains(text, "%{") {
		return text
	}
	expression, problems := hclsyntax.ParseTemplate([]byte(text), "", hcl.InitialPos)
	if problems.HasErrors() {
		return nil
	}
	scope := map[string]cty.Value{"var": cty.DynamicVal}
	for _, traversal := range expression.Variables() {
		if root := traversal.RootName(); scope[root] == cty.NilVal {
			scope[root] = cty.DynamicVal // of a resource
		}
	}
	if len(variables) > 0 {
		scope["var"] = cty.ObjectVal(variables)
	}
	found, problems := expression.Value(&hcl.EvalContext{Variables: scope, Functions: functions})
	if problems.HasErrors() || !found.IsWhollyKnown() {
		return nil
	}
	encoded, err := ctyjson.Marshal(found, found.Type())
	if err != nil {
		return nil
	}
	var known any
	if json.Unmarshal(encoded, &known) != nil {
		return nil
	}
	return known
}
