// Package statebucket creates the S3 bucket that holds the Terraform states, and sets it up
// as states need it, which hold secrets and are worth more than what they describe: versioned,
// encrypted, private, over TLS only. What is already as it should be is left alone; so is what a
// bucket has beyond that, such as further policy statements and lifecycle rules.
package statebucket

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/order-bot/infra/tool/aws/awsapi"
	"github.com/order-bot/infra/tool/aws/s3client"
)

// What becomes of versions of a state that are no longer the current one.
const (
	keptVersions = 20 // the newest are kept whatever their age
	keptDays     = 90 // others for as long as this
	abortDays    = 7  // what is left of an upload that broke off
)

const waitForBucket = time.Minute // a new bucket is seen everywhere after seconds

// Bucket is the bucket to create.
type Bucket struct {
	// Name is a bucket name, as S3 allows it.
	Name string
	// Region is an AWS region.
	Region string
}

// setting is one property of the bucket.
type setting struct {
	name string
	// want says what Ensure makes of it.
	want string
	// is tells whether the bucket has it.
	is func(context.Context) (bool, error)
	// set gives it to the bucket.
	set func(context.Context) error
}

// ensurer has what the settings share.
type ensurer struct {
	Bucket
	client    *s3.Client
	owner     *string // the caller's account, with each request: S3 refuses if the bucket is another's
	partition string  // of ARNs, such as "aws"
}

// Ensure creates the bucket, or changes what is missing in it, and tells out what it does,
// one line for each. With dryRun it tells what it would do, and changes nothing.
//
// It returns an error if AWS cannot be reached or refuses, if the bucket belongs to another
// account, or if it is in another region.
func (b Bucket) Ensure(ctx context.Context, config aws.Config, dryRun bool, out io.Writer) error {
	config = config.Copy()
	config.Region = b.Region
	caller, err := sts.NewFromConfig(config).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return fmt.Errorf("AWS credentials: %w", err)
	}
	e := ensurer{Bucket: b, owner: caller.Account, partition: strings.Split(aws.ToString(caller.Arn)+":aws", ":")[1]}
	e.client = s3client.New(config)
	verb := map[bool]string{false: "", true: "would be "}[dryRun]

	there, err := e.exists(ctx)
	if err != nil {
		return err
	}
	if !there {
		if !dryRun {
			if err := e.create(ctx); err != nil {
				return fmt.Errorf("create: %w", err)
			}
		}
		fmt.Fprintf(out, "%s: %screated in %s, account %s\n", b.Name, verb, b.Region, aws.ToString(e.owner))
	}
	changed := !there
	for _, s := range e.settings() {
		is := false
		if there || !dryRun {
			if is, err = s.is(ctx); err != nil {
				return fmt.Errorf("%s: %s: %w", b.Name, s.name, err)
			}
		}
		if is {
			continue
		}
		if !dryRun {
			if err := s.set(ctx); err != nil {
				return fmt.Errorf("%s: %s: %w", b.Name, s.name, err)
			}
		}
		fmt.Fprintf(out, "%s: %s: %sset to %s\n", b.Name, s.name, verb, s.want)
		changed = true
	}
	if !changed {
		fmt.Fprintf(out, "%s: there, in account %s, with all it needs; nothing to change\n", b.Name, aws.ToString(e.owner))
	}
	return nil
}

// exists tells whether the bucket is there, and returns an error unless it is the caller's, in the region.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html
func (e *ensurer) exists(ctx context.Context) (bool, error) {
	_, err := e.client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &e.Name, ExpectedBucketOwner: e.owner})
	switch status(err) {
	case http.StatusOK:
		return true, nil
	case http.StatusNotFound:
		return false, nil
	case http.StatusForbidden:
		return false, fmt.Errorf("%s: belongs to another account than %s, or that has no permission for it (s3:ListBucket); "+
			"names are shared by all accounts: choose another one in cdktf.json", e.Name, aws.ToString(e.owner))
	default:
		if region, is := s3client.Elsewhere(err); is {
			return false, fmt.Errorf("%s: is in %s, and cdktf.json says %s (stateRegion); a bucket cannot be moved", e.Name, region, e.Region)
		}
		return false, fmt.Errorf("%s: %w", e.Name, err)
	}
}

// status is the HTTP status of a response.
func status(err error) int {
	var response *awshttp.ResponseError
	switch {
	case err == nil:
		return http.StatusOK
	case errors.As(err, &response):
		return response.HTTPStatusCode()
	}
	return 0
}

