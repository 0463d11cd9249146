package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// A service that came later, and another environment, have values in the local AWS by the names of their variables.
func TestEmulatorHasValuesForEveryVariable(t *testing.T) {
	values := func(stack, variables string) map[string]any {
		t.Helper()
		dir := filepath.Join(t.TempDir(), stack)
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "cdk.tf.json"), []byte(`{"variable": `+variables+`}`), 0o600); err != nil {
			t.Fatal(err)
		}
		all, err := local.Values(dir)
		if err != nil {
			return map[string]any{"error": err.Error()}
		}
		return all
	}
	vpc := local.Variables["prod"]["vpc_id"]
	const report = "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/report:v1"
	service := `{"vpc_id": {}, "orderbot_domain": {}, "report_domain": {}, "report_image": {}, "report_port": {"default": 9000}, "report_environment": {}}`
	same(t, "a later service", values("prod", service), map[string]any{
		"vpc_id": vpc, "orderbot_domain": "api.example.com", "report_domain": "report.example.com", "report_image": report, "report_environment": map[string]string{},
	})
	same(t, "another environment", values("staging", service), map[string]any{
		"vpc_id": vpc, "orderbot_domain": "staging-orderbot.example.com", "report_domain": "staging-report.example.com", "report_image": report, "report_environment": map[string]string{},
	})
	same(t, "a variable of another kind", values("prod", `{"color": {}}`), map[string]any{"error": "emulator: no values for the variables color of prod"})
	for stack := range local.Variables {
		all, err := local.Values(filepath.Join(synthesized, "stacks", stack))
		if err != nil {
			t.Fatal(err)
		}
		same(t, stack, must[[]byte](t)(json.Marshal(all)), must[[]byte](t)(json.Marshal(local.Variables[stack])))
	}
}
