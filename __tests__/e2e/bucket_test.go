package e2e

import (
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// The frontend moves to another bucket as docs/changing.md says: the new bucket is ready before the
// distribution turns to it, and the old one stays as it is.
func TestTheFrontendMovesToAnotherBucket(t *testing.T) {
	t.Parallel()
	site := openSite(t, engines[0], "global")
	if err := again(func() error { return site.tf.Apply(t.Context()) }); err != nil {
		t.Fatal(err)
	}
	client := newClients(site.local).S3
	before, after := aws.String("order-bot-prod-frontend"), aws.String("order-bot-prod-site")
	must[*s3.PutObjectOutput](t)(client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: before, Key: aws.String("index.html"), Body: strings.NewReader("<h1>")}))

	must[*s3.CreateBucketOutput](t)(client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: after,
		CreateBucketConfiguration: &types.CreateBucketConfiguration{LocationConstraint: "ap-northeast-1"}}))
	must[*s3.PutPublicAccessBlockOutput](t)(client.PutPublicAccessBlock(t.Context(), &s3.PutPublicAccessBlockInput{Bucket: after,
		PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{
			BlockPublicAcls: aws.Bool(true), BlockPublicPolicy: aws.Bool(true), IgnorePublicAcls: aws.Bool(true), RestrictPublicBuckets: aws.Bool(true),
		}}))
	policy := *must[*s3.GetBucketPolicyOutput](t)(client.GetBucketPolicy(t.Context(), &s3.GetBucketPolicyInput{Bucket: before})).Policy
	must[*s3.PutBucketPolicyOutput](t)(client.PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{Bucket: after,
		Policy: aws.String(strings.ReplaceAll(policy, *before, *after))}))
	must[*s3.CopyObjectOutput](t)(client.CopyObject(t.Context(), &s3.CopyObjectInput{Bucket: after, Key: aws.String("index.html"), CopySource: aws.String(*before + "/index.html")}))

	site.write(t, site.base, map[string]any{"frontend_bucket_name": *after})
	for _, address := range []string{
		"aws_s3_bucket.frontend_bucket", "aws_s3_bucket_public_access_block.frontend_public_access_block", "aws_s3_bucket_policy.frontend_bucket_policy",
	} {
		if err := site.tf.StateRm(t.Context(), address); err != nil {
			t.Fatal(err)
		}
		if err := site.tf.Import(t.Context(), address, *after); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(t.TempDir(), "plan")
	report := site.plan(t, file)
	want := []string{
		"change aws_cloudfront_distribution.frontend_distribution origin",
		"change aws_s3_bucket.frontend_bucket force_destroy, tags, tags_all",
	}
	if got := lines(report); !reflect.DeepEqual(got, want) {
		t.Errorf("the plan has:\n%s", strings.Join(got, "\n"))
	}
	if refused := report.Refused(nil); len(refused) > 0 {
		t.Errorf("refused: %+v", refused)
	}
	if err := again(func() error { return site.tf.Apply(t.Context()) }); err != nil {
		t.Fatal(err)
	}
	if left := site.plan(t, file).Changes; len(left) > 0 {
		t.Errorf("a second plan has %+v", left)
	}
	must[*s3.HeadObjectOutput](t)(client.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: before, Key: aws.String("index.html")}))
}
