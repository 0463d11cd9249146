package planguard

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/order-bot/infra/internal/tfvalue"
)

// A lifecycle policy of ECR as far as it says which images go.
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html
type lifecyclePolicy struct {
	Rules []lifecycleRule `json:"rules"`
}

type lifecycleRule struct {
	Priority    float64            `json:"rulePriority"`
	Description string             `json:"description"`
	Selection   lifecycleSelection `json:"selection"`
	Action      struct {
		Type string `json:"type"`
	} `json:"action"`
}

type lifecycleSelection struct {
	TagStatus   string   `json:"tagStatus"`
	Prefixes    []string `json:"tagPrefixList"`
	Patterns    []string `json:"tagPatternList"`
	CountType   string   `json:"countType"`
	CountUnit   string   `json:"countUnit"`
	CountNumber float64  `json:"countNumber"`
}

// readLifecycle reads a policy, its rules in the order in which ECR applies them. It is not ok if there is anything in it that this
// package does not know.
func readLifecycle(policy any) (read lifecyclePolicy, ok bool) {
	if policy == nil || policy == "" {
		return read, true // there is none, so no image goes
	}
	text, _ := policy.(string)
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	if decoder.Decode(&read) != nil {
		return read, false
	}
	slices.SortStableFunc(read.Rules, func(a, b lifecycleRule) int { return int(a.Priority - b.Priority) })
	for i, rule := range read.Rules {
		patterns := rule.Selection.patterns()
		known := slices.Contains([]string{"tagged", "untagged", "any"}, rule.Selection.TagStatus) && (rule.Selection.TagStatus == "tagged") == (len(patterns) > 0)
		known = known && slices.Contains([]string{"imageCountMoreThan", "sinceImagePushed", "sinceImagePulled"}, rule.Selection.CountType)
		known = known && slices.Contains([]string{"expire", ""}, rule.Action.Type) // there is another one, which moves images
		if !known || rule.Selection.CountNumber < 1 || i > 0 && rule.Priority == read.Rules[i-1].Priority {
			return read, false
		}
	}
	return read, true
}

// moreImagesGo tells whether a policy may let an image go that would have stayed with the one before. It says so, too, where it
// cannot prove that each of them stays.
//
// The first rule whose tags an image has decides over it: "an image that matches the tagging requirements of a rule cannot be expired
// by a rule with a lower priority". A rule that counts images counts all that have its tags.
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html (lifecycle policy evaluation rules)
func moreImagesGo(before, after any) bool {
	if sameJSON(before, after) {
		return false
	}
	was, ok := readLifecycle(before)
	is, known := readLifecycle(after)
	if !known || !ok && len(is.Rules) > 0 {
		return true
	}
	for i, rule := range is.Rules {
		if !alreadyGo(rule, is.Rules[:i], was.Rules) {
			return true
		}
	}
	return false
}

// alreadyGo tells whether each image that a rule lets go, after the rules before it, went by the old rules, too.
func alreadyGo(rule lifecycleRule, earlier, old []lifecycleRule) bool {
	for _, was := range old {
		apart := (was.Selection.TagStatus == "untagged" && rule.Selection.TagStatus == "tagged") || (was.Selection.TagStatus == "tagged" && rule.Selection.TagStatus == "untagged")
		// What the old rule decided over is decided by an earlier rule now, whose turn it is.
		taken := slices.ContainsFunc(earlier, func(e lifecycleRule) bool { return e.Selection.has(was.Selection) })
		if apart || taken {
			continue
		}
		// The old rule may decide over some of the images of the new one.
		within := was.Selection.has(rule.Selection)
		switch {
		case was.Selection.CountType != rule.Selection.CountType || was.Selection.CountUnit != rule.Selection.CountUnit:
			return false
		case was.Selection.CountNumber > rule.Selection.CountNumber:
			return false
		case rule.Selection.CountType == "imageCountMoreThan" && !within: // among fewer images, each is counted later
			return false
		}
		if within {
			return true
		}
	}
	return false // some of its images had no rule
}

// patterns are what tags of an image have to match, each of them one. A prefix is a pattern with an asterisk at the end.
func (s lifecycleSelection) patterns() []string {
	all := slices.Clone(s.Patterns)
	for _, prefix := range s.Prefixes {
		all = append(all, prefix+"*")
	}
	return all
}

// has tells whether a selection has all images of another one.
func (s lifecycleSelection) has(other lifecycleSelection) bool {
	if s.TagStatus != "tagged" || other.TagStatus != "tagged" {
		return s.TagStatus == "any" || s.TagStatus == other.TagStatus
	}
	for _, wanted := range s.patterns() {
		if !slices.ContainsFunc(other.patterns(), func(pattern string) bool { return matches(wanted, pattern) }) {
			return false
		}
	}
	return true
}

// matches tells whether a pattern with asterisks matches a text. An asterisk in the text is matched by one of the pattern only, so
// a pattern that matches another one matches all that this one does.
func matches(pattern, text string) bool {
	first, rest, more := strings.Cut(pattern, "*")
	if !more {
		return pattern == text
	}
	text, is := strings.CutPrefix(text, first)
	if !is {
		return false
	}
	for i := range len(text) + 1 {
		if matches(rest, text[i:]) {
			return true
		}
	}
	return false
}

// sameJSON tells whether two texts hold the same JSON.
func sameJSON(a, b any) bool {
	x, _ := a.(string)
	y, _ := b.(string)
	var read [2]any
	for i, text := range []string{x, y} {
		if json.NewDecoder(bytes.NewReader([]byte(text))).Decode(&read[i]) != nil {
			return false
		}
	}
	return reflect.DeepEqual(read[0], read[1])
}

// expiring are the types that delete something on their own as soon as they are there, the attribute that names what they are about,
// the type of that, and the attribute that says what is deleted.
var expiring = map[string]struct {
	of, owner, name, rules string
	more                   func(before, after any) bool
	lost                   string
}{
	"aws_ecr_lifecycle_policy":              {"repository", "aws_ecr_repository", "name", "policy", moreImagesGo, "images"},
	"aws_s3_bucket_lifecycle_configuration": {"bucket", "aws_s3_bucket", "bucket", "rule", moreExpiry, "files"},
}

// newlyExpiring finds what begins to delete something of what was there before: a policy for a repository that had none.
func newlyExpiring(plan *tfjson.Plan) []Refusal {
	var found []Refusal
	for _, resource := range plan.ResourceChanges {
		row, is := expiring[resource.Type]
		if !is || resource.Change == nil || resource.DeposedKey != "" || !resource.Change.Actions.Create() && !resource.Change.Actions.Replace() {
			continue
		}
		before, _ := values(resource)
		after, _ := tfvalue.WithUnknown(resource.Change.After, resource.Change.AfterUnknown).(map[string]any)
		if resource.Change.Actions.Replace() && reflect.DeepEqual(before[row.of], after[row.of]) || !row.more(nil, after[row.rules]) {
			continue
		}
		created := slices.ContainsFunc(plan.ResourceChanges, func(owner *tfjson.ResourceChange) bool {
			_, planned := values(owner)
			return owner.Type == row.owner && owner.Change != nil && owner.Change.Actions.Create() && planned[row.name] != nil && reflect.DeepEqual(planned[row.name], after[row.of])
		})
		if !created {
			found = append(found, Refusal{Address: resource.Address, Reason: "would begin to delete " + row.lost + ": the " + row.of + " is there already, and had no such rules"})
		}
	}
	return found
}
