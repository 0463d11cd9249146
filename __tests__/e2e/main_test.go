// Package e2e runs the real engines, with the real provider, against the local AWS.
package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/hashicorp/terraform-exec/tfexec"
	tfjson "github.com/hashicorp/terraform-json"

	"github.com/order-bot/infra/localaws"
	"github.com/order-bot/infra/tool/engine"
)

// What all tests share: the engines of this machine, an emulator as it starts, of which those tests get copies that need
// one for themselves, the emulator of all others, and where the program has synthesized the stacks of the recorded design to.
var (
	engines     []string
	original    *localaws.Emulator
	local       *localaws.Emulator
	synthesized string
)

func TestMain(m *testing.M) {
	if out := os.Getenv(designsVariable); out != "" {
		if err := writeDesigns(out); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	status, err := runAll(m)
	if err != nil {
		fmt.Println(err)
		status = 1
	}
	os.Exit(status)
}

func runAll(m *testing.M) (status int, err error) {
	if engines, err = engine.Find(); err != nil {
		return 1, err
	}
	temp, err := os.MkdirTemp("", "order-bot-e2e-")
	if err != nil {
		return 1, err
	}
	defer func() { _ = os.RemoveAll(temp) }()

	log, err := os.Create(filepath.Join(temp, "emulator.log"))
	if err != nil {
		return 1, err
	}
	if original, err = localaws.Start(context.Background(), log, recordedValues); err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, original.Stop()) }()
	if local, err = original.Copy(context.Background()); err != nil {
		return 1, err
	}

	if err := useRecorded(temp); err != nil {
		return 1, err
	}
	synthesized = filepath.Join(temp, "cdktf.out")
	synth := exec.Command("go", "run", ".")
	synth.Dir = filepath.Join("..", "..")
	synth.Env = append(os.Environ(), "CDKTF_OUTDIR="+synthesized)
	if out, err := synth.CombinedOutput(); err != nil {
		return 1, fmt.Errorf("synth: %w\n%s", err, out)
	}
	return m.Run(), nil
}

// providerVersion is what AWS provider this machine has, if not the one of the bindings.
func providerVersion() string { return os.Getenv("AWS_PROVIDER_VERSION") }

// workspace copies a synthesized stack into a directory of its own, points it at the
// emulator, and returns the engine in it, initialized.
func workspace(t *testing.T, binary, stack string, target localaws.Target) *tfexec.Terraform {
	t.Helper()
	return workspaceOf(t, binary, filepath.Join(synthesized, "stacks", stack), target)
}

// workspaceOf is the same for a stack of another design, which is in a directory.
func workspaceOf(t *testing.T, binary, stack string, target localaws.Target) *tfexec.Terraform {
	t.Helper()
	return workspaceIn(t, local, binary, stack, target)
}

// workspaceIn is the same with an emulator.
func workspaceIn(t *testing.T, account *localaws.Emulator, binary, stack string, target localaws.Target) *tfexec.Terraform {
	t.Helper()
	target.Dir = t.TempDir()
	target.ProviderVersion = providerVersion()
	copyFile(t, filepath.Join(stack, "cdk.tf.json"), filepath.Join(target.Dir, "cdk.tf.json"))
	if err := account.Point(target); err != nil {
		t.Fatal(err)
	}
	return openAttached(t, binary, target.Dir, account.Environment())
}

// newEmulator starts an emulator for one test, as emulators start.
func newEmulator(t *testing.T) *localaws.Emulator {
	t.Helper()
	started := must[*localaws.Emulator](t)(original.Copy(t.Context()))
	t.Cleanup(func() { _ = started.Stop() })
	return started
}

// plan plans and returns what the plan would do.
func plan(t *testing.T, tf *tfexec.Terraform, options ...tfexec.PlanOption) *tfjson.Plan {
	t.Helper()
	file := filepath.Join(t.TempDir(), "plan")
	if _, err := tf.Plan(t.Context(), append(options, tfexec.Out(file))...); err != nil {
		t.Fatal(err)
	}
	planned, err := tf.ShowPlanFile(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	return planned
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	text, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, text, 0o600); err != nil {
		t.Fatal(err)
	}
}
