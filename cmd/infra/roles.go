package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	known "github.com/order-bot/infra/internal/project"
	"github.com/order-bot/infra/internal/replace"
	"github.com/order-bot/infra/tool/iampolicy"
	"github.com/order-bot/infra/tool/roles"
	"github.com/order-bot/infra/tool/stackjson"
	"github.com/order-bot/infra/tool/tfvars"
)

// rolesCommand writes the policies of the pipeline's roles.
type rolesCommand struct {
	Account    string   `required:"" placeholder:"NUMBER" help:"The AWS account, 12 digits."`
	Repository string   `required:"" placeholder:"OWNER/REPO" help:"The GitHub repository, as its tokens name it: OWNER/REPO or OWNER@ID/REPO@ID."`
	HostName   []string `placeholder:"NAME" help:"A host name that the roles may change, too: the old one, while it changes. May be repeated."`
	Out        string   `placeholder:"DIR" default:".roles" help:"Where to write. Default: .roles."`
}

// Run synthesizes, as the policies have the names of what the stacks have. Then it writes two files for each role: NAME.trust.json and
// NAME.policy.json.
func (c rolesCommand) Run(ctx context.Context) error {
	state, err := stateOfProject()
	if err != nil {
		return err
	}
	project, err := current(ctx)
	if err != nil {
		return err
	}
	pipeline := roles.Pipeline{Account: c.Account, Repository: c.Repository, Project: project.Name, StateBucket: state.Bucket}
	var problems []error
	for _, name := range project.Names() {
		stack, err := one{name}.open(ctx)
		if err != nil {
			return err
		}
		synthesized, err := stackjson.Read(stack.Dir)
		if err != nil {
			return err
		}
		values, err := tfvars.Read(tfvars.Files(".", name))
		problems = append(problems, err)
		pipeline.Stacks = append(pipeline.Stacks, roles.Stack{
			Name: name, Synthesized: synthesized, Values: values, HostNames: c.HostName,
			RunsJobs: slices.ContainsFunc(project.Stack(name).Jobs, func(job known.Job) bool { return job.Before != "" }),
		})
	}
	if err := errors.Join(problems...); err != nil {
		return err
	}
	all, err := pipeline.Roles()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(c.Out, 0o755); err != nil {
		return err
	}
	for _, role := range all {
		for kind, document := range map[string]iampolicy.Document{"trust": role.Trust, "policy": role.Policy} {
			text, err := json.MarshalIndent(document, "", "  ")
			if err != nil {
				return err
			}
			if err := replace.File(filepath.Join(c.Out, role.Name+"."+kind+".json"), append(text, '\n'), 0o644); err != nil {
				return err
			}
		}
		fmt.Println(role.Name)
	}
	return nil
}
