package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/order-bot/infra/internal/replace"
	"github.com/order-bot/infra/tool/inputs"
	"github.com/order-bot/infra/tool/tfvars"
)

// inputsCommand writes the values of a stack that the pipeline holds to the file in which plan and deploy look for them.
type inputsCommand struct {
	one
	Inputs       string `env:"INPUTS" placeholder:"JSON" help:"The values, as a JSON object with the names of the variables. Default: INPUTS in the environment."`
	SecretInputs string `env:"SECRET_INPUTS" placeholder:"JSON" help:"The secret values, as an object of the same form. Default: SECRET_INPUTS in the environment."`
	SkipUnknown  bool   `help:"Warn of values that no variable takes, and leave them out. Default: they are an error."`
}

// Run writes STACK.tfvars.json, which only its owner can read, and lets GitHub Actions hide the secrets.
func (c inputsCommand) Run(ctx context.Context) error {
	stack, problem := c.open(ctx)
	all, err := inputs.Read(c.Inputs, c.SecretInputs)
	fmt.Fprint(stdout, all.Masks()) // before any error is shown
	if err := errors.Join(problem, err); err != nil {
		return err
	}
	declared, err := stack.Declared()
	if err != nil {
		return err
	}
	var unknown []error
	for _, name := range slices.Sorted(maps.Keys(all.Values)) {
		if slices.Contains(declared[c.Stack], name) {
			continue
		}
		problem := errors.New("inputs: " + tfvars.Unknown(c.Stack, name, declared))
		if c.SkipUnknown {
			fmt.Fprintln(stdout, "::warning::"+inputs.Escape(problem.Error()))
			delete(all.Values, name)
			continue
		}
		unknown = append(unknown, problem)
	}
	if err := errors.Join(unknown...); err != nil {
		return err
	}
	text, err := json.Marshal(all.Values)
	if err != nil {
		return err
	}
	name := c.Stack + ".tfvars.json"
	if _, err := os.Lstat(name); !errors.Is(err, os.ErrNotExist) {
		return errors.Join(err, fmt.Errorf("%s is there already, and is left as it is: delete it first", name))
	}
	return replace.File(name, text, 0o600)
}
