// Package stacks composes the modules into the two stacks, global and prod.
package stacks

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/provider"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"github.com/order-bot/infra/internal/check"
	"github.com/order-bot/infra/modules/s3"
)

// project is the start of all names and the tag Project.
const project = "order-bot"

// State says where the stacks keep their Terraform state: in one S3 bucket, each under a key of its own.
type State struct {
	// Bucket is the bucket's name.
	Bucket string `json:"stateBucket"`
	// Region is the bucket's region, such as "ap-northeast-1".
	Region string `json:"stateRegion"`
}

// What regions are named in all partitions, such as us-gov-west-1 and eusc-de-east-1.
// https://github.com/aws/aws-sdk-go-v2/blob/main/internal/endpoints/awsrulesfn/partitions.json
const (
	regionPattern = `^(?:[a-z]{2}|eusc)(?:-[a-z]+)+-\d+$`
	regionAllowed = "an AWS region, such as ap-northeast-1"
)

var region = regexp.MustCompile(regionPattern)

// ReadState reads the state's bucket and region from the context of a cdktf.json, where they
// are stateBucket and stateRegion. It returns an error that names every field that is wrong.
func ReadState(cdktfJSON []byte) (State, error) {
	var file struct{ Context State }
	if err := json.Unmarshal(cdktfJSON, &file); err != nil {
		return State{}, fmt.Errorf("cdktf.json: %w", err)
	}
	state := file.Context
	var p check.Problems
	s3.ValidateBucketName(&p, "context.stateBucket", state.Bucket)
	p.Name("context.stateRegion", state.Region, 32, region, regionAllowed)
	return state, check.Prefix("cdktf.json", p.Err())
}

// stack is the base of both stacks. It embeds the framework's stack to say one thing in
// one place: what the addresses of its elements are.
type stack struct {
	cdktf.TerraformStack
}

// newStack creates a stack with its state, its provider and the moves into it.
func newStack(scope constructs.Construct, id string, state State, moves []move) *stack {
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
	if len(moves) > 0 {
		blocks := make([]any, len(moves))
		for i, m := range moves {
			blocks[i] = map[string]any{"from": m.from, "to": m.to}
		}
		s.AddOverride(jsii.String("moved"), blocks)
	}
	return s
}

// AllocateLogicalId is the one rule for addresses: a construct's path, without the stack,
// joined by "_". The framework calls it for each element but variables.
func (s *stack) AllocateLogicalId(element any) *string {
	// ToString is the path, for one message to Node where Node().Path() takes two.
	_, within, _ := strings.Cut(*element.(constructs.Construct).ToString(), "/")
	return jsii.String(strings.ReplaceAll(within, "/", "_"))
}

// newProvider configures AWS for all resources of the stack.
func (s *stack) newProvider(region string) {
	provider.NewAwsProvider(s, jsii.String("aws"), &provider.AwsProviderConfig{
		Region: jsii.String(region),
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

// tagsOf are the tags of a stack's resources.
func tagsOf(environment string) map[string]string {
	return map[string]string{
		"Project":     project,
		"Environment": environment,
		"ManagedBy":   "terraform",
	}
}
