// The program at the root synthesizes the stacks of order-bot into Terraform JSON. The cdktf CLI runs
// it; cdktf.json says so, and where the stacks keep their state. What people run is in cmd/infra.
package main

import (
	_ "embed"
	"fmt"
	"os"
	"strings"

	"github.com/order-bot/infra/design"
	"github.com/order-bot/infra/fastjsii"
	"github.com/order-bot/infra/internal/check"
	"github.com/order-bot/infra/stacks"
)

// Embedded, for the same output from any directory, with or without the CLI.
//
//go:embed cdktf.json
var settings []byte

func main() {
	stop := fastjsii.Start()
	err := stacks.Synth(settings, design.Live, "")
	if err != nil {
		fmt.Fprintln(os.Stderr, strings.Join(check.Lines(err), "\n"))
	}
	stop()
	if err != nil {
		os.Exit(1)
	}
}
