package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/order-bot/infra/internal/stackdocs"
	"github.com/order-bot/infra/internal/stackjson"
	"github.com/order-bot/infra/stacks"
)

// docsCommand writes docs/start_flow.md and docs/inputs.md, and brings the files of examples up to date.
type docsCommand struct{}

// Run writes from the stacks in cdktf.out.
func (docsCommand) Run() error {
	var all []stackdocs.Stack
	for _, name := range stacks.Names() {
		parsed, err := stackjson.Read(filepath.Join("cdktf.out", "stacks", name))
		if err != nil {
			return fmt.Errorf("%w (make synth writes it)", err)
		}
		all = append(all, stackdocs.Stack{Name: name, JSON: parsed})
	}
	startFlow, err := stackdocs.Page(".", all...)
	if err != nil {
		return err
	}
	inputs, err := stackdocs.Inputs(all...)
	if err != nil {
		return err
	}
	for name, page := range map[string]string{"start_flow.md": startFlow, "inputs.md": inputs} {
		if err := os.WriteFile(filepath.Join("docs", name), []byte(page), 0o644); err != nil {
			return err
		}
	}
	return writeExamples(all)
}

// writeExamples writes the example of each stack anew, and removes those of stacks that are none any more.
func writeExamples(all []stackdocs.Stack) error {
	values := stacks.Live.Examples()
	present, err := filepath.Glob(filepath.Join("examples", "*.tfvars"))
	if err != nil {
		return err
	}
	for _, file := range present {
		if values[strings.TrimSuffix(filepath.Base(file), ".tfvars")] == nil {
			if err := os.Remove(file); err != nil {
				return err
			}
		}
	}
	for _, stack := range all {
		file := filepath.Join("examples", stack.Name+".tfvars")
		before, err := os.ReadFile(file)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		after, err := stackdocs.Example(stack, values[stack.Name], before)
		if err != nil {
			return err
		}
		if err := os.WriteFile(file, after, 0o644); err != nil {
			return err
		}
	}
	return nil
}
