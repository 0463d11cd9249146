package tfvars

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// Of several values the one holds that a plan would take, in the type of its variable.
func TestResolve(t *testing.T) {
	dir := t.TempDir()
	first, second := filepath.Join(dir, "prod.tfvars"), filepath.Join(dir, "prod.tfvars.json")
	for file, text := range map[string]string{
		first:  "a = \"first\"\nb = \"first\"\nlist = [\"x\"]\nnumber = \"8000\"\nwrong = [\"no number\"]\nnothing = null\nmap = { A = null, B = 1 }\n",
		second: `{"b": "second"}`,
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	declared := map[string]map[string]any{
		"a": {"type": "string"}, "b": {"type": "string"}, "image": {"type": "string"}, "missing": {"type": "string"},
		"list": {"type": "list(string)"}, "more": {"type": "list(string)"}, "number": {"type": "number", "default": 1.0}, "wrong": {"type": "number"},
		"map": {"type": "map(string)"}, "nothing": {"type": "string", "default": "default"}, "default": {"type": "list(string)", "default": []any{"0.0.0.0/0"}},
	}
	environment := []string{"TF_VAR_a=environment", `TF_VAR_more=["y", "z"]`, "TF_VAR_other=x", "HOME=/"}
	got, err := Resolve(declared, []string{first, second}, environment, map[string]string{"image": "given"})
	if err != nil {
		t.Fatal(err)
	}
	text, err := ctyjson.Marshal(cty.ObjectVal(got), cty.DynamicPseudoType)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"a":"first","b":"second","default":["0.0.0.0/0"],"image":"given","list":["x"],"map":{"A":null,"B":"1"},"more":["y","z"],"nothing":"default","number":8000}`
	if got := string(text); got[len(`{"value":`):len(`{"value":`)+len(want)] != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if _, err := Resolve(declared, []string{filepath.Join(dir, "none")}, nil, nil); err == nil {
		t.Error("a file that is not there gives no error")
	}
}
