// Package inputs puts the inputs of a stack that the pipeline holds, two JSON objects, into one object that
// the engines read from a file. In a file every text arrives as it is. In a TF_VAR_ variable the engines
// would read maps and lists as HCL, where "${" and "%{" mean something.
package inputs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/order-bot/infra/tool/twice"
)

// Inputs are the values of a stack by the names of variables.
type Inputs struct {
	// Values are all of them.
	Values map[string]any
	// Secrets are the texts that must not show in a log, sorted.
	Secrets []string
}

var variable = regexp.MustCompile(`^[a-z_][a-z0-9_]*$`)

// Read reads the inputs, and those that are secrets: each a JSON object, or empty. Its error names all that is wrong
// with them, and holds no value.
func Read(plain, secret string) (*Inputs, error) {
	all := &Inputs{Values: map[string]any{}}
	var problems []error
	secrets := map[string]bool{}
	for _, part := range []struct {
		title, text string
		secret      bool
	}{{"inputs", plain, false}, {"secret inputs", secret, true}} {
		values, err := object(part.text)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", part.title, err))
		}
		for _, name := range slices.Sorted(maps.Keys(values)) {
			value := values[name]
			problem := ""
			switch _, both := all.Values[name]; {
			case !variable.MatchString(name):
				problem = strconv.Quote(name) + " is not the name of a variable (a-z, 0-9, _)"
			case both:
				problem = name + " is in both"
			case value == nil:
				problem = name + " is null; leave it out to have its default"
			case !normal(value):
				problem = name + " has text that is not in Unicode's normal form C, to which Terraform would change it"
			}
			if problem != "" {
				problems = append(problems, fmt.Errorf("%s: %s", part.title, problem))
			}
			all.Values[name] = value
			if part.secret {
				texts(value, func(text string) { hide(secrets, text) })
			}
		}
	}
	// A part of a variable's name is no secret, and hidden it would make addresses and messages unreadable.
	maps.DeleteFunc(secrets, func(text string, _ bool) bool {
		return slices.ContainsFunc(slices.Collect(maps.Keys(all.Values)), func(name string) bool { return strings.Contains(name, text) })
	})
	all.Secrets = slices.Sorted(maps.Keys(secrets))
	return all, errors.Join(problems...)
}

// object reads a JSON object. Its error holds nothing of the text.
func object(text string) (map[string]any, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber() // 1e400 and 0.1 stay what they are
	values := map[string]any{}
	if err := decoder.Decode(&values); err != nil || values == nil {
		return nil, errors.New("not a JSON object of values by variable name")
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, errors.New("something follows the JSON object")
	}
	if !utf8.ValidString(text) || halfSurrogate(text) {
		return nil, errors.New("has half of a surrogate pair, or a byte that is not UTF-8: no character")
	}
	if name, is, _ := twice.Name(json.NewDecoder(strings.NewReader(text)), nil); is {
		return nil, fmt.Errorf("%q is there twice in one object", name)
	}
	return values, nil
}

var escape = regexp.MustCompile(`\\(?:u([0-9a-fA-F]{4})(?:\\u([0-9a-fA-F]{4}))?|.)`)

// halfSurrogate tells whether JSON has an escape such as "\ud800" without its other half. The standard library puts another
// character in its place.
func halfSurrogate(text string) bool {
	for {
		at := escape.FindStringSubmatchIndex(text)
		if at == nil {
			return false
		}
		end := at[1]
		if at[2] >= 0 {
			first, _ := strconv.ParseUint(text[at[2]:at[3]], 16, 16)
			if utf16.IsSurrogate(rune(first)) {
				second := uint64(0)
				if at[4] >= 0 {
					second, _ = strconv.ParseUint(text[at[4]:at[5]], 16, 16)
				}
				if utf16.DecodeRune(rune(first), rune(second)) == utf8.RuneError {
					return true
				}
			} else {
				end = at[3] // the second one may begin a pair
			}
		}
		text = text[end:]
	}
}

// normal tells whether all texts of a value, and all names in it, are as Terraform keeps them.
// https://developer.hashicorp.com/terraform/language/expressions/strings
func normal(value any) bool {
	switch value := value.(type) {
	case string:
		return norm.NFC.IsNormalString(value)
	case []any:
		return !slices.ContainsFunc(value, func(element any) bool { return !normal(element) })
	case map[string]any:
		for name, element := range value {
			if !normal(name) || !normal(element) {
				return false
			}
		}
	}
	return true
}

// texts visits the texts and numbers in a value.
func texts(value any, visit func(string)) {
	switch value := value.(type) {
	case map[string]any:
		for _, element := range value {
			texts(element, visit)
		}
	case []any:
		for _, element := range value {
			texts(element, visit)
		}
	default:
		visit(fmt.Sprint(value))
	}
}

// shortest is the length from which a text is hidden. Without a port, or a "true", a log would be unreadable, and GitHub drops outputs
// of a job that hold what is hidden.
const shortest = 6

// hide adds what a log would show of a text: its lines, and how JSON writes it.
func hide(secrets map[string]bool, text string) {
	encoded, _ := json.Marshal(text)
	for _, line := range append(strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' }), string(bytes.Trim(encoded, `"`))) {
		if len(line) >= shortest {
			secrets[line] = true
		}
	}
}

var workflowData = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")

// Masks are the commands that let a job of GitHub Actions hide the secrets, a line each.
// https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#masking-a-value-in-a-log
func (i *Inputs) Masks() string {
	var all strings.Builder
	for _, secret := range i.Secrets {
		all.WriteString("::add-mask::" + workflowData.Replace(secret) + "\n")
	}
	return all.String()
}

// Escape writes a text as the data of a command of GitHub Actions, such as ::warning::.
func Escape(text string) string { return workflowData.Replace(text) }
