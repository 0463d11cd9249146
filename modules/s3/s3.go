// Package s3 serves the static frontend: a private bucket behind CloudFront, with its DNS alias.
package s3

import (
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/cloudfrontdistribution"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"github.com/order-bot/infra/internal/dns"
)

// References are what only Terraform knows: all that the frontend has.
type References struct {
	// BucketName is the name of the bucket, unique over all of AWS: 3 to 63 lower-case letters,
	// digits, dots and hyphens, without the prefixes and suffixes that AWS keeps for itself.
	BucketName string
	// NamePrefix starts the name of the origin access control, "<prefix>-oac",
	// which has 64 characters at most.
	NamePrefix string
	// Domain is the frontend's host name, such as "app.example.com".
	Domain string
	// CertificateARN is the ACM certificate for Domain; CloudFront takes it from us-east-1 only.
	CertificateARN string
	// HostedZoneID is the Route 53 zone that holds Domain.
	HostedZoneID string
	// Tags are put on the bucket, beside its tag Name, and on the distribution.
	Tags map[string]string
}

// Frontend is the outputs of this module.
type Frontend struct {
	// BucketName is where the frontend's files are uploaded to.
	BucketName string
	// DistributionID is the id of the CloudFront distribution, which an invalidation names.
	DistributionID string
	// CloudFrontDomain is the distribution's own host name.
	CloudFrontDomain string
	// Alias is the condition that Route 53 has Domain.
	Alias *cdktf.Precondition
}

// What a domain is in Route 53 and CloudFront. It is exported so that Terraform checks its variable
// with the same pattern.
// https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html
const (
	// DomainPattern matches host names.
	DomainPattern = `^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`
	// LongestDomain is how many characters they have at most.
	LongestDomain = 253
	// DomainAllowed says both in words.
	DomainAllowed = "a host name of 253 characters at most, in lower-case ASCII, without scheme, underscore or dot at the end"
)

// New creates the frontend in scope, under id.
func New(scope constructs.Construct, id string, refs References) *Frontend {
	this := constructs.NewConstruct(scope, jsii.String(id))

	bucket := newBucket(this, refs)
	distribution := newDistribution(this, refs, bucket)
	allowDistribution(this, bucket, distribution)
	alias := newAlias(this, refs, distribution)

	return &Frontend{
		BucketName:       *bucket.Bucket(),
		DistributionID:   *distribution.Id(),
		CloudFrontDomain: *distribution.DomainName(),
		Alias:            alias,
	}
}

func newAlias(scope constructs.Construct, refs References, distribution cloudfrontdistribution.CloudfrontDistribution) *cdktf.Precondition {
	return dns.New(scope, "alias", dns.Alias{
		ZoneID:       refs.HostedZoneID,
		Name:         refs.Domain,
		Target:       *distribution.DomainName(),
		TargetZoneID: *distribution.HostedZoneId(),
		// CloudFront has no health that Route 53 could evaluate.
		EvaluateTargetHealth: false,
	})
}
