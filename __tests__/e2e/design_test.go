package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/order-bot/infra/stacks"
)

// recorded is the design that these tests run, as it was when they were written. The design that is live
// may have other services by now: TestReadme, TestMoreServices and TestFewerServices run that one.
var recorded = stacks.Design{
	Global: stacks.Global{Repositories: []string{"order-bot-svc", "order-bot-mgmt-svc", "order-bot-frontend"}},
	Environments: []stacks.Environment{{Name: "prod", Services: []stacks.Service{
		{
			Key: "svc", Name: "order-bot-svc", Alias: "orderbot_alias", Port: 8000, HealthPath: "/chat/menu/health", Priority: 20,
			Variables: stacks.Variables{Domain: "orderbot_domain", Image: "order_bot_image", Port: "order_bot_port", Environment: "order_bot_environment"},
			Requires:  []string{"HOST", "PORT", "ROOT_PATH", "IS_PRODUCTION", "DATABASE_URL", "DATABASE_SCHEMA", "SEED_MENU", "MISTRAL_API_KEY", "MISTRAL_MODEL"},
		},
		{
			Key: "mgmt", Name: "order-bot-mgmt-svc", Alias: "orderbot_mgmt_alias", Port: 8080, HealthPath: "/health", Priority: 10,
			Variables: stacks.Variables{Domain: "orderbot_mgmt_domain", Image: "order_bot_mgmt_image", Port: "order_bot_mgmt_port", Environment: "order_bot_mgmt_environment"},
		},
	}}},
}

// newDesign is the recorded design, for a row to change.
func newDesign() *stacks.Design {
	design := recorded
	design.Global.Repositories = slices.Clone(design.Global.Repositories)
	design.Environments = slices.Clone(design.Environments)
	design.Environments[0].Services = slices.Clone(design.Environments[0].Services)
	return &design
}

// recordedFiles are the files of a project that make the recorded design the live one, by path.
func recordedFiles() map[string]string {
	source := func(name string, value any) string {
		text := fmt.Sprintf("package stacks\n\nvar %s = %#v\n", name, value)
		return strings.NewReplacer("stacks.", "", "schedule.", "").Replace(text)
	}
	return map[string]string{
		filepath.Join("stacks", "repositories.go"): source("Repositories", recorded.Global.Repositories),
		filepath.Join("stacks", "environments.go"): source("Environments", recorded.Environments),
	}
}

// useRecorded lets every go command that runs in the project's own directory take the recorded design. temp is
// where its files are put.
func useRecorded(temp string) error {
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		return err
	}
	overlay := map[string]map[string]string{"Replace": {}}
	for path, text := range recordedFiles() {
		file := filepath.Join(temp, filepath.Base(path))
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			return err
		}
		overlay["Replace"][filepath.Join(root, path)] = file
	}
	text, err := json.Marshal(overlay)
	if err != nil {
		return err
	}
	file := filepath.Join(temp, "overlay.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return err
	}
	return os.Setenv("GOFLAGS", "-overlay="+file)
}
