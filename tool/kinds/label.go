package kinds

import (
	"fmt"
	"strings"
)

// LabelOf is what tells a resource from others of its type for a person; empty if nothing does.
func (k Kind) LabelOf(attributes map[string]any) string {
	if k.Label == nil {
		return attribute("name")(attributes)
	}
	return k.Label(attributes)
}

// attribute is the label that an attribute is, of a list its elements.
func attribute(name string) func(map[string]any) string {
	return func(attributes map[string]any) string {
		switch value := attributes[name].(type) {
		case string:
			return value
		case []any:
			var parts []string
			for _, element := range value {
				parts = append(parts, fmt.Sprint(element))
			}
			return strings.Join(parts, ", ")
		}
		return ""
	}
}
