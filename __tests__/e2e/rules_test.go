package e2e

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/order-bot/infra/localaws"
)

// The tests of rules pin what AWS refuses, and what it does by itself, so that a green run
// against the local AWS means something. Each names the rule and AWS's page for it, and sees
// both the refusal and what is allowed. All have resources of their own.

// refuses fails the test unless AWS has refused something, with this code and a message with this text.
func refuses(t *testing.T, what string, err error, code, text string) {
	t.Helper()
	var answer interface {
		ErrorCode() string
		ErrorMessage() string
	}
	switch {
	case err == nil:
		t.Errorf("%s is not refused", what)
	case !errors.As(err, &answer) || answer.ErrorCode() != code || !strings.Contains(answer.ErrorMessage(), text):
		t.Errorf("%s: got %v, want %s: …%s…", what, err, code, text)
	}
}

// allowed ends the test if AWS has refused something.
func allowed(t *testing.T, what string, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// A record that exists is not created again, whatever its values; one that was deleted is
// (Route 53 API reference, ChangeResourceRecordSets).
func TestRuleRecordsAreCreatedOnce(t *testing.T) {
	t.Parallel()
	records := newZone(t, "once.example.net")
	old, changed := record("www.once.example.net", "192.0.2.1"), record("www.once.example.net", "192.0.2.2")

	allowed(t, "creating a record", records(change("CREATE", old)))
	refuses(t, "creating it again", records(change("CREATE", old)), "InvalidChangeBatch", "already exists")
	refuses(t, "creating it with another value", records(change("CREATE", changed)), "InvalidChangeBatch", "but it already exists")
	allowed(t, "changing it", records(change("UPSERT", changed)))
	allowed(t, "deleting it", records(change("DELETE", changed)))
	allowed(t, "creating it as it once was", records(change("CREATE", old)))
	allowed(t, "replacing it in one batch", records(change("DELETE", old), change("CREATE", changed)))
	allowed(t, "replacing it back in one batch", records(change("DELETE", changed), change("CREATE", old)))
}

// A name has to be the zone's or below it, and a batch is done as a whole or not at all
// (Route 53 API reference, ChangeResourceRecordSets).
func TestRuleRecordsBelongToTheirZone(t *testing.T) {
	t.Parallel()
	records := newZone(t, "zone.example.net")
	inside := record("www.zone.example.net", "192.0.2.1")
	for _, name := range []string{"app.other.org", "otherzone.example.net"} {
		refuses(t, name, records(change("CREATE", inside), change("CREATE", record(name, "192.0.2.1"))),
			"InvalidChangeBatch", "RRSet with DNS name "+name+". is not permitted in zone zone.example.net.")
	}
	allowed(t, "a name in the zone", records(change("CREATE", inside))) // and nothing is left of the refused batches
	allowed(t, "the zone's own name", records(change("CREATE", record("zone.example.net", "192.0.2.1"))))
}

// newZone creates a hosted zone, and returns how to change its records.
func newZone(t *testing.T, name string) func(changes ...route53types.Change) error {
	client := newClients(local).Route53
	zone := must[*route53.CreateHostedZoneOutput](t)(client.CreateHostedZone(t.Context(), &route53.CreateHostedZoneInput{Name: &name, CallerReference: &name})).HostedZone
	return func(changes ...route53types.Change) error {
		_, err := client.ChangeResourceRecordSets(t.Context(), &route53.ChangeResourceRecordSetsInput{
			HostedZoneId: zone.Id, ChangeBatch: &route53types.ChangeBatch{Changes: changes},
		})
		return err
	}
}

func change(action route53types.ChangeAction, record route53types.ResourceRecordSet) route53types.Change {
	return route53types.Change{Action: action, ResourceRecordSet: &record}
}

func record(name, value string) route53types.ResourceRecordSet {
	return route53types.ResourceRecordSet{
		Name: &name, Type: "A", TTL: aws.Int64(60), ResourceRecords: []route53types.ResourceRecord{{Value: &value}},
	}
}

// An image that a manifest list refers to is not deleted before the list, also not in the same
// call (ECR API reference, BatchDeleteImage and ImageFailure). An image's digest is that of its manifest: digests_are_of_the_manifest.
func TestRuleImagesOfAManifestListStay(t *testing.T) {
	t.Parallel()
	client, repository := newClients(local).ECR, aws.String("rules-manifest-list")
	_, err := client.CreateRepository(t.Context(), &ecr.CreateRepositoryInput{RepositoryName: repository})
	allowed(t, "creating the repository", err)
	push := func(manifest string, tag *string) ecrtypes.ImageIdentifier {
		pushed := must[*ecr.PutImageOutput](t)(client.PutImage(t.Context(), &ecr.PutImageInput{
			RepositoryName: repository, ImageManifest: &manifest, ImageTag: tag,
		})).Image.ImageId
		sum := sha256.Sum256([]byte(manifest))
		same(t, "digest", *pushed.ImageDigest, "sha256:"+hex.EncodeToString(sum[:]))
		return ecrtypes.ImageIdentifier{ImageDigest: pushed.ImageDigest}
	}
	var platforms []ecrtypes.ImageIdentifier
	var references []string
	for _, platform := range []string{"amd64", "arm64"} {
		image := push(fmt.Sprintf(`{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"size":1},"layers":[{"digest":"sha256:%064x"}]}`, len(platform)+len(platforms)), nil)
		platforms = append(platforms, image)
		references = append(references, fmt.Sprintf(`{"digest":%q,"platform":{"architecture":%q}}`, *image.ImageDigest, platform))
	}
	list := push(`{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[`+strings.Join(references, ",")+`]}`, aws.String("v1"))
	remove := func(ids ...ecrtypes.ImageIdentifier) (deleted int, failures []ecrtypes.ImageFailure) {
		answer := must[*ecr.BatchDeleteImageOutput](t)(client.BatchDeleteImage(t.Context(), &ecr.BatchDeleteImageInput{RepositoryName: repository, ImageIds: ids}))
		return len(answer.ImageIds), answer.Failures
	}

	deleted, failures := remove(platforms[0], list, platforms[1])
	if deleted != 1 || len(failures) != 2 || failures[0].FailureCode != "ImageReferencedByManifestList" || *failures[0].ImageId.ImageDigest != *platforms[0].ImageDigest {
		t.Errorf("all at once: %d deleted, %v", deleted, failures)
	}
	if deleted, failures := remove(platforms...); deleted != 2 || len(failures) != 0 {
		t.Errorf("after the list: %d deleted, %v", deleted, failures)
	}
	_, err = client.DeleteRepository(t.Context(), &ecr.DeleteRepositoryInput{RepositoryName: repository})
	allowed(t, "deleting the repository, which is empty", err)
}

// What holds data or is in use is not deleted, and a name is given once (API references: S3
// DeleteBucket, ECR DeleteRepository, IAM DeleteRole, CloudWatch Logs CreateLogGroup).
func TestRuleWhatHoldsDataStays(t *testing.T) {
	t.Parallel()
	ctx, name, clients := t.Context(), aws.String("rules-holds-data"), newClients(local)

	_, err := clients.S3.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: name, CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: "ap-northeast-1"}})
	allowed(t, "creating a bucket", err)
	_, err = clients.S3.PutObject(ctx, &s3.PutObjectInput{Bucket: name, Key: name})
	allowed(t, "putting an object", err)
	_, err = clients.S3.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: name})
	refuses(t, "deleting a bucket with an object", err, "BucketNotEmpty", "")
	_, err = clients.S3.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: name, Key: name})
	allowed(t, "deleting the object", err)
	_, err = clients.S3.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: name})
	allowed(t, "deleting the empty bucket", err)

	_, err = clients.ECR.CreateRepository(ctx, &ecr.CreateRepositoryInput{RepositoryName: name})
	allowed(t, "creating a repository", err)
	_, err = clients.ECR.PutImage(ctx, &ecr.PutImageInput{RepositoryName: name, ImageTag: name, ImageManifest: aws.String(`{"mediaType":"application/vnd.oci.image.manifest.v1+json","layers":[]}`)})
	allowed(t, "pushing an image", err)
	_, err = clients.ECR.DeleteRepository(ctx, &ecr.DeleteRepositoryInput{RepositoryName: name})
	refuses(t, "deleting a repository with an image", err, "RepositoryNotEmptyException", "")
	_, err = clients.ECR.DeleteRepository(ctx, &ecr.DeleteRepositoryInput{RepositoryName: name, Force: true})
	allowed(t, "deleting it by force", err)

	attachment := []string{"RoleName", *name, "PolicyArn", "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"}
	clients.IAM.ask(t, "CreateRole", "RoleName", *name, "AssumeRolePolicyDocument", `{"Version":"2012-10-17","Statement":[]}`)
	clients.IAM.ask(t, "AttachRolePolicy", attachment...)
	refuses(t, "deleting a role with a policy", clients.IAM.try(t, "DeleteRole", "RoleName", *name), "DeleteConflict", "")
	clients.IAM.ask(t, "DetachRolePolicy", attachment...)
	clients.IAM.ask(t, "DeleteRole", "RoleName", *name)

	create := func() error {
		_, err := clients.Logs.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: name})
		return err
	}
	allowed(t, "creating a log group", create())
	refuses(t, "creating it again", create(), "ResourceAlreadyExistsException", "")
	_, err = clients.Logs.DeleteLogGroup(ctx, &cloudwatchlogs.DeleteLogGroupInput{LogGroupName: name})
	allowed(t, "deleting the log group", err)
	allowed(t, "creating it anew", create())
	t.Cleanup(func() {
		_, _ = clients.Logs.DeleteLogGroup(context.Background(), &cloudwatchlogs.DeleteLogGroupInput{LogGroupName: name})
	})
}

