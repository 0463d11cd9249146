package generate

import (
	"strings"
	"testing"

	"github.com/order-bot/infra/tool/stackjson"
)

func inputs(t *testing.T, text string) (string, error) {
	t.Helper()
	stack, err := stackjson.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return Inputs(Stack{Name: "prod", JSON: stack})
}

func TestInputs(t *testing.T) {
	text, err := inputs(t, `{
		"variable": {
			"ports": {"type": "list(number)", "default": [80, 443], "description": "Ports that are open.", "validation": [
				{"error_message": "ports must be one or more."}, {"error_message": "ports must be 80|443."}
			]},
			"password": {"type": "string", "sensitive": true, "description": "What opens the door."}
		},
		"output": {
			"name": {"description": "Its name."},
			"key": {"description": "Its key.", "sensitive": true}
		}
	}`)
	if err != nil {
		t.Fatal(err)
	}
	want := "\n## Stack `prod`\n\n### Inputs\n\n" +
		"| name | type | default | sensitive | what it is | allowed |\n|---|---|---|---|---|---|\n" +
		"| `password` | string | *required* | yes | What opens the door. |  |\n" +
		"| `ports` | list(number) | `[80,443]` |  | Ports that are open. | one or more; 80\\|443 |\n" +
		"\n### Outputs\n\n| name | sensitive | what it is |\n|---|---|---|\n" +
		"| `key` | yes | Its key. |\n" +
		"| `name` |  | Its name. |\n"
	if !strings.HasSuffix(text, want) {
		t.Errorf("no\n%s\nat the end of\n%s", want, text)
	}
}

func TestInputsRefuse(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"a variable without a description": {
			`{"variable": {"port": {"type": "number"}}}`,
			"prod: variable port: has no description",
		},
		"an output without a description": {
			`{"output": {"name": {"value": "x"}}}`,
			"prod: output name: has no description",
		},
		"a message of another form": {
			`{"variable": {"port": {"description": "A port.", "validation": [{"error_message": "Wrong port."}]}}}`,
			`prod: variable port: the message "Wrong port." does not begin with "port must be "`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := inputs(t, c.text); err == nil || err.Error() != c.want {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}
