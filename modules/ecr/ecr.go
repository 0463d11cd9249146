// Package ecr holds the image repositories and how many images each keeps.
package ecr

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/ecrlifecyclepolicy"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/ecrrepository"

	"github.com/order-bot/infra/internal/check"
	"github.com/order-bot/infra/modules/internal/tags"
)

// Config describes the repositories, which are alike.
type Config struct {
	// Repositories are the repositories' names, such as "order-bot-svc" or "team/order-bot". At
	// least one; each 2 to 256 characters as in the ECR API reference, CreateRepository. They
	// differ in more than "/", "." and "-", which are all "-" in an address.
	Repositories []string
	// KeepImages is how many of the latest images a repository keeps. 1 or more. Default 20.
	KeepImages int
	// KeepTagged is how the tags begin of images that stay beside them, such as "keep-": up to 1,000 of each repository. A letter or
	// digit, then 127 letters, digits, "_", "." and "-" at most. Default: none stay beside them.
	KeepTagged string
	// KeepDeployed is how many of the latest images that were deployed stay beside them, so that what runs is not deleted. A deploy gives each image a tag
	// for that, such as deployed-prod-4f2a9c01b7de. 1 or more. Default: none stay beside them.
	KeepDeployed int
	// KeepAll keeps all images, for ever: there are no lifecycle policies. Each GB costs about $0.10 a month. Default: KeepImages decides.
	KeepAll bool
	// Immutable refuses a push to a tag that a repository has already: what runs by a tag is what was pushed first. Each push needs a tag of its
	// own then, such as the commit. Default: a push may move a tag.
	// https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html
	Immutable bool
	// WithoutScan has ECR look for no known weaknesses in what is pushed. Default: it looks, which costs nothing.
	// https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning-basic.html
	WithoutScan bool
}

// WithDefaults puts the defaults where c has zero values.
func (c Config) WithDefaults() Config {
	if c.KeepImages == 0 && !c.KeepAll {
		c.KeepImages = 20
	}
	return c
}

// References are what only Terraform knows.
type References struct {
	// Tags are put on each repository, beside its tag Name.
	Tags map[string]string
}

// ECR is the outputs of this module.
type ECR struct {
	// RepositoryURLs are the addresses to push images to, by repository name.
	RepositoryURLs map[string]string
}

// The pattern of repositoryName.
// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
var repositoryName = regexp.MustCompile(`^[a-z0-9]+([._/-][a-z0-9]+)+$|^[a-z0-9]{2,}$`)

// The pattern of imageTag.
// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageIdentifier.html
var imageTag = regexp.MustCompile(`^[a-zA-Z0-9_][a-zA-Z0-9._-]*$`)

// Validate returns an error that names every field of the design that is wrong.
func (c Config) Validate() error {
	var p check.Problems
	if len(c.Repositories) == 0 {
		p.Addf("repositories", "at least one is required")
	}
	byID := map[string]string{}
	for i, name := range c.Repositories {
		p.Name("repository", name, 256, repositoryName, "2 or more lower-case letters and digits, parted by . _ - or /")
		if slices.Contains(c.Repositories[:i], name) {
			p.Addf("repository", "%q is listed twice", name)
		} else if other, taken := byID[idOf(name)]; taken {
			p.Addf("repository", "%q has the address of %q (/ and . are - there)", name, other)
		}
		byID[idOf(name)] = name
	}
	if c.KeepAll && (c.KeepImages != 0 || c.KeepTagged != "" || c.KeepDeployed != 0) {
		p.Addf("keep all", "does not go with keep images, keep tagged or keep deployed: all images stay")
	} else if !c.KeepAll && c.KeepImages < 1 {
		p.Addf("keep images", "%d is not allowed (1 or more)", c.KeepImages)
	}
	if c.KeepDeployed < 0 {
		p.Addf("keep deployed", "%d is not allowed (1 or more, or 0 for none)", c.KeepDeployed)
	}
	if c.KeepTagged != "" {
		p.Name("keep tagged", c.KeepTagged, 128, imageTag, "letters, digits, _ . and -, with no . or - at the beginning")
	}
	return p.Err()
}

// New creates the repositories and their lifecycle policies in scope, under id.
// cfg has passed Validate.
func New(scope constructs.Construct, id string, cfg Config, refs References) *ECR {
	this := constructs.NewConstruct(scope, jsii.String(id))

	outputs := &ECR{RepositoryURLs: map[string]string{}}
	for _, name := range cfg.Repositories {
		within := constructs.NewConstruct(this, jsii.String(idOf(name)))
		repository := newRepository(within, name, cfg, refs.Tags)
		if !cfg.KeepAll {
			ecrlifecyclepolicy.NewEcrLifecyclePolicy(within, jsii.String("lifecycle_policy"), &ecrlifecyclepolicy.EcrLifecyclePolicyConfig{
				Repository: repository.Name(),
				Policy:     jsii.String(cfg.lifecycle()),
			})
		}
		outputs.RepositoryURLs[name] = *repository.RepositoryUrl()
	}
	return outputs
}

// idOf is a repository's id in addresses: Terraform takes no "." there, constructs no "/".
func idOf(name string) string { return strings.NewReplacer("/", "-", ".", "-").Replace(name) }

func newRepository(scope constructs.Construct, name string, cfg Config, tag map[string]string) ecrrepository.EcrRepository {
	mutability := "MUTABLE"
	if cfg.Immutable {
		mutability = "IMMUTABLE"
	}
	return ecrrepository.NewEcrRepository(scope, jsii.String("repository"), &ecrrepository.EcrRepositoryConfig{
		Name:               jsii.String(name),
		ImageTagMutability: jsii.String(mutability),
		ImageScanningConfiguration: &ecrrepository.EcrRepositoryImageScanningConfiguration{
			ScanOnPush: !cfg.WithoutScan,
		},
		EncryptionConfiguration: []ecrrepository.EcrRepositoryEncryptionConfiguration{{
			EncryptionType: jsii.String("AES256"),
		}},
		Tags: tags.Named(tag, name),
	})
}

// DeployedTag is how the tags begin that a deploy gives to images, for KeepDeployed.
const DeployedTag = "deployed-"

// mostTagged is how many images with a tag of KeepTagged a repository keeps.
const mostTagged = 1000

// lifecycle is a lifecycle policy: images past the latest KeepImages expire. Those that KeepTagged and KeepDeployed are about are counted apart. A rule of
// a lower number decides about them, so the last one lets them be.
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html
func (c Config) lifecycle() string {
	var rules []any
	rule := func(description string, selection map[string]any, most int) {
		selection["countType"], selection["countNumber"] = "imageCountMoreThan", most
		rules = append(rules, map[string]any{
			"rulePriority": len(rules) + 1,
			"description":  description,
			"selection":    selection,
			"action":       map[string]any{"type": "expire"},
		})
	}
	if c.KeepTagged != "" {
		rule(fmt.Sprintf("Keep images with a tag %s*", c.KeepTagged), map[string]any{"tagStatus": "tagged", "tagPrefixList": []string{c.KeepTagged}}, mostTagged)
	}
	if c.KeepDeployed > 0 {
		rule(fmt.Sprintf("Keep the latest %d images that were deployed", c.KeepDeployed), map[string]any{"tagStatus": "tagged", "tagPrefixList": []string{DeployedTag}}, c.KeepDeployed)
	}
	rule(fmt.Sprintf("Keep only the latest %d images", c.KeepImages), map[string]any{"tagStatus": "any"}, c.KeepImages)
	policy, _ := json.Marshal(map[string]any{"rules": rules}) // a map of plain values: it cannot fail
	return string(policy)
}
