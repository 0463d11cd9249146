package recovery

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/order-bot/infra/internal/awsapi"
	"github.com/order-bot/infra/internal/cloudfront"
	"github.com/order-bot/infra/internal/s3client"
)

// repository: by name, which is unique in a region. Imported by name (ecr_repository.html.markdown).
func repository(ctx context.Context, f *finder, r resource) (*Found, error) {
	client, name := ecr.NewFromConfig(f.config), f.value(r, "name")
	repositories, err := client.DescribeRepositories(ctx, &ecr.DescribeRepositoriesInput{RepositoryNames: []string{name}})
	if awsapi.IsCode(err, "RepositoryNotFoundException") {
		return nil, nil
	}
	if err != nil || len(repositories.Repositories) == 0 {
		return nil, err
	}
	listed, err := client.ListTagsForResource(ctx, &ecr.ListTagsForResourceInput{ResourceArn: repositories.Repositories[0].RepositoryArn})
	if err != nil {
		return nil, err
	}
	tags := map[string]string{}
	for _, tag := range listed.Tags {
		tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	return f.tagged(r, &Found{ID: name}, tags)
}

// lifecyclePolicy: that of its repository, which has one at most. Imported by the repository's
// name (ecr_lifecycle_policy.html.markdown).
func lifecyclePolicy(ctx context.Context, f *finder, r resource) (*Found, error) {
	owner := f.owner(r, "aws_ecr_repository")
	if owner == "" {
		return nil, nil
	}
	name := f.value(r, "repository")
	_, err := ecr.NewFromConfig(f.config).GetLifecyclePolicy(ctx, &ecr.GetLifecyclePolicyInput{RepositoryName: &name})
	if awsapi.IsCode(err, "LifecyclePolicyNotFoundException") {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &Found{ID: name, Evidence: "the policy of " + owner}, nil
}

// bucket: by name, which is unique in all of AWS. Imported by name (s3_bucket.html.markdown).
func bucket(ctx context.Context, f *finder, r resource) (*Found, error) {
	client, name := s3client.New(f.config), f.value(r, "bucket")
	caller, err := sts.NewFromConfig(f.config).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return nil, err
	}
	_, err = client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &name, ExpectedBucketOwner: caller.Account})
	if region, is := s3client.Elsewhere(err); is {
		return nil, &Refusal{ID: name, Reason: "the bucket is in " + region + ", and the stack is for " + f.config.Region + "; a bucket cannot be moved: choose another name or that region"}
	}
	var response *awshttp.ResponseError
	switch {
	case err == nil:
	case !errors.As(err, &response):
		return nil, err
	case response.HTTPStatusCode() == http.StatusNotFound:
		return nil, nil
	case response.HTTPStatusCode() == http.StatusForbidden:
		return nil, &Refusal{ID: name, Reason: "the bucket belongs to another account than " + aws.ToString(caller.Account) + ", or that has no permission for it (s3:ListBucket)"}
	default:
		return nil, err
	}
	found := &Found{ID: name, values: map[string]string{"id": name}}
	listed, err := client.GetBucketTagging(ctx, &s3.GetBucketTaggingInput{Bucket: &name})
	tags := map[string]string{}
	if awsapi.IsCode(err, "NoSuchTagSet") {
		// The provider creates a bucket, and then tags it: one without tags may be ours, and holds nothing then.
		objects, err := client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &name, MaxKeys: aws.Int32(1)})
		if err != nil {
			return nil, err
		}
		if len(objects.Contents) == 0 {
			found.Evidence = "empty, and this account's; its tags are still to come"
			return found, nil
		}
		return f.tagged(r, found, tags)
	}
	if err != nil {
		return nil, err
	}
	for _, tag := range listed.TagSet {
		tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	return f.tagged(r, found, tags)
}

// bucketPolicy: that of its bucket, which has one at most. Imported by the bucket's name (s3_bucket_policy.html.markdown).
func bucketPolicy(ctx context.Context, f *finder, r resource) (*Found, error) {
	return ofBucket(f, r, "NoSuchBucketPolicy", func(bucket *string) error {
		_, err := s3client.New(f.config).GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: bucket})
		return err
	})
}

// publicAccessBlock: that of its bucket, which has one at most. Imported by the bucket's
// name (s3_bucket_public_access_block.html.markdown).
func publicAccessBlock(ctx context.Context, f *finder, r resource) (*Found, error) {
	return ofBucket(f, r, "NoSuchPublicAccessBlockConfiguration", func(bucket *string) error {
		_, err := s3client.New(f.config).GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: bucket})
		return err
	})
}