// S3 refuses a request that expects a bucket to be another account's (S3 user guide, verifying bucket ownership).
func TestRuleBucketsRefuseAnotherOwner(t *testing.T) {
	t.Parallel()
	client, name := newBucket(t, "rules-owner")
	list := func(owner string) error {
		_, err := client.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: name, ExpectedBucketOwner: &owner})
		return err
	}
	refuses(t, "another account's bucket", list("999999999999"), "AccessDenied", "")
	allowed(t, "one's own bucket", list(accountOfTests))
}

// A policy that denies what comes without TLS denies no request with it (S3 user guide, "Bucket policy examples using condition keys").
func TestRuleBucketsAreAskedByTls(t *testing.T) {
	t.Parallel()
	client, name := newBucket(t, "rules-tls")
	head := func(condition string) error {
		policy := `{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::` + *name + `", "arn:aws:s3:::` + *name + `/*"]` + condition + `}]}`
		must[*s3.PutBucketPolicyOutput](t)(client.PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{Bucket: name, Policy: &policy}))
		_, err := client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: name, Key: name})
		return err
	}
	must[*s3.PutObjectOutput](t)(client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: name, Key: name}))
	allowed(t, "a request with TLS", head(`, "Condition": {"Bool": {"aws:SecureTransport": "false"}}`))
	refuses(t, "a request that is denied", head(""), "Forbidden", "")
}

