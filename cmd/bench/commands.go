package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/order-bot/infra/design"
	"github.com/order-bot/infra/localaws"
	"github.com/order-bot/infra/tool/engine"
)

// benchCommands compares the command with the CDKTF CLI, on a stack that is deployed into a local AWS,
// and writes a table. Both synthesize, plan and deploy the same stack in turn. Without an engine on this
// machine it says so, and compares nothing.
func benchCommands(m measurer, root string, write io.Writer) error {
	engines, err := engine.Find()
	if err != nil {
		fmt.Fprintln(write, "\nThe command and the CLI were not compared:", err)
		return nil
	}
	log, err := os.Create(filepath.Join(m.work, "emulator.log"))
	if err != nil {
		return err
	}
	local, err := localaws.Start(context.Background(), log, design.Live.Examples())
	if err != nil {
		return err
	}
	defer func() { _ = local.Stop() }()
	infra := filepath.Join(m.work, "infra")
	if _, err := output(root, nil, "go", "build", "-o", infra, "./cmd/infra"); err != nil {
		return err
	}
	stack := design.Live.Environments[0].Name
	wrapper, out, err := pointedEngine(m.work, engines[0], local, stack)
	if err != nil {
		return err
	}

	// The values have to be there before the engine is called the first time: the command looks for what has none.
	if _, err := output(filepath.Join(out, "stacks", stack), nil, wrapper, "version"); err != nil {
		return err
	}
	image := fmt.Sprint(local.Variables[stack]["order_bot_image"])
	environment := append(local.Environment(), "TF_VAR_order_bot_image="+image, "TERRAFORM_BINARY_NAME="+wrapper, "CDKTF_OUTDIR="+out, "CDKTF_DISABLE_PLUGIN_CACHE_ENV=true")
	if _, err := output(root, environment, infra, "deploy", stack, "--yes"); err != nil {
		return err
	}
	// By night no task runs, and a deploy does not wait for any. That the status finds this odd by day is no fault here.
	if _, err := local.ItIs(context.Background(), "18:00"); err != nil {
		return err
	}
	shell := func(line string) []string { return []string{"sh", "-c", line, "sh", infra, stack, out, image} }
	newImage := `export TF_VAR_order_bot_image="$4-$(date +%s%N)"; `
	fmt.Fprintln(write, "\n| | the CDKTF CLI | `infra` | ratio |\n|---|---|---|---|")
	for _, row := range []struct{ name, cli, own string }{
		{"plan, nothing changes", `cdktf diff "$2" --output "$3" --skip-provider-lock`, `"$1" plan "$2"`},
		{
			"deploy a new image, while no task runs",
			newImage + `cdktf deploy "$2" --output "$3" --skip-provider-lock --auto-approve`,
			newImage + `"$1" deploy "$2" --yes || [ $? = 2 ]`,
		},
	} {
		results, err := m.alternate(command{root, environment, shell(row.cli)}, command{root, environment, shell(row.own)})
		if err != nil {
			return err
		}
		fmt.Fprintf(write, "| %s | %s | %s | %.2f |\n", row.name, seconds(results[0].wall), seconds(results[1].wall), results[1].wall.Seconds()/results[0].wall.Seconds())
	}
	return nil
}

// pointedEngine writes a program that is the engine, pointed at the local AWS, whoever has synthesized
// the stack before. The environment gives the image. It returns the program, and the directory to
// synthesize into.
func pointedEngine(work, binary string, local *localaws.Emulator, stack string) (program, out string, err error) {
	program, out = filepath.Join(work, "engine"), filepath.Join(work, "commands.out")
	files := filepath.Join(work, "pointed")
	for _, earlier := range []string{files, out} {
		if err := os.RemoveAll(earlier); err != nil {
			return "", "", err
		}
	}
	if err := os.MkdirAll(files, 0o755); err != nil {
		return "", "", err
	}
	if _, err := output("", []string{"CDKTF_OUTDIR=" + out}, filepath.Join(work, "app")); err != nil {
		return "", "", err
	}
	text, err := os.ReadFile(filepath.Join(out, "stacks", stack, "cdk.tf.json"))
	if err != nil {
		return "", "", err
	}
	if err := os.WriteFile(filepath.Join(files, "cdk.tf.json"), text, 0o600); err != nil {
		return "", "", err
	}
	variables := map[string]any{}
	for name, value := range local.Variables[stack] {
		if name != "order_bot_image" {
			variables[name] = value
		}
	}
	if err := local.Point(localaws.Target{Dir: files, Variables: variables, ProviderVersion: os.Getenv("AWS_PROVIDER_VERSION")}); err != nil {
		return "", "", err
	}
	if err := os.Remove(filepath.Join(files, "cdk.tf.json")); err != nil {
		return "", "", err
	}
	script := fmt.Sprintf("#!/bin/sh\n[ -e cdk.tf.json ] && cp %q/* .\nexec %q \"$@\"\n", files, binary)
	return program, out, os.WriteFile(program, []byte(script), 0o700)
}
