package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// stateBucket runs the command for a bucket, as ./infra state-bucket does, and returns what it printed.
func stateBucket(t *testing.T, program, bucket, region string, args ...string) (output string, ok bool) {
	t.Helper()
	dir := t.TempDir()
	settings := fmt.Sprintf(`{"context": {"stateBucket": %q, "stateRegion": %q}}`, bucket, region)
	if err := os.WriteFile(filepath.Join(dir, "cdktf.json"), []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), program, append([]string{"state-bucket"}, args...)...)
	command.Dir = dir
	command.Env = local.Environment()
	text, err := command.CombinedOutput()
	return string(text), err == nil
}

func TestStateBucket(t *testing.T) {
	program := filepath.Join(t.TempDir(), "infra")
	if text, err := exec.Command("go", "build", "-C", "../..", "-o", program, "./cmd/infra").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	client := newClients(local).S3
	const name, region = "order-bot-states-of-a-test", "ap-northeast-1"
	settings := []string{
		"versioning: set to Enabled", "encryption: set to AES256", "public access: set to blocked, all four ways",
		"object ownership: set to BucketOwnerEnforced, without access lists", "policy: set to TLS only",
		"lifecycle: set to old versions go after 90 days, but for the newest 20; broken uploads after 7",
	}
	lines := func(first string, settings ...string) string {
		text := ""
		for _, line := range append([]string{first}, settings...) {
			if line != "" {
				text += name + ": " + line + "\n"
			}
		}
		return text
	}
	would := func(text string) string {
		return strings.NewReplacer(": set to", ": would be set to", ": created", ": would be created").Replace(text)
	}
	const first = "created in ap-northeast-1, account 123456789012"
	created := lines(first, slices.Delete(slices.Clone(settings), 3, 4)...) // AWS gives a new bucket its object ownership
	unchanged := lines("there, in account 123456789012, with all it needs; nothing to change")
	step := func(title, want string, args ...string) {
		t.Helper()
		if got, ok := stateBucket(t, program, name, region, args...); !ok || got != want {
			t.Errorf("%s: %v:\n%s\nwant:\n%s", title, ok, got, want)
		}
	}

	step("a dry run", would(lines(first, settings...)), "--dry-run")
	if _, err := client.HeadBucket(t.Context(), &s3.HeadBucketInput{Bucket: aws.String(name)}); err == nil {
		t.Error("the dry run has created the bucket")
	}
	step("the first run", created)
	step("the second run", unchanged)
	step("a dry run after it", unchanged, "--dry-run")

	// What the bucket has beyond that stays; what someone has changed is put right.
	own := `{"Version": "2012-10-17", "Statement": {"Sid": "Own", "Effect": "Deny", "Principal": "*", "Action": "s3:DeleteBucket", "Resource": "arn:aws:s3:::` + name + `"}}`
	must[*s3.PutBucketPolicyOutput](t)(client.PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{Bucket: aws.String(name), Policy: aws.String(own)}))
	must[*s3.PutBucketVersioningOutput](t)(client.PutBucketVersioning(t.Context(), &s3.PutBucketVersioningInput{Bucket: aws.String(name),
		VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusSuspended}}))
	must[*s3.PutBucketLifecycleConfigurationOutput](t)(client.PutBucketLifecycleConfiguration(t.Context(), &s3.PutBucketLifecycleConfigurationInput{Bucket: aws.String(name),
		LifecycleConfiguration: &types.BucketLifecycleConfiguration{Rules: []types.LifecycleRule{{
			ID: aws.String("own"), Status: types.ExpirationStatusEnabled, Filter: &types.LifecycleRuleFilter{Prefix: aws.String("logs/")},
			Expiration: &types.LifecycleExpiration{Days: aws.Int32(3)},
		}}}}))
	must[*s3.PutBucketOwnershipControlsOutput](t)(client.PutBucketOwnershipControls(t.Context(), &s3.PutBucketOwnershipControlsInput{Bucket: aws.String(name),
		OwnershipControls: &types.OwnershipControls{Rules: []types.OwnershipControlsRule{{ObjectOwnership: types.ObjectOwnershipObjectWriter}}}}))
	repaired := lines("", settings[0], settings[3], settings[4], settings[5])
	step("a dry run before the repair", would(repaired), "--dry-run")
	step("the repair", repaired)
	step("after the repair", unchanged)

	policy := must[*s3.GetBucketPolicyOutput](t)(client.GetBucketPolicy(t.Context(), &s3.GetBucketPolicyInput{Bucket: aws.String(name)}))
	var document struct{ Statement []map[string]any }
	if err := json.Unmarshal([]byte(*policy.Policy), &document); err != nil {
		t.Fatal(err)
	}
	same(t, "the policy", document.Statement, []map[string]any{
		{"Sid": "Own", "Effect": "Deny", "Principal": "*", "Action": "s3:DeleteBucket", "Resource": "arn:aws:s3:::" + name},
		{
			"Sid": "TLSOnly", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
			"Resource":  []any{"arn:aws:s3:::" + name, "arn:aws:s3:::" + name + "/*"},
			"Condition": map[string]any{"Bool": map[string]any{"aws:SecureTransport": "false"}},
		},
	})
	rules := must[*s3.GetBucketLifecycleConfigurationOutput](t)(client.GetBucketLifecycleConfiguration(t.Context(), &s3.GetBucketLifecycleConfigurationInput{Bucket: aws.String(name)}))
	var ids []string
	for _, rule := range rules.Rules {
		ids = append(ids, *rule.ID)
	}
	same(t, "the lifecycle rules", ids, []string{"own", "old-state-versions"})
	versioning := must[*s3.GetBucketVersioningOutput](t)(client.GetBucketVersioning(t.Context(), &s3.GetBucketVersioningInput{Bucket: aws.String(name)}))
	same(t, "versioning", versioning.Status, types.BucketVersioningStatusEnabled)
	block := must[*s3.GetPublicAccessBlockOutput](t)(client.GetPublicAccessBlock(t.Context(), &s3.GetPublicAccessBlockInput{Bucket: aws.String(name)}))
	same(t, "the public access block", *block.PublicAccessBlockConfiguration, types.PublicAccessBlockConfiguration{
		BlockPublicAcls: aws.Bool(true), BlockPublicPolicy: aws.Bool(true), IgnorePublicAcls: aws.Bool(true), RestrictPublicBuckets: aws.Bool(true),
	})

	for title, c := range map[string]struct{ bucket, region, want string }{
		"another region":       {name, "eu-west-1", name + ": is in ap-northeast-1, and cdktf.json says eu-west-1 (stateRegion); a bucket cannot be moved\n"},
		"another account":      {bucketOfAnotherAccount(t), region, "belongs to another account than 123456789012"},
		"a name that is wrong": {"Order_Bot", region, `stateBucket: "Order_Bot"`},
	} {
		t.Run(title, func(t *testing.T) {
			got, ok := stateBucket(t, program, c.bucket, c.region)
			if ok || !strings.Contains(got, c.want) || strings.Count(got, "\n") != 1 {
				t.Errorf("%v: %s", ok, got)
			}
		})
	}
}

// bucketOfAnotherAccount creates one: the emulator has as many accounts as there are roles to assume.
func bucketOfAnotherAccount(t *testing.T) string {
	t.Helper()
	const name = "order-bot-states-of-someone-else"
	client := clientsOf(local, assumed(t, local, "arn:aws:iam::222222222222:role/other")).S3
	must[*s3.CreateBucketOutput](t)(client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String(name),
		CreateBucketConfiguration: &types.CreateBucketConfiguration{LocationConstraint: "ap-northeast-1"}}))
	return name
}
