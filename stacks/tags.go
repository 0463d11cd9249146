package stacks

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/order-bot/infra/internal/check"
)

// tagsOf are the tags of a stack's resources.
func tagsOf(environment string) map[string]string {
	return map[string]string{
		"Project":     Project,
		"Environment": environment,
		"ManagedBy":   "terraform",
	}
}

// What all types of resources take that have tags.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_Tag.html
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Tag.html
var tagText = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+@-]*$`)

const mostTags = 50

// validateTags refuses tags that AWS refuses, and those that the stack has itself.
func (e Environment) validateTags() error {
	var p check.Problems
	own := slices.Sorted(maps.Keys(tagsOf("")))
	own = append(own, "Name")
	p.Join(validateTags(e.Tags, own, nil))
	for _, service := range e.Services {
		p.Add(fmt.Sprintf("service %q", service.Name), validateTags(service.Tags, own, e.Tags))
	}
	for _, job := range e.Jobs {
		p.Add(fmt.Sprintf("job %q", job.Name), validateTags(job.Tags, own, e.Tags))
	}
	return p.Err()
}

// validateTags looks at tags beside those that the stack has itself, and those of all, which they may say otherwise.
func validateTags(tags map[string]string, own []string, all map[string]string) error {
	var p check.Problems
	together := maps.Clone(all)
	if together == nil {
		together = map[string]string{}
	}
	maps.Copy(together, tags)
	if most := mostTags - len(own); len(together) > most && len(tags) > 0 {
		p.Addf("tags", "%d are too many, %d at most are allowed beside those of the stack", len(together), most)
	}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		p.Name("tag", key, 128, tagText, "letters, digits, spaces and _.:/=+-@")
		if value := tags[key]; value != "" {
			p.Name(fmt.Sprintf("tag %q", key), value, 256, tagText, "letters, digits, spaces and _.:/=+-@")
		}
		if strings.HasPrefix(strings.ToLower(key), "aws:") {
			p.Addf("tag", "%q must not start with \"aws:\", which AWS keeps for itself", key)
		}
		// IAM takes no two keys that are different in their case only.
		// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html
		for _, other := range own {
			if strings.EqualFold(key, other) {
				p.Addf("tag", "%q is one that the stack has itself (%s)", key, strings.Join(own, ", "))
			}
		}
		for _, other := range slices.Sorted(maps.Keys(together)) {
			if _, both := tags[other]; key != other && strings.EqualFold(key, other) && (!both || key < other) {
				p.Addf("tag", "%q and %q are the same for IAM", key, other)
			}
		}
	}
	return p.Err()
}
