// Package tfvalue looks into the values of a plan: attributes, blocks within them, and what only the deploy will know.
package tfvalue

import (
	"maps"
	"reflect"
	"slices"
	"strconv"
)

// Unknown stands for a value that only the deploy will know.
type Unknown struct{}

// WithUnknown is a value after a change with Unknown{} at each place that marks, which has the same shape, says is not known.
// https://developer.hashicorp.com/terraform/internals/json-format (after_unknown)
func WithUnknown(value, marks any) any {
	switch marks := marks.(type) {
	case bool:
		if marks {
			return Unknown{}
		}
	case map[string]any:
		fields, _ := value.(map[string]any)
		all := maps.Clone(fields)
		for name, mark := range marks {
			if all == nil {
				all = map[string]any{}
			}
			all[name] = WithUnknown(fields[name], mark)
		}
		return all
	case []any:
		elements, _ := value.([]any)
		all := slices.Clone(elements)
		for i, mark := range marks {
			if i < len(all) {
				all[i] = WithUnknown(all[i], mark)
			} else {
				all = append(all, WithUnknown(nil, mark))
			}
		}
		if elements == nil && len(all) == 0 {
			return value
		}
		return all
	}
	return value
}

// At is the value at a path; of a list of blocks it is that of the first, and within what is unknown all is.
func At(value any, path ...string) any {
	for _, name := range path {
		if list, is := value.([]any); is && len(list) > 0 {
			value = list[0]
		}
		if value == (Unknown{}) {
			return value
		}
		fields, _ := value.(map[string]any)
		value = fields[name]
	}
	return value
}

// Text is the text at a path; empty where there is none.
func Text(value any, path ...string) string {
	text, _ := At(value, path...).(string)
	return text
}

// List is the list at a path; nil where there is none.
func List(value any, path ...string) []any {
	list, _ := At(value, path...).([]any)
	return list
}

// Number is the number at a path, which the provider may have as a text; 0 where there is none, or none yet.
func Number(value any, path ...string) float64 {
	switch value := At(value, path...).(type) {
	case float64:
		return value
	case string:
		parsed, _ := strconv.ParseFloat(value, 64) // 0 for what is none
		return parsed
	}
	return 0
}

// Size is how much is in a list or a map, or 1 for another value that is not empty.
func Size(value any) int {
	switch value := value.(type) {
	case nil:
		return 0
	case []any:
		return len(value)
	case map[string]any:
		return len(value)
	case Unknown:
		return 0
	case string:
		return min(len(value), 1)
	}
	return 1
}

// Same compares two values. A provider reads nothing as null, "", an empty list or an empty map, also inside a block.
func Same(a, b any) bool {
	switch one := a.(type) {
	case map[string]any:
		if other, is := b.(map[string]any); is {
			all := maps.Clone(one)
			maps.Copy(all, other)
			for name := range all {
				if !Same(one[name], other[name]) {
					return false
				}
			}
			return true
		}
	case []any:
		if other, is := b.([]any); is {
			return slices.EqualFunc(one, other, Same)
		}
	}
	return reflect.DeepEqual(a, b) || a != (Unknown{}) && b != (Unknown{}) && Size(a) == 0 && Size(b) == 0
}

// Holds tells whether a value is the wanted one, or has it inside at any depth.
func Holds(value, wanted any) bool {
	switch value := value.(type) {
	case []any:
		return slices.ContainsFunc(value, func(element any) bool { return Holds(element, wanted) })
	case map[string]any:
		for _, element := range value {
			if Holds(element, wanted) {
				return true
			}
		}
		return false
	}
	return value != nil && value == wanted
}
