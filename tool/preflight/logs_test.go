package preflight

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// fakeBucket is a bucket, or the status of the answer to HeadBucket.
type fakeBucket struct {
	status                                 int
	region                                 string
	ownership                              s3types.ObjectOwnership
	encryption                             s3types.ServerSideEncryption
	policy                                 string
	ownershipErr, policyErr, encryptionErr error
}

func (f fakeBucket) HeadBucket(context.Context, *s3.HeadBucketInput, ...func(*s3.Options)) (*s3.HeadBucketOutput, error) {
	status := f.status
	if f.region != "" && f.region != "ap-northeast-1" {
		status = http.StatusMovedPermanently
	}
	if status == 0 {
		return &s3.HeadBucketOutput{}, nil
	}
	return nil, &smithy.OperationError{ServiceID: "S3", OperationName: "HeadBucket", Err: &awshttp.ResponseError{ResponseError: &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: &http.Response{StatusCode: status, Header: http.Header{"X-Amz-Bucket-Region": {f.region}}}},
		Err:      &smithy.GenericAPIError{Code: http.StatusText(status)},
	}}}
}

func (f fakeBucket) GetBucketOwnershipControls(_ context.Context, _ *s3.GetBucketOwnershipControlsInput, options ...func(*s3.Options)) (*s3.GetBucketOwnershipControlsOutput, error) {
	set := s3.Options{}
	for _, option := range options {
		option(&set)
	}
	if want := cmp.Or(f.region, "ap-northeast-1"); set.Region != want {
		return nil, fmt.Errorf("it is asked in %s, not in %s", set.Region, want)
	}
	return &s3.GetBucketOwnershipControlsOutput{OwnershipControls: &s3types.OwnershipControls{Rules: []s3types.OwnershipControlsRule{{ObjectOwnership: f.ownership}}}}, f.ownershipErr
}

func (f fakeBucket) GetBucketEncryption(context.Context, *s3.GetBucketEncryptionInput, ...func(*s3.Options)) (*s3.GetBucketEncryptionOutput, error) {
	return &s3.GetBucketEncryptionOutput{ServerSideEncryptionConfiguration: &s3types.ServerSideEncryptionConfiguration{Rules: []s3types.ServerSideEncryptionRule{{
		ApplyServerSideEncryptionByDefault: &s3types.ServerSideEncryptionByDefault{SSEAlgorithm: f.encryption},
	}}}}, f.encryptionErr
}

func (f fakeBucket) GetBucketPolicy(context.Context, *s3.GetBucketPolicyInput, ...func(*s3.Options)) (*s3.GetBucketPolicyOutput, error) {
	return &s3.GetBucketPolicyOutput{Policy: aws.String(f.policy)}, f.policyErr
}

// The bucket of the frontend's logs is there, where CloudFront writes, with access control lists.
func TestLogsOfFrontend(t *testing.T) {
	stack := stackOf(t, `"aws_cloudfront_distribution": {"d": {"logging_config": {"bucket": "logs.s3.amazonaws.com", "prefix": "frontend/"}}, "e": {}}`)
	for _, c := range []struct {
		what    string
		bucket  fakeBucket
		verdict Verdict
		words   []string
	}{
		{"all is well", fakeBucket{ownership: s3types.ObjectOwnershipBucketOwnerPreferred}, OK, []string{"log bucket logs: it is in ap-northeast-1, with access control lists"}},
		{"in another region", fakeBucket{region: "us-east-1", ownership: s3types.ObjectOwnershipObjectWriter}, OK, []string{"it is in us-east-1"}},
		{"an old one", fakeBucket{ownershipErr: refusal("GetBucketOwnershipControls", "OwnershipControlsNotFoundError")}, OK, nil},
		{"without lists", fakeBucket{ownership: s3types.ObjectOwnershipBucketOwnerEnforced}, Refused, []string{"lists are switched off", "ACLs enabled"}},
		{"where CloudFront does not write", fakeBucket{region: "af-south-1"}, Refused, []string{"it is in af-south-1, where CloudFront writes no logs: take one in us-east-1, "}},
		{"is not there", fakeBucket{status: http.StatusNotFound}, Refused, []string{"there is no such bucket"}},
		{"nobody may look", fakeBucket{status: http.StatusForbidden}, Unseen, []string{"these credentials may not look (HeadBucket of S3)"}},
		{"nobody may see who owns", fakeBucket{ownershipErr: refusal("GetBucketOwnershipControls", "AccessDenied")}, Unseen, []string{"may not look (GetBucketOwnershipControls of"}},
	} {
		is(t, c.what, logBuckets(t.Context(), stack, nil, c.bucket), c.verdict, c.words...)
	}
	if found := logBuckets(t.Context(), stack, nil, fakeBucket{ownership: s3types.ObjectOwnershipBucketOwnerEnforced}); found[0].Addresses[0] != "aws_cloudfront_distribution.d" || !found[0].Never {
		t.Error(found)
	}
}

