// Package statebucket creates the S3 bucket that holds the Terraform states, and sets it up
// as states need it, which hold secrets and are worth more than what they describe: versioned,
// encrypted, private, over TLS only. What is already as it should be is left alone; so is what a
// bucket has beyond that, such as further policy statements and lifecycle rules.
package statebucket

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/order-bot/infra/internal/project"
	"github.com/order-bot/infra/tool/aws/awsapi"
	"github.com/order-bot/infra/tool/aws/s3"
)

// What becomes of versions of a state that are no longer the current one.
const (
	keptVersions = 20 // the newest are kept whatever their age
	keptDays     = 90 // others for as long as this
	abortDays    = 7  // what is left of an upload that broke off
)

const waitForBucket = time.Minute // a new bucket is seen everywhere after seconds

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
	client    *s3.Client
	bucket    s3.Bucket // with the caller's account as its owner
	region    string
	partition string // of ARNs, such as "aws"
}

// Ensure creates the bucket of the states, or changes what is missing in it, and tells out what it does,
// one line for each. With dryRun it tells what it would do, and changes nothing.
//
// It returns an error if AWS cannot be reached or refuses, if the bucket belongs to another
// account, or if it is in another region.
func Ensure(ctx context.Context, config aws.Config, state project.State, dryRun bool, out io.Writer) error {
	config.Region = state.Region
	caller, err := sts.NewFromConfig(config).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return fmt.Errorf("AWS credentials: %w", err)
	}
	e := ensurer{client: s3.New(config), region: state.Region, bucket: s3.Bucket{Name: state.Bucket, Owner: aws.ToString(caller.Account)}, partition: strings.Split(aws.ToString(caller.Arn)+":aws", ":")[1]}
	verb := map[bool]string{false: "", true: "would be "}[dryRun]

	there, err := e.exists(ctx)
	if err != nil {
		return err
	}
	if !there {
		if !dryRun {
			if err := e.create(ctx); err != nil {
				return fmt.Errorf("%s: create: %w", state.Bucket, err)
			}
		}
		fmt.Fprintf(out, "%s: %screated in %s, account %s\n", state.Bucket, verb, state.Region, e.bucket.Owner)
	}
	changed := !there
	for _, s := range e.settings() {
		is := false
		if there || !dryRun {
			if is, err = s.is(ctx); err != nil {
				return fmt.Errorf("%s: %s: %w", state.Bucket, s.name, err)
			}
		}
		if is {
			continue
		}
		if !dryRun {
			if err := s.set(ctx); err != nil {
				return fmt.Errorf("%s: %s: %w", state.Bucket, s.name, err)
			}
		}
		fmt.Fprintf(out, "%s: %s: %sset to %s\n", state.Bucket, s.name, verb, s.want)
		changed = true
	}
	if !changed {
		fmt.Fprintf(out, "%s: there, in account %s, with all it needs; nothing to change\n", state.Bucket, e.bucket.Owner)
	}
	return nil
}

// exists tells whether the bucket is there, and returns an error unless it is the caller's, in the region.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html
func (e *ensurer) exists(ctx context.Context) (bool, error) {
	err := e.client.Head(ctx, e.bucket)
	region, elsewhere := s3.Elsewhere(err)
	switch {
	case err == nil:
		return true, nil
	case awsapi.IsCode(err, s3.NotFound):
		return false, nil
	case awsapi.IsCode(err, s3.Forbidden):
		return false, fmt.Errorf("%s: belongs to another account than %s, or that has no permission for it (s3:ListBucket); "+
			"names are shared by all accounts: choose another one in cdktf.json", e.bucket.Name, e.bucket.Owner)
	case elsewhere:
		return false, fmt.Errorf("%s: is in %s, and cdktf.json says %s (stateRegion); a bucket cannot be moved", e.bucket.Name, region, e.region)
	}
	return false, fmt.Errorf("%s: %w", e.bucket.Name, err)
}

func (e *ensurer) create(ctx context.Context) error {
	if err := e.client.Create(ctx, e.bucket.Name, e.region); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, waitForBucket)
	defer cancel()
	return e.client.WaitFor(ctx, e.bucket)
}