// S3 answers 301 to a request for a bucket of another region (S3 API reference, HeadBucket and "Error responses").
func TestRuleBucketsAreInOneRegion(t *testing.T) {
	t.Parallel()
	client, name := newBucket(t, "rules-region")
	elsewhere := func(o *s3.Options) { o.Region = "eu-west-1" }
	_, err := client.HeadBucket(t.Context(), &s3.HeadBucketInput{Bucket: name}, elsewhere)
	refuses(t, "a head request", err, "MovedPermanently", "Moved Permanently")
	var response *awshttp.ResponseError
	if !errors.As(err, &response) || response.Response.Header.Get("x-amz-bucket-region") != "ap-northeast-1" {
		t.Errorf("the answer does not say where the bucket is: %v", err)
	}
	_, err = client.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: name}, elsewhere)
	refuses(t, "a list", err, "PermanentRedirect", "")
	_, err = client.HeadBucket(t.Context(), &s3.HeadBucketInput{Bucket: name})
	allowed(t, "a request in its region", err)
}

// A bucket begins without access control lists, unless whoever creates it says otherwise (S3 user guide, "Controlling ownership of objects and disabling
// ACLs for your bucket").
func TestRuleBucketsBeginWithoutLists(t *testing.T) {
	t.Parallel()
	client, plain := newBucket(t, "rules-without-lists")
	listed := aws.String("rules-with-lists")
	_, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: listed, ObjectOwnership: s3types.ObjectOwnershipObjectWriter,
		CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: "ap-northeast-1"}})
	allowed(t, "a bucket with lists", err)
	for bucket, want := range map[*string]s3types.ObjectOwnership{plain: s3types.ObjectOwnershipBucketOwnerEnforced, listed: s3types.ObjectOwnershipObjectWriter} {
		controls := must[*s3.GetBucketOwnershipControlsOutput](t)(client.GetBucketOwnershipControls(t.Context(), &s3.GetBucketOwnershipControlsInput{Bucket: bucket}))
		same(t, "who owns what is in "+*bucket, controls.OwnershipControls.Rules[0].ObjectOwnership, want)
	}
}

