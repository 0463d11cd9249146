package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/order-bot/infra/tool/deploy"
)

// What is made for the repository is made of what make synth wrote, also in the demo's terminal, where the demo may have older stacks.
func TestWrittenIsNotTheDemos(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv(deploy.DemoVariable, filepath.Join(".", ".demo"))
	t.Setenv("CDKTF_OUTDIR", "")
	for out, text := range map[string]string{
		"cdktf.out": `{"stacks": [{"name": "global"}, {"name": "staging"}]}`, filepath.Join(".demo", "cdktf.out"): `{"stacks": [{"name": "global"}]}`,
	} {
		if err := os.MkdirAll(out, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(out, "infra.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	all, stacks, err := written()
	if err != nil || !slices.Equal(all.Names(), []string{"global", "staging"}) || stacks != filepath.Join("cdktf.out", "stacks") {
		t.Errorf("%v in %q, %v", all, stacks, err)
	}
	if err := os.RemoveAll("cdktf.out"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := written(); err == nil || err.Error() != "open cdktf.out/infra.json: no such file or directory (make synth writes it)" {
		t.Errorf("without it: %v", err)
	}
}
