// Package stackhcl writes a synthesized stack in Terraform's own language, HCL, as a person would have written it: with the same addresses,
// so that the state of the stack is the state of what is written.
package stackhcl

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"

	"github.com/order-bot/infra/tool/inventory"
	"github.com/order-bot/infra/tool/kinds"
	"github.com/order-bot/infra/tool/stackjson"
)

// Files returns the files of a stack by name, such as "variables.tf", from its Terraform JSON. There is one for what each module makes, by the
// name of the module, and main.tf for what the stack makes itself. The others have the names of Terraform's style guide
// (https://developer.hashicorp.com/terraform/language/style#file-names).
//
// What is an expression in the JSON, and what stands for itself, is as
// https://developer.hashicorp.com/terraform/language/syntax/json says. That page leaves one thing to the provider's schema: whether an object is
// a block or the value of an argument. kinds.Arguments says it here, and so needs no engine, no provider, and not the seconds in which these tell
// their schema. Where it were wrong, an engine would refuse what is written: a block is never taken for an argument.
//
// It returns an error with all that it does not know how to write, if there is any.
func Files(stack string, text []byte) (map[string][]byte, error) {
	parsed, err := stackjson.Parse(text)
	if err != nil {
		return nil, err
	}
	elements, err := inventory.Of(stack, parsed)
	if err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber() // written as they stand there
	var sections map[string]any
	if err := decoder.Decode(&sections); err != nil {
		return nil, err
	}
	w := &writer{files: map[string]*hclwrite.File{}}
	w.terraform(sections)
	w.blocks(sections, "variable", "variables.tf", variable)
	w.locals(sections)
	w.elements(sections, elements)
	w.blocks(sections, "check", "checks.tf", []argument{{"assert", block, rule}})
	w.unlabelled(sections, "moved", "moved.tf", []argument{{"from", reference, nil}, {"to", reference, nil}},
		"What a state has at an address of before is now at the new one. A block can go when no state has the old address any more.")
	w.unlabelled(sections, "import", "imports.tf", []argument{{"for_each", template, nil}, {"to", reference, nil}, {"id", template, nil}, {"provider", reference, nil}}, "")
	w.unlabelled(sections, "removed", "removed.tf", []argument{{"from", reference, nil}, {"lifecycle", block, []argument{{"destroy", literal, nil}}}}, "")
	w.blocks(sections, "output", "outputs.tf", output)
	for _, name := range slices.Sorted(maps.Keys(sections)) {
		if name != "//" {
			w.problem(name)
		}
	}
	if err := errors.Join(w.problems...); err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for name, file := range w.files {
		files[name] = empty.ReplaceAll(hclwrite.Format(file.Bytes()), []byte("$1 {}"))
	}
	return files, nil
}

// empty is a block with nothing in it, on two lines.
var empty = regexp.MustCompile(`(?m)^(data "[^"]*" "[^"]*") {\n}$`)

// form is how the JSON has an argument of Terraform's own.
type form int

const (
	literal   form = iota // a text stands for itself
	template              // a text is a template, with expressions in ${…}
	reference             // a text is an expression, without ${…}
	block                 // an object, or a list of objects, is a block
)

// argument is an argument or a block of Terraform's own.
type argument struct {
	name string
	form form
	// block are the arguments of a block.
	block []argument
}

// The blocks of Terraform's own, in the order in which their arguments are written.
var (
	rule     = []argument{{"condition", template, nil}, {"error_message", template, nil}}
	variable = []argument{
		{"description", literal, nil}, {"type", reference, nil}, {"default", literal, nil}, {"nullable", literal, nil}, {"sensitive", literal, nil},
		{"ephemeral", literal, nil}, {"validation", block, rule},
	}
	output = []argument{
		{"description", literal, nil}, {"value", template, nil}, {"sensitive", literal, nil}, {"ephemeral", literal, nil}, {"precondition", block, rule},
		{"depends_on", reference, nil},
	}
	first = []argument{{"provider", reference, nil}, {"count", template, nil}, {"for_each", template, nil}}
	last  = []argument{
		{"lifecycle", block, []argument{
			{"create_before_destroy", literal, nil}, {"prevent_destroy", literal, nil}, {"ignore_changes", reference, nil}, {"replace_triggered_by", reference, nil},
			{"precondition", block, rule}, {"postcondition", block, rule},
		}},
		{"depends_on", reference, nil},
	}
	// unwritten are those of a resource that no module makes.
	unwritten = []string{"connection", "dynamic", "provisioner"}
)

