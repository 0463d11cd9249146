package s3

import (
	"cmp"
	"maps"
	"slices"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/cloudfrontcachepolicy"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/cloudfrontresponseheaderspolicy"
	"github.com/hashicorp/terraform-cdk-go/cdktf"
)

const (
	// CachingOptimized: for an S3 origin, with compression and no query strings, headers or cookies.
	// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html
	cachingOptimized = "658327ea-f89d-4fab-a63d-7e88639e58f6"
	// SecurityHeadersPolicy: HSTS, no sniffing, no framing by other sites.
	// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-response-headers-policies.html
	securityHeaders = "67f7725c-6f97-4210-82d7-5512b31e9d03"
)

// cachePolicy is the id of the cache policy.
func cachePolicy(scope constructs.Construct, cache Cache, refs References) string {
	if cache.Seconds == 0 {
		return cachingOptimized
	}
	seconds := jsii.Number(cache.Seconds)
	return *cloudfrontcachepolicy.NewCloudfrontCachePolicy(scope, jsii.String("cache_policy"), &cloudfrontcachepolicy.CloudfrontCachePolicyConfig{
		Name: jsii.String(cmp.Or(cache.Name, refs.NamePrefix+"-frontend")),
		// The distribution has to let go of it before AWS deletes it.
		Lifecycle: &cdktf.TerraformResourceLifecycle{CreateBeforeDestroy: jsii.Bool(true)},
		MinTtl:    seconds, DefaultTtl: seconds, MaxTtl: seconds,
		// A file is the same for everybody, in each of its encodings.
		ParametersInCacheKeyAndForwardedToOrigin: &cloudfrontcachepolicy.CloudfrontCachePolicyParametersInCacheKeyAndForwardedToOrigin{
			EnableAcceptEncodingBrotli: true,
			EnableAcceptEncodingGzip:   true,
			CookiesConfig:              &cloudfrontcachepolicy.CloudfrontCachePolicyParametersInCacheKeyAndForwardedToOriginCookiesConfig{CookieBehavior: jsii.String("none")},
			HeadersConfig:              &cloudfrontcachepolicy.CloudfrontCachePolicyParametersInCacheKeyAndForwardedToOriginHeadersConfig{HeaderBehavior: jsii.String("none")},
			QueryStringsConfig:         &cloudfrontcachepolicy.CloudfrontCachePolicyParametersInCacheKeyAndForwardedToOriginQueryStringsConfig{QueryStringBehavior: jsii.String("none")},
		},
	}).Id()
}

// responseHeadersPolicy is the id of the response headers policy, or nil where nothing is added.
func responseHeadersPolicy(scope constructs.Construct, headers Headers, refs References) *string {
	if len(headers.Values) == 0 {
		if headers.WithoutSecurity {
			return nil
		}
		return jsii.String(securityHeaders)
	}
	var items []cloudfrontresponseheaderspolicy.CloudfrontResponseHeadersPolicyCustomHeadersConfigItems
	for _, name := range slices.Sorted(maps.Keys(headers.Values)) {
		items = append(items, cloudfrontresponseheaderspolicy.CloudfrontResponseHeadersPolicyCustomHeadersConfigItems{
			Header: jsii.String(name), Value: jsii.String(headers.Values[name]), Override: true,
		})
	}
	config := &cloudfrontresponseheaderspolicy.CloudfrontResponseHeadersPolicyConfig{
		Name:                jsii.String(cmp.Or(headers.Name, refs.NamePrefix+"-frontend")),
		Lifecycle:           &cdktf.TerraformResourceLifecycle{CreateBeforeDestroy: jsii.Bool(true)},
		CustomHeadersConfig: &cloudfrontresponseheaderspolicy.CloudfrontResponseHeadersPolicyCustomHeadersConfig{Items: items},
	}
	if !headers.WithoutSecurity {
		config.SecurityHeadersConfig = asSecurityHeadersPolicy()
	}
	return cloudfrontresponseheaderspolicy.NewCloudfrontResponseHeadersPolicy(scope, jsii.String("response_headers_policy"), config).Id()
}

// asSecurityHeadersPolicy says what AWS's own policy does, as a distribution has one policy only.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-response-headers-policies.html (SecurityHeadersPolicy)
func asSecurityHeadersPolicy() *cloudfrontresponseheaderspolicy.CloudfrontResponseHeadersPolicySecurityHeadersConfig {
	return &cloudfrontresponseheaderspolicy.CloudfrontResponseHeadersPolicySecurityHeadersConfig{
		ContentTypeOptions: &cloudfrontresponseheaderspolicy.CloudfrontResponseHeadersPolicySecurityHeadersConfigContentTypeOptions{Override: true},
		FrameOptions: &cloudfrontresponseheaderspolicy.CloudfrontResponseHeadersPolicySecurityHeadersConfigFrameOptions{
			FrameOption: jsii.String("SAMEORIGIN"), Override: false,
		},
		ReferrerPolicy: &cloudfrontresponseheaderspolicy.CloudfrontResponseHeadersPolicySecurityHeadersConfigReferrerPolicy{
			ReferrerPolicy: jsii.String("strict-origin-when-cross-origin"), Override: false,
		},
		StrictTransportSecurity: &cloudfrontresponseheaderspolicy.CloudfrontResponseHeadersPolicySecurityHeadersConfigStrictTransportSecurity{
			AccessControlMaxAgeSec: jsii.Number(31536000), Override: false,
		},
		XssProtection: &cloudfrontresponseheaderspolicy.CloudfrontResponseHeadersPolicySecurityHeadersConfigXssProtection{
			Protection: true, ModeBlock: true, Override: false,
		},
	}
}
