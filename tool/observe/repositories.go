package observe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/order-bot/infra/tool/status"
	"github.com/order-bot/infra/tool/tfstate"
)

// imageLister are the calls of ECR that tell which images a repository has, and for how long.
type imageLister interface {
	ecr.DescribeImagesAPIClient
	BatchGetImage(context.Context, *ecr.BatchGetImageInput, ...func(*ecr.Options)) (*ecr.BatchGetImageOutput, error)
	GetLifecyclePolicy(context.Context, *ecr.GetLifecyclePolicyInput, ...func(*ecr.Options)) (*ecr.GetLifecyclePolicyOutput, error)
}

// InECR matches an image of a private registry of AWS: account, region, repository, tag and digest.
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html
var InECR = regexp.MustCompile(`^(\d{12})\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|on\.aws)/([^:@]+)(?::([^@]+))?(?:@(sha256:[0-9a-f]{64}))?$`)

// MediaTypes are those of manifests. Without a list, ECR turns them into the oldest form.
var MediaTypes = []string{
	"application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json",
	"application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json",
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
		match := InECR.FindStringSubmatch(image)
		if match == nil {
			continue
		}
		config := config.Copy()
		config.Region = match[2]
		found, err := lookUp(ctx, ecr.NewFromConfig(config), image, match[1], match[3], match[4], match[5], running[image])
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
func lookUp(ctx context.Context, client imageLister, image, account, repository, tag, digest, running string) (is *status.Image, err error) {
	get := func(id ecrtypes.ImageIdentifier) (*ecrtypes.Image, error) {
		got, err := client.BatchGetImage(ctx, &ecr.BatchGetImageInput{RegistryId: &account, RepositoryName: &repository, ImageIds: []ecrtypes.ImageIdentifier{id}, AcceptedMediaTypes: MediaTypes})
		if none := (*ecrtypes.RepositoryNotFoundException)(nil); errors.As(err, &none) {
			return nil, nil
		}
		if err != nil || len(got.Images) > 0 {
			return first(got), err
		}
		if failures := got.Failures; len(failures) > 0 && failures[0].FailureCode != ecrtypes.ImageFailureCodeImageNotFound {
			return nil, fmt.Errorf("%s: %s", failures[0].FailureCode, aws.ToString(failures[0].FailureReason))
		}
		return nil, nil
	}
	id := ecrtypes.ImageIdentifier{ImageTag: &tag}
	if digest != "" {
		id = ecrtypes.ImageIdentifier{ImageDigest: &digest}
	}
	there, err := get(id)
	if err != nil {
		return nil, err
	}
	found := &status.Image{Name: image, Gone: there == nil}
	if there != nil && digest == "" && running != "" && !isDigestOf(*there, running) {
		found.Moved, digest = true, running
		if there, err = get(ecrtypes.ImageIdentifier{ImageDigest: &digest}); err != nil {
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
	policy, err := client.GetLifecyclePolicy(ctx, &ecr.GetLifecyclePolicyInput{RegistryId: &account, RepositoryName: &repository})
	none, gone := (*ecrtypes.LifecyclePolicyNotFoundException)(nil), (*ecrtypes.RepositoryNotFoundException)(nil)
	if errors.As(err, &none) || errors.As(err, &gone) { // gone: since the image was asked for
		return found, nil
	}
	if err != nil {
		return nil, err
	}
	var images []ecrtypes.ImageDetail
	pages := ecr.NewDescribeImagesPaginator(client, &ecr.DescribeImagesInput{RegistryId: &account, RepositoryName: &repository})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		images = append(images, page.ImageDetails...)
	}
	at := slices.IndexFunc(images, func(i ecrtypes.ImageDetail) bool {
		return digest != "" && aws.ToString(i.ImageDigest) == digest || digest == "" && slices.Contains(i.ImageTags, tag)
	})
	if at < 0 {
		return found, nil // deleted between the two calls
	}
	found.Pushes, found.Until, err = expiry(aws.ToString(policy.LifecyclePolicyText), images, images[at])
	return found, err
}

// first is the first of the images that ECR has answered, nil if there is none.
func first(got *ecr.BatchGetImageOutput) *ecrtypes.Image {
	if got == nil || len(got.Images) == 0 {
		return nil
	}
	return &got.Images[0]
}

// isDigestOf tells whether a digest is that of an image, or of its part for a processor.
func isDigestOf(image ecrtypes.Image, digest string) bool {
	if image.ImageId == nil || image.ImageId.ImageDigest == nil {
		return true // which nobody can tell
	}
	return *image.ImageId.ImageDigest == digest || strings.Contains(aws.ToString(image.ImageManifest), `"`+digest+`"`)
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
func expiry(policy string, images []ecrtypes.ImageDetail, image ecrtypes.ImageDetail) (pushes int, until *time.Time, err error) {
	var parsed struct{ Rules []lifecycleRule }
	if err := json.Unmarshal([]byte(policy), &parsed); err != nil {
		return 0, nil, fmt.Errorf("the lifecycle policy: %w", err)
	}
	slices.SortFunc(parsed.Rules, func(a, b lifecycleRule) int { return a.RulePriority - b.RulePriority })
	at := slices.IndexFunc(parsed.Rules, func(r lifecycleRule) bool { return r.selects(image) })
	if at < 0 || parsed.Rules[at].Action.Type != "expire" {
		return 0, nil, nil
	}
	rule, pushed := parsed.Rules[at], aws.ToTime(image.ImagePushedAt)
	switch rule.Selection.CountType {
	case "imageCountMoreThan":
		pushes = rule.Selection.CountNumber
		for _, other := range images {
			if rule.selects(other) && aws.ToTime(other.ImagePushedAt).After(pushed) {
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
func (r lifecycleRule) selects(image ecrtypes.ImageDetail) bool {
	switch r.Selection.TagStatus {
	case "any":
		return true
	case "untagged":
		return len(image.ImageTags) == 0
	}
	// All prefixes or patterns have to be met, each by one of the tags.
	for _, prefix := range r.Selection.TagPrefixList {
		if !slices.ContainsFunc(image.ImageTags, func(tag string) bool { return strings.HasPrefix(tag, prefix) }) {
			return false
		}
	}
	for _, pattern := range r.Selection.TagPatternList {
		if !slices.ContainsFunc(image.ImageTags, func(tag string) bool { matches, err := path.Match(pattern, tag); return matches && err == nil }) {
			return false
		}
	}
	return len(image.ImageTags) > 0
}
