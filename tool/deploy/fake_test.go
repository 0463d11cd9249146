package deploy

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/order-bot/infra/tool/engine"
)

// aStack is what the tests of this package deploy.
const aStack = `{
  "terraform": {"backend": {"s3": {"bucket": "states"}}},
  "variable": {"image": {"type": "string"}},
  "output": {"url": {"value": "x", "precondition": [{"condition": true}]}}
}`

// withFake returns a stack in a project of its own, whose engine is a shell script, and what a person reads. The script has FAKE,
// a folder that the test looks into. Unless it ends before, the script goes on as an engine does for which nothing goes wrong and one
// resource is to be created.
func withFake(t *testing.T, script string) (stack *Stack, fake string, said *bytes.Buffer) {
	t.Helper()
	project, fake := t.TempDir(), t.TempDir()
	dir := filepath.Join(project, "cdktf.out", "stacks", "prod")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(fake, "tofu")
	for file, text := range map[string]string{
		filepath.Join(dir, design): aStack,
		path: `#!/bin/sh
echo "$*" >>"$FAKE/commands"
` + script + `
case "$1" in
init) mkdir -p "$TF_DATA_DIR" && echo locked >.terraform.lock.hcl ;;
plan) echo planned >plan; exit 2 ;;
show) echo '{"format_version": "1.2", "resource_changes": [{"address": "aws_lb.a", "mode": "managed", "type": "aws_lb", "name": "a", "change": {"actions": ["create"], "after": {}}}]}' ;;
output) echo '{"url": {"value": "https://api.example.com"}}' ;;
esac
`,
	} {
		if err := os.WriteFile(file, []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv(engine.Variable, path)
	t.Setenv("FAKE", fake)
	for _, name := range []string{BesideVariable, DemoVariable, lockVariable} {
		t.Setenv(name, "")
	}
	said = &bytes.Buffer{}
	return &Stack{Name: "prod", Dir: dir, project: project, out: filepath.Join(project, "cdktf.out"), values: project, log: said, notes: said}, fake, said
}

// read returns the text of a file, and fails the test unless it is there.
func read(t *testing.T, path ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
