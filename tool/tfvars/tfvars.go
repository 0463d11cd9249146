// Package tfvars finds values that no variable takes. The engines pass over such a value with a warning, or
// silently if it comes from the environment: a misspelt name would leave a default in force.
package tfvars

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	hcljson "github.com/hashicorp/hcl/v2/json"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// prefix starts the names of environment variables that give values.
const prefix = "TF_VAR_"

// Files returns those that exist of the files whose values a stack gets: STACK.tfvars and
// STACK.tfvars.json in the project's directory. Where both have a value, the second one's holds.
func Files(project, stack string) []string {
	var there []string
	for _, name := range []string{stack + ".tfvars", stack + ".tfvars.json"} {
		path := filepath.Join(project, name)
		if _, err := os.Stat(path); err == nil {
			there = append(there, path)
		}
	}
	return there
}

// Check returns an error that names each value, in the files or in the environment, that no
// variable takes, and the variable whose name is close to it. Files are for the stack. The
// environment is for all stacks. declared are the variables' names by stack.
func Check(stack string, files, environment []string, declared map[string][]string) error {
	var problems []error
	for _, file := range files {
		names, err := namesIn(file)
		if err != nil {
			problems = append(problems, err)
		}
		for _, name := range names {
			if !slices.Contains(declared[stack], name) {
				problems = append(problems, fmt.Errorf("%s: %s", shown(file), Unknown(stack, name, declared)))
			}
		}
	}
	stacks := slices.Sorted(maps.Keys(declared))
	for _, name := range slices.Sorted(maps.Keys(textsIn(environment))) {
		if !slices.ContainsFunc(stacks, func(stack string) bool { return slices.Contains(declared[stack], name) }) {
			problems = append(problems, fmt.Errorf("environment: %s: no stack has such a variable%s", prefix+name, hint(name, declared, stacks...)))
		}
	}
	return errors.Join(problems...)
}

// textsIn are the values that the environment gives, by the names of variables.
func textsIn(environment []string) map[string]string {
	texts := map[string]string{}
	for _, entry := range environment {
		variable, text, _ := strings.Cut(entry, "=")
		if name, is := strings.CutPrefix(variable, prefix); is {
			texts[name] = text
		}
	}
	return texts
}

// Given returns where variables have their values from, by name: the name of a file, or of a variable of the environment.
func Given(files, environment []string) (map[string]string, error) {
	given := map[string]string{}
	for name := range textsIn(environment) {
		given[name] = prefix + name
	}
	for _, file := range files {
		names, err := namesIn(file)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			given[name] = shown(file)
		}
	}
	return given, nil
}

// Unknown says that a stack has no variable of a name, and names the one that was probably meant.
func Unknown(stack, name string, declared map[string][]string) string {
	return fmt.Sprintf("%s: %s has no such variable%s", name, stack, hint(name, declared, stack))
}

// namesIn returns the names of the variables to which a file gives values, sorted, also if some of the values are wrong. Its error
// holds no value: that may be a secret.
func namesIn(file string) ([]string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	if strings.HasSuffix(file, ".json") {
		var values map[string]json.RawMessage
		if err := json.Unmarshal(bytes.TrimPrefix(text, []byte("\ufeff")), &values); err != nil {
			return nil, fmt.Errorf("%s: is not a JSON object of values by variable name", shown(file))
		}
		return slices.Sorted(maps.Keys(values)), nil
	}
	parsed, problems := hclsyntax.ParseConfig(text, shown(file), hcl.InitialPos)
	if problems.HasErrors() {
		return nil, fmt.Errorf("%w%s", first(problems), advice(problems))
	}
	attributes, problems := parsed.Body.JustAttributes()
	if problems.HasErrors() {
		return nil, first(problems)
	}
	var wrong []error
	names := slices.Sorted(maps.Keys(attributes))
	for _, name := range names {
		if _, problems := attributes[name].Expr.Value(nil); problems.HasErrors() {
			wrong = append(wrong, fmt.Errorf("%w in the value of %s%s", first(problems), name, advice(problems)))
		}
	}
	return names, errors.Join(wrong...)
}

// Values returns the values that a file gives, as JSON, by the names of variables. One that is not there gives none.
func Values(file string) (map[string]json.RawMessage, error) {
	values, err := valuesIn(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	all := map[string]json.RawMessage{}
	for name, value := range values {
		if all[name], err = ctyjson.Marshal(value, value.Type()); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", shown(file), name, err)
		}
	}
	return all, nil
}

func valuesIn(file string) (map[string]cty.Value, error) {
	if _, err := namesIn(file); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	parse := hclsyntax.ParseConfig
	if strings.HasSuffix(file, ".json") {
		parse = func(text []byte, name string, _ hcl.Pos) (*hcl.File, hcl.Diagnostics) {
			return hcljson.Parse(text, name)
		}
	}
	parsed, problems := parse(text, shown(file), hcl.InitialPos)
	if problems.HasErrors() {
		return nil, first(problems)
	}
	attributes, _ := parsed.Body.JustAttributes()
	values := map[string]cty.Value{}
	for name, attribute := range attributes {
		if values[name], problems = attribute.Expr.Value(nil); problems.HasErrors() {
			return nil, first(problems)
		}
	}
	return values, nil
}

// Read returns the values that files give a stack, by the names of variables; where several files have a value, the last one's holds.
func Read(files []string) (map[string]cty.Value, error) {
	values := map[string]cty.Value{}
	for _, file := range files {
		given, err := valuesIn(file)
		if err != nil {
			return nil, err
		}
		maps.Copy(values, given)
	}
	return values, nil
}

// first is the first error of a file: those after it often only follow from it.
func first(problems hcl.Diagnostics) error {
	problem := problems[slices.IndexFunc(problems, func(d *hcl.Diagnostic) bool { return d.Severity == hcl.DiagError })]
	return fmt.Errorf("%s: line %d: %s", problem.Subject.Filename, problem.Subject.Start.Line, problem.Summary)
}

// advice follows the first error of a file. Mostly the quotes are missing.
func advice(problems hcl.Diagnostics) string {
	switch problems[0].Summary {
	case "Attribute redefined":
		return ""
	case "Function calls not allowed":
		return "; a value stands for itself"
	case "Invalid character encoding":
		return "; save the file as UTF-8"
	}
	return "; a text needs double quotes"
}

// shown is a file's path as a person would write it in the project's directory.
func shown(file string) string {
	here, err := os.Getwd()
	if err != nil {
		return filepath.Base(file)
	}
	path, err := filepath.Rel(here, file)
	if err != nil || strings.HasPrefix(path, "..") {
		return filepath.Base(file)
	}
	return path
}

// hint names the variable that was probably meant, or the other stack that has this one.
func hint(name string, declared map[string][]string, stacks ...string) string {
	var near []string
	for _, stack := range stacks {
		near = append(near, slices.Sorted(slices.Values(declared[stack]))...)
	}
	distance := func(other string) int { return levenshtein.Distance(strings.ToLower(name), other, nil) }
	near = slices.DeleteFunc(near, func(other string) bool { return distance(other) > max(2, len(name)/4) })
	if len(near) > 0 {
		return "; is " + slices.MinFunc(near, func(a, b string) int { return distance(a) - distance(b) }) + " meant?"
	}
	for _, stack := range slices.Sorted(maps.Keys(declared)) {
		if slices.Contains(declared[stack], name) {
			return "; " + stack + " has one"
		}
	}
	return ""
}