// writer fills files.
type writer struct {
	files    map[string]*hclwrite.File
	problems []error
}

func (w *writer) problem(at string) {
	w.problems = append(w.problems, fmt.Errorf("%s: there is no way here to write this in HCL", at))
}

// object returns a value that has to be an object.
func (w *writer) object(at string, value any) map[string]any {
	fields, ok := value.(map[string]any)
	if !ok && value != nil {
		w.problem(at)
	}
	return maps.Clone(fields)
}

// objects returns a value that is an object or a list of objects.
func (w *writer) objects(at string, value any) (all []map[string]any) {
	list, ok := value.([]any)
	if !ok {
		list = []any{value}
	}
	for _, each := range list {
		all = append(all, w.object(at, each))
	}
	return all
}

// take removes a field from others, and returns it.
func take(fields map[string]any, name string) any {
	value := fields[name]
	delete(fields, name)
	return value
}

// add appends a block to a file, below a comment, if there is one.
func (w *writer) add(file, comment, name string, labels ...string) *hclwrite.Body {
	if w.files[file] == nil {
		w.files[file] = hclwrite.NewEmptyFile()
	}
	body := w.files[file].Body()
	separate(body)
	if comment != "" {
		write(body, "# "+strings.Join(strings.Fields(comment), " ")+"\n")
	}
	return body.AppendNewBlock(name, labels).Body()
}

// separate leaves a line empty below what a body has.
func separate(body *hclwrite.Body) {
	if len(body.Attributes())+len(body.Blocks()) > 0 {
		body.AppendNewline()
	}
}

// write appends text to a body as it is.
func write(body *hclwrite.Body, text string) {
	body.AppendUnstructuredTokens(hclwrite.Tokens{{Type: hclsyntax.TokenComment, Bytes: []byte(text)}})
}

// set appends an argument to a body.
func (w *writer) set(body *hclwrite.Body, at, name string, value any, form form) {
	written, err := pieceOf(value, form)
	if err != nil {
		w.problems = append(w.problems, fmt.Errorf("%s.%s: %w", at, name, err))
		return
	}
	body.SetAttributeRaw(name, hclwrite.Tokens{{Type: hclsyntax.TokenIdent, Bytes: []byte(written.text())}})
}

// arguments writes those of a block of Terraform's own, and takes them out of fields.
func (w *writer) arguments(body *hclwrite.Body, at string, fields map[string]any, all []argument) {
	for _, a := range all {
		value, given := fields[a.name]
		delete(fields, a.name)
		if !given || value == nil && a.name != "default" { // of all others, null is as if it were not there
			continue
		}
		if a.form != block {
			if a.name == "depends_on" {
				separate(body)
			}
			w.set(body, at, a.name, value, a.form)
			continue
		}
		for _, inner := range w.objects(at+"."+a.name, value) {
			separate(body)
			w.whole(body.AppendNewBlock(a.name, nil).Body(), at+"."+a.name, inner, a.block)
		}
	}
}

// whole writes a block of Terraform's own that has these arguments and no others.
func (w *writer) whole(body *hclwrite.Body, at string, fields map[string]any, all []argument) {
	w.arguments(body, at, fields, all)
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if name != "//" {
			w.problem(at + "." + name)
		}
	}
}

// terraform writes the settings of Terraform itself, and the providers.
func (w *writer) terraform(sections map[string]any) {
	if settings := w.object("terraform", take(sections, "terraform")); len(settings) > 0 {
		w.settings(w.add("terraform.tf", "", "terraform"), settings)
	}
	providers := w.object("provider", take(sections, "provider"))
	for _, name := range slices.Sorted(maps.Keys(providers)) {
		at := "provider." + name
		for _, fields := range w.objects(at, providers[name]) {
			body := w.add("providers.tf", "", "provider", name)
			w.arguments(body, at, fields, []argument{{"alias", literal, nil}})
			w.free(body, at, "", fields)
		}
	}
}

