package stacks

import (
	"fmt"
	"strings"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/provider"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"github.com/order-bot/infra/internal/project"
)

// Project is the start of all names, and the tag Project.
const Project = "order-bot"

// stack is the base of all stacks. It embeds the framework's stack to say one thing in
// one place: what the addresses of its elements are.
type stack struct {
	cdktf.TerraformStack
}

// newStack creates a stack with its state, its provider and the moves into it.
func newStack(scope constructs.Construct, id string, state project.State, moved []Move) *stack {
	s := &stack{}
	cdktf.NewTerraformStack_Override(s, scope, jsii.String(id))

	// Terraform 1.10 brought the lock file of the S3 backend; OpenTofu has it from 1.10 on, too.
	// https://developer.hashicorp.com/terraform/language/backend/s3#state-locking
	s.AddOverride(jsii.String("terraform.required_version"), ">= 1.10.0")
	backend := cdktf.NewS3Backend(s, &cdktf.S3BackendConfig{
		Bucket:  jsii.String(state.Bucket),
		Region:  jsii.String(state.Region),
		Key:     jsii.String(id + "/terraform.tfstate"),
		Encrypt: jsii.Bool(true),
	})
	backend.AddOverride(jsii.String("use_lockfile"), true)

	// Written out, for Terraform and OpenTofu to resolve it to the same provider.
	s.AddOverride(jsii.String("terraform.required_providers.aws.source"), "hashicorp/aws")

	// The framework's own way to move asks a Terraform binary at synth.
	if len(moved) > 0 {
		blocks := make([]any, len(moved))
		for i, m := range moved {
			blocks[i] = map[string]any{"from": m.From, "to": m.To}
		}
		s.AddOverride(jsii.String("moved"), blocks)
	}
	return s
}

// Move tells Terraform that what its state has at one address is now at another.
// https://developer.hashicorp.com/terraform/language/modules/develop/refactoring
type Move struct {
	// From is the address of before, and To the one of now, such as "aws_ecs_service.ecs_svc_service".
	From, To string
}

// AllocateLogicalId is the one rule for addresses: a construct's path, without the stack and the scope of
// the variables, joined by "_". The framework calls it for each element.
func (s *stack) AllocateLogicalId(element any) *string {
	_, within, _ := strings.Cut(*element.(constructs.Construct).Node().Path(), "/")
	return jsii.String(strings.ReplaceAll(strings.TrimPrefix(within, variableScope+"/"), "/", "_"))
}

// allocateLogicalID is the same in JavaScript: Go would take six messages for each element. A test compares what both make.
const allocateLogicalID = `allocateLogicalId(element) {
	const within = element.node.path.split("/").slice(1);
	return (within[0] === "` + variableScope + `" ? within.slice(1) : within).join("_");
}`

// newProvider configures AWS for all resources of the stack.
func (s *stack) newProvider(region string) {
	provider.NewAwsProvider(s, jsii.String("aws"), &provider.AwsProviderConfig{
		Region: jsii.String(region),
	})
}

// newProviderIn configures AWS for those resources of the stack that name it: they are in another region.
// https://developer.hashicorp.com/terraform/language/providers/configuration#alias-multiple-provider-configurations
func (s *stack) newProviderIn(region string) cdktf.TerraformProvider {
	return provider.NewAwsProvider(s, jsii.String("aws_"+region), &provider.AwsProviderConfig{
		Region: jsii.String(region),
		Alias:  jsii.String(region),
	})
}

// output shows value after each deploy, which fails if one of the conditions does not hold.
func (s *stack) output(name, description string, value any, conditions ...*cdktf.Precondition) {
	output := cdktf.NewTerraformOutput(s, jsii.String(name), &cdktf.TerraformOutputConfig{
		Description: jsii.String(description),
		Value:       value,
	})
	// The framework takes one condition, Terraform any number.
	var all []any
	for _, condition := range conditions {
		all = append(all, map[string]any{"condition": condition.Condition, "error_message": *condition.ErrorMessage})
	}
	if len(all) > 0 {
		output.AddOverride(jsii.String("precondition"), all)
	}
}

// checkEnvironment lets a plan warn, by name, of the variables that a service's environment lacks, or has without a value.
// https://developer.hashicorp.com/terraform/language/block/check
func (s *stack) checkEnvironment(service Service) {
	required := service.required()
	if len(required) == 0 {
		return
	}
	variable := service.Variables.Environment
	names := make([]string, len(required))
	for i, name := range required {
		names[i] = quote(name)
	}
	// The values are secrets, the names are none.
	missing := fmt.Sprintf("nonsensitive(setsubtract([%s], [for name, value in var.%s : name if value != null && value != \"\"]))", strings.Join(names, ", "), variable)
	s.AddOverride(jsii.String("check."+variable), map[string]any{"assert": map[string]any{
		"condition":     "${length(" + missing + ") == 0}",
		"error_message": fmt.Sprintf(`%s lacks ${join(", ", %s)}, or a value there: the container of %s ends without.`, variable, missing, service.Name),
	}})
}
