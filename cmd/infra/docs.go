package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/order-bot/infra/internal/stackdocs"
	"github.com/order-bot/infra/internal/stackjson"
	"github.com/order-bot/infra/stacks"
)

// docsCommand writes docs/start_flow.md.
type docsCommand struct{}

// Run writes the page from the stacks in cdktf.out.
func (docsCommand) Run() error {
	var pages []stackdocs.Stack
	for _, name := range stacks.Names() {
		text, err := os.ReadFile(filepath.Join("cdktf.out", "stacks", name, "cdk.tf.json"))
		if err != nil {
			return fmt.Errorf("%w (make synth writes it)", err)
		}
		parsed, err := stackjson.Parse(text)
		if err != nil {
			return err
		}
		pages = append(pages, stackdocs.Stack{Name: name, JSON: parsed})
	}
	page, err := stackdocs.Page(".", pages...)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join("docs", "start_flow.md"), []byte(page), 0o644)
}
