package s3

import (
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/cloudfrontdistribution"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/s3bucket"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/s3bucketpolicy"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/s3bucketpublicaccessblock"

	"github.com/order-bot/infra/modules/internal/policies"
	"github.com/order-bot/infra/modules/internal/tags"
)

func newBucket(scope constructs.Construct, refs References) s3bucket.S3Bucket {
	bucket := s3bucket.NewS3Bucket(scope, jsii.String("bucket"), &s3bucket.S3BucketConfig{
		Bucket: jsii.String(refs.BucketName),
		Tags:   tags.Named(refs.Tags, refs.BucketName),
	})
	s3bucketpublicaccessblock.NewS3BucketPublicAccessBlock(scope, jsii.String("public_access_block"), &s3bucketpublicaccessblock.S3BucketPublicAccessBlockConfig{
		Bucket:                bucket.Id(),
		BlockPublicAcls:       true,
		BlockPublicPolicy:     true,
		IgnorePublicAcls:      true,
		RestrictPublicBuckets: true,
	})
	return bucket
}

// allowDistribution lets the distribution, and nobody else, read the bucket.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html
func allowDistribution(scope constructs.Construct, bucket s3bucket.S3Bucket, distribution cloudfrontdistribution.CloudfrontDistribution) {
	s3bucketpolicy.NewS3BucketPolicy(scope, jsii.String("bucket_policy"), &s3bucketpolicy.S3BucketPolicyConfig{
		Bucket: bucket.Id(),
		Policy: policies.Document(map[string]any{
			"Sid":       "AllowCloudFrontServicePrincipalReadOnly",
			"Effect":    "Allow",
			"Principal": map[string]any{"Service": "cloudfront.amazonaws.com"},
			"Action":    []any{"s3:GetObject"},
			"Resource":  []any{*bucket.Arn() + "/*"},
			"Condition": map[string]any{
				"StringEquals": map[string]any{"AWS:SourceArn": distribution.Arn()},
			},
		}),
	})
}
