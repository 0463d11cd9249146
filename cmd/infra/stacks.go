package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/order-bot/infra/internal/project"
	"github.com/order-bot/infra/tool/deploy"
)

// stacksCommand names the stacks.
type stacksCommand struct {
	JSON bool `name:"json" help:"Write a JSON list, for programs."`
}

// Run writes the names of all stacks in the order in which they are deployed.
func (c stacksCommand) Run(ctx context.Context) error {
	all, err := synthesized(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(stdout).Encode(all.Names())
	}
	fmt.Fprintln(stdout, strings.Join(all.Names(), "\n"))
	return nil
}

// synthesized returns what there is to know of the design as it was synthesized last. Where that was never done, it is done.
func synthesized(ctx context.Context) (*project.Project, error) {
	here, err := deploy.Here()
	if err != nil {
		return nil, err
	}
	all, err := project.Read(here.Out)
	if !errors.Is(err, fs.ErrNotExist) {
		return all, err
	}
	return current(ctx)
}

// current returns what there is to know of the design as it is now.
func current(ctx context.Context) (*project.Project, error) {
	here, err := deploy.Here()
	if err == nil {
		err = deploy.Synthesize(ctx, here.Project, here.Out, stdout)
	}
	if err != nil {
		return nil, err
	}
	return project.Read(here.Out)
}

// written returns what there is to know of the design as make synth wrote it, and the directory of the stacks. The demo has stacks of its own, which
// may be older: what is made for the repository is made of these also in the demo's terminal.
func written() (all *project.Project, stacks string, err error) {
	out := project.Out()
	all, err = project.Read(out)
	return all, filepath.Join(out, "stacks"), err
}
