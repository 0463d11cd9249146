package planguard

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	tfjson "github.com/hashicorp/terraform-json"
)

// Digest returns 32 hexadecimal digits that stand for what a plan does: to which addresses, by
// which actions, from which values to which. Two plans of the same change on the same state
// have the same digest.
//
// The lineage of the state is the key: without it, nobody finds a short secret by trying
// values until the digest fits. A state that has not been written yet has no lineage; then sensitive
// values are left out.
func Digest(plan *tfjson.Plan, lineage string) (string, error) {
	type change struct {
		Address, Deposed, From string
		Change                 *tfjson.Change
	}
	var what struct {
		Resources []change
		Outputs   map[string]*tfjson.Change
		Variables map[string]any
	}
	for _, resource := range plan.ResourceChanges {
		if resource.Change == nil {
			continue
		}
		if _, is := changeOf(resource); !is && !resource.Change.Actions.Read() {
			continue
		}
		what.Resources = append(what.Resources, change{resource.Address, resource.DeposedKey, resource.PreviousAddress, digestible(resource.Change, lineage)})
	}
	what.Outputs = map[string]*tfjson.Change{}
	for name, output := range plan.OutputChanges {
		if output != nil && !output.Actions.NoOp() {
			what.Outputs[name] = digestible(output, lineage)
		}
	}
	// What a variable does may be in a value that only the deploy will know.
	what.Variables = map[string]any{}
	for name, variable := range plan.Variables {
		if lineage != "" || !sensitive(plan, name) {
			what.Variables[name] = variable.Value
		}
	}
	// Maps are written in the order of their keys, and the engines sort resources by address.
	text, err := json.Marshal(what)
	if err != nil {
		return "", err
	}
	mac := hmac.New(sha256.New, []byte(lineage))
	mac.Write(text)
	return hex.EncodeToString(mac.Sum(nil)[:16]), nil
}

// sensitive tells whether the configuration marks a variable as sensitive.
func sensitive(plan *tfjson.Plan, variable string) bool {
	if plan.Config == nil || plan.Config.RootModule == nil {
		return true
	}
	configured := plan.Config.RootModule.Variables[variable]
	return configured == nil || configured.Sensitive
}

// digestible is a change with the sensitive values that may be in a digest.
func digestible(change *tfjson.Change, lineage string) *tfjson.Change {
	if lineage != "" {
		return change
	}
	copied := *change
	copied.Before = without(change.Before, change.BeforeSensitive)
	copied.After = without(change.After, change.AfterSensitive)
	return &copied
}

// without is a value less the parts that marks, which has the same shape, says are sensitive.
func without(value, marks any) any {
	switch marks := marks.(type) {
	case bool:
		if marks {
			return nil
		}
	case map[string]any:
		if fields, is := value.(map[string]any); is {
			rest := make(map[string]any, len(fields))
			for name, field := range fields {
				rest[name] = without(field, marks[name])
			}
			return rest
		}
	case []any:
		if elements, is := value.([]any); is {
			rest := make([]any, len(elements))
			for i, element := range elements {
				if i < len(marks) {
					element = without(element, marks[i])
				}
				rest[i] = element
			}
			return rest
		}
	}
	return value
}
