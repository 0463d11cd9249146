package preflight

import (
	"fmt"
	"testing"

	"github.com/order-bot/infra/tool/tfstate"
)

// What was switched on, and is said no more, stays in AWS, and no plan shows it.
func TestKept(t *testing.T) {
	state := func(stickiness bool, timeout int) *tfstate.State {
		read, err := tfstate.Read(fmt.Appendf(nil, `{"version": 4, "resources": [{"mode": "managed", "type": "aws_lb_target_group", "name": "g", "instances": [{"attributes":
			{"stickiness": [{"enabled": %v}], "health_check": [{"timeout": %d}]}}]}]}`, stickiness, timeout))
		if err != nil {
			t.Fatal(err)
		}
		return read
	}
	silent, said := `"aws_lb_target_group": {"g": {"health_check": {"path": "/"}}}`, `"aws_lb_target_group": {"g": {"health_check": {"timeout": 10}, "stickiness": {"enabled": true}}}`
	found := kept(stackOf(t, silent).JSON, state(true, 10))
	for i, want := range []string{
		"aws_lb_target_group.g: AWS keeps stickiness.enabled = true, of which the design says nothing any more: StickySeconds: -1 of the service's HTTP switches it off",
		"aws_lb_target_group.g: AWS keeps health_check.timeout = 10, of which the design says nothing any more: TimeoutSeconds: 5 of the service's Health is AWS's default",
	} {
		if len(found) != 2 || found[i].Verdict != Warning || found[i].String() != want {
			t.Errorf("%+v, not %s", found, want)
		}
	}
	for name, findings := range map[string][]Finding{
		"as AWS has it":   kept(stackOf(t, silent).JSON, state(false, 5)),
		"as the design":   kept(stackOf(t, said).JSON, state(true, 10)),
		"what is to go":   kept(stackOf(t, ``).JSON, state(true, 10)),
		"what is to come": kept(stackOf(t, said).JSON, &tfstate.State{}),
	} {
		if len(findings) > 0 {
			t.Errorf("%s: %v", name, findings)
		}
	}
}
