package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-exec/tfexec"
	"golang.org/x/text/unicode/norm"

	"github.com/order-bot/infra/tool/inputs"
)

// What JSON can hold and an engine, a shell or a log might take for something else.
var pieces = []string{
	"${", "}", "%{", "$${", "%%{", "${1+1}", "%{if true}x%{endif}", "\"", "\\", "'", "`", "$", "%", "\n", "\r\n", "\t", "\b", "\f", "\x00", "\x01", "\x1b[31m", "\x7f",
	"\u00a0", "\u2028", "\u2029", "\ufeff", "\ufffd", "ö", "東京", "😀", "<!-- -->", "&", "<", ">", "EOF", "::add-mask::", "#", "//", "/*", " ", "a", "0", "null", "true",
}

// Every text that a JSON object of inputs can hold arrives in the configuration as it is, with every engine, or is refused by name.
func TestTextsArriveUnchanged(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	text := func() string {
		var b strings.Builder
		for range random.IntN(6) {
			if random.IntN(4) == 0 {
				b.WriteRune(rune(random.IntN(0x3000)))
			} else {
				b.WriteString(pieces[random.IntN(len(pieces))])
			}
		}
		return norm.NFC.String(b.String()) // others are refused, as Terraform would change them
	}
	given := map[string]any{"one": text(), "list": []any{text(), text()}}
	environment := map[string]any{}
	for i := range 400 {
		environment[fmt.Sprintf("KEY_%03d%s", i, text())] = text()
	}
	for i, piece := range pieces {
		environment[fmt.Sprintf("PIECE_%03d", i)] = piece
	}
	secret := string(must[[]byte](t)(json.Marshal(map[string]any{"environment": environment})))
	all := must[*inputs.Inputs](t)(inputs.Read(string(must[[]byte](t)(json.Marshal(given))), secret))
	want := map[string]any{"environment": environment}
	maps.Copy(want, given)

	configuration := `{"variable": {"one": {"type": "string"}, "list": {"type": "list(string)"}, "environment": {"type": "map(string)", "sensitive": true}},
		"output": {"one": {"value": "${var.one}"}, "list": {"value": "${var.list}"}, "environment": {"value": "${var.environment}", "sensitive": true}}}`
	for _, binary := range engines {
		dir := t.TempDir()
		for name, content := range map[string][]byte{"main.tf.json": []byte(configuration), "terraform.tfvars.json": must[[]byte](t)(json.Marshal(all.Values))} {
			if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		tf := must[*tfexec.Terraform](t)(openEngine(binary, dir, local.Environment()))
		if err := tf.Init(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := tf.Apply(t.Context()); err != nil {
			t.Fatal(err)
		}
		outputs, err := tf.Output(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range want {
			var got any
			if err := json.Unmarshal(outputs[name].Value, &got); err != nil {
				t.Fatal(err)
			}
			if texts, is := value.(map[string]any); is {
				for key, text := range texts {
					if got := got.(map[string]any)[key]; got != text {
						t.Errorf("%s: %q is %q, not %q", binary, key, got, text)
					}
				}
				continue
			}
			same(t, binary+": "+name, got, value)
		}
	}
}
