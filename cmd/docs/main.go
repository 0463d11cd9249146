// Command docs writes docs/start_flow.md from the synthesized stacks in cdktf.out, as
// `make docs` does. Run it from the project's directory.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/order-bot/infra/internal/stackjson"
	"github.com/order-bot/infra/internal/startflow"
)

func main() {
	if err := write("docs/start_flow.md"); err != nil {
		fmt.Fprintln(os.Stderr, "docs:", err)
		os.Exit(1)
	}
}

func write(file string) error {
	var stacks []startflow.Stack
	for _, name := range []string{"global", "prod"} {
		text, err := os.ReadFile(filepath.Join("cdktf.out", "stacks", name, "cdk.tf.json"))
		if err != nil {
			return fmt.Errorf("%w (make synth writes it)", err)
		}
		parsed, err := stackjson.Parse(text)
		if err != nil {
			return err
		}
		stacks = append(stacks, startflow.Stack{Name: name, JSON: parsed})
	}
	page, err := startflow.Page(".", stacks...)
	if err != nil {
		return err
	}
	return os.WriteFile(file, []byte(page), 0o644)
}
