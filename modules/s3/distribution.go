package s3

import (
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/cloudfrontdistribution"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/cloudfrontoriginaccesscontrol"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/s3bucket"

	"github.com/order-bot/infra/modules/internal/tags"
)

const originID = "frontend-s3"

func (r References) originAccessControlName() string {
	return r.NamePrefix + "-oac"
}

func newDistribution(scope constructs.Construct, cfg Config, refs References, bucket s3bucket.S3Bucket) cloudfrontdistribution.CloudfrontDistribution {
	access := cloudfrontoriginaccesscontrol.NewCloudfrontOriginAccessControl(scope, jsii.String("origin_access_control"), &cloudfrontoriginaccesscontrol.CloudfrontOriginAccessControlConfig{
		Name:                          jsii.String(refs.originAccessControlName()),
		Description:                   jsii.String("OAC for frontend bucket"),
		OriginAccessControlOriginType: jsii.String("s3"),
		SigningBehavior:               jsii.String("always"),
		SigningProtocol:               jsii.String("sigv4"),
	})

	aliases := []string{refs.Domain}
	if cfg.RedirectDomain {
		aliases = append(aliases, refs.RedirectDomain)
	}
	if cfg.Previews {
		aliases = append(aliases, refs.PreviewDomain)
	}
	config := &cloudfrontdistribution.CloudfrontDistributionConfig{
		Enabled:           true,
		Aliases:           jsii.Strings(aliases...),
		DefaultRootObject: jsii.String("index.html"),
		Origin: []cloudfrontdistribution.CloudfrontDistributionOrigin{{
			OriginId:              jsii.String(originID),
			DomainName:            bucket.BucketRegionalDomainName(),
			OriginAccessControlId: access.Id(),
		}},
		DefaultCacheBehavior: &cloudfrontdistribution.CloudfrontDistributionDefaultCacheBehavior{
			TargetOriginId:          jsii.String(originID),
			ViewerProtocolPolicy:    jsii.String("redirect-to-https"),
			AllowedMethods:          jsii.Strings("GET", "HEAD", "OPTIONS"),
			CachedMethods:           jsii.Strings("GET", "HEAD"),
			CachePolicyId:           jsii.String(cachePolicy(scope, cfg.Cache, refs)),
			ResponseHeadersPolicyId: responseHeadersPolicy(scope, cfg.Headers, refs),
			Compress:                !cfg.WithoutCompression,
		},
		CustomErrorResponse: []cloudfrontdistribution.CloudfrontDistributionCustomErrorResponse{
			cfg.missing(403),
			cfg.missing(404),
		},
		Restrictions: &cloudfrontdistribution.CloudfrontDistributionRestrictions{
			GeoRestriction: &cloudfrontdistribution.CloudfrontDistributionRestrictionsGeoRestriction{
				RestrictionType: jsii.String("none"),
			},
		},
		ViewerCertificate: &cloudfrontdistribution.CloudfrontDistributionViewerCertificate{
			AcmCertificateArn:      jsii.String(refs.CertificateARN),
			MinimumProtocolVersion: jsii.String("TLSv1.2_2021"),
			SslSupportMethod:       jsii.String("sni-only"),
		},
		Tags: tags.Map(refs.Tags),
	}
	if cfg.hasFunction() {
		config.DefaultCacheBehavior.FunctionAssociation = []cloudfrontdistribution.CloudfrontDistributionDefaultCacheBehaviorFunctionAssociation{{
			EventType: jsii.String("viewer-request"), FunctionArn: jsii.String(newFunction(scope, cfg, refs)),
		}}
	}
	if cfg.IPv6 {
		config.IsIpv6Enabled = true
	}
	if cfg.WebACLARN != "" {
		config.WebAclId = jsii.String(cfg.WebACLARN)
	}
	if cfg.LogBucket != "" {
		config.LoggingConfig = &cloudfrontdistribution.CloudfrontDistributionLoggingConfig{Bucket: jsii.String(cfg.LogBucket + ".s3.amazonaws.com")}
		if cfg.LogPrefix != "" {
			config.LoggingConfig.Prefix = jsii.String(cfg.LogPrefix + "/")
		}
	}
	return cloudfrontdistribution.NewCloudfrontDistribution(scope, jsii.String("distribution"), config)
}

// missing is how CloudFront answers for an object that is not there, for which S3 gives 403 or 404: with 200, as the path may be one that the
// application routes in the browser, unless a function has told files from pages before.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/GeneratingCustomErrorResponses.html
func (c Config) missing(errorCode float64) cloudfrontdistribution.CloudfrontDistributionCustomErrorResponse {
	code, page := 200.0, "/index.html"
	if c.StrictFiles || c.ManyPages {
		code = 404
	}
	if c.ManyPages {
		page = "/404.html"
	}
	return cloudfrontdistribution.CloudfrontDistributionCustomErrorResponse{
		ErrorCode:          jsii.Number(errorCode),
		ResponseCode:       jsii.Number(code),
		ResponsePagePath:   jsii.String(page),
		ErrorCachingMinTtl: jsii.Number(0),
	}
}
