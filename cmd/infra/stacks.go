package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/order-bot/infra/stacks"
)

// stacksCommand names the stacks.
type stacksCommand struct {
	JSON bool `name:"json" help:"Write a JSON list, for programs."`
}

// Run writes the names of all stacks in the order in which they are deployed.
func (c stacksCommand) Run() error {
	if c.JSON {
		return json.NewEncoder(stdout).Encode(stacks.Names())
	}
	fmt.Println(strings.Join(stacks.Names(), "\n"))
	return nil
}
