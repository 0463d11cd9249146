package emulator

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/order-bot/infra/internal/stackjson"
)

// Values returns values for the variables of a stack that is synthesized to dir: those that name what was
// seeded and, for services that came later and for other environments, values that follow from
// the variable's name. It returns an error that names each variable for which there is none.
func (e *Emulator) Values(dir string) (map[string]any, error) {
	stack, err := stackjson.Read(dir)
	if err != nil {
		return nil, fmt.Errorf("emulator: %w", err)
	}
	name := filepath.Base(dir)
	values := map[string]any{}
	var missing []string
	for _, variable := range slices.Sorted(maps.Keys(stack.Variable)) {
		_, optional := stack.Variable[variable]["default"]
		if value := e.value(name, variable); value != nil {
			values[variable] = value
		} else if !optional {
			missing = append(missing, variable)
		}
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("emulator: no values for the variables %s of %s", strings.Join(missing, ", "), name)
	}
	return values, nil
}

// value is the value of a variable, or nil if its name says none.
func (e *Emulator) value(stack, variable string) any {
	if value, is := e.Variables[stack][variable]; is {
		return value
	}
	for _, suffix := range []string{"_domain", "_image", "_environment"} {
		key, is := strings.CutSuffix(variable, suffix)
		if !is {
			continue
		}
		label := strings.ReplaceAll(key, "_", "-")
		switch suffix {
		case "_domain":
			if e.Variables[stack] == nil { // another environment has host names of its own
				label = stack + "-" + label
			}
			return label + ".example.com"
		case "_image":
			return "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/" + label + ":v1"
		default:
			return map[string]string{}
		}
	}
	// What environments share, such as the network.
	for _, values := range e.Variables {
		if value, is := values[variable]; is && variable != "environment" {
			return value
		}
	}
	return nil
}