// ofBucket finds a setting of a bucket, which S3 says is absent by an error of that code.
func ofBucket(f *finder, r resource, absent string, get func(bucket *string) error) (*Found, error) {
	owner, name := f.owner(r, "aws_s3_bucket"), f.value(r, "bucket")
	if owner == "" || name == "" {
		return nil, nil
	}
	err := get(&name)
	if awsapi.IsCode(err, absent) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &Found{ID: name, Evidence: "a setting of " + owner}, nil
}

// accessControl: by name, which is unique in an account. Imported by id (cloudfront_origin_access_control.html.markdown).
func accessControl(ctx context.Context, f *finder, r resource) (*Found, error) {
	controls, err := cloudfront.New(f.config).ListOriginAccessControls(ctx)
	if err != nil {
		return nil, err
	}
	return f.used(ctx, r, "origin access controls", controls, func(d cloudfront.Summary) []string { return d.AccessControls })
}

// cachePolicy: by name, which is unique in an account. Imported by id (cloudfront_cache_policy.html.markdown).
func cachePolicy(ctx context.Context, f *finder, r resource) (*Found, error) {
	policies, err := cloudfront.New(f.config).ListCachePolicies(ctx)
	if err != nil {
		return nil, err
	}
	return f.used(ctx, r, "cache policies", policies, func(d cloudfront.Summary) []string { return []string{d.CachePolicy} })
}

// headersPolicy: by name, which is unique in an account. Imported by id (cloudfront_response_headers_policy.html.markdown).
func headersPolicy(ctx context.Context, f *finder, r resource) (*Found, error) {
	policies, err := cloudfront.New(f.config).ListResponseHeadersPolicies(ctx)
	if err != nil {
		return nil, err
	}
	return f.used(ctx, r, "response headers policies", policies, func(d cloudfront.Summary) []string { return []string{d.HeadersPolicy} })
}

// function: by name, which is unique in an account. Imported by name (cloudfront_function.html.markdown).
func function(ctx context.Context, f *finder, r resource) (*Found, error) {
	functions, err := cloudfront.New(f.config).ListFunctions(ctx)
	if err != nil {
		return nil, err
	}
	found, err := f.used(ctx, r, "functions", functions, func(d cloudfront.Summary) []string { return d.Functions })
	if found != nil {
		found.values = map[string]string{"arn": found.ID}
		found.ID = f.value(r, "name")
	}
	return found, err
}

// used is the one of all that has the name of a resource. It has no tags. It is ours if only a distribution of ours uses it, or nobody.
func (f *finder) used(ctx context.Context, r resource, what string, all []cloudfront.Named, uses func(cloudfront.Summary) []string) (*Found, error) {
	client, name := cloudfront.New(f.config), f.value(r, "name")
	var ids []string
	for _, is := range all {
		if is.Name == name {
			ids = append(ids, is.ID)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	if len(ids) > 1 {
		return nil, &Refusal{ID: fmt.Sprint(ids), Reason: fmt.Sprintf("there are %d %s of the name %s; delete those that no distribution uses", len(ids), what, name)}
	}
	found := &Found{ID: ids[0], Evidence: "of that name, and nothing uses it", values: map[string]string{"id": ids[0]}}
	distributions, err := client.ListDistributions(ctx)
	if err != nil {
		return nil, err
	}
	for _, is := range distributions {
		if !slices.Contains(uses(is), ids[0]) {
			continue
		}
		tags, err := client.Tags(ctx, is.ARN)
		if err != nil {
			return nil, err
		}
		user, err := f.tagged(f.user(r), &Found{ID: ids[0]}, tags)
		if err != nil {
			return nil, &Refusal{ID: ids[0], Reason: "the distribution " + is.ID + " uses it, which is not this stack's"}
		}
		found.Evidence = "used by the distribution with the " + user.Evidence
	}
	return found, nil
}

// user is the distribution of the stack that refers to a resource.
func (f *finder) user(r resource) resource {
	for _, address := range f.stack.Managed() {
		if slices.Contains(f.stack.References(address), r.address) && f.stack.At(address)["tags"] != nil {
			return resource{address, "aws_cloudfront_distribution"}
		}
	}
	return r
}

// distribution: by host name, which one distribution in AWS can have. Imported by id (cloudfront_distribution.html.markdown).
func distribution(ctx context.Context, f *finder, r resource) (*Found, error) {
	client := cloudfront.New(f.config)
	aliases, _ := f.planned[r.address]["aliases"].([]any)
	distributions, err := client.ListDistributions(ctx)
	if err != nil {
		return nil, err
	}
	for _, is := range distributions {
		if !slices.ContainsFunc(is.Aliases, func(alias string) bool { return slices.Contains(aliases, any(alias)) }) {
			continue
		}
		tags, err := client.Tags(ctx, is.ARN)
		if err != nil {
			return nil, err
		}
		return f.tagged(r, &Found{ID: is.ID, values: map[string]string{"id": is.ID, "arn": is.ARN, "domain_name": is.DomainName}}, tags)
	}
	return nil, nil
}
