// Package events writes event patterns of EventBridge.
package events

import "encoding/json"

// Pattern is the text of an event pattern, which is made of texts, numbers, and lists and maps of them.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
func Pattern(of map[string]any) string {
	text, err := json.Marshal(of)
	if err != nil {
		panic(err) // all of that can be written
	}
	return string(text)
}
