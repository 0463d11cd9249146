// Package synthtest synthesizes whole stacks for tests and compares them with snapshots.
package synthtest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/jsii-runtime-go"
	"github.com/gkampitakis/go-snaps/snaps"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"github.com/order-bot/infra/internal/stackjson"
	"github.com/order-bot/infra/stacks"
)

// Stack is a synthesized stack, as text and read.
type Stack struct {
	Text string
	*stackjson.Stack
}

// Synth synthesizes both stacks and returns them by name.
// It ends the test if that fails. The framework is not safe for parallel use.
func Synth(t testing.TB, global stacks.Global, prod stacks.Prod) map[string]Stack {
	t.Helper()
	out := t.TempDir()
	app := cdktf.NewApp(&cdktf.AppConfig{Outdir: jsii.String(out)})
	if err := stacks.NewGlobal(app, global); err != nil {
		t.Fatal(err)
	}
	if err := stacks.NewProd(app, prod); err != nil {
		t.Fatal(err)
	}
	app.Synth()
	return map[string]Stack{"global": Read(t, out, "global"), "prod": Read(t, out, "prod")}
}

// Read reads the stack of that name from an output directory.
func Read(t testing.TB, out, name string) Stack {
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

// MatchSnapshot fails the test if text differs from the snapshot of that name, in
// __snapshots__ beside the test. UPDATE_SNAPS=true writes the snapshot anew.
func MatchSnapshot(t *testing.T, name, text string) {
	t.Helper()
	snaps.WithConfig(snaps.Filename(name), snaps.Ext(".json")).MatchStandaloneSnapshot(t, text)
}
