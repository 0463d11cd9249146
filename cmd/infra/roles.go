package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	known "github.com/order-bot/infra/internal/project"
	"github.com/order-bot/infra/internal/replace"
	"github.com/order-bot/infra/tool/aws/iam"
	"github.com/order-bot/infra/tool/iampolicy"
	"github.com/order-bot/infra/tool/roles"
	"github.com/order-bot/infra/tool/stackjson"
	"github.com/order-bot/infra/tool/tfvars"
)

// rolesCommand writes the policies of the pipeline's roles, and gives the roles to AWS.
type rolesCommand struct {
	Account    string   `required:"" placeholder:"NUMBER" help:"The AWS account, 12 digits."`
	Repository string   `required:"" placeholder:"OWNER/REPO" help:"The GitHub repository, as its tokens name it: OWNER/REPO or OWNER@ID/REPO@ID."`
	HostName   []string `placeholder:"NAME" help:"A host name that the roles may change, too: the old one, while it changes. May be repeated."`
	Out        string   `placeholder:"DIR" default:".roles" help:"Where to write. Default: .roles."`
	Apply      bool     `help:"Create the roles in AWS, too, and change those that are there. That needs an administrator's credentials."`
}

// Run synthesizes, as the policies have the names of what the stacks have. Then it writes the files of each role: NAME.trust.json,
// NAME.policy.json, and NAME.policy-2.json and so on where IAM takes no policy that is as long.
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
			RunsJobs:    slices.ContainsFunc(project.Stack(name).Sharers, func(sharer known.Sharer) bool { return sharer.Before != "" }),
			KeepsImages: project.DeployedTag != "" && len(synthesized.Resource["aws_ecs_cluster"]) > 0,
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
	var client *iam.Client
	if c.Apply {
		if client, err = c.client(ctx, state.Region); err != nil {
			return err
		}
	}
	for _, role := range all {
		files := map[string]iampolicy.Document{"trust": role.Trust}
		for i, policy := range role.Policies {
			kind := "policy"
			if i > 0 {
				kind = fmt.Sprintf("policy-%d", i+1)
			}
			files[kind] = policy
		}
		if err := c.write(role.Name, files); err != nil {
			return err
		}
		if !c.Apply {
			fmt.Fprintln(stdout, role.Name)
		}
	}
	if c.Apply {
		return roles.Apply(ctx, client, c.Account, all, stdout)
	}
	return nil
}

// client changes the roles of the account, and of no other one.
func (c rolesCommand) client(ctx context.Context, region string) (*iam.Client, error) {
	settings, err := config.LoadDefaultConfig(ctx, config.WithRegion(region))
	if err != nil {
		return nil, err
	}
	caller, err := sts.NewFromConfig(settings).GetCallerIdentity(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("AWS credentials: %w", err)
	}
	if is := aws.ToString(caller.Account); is != c.Account {
		return nil, fmt.Errorf("--account %s: the credentials are of the account %s", c.Account, is)
	}
	return iam.New(settings), nil
}

// write writes the documents of a role, and deletes those that it had before and has no more.
func (c rolesCommand) write(role string, documents map[string]iampolicy.Document) error {
	before, err := fs.Glob(os.DirFS(c.Out), role+".policy-*.json")
	if err != nil {
		return err
	}
	for _, file := range before {
		if err := os.Remove(filepath.Join(c.Out, file)); err != nil {
			return err
		}
	}
	for kind, document := range documents {
		text, err := json.MarshalIndent(document, "", "  ")
		if err != nil {
			return err
		}
		if err := replace.File(filepath.Join(c.Out, role+"."+kind+".json"), append(text, '\n'), 0o644); err != nil {
			return err
		}
	}
	return nil
}