func (e *ensurer) settings() []setting {
	return []setting{
		settingOf(e, "versioning", "Enabled", s3.Versioning{Status: "Enabled"}, func(is s3.Versioning, _ bool) bool { return is.Status == "Enabled" }),
		// Any default encryption will do: a key of one's own is none of our business.
		settingOf(e, "encryption", "AES256", s3.Encryption{Algorithms: []string{"AES256"}}, func(_ s3.Encryption, there bool) bool { return there }),
		settingOf(e, "public access", "blocked, all four ways", blocked, func(is s3.PublicAccess, _ bool) bool { return is == blocked }),
		settingOf(e, "object ownership", "BucketOwnerEnforced, without access lists", s3.Ownership{Rules: []string{s3.Enforced}}, func(is s3.Ownership, _ bool) bool {
			return slices.Contains(is.Rules, s3.Enforced)
		}),
		{"policy", "TLS only", e.tlsOnly, e.requireTLS},
		{"lifecycle", fmt.Sprintf("old versions go after %d days, but for the newest %d; broken uploads after %d", keptDays, keptVersions, abortDays), e.tidy, e.tidyUp},
	}
}

// blocked is what keeps the public away in all four ways.
var blocked = s3.PublicAccess{BlockPublicAcls: true, IgnorePublicAcls: true, BlockPublicPolicy: true, RestrictPublicBuckets: true}

// settingOf is a setting that is put as it is wanted.
func settingOf[T s3.Setting](e *ensurer, name, want string, put T, is func(has T, there bool) bool) setting {
	return setting{name, want, func(ctx context.Context) (bool, error) {
		has, there, err := s3.Get[T](ctx, e.client, e.bucket)
		return is(has, there), err
	}, func(ctx context.Context) error { return s3.Put(ctx, e.client, e.bucket, put) }}
}

// tlsStatement is the Sid of our statement in the bucket's policy.
const tlsStatement = "TLSOnly"

// policy returns the bucket's policy as JSON, with an empty list of statements if it has none.
func (e *ensurer) policy(ctx context.Context) (map[string]any, error) {
	policy := map[string]any{"Version": "2012-10-17", "Statement": []any{}}
	text, err := e.client.Policy(ctx, e.bucket)
	if err != nil || text == "" {
		return policy, err
	}
	if err := json.Unmarshal([]byte(text), &policy); err != nil {
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
	arn := "arn:" + e.partition + ":s3:::" + e.bucket.Name
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
	return e.client.PutPolicy(ctx, e.bucket, string(text))
}

// lifecycleRule is the ID of our rule in the bucket's lifecycle.
const lifecycleRule = "old-state-versions"

func (e *ensurer) tidy(ctx context.Context) (bool, error) {
	lifecycle, _, err := s3.Get[s3.Lifecycle](ctx, e.client, e.bucket)
	return slices.ContainsFunc(lifecycle.Rules, func(rule s3.Rule) bool {
		return rule.ID == lifecycleRule && rule.Status == "Enabled" && rule.OldDays == keptDays && rule.OldKept == keptVersions && rule.BrokenDays == abortDays
	}), err
}

func (e *ensurer) tidyUp(ctx context.Context) error {
	lifecycle, _, err := s3.Get[s3.Lifecycle](ctx, e.client, e.bucket)
	if err != nil {
		return err
	}
	lifecycle.Rules = slices.DeleteFunc(lifecycle.Rules, func(rule s3.Rule) bool { return rule.ID == lifecycleRule })
	lifecycle.Rules = append(lifecycle.Rules, s3.Rule{Text: fmt.Sprintf("<ID>%s</ID><Filter><Prefix></Prefix></Filter><Status>Enabled</Status>"+
		"<NoncurrentVersionExpiration><NoncurrentDays>%d</NoncurrentDays><NewerNoncurrentVersions>%d</NewerNoncurrentVersions></NoncurrentVersionExpiration>"+
		"<AbortIncompleteMultipartUpload><DaysAfterInitiation>%d</DaysAfterInitiation></AbortIncompleteMultipartUpload>", lifecycleRule, keptDays, keptVersions, abortDays)})
	return s3.Put(ctx, e.client, e.bucket, lifecycle)
}
