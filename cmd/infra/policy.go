package main

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/order-bot/infra/policy"
)

// policyCommand checks the synthesized stacks with checkov. It needs Python 3.11 or newer, and
// installs the rest.
type policyCommand struct{}

// Run returns an error unless everything that checkov finds is accepted.
func (policyCommand) Run(ctx context.Context) error {
	all, stacks, err := written()
	if err != nil {
		return err
	}
	dirs := map[string]string{}
	for _, name := range all.Names() {
		dirs[name] = filepath.Join(stacks, name)
	}
	result, err := policy.Check(ctx, dirs)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "%d checks passed; %d findings, all of them accepted in policy/accepted.json\n", result.Passed, result.Accepted)
	return nil
}
