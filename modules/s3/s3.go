// Package s3 serves the static frontend: a private bucket behind CloudFront, with its DNS alias.
package s3

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/cloudfrontdistribution"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"github.com/order-bot/infra/internal/awsname"
	"github.com/order-bot/infra/internal/check"
	"github.com/order-bot/infra/internal/dns"
)

// Config describes the frontend.
type Config struct {
	// Cache is for how long CloudFront keeps copies of files.
	Cache Cache
	// Headers are what CloudFront adds to its answers.
	Headers Headers
	// StrictFiles answers 404 where a file is not there, so that no browser takes index.html for an old script. A file is a path under /assets/ or
	// /.well-known/, or one whose last part has a dot; every other path is a page, index.html. A function of CloudFront tells them apart, for $0.10 a
	// million requests. Default: index.html with 200 answers for whatever is not there.
	// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-functions.html
	StrictFiles bool
	// ManyPages serves a site with a file for each page: /about/ is about/index.html, and /about leads to /about/. A page or a file that is not there is
	// answered with 404 and the file 404.html, which the build has to have. By a function, as with StrictFiles. Default: one page, which routes in the
	// browser.
	ManyPages bool
	// RedirectDomain has a second host name lead to the first one, such as www.example.com to example.com: the input frontend_redirect_domain. It has to
	// be in the hosted zone, and covered by the certificate. By a function, as with StrictFiles. Default: one name.
	RedirectDomain bool
	// Previews serve builds of branches beside the site, each under a name of its own, such as pr-12.preview.example.com: the input
	// frontend_preview_domain, such as *.preview.example.com. It has to be in the hosted zone, and covered by the certificate. By a function, as with
	// StrictFiles. Default: only the site.
	Previews bool
	// WithoutCompression sends files as they are. Default: CloudFront compresses text and scripts for browsers that take them compressed.
	// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/ServingCompressedFiles.html
	WithoutCompression bool
	// IPv6 lets the frontend be reached by IPv6, too, by a second DNS alias. Default: by IPv4.
	IPv6 bool
	// WebACLARN is a web ACL of AWS WAF, which looks at the requests, such as
	// "arn:aws:wafv2:us-east-1:123456789012:global/webacl/frontend/11111111-2222-3333-4444-555555555555": of us-east-1, and there already. One costs
	// about $5 a month, and $0.60 a million requests. Default: none.
	// https://docs.aws.amazon.com/waf/latest/developerguide/cloudfront-features.html
	WebACLARN string
	// LogBucket is the name of a bucket that gets a line for each request, within an hour or so. It has to be there, with access control lists switched on
	// (its Object Ownership is "Bucket owner preferred"). Default: no request is logged.
	// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logging-legacy-s3.html
	LogBucket string
	// LogPrefix is the folder in LogBucket, such as "frontend": no / at an end, 255 characters at most. Default: none.
	LogPrefix string
}

// Cache is for how long CloudFront keeps copies of files. The zero value is AWS's policy CachingOptimized: as long as a file's own
// Cache-Control says, a day where it says nothing.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html
type Cache struct {
	// Seconds is for how long, whatever a file's Cache-Control says, 1 to 31536000. Default 0: as the file says.
	Seconds int
	// Name is that of the cache policy, which only exists with Seconds: 128 letters, digits, - and _ at most. Default "<prefix>-frontend".
	Name string
}

// Headers are what CloudFront adds to its answers. The zero value is AWS's policy SecurityHeadersPolicy.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-response-headers-policies.html
type Headers struct {
	// Values are headers by name, such as "Cache-Control": "public, max-age=300". They replace what a file has. 10 at most. Default: none.
	Values map[string]string
	// WithoutSecurity leaves out what tells browsers to be careful: HTTPS only, no sniffing, no framing by other sites. Default: they are told.
	WithoutSecurity bool
	// Name is that of the response headers policy, which only exists with Values: 128 letters, digits, - and _ at most. Default
	// "<prefix>-frontend".
	Name string
}

// References are what only Terraform knows.
type References struct {
	// BucketName is the name of the bucket, unique over all of AWS: 3 to 63 lower-case letters,
	// digits, dots and hyphens, without the prefixes and suffixes that AWS keeps for itself.
	BucketName string
	// NamePrefix starts the names of the origin access control, "<prefix>-oac", and of the function, "<prefix>-frontend",
	// which have 64 characters at most, and of policies.
	NamePrefix string
	// Domain is the frontend's host name, such as "app.example.com".
	Domain string
	// RedirectDomain is the host name that leads to Domain, "" without one.
	RedirectDomain string
	// PreviewDomain is the host names of previews, such as "*.preview.example.com", "" without them.
	PreviewDomain string
	// CertificateARN is the ACM certificate for all of them; CloudFront takes it from us-east-1 only.
	CertificateARN string
	// HostedZoneID is the Route 53 zone that holds them.
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
	// Aliases are the conditions that Route 53 has the host names.
	Aliases []*cdktf.Precondition
}

const hostName = `([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?`

// Domain is what Route 53 and CloudFront take, for the rules of the variable that holds it.
// https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html
var Domain = check.NewPattern(`^`+hostName+`$`, 253,
	"a host name of 253 characters at most, in lower-case ASCII, without scheme, underscore or dot at the end")

// PreviewDomain is what Route 53 and CloudFront take for a wildcard, for the rules of the variable that holds it. With a name of 63 characters in the
// place of the * it is as long as a host name can be.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/CNAMEs.html#alternate-domain-names-wildcard
var PreviewDomain = check.NewPattern(`^\*\.`+hostName+`$`, 190,
	"*. and a host name, 190 characters at most, in lower-case ASCII, such as *.preview.example.com")

