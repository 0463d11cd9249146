package tests

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/order-bot/infra/design"
	"github.com/order-bot/infra/stacks"
	"github.com/order-bot/infra/tool/stackjson"
)

// Stack is a synthesized stack, as text and read.
type Stack struct {
	Text string
	*stackjson.Stack
}

// live are the stacks of the live design, by name. TestMain synthesizes them.
var live map[string]Stack

// synthesized returns the stacks of the live design, by name.
func synthesized(t testing.TB) map[string]Stack {
	t.Helper()
	return live
}

// element is the element at an address of a stack of the live design. It ends the test if there is none.
func element(t testing.TB, stack, address string) map[string]any {
	t.Helper()
	found := synthesized(t)[stack].At(address)
	if found == nil {
		t.Fatalf("%s has no %s: if that is meant, this test has to look elsewhere", stack, address)
	}
	return found
}

// synthesize returns the stacks of a design, by name. It ends the test if that fails. The framework is
// not safe for parallel use.
func synthesize(t testing.TB, design stacks.Design) map[string]Stack {
	t.Helper()
	all, err := stacksOf(design, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// stacksOf synthesizes a design into the directory out, and reads its stacks.
func stacksOf(design stacks.Design, out string) (map[string]Stack, error) {
	settings, err := os.ReadFile("../cdktf.json")
	if err != nil {
		return nil, err
	}
	if err := stacks.Synth(settings, design, out); err != nil {
		return nil, err
	}
	folders, err := os.ReadDir(filepath.Join(out, "stacks"))
	if err != nil {
		return nil, err
	}
	all := map[string]Stack{}
	for _, folder := range folders {
		if all[folder.Name()], err = stackIn(out, folder.Name()); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func stackIn(out, name string) (Stack, error) {
	text, err := os.ReadFile(filepath.Join(out, "stacks", name, "cdk.tf.json"))
	if err != nil {
		return Stack{}, err
	}
	stack, err := stackjson.Parse(text)
	return Stack{Text: string(text), Stack: stack}, err
}

// withServices is the live design with other services in its first environment.
func withServices(services []stacks.Service) stacks.Design {
	changed := design.Live
	changed.Environments = slices.Clone(changed.Environments)
	changed.Environments[0].Services = services
	return changed
}
