package e2e

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-exec/tfexec"

	"github.com/order-bot/infra/__tests__/realservices"
	"github.com/order-bot/infra/localaws"
)

// Services of other teams are deployed side by side into one AWS, changed, and destroyed. Each engine takes their JSON, and one runs it. The roles of the
// pipeline may do what it calls.
func TestRealServicesAreDeployed(t *testing.T) {
	t.Parallel()
	designs := synthesizeApart(t, "real")
	shared, rights := newEmulator(t), &rights{}
	gate := newGate(t, shared.Endpoint)
	gate.record, shared.Endpoint = rights.record, gate.URL
	examples := realservices.Design.Examples()
	givenIn(t, shared, "sg-0123456789abcdef0", "role/billing-task", "role/reports-task", "role/gateway-task")

	deployed := map[string]*tfexec.Terraform{}
	// put writes a stack of a design into a directory.
	put := func(design, stack, dir string) {
		t.Helper()
		values := maps.Clone(examples[stack])
		for name, value := range shared.Variables["prod"] {
			if _, taken := values[name]; taken {
				values[name] = value
			}
		}
		copyFile(t, filepath.Join(designs, design, "stacks", stack, "cdk.tf.json"), filepath.Join(dir, "cdk.tf.json"))
		if err := shared.Point(localaws.Target{Dir: dir, Variables: values, LocalState: true, ProviderVersion: providerVersion()}); err != nil {
			t.Fatal(err)
		}
		rights.of(t, stack, dir, values)
	}
	unchanged := func(when, stack string) {
		t.Helper()
		for _, change := range plan(t, deployed[stack]).ResourceChanges {
			if !change.Change.Actions.NoOp() && !change.Change.Actions.Read() {
				t.Errorf("%s, %s would change %s: %v", when, stack, change.Address, change.Change.Actions)
			}
		}
	}
	stacks := []string{"public", "plain", "private"}
	for _, stack := range stacks {
		for _, binary := range engines {
			dir := t.TempDir()
			put("design", stack, dir)
			deployed[stack] = openAttached(t, binary, dir, shared.Environment())
			if result, err := deployed[stack].Validate(t.Context()); err != nil || !result.Valid {
				t.Fatalf("%s does not take %s: %v %+v", binary, stack, err, result)
			}
			inHCL(t, deployed[stack], stack, func() {})
		}
	}
	for _, design := range []string{"design", "changed"} {
		for _, stack := range stacks {
			put(design, stack, deployed[stack].WorkingDir())
			if err := deployed[stack].Apply(t.Context()); err != nil {
				t.Fatalf("%s: %v", stack, err)
			}
			unchanged("after the deploy of "+design, stack)
		}
	}
	for _, stack := range stacks {
		put("changed", stack, deployed[stack].WorkingDir())
		if err := deployed[stack].Destroy(t.Context()); err != nil {
			t.Errorf("%s: %v", stack, err)
		}
		state := must[[]byte](t)(os.ReadFile(filepath.Join(deployed[stack].WorkingDir(), "terraform.tfstate")))
		if !strings.Contains(string(state), `"resources": []`) {
			t.Errorf("%s is destroyed, and its state has:\n%s", stack, state)
		}
	}
	rights.check(t, 150)
}
