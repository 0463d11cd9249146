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
	name string
	// value is where its value is put once it is declared: a *string, *float64, *[]string or *map[string]string. It has the
	// variable's type, so that what Terraform takes and what Go has cannot differ.
	value       any
	fallback    any // the default; nil makes the variable required
	example     any // a made-up value, for those that are required
	description string
	sensitive   bool
	rules       []rule
}

// variableScope is the id under which a stack has its variables: an output may have the name
// of a variable, and both are children of the stack otherwise.
const variableScope = "variable"

// declare creates the variables, and puts a token that stands for each where its value belongs.
func (s *stack) declare(variables []variable) {
	scope := constructs.NewConstruct(s, jsii.String(variableScope))
	for _, v := range variables {
		config := &cdktf.TerraformVariableConfig{
			Type:        jsii.String(v.kind()),
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
		v.set(cdktf.NewTerraformVariable(scope, jsii.String(v.name), config))
	}
}

// kind is the Terraform type of the variable.
func (v variable) kind() string {
	switch v.value.(type) {
	case *float64:
		return "number"
	case *[]string:
		return "list(string)"
	case *map[string]string:
		return "map(string)"
	default:
		return "string"
	}
}

// set puts the token of the declared variable where its value belongs.
func (v variable) set(declared cdktf.TerraformVariable) {
	switch value := v.value.(type) {
	case *float64:
		*value = *declared.NumberValue()
	case *[]string:
		for _, element := range *declared.ListValue() {
			*value = append(*value, *element)
		}
	case *map[string]string:
		*value = map[string]string{}
		for key, element := range *cdktf.Token_AsStringMap(declared.Value(), nil) {
			(*value)[key] = *element
		}
	default:
		*value.(*string) = *declared.StringValue()
	}
}
