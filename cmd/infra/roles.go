package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/order-bot/infra/internal/roles"
	"github.com/order-bot/infra/internal/tfvars"
	"github.com/order-bot/infra/stacks"
)

// rolesCommand writes the policies of the pipeline's roles.
type rolesCommand struct {
	Account    string   `required:"" placeholder:"NUMBER" help:"The AWS account, 12 digits."`
	Repository string   `required:"" placeholder:"OWNER/REPO" help:"The GitHub repository, as its tokens name it: OWNER/REPO or OWNER@ID/REPO@ID."`
	HostName   []string `placeholder:"NAME" help:"A host name that the roles may change, too: the old one, while it changes. May be repeated."`
	Out        string   `placeholder:"DIR" default:".roles" help:"Where to write. Default: .roles."`
}

// Run writes two files for each role: NAME.trust.json and NAME.policy.json.
func (c rolesCommand) Run() error {
	settings, err := os.ReadFile("cdktf.json")
	if err != nil {
		return err
	}
	state, err := stacks.ReadState(settings)
	if err != nil {
		return err
	}
	pipeline := roles.Pipeline{Account: c.Account, Repository: c.Repository, Project: stacks.Project, StateBucket: state.Bucket}
	var problems []error
	for _, name := range stacks.Names() {
		stack, err := c.stack(name)
		problems = append(problems, err)
		pipeline.Stacks = append(pipeline.Stacks, stack)
	}
	all, err := pipeline.Roles()
	if err := errors.Join(append(problems, err)...); err != nil {
		return err
	}
	if err := os.MkdirAll(c.Out, 0o755); err != nil {
		return err
	}
	for _, role := range all {
		for kind, document := range map[string]roles.Document{"trust": role.Trust, "policy": role.Policy} {
			text, err := json.MarshalIndent(document, "", "  ")
			if err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(c.Out, role.Name+"."+kind+".json"), append(text, '\n'), 0o644); err != nil {
				return err
			}
		}
		fmt.Println(role.Name)
	}
	return nil
}

// stack returns what the roles have to know of a stack, from its values.
func (c rolesCommand) stack(name string) (roles.Stack, error) {
	stack := roles.Stack{Name: name}
	fields := map[string]*string{"aws_region": &stack.Region, "hosted_zone_id": &stack.Zone}
	if name == stacks.GlobalName {
		fields["frontend_bucket_name"] = &stack.Bucket
	} else {
		fields["vpc_id"] = &stack.VPC
	}
	domains := stacks.Domains(name)
	names := make([]string, len(domains))
	for i, variable := range domains {
		fields[variable] = &names[i]
	}
	err := tfvars.Texts(name, tfvars.Files(".", name), fields)
	stack.HostNames = slices.Concat(names, c.HostName)
	return stack, err
}
