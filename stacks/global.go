package stacks

import (
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/order-bot/infra/internal/check"
	"github.com/order-bot/infra/internal/project"
	"github.com/order-bot/infra/modules/ecr"
	"github.com/order-bot/infra/modules/s3"
)

// GlobalName is the name of the stack that all environments share.
const GlobalName = "global"

// frontendDomain is the name of the variable of the frontend's host name.
const frontendDomain = "frontend_domain"

// Global describes the stack that all environments share: the image repositories and the frontend.
type Global struct {
	// Repositories are the names of the image repositories. At least one.
	Repositories []string
	// KeepImages is how many of the latest images a repository keeps. Default 20.
	KeepImages int
	// KeepTagged is how the tags begin of images that stay beside them, such as "keep-". Default: none do.
	KeepTagged string
}

// withDefaults puts the defaults where g has zero values.
func (g Global) withDefaults() Global {
	if g.KeepImages == 0 {
		g.KeepImages = 20
	}
	return g
}

func (g Global) variables() []variable {
	return []variable{
		{name: "aws_region", kind: text, example: "ap-northeast-1", description: "AWS region of the repositories and the bucket.", rules: []rule{regionRule}},
		{name: "environment", kind: text, fallback: GlobalName, description: "Name of the environment, in names and the tag Environment.", rules: []rule{environmentRule}},
		{name: "hosted_zone_id", kind: text, example: "Z0123456789ABCDEFGHIJ", description: "Route 53 hosted zone of the frontend's domain.", rules: []rule{zoneRule}},
		{name: frontendDomain, kind: text, example: "app.example.com", description: "Host name of the frontend.", rules: []rule{domainRule(s3.DomainPattern, s3.LongestDomain, s3.DomainAllowed)}},
		{name: "frontend_bucket_name", kind: text, example: "example-order-bot-frontend", description: "Bucket of the frontend's files, unique over all of AWS.", rules: bucketRules},
		{name: "cloudfront_certificate_arn", kind: text, example: "arn:aws:acm:us-east-1:111122223333:certificate/11111111-2222-3333-4444-555555555555", description: "ACM certificate of the frontend's domain; CloudFront takes it from us-east-1 only.", rules: certificateRules(`"us-east-1"`, "us-east-1, where CloudFront looks for it")},
	}
}

func (g Global) ecr(in inputs) ecr.Config {
	return ecr.Config{
		Repositories: g.Repositories,
		KeepImages:   g.KeepImages,
		KeepTagged:   g.KeepTagged,
		Tags:         tagsOf(in.text("environment")),
	}
}

func (g Global) frontend(in inputs) s3.Config {
	return s3.Config{
		BucketName:     in.text("frontend_bucket_name"),
		NamePrefix:     Project + "-" + in.text("environment"),
		Domain:         in.text(frontendDomain),
		CertificateARN: in.text("cloudfront_certificate_arn"),
		HostedZoneID:   in.text("hosted_zone_id"),
		Tags:           tagsOf(in.text("environment")),
	}
}

func (g Global) validate() error {
	return check.Prefix(GlobalName, g.ecr(nil).Validate())
}

// build creates the stack in scope.
func (g Global) build(scope constructs.Construct, state project.State) {
	s := newStack(scope, GlobalName, state)
	in := s.declare(g.variables())
	s.newProvider(in.text("aws_region"))

	repositories := ecr.New(s, "ecr", g.ecr(in))
	frontend := s3.New(s, "frontend", g.frontend(in))

	s.output("ecr_repository_urls", "Where to push images, by repository name.", repositories.RepositoryURLs)
	s.output("frontend_bucket_name", "Where to upload the frontend's files.", frontend.BucketName)
	s.output("frontend_distribution_id", "The CloudFront distribution, for an invalidation.", frontend.DistributionID)
	s.output("frontend_cloudfront_domain", "The distribution's own host name.", frontend.CloudFrontDomain, frontend.Alias)
}