func (w *writer) settings(body *hclwrite.Body, settings map[string]any) {
	w.arguments(body, "terraform", settings, []argument{{"required_version", literal, nil}})
	if providers := w.object("terraform.required_providers", take(settings, "required_providers")); len(providers) > 0 {
		separate(body)
		inner := body.AppendNewBlock("required_providers", nil).Body()
		for _, name := range slices.Sorted(maps.Keys(providers)) {
			w.set(inner, "terraform.required_providers", name, providers[name], literal)
		}
	}
	backends := w.object("terraform.backend", take(settings, "backend"))
	for _, name := range slices.Sorted(maps.Keys(backends)) {
		separate(body)
		inner, fields := body.AppendNewBlock("backend", []string{name}).Body(), w.object("terraform.backend."+name, backends[name])
		for _, field := range slices.Sorted(maps.Keys(fields)) {
			w.set(inner, "terraform.backend."+name, field, fields[field], literal)
		}
	}
	w.whole(body, "terraform", settings, nil)
}

// blocks writes the blocks of a section that have a label.
func (w *writer) blocks(sections map[string]any, section, file string, arguments []argument) {
	all := w.object(section, take(sections, section))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		at := section + "." + name
		w.whole(w.add(file, "", section, name), at, w.object(at, all[name]), arguments)
	}
}

// unlabelled writes the blocks of a section that have none, below a comment, if there is one.
func (w *writer) unlabelled(sections map[string]any, section, file string, arguments []argument, comment string) {
	all := take(sections, section)
	if all == nil {
		return
	}
	for i, fields := range w.objects(section, all) {
		if i > 0 {
			comment = ""
		}
		w.whole(w.add(file, comment, section), fmt.Sprintf("%s.%d", section, i), fields, arguments)
	}
}

func (w *writer) locals(sections map[string]any) {
	all := w.object("locals", take(sections, "locals"))
	if len(all) == 0 {
		return
	}
	body := w.add("locals.tf", "", "locals")
	for _, name := range slices.Sorted(maps.Keys(all)) {
		w.set(body, "locals", name, all[name], template)
	}
}

// elements writes the resources and data sources.
func (w *writer) elements(sections map[string]any, elements []inventory.Element) {
	resources, data := w.object("resource", take(sections, "resource")), w.object("data", take(sections, "data"))
	for _, element := range elements {
		section, from, address := "resource", resources, element.Address
		if rest, ok := strings.CutPrefix(address, "data."); ok {
			section, from, address = "data", data, rest
		}
		kind, name, _ := strings.Cut(address, ".")
		fields := w.object(element.Address, w.object(section+"."+kind, from[kind])[name])
		body := w.add(fileOf(element.Module), element.What, section, kind, name)
		w.arguments(body, element.Address, fields, first)
		end := map[string]any{}
		for _, a := range last {
			if value, given := fields[a.name]; given {
				end[a.name] = value
				delete(fields, a.name)
			}
		}
		for _, name := range unwritten {
			if take(fields, name) != nil {
				w.problem(element.Address + "." + name)
			}
		}
		w.free(body, element.Address, kind, fields)
		w.arguments(body, element.Address, end, last)
	}
}

// fileOf is the file of what a module makes. One of the name override would replace what is in the others
// (https://developer.hashicorp.com/terraform/language/files/override).
func fileOf(module string) string {
	if module == "" || module == "override" || strings.HasSuffix(module, "_override") {
		return "main.tf"
	}
	return module + ".tf"
}

// free writes the body of a block of the provider's: its arguments, the tags at their end, and then its blocks. kind is the type of the resource.
func (w *writer) free(body *hclwrite.Body, at, kind string, fields map[string]any) {
	var inner []string
	for _, name := range slices.SortedFunc(maps.Keys(fields), func(a, b string) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b))
	}) {
		switch value := fields[name]; {
		case name == "//" || value == nil: // null is as if it were not there
		case blocks(value) && !slices.Contains(kinds.Arguments(kind), name):
			inner = append(inner, name)
		default:
			w.set(body, at, name, value, template)
		}
	}
	for _, name := range inner {
		for _, fields := range w.objects(at+"."+name, fields[name]) {
			separate(body)
			w.free(body.AppendNewBlock(name, nil).Body(), at+"."+name, kind, fields)
		}
	}
}

// rank is 1 of what stands at the end, as in the examples of the provider's documentation.
func rank(name string) int {
	if name == "tags" {
		return 1
	}
	return 0
}

// blocks tells whether a value can be that of blocks: an object, or a list of objects.
func blocks(value any) bool {
	list, ok := value.([]any)
	if !ok {
		_, ok = value.(map[string]any)
		return ok
	}
	for _, each := range list {
		if _, ok := each.(map[string]any); !ok {
			return false
		}
	}
	return len(list) > 0
}
