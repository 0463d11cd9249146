package tfvars

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// Filled is a value that Fill puts into a file.
type Filled struct {
	// Name is the variable's.
	Name string
	// Before is the value that the file has, as someone wrote it; empty if it has none.
	Before string
	// After is the value that it gets.
	After string
	// Example tells that Before is that of the example, which is of nobody.
	Example bool
}

// String is the difference in a line, such as "+ vpc_id = …" or "~ vpc_id = … → …".
func (f Filled) String() string {
	if f.Before == "" {
		return fmt.Sprintf("+ %s = %s", f.Name, f.After)
	}
	return fmt.Sprintf("~ %s = %s → %s", f.Name, f.Before, f.After)
}

// Fill returns the text of STACK.tfvars of a project with other values for some variables, and what changes. All else in the file stays as it is: its
// comments, and the values of other variables. Nothing is written.
//
// values are JSON by the names of variables. example is the file of the example, if there is one: to replace a value of it is a loss to nobody. Where
// there is no STACK.tfvars, the text begins with that of the example, unless empty. Fill returns an error if a file is no tfvars file, or if a value
// would not hold, because STACK.tfvars.json has another one.
func Fill(project, stack string, values map[string]json.RawMessage, example string, empty bool) (text []byte, changes []Filled, err error) {
	file := filepath.Join(project, stack+".tfvars")
	text, err = os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) && !empty {
		text, err = os.ReadFile(example)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, err
	}
	examples, err := Values(example)
	if err != nil {
		return nil, nil, err
	}
	parsed, problems := hclsyntax.ParseConfig(text, shown(file), hcl.InitialPos)
	if problems.HasErrors() {
		return nil, nil, first(problems)
	}
	body, _ := parsed.Body.(*hclsyntax.Body)
	winning, err := Values(filepath.Join(project, stack+".tfvars.json"))
	if err != nil {
		return nil, nil, err
	}
	var wrong []error
	var edits []edit
	var added strings.Builder
	for _, name := range slices.Sorted(maps.Keys(values)) {
		value, err := valueOf(values[name])
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", name, err)
		}
		wins, given := winning[name]
		if given && !sameJSON(wins, values[name]) {
			wrong = append(wrong, fmt.Errorf("%s.tfvars.json: %s: its value is %s, and holds whatever %s.tfvars has: make it %s there, or take it out", stack, name, wins, stack, compact(values[name])))
			continue
		}
		change := Filled{Name: name, After: string(hclwrite.TokensForValue(value).Bytes())}
		switch attribute := body.Attributes[name]; {
		case attribute != nil:
			e := edit{from: attribute.EqualsRange.End.Byte, to: attribute.SrcRange.End.Byte, text: change.After}
			e.trim(text)
			before, known := evaluated(text[e.from:e.to])
			if known && sameJSON(before, values[name]) {
				continue
			}
			change.Before, change.Example = strings.Join(strings.Fields(string(text[e.from:e.to])), " "), known && sameJSON(before, examples[name])
			edits = append(edits, e)
		case given:
			continue
		default:
			fmt.Fprintf(&added, "%s = %s\n", name, change.After)
		}
		changes = append(changes, change)
	}
	slices.SortFunc(edits, func(a, b edit) int { return cmp.Compare(b.from, a.from) }) // from the end, so that places stay where they are
	for _, e := range edits {
		text = slices.Concat(text[:e.from], []byte(e.text), text[e.to:])
	}
	if added.Len() > 0 && len(text) > 0 && !bytes.HasSuffix(text, []byte("\n")) {
		text = append(text, '\n')
	}
	return append(text, added.String()...), changes, errors.Join(wrong...)
}

// edit is another text for a part of a file.
type edit struct {
	from, to int
	text     string
}

// trim leaves out the white space around the part.
func (e *edit) trim(text []byte) {
	e.from += len(text[e.from:e.to]) - len(bytes.TrimLeft(text[e.from:e.to], " \t"))
	e.to = e.from + len(bytes.TrimRight(text[e.from:e.to], " \t\r\n"))
}

// valueOf is a JSON value as HCL has it.
func valueOf(text json.RawMessage) (cty.Value, error) {
	var value ctyjson.SimpleJSONValue
	err := json.Unmarshal(text, &value)
	return value.Value, err
}

// evaluated is the value of an expression as JSON; known tells whether it has one.
func evaluated(expression []byte) (text json.RawMessage, known bool) {
	value, found := fromText(string(expression), cty.DynamicPseudoType)
	if !found {
		return nil, false
	}
	text, err := ctyjson.Marshal(value, value.Type())
	return text, err == nil
}

// compact is JSON in one line.
func compact(text json.RawMessage) string {
	var short bytes.Buffer
	if json.Compact(&short, text) != nil {
		return string(text)
	}
	return short.String()
}

// sameJSON tells whether two JSON texts say the same.
func sameJSON(a, b json.RawMessage) bool {
	var one, other any
	return json.Unmarshal(a, &one) == nil && json.Unmarshal(b, &other) == nil && fmt.Sprintf("%#v", one) == fmt.Sprintf("%#v", other)
}
