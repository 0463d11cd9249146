// Package dialect names the command's verbs as whoever reads it calls them: with make, or without.
package dialect

import (
	"os"
	"slices"
	"strings"
)

// Variable is an environment variable that the Makefile sets for the verbs that it has.
const Variable = "INFRA_MAKE"

// targets are the verbs that make has, with a stack and nothing else.
var targets = []string{"deploy", "destroy", "logs", "plan", "recover", "status", "unlock"}

// Made tells whether make was called.
func Made() bool { return os.Getenv(Variable) != "" }

// Command is how a verb is called for a stack, such as "make deploy STACK=prod" or ".bin/infra deploy prod --recover". What make does not know is
// called without it.
func Command(verb, stack string, more ...string) string {
	if Made() && len(more) == 0 && slices.Contains(targets, verb) {
		return "make " + verb + " STACK=" + stack
	}
	return strings.Join(append([]string{".bin/infra", verb, stack}, more...), " ")
}
