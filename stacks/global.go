package stacks

import (
	"errors"

	"github.com/aws/constructs-go/constructs/v10"

	"github.com/order-bot/infra/internal/check"
	"github.com/order-bot/infra/internal/project"
	"github.com/order-bot/infra/modules/alarms"
	"github.com/order-bot/infra/modules/certificate"
	"github.com/order-bot/infra/modules/ecr"
	"github.com/order-bot/infra/modules/s3"
)

// GlobalName is the name of the stack that all environments share.
const GlobalName = "global"

// The names of the variables of the frontend's host names.
const (
	frontendDomain = "frontend_domain"
	redirectDomain = "frontend_redirect_domain"
	previewDomain  = "frontend_preview_domain"
)

// Global describes the stack that all environments share: the image repositories and the frontend.
type Global struct {
	// ECR is the image repositories.
	ECR ecr.Config
	// Frontend is the frontend.
	Frontend s3.Config
	// Alarms are who hears by mail when the frontend breaks. Default: nobody.
	Alarms *alarms.Frontend
}

// globalInputs are what a deploy of the stack is given.
type globalInputs struct {
	region, environment, hostedZoneID, domain, redirectDomain, previewDomain, bucketName, certificateARN string
	mails                                                                                                []string // in the order of the readers of the alarms
}

// withDefaults puts the defaults where g has zero values.
func (g Global) withDefaults() Global {
	g.ECR = g.ECR.WithDefaults()
	if g.Alarms != nil {
		complete := g.Alarms.WithDefaults()
		g.Alarms = &complete
	}
	return g
}

// inputs are the variables of the stack, and where their values will be once they are declared.
func (g Global) inputs() (*globalInputs, []variable) {
	in := &globalInputs{}
	all := []variable{
		{name: "aws_region", value: &in.region, example: "ap-northeast-1", description: "AWS region of the repositories and the bucket.", rules: []rule{regionRule}},
		{name: "environment", value: &in.environment, fallback: GlobalName, description: "Name of the environment, in names and the tag Environment.", rules: []rule{environmentRule}},
		{name: "hosted_zone_id", value: &in.hostedZoneID, example: "Z0123456789ABCDEFGHIJ", description: "Route 53 hosted zone of the frontend's domain.", rules: []rule{zoneRule}},
		{name: frontendDomain, value: &in.domain, example: "app.example.com", description: "Host name of the frontend.", rules: []rule{domainRule(s3.Domain)}},
		{name: "frontend_bucket_name", value: &in.bucketName, example: "example-order-bot-frontend", description: "Bucket of the frontend's files, unique over all of AWS.", rules: bucketRules},
		{
			name: "cloudfront_certificate_arn", value: &in.certificateARN, example: "arn:aws:acm:us-east-1:123456789012:certificate/11111111-2222-3333-4444-555555555555",
			description: "ACM certificate of the frontend's domain; CloudFront takes it from us-east-1 only.",
			rules:       certificateRules(`"us-east-1"`, "us-east-1, where CloudFront looks for it"),
		},
	}
	if g.Frontend.RedirectDomain {
		all = append(all, variable{
			name: redirectDomain, value: &in.redirectDomain, example: "www.example.com",
			description: "Host name that leads to the frontend's, in the hosted zone and covered by the certificate.",
			rules:       []rule{domainRule(s3.Domain), differsRule([]string{frontendDomain})},
		})
	}
	if g.Frontend.Previews {
		all = append(all, variable{
			name: previewDomain, value: &in.previewDomain, example: "*.preview.example.com",
			description: "Host names of the frontend's previews, in the hosted zone and covered by the certificate; each preview has a name in the place of the *.",
			rules:       []rule{domainRule(s3.PreviewDomain)},
		})
	}
	if g.Alarms != nil {
		var mails []variable
		in.mails, mails = mailVariables(g.Alarms.Readers)
		all = append(all, mails...)
	}
	return in, all
}

func (g Global) validate() error {
	problems := []error{g.ECR.Validate(), check.Prefix("frontend", g.Frontend.Validate())}
	if g.Alarms != nil {
		problems = append(problems, g.Alarms.Validate())
	}
	return check.Prefix(GlobalName, errors.Join(problems...))
}

// build creates the stack in scope.
func (g Global) build(scope constructs.Construct, state project.State, moved []Move) {
	s := newStack(scope, GlobalName, state, moved)
	in, variables := g.inputs()
	s.declare(variables)
	s.newProvider(in.region)

	repositories := ecr.New(s, "ecr", g.ECR, ecr.References{Tags: tagsOf(in.environment)})
	frontend := s3.New(s, "frontend", g.Frontend, s3.References{
		BucketName: in.bucketName, NamePrefix: Project + "-" + in.environment, Domain: in.domain, RedirectDomain: in.redirectDomain, PreviewDomain: in.previewDomain,
		CertificateARN: in.certificateARN, HostedZoneID: in.hostedZoneID, Tags: tagsOf(in.environment),
	})
	if g.Alarms != nil {
		alarms.NewFrontend(s, "alarms", *g.Alarms, alarms.FrontendReferences{
			NamePrefix: Project + "-" + in.environment, Mails: byReader(g.Alarms.Readers, in.mails), DistributionID: frontend.DistributionID, CertificateARN: in.certificateARN,
			Provider: s.newProviderIn(certificate.CloudFrontRegion), Tags: tagsOf(in.environment),
		})
	}

	s.output("ecr_repository_urls", "Where to push images, by repository name.", repositories.RepositoryURLs)
	s.output("frontend_bucket_name", "Where to upload the frontend's files.", frontend.BucketName)
	s.output("frontend_distribution_id", "The CloudFront distribution, for an invalidation.", frontend.DistributionID)
	s.output("frontend_cloudfront_domain", "The distribution's own host name.", frontend.CloudFrontDomain, frontend.Aliases...)
}