func (e *ensurer) create(ctx context.Context) error {
	input := &s3.CreateBucketInput{Bucket: &e.Name}
	if e.Region != "us-east-1" { // which is refused as a constraint
		input.CreateBucketConfiguration = &types.CreateBucketConfiguration{LocationConstraint: types.BucketLocationConstraint(e.Region)}
	}
	if _, err := e.client.CreateBucket(ctx, input); err != nil {
		return err
	}
	return s3.NewBucketExistsWaiter(e.client).Wait(ctx, &s3.HeadBucketInput{Bucket: &e.Name}, waitForBucket)
}

func (e *ensurer) settings() []setting {
	return []setting{
		{"versioning", "Enabled", e.versioned, e.version},
		{"encryption", "AES256", e.encrypted, e.encrypt},
		{"public access", "blocked, all four ways", e.private, e.block},
		{"object ownership", "BucketOwnerEnforced, without access lists", e.owned, e.own},
		{"policy", "TLS only", e.tlsOnly, e.requireTLS},
		{"lifecycle", fmt.Sprintf("old versions go after %d days, but for the newest %d; broken uploads after %d", keptDays, keptVersions, abortDays), e.tidy, e.tidyUp},
	}
}

// found reads a property: ok is false if the bucket has none, which S3 says as an error of that code.
func found(err error, absent string) (ok bool, _ error) {
	if awsapi.IsCode(err, absent) {
		return false, nil
	}
	return err == nil, err
}

func (e *ensurer) versioned(ctx context.Context) (bool, error) {
	got, err := e.client.GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{Bucket: &e.Name, ExpectedBucketOwner: e.owner})
	return err == nil && got.Status == types.BucketVersioningStatusEnabled, err
}

func (e *ensurer) version(ctx context.Context) error {
	_, err := e.client.PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{Bucket: &e.Name, ExpectedBucketOwner: e.owner,
		VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled}})
	return err
}

// encrypted is true for any default encryption: a key of one's own is none of our business.
func (e *ensurer) encrypted(ctx context.Context) (bool, error) {
	_, err := e.client.GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{Bucket: &e.Name, ExpectedBucketOwner: e.owner})
	return found(err, "ServerSideEncryptionConfigurationNotFoundError")
}

func (e *ensurer) encrypt(ctx context.Context) error {
	_, err := e.client.PutBucketEncryption(ctx, &s3.PutBucketEncryptionInput{Bucket: &e.Name, ExpectedBucketOwner: e.owner,
		ServerSideEncryptionConfiguration: &types.ServerSideEncryptionConfiguration{Rules: []types.ServerSideEncryptionRule{{
			ApplyServerSideEncryptionByDefault: &types.ServerSideEncryptionByDefault{SSEAlgorithm: types.ServerSideEncryptionAes256},
		}}}})
	return err
}

func (e *ensurer) private(ctx context.Context) (bool, error) {
	got, err := e.client.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: &e.Name, ExpectedBucketOwner: e.owner})
	if ok, err := found(err, "NoSuchPublicAccessBlockConfiguration"); !ok {
		return false, err
	}
	block := got.PublicAccessBlockConfiguration
	return !slices.Contains([]bool{
		aws.ToBool(block.BlockPublicAcls), aws.ToBool(block.BlockPublicPolicy),
		aws.ToBool(block.IgnorePublicAcls), aws.ToBool(block.RestrictPublicBuckets),
	}, false), nil
}

func (e *ensurer) block(ctx context.Context) error {
	_, err := e.client.PutPublicAccessBlock(ctx, &s3.PutPublicAccessBlockInput{Bucket: &e.Name, ExpectedBucketOwner: e.owner,
		PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{
			BlockPublicAcls: aws.Bool(true), BlockPublicPolicy: aws.Bool(true),
			IgnorePublicAcls: aws.Bool(true), RestrictPublicBuckets: aws.Bool(true),
		}})
	return err
}

func (e *ensurer) owned(ctx context.Context) (bool, error) {
	got, err := e.client.GetBucketOwnershipControls(ctx, &s3.GetBucketOwnershipControlsInput{Bucket: &e.Name, ExpectedBucketOwner: e.owner})
	if ok, err := found(err, "OwnershipControlsNotFoundError"); !ok {
		return false, err
	}
	return slices.ContainsFunc(got.OwnershipControls.Rules, func(rule types.OwnershipControlsRule) bool {
		return rule.ObjectOwnership == types.ObjectOwnershipBucketOwnerEnforced
	}), nil
}

func (e *ensurer) own(ctx context.Context) error {
	_, err := e.client.PutBucketOwnershipControls(ctx, &s3.PutBucketOwnershipControlsInput{Bucket: &e.Name, ExpectedBucketOwner: e.owner,
		OwnershipControls: &types.OwnershipControls{Rules: []types.OwnershipControlsRule{{ObjectOwnership: types.ObjectOwnershipBucketOwnerEnforced}}}})
	return err
}

// tlsStatement is the Sid of our statement in the bucket's policy.
const tlsStatement = "TLSOnly"

