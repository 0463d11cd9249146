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

	config := &cloudfrontdistribution.CloudfrontDistributionConfig{
		Enabled:           true,
		Aliases:           jsii.Strings(refs.Domain),
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
		// The frontend routes in the browser: a path that is no object, which S3
		// answers with 403 or 404, is the application's to answer.
		CustomErrorResponse: []cloudfrontdistribution.CloudfrontDistributionCustomErrorResponse{
			answerWithApplication(403),
			answerWithApplication(404),
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
	if cfg.IPv6 {
		config.IsIpv6Enabled = true
	}
	if cfg.WebACLARN != "" {
		config.WebAclId = jsii.String(cfg.WebACLARN)
	}
	return cloudfrontdistribution.NewCloudfrontDistribution(scope, jsii.String("distribution"), config)
}

func answerWithApplication(errorCode float64) cloudfrontdistribution.CloudfrontDistributionCustomErrorResponse {
	return cloudfrontdistribution.CloudfrontDistributionCustomErrorResponse{
		ErrorCode:          jsii.Number(errorCode),
		ResponseCode:       jsii.Number(200),
		ResponsePagePath:   jsii.String("/index.html"),
		ErrorCachingMinTtl: jsii.Number(0),
	}
}
