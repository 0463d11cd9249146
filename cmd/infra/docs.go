package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/order-bot/infra/internal/stackdocs"
	"github.com/order-bot/infra/internal/stackjson"
	"github.com/order-bot/infra/stacks"
)

// docsCommand writes docs/start_flow.md and docs/inputs.md.
type docsCommand struct{}

// Run writes the pages from the stacks in cdktf.out.
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
	return nil
}
