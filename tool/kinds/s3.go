package kinds

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/order-bot/infra/tool/aws/awsapi"
	"github.com/order-bot/infra/tool/aws/s3"
	"github.com/order-bot/infra/tool/tfvalue"
)

// s3Types are the types of S3.
var s3Types = []Kind{
	{Type: "aws_s3_account_public_access_block", Losses: publicAccess},
	{
		Type:     "aws_s3_bucket",
		Title:    "S3 bucket",
		Label:    attribute("bucket"),
		Identity: []Part{{Attribute: "bucket", Same: exactly}},
		Unique:   "name",
		Find:     findBucket,
		Home:     "modules/s3/bucket.go",
		InTheWay: filesOfBucket,
		Instead:  "AWS deletes no bucket that holds files; for another name, create the new bucket beside the old one, copy the files, and switch",
		Losses:   []Loss{publicACL},
		// Version 6 of the provider asks for tags by ListTagsForResource, and sets them by TagResource.
		Read: []Right{may(bucket,
			"s3:ListBucket", "s3:GetBucketLocation", "s3:GetBucketTagging", "s3:ListTagsForResource", "s3:GetBucketPolicy", "s3:GetBucketAcl", "s3:GetBucketCORS", "s3:GetBucketWebsite",
			"s3:GetBucketVersioning", "s3:GetAccelerateConfiguration", "s3:GetBucketRequestPayment", "s3:GetBucketLogging", "s3:GetLifecycleConfiguration",
			"s3:GetReplicationConfiguration", "s3:GetEncryptionConfiguration", "s3:GetBucketObjectLockConfiguration")},
		// ListBucketVersions: a destroy looks whether it is empty.
		Write: []Right{may(bucket, "s3:CreateBucket", "s3:DeleteBucket", "s3:ListBucketVersions", "s3:PutBucketTagging", "s3:TagResource", "s3:UntagResource")},
	},
	{Type: "aws_s3_bucket_acl", Losses: []Loss{publicACL}},
	{
		Type:    "aws_s3_bucket_lifecycle_configuration",
		Expires: &Expiry{Of: "bucket", Owner: "aws_s3_bucket", Name: "bucket", Rules: "rule", More: moreExpiry, Lost: "files"},
		Losses:  []Loss{{"rule", moreExpiry, "files are deleted, or earlier than before"}},
	},
	{Type: "aws_s3_bucket_object_lock_configuration", Losses: []Loss{{"rule", emptied, "files may be deleted at any time"}}},
	{
		Type:        "aws_s3_bucket_policy",
		Title:       "bucket policy",
		Label:       attribute("bucket"),
		Detail:      true,
		Identity:    []Part{{Attribute: "bucket", Same: nameOrARN}},
		Find:        findBucketPolicy,
		Home:        "modules/s3/bucket.go",
		Protections: limits("policy"),
		Read:        []Right{may(bucket, "s3:GetBucketPolicy")},
		Write:       []Right{may(bucket, "s3:PutBucketPolicy", "s3:DeleteBucketPolicy")},
	},
	{
		Type:     "aws_s3_bucket_public_access_block",
		Title:    "public access block",
		Label:    attribute("bucket"),
		Detail:   true,
		Identity: []Part{{Attribute: "bucket", Same: nameOrARN}},
		Find:     findPublicAccessBlock,
		Home:     "modules/s3/bucket.go",
		Losses:   publicAccess,
		Read:     []Right{may(bucket, "s3:GetBucketPublicAccessBlock")},
		Write:    []Right{may(bucket, "s3:PutBucketPublicAccessBlock")},
	},
	{Type: "aws_s3_bucket_replication_configuration", Losses: []Loss{{"rule", lacks("Enabled"), "there is no second copy of the files any more"}}},
	{
		Type:   "aws_s3_bucket_server_side_encryption_configuration",
		Losses: []Loss{{"rule", weaker(algorithms...), "files are encrypted in a weaker way"}},
	},
	{Type: "aws_s3_bucket_versioning", Losses: []Loss{
		{"versioning_configuration.status", lacks("Enabled"), "deleted and overwritten files are lost"},
		{"versioning_configuration.mfa_delete", lacks("Enabled"), "a password is enough to delete versions of files"},
	}},
}

// What keeps files from the public.
var (
	publicAccess = []Loss{
		{"block_public_acls", lacks(true), publicFiles},
		{"block_public_policy", lacks(true), publicFiles},
		{"ignore_public_acls", lacks(true), publicFiles},
		{"restrict_public_buckets", lacks(true), publicFiles},
	}
	publicACL = Loss{"acl", gains("public-read", "public-read-write", "authenticated-read"), publicFiles}
)

// algorithms are those by which S3 encrypts files, the strongest first: two layers with a key of KMS, one with such a key, and one with a key of S3.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ServerSideEncryptionByDefault.html
var algorithms = []string{"aws:kms:dsse", "aws:kms", "AES256"}

