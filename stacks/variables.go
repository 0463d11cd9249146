package stacks

import (
	"strings"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/hashicorp/terraform-cdk-go/cdktf"
)

// variable is an input of a deploy. It is a Terraform variable, not a Go value, so that a
// terraform.tfvars or TF_VAR_* sets it and no secret reaches the synthesized JSON.
type variable struct {
	name        string
	kind        string // a Terraform type; "" is string
	fallback    any    // the default; nil makes the variable required
	example     any    // a made-up value, for those that are required
	description string
	sensitive   bool
	rules       []rule
}

const (
	text     = "string"
	number   = "number"
	textList = "list(string)"
	textMap  = "map(string)"
)

// inputs are the values of a stack's variables: tokens, which stand for them. Where there is no
// stack yet, nothing is known of them.
type inputs map[string]any

// variableScope is the id under which a stack has its variables: an output may have the name
// of a variable, and both are children of the stack otherwise.
const variableScope = "variable"

// declare creates the variables.
func (s *stack) declare(variables []variable) inputs {
	scope := constructs.NewConstruct(s, jsii.String(variableScope))
	all := inputs{}
	for _, v := range variables {
		config := &cdktf.TerraformVariableConfig{
			Type:        jsii.String(v.kind),
			Description: jsii.String(v.description),
			Default:     v.fallback,
			// null means the default, or nothing where there is none: never a value.
			Nullable: jsii.Bool(false),
		}
		if v.sensitive {
			config.Sensitive = jsii.Bool(true)
		}
		validation := make([]*cdktf.TerraformVariableValidationConfig, len(v.rules))
		for i, r := range v.rules {
			validation[i] = &cdktf.TerraformVariableValidationConfig{
				Condition:    "${" + strings.ReplaceAll(r.condition, "VALUE", "var."+v.name) + "}",
				ErrorMessage: jsii.String(v.name + " must be " + r.allowed + "."),
			}
		}
		config.Validation = &validation
		all[v.name] = v.token(cdktf.NewTerraformVariable(scope, jsii.String(v.name), config))
	}
	return all
}

// token is the value of a declared variable, as its type has it in Go.
func (v variable) token(declared cdktf.TerraformVariable) any {
	switch v.kind {
	case number:
		return *declared.NumberValue()
	case textList:
		return values(*declared.ListValue())
	case textMap:
		token := *cdktf.Token_AsStringMap(declared.Value(), nil)
		all := make(map[string]string, len(token))
		for key, value := range token {
			all[key] = *value
		}
		return all
	default:
		return *declared.StringValue()
	}
}

func (in inputs) text(name string) string    { value, _ := in[name].(string); return value }
func (in inputs) number(name string) float64 { value, _ := in[name].(float64); return value }
func (in inputs) list(name string) []string  { value, _ := in[name].([]string); return value }
func (in inputs) dict(name string) map[string]string {
	value, _ := in[name].(map[string]string)
	return value
}

func values(pointers []*string) []string {
	all := make([]string, len(pointers))
	for i, pointer := range pointers {
		all[i] = *pointer
	}
	return all
}
