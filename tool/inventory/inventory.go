// Package inventory says of what a synthesized stack holds what each is, what it needs, and when Terraform creates it.
package inventory

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/order-bot/infra/tool/kinds"
	"github.com/order-bot/infra/tool/stackjson"
)

// Element is a resource or a data source of a stack.
type Element struct {
	kinds.Kind
	// Address is its address in Terraform.
	Address string
	// Module is the instance of a module that holds it; empty in the stack itself.
	Module string
	// Label tells it from others of its kind, such as "order-bot-svc".
	Label string
	// What it is, for a person, such as "ECS service: order-bot-svc".
	What string
	// Needs are the addresses of what it needs, sorted.
	Needs []string
	// Level is 1 for what needs nothing, else one more than the highest that it needs.
	Level int
}

// Of returns what a stack holds, by level and address: what needs nothing first. It returns an error if the stack has circles.
func Of(stackName string, stack *stackjson.Stack) ([]Element, error) {
	byAddress := map[string]Element{}
	for _, address := range slices.Concat(stack.Managed(), stack.DataSources()) {
		attributes := stack.At(address)
		comment, _ := attributes["//"].(map[string]any)
		metadata, _ := comment["metadata"].(map[string]any)
		path, _ := metadata["path"].(string)
		steps := strings.Split(strings.TrimPrefix(path, stackName+"/"), "/")
		e := Element{Address: address, Needs: stack.References(address)}
		if len(steps) > 1 {
			e.Module = steps[0]
		}
		typeName, name := address[:strings.LastIndex(address, ".")], steps[len(steps)-1]
		e.Kind = kinds.Of(typeName)
		if e.Title == "" {
			e.Title = strings.ReplaceAll(strings.TrimPrefix(typeName, "aws_"), "_", " ")
		}
		label := e.LabelOf(attributes)
		e.Label = resolve(stack, cmp.Or(label, name))
		e.What = strings.ToUpper(e.Title[:1]) + e.Title[1:]
		if label != "" {
			e.What += ": " + e.Label
		}
		byAddress[address] = e
	}
	for address := range byAddress {
		if _, err := level(byAddress, address, nil); err != nil {
			return nil, fmt.Errorf("%s: %w", stackName, err)
		}
	}
	return slices.SortedFunc(maps.Values(byAddress), func(a, b Element) int {
		return cmp.Or(cmp.Compare(a.Level, b.Level), cmp.Compare(a.Address, b.Address))
	}), nil
}

// level sets and returns the level of an element and of those that it needs.
func level(all map[string]Element, address string, path []string) (int, error) {
	e := all[address]
	if e.Level > 0 {
		return e.Level, nil
	}
	if slices.Contains(path, address) {
		return 0, fmt.Errorf("a circle of references: %s", strings.Join(append(path, address), " → "))
	}
	e.Level = 1
	for _, needed := range e.Needs {
		below, err := level(all, needed, append(path, address))
		if err != nil {
			return 0, err
		}
		e.Level = max(e.Level, below+1)
	}
	all[address] = e
	return e.Level, nil
}

var (
	expression = regexp.MustCompile(`\$\{([^{}]+)\}`)
	reference  = regexp.MustCompile(`^((?:data\.)?aws_[a-z0-9_]+\.[A-Za-z0-9_-]+)\.(\w+)$`)
)

// resolve replaces expressions in a text by what a reader can do with: the value that a
// referenced attribute has in the stack, or else the expression itself.
func resolve(stack *stackjson.Stack, text string) string {
	return expression.ReplaceAllStringFunc(text, func(match string) string {
		inner := expression.FindStringSubmatch(match)[1]
		if name, is := strings.CutPrefix(inner, "var."); is && match != text {
			if value, is := stack.Variable[name]["default"].(string); is {
				return value // part of a name, which then reads as what it mostly is
			}
		}
		if parts := reference.FindStringSubmatch(inner); parts != nil {
			for _, name := range []string{parts[2], "name", "bucket"} { // an id is what it is named by
				if value, is := stack.At(parts[1])[name].(string); is {
					return resolve(stack, value)
				}
			}
		}
		return inner
	})
}
