// Command policy checks the synthesized stacks in cdktf.out with checkov, as `make policy`
// does. Run it from the project's directory. It needs Python 3.11 or newer, and installs the rest.
//
// Exit status 0: everything that was found is accepted. 1: something is not, or no check could be made.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"

	"github.com/order-bot/infra/internal/check"
	"github.com/order-bot/infra/policy"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, strings.Join(check.Lines(err), "\n"))
		os.Exit(1)
	}
}

func run() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	stacks := map[string]string{}
	for _, name := range []string{"global", "prod"} {
		stacks[name] = filepath.Join("cdktf.out", "stacks", name)
	}
	result, err := policy.Check(ctx, stacks)
	if err != nil {
		return err
	}
	fmt.Printf("%d checks passed; %d findings, all of them accepted in policy/accepted.json\n", result.Passed, result.Accepted)
	return nil
}
