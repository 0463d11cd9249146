package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/order-bot/infra/tool/deploy"
)

// lockCommand writes the checksums of the provider, for plan and deploy to compare.
type lockCommand struct {
	Platform []string `placeholder:"OS_CPU" default:"linux_amd64,linux_arm64,darwin_amd64,darwin_arm64,windows_amd64" help:"For these platforms. Default: Linux and macOS with both processors, and Windows."`
	Mirror   string   `placeholder:"DIR" help:"Ask the mirror in DIR, and not the registry."`
}

// Run writes a file for each stack and each engine of this machine.
func (c lockCommand) Run(ctx context.Context) error {
	all, err := synthesized(ctx)
	if err != nil {
		return err
	}
	var problems []error
	for _, name := range all.Names() {
		stack, err := deploy.Open(name, stdout)
		if err != nil {
			return err
		}
		files, err := stack.Lock(ctx, c.Platform, c.Mirror)
		for _, file := range files {
			fmt.Fprintln(stdout, "Written:", file)
		}
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}