// S3 keeps how many old versions are kept (S3 API reference, NoncurrentVersionExpiration).
func TestRuleLifecyclesKeepTheNewestVersions(t *testing.T) {
	t.Parallel()
	client, name := newBucket(t, "rules-lifecycle")
	_, err := client.PutBucketLifecycleConfiguration(t.Context(), &s3.PutBucketLifecycleConfigurationInput{Bucket: name, LifecycleConfiguration: &s3types.BucketLifecycleConfiguration{
		Rules: []s3types.LifecycleRule{{
			ID: name, Status: "Enabled", Filter: &s3types.LifecycleRuleFilter{Prefix: aws.String("")},
			NoncurrentVersionExpiration: &s3types.NoncurrentVersionExpiration{NoncurrentDays: aws.Int32(90), NewerNoncurrentVersions: aws.Int32(20)},
		}},
	}})
	allowed(t, "putting a lifecycle", err)
	rules := must[*s3.GetBucketLifecycleConfigurationOutput](t)(client.GetBucketLifecycleConfiguration(t.Context(), &s3.GetBucketLifecycleConfigurationInput{Bucket: name})).Rules
	same(t, "old versions", []int32{*rules[0].NoncurrentVersionExpiration.NoncurrentDays, aws.ToInt32(rules[0].NoncurrentVersionExpiration.NewerNoncurrentVersions)}, []int32{90, 20})
}

func newBucket(t *testing.T, name string) (*s3.Client, *string) {
	t.Helper()
	client := newClients(local).S3
	must[*s3.CreateBucketOutput](t)(client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &name, CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: "ap-northeast-1"}}))
	t.Cleanup(func() { _, _ = client.DeleteBucket(context.Background(), &s3.DeleteBucketInput{Bucket: &name}) })
	return client, &name
}

// Each patch of the local AWS has a test of a rule that has its name, or names it.
func TestEveryPatchHasATest(t *testing.T) {
	_, list, _ := strings.Cut(string(must[[]byte](t)(os.ReadFile("../../localaws/"+localaws.Server))), "\nPATCHES = (")
	list, _, _ = strings.Cut(list, "\n)\n")
	patches := regexp.MustCompile(`\w+\.(\w+),`).FindAllStringSubmatch(list, -1)
	if len(patches) < 20 {
		t.Fatalf("only %d patches are found", len(patches))
	}
	var tests strings.Builder
	for _, file := range must[[]string](t)(filepath.Glob("rules*_test.go")) {
		tests.Write(must[[]byte](t)(os.ReadFile(file)))
	}
	for _, match := range patches {
		var name strings.Builder
		for word := range strings.SplitSeq(match[1], "_") {
			name.WriteString(strings.ToUpper(word[:1]) + word[1:])
		}
		if !strings.Contains(tests.String(), "func TestRule"+name.String()+"(") && !strings.Contains(tests.String(), match[1]) {
			t.Errorf("the patch %s has no test: add TestRule%s", match[1], name.String())
		}
	}
}

// A repository whose scanning is switched off has it off: clients leave out what is false, scans_are_switched_off (ECR API reference,
// ImageScanningConfiguration).
func TestRuleScansAreSwitchedOff(t *testing.T) {
	t.Parallel()
	client, repository := newClients(local).ECR, aws.String("rules-scans")
	must[*ecr.CreateRepositoryOutput](t)(client.CreateRepository(t.Context(), &ecr.CreateRepositoryInput{
		RepositoryName: repository, ImageScanningConfiguration: &ecrtypes.ImageScanningConfiguration{ScanOnPush: true},
	}))
	must[*ecr.PutImageScanningConfigurationOutput](t)(client.PutImageScanningConfiguration(t.Context(), &ecr.PutImageScanningConfigurationInput{
		RepositoryName: repository, ImageScanningConfiguration: &ecrtypes.ImageScanningConfiguration{ScanOnPush: false},
	}))
	found := must[*ecr.DescribeRepositoriesOutput](t)(client.DescribeRepositories(t.Context(), &ecr.DescribeRepositoriesInput{RepositoryNames: []string{*repository}}))
	same(t, "scan on push", found.Repositories[0].ImageScanningConfiguration.ScanOnPush, false)
}
