package tfvars

import (
	"encoding/json"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// Resolve returns the values that a plan gives to the variables of a stack, by name: the last one of the default, the environment, the
// files in their order, and given, which are texts. declared are the variables as the stack's JSON has them. A variable
// without a value, or with one that is not of its type, is left out: the engine refuses it.
// https://developer.hashicorp.com/terraform/language/values/variables#variable-definition-precedence
func Resolve(declared map[string]map[string]any, files, environment []string, given map[string]string) (map[string]cty.Value, error) {
	texts := textsIn(environment)
	inFiles, err := Read(files)
	if err != nil {
		return nil, err
	}
	resolved := map[string]cty.Value{}
	for name, variable := range declared {
		constraint := constraintOf(variable["type"])
		value, found := inFiles[name]
		if text, is := given[name]; is {
			value, found = cty.StringVal(text), true
		} else if text, is := texts[name]; is && !found {
			value, found = fromText(text, constraint)
		}
		if !found || value.IsNull() {
			value, found = fallback(variable)
		}
		if !found {
			continue
		}
		if converted, err := convert.Convert(value, constraint); err == nil && converted.IsWhollyKnown() {
			resolved[name] = converted
		}
	}
	return resolved, nil
}

// constraintOf is the type of a variable; any type if it has none.
func constraintOf(kind any) cty.Type {
	text, _ := kind.(string)
	expression, problems := hclsyntax.ParseExpression([]byte(text), "", hcl.InitialPos)
	if problems.HasErrors() {
		return cty.DynamicPseudoType
	}
	constraint, problems := typeexpr.TypeConstraint(expression)
	if problems.HasErrors() {
		return cty.DynamicPseudoType
	}
	return constraint
}

// fromText is a value of the environment: a text as it is, and an expression where a variable is no text.
func fromText(text string, constraint cty.Type) (value cty.Value, found bool) {
	if constraint.IsPrimitiveType() {
		return cty.StringVal(text), true
	}
	expression, problems := hclsyntax.ParseExpression([]byte(text), "", hcl.InitialPos)
	if problems.HasErrors() {
		return cty.NilVal, false
	}
	value, problems = expression.Value(nil)
	return value, !problems.HasErrors()
}

// fallback is the default of a variable.
func fallback(variable map[string]any) (value cty.Value, found bool) {
	given, is := variable["default"]
	if !is {
		return cty.NilVal, false
	}
	text, err := json.Marshal(given)
	if err != nil {
		return cty.NilVal, false
	}
	value, err = valueOf(text)
	return value, err == nil
}