// policy returns the bucket's policy as JSON, with an empty list of statements if it has none.
func (e *ensurer) policy(ctx context.Context) (map[string]any, error) {
	policy := map[string]any{"Version": "2012-10-17", "Statement": []any{}}
	got, err := e.client.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: &e.Name, ExpectedBucketOwner: e.owner})
	if ok, err := found(err, "NoSuchBucketPolicy"); !ok {
		return policy, err
	}
	if err := json.Unmarshal([]byte(aws.ToString(got.Policy)), &policy); err != nil {
		return nil, fmt.Errorf("its present text: %w", err)
	}
	if one, is := policy["Statement"].(map[string]any); is { // the grammar allows one without a list
		policy["Statement"] = []any{one}
	}
	return policy, nil
}

// requiresTLS is the statement that AWS recommends.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html
func (e *ensurer) requiresTLS() map[string]any {
	arn := "arn:" + e.partition + ":s3:::" + e.Name
	return map[string]any{
		"Sid": tlsStatement, "Effect": "Deny", "Principal": "*", "Action": "s3:*",
		"Resource":  []any{arn, arn + "/*"},
		"Condition": map[string]any{"Bool": map[string]any{"aws:SecureTransport": "false"}},
	}
}

func (e *ensurer) tlsOnly(ctx context.Context) (bool, error) {
	policy, err := e.policy(ctx)
	if err != nil {
		return false, err
	}
	want, err := json.Marshal(e.requiresTLS())
	if err != nil {
		return false, err
	}
	statements, _ := policy["Statement"].([]any)
	return slices.ContainsFunc(statements, func(statement any) bool {
		got, err := json.Marshal(statement)
		return err == nil && string(got) == string(want)
	}), nil
}

func (e *ensurer) requireTLS(ctx context.Context) error {
	policy, err := e.policy(ctx)
	if err != nil {
		return err
	}
	statements, _ := policy["Statement"].([]any)
	statements = slices.DeleteFunc(statements, func(statement any) bool {
		object, _ := statement.(map[string]any)
		return object["Sid"] == tlsStatement
	})
	policy["Statement"] = append(statements, e.requiresTLS())
	text, err := json.Marshal(policy)
	if err != nil {
		return err
	}
	_, err = e.client.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: &e.Name, ExpectedBucketOwner: e.owner, Policy: aws.String(string(text))})
	return err
}

// lifecycleRule is the ID of our rule in the bucket's lifecycle.
const lifecycleRule = "old-state-versions"

func (e *ensurer) rules(ctx context.Context) ([]types.LifecycleRule, error) {
	got, err := e.client.GetBucketLifecycleConfiguration(ctx, &s3.GetBucketLifecycleConfigurationInput{Bucket: &e.Name, ExpectedBucketOwner: e.owner})
	if ok, err := found(err, "NoSuchLifecycleConfiguration"); !ok {
		return nil, err
	}
	return got.Rules, nil
}

func (e *ensurer) tidy(ctx context.Context) (bool, error) {
	rules, err := e.rules(ctx)
	return slices.ContainsFunc(rules, func(rule types.LifecycleRule) bool {
		old, broken := rule.NoncurrentVersionExpiration, rule.AbortIncompleteMultipartUpload
		return aws.ToString(rule.ID) == lifecycleRule && rule.Status == types.ExpirationStatusEnabled &&
			old != nil && aws.ToInt32(old.NoncurrentDays) == keptDays && aws.ToInt32(old.NewerNoncurrentVersions) == keptVersions &&
			broken != nil && aws.ToInt32(broken.DaysAfterInitiation) == abortDays
	}), err
}

func (e *ensurer) tidyUp(ctx context.Context) error {
	rules, err := e.rules(ctx)
	if err != nil {
		return err
	}
	rules = slices.DeleteFunc(rules, func(rule types.LifecycleRule) bool { return aws.ToString(rule.ID) == lifecycleRule })
	rules = append(rules, types.LifecycleRule{
		ID:     aws.String(lifecycleRule),
		Status: types.ExpirationStatusEnabled,
		Filter: &types.LifecycleRuleFilter{Prefix: aws.String("")},
		NoncurrentVersionExpiration: &types.NoncurrentVersionExpiration{
			NoncurrentDays: aws.Int32(keptDays), NewerNoncurrentVersions: aws.Int32(keptVersions),
		},
		AbortIncompleteMultipartUpload: &types.AbortIncompleteMultipartUpload{DaysAfterInitiation: aws.Int32(abortDays)},
	})
	_, err = e.client.PutBucketLifecycleConfiguration(ctx, &s3.PutBucketLifecycleConfigurationInput{Bucket: &e.Name, ExpectedBucketOwner: e.owner,
		LifecycleConfiguration: &types.BucketLifecycleConfiguration{Rules: rules}})
	return err
}