// moreExpiry compares the rules by which S3 deletes files: each that is enabled and deletes has to have been there before.
func moreExpiry(before, after any) bool {
	is, known := after.([]any)
	if !known {
		return tfvalue.Size(before) > 0 && after == tfvalue.Unknown{}
	}
	was := tfvalue.List(before)
	return slices.ContainsFunc(is, func(rule any) bool {
		deletes := slices.ContainsFunc([]string{"expiration", "noncurrent_version_expiration"}, func(how string) bool {
			return tfvalue.Size(tfvalue.At(rule, how)) > 0
		})
		return deletes && tfvalue.At(rule, "status") != "Disabled" && !slices.ContainsFunc(was, func(old any) bool { return reflect.DeepEqual(unnamed(rule), unnamed(old)) })
	})
}

// unnamed is a rule without its id.
func unnamed(rule any) any {
	fields, _ := rule.(map[string]any)
	fields = maps.Clone(fields)
	delete(fields, "id")
	return fields
}

var (
	bucket = named("Bucket", "aws_s3_bucket", "bucket", "arn:aws:s3:::NAME")
	files  = named("Files", "aws_s3_bucket", "bucket", "arn:aws:s3:::NAME/*").because(partly)
)

// findBucket: by name, which is unique in all of AWS. Imported by name (s3_bucket.html.markdown).
func findBucket(ctx context.Context, f *Search, r Resource) (*Found, error) {
	client, name := s3.New(f.Config), f.Value(r, "bucket")
	caller, err := sts.NewFromConfig(f.Config).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return nil, err
	}
	bucket := s3.Bucket{Name: name, Owner: aws.ToString(caller.Account)}
	err = client.Head(ctx, bucket)
	region, elsewhere := s3.Elsewhere(err)
	switch {
	case elsewhere:
		return nil, &Refusal{ID: name, Reason: "the bucket is in " + region + ", and the stack is for " + f.Config.Region + "; a bucket cannot be moved: choose another name or that region"}
	case awsapi.IsCode(err, s3.NotFound):
		return nil, nil
	case awsapi.IsCode(err, s3.Forbidden):
		return nil, &Refusal{ID: name, Reason: "the bucket belongs to another account than " + bucket.Owner + ", or that has no permission for it (s3:ListBucket)"}
	case err != nil:
		return nil, err
	}
	found := &Found{ID: name, Values: map[string]string{"id": name}}
	tagging, there, err := s3.Get[s3.Tagging](ctx, client, bucket)
	if err != nil {
		return nil, err
	}
	if !there {
		// The provider creates a bucket, and then tags it: one without tags may be ours, and holds nothing then.
		if has, err := client.HasObjects(ctx, bucket); err != nil {
			return nil, err
		} else if !has {
			found.Evidence = "empty, and this account's; its tags are still to come"
			return found, nil
		}
	}
	tags := map[string]string{}
	for _, tag := range tagging.Tags {
		tags[tag.Key] = tag.Value
	}
	return f.tagged(r, found, tags)
}

// What a bucket has one of at most. Imported by the bucket's name (s3_bucket_policy.html.markdown, s3_bucket_public_access_block.html.markdown).
var (
	findBucketPolicy = ofBucket(func(ctx context.Context, client *s3.Client, bucket s3.Bucket) (bool, error) {
		policy, err := client.Policy(ctx, bucket)
		return policy != "", err
	})
	findPublicAccessBlock = ofBucket(func(ctx context.Context, client *s3.Client, bucket s3.Bucket) (bool, error) {
		_, there, err := s3.Get[s3.PublicAccess](ctx, client, bucket)
		return there, err
	})
)

// ofBucket finds a setting of a bucket.
func ofBucket(has func(context.Context, *s3.Client, s3.Bucket) (bool, error)) finder {
	return within("aws_s3_bucket", func(ctx context.Context, f *Search, r Resource, owner string) (*Found, error) {
		name := f.Value(r, "bucket")
		if name == "" {
			return nil, nil
		}
		if there, err := has(ctx, s3.New(f.Config), s3.Bucket{Name: name}); err != nil || !there {
			return nil, err
		}
		return &Found{ID: name, Evidence: "a setting of " + owner}, nil
	})
}

// filesOfBucket finds whether a bucket holds anything that AWS would refuse to delete it for.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/delete-bucket.html
func filesOfBucket(ctx context.Context, config aws.Config, _ Gone, bucket map[string]any) ([]string, error) {
	if bucket["force_destroy"] == true {
		return nil, nil
	}
	name := fmt.Sprint(bucket["bucket"])
	if has, err := s3.New(config).HasVersions(ctx, s3.Bucket{Name: name}); err != nil || !has {
		return nil, err
	}
	return []string{fmt.Sprintf("it holds files, and AWS deletes no bucket that does. Delete them, if they may go: aws s3 rm s3://%s --recursive (if it keeps versions, empty it in the console)", name)}, nil
}
