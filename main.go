// Command infra synthesizes the stacks of order-bot into Terraform JSON. The cdktf CLI runs
// it; cdktf.json says so, and where the stacks keep their state.
package main

import (
	_ "embed"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"github.com/order-bot/infra/internal/check"
	"github.com/order-bot/infra/internal/fastjsii"
	"github.com/order-bot/infra/stacks"
)

// Embedded, for the same output from any directory, with or without the CLI.
//
//go:embed cdktf.json
var settings []byte

func main() {
	os.Exit(run())
}

func run() (status int) {
	stop := fastjsii.Start()
	defer stop()

	state, err := stacks.ReadState(settings)
	global := stacks.Global{State: state, Repositories: stacks.Repositories}
	prod := stacks.Prod{State: state, Services: stacks.Services}

	// All problems of both stacks at once, before the framework writes anything.
	if err := errors.Join(err, global.Validate(), prod.Validate()); err != nil {
		return fail(err)
	}

	// Errors inside the framework are panics with a stack trace of Node's.
	defer func() {
		if problem := recover(); problem != nil {
			status = fail(fmt.Errorf("synth: %v", problem))
		}
	}()
	app := cdktf.NewApp(nil)
	if err := errors.Join(stacks.NewGlobal(app, global), stacks.NewProd(app, prod)); err != nil {
		return fail(err)
	}
	app.Synth()
	return 0
}

func fail(err error) int {
	fmt.Fprintln(os.Stderr, strings.Join(check.Lines(err), "\n"))
	return 1
}