// https://docs.aws.amazon.com/waf/latest/APIReference/API_AssociateWebACL.html
var webACL = regexp.MustCompile(`^arn:aws[a-z-]*:wafv2:us-east-1:\d{12}:global/webacl/[A-Za-z0-9_-]{1,128}/[0-9a-f-]{36}$`)

// https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CachePolicyConfig.html
var policyName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/understanding-response-headers-policies.html
var (
	headerName  = regexp.MustCompile(`^[A-Za-z0-9!#$%&'*+.^_|~-]+$`)
	headerValue = regexp.MustCompile(`^[ -~]*$`)
)

const (
	longestCache   = 31536000 // a year, in seconds
	mostHeaders    = 10       // https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html
	longestPolicy  = 128
	longestHeader  = 256
	longestContent = 1783
	// With the / that follows it there are 256: https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_LoggingConfig.html
	longestLogPrefix = 255
)

// securityHeaderNames are those that a response headers policy has fields of their own for.
var securityHeaderNames = []string{
	"content-security-policy", "referrer-policy", "strict-transport-security", "x-content-type-options", "x-frame-options", "x-xss-protection",
}

// Validate returns an error that names every field of the design that is wrong.
func (c Config) Validate() error {
	var p check.Problems
	if c.WebACLARN != "" {
		p.Name("web ACL", c.WebACLARN, 2048, webACL, "the ARN of a web ACL for CloudFront, which is in us-east-1")
	}
	if c.LogBucket != "" {
		awsname.ValidateBucket(&p, "log bucket", c.LogBucket)
	}
	if c.LogPrefix != "" && (c.LogBucket == "" || len(c.LogPrefix) > longestLogPrefix || strings.HasPrefix(c.LogPrefix, "/") || strings.HasSuffix(c.LogPrefix, "/")) {
		p.Addf("log prefix", "%q is not allowed (a folder of the log bucket, without / at an end, of %d characters at most)", c.LogPrefix, longestLogPrefix)
	}
	p.Plain("log prefix", c.LogPrefix)
	if c.StrictFiles && c.ManyPages {
		p.Addf("strict files", "with many pages, a file that is not there is an error anyway: take one of the two out")
	}
	if c.Cache.Seconds != 0 {
		p.Between("cache: seconds", c.Cache.Seconds, 1, longestCache)
	}
	for _, policy := range []struct {
		field, name string
		made        bool
		needs       string
	}{{"cache: name", c.Cache.Name, c.Cache.Seconds != 0, "seconds"}, {"headers: name", c.Headers.Name, len(c.Headers.Values) > 0, "values"}} {
		if policy.name == "" {
			continue
		}
		p.Name(policy.field, policy.name, longestPolicy, policyName, "letters, digits, - and _")
		if !policy.made {
			p.Addf(policy.field, "%q names a policy that there is not without %s", policy.name, policy.needs)
		}
	}
	if len(c.Headers.Values) > mostHeaders {
		p.Addf("headers: values", "%d are too many, %d at most are allowed", len(c.Headers.Values), mostHeaders)
	}
	seen := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(c.Headers.Values)) {
		p.Name("headers: name of a value", name, longestHeader, headerName, "letters, digits and !#$%&'*+.^_|~-")
		lower := strings.ToLower(name)
		if other, taken := seen[lower]; taken {
			p.Addf("headers: values", "%q and %q are one header", other, name)
		}
		seen[lower] = name
		if slices.Contains(securityHeaderNames, lower) {
			p.Addf("headers: values", "%q is not allowed (AWS takes it as a security header only)", name)
		}
		if value := c.Headers.Values[name]; value != "" { // an empty one is allowed
			p.Name("headers: value of "+name, value, longestContent, headerValue, "visible ASCII characters and spaces")
			p.Plain("headers: value of "+name, value)
		}
	}
	return p.Err()
}

// New creates the frontend in scope, under id. cfg has passed Validate.
func New(scope constructs.Construct, id string, cfg Config, refs References) *Frontend {
	this := constructs.NewConstruct(scope, jsii.String(id))

	bucket := newBucket(this, refs)
	distribution := newDistribution(this, cfg, refs, bucket)
	allowDistribution(this, bucket, distribution)
	aliases := newAliases(this, "", refs.Domain, cfg, refs, distribution)
	if cfg.RedirectDomain {
		aliases = append(aliases, newAliases(this, "redirect_", refs.RedirectDomain, cfg, refs, distribution)...)
	}
	if cfg.Previews {
		aliases = append(aliases, newAliases(this, "preview_", refs.PreviewDomain, cfg, refs, distribution)...)
	}

	return &Frontend{
		BucketName:       *bucket.Bucket(),
		DistributionID:   *distribution.Id(),
		CloudFrontDomain: *distribution.DomainName(),
		Aliases:          aliases,
	}
}

// newAliases creates the aliases of a host name, whose ids begin with a prefix.
func newAliases(
	scope constructs.Construct, prefix, name string, cfg Config, refs References, distribution cloudfrontdistribution.CloudfrontDistribution,
) []*cdktf.Precondition {
	alias := dns.Alias{
		ZoneID:       refs.HostedZoneID,
		Name:         name,
		Target:       *distribution.DomainName(),
		TargetZoneID: *distribution.HostedZoneId(),
		// CloudFront has no health that Route 53 could evaluate.
		EvaluateTargetHealth: false,
	}
	conditions := []*cdktf.Precondition{dns.New(scope, prefix+"alias", alias)}
	if cfg.IPv6 {
		alias.IPv6 = true
		conditions = append(conditions, dns.New(scope, prefix+"ipv6_alias", alias))
	}
	return conditions
}
