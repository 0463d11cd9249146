package observe

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-bot/infra/tool/aws/awsapi"
	"github.com/order-bot/infra/tool/aws/ecr"
	"github.com/order-bot/infra/tool/status"
	"github.com/order-bot/infra/tool/tfstate"
)

// imageLister are the calls of ECR that tell which images a repository has, and for how long.
type imageLister interface {
	Manifest(context.Context, ecr.Repository, ecr.ID) (*ecr.Manifest, error)
	LifecyclePolicy(context.Context, ecr.Repository) (string, error)
	Images(context.Context, ecr.Repository) ([]ecr.Image, error)
}

// Expiring says which of the images that the services of a state run are gone from their repositories, or will be soon, a sentence each;
// and what could not be seen, and why. A service that ECS does not have is left out.
func Expiring(ctx context.Context, config aws.Config, state *tfstate.State) (warnings, unseen []string) {
	services, err := Images(ctx, config, state)
	if err != nil {
		unseen = []string{"which images run: " + err.Error()}
	}
	for _, name := range slices.Sorted(maps.Keys(services)) {
		seen, not := repositories(ctx, In(config, state), []string{services[name].Image}, nil)
		unseen = append(unseen, not...)
		for _, image := range seen {
			if warning := image.Warning(name, time.Now(), Location(state)); warning != "" {
				warnings = append(warnings, warning)
			}
		}
	}
	return warnings, unseen
}

// repositories says what the repositories have of those images that are in ECR, and of which images that could not be seen, and why. running
// are the digests of those that tasks run, by image, as far as they are known.
func repositories(ctx context.Context, config aws.Config, images []string, running map[string]string) (seen []status.Image, unseen []string) {
	for _, image := range images {
		ref, inECR := ecr.Parse(image)
		if !inECR {
			continue
		}
		config.Region = ref.Region
		found, err := lookUp(ctx, ecr.New(config), image, ref, running[image])
		if err != nil {
			unseen = append(unseen, "whether the repository keeps "+image+": "+err.Error())
			continue
		}
		seen = append(seen, *found)
	}
	return seen, unseen
}

// lookUp says what a repository has of an image, which is the one with the digest if there is a digest, and else the one with the tag, or
// rather the one that tasks run, if somebody pushed another one with that tag since. It does not say for how long, if these credentials may
// not see that.
//
// ECS asks once in a deployment which image a tag is, and has all tasks take that one.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html#deployment-container-image-stability
func lookUp(ctx context.Context, client imageLister, image string, ref ecr.Ref, running string) (is *status.Image, err error) {
	get := func() (*ecr.Manifest, error) {
		got, err := client.Manifest(ctx, ref.Repository, ref.ID)
		if awsapi.IsCode(err, ecr.RepositoryNotFound) {
			return nil, nil
		}
		return got, err
	}
	there, err := get()
	if err != nil {
		return nil, err
	}
	found := &status.Image{Name: image, Gone: there == nil}
	if there != nil && ref.Digest == "" && running != "" && !isDigestOf(*there, running) {
		found.Moved, ref.ID = true, ecr.ID{Digest: running}
		if there, err = get(); err != nil {
			return nil, err
		}
		found.Gone = there == nil
	}
	if found.Gone {
		return found, nil
	}
	defer func() {
		if Denied(err) { // such as the role of a deploy: the one of the plan has said what there is to say
			is, err = found, nil
		}
	}()
	policy, err := client.LifecyclePolicy(ctx, ref.Repository)
	if awsapi.IsCode(err, ecr.LifecyclePolicyNotFound, ecr.RepositoryNotFound) { // the repository: since the image was asked for
		return found, nil
	}
	if err != nil {
		return nil, err
	}
	images, err := client.Images(ctx, ref.Repository)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(images, func(i ecr.Image) bool {
		return i.Digest == ref.Digest || ref.Digest == "" && slices.Contains(i.Tags, ref.Tag)
	})
	if at < 0 {
		return found, nil // deleted between the two calls
	}
	found.Pushes, found.Until, err = expiry(policy, images, images[at])
	return found, err
}

// isDigestOf tells whether a digest is that of an image, or of its part for a processor.
func isDigestOf(image ecr.Manifest, digest string) bool {
	return image.ID.Digest == "" || // which nobody can tell
		image.ID.Digest == digest || strings.Contains(image.Text, `"`+digest+`"`)
}

// lifecycleRule is a rule of a repository's lifecycle policy.
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html
type lifecycleRule struct {
	RulePriority int
	Selection    struct {
		TagStatus                     string
		TagPrefixList, TagPatternList []string
		CountType                     string
		CountNumber                   int
	}
	Action struct{ Type string }
}

// expiry tells when a lifecycle policy deletes one of the images of a repository: after how many more images that the same rule selects, or at
// what time. What is due already has the time of its push. The first rule by priority that selects an image decides about it, also where that
// rule lets it stay. A rule counts all images that it selects, those of an earlier rule, too. What the policy does by other things than these two, such as pulls, is not told.
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html
func expiry(policy string, images []ecr.Image, image ecr.Image) (pushes int, until *time.Time, err error) {
	var parsed struct{ Rules []lifecycleRule }
	if err := json.Unmarshal([]byte(policy), &parsed); err != nil {
		return 0, nil, fmt.Errorf("the lifecycle policy: %w", err)
	}
	slices.SortFunc(parsed.Rules, func(a, b lifecycleRule) int { return a.RulePriority - b.RulePriority })
	at := slices.IndexFunc(parsed.Rules, func(r lifecycleRule) bool { return r.selects(image) })
	if at < 0 || parsed.Rules[at].Action.Type != "expire" {
		return 0, nil, nil
	}
	rule, pushed := parsed.Rules[at], image.Pushed.Time
	switch rule.Selection.CountType {
	case "imageCountMoreThan":
		pushes = rule.Selection.CountNumber
		for _, other := range images {
			if rule.selects(other) && other.Pushed.After(pushed) {
				pushes--
			}
		}
		if pushes < 1 {
			return 0, &pushed, nil // within a day
		}
		return pushes, nil, nil
	case "sinceImagePushed":
		until := pushed.AddDate(0, 0, rule.Selection.CountNumber)
		return 0, &until, nil
	}
	return 0, nil, nil
}

// selects tells whether a rule is about an image.
func (r lifecycleRule) selects(image ecr.Image) bool {
	switch r.Selection.TagStatus {
	case "any":
		return true
	case "untagged":
		return len(image.Tags) == 0
	}
	// All prefixes or patterns have to be met, each by one of the tags.
	for _, prefix := range r.Selection.TagPrefixList {
		if !slices.ContainsFunc(image.Tags, func(tag string) bool { return strings.HasPrefix(tag, prefix) }) {
			return false
		}
	}
	for _, pattern := range r.Selection.TagPatternList {
		if !slices.ContainsFunc(image.Tags, func(tag string) bool { matches, err := path.Match(pattern, tag); return matches && err == nil }) {
			return false
		}
	}
	return len(image.Tags) > 0
}
