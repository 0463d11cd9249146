package stackhcl

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function/stdlib"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// width is how many characters an expression on one line has at most, where it can be on several.
const width = 100

// piece is an expression in HCL.
type piece struct {
	// flat is the expression on one line, and tall on several: empty if it can only be on one.
	flat, tall string
}

// text is the expression as it is written. hclwrite indents it.
func (p piece) text() string {
	if p.tall != "" && (len(p.flat) > width || strings.Contains(p.flat, "\n")) {
		return p.tall
	}
	return p.flat
}

// pieceOf is a value of the JSON in HCL.
func pieceOf(value any, form form) (piece, error) {
	switch value := value.(type) {
	case nil:
		return piece{flat: "null"}, nil
	case bool, json.Number:
		return piece{flat: fmt.Sprint(value)}, nil
	case []any:
		all := make([]piece, len(value))
		for i, each := range value {
			var err error
			if all[i], err = pieceOf(each, form); err != nil {
				return piece{}, err
			}
		}
		return tuple(all), nil
	case map[string]any:
		var keys []string
		var all []piece
		for _, name := range slices.Sorted(maps.Keys(value)) {
			each, err := pieceOf(value[name], form)
			if err != nil {
				return piece{}, err
			}
			key := keyOf(name)
			if form == template && strings.ContainsAny(name, "$%") {
				if key, err = quoted(name); err != nil {
					return piece{}, err
				}
			}
			keys, all = append(keys, key), append(all, each)
		}
		written := object(keys, all)
		if len(keys) > 0 {
			written.flat = written.tall
		}
		return written, nil
	case string:
		switch form {
		case literal:
			return piece{flat: quote(value)}, nil
		case reference:
			return expression(value)
		}
		return templated(value)
	}
	return piece{}, fmt.Errorf("%v has a type that JSON does not have", value)
}

func tuple(all []piece) piece {
	flat, tall := make([]string, len(all)), make([]string, len(all))
	for i, each := range all {
		flat[i], tall[i] = each.flat, each.text()+",\n"
	}
	written := piece{flat: "[" + strings.Join(flat, ", ") + "]"}
	if len(all) > 0 {
		written.tall = "[\n" + strings.Join(tall, "") + "]"
	}
	return written
}

func object(keys []string, all []piece) piece {
	if len(keys) == 0 {
		return piece{flat: "{}"}
	}
	flat, tall := make([]string, len(all)), make([]string, len(all))
	for i, each := range all {
		flat[i], tall[i] = keys[i]+" = "+each.flat, keys[i]+" = "+each.text()+"\n"
	}
	return piece{flat: "{ " + strings.Join(flat, ", ") + " }", tall: "{\n" + strings.Join(tall, "") + "}"}
}

// keyOf is a key of an object: a name, or a text in quotes. HCL reads some names as something else.
func keyOf(name string) string {
	if hclsyntax.ValidIdentifier(name) && !slices.Contains([]string{"for", "true", "false", "null"}, name) {
		return name
	}
	return quote(name)
}

// quote is a text that stands for itself.
func quote(text string) string {
	return string(hclwrite.TokensForValue(cty.StringVal(text)).Bytes())
}

// templated is a text of the JSON with expressions in it.
func templated(text string) (piece, error) {
	parsed, problems := hclsyntax.ParseTemplate([]byte(text), "", hcl.InitialPos)
	if problems.HasErrors() {
		return piece{}, problems
	}
	if _, ok := parsed.(*hclsyntax.TemplateWrapExpr); ok && !strings.HasPrefix(text, "${~") && !strings.HasSuffix(text, "~}") {
		return expression(strings.TrimSpace(text[len("${") : len(text)-len("}")]))
	}
	if value, problems := parsed.Value(nil); !problems.HasErrors() && value.Type() == cty.String {
		if written, ok := encoded(value.AsString()); ok {
			return written, nil
		}
	}
	// Terraform's own way to write several lines: what is in them needs no backslashes.
	if strings.HasSuffix(text, "\n") && !strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }) &&
		!slices.Contains(strings.Fields(text), "EOT") {
		return piece{flat: "<<EOT\n" + text + "EOT"}, nil
	}
	written, err := quoted(text)
	return piece{flat: written}, err
}

