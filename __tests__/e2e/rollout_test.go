package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Where there is no revision to go back to, or the way back fails, too, a deploy ends with an error,
// when its time is over, and `infra status` says what has happened. The next good image works.
func TestRolloutsThatCannotGoBack(t *testing.T) {
	t.Parallel()
	program := must[string](t)(infraProgram())
	const repository = "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/order-bot-svc:"
	s := openSite(t, engines[0], "prod")
	copyFile(t, filepath.Join("..", "..", "cdktf.json"), filepath.Join(s.project, "cdktf.json"))
	copyFile(t, filepath.Join(synthesized, "infra.json"), filepath.Join(s.project, "cdktf.out", "infra.json"))

	// The person's half an hour is half a minute here.
	short := must[[]byte](t)(json.Marshal(map[string]any{"resource": map[string]any{"aws_ecs_service": map[string]any{
		"ecs_svc_service": map[string]any{"timeouts": map[string]any{"create": "30s", "update": "30s"}},
	}}}))
	if err := os.WriteFile(filepath.Join(s.tf.WorkingDir(), "short_override.tf.json"), short, 0o600); err != nil {
		t.Fatal(err)
	}
	deploy := func(image string) error {
		s.write(t, s.base, map[string]any{"order_bot_image": repository + image})
		return s.tf.Apply(t.Context())
	}
	timesOut := func(image string) {
		t.Helper()
		if err := deploy(image); err == nil || !strings.Contains(err.Error(), "service/order-bot-prod-cluster/order-bot-svc") || !strings.Contains(err.Error(), "timeout while waiting") {
			t.Errorf("%s: %v", image, err)
		}
	}
	status := func(ok bool, parts ...string) {
		t.Helper()
		command := exec.CommandContext(t.Context(), program, "status", "prod")
		command.Dir = s.project
		command.Env = append(s.local.Environment(), "TERRAFORM_BINARY_NAME="+s.tf.ExecPath())
		output, err := command.CombinedOutput()
		for _, part := range parts {
			if !strings.Contains(string(output), part) {
				t.Errorf("infra status does not say %q, but:\n%s", part, output)
			}
		}
		if (err == nil) != ok {
			t.Errorf("infra status: %v\n%s", err, output)
		}
	}

	timesOut("broken-from-the-start")
	status(false,
		"order-bot-svc does not run what was deployed, order-bot-prod-order-bot-svc:1: its tasks failed, and there is no revision to go back to, or going back failed, too. Now 0 of 1 tasks run.",
		"CannotPullContainerError")

	if err := deploy("v1"); err != nil {
		t.Fatalf("a good image after a broken first one: %v", err)
	}
	status(true, "prod is as it should be.")

	// The old image is gone when ECS wants to go back to it.
	if err := s.local.BreakImage(t.Context(), repository+"v1"); err != nil {
		t.Fatal(err)
	}
	timesOut("broken")
	status(false, "going back failed, too. Now 0 of 1 tasks run.")
	if err := deploy("v2"); err != nil {
		t.Fatalf("a good image after a way back that failed: %v", err)
	}
	status(true, "prod is as it should be.")
}

// firstIsBroken deploys prod for the first time with an image that does not work, and then as the deploy says, with one that does.
func firstIsBroken(t *testing.T, i *infra) {
	t.Helper()
	i.give(t, "prod", map[string]any{"order_bot_image": "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/order-bot-svc:broken"})
	has(t, "a first deploy of a broken image", i.run(t, 1, "deploy", "prod", "--yes"), "The deploy of prod failed.\n  order-bot-svc does not run what was deployed: CannotPullContainerError: ",
		"ECS has no revision that it could go back to, so the deploy ended without that", "\nWhat is now:\n", "\nWhat to do:\n  Put in an image that works, and go on with what AWS has: ./infra deploy prod --recover\n")
	i.give(t, "prod", nil)
	has(t, "a good image", i.run(t, 2, "deploy", "prod", "--yes"), "aws_ecs_service.ecs_svc_service\n    would be replaced: its tasks stop",
		"while it created aws_ecs_service.ecs_svc_service. Keep what AWS has, and go on: ./infra deploy prod --recover\n")
	has(t, "a good image, as it says", i.run(t, 0, "deploy", "prod", "--recover", "--yes"), "order-bot-svc  new revision: image ", "prod is as it should be.\n")
	has(t, "the plan afterwards", i.run(t, 0, "plan", "prod"), "No changes.")
}
