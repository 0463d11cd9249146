// Package stackdocs describes synthesized stacks for people, on two pages. One has a chart of what needs
// what, an inventory with addresses and source files, and the order in which Terraform creates it
// all. The other one has the inputs and outputs.
package stackdocs

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

// element is a resource or a data source of a stack.
type element struct {
	kinds.Kind
	address string
	label   string   // what tells it from others of its kind
	what    string   // the title and the label, if that is more than the name of the construct
	module  string   // the module instance that holds it; "" in the stack itself
	needs   []string // addresses, sorted
	level   int      // 1 for what needs nothing, else one more than the highest that it needs
}

// Element says of a resource or a data source what it is, for a person.
type Element struct {
	Address string
	// Module is the instance of a module that holds it; empty in the stack itself.
	Module string
	// What it is, such as "ECS service: order-bot-svc".
	What string
}

// Elements returns what a stack holds: what needs nothing first, and what needs something after that. It returns an error if the stack has
// circles.
func Elements(stack Stack) ([]Element, error) {
	all, err := elements(stack.Name, stack.JSON)
	found := make([]Element, len(all))
	for i, e := range all {
		found[i] = Element{Address: e.address, Module: e.module, What: e.what}
	}
	return found, err
}

// node is the element's name in a chart.
func (e element) node() string {
	_, name, _ := strings.Cut(strings.TrimPrefix(e.address, "data."), ".")
	return strings.ReplaceAll(name, "-", "_")
}

// elements returns what a stack holds, by level and address.
func elements(stackName string, stack *stackjson.Stack) ([]element, error) {
	byAddress := map[string]element{}
	for _, address := range slices.Concat(stack.Managed(), stack.DataSources()) {
		attributes := stack.At(address)
		comment, _ := attributes["//"].(map[string]any)
		metadata, _ := comment["metadata"].(map[string]any)
		path, _ := metadata["path"].(string)
		steps := strings.Split(strings.TrimPrefix(path, stackName+"/"), "/")
		e := element{address: address, needs: stack.References(address)}
		if len(steps) > 1 {
			e.module = steps[0]
		}
		typeName, name := address[:strings.LastIndex(address, ".")], steps[len(steps)-1]
		e.Kind = kinds.Of(typeName)
		if e.Title == "" {
			e.Title = strings.ReplaceAll(strings.TrimPrefix(typeName, "aws_"), "_", " ")
		}
		label := e.LabelOf(attributes)
		e.label = resolve(stack, cmp.Or(label, name))
		e.what = strings.ToUpper(e.Title[:1]) + e.Title[1:]
		if label != "" {
			e.what += ": " + e.label
		}
		byAddress[address] = e
	}
	for address := range byAddress {
		if _, err := level(byAddress, address, nil); err != nil {
			return nil, fmt.Errorf("%s: %w", stackName, err)
		}
	}
	return slices.SortedFunc(maps.Values(byAddress), func(a, b element) int {
		return cmp.Or(cmp.Compare(a.level, b.level), cmp.Compare(a.address, b.address))
	}), nil
}

// level sets and returns the level of an element and of those that it needs.
func level(all map[string]element, address string, path []string) (int, error) {
	e := all[address]
	if e.level > 0 {
		return e.level, nil
	}
	if slices.Contains(path, address) {
		return 0, fmt.Errorf("a circle of references: %s", strings.Join(append(path, address), " → "))
	}
	e.level = 1
	for _, needed := range e.needs {
		below, err := level(all, needed, append(path, address))
		if err != nil {
			return 0, err
		}
		e.level = max(e.level, below+1)
	}
	all[address] = e
	return e.level, nil
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
