// Command docs writes start_flow.md, inputs.md and options.md in docs/using, and brings the files of examples up to date, from the stacks that make synth
// wrote. make docs runs it, in the project's directory.
package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/order-bot/infra/cmd/docs/generate"
	"github.com/order-bot/infra/internal/project"
	"github.com/order-bot/infra/internal/replace"
	"github.com/order-bot/infra/tool/stackjson"
)

func main() {
	if err := write(); err != nil {
		fmt.Fprintln(os.Stderr, "docs:", err)
		os.Exit(1)
	}
}

func write() error {
	out := project.Out()
	project, err := project.Read(out)
	if err != nil {
		return err
	}
	var all []generate.Stack
	for _, name := range project.Names() {
		parsed, err := stackjson.Read(filepath.Join(out, "stacks", name))
		if err != nil {
			return err
		}
		all = append(all, generate.Stack{Name: name, JSON: parsed})
	}
	startFlow, err := generate.StartFlow(".", all...)
	if err != nil {
		return err
	}
	inputs, err := generate.Inputs(all...)
	if err != nil {
		return err
	}
	options, err := generate.Options(".")
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
func writeExamples(all []generate.Stack, project *project.Project) error {
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
		after, err := generate.Example(stack, project.Stack(stack.Name).Examples, before)
		if err != nil {
			return err
		}
		if err := replace.File(file, after, 0o644); err != nil {
			return err
		}
	}
	return nil
}
