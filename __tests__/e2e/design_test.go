package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/order-bot/infra/__tests__/options"
)

// recordedValues are those of the recorded design's variables. What the local AWS is seeded with takes the place of what is "seeded".
var recordedValues = map[string]map[string]any{
	"global": {
		"aws_region": "seeded", "hosted_zone_id": "seeded", "cloudfront_certificate_arn": "seeded",
		"frontend_domain": "app.example.com", "frontend_bucket_name": "order-bot-prod-frontend",
	},
	"prod": {
		"aws_region": "seeded", "vpc_id": "seeded", "public_subnet_ids": "seeded", "private_subnet_ids": "seeded", "hosted_zone_id": "seeded", "alb_certificate_arn": "seeded",
		"orderbot_domain": "api.example.com", "orderbot_mgmt_domain": "mgmt-api.example.com",
		"order_bot_image":      "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/order-bot-svc:v1",
		"order_bot_mgmt_image": "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/order-bot-mgmt-svc:v1",
		"order_bot_environment": map[string]any{
			"HOST": "0.0.0.0", "PORT": "8000", "ROOT_PATH": "/", "IS_PRODUCTION": "true",
			"DATABASE_URL": "postgresql+asyncpg://order_bot:made-up@10.0.10.10:5432/order_bot", "DATABASE_SCHEMA": "order_bot",
			"SEED_MENU": "false", "MISTRAL_API_KEY": "made-up", "MISTRAL_MODEL": "mistral-small-latest",
		},
		"order_bot_mgmt_environment": map[string]any{"PORT": "8080", "BLUEPRINT_DB_PASSWORD": "made-up", "JWT_ACCESS_SECRET": "made-up", "JWT_REFRESH_SECRET": "made-up"},
	},
}

// recordedFiles are the files of a project that make the recorded design the live one, by path.
func recordedFiles() map[string]string {
	source := func(name string, value any, imports ...string) string {
		text := "package design\n\n"
		for _, path := range imports {
			text += fmt.Sprintf("import %q\n", "github.com/order-bot/infra/"+path)
		}
		// Go prints no function as Go.
		return strings.ReplaceAll(text+fmt.Sprintf("\nvar %s = %#v\n", name, value), ", Differences:map[string]func(*stacks.Service)(nil)", "")
	}
	return map[string]string{
		filepath.Join("design", "repositories.go"): source("Repositories", options.Recorded.Global.ECR.Repositories),
		filepath.Join("design", "environments.go"): source("Environments", options.Recorded.Environments,
			"stacks", "modules/alarms", "modules/alb", "modules/discovery", "modules/ecs", "modules/schedule", "modules/securitygroup"),
	}
}

// goFlags are what all go commands run with: without paths in what is compiled, each copy of the project takes it from the cache, and without what
// debuggers read, a program is linked in two thirds of the time. make lint vets.
const goFlags = "-trimpath -buildvcs=false -ldflags=-w -vet=off"

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
	return os.Setenv("GOFLAGS", goFlags+" -overlay="+file)
}
