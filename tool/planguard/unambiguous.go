package planguard

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// foreign are the parts of a plan whose names are those of resources, of variables and of tags, and not the plan's own.
var foreign = []string{
	"before", "after", "after_unknown", "before_sensitive", "after_sensitive", "before_identity", "after_identity",
	"values", "sensitive_values", "variables", "output_changes", "configuration",
}

// unambiguous returns an error if an object of a plan has a name twice: of those that read it, some take the first, and some the last. A program in Go
// also takes Actions for actions, so that the plan's own names are compared without regard to case.
// https://pkg.go.dev/encoding/json#Unmarshal
func unambiguous(decoder *json.Decoder, own bool) error {
	token, err := decoder.Token()
	begin, nested := token.(json.Delim)
	if err != nil || !nested {
		return err
	}
	seen := map[string]bool{}
	for decoder.More() {
		within := own
		if begin == '{' {
			token, err := decoder.Token()
			if err != nil {
				return err
			}
			name := fmt.Sprint(token)
			within = own && !slices.Contains(foreign, name)
			if own {
				name = strings.ToLower(name)
			}
			if seen[name] {
				return fmt.Errorf("an object has the name %q twice, so that nobody knows what it says", token)
			}
			seen[name] = true
		}
		if err := unambiguous(decoder, within); err != nil {
			return err
		}
	}
	_, err = decoder.Token() // its end
	return err
}
