package planguard

import (
	"bytes"
	"compress/gzip"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"
)

// Digest stands for what a plan does: to which addresses, by which actions, from which values to which.
// Two plans of the same change on the same state have the same digest.
//
// The lineage of the state is the key: without it, nobody finds a short secret by trying
// values until the digest fits. A state that has not been written yet has no lineage; then sensitive
// values are left out.
type Digest struct {
	// Sum is for all that the plan does, 32 hexadecimal digits.
	Sum string
	// Parts are digests of its parts, by what they are of, such as "aws_lb.alb_load_balancer" or "var.vpc_id".
	Parts map[string]string
}

// DigestOf returns the digest of a plan that is based on a state of this lineage, and of the jobs that run before it.
func DigestOf(plan *tfjson.Plan, lineage string, steps ...Step) (Digest, error) {
	type change struct {
		Address, Deposed, From string
		Change                 *tfjson.Change
	}
	parts := map[string]any{}
	for _, resource := range plan.ResourceChanges {
		if _, is := changeOf(resource); !is && (resource.Change == nil || !resource.Change.Actions.Read()) {
			continue
		}
		parts[strings.TrimSpace(resource.Address+" "+resource.DeposedKey)] = change{
			resource.Address, resource.DeposedKey, resource.PreviousAddress, digestible(resource.Change, lineage),
		}
	}
	for name, output := range plan.OutputChanges {
		if output != nil && !output.Actions.NoOp() {
			parts["output."+name] = digestible(output, lineage)
		}
	}
	for _, action := range plan.ActionInvocations {
		parts[action.Address] = action
	}
	// What a variable does may be in a value that only the deploy will know.
	for name, variable := range plan.Variables {
		if lineage != "" || !sensitive(plan, name) {
			parts["var."+name] = variable.Value
		}
	}
	for _, step := range steps {
		parts["job."+step.Job] = step
	}
	digest := Digest{Parts: map[string]string{}}
	for name, part := range parts {
		sum, err := sum(lineage, part, 4)
		if err != nil {
			return Digest{}, err
		}
		digest.Parts[name] = sum
	}
	var err error
	digest.Sum, err = sum(lineage, parts, 16) // maps are written in the order of their keys
	return digest, err
}

// sum is a digest of a value, with two hexadecimal digits for each byte.
func sum(lineage string, value any, bytes int) (string, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return "", err
	}
	mac := hmac.New(sha256.New, []byte(lineage))
	mac.Write(text)
	return hex.EncodeToString(mac.Sum(nil)[:bytes]), nil
}

// Encode writes the digest with its parts in one word, for another program to expect it.
func (d Digest) Encode() (string, error) {
	var packed bytes.Buffer
	writer := gzip.NewWriter(&packed)
	if err := json.NewEncoder(writer).Encode(d.Parts); err != nil {
		return "", err
	}
	if err := writer.Close(); err != nil {
		return "", err
	}
	return d.Sum + "." + base64.RawURLEncoding.EncodeToString(packed.Bytes()), nil
}

var sumPattern = regexp.MustCompile(`^[0-9a-f]{32}$`)

// ParseDigest reads a digest that Encode has written, or its sum alone. It returns an error if the text is neither.
func ParseDigest(text string) (Digest, error) {
	sum, packed, whole := strings.Cut(text, ".")
	if !sumPattern.MatchString(sum) {
		return Digest{}, fmt.Errorf("%q is not the digest of a plan, 32 hexadecimal digits", sum)
	}
	digest := Digest{Sum: sum}
	if !whole {
		return digest, nil
	}
	unreadable := errors.New("what follows the digest of the plan is unreadable")
	raw, err := base64.RawURLEncoding.DecodeString(packed)
	if err != nil {
		return Digest{}, unreadable
	}
	reader, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return Digest{}, unreadable
	}
	if json.NewDecoder(io.LimitReader(reader, 10<<20)).Decode(&digest.Parts) != nil {
		return Digest{}, unreadable
	}
	return digest, nil
}

// Differences says, a line each, what is different in a plan with this digest than in an earlier one, and what the plan does there now, as its
// report says it. It is empty if nothing is, or if the parts of the earlier one are not known.
func (d Digest) Differences(earlier Digest, now *Report) []string {
	if earlier.Parts == nil {
		return nil
	}
	does := map[string]string{}
	for _, change := range now.Changes {
		does[change.Address] = now.Would(change)
	}
	if !now.skipped {
		for _, step := range now.steps {
			does["job."+step.Job] = "run before " + step.Service
		}
	}
	var lines []string
	for _, name := range union(d.Parts, earlier.Parts) {
		part, is := d.Parts[name]
		before, was := earlier.Parts[name]
		var line string
		switch {
		case !was:
			line = name + ": only now"
		case !is:
			line = name + ": not any more"
		case part != before:
			line = name + ": another change, or other values"
		default:
			continue
		}
		if does[name] != "" {
			line += ": would " + does[name]
		}
		lines = append(lines, line)
	}
	return lines
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
