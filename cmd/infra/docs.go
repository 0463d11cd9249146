package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/order-bot/infra/internal/project"
	"github.com/order-bot/infra/internal/replace"
	"github.com/order-bot/infra/tool/stackdocs"
	"github.com/order-bot/infra/tool/stackjson"
)

// docsCommand writes start_flow.md, inputs.md and options.md in docs/using, and brings the files of examples up to date.
type docsCommand struct{}

// Run writes from the stacks that make synth wrote.
func (docsCommand) Run() error {
	project, stacks, err := written()
	if err != nil {
		return err
	}
	var all []stackdocs.Stack
	for _, name := range project.Names() {
		parsed, err := stackjson.Read(filepath.Join(stacks, name))
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
	options, err := stackdocs.Options(".")
	if err != nil {
		return err
	}
	for name, page := range map[string]string{"start_flow.md": startFlow, "inputs.md": inputs, "options.md": options} {
		if err := replace.File(filepath.Join("docs", "using", name), []byte(page), 0o644); err != nil {
			return err
		}
	}
	return writeExamples(all, project)
}

// writeExamples writes the example of each stack anew, and removes those of stacks that are none any more.
func writeExamples(all []stackdocs.Stack, project *project.Project) error {
	present, err := filepath.Glob(filepath.Join("examples", "*.tfvars"))
	if err != nil {
		return err
	}
	for _, file := range present {
		if !slices.Contains(project.Names(), strings.TrimSuffix(filepath.Base(file), ".tfvars")) {
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
		after, err := stackdocs.Example(stack, project.Stack(stack.Name).Examples, before)
		if err != nil {
			return err
		}
		if err := replace.File(file, after, 0o644); err != nil {
			return err
		}
	}
	return nil
}