// The bucket of a load balancer's logs is in its region, and lets Elastic Load Balancing write into the folder.
func TestLogsOfBalancer(t *testing.T) {
	stack := func(prefix string) *Stack {
		return stackOf(t, `"aws_lb": {"a": {"access_logs": {"bucket": "logs", "enabled": true, "prefix": "`+prefix+`"}}, "b": {"access_logs": {"bucket": "off", "enabled": false}}, "c": {}}`)
	}
	policy := func(principal, action, resource string) string {
		return fmt.Sprintf(`{"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
			{"Effect": "Allow", "Principal": %s, "Action": %s, "Resource": %s}]}`, principal, action, resource)
	}
	const service = `{"Service": "logdelivery.elasticloadbalancing.amazonaws.com"}`
	folder := `"arn:aws:s3:::logs/prod/AWSLogs/111122223333/*"`
	written := fakeBucket{policy: policy(service, `"s3:PutObject"`, folder), encryption: s3types.ServerSideEncryptionAes256}
	by := func(principal, action, resource string) fakeBucket {
		return fakeBucket{policy: policy(principal, action, resource), encryption: s3types.ServerSideEncryptionAes256}
	}
	const refusing = "its policy does not let Elastic Load Balancing write"
	for _, c := range []struct {
		what, prefix string
		bucket       fakeBucket
		verdict      Verdict
		words        []string
	}{
		{"all is well", "prod", written, OK, []string{"log bucket logs: it is in ap-northeast-1, and its policy lets Elastic Load Balancing write"}},
		{"without a folder", "", by(service, `"s3:PutObject"`, `"arn:aws:s3:::logs/AWSLogs/111122223333/*"`), OK, nil},
		{"by lists and patterns", "prod", by(service, `["s3:Get*", "S3:put*"]`, `["arn:aws:s3:::logs", "arn:aws:s3:::logs/*"]`), OK, nil},
		{"by the account of the region", "prod", by(`{"AWS": "arn:aws:iam::582318560864:root"}`, `"s3:PutObject"`, folder), OK, nil},
		{"by its number, in a list", "prod", by(`{"AWS": ["111122223333", "582318560864"]}`, `"s3:*"`, folder), OK, nil},
		{"one statement without a list", "prod", fakeBucket{encryption: s3types.ServerSideEncryptionAes256, policy: `{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}}`}, OK, nil},
		{"no encryption is set", "prod", fakeBucket{policy: written.policy, encryptionErr: refusal("GetBucketEncryption", "ServerSideEncryptionConfigurationNotFoundError")}, OK, nil},
		{"no policy", "prod", fakeBucket{encryption: s3types.ServerSideEncryptionAes256, policyErr: refusal("GetBucketPolicy", "NoSuchBucketPolicy")}, Refused, []string{
			refusing, `add this Statement: {"Effect":"Allow","Principal":{"Service":"logdelivery.elasticloadbalancing.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::logs/prod/AWSLogs/111122223333/*"}`}},
		{"another folder", "staging", written, Refused, []string{refusing, "arn:aws:s3:::logs/staging/AWSLogs/111122223333/*"}},
		{"another service", "prod", by(`{"Service": "delivery.logs.amazonaws.com"}`, `"s3:PutObject"`, folder), Refused, []string{refusing}},
		{"the account of another region", "prod", by(`{"AWS": "127311923021"}`, `"s3:PutObject"`, folder), Refused, []string{refusing}},
		{"may only read", "prod", by(service, `"s3:GetObject"`, folder), Refused, []string{refusing}},
		{"a part of the folder", "prod", by(service, `"s3:PutObject"`, `"arn:aws:s3:::logs/prod/AWSLogs/111122223333/elb/*"`), Refused, []string{refusing}},
		{"a key of KMS", "prod", fakeBucket{policy: written.policy, encryption: s3types.ServerSideEncryptionAwsKms}, Refused, []string{"it encrypts by aws:kms", "Amazon S3 managed keys"}},
		{"another region", "prod", fakeBucket{region: "us-east-1"}, Refused, []string{"it is in us-east-1, and the load balancer writes to one in ap-northeast-1"}},
		{"is not there", "prod", fakeBucket{status: http.StatusNotFound}, Refused, []string{"there is no such bucket"}},
		{"nobody may look", "prod", fakeBucket{status: http.StatusForbidden}, Unseen, []string{"may not look (HeadBucket of S3)"}},
		{"nobody may see the encryption", "prod", fakeBucket{encryptionErr: refusal("GetBucketEncryption", "AccessDenied")}, Unseen, []string{"may not look (GetBucketEncryption of"}},
		{"nobody may see the policy", "prod", fakeBucket{encryption: s3types.ServerSideEncryptionAes256, policyErr: refusal("GetBucketPolicy", "AccessDenied")}, Unseen, []string{"may not look (GetBucketPolicy of"}},
		{"no answer", "prod", fakeBucket{encryptionErr: errors.New("connection refused")}, Unseen, []string{"could not look: connection refused"}},
	} {
		is(t, c.what, logBuckets(t.Context(), stack(c.prefix), func() string { return "111122223333" }, c.bucket), c.verdict, c.words...)
	}
	is(t, "nobody knows the account", logBuckets(t.Context(), stack("prod"), func() string { return "" }, written), Unseen, "AWS does not say which account")
}