// quoted is a template in quotes. What is between its expressions needs backslashes there, and needs none in the JSON.
func quoted(text string) (string, error) {
	tokens, problems := hclsyntax.LexTemplate([]byte(text), "", hcl.InitialPos)
	if problems.HasErrors() {
		return "", problems
	}
	var all strings.Builder
	all.WriteByte('"')
	for at, token := range tokens {
		// The tokens lack the spaces between them.
		if at > 0 {
			all.WriteString(text[tokens[at-1].Range.End.Byte:token.Range.Start.Byte])
		}
		if token.Type != hclsyntax.TokenStringLit {
			all.Write(token.Bytes)
			continue
		}
		for _, r := range string(token.Bytes) {
			switch {
			case r == '"' || r == '\\':
				all.WriteString(`\` + string(r))
			case r == '\n':
				all.WriteString(`\n`)
			case r == '\r':
				all.WriteString(`\r`)
			case r == '\t':
				all.WriteString(`\t`)
			case unicode.IsControl(r):
				fmt.Fprintf(&all, `\u%04x`, r)
			default:
				all.WriteRune(r)
			}
		}
	}
	all.WriteByte('"')
	return all.String(), nil
}

// encoded is a text of JSON as a call of jsonencode, if that gives this very text.
// https://developer.hashicorp.com/terraform/language/functions/jsonencode
func encoded(text string) (piece, bool) {
	if !strings.HasPrefix(text, "{") && !strings.HasPrefix(text, "[") {
		return piece{}, false
	}
	var value ctyjson.SimpleJSONValue
	if json.Unmarshal([]byte(text), &value) != nil {
		return piece{}, false
	}
	if again, err := stdlib.JSONEncode(value.Value); err != nil || again.AsString() != text {
		return piece{}, false
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var parsed any
	if decoder.Decode(&parsed) != nil {
		return piece{}, false
	}
	inner, err := pieceOf(parsed, literal)
	return call("jsonencode", []piece{inner}, ""), err == nil
}

// expression is an expression, which the JSON has on one line.
func expression(text string) (piece, error) {
	parsed, problems := hclsyntax.ParseExpression([]byte(text), "", hcl.InitialPos)
	if problems.HasErrors() {
		return piece{}, errors.Join(fmt.Errorf("%q is no expression", text), problems)
	}
	source := []byte(text)
	written := laidOut(parsed, source)
	for _, operation := range []*hclsyntax.Operation{hclsyntax.OpLogicalAnd, hclsyntax.OpLogicalOr} {
		if parts := operands(parsed, operation, source); len(parts) > 1 {
			sign := map[*hclsyntax.Operation]string{hclsyntax.OpLogicalAnd: " &&\n", hclsyntax.OpLogicalOr: " ||\n"}[operation]
			written.tall = "(\n" + strings.Join(parts, sign) + "\n)" // only in parentheses does a line go on
		}
	}
	return written, nil
}

// operands are those of a chain of the same operation.
func operands(node hclsyntax.Expression, operation *hclsyntax.Operation, source []byte) []string {
	if binary, ok := node.(*hclsyntax.BinaryOpExpr); ok && binary.Op == operation {
		return append(operands(binary.LHS, operation, source), operands(binary.RHS, operation, source)...)
	}
	return []string{laidOut(node, source).text()}
}

// laidOut is an expression of which objects, lists and calls can be on several lines. All else is as it was written.
func laidOut(node hclsyntax.Expression, source []byte) piece {
	switch node := node.(type) {
	case *hclsyntax.ObjectConsExpr:
		var keys []string
		var all []piece
		for _, item := range node.Items {
			key := string(bytes.TrimSpace(item.KeyExpr.Range().SliceBytes(source)))
			if value, problems := item.KeyExpr.Value(nil); strings.HasPrefix(key, `"`) && !problems.HasErrors() {
				key = keyOf(value.AsString())
			}
			keys, all = append(keys, key), append(all, laidOut(item.ValueExpr, source))
		}
		return object(keys, all)
	case *hclsyntax.TupleConsExpr:
		return tuple(allLaidOut(node.Exprs, source))
	case *hclsyntax.FunctionCallExpr:
		rest := ""
		if node.ExpandFinal {
			rest = "..."
		}
		return call(node.Name, allLaidOut(node.Args, source), rest)
	case *hclsyntax.BinaryOpExpr:
		sign := string(source[node.LHS.Range().End.Byte:node.RHS.Range().Start.Byte])
		return joined("", allLaidOut([]hclsyntax.Expression{node.LHS, node.RHS}, source), sign, "")
	}
	return piece{flat: string(bytes.TrimSpace(node.Range().SliceBytes(source)))}
}

func allLaidOut(nodes []hclsyntax.Expression, source []byte) (all []piece) {
	for _, node := range nodes {
		all = append(all, laidOut(node, source))
	}
	return all
}

// call is the call of a function. rest is what follows the last argument.
func call(name string, arguments []piece, rest string) piece {
	return joined(name+"(", arguments, ", ", rest+")")
}

// joined are pieces that stand one after the other. On several lines, it is those that are too long, or else the longest.
func joined(open string, pieces []piece, between, end string) piece {
	flat, tall := make([]string, len(pieces)), make([]string, len(pieces))
	longest, several := -1, false
	for i, each := range pieces {
		flat[i], tall[i] = each.flat, each.text()
		several = several || flat[i] != tall[i]
		if each.tall != "" && (longest < 0 || len(each.flat) > len(flat[longest])) {
			longest = i
		}
	}
	written := piece{flat: open + strings.Join(flat, between) + end}
	if longest < 0 {
		return written
	}
	if !several {
		tall[longest] = pieces[longest].tall
	}
	written.tall = open + strings.Join(tall, between) + end
	return written
}
