package main

import (
	"context"
	"os"
	"path/filepath"

	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/order-bot/infra/internal/project"
	"github.com/order-bot/infra/tool/deploy"
	"github.com/order-bot/infra/tool/statebucket"
)

// stateBucketCommand creates the bucket that cdktf.json names.
type stateBucketCommand struct {
	DryRun bool `help:"Say what would change, and change nothing."`
}

// Run creates the bucket and sets it up, or says that it is there.
func (c stateBucketCommand) Run(ctx context.Context) error {
	state, err := stateOfProject()
	if err != nil {
		return err
	}
	aws, err := config.LoadDefaultConfig(ctx, config.WithRegion(state.Region))
	if err != nil {
		return err
	}
	return statebucket.Ensure(ctx, aws, state, c.DryRun, stdout)
}

// stateOfProject says where the stacks keep their states.
func stateOfProject() (project.State, error) {
	here, err := deploy.Here()
	if err != nil {
		return project.State{}, err
	}
	settings, err := os.ReadFile(filepath.Join(here.Project, "cdktf.json"))
	if err != nil {
		return project.State{}, err
	}
	return project.ReadState(settings)
}
