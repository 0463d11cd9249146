package kinds

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	tfjson "github.com/hashicorp/terraform-json"

	"github.com/order-bot/infra/internal/glob"
	"github.com/order-bot/infra/tool/aws/ecr"
	"github.com/order-bot/infra/tool/iampolicy"
	"github.com/order-bot/infra/tool/tfvalue"
)

// ecrTypes are the types of ECR.
var ecrTypes = []Kind{
	{
		Type:     "aws_ecr_lifecycle_policy",
		Title:    "lifecycle policy",
		Label:    attribute("repository"),
		Detail:   true,
		Identity: []Part{{Attribute: "repository", Same: nameOrARN}},
		Find:     within("aws_ecr_repository", findLifecyclePolicy),
		Home:     "modules/ecr/ecr.go",
		Spares:   spareImages,
		Options:  map[string]string{"policy": "KeepImages, KeepDeployed or KeepTagged in design/design.go"},
		Harmless: &Replacement{Attributes: []string{"policy", "repository"}}, // which images go is judged by Losses and Expires
		Expires:  &Expiry{Of: "repository", Owner: "aws_ecr_repository", Name: "name", Rules: "policy", More: moreImagesGo, Lost: "images"},
		Losses:   []Loss{{"policy", moreImagesGo, "older images are deleted, or it cannot be told that all stay that stay now"}},
		Read:     []Right{may(repositories, "ecr:GetLifecyclePolicy")},
		Write:    []Right{may(repositories, "ecr:PutLifecyclePolicy", "ecr:DeleteLifecyclePolicy")},
	},
	{
		Type:     "aws_ecr_repository",
		Title:    "ECR repository",
		Identity: []Part{{Attribute: "name", Same: exactly}},
		Unique:   "name",
		Find:     findRepository,
		Home:     "modules/ecr/ecr.go",
		InTheWay: imagesOfRepository,
		Options: map[string]string{
			"image_scanning_configuration": "ECR.WithoutScan in design/design.go",
			"image_tag_mutability":         "ECR.Immutable in design/design.go",
		},
		Instead: "AWS deletes it only when it has no images",
		Losses: []Loss{
			{"force_delete", switchedOn, "a destroy would delete the images, too"},
			{"image_tag_mutability", lacks("IMMUTABLE", "IMMUTABLE_WITH_EXCLUSION"), "a push may replace the image of a tag"},
			{"image_scanning_configuration", lacks(true), "nobody hears of a weakness in a new image any more"},
		},
		// ListImages: a plan looks whether one has images that would be lost.
		Read: []Right{may(repositories, "ecr:DescribeRepositories", "ecr:ListTagsForResource", "ecr:ListImages")},
		Write: []Right{may(repositories,
			"ecr:CreateRepository", "ecr:DeleteRepository", "ecr:PutImageTagMutability", "ecr:PutImageScanningConfiguration", "ecr:TagResource", "ecr:UntagResource")},
	},
	{Type: "aws_ecr_repository_policy", Identity: []Part{{Attribute: "repository", Same: nameOrARN}}, Protections: limits("policy")},
}

// lifecycleRule is a rule of a lifecycle policy of ECR, as far as it says which images go.
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html
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
func readLifecycle(policy any) (rules []lifecycleRule, ok bool) {
	if policy == nil || policy == "" {
		return nil, true // there is none, so no image goes
	}
	var read struct {
		Rules []lifecycleRule `json:"rules"`
	}
	decoder := json.NewDecoder(strings.NewReader(tfvalue.Text(policy)))
	decoder.DisallowUnknownFields()
	if decoder.Decode(&read) != nil {
		return read.Rules, false
	}
	slices.SortStableFunc(read.Rules, func(a, b lifecycleRule) int { return int(a.Priority - b.Priority) })
	for i, rule := range read.Rules {
		patterns := rule.Selection.patterns()
		known := slices.Contains([]string{"tagged", "untagged", "any"}, rule.Selection.TagStatus) && (rule.Selection.TagStatus == "tagged") == (len(patterns) > 0)
		known = known && slices.Contains([]string{"imageCountMoreThan", "sinceImagePushed", "sinceImagePulled"}, rule.Selection.CountType)
		known = known && slices.Contains([]string{"expire", ""}, rule.Action.Type) // there is another one, which moves images
		if !known || rule.Selection.CountNumber < 1 || i > 0 && rule.Priority == read.Rules[i-1].Priority {
			return read.Rules, false
		}
	}
	return read.Rules, true
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
	if !known || !ok && len(is) > 0 {
		return true
	}
	for i, rule := range is {
		if !alreadyGo(rule, is[:i], was) {
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
	return !slices.ContainsFunc(s.patterns(), func(wanted string) bool {
		return !slices.ContainsFunc(other.patterns(), func(pattern string) bool { return glob.Takes(wanted, pattern) })
	})
}

// sameJSON tells whether two texts hold the same JSON.
func sameJSON(a, b any) bool {
	var one, other any
	return json.Unmarshal([]byte(tfvalue.Text(a)), &one) == nil && json.Unmarshal([]byte(tfvalue.Text(b)), &other) == nil && reflect.DeepEqual(one, other)
}

// repositories are all of the project, so that a new one needs no other role.
func repositories(s Scope) iampolicy.Statement {
	return iampolicy.Allow("Repositories", arns(s, patterns(s, "aws_ecr_repository", "name", s.Project()+"-"), "arn:aws:ecr:REGION:ACCOUNT:repository/NAME"))
}

// findRepository: by name, which is unique in a region. Imported by name (ecr_repository.html.markdown).
func findRepository(ctx context.Context, f *Search, r Resource) (*Found, error) {
	client, name := ecr.New(f.Config), f.Value(r, "name")
	arn, err := client.RepositoryARN(ctx, name)
	if err != nil || arn == "" {
		return nil, unless(err, ecr.RepositoryNotFound)
	}
	return f.taggedIn(ctx, client, arn, r, &Found{ID: name})
}

// findLifecyclePolicy: that of its repository, which has one at most. Imported by the repository's
// name (ecr_lifecycle_policy.html.markdown).
func findLifecyclePolicy(ctx context.Context, f *Search, r Resource, owner string) (*Found, error) {
	name := f.Value(r, "repository")
	if _, err := ecr.New(f.Config).LifecyclePolicy(ctx, ecr.Repository{Name: name}); err != nil {
		return nil, unless(err, ecr.LifecyclePolicyNotFound)
	}
	return &Found{ID: name, Evidence: "the policy of " + owner}, nil
}

// imagesOfRepository finds whether a repository has images.
// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DeleteRepository.html
func imagesOfRepository(ctx context.Context, config aws.Config, _ Gone, repository map[string]any) ([]string, error) {
	if repository["force_delete"] == true {
		return nil, nil
	}
	name := fmt.Sprint(repository["name"])
	if images, err := ecr.New(config).HasImages(ctx, ecr.Repository{Name: name}); err != nil || !images {
		return nil, err
	}
	return []string{"it has images, and AWS deletes no repository that does. If they may go, delete it with them: aws ecr delete-repository --repository-name " + name + " --force"}, nil
}

// spareImages tells whether the repository of a new policy has no image, as after a deploy that was killed between the two.
func spareImages(ctx context.Context, config aws.Config, actions tfjson.Actions, planned map[string]any) (bool, error) {
	name := tfvalue.Text(planned, "repository")
	if name == "" || !actions.Create() {
		return false, nil
	}
	images, err := ecr.New(config).HasImages(ctx, ecr.Repository{Name: name})
	if err != nil {
		return false, fmt.Errorf("repository %s: %w", name, err)
	}
	return !images, nil
}
