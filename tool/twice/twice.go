// Package twice finds a name that an object of JSON has twice: of those that read it, some take the first, and some the last.
package twice

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Name returns a name that an object has twice, and tells whether one has. Its error is that of the JSON.
//
// A program in Go also takes Actions for actions. So names are compared without regard to case, if foreign are those below which the names are none of
// the program's, and stand for themselves. Where foreign is nil, all names do.
// https://pkg.go.dev/encoding/json#Unmarshal
func Name(decoder *json.Decoder, foreign []string) (name string, is bool, err error) {
	token, err := decoder.Token()
	begin, nested := token.(json.Delim)
	if err != nil || !nested {
		return "", false, err
	}
	seen := map[string]bool{}
	for decoder.More() {
		below := foreign
		if begin == '{' {
			token, err := decoder.Token()
			if err != nil {
				return "", false, err
			}
			name, key := fmt.Sprint(token), fmt.Sprint(token)
			if foreign != nil {
				key = strings.ToLower(name)
			}
			if seen[key] {
				return name, true, nil
			}
			seen[key] = true
			if slices.Contains(foreign, name) {
				below = nil
			}
		}
		if name, is, err := Name(decoder, below); is || err != nil {
			return name, is, err
		}
	}
	_, err = decoder.Token() // its end
	return "", false, err
}
