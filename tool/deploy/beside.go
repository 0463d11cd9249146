package deploy

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/order-bot/infra/tool/engine"
)

// BesideVariable names files, with spaces between, that are beside the stacks' JSON and part of it: those that lead to a local AWS.
// Whatever else lies there is left out. A stack need not have each of them. Default: none.
const BesideVariable = "INFRA_BESIDE"

// beside returns the names of the files that are beside the stack's JSON and part of it. It returns an error if a name is none.
func (s *Stack) beside() (names []string, err error) {
	for _, name := range strings.Fields(os.Getenv(BesideVariable)) {
		if filepath.Base(name) != name {
			return nil, fmt.Errorf("%s: %q is not the name of a file beside a stack, such as zz_override.tf.json", BesideVariable, name)
		}
		if exists(filepath.Join(s.Dir, name)) {
			names = append(names, name)
		}
	}
	return names, nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// configuration are the endings of the files that an engine takes for a part of the configuration, and of those whose values it takes
// by itself.
// https://developer.hashicorp.com/terraform/language/files
// https://developer.hashicorp.com/terraform/language/values/variables#variable-definitions-tfvars-files
var configuration = []string{".tf", ".tf.json", ".tofu", ".tofu.json", ".auto.tfvars", ".auto.tfvars.json"}

// strays are the names of the files beside the stack's JSON that an engine would take there, and that are not part of the stack.
func (s *Stack) strays() (names []string) {
	entries, _ := os.ReadDir(s.Dir)
	beside, _ := s.beside()
	for _, entry := range entries {
		name := entry.Name()
		taken := name == "terraform.tfvars" || name == "terraform.tfvars.json" ||
			slices.ContainsFunc(configuration, func(ending string) bool { return strings.HasSuffix(name, ending) })
		if taken && name != design && !slices.Contains(beside, name) {
			names = append(names, name)
		}
	}
	return names
}

// warn says, once, what would steer the engine and does not, and what is part of the stack without being in its JSON.
func (s *Stack) warn(kind string) {
	if s.warned {
		return
	}
	s.warned = true
	say := func(format string, parts ...any) { fmt.Fprintf(s.notes, "infra: "+format+"\n", parts...) }
	if names := engine.Withheld(); len(names) > 0 {
		say("%s does not get %s: that would change what it does, without a word", kind, strings.Join(names, ", "))
	}
	dir := s.shown()
	if text, err := os.ReadFile(filepath.Join(s.dataDir(), "environment")); err == nil && strings.TrimSpace(string(text)) != "default" {
		say("the workspace %q, which was chosen in %s, is not used: its state is another one than that of %s", strings.TrimSpace(string(text)), dir, s.Name)
	}
	if names := s.strays(); len(names) > 0 {
		say("left out, as no part of %s: %s in %s", s.Name, strings.Join(names, ", "), dir)
	}
	if names, _ := s.beside(); len(names) > 0 && os.Getenv(DemoVariable) == "" {
		say("part of %s, as %s says: %s in %s", s.Name, BesideVariable, strings.Join(names, ", "), dir)
	}
}

// shown is the stack's directory as a person would write it in the project's.
func (s *Stack) shown() string {
	if path, err := filepath.Rel(s.project, s.Dir); err == nil && filepath.IsLocal(path) {
		return path
	}
	return s.Dir
}

// dataDir is where the engine keeps the provider and the address of the state, for all scratch directories and for who works beside the
// stack by hand.
func (s *Stack) dataDir() string { return filepath.Join(s.Dir, ".terraform") }
