package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/order-bot/infra/internal/project"
	"github.com/order-bot/infra/internal/replace"
	"github.com/order-bot/infra/tool/demo"
	"github.com/order-bot/infra/tool/deploy"
	"github.com/order-bot/infra/tool/stackjson"
	"github.com/order-bot/infra/tool/tfvars"
)

// fillCommand writes the outputs of the stack of the network to the files of values of other stacks, where they are inputs.
type fillCommand struct {
	Stacks    []string `arg:"" name:"stack" help:"The stacks whose values to write, such as global prod."`
	Yes       bool     `env:"INFRA_YES" help:"Write without asking."`
	Overwrite bool     `help:"With --yes, also overwrite a value that is there and is not the example's. Default: that is an error."`
}

// Run shows what would change in STACK.tfvars, asks, and writes it.
func (c fillCommand) Run(ctx context.Context) error {
	all, err := synthesized(ctx)
	if err != nil {
		return err
	}
	if all.Network == "" {
		return errors.New("the design has no network, whose outputs would be inputs: Network in design/design.go makes one")
	}
	if err := answerable(c.Yes, "--yes to write without"); err != nil {
		return err
	}
	outputs, err := outputsOf(ctx, all.Network)
	if err != nil {
		return err
	}
	var files []*filling
	var problems []error
	for _, name := range c.Stacks {
		file, err := newFilling(ctx, all, name, outputs, false)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		file.show()
		for _, change := range file.changes {
			if c.Yes && !c.Overwrite && change.Before != "" && !change.Example {
				problems = append(problems, fmt.Errorf("%s.tfvars has another value for %s, and is left as it is: say --overwrite if that is what you want", name, change.Name))
			}
		}
		files = append(files, file)
	}
	if err := errors.Join(problems...); err != nil {
		return err
	}
	files = slices.DeleteFunc(files, func(f *filling) bool { return len(f.changes) == 0 })
	if len(files) == 0 {
		return nil
	}
	if err := confirm(ctx, c.Yes, "Write this? Type yes to write it: ", "yes", "nothing was written"); err != nil {
		return err
	}
	for _, file := range files {
		if err := file.write(); err != nil {
			return err
		}
	}
	return nil
}

// outputsOf are the outputs of a stack that is deployed.
func outputsOf(ctx context.Context, name string) (map[string]json.RawMessage, error) {
	stack, err := one{name}.synthesized(ctx)
	if err != nil {
		return nil, err
	}
	outputs, err := stack.Outputs(ctx)
	if err == nil && len(outputs) == 0 {
		err = fmt.Errorf("%s has no outputs yet: deploy it first", name)
	}
	return outputs, err
}

// filling is what changes in the file of a stack.
type filling struct {
	stack, path string
	text        []byte
	changes     []tfvars.Filled
}

// newFilling looks what would change in the file of a stack, and in which the others stay. With keep, those that have a value there stay as they are,
// whatever that is.
func newFilling(ctx context.Context, all *project.Project, name string, outputs map[string]json.RawMessage, keep bool) (*filling, error) {
	stack, err := one{name}.synthesized(ctx)
	if err != nil {
		return nil, err
	}
	if name == all.Network {
		return nil, fmt.Errorf("%s is the stack whose outputs are written: name others", name)
	}
	declared, err := stackjson.Read(stack.Dir)
	if err != nil {
		return nil, err
	}
	here, err := deploy.Here()
	if err != nil {
		return nil, err
	}
	f := &filling{stack: name, path: filepath.Join(here.Values, name+".tfvars")}
	values := map[string]json.RawMessage{}
	for output, value := range outputs {
		if declared.Variable[output] != nil {
			values[output] = value
		}
	}
	if keep {
		given, err := tfvars.Values(f.path)
		if err != nil {
			return nil, err
		}
		maps.DeleteFunc(values, func(name string, _ json.RawMessage) bool { return given[name] != nil })
	}
	example := filepath.Join(here.Project, "examples", name+".tfvars")
	f.text, f.changes, err = tfvars.Fill(here.Values, name, values, example, demo.Inside()) // the demo has the examples' values beside the stack
	return f, err
}

// show writes what changes.
func (f *filling) show() {
	if len(f.changes) == 0 {
		fmt.Fprintf(stdout, "%s.tfvars has all of it already.\n", f.stack)
		return
	}
	var lines strings.Builder
	for _, change := range f.changes {
		lines.WriteString("  " + change.String() + "\n")
	}
	fmt.Fprintf(stdout, "%s.tfvars:\n%s", f.stack, lines.String())
}

// write writes the file, with the rights that it has.
func (f *filling) write() error {
	mode := os.FileMode(0o600) // it may get passwords
	path, err := filepath.EvalSymlinks(f.path)
	if err != nil {
		path = f.path
	} else if is, err := os.Stat(path); err == nil {
		mode = is.Mode().Perm()
	}
	if err := replace.File(path, f.text, mode); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "%s.tfvars is written.\n", f.stack)
	return nil
}
