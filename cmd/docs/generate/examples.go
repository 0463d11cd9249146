package generate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// Example returns a file of example values for a stack. What the file has already stays as someone wrote
// it, with its comments. A value that no variable takes any more goes. A variable without a default that
// has no value there gets the one in values, below a comment that says what it is. It returns an error if the
// file is no tfvars file, or a variable has no value.
func Example(stack Stack, values map[string]any, file []byte) ([]byte, error) {
	parsed, problems := hclwrite.ParseConfig(file, stack.Name+".tfvars", hcl.InitialPos)
	if problems.HasErrors() {
		return nil, problems
	}
	body := parsed.Body()
	for name := range body.Attributes() {
		if stack.JSON.Variable[name] == nil {
			body.RemoveAttribute(name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(stack.JSON.Variable)) {
		variable := stack.JSON.Variable[name]
		if _, optional := variable["default"]; optional || body.GetAttribute(name) != nil {
			continue
		}
		value, err := valueOf(values[name])
		if err != nil {
			return nil, fmt.Errorf("%s: an example of %s: %w", stack.Name, name, err)
		}
		if len(parsed.Bytes()) > 0 {
			body.AppendNewline()
		}
		comment := fmt.Sprintf("# %s\n", variable["description"])
		body.AppendUnstructuredTokens(hclwrite.Tokens{{Type: hclsyntax.TokenComment, Bytes: []byte(comment)}})
		body.SetAttributeValue(name, value)
	}
	text := emptyLines.ReplaceAll(hclwrite.Format(parsed.Bytes()), []byte("\n\n")) // what was removed leaves some
	return append(bytes.TrimRight(text, "\n"), '\n'), nil
}

var emptyLines = regexp.MustCompile(`\n{3,}`)

// valueOf is a Go value as HCL has it.
func valueOf(value any) (cty.Value, error) {
	if value == nil {
		return cty.NilVal, fmt.Errorf("there is none")
	}
	text, err := json.Marshal(value)
	if err != nil {
		return cty.NilVal, err
	}
	kind, err := ctyjson.ImpliedType(text)
	if err != nil {
		return cty.NilVal, err
	}
	return ctyjson.Unmarshal(text, kind)
}
