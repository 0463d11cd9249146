package tests

import (
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/order-bot/infra/internal/stackjson"
	"github.com/order-bot/infra/stacks"
)

// Stack is a synthesized stack, as text and read.
type Stack struct {
	Text string
	*stackjson.Stack
}

// synthesized returns the stacks of the live design, by name.
var synthesized = func() func(t testing.TB) map[string]Stack {
	var once sync.Once
	var all map[string]Stack
	return func(t testing.TB) map[string]Stack {
		t.Helper()
		once.Do(func() { all = synthesize(t, stacks.Live) })
		if all == nil {
			t.Fatal("the live design does not synthesize: an earlier test says why, and make synth does")
		}
		return all
	}
}()

// synthesize returns the stacks of a design, by name. It ends the test if that fails. The framework is
// not safe for parallel use.
func synthesize(t testing.TB, design stacks.Design) map[string]Stack {
	t.Helper()
	out := t.TempDir()
	settings, err := os.ReadFile("../cdktf.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := stacks.Synth(settings, design, out); err != nil {
		t.Fatal(err)
	}
	folders, err := os.ReadDir(filepath.Join(out, "stacks"))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]Stack{}
	for _, folder := range folders {
		all[folder.Name()] = readStack(t, out, folder.Name())
	}
	return all
}

// readStack reads the stack of that name from an output directory.
func readStack(t testing.TB, out, name string) Stack {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(out, "stacks", name, "cdk.tf.json"))
	if err != nil {
		t.Fatal(err)
	}
	stack, err := stackjson.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return Stack{Text: string(text), Stack: stack}
}

// withServices is the live design with other services in its first environment.
func withServices(services []stacks.Service) stacks.Design {
	design := stacks.Live
	design.Environments = slices.Clone(design.Environments)
	design.Environments[0].Services = services
	return design
}
