package e2e

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	cloudfronttypes "github.com/aws/aws-sdk-go-v2/service/cloudfront/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/order-bot/infra/localaws"
)

// distribution describes a distribution for aliases, with a certificate if there are any.
func distribution(reference, certificate string, aliases ...string) *cloudfronttypes.DistributionConfig {
	config := &cloudfronttypes.DistributionConfig{
		CallerReference: &reference, Comment: &reference, Enabled: aws.Bool(true),
		Origins: &cloudfronttypes.Origins{Quantity: aws.Int32(1), Items: []cloudfronttypes.Origin{{
			Id: aws.String("origin"), DomainName: aws.String("rules.s3.amazonaws.com"), S3OriginConfig: &cloudfronttypes.S3OriginConfig{OriginAccessIdentity: aws.String("")},
		}}},
		DefaultCacheBehavior: &cloudfronttypes.DefaultCacheBehavior{
			TargetOriginId: aws.String("origin"), ViewerProtocolPolicy: "https-only", CachePolicyId: aws.String("658327ea-f89d-4fab-a63d-7e88639e58f6"),
		},
		Aliases: &cloudfronttypes.Aliases{Quantity: aws.Int32(int32(len(aliases))), Items: aliases},
	}
	if certificate != "" {
		config.ViewerCertificate = &cloudfronttypes.ViewerCertificate{ACMCertificateArn: &certificate, SSLSupportMethod: "sni-only"}
	}
	return config
}

func newDistribution(t *testing.T, config *cloudfronttypes.DistributionConfig) (*cloudfront.CreateDistributionOutput, error) {
	return newClients(local).CloudFront.CreateDistribution(t.Context(), &cloudfront.CreateDistributionInput{DistributionConfig: config})
}

func newCertificate(t *testing.T, region string, names ...string) string {
	t.Helper()
	requested := must[*acm.RequestCertificateOutput](t)(newClients(local).ACM.RequestCertificate(t.Context(),
		&acm.RequestCertificateInput{DomainName: &names[0], SubjectAlternativeNames: names},
		func(o *acm.Options) { o.Region = region }))
	return *requested.CertificateArn
}

// A distribution is deleted only when it is disabled (CloudFront API reference, DeleteDistribution).
func TestRuleDistributionsAreDisabledBeforeTheyAreDeleted(t *testing.T) {
	t.Parallel()
	client := newClients(local).CloudFront
	config := distribution("rules-disabled", "")
	created := must[*cloudfront.CreateDistributionOutput](t)(newDistribution(t, config))
	remove := func() error {
		_, err := client.DeleteDistribution(t.Context(), &cloudfront.DeleteDistributionInput{Id: created.Distribution.Id, IfMatch: created.ETag})
		return err
	}
	refuses(t, "deleting an enabled distribution", remove(), "DistributionNotDisabled", "has not been disabled")
	config.Enabled = aws.Bool(false)
	_, err := client.UpdateDistribution(t.Context(), &cloudfront.UpdateDistributionInput{Id: created.Distribution.Id, IfMatch: created.ETag, DistributionConfig: config})
	allowed(t, "disabling it", err)
	allowed(t, "deleting a disabled one", remove())
}

// An alias belongs to one distribution (CloudFront API reference, CreateDistribution and UpdateDistribution).
func TestRuleAliasesBelongToOneDistribution(t *testing.T) {
	t.Parallel()
	client := newClients(local).CloudFront
	certificate := newCertificate(t, "us-east-1", "*.alias.example.net")
	first := distribution("rules-alias-1", certificate, "a.alias.example.net")
	created := must[*cloudfront.CreateDistributionOutput](t)(newDistribution(t, first))
	update := func(created *cloudfront.CreateDistributionOutput, config *cloudfronttypes.DistributionConfig) error {
		_, err := client.UpdateDistribution(t.Context(), &cloudfront.UpdateDistributionInput{Id: created.Distribution.Id, IfMatch: created.ETag, DistributionConfig: config})
		return err
	}
	_, err := newDistribution(t, distribution("rules-alias-2", certificate, "b.alias.example.net", "a.alias.example.net"))
	refuses(t, "creating another with the alias", err, "CNAMEAlreadyExists", "already associated")
	allowed(t, "updating the one that has it", update(created, first))

	second := must[*cloudfront.CreateDistributionOutput](t)(newDistribution(t, distribution("rules-alias-3", certificate, "b.alias.example.net")))
	refuses(t, "updating another to the alias", update(second, distribution("rules-alias-3", certificate, "a.alias.example.net")), "CNAMEAlreadyExists", "")
	allowed(t, "giving it up", update(created, distribution("rules-alias-1", certificate, "c.alias.example.net")))
	allowed(t, "taking it over", update(second, distribution("rules-alias-3", certificate, "a.alias.example.net")))
}

// An alias needs a certificate in us-east-1 that covers it (CloudFront developer guide,
// requirements for using alternate domain names).
func TestRuleAliasesNeedACertificate(t *testing.T) {
	t.Parallel()
	named := newCertificate(t, "us-east-1", "cert.example.net", "www.cert.example.net")
	wildcard := newCertificate(t, "us-east-1", "*.cert.example.net")
	elsewhere := newCertificate(t, "ap-northeast-1", "*.cert.example.net")
	for i, c := range []struct{ certificate, alias, want string }{
		{named, "cert.example.net", ""},
		{named, "www.cert.example.net", ""},
		{named, "api.cert.example.net", "doesn't cover the alternate domain name"},
		{wildcard, "api.cert.example.net", ""},
		{wildcard, "v1.api.cert.example.net", "doesn't cover the alternate domain name"},
		{wildcard, "cert.example.net", "doesn't cover the alternate domain name"},
		{elsewhere, "app.cert.example.net", "isn't in us-east-1"},
		{"arn:aws:acm:us-east-1:123456789012:certificate/none", "app.cert.example.net", "doesn't exist"},
		{"", "app.cert.example.net", "must attach a trusted certificate"},
	} {
		config := distribution("rules-certificate-"+string(rune('a'+i)), c.certificate, c.alias)
		created, err := newDistribution(t, config)
		if c.want != "" {
			refuses(t, c.alias, err, "InvalidViewerCertificate", c.want)
			continue
		}
		allowed(t, c.alias, err)
		// Its alias is free for the next one.
		config.Enabled, config.Aliases = aws.Bool(false), &cloudfronttypes.Aliases{Quantity: aws.Int32(0)}
		_, err = newClients(local).CloudFront.UpdateDistribution(t.Context(), &cloudfront.UpdateDistributionInput{
			Id: created.Distribution.Id, IfMatch: created.ETag, DistributionConfig: config,
		})
		allowed(t, "giving the alias up", err)
	}
}

// newBucketOf creates a bucket, and says who owns what is written there, unless that is left to AWS.
func newBucketOf(t *testing.T, of *localaws.Emulator, name string, ownership s3types.ObjectOwnership) {
	t.Helper()
	client := newClients(of).S3
	must[*s3.CreateBucketOutput](t)(client.CreateBucket(t.Context(), &s3.CreateBucketInput{
		Bucket: &name, CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: "ap-northeast-1"},
	}))
	if ownership != "" {
		must[*s3.PutBucketOwnershipControlsOutput](t)(client.PutBucketOwnershipControls(t.Context(), &s3.PutBucketOwnershipControlsInput{
			Bucket: &name, OwnershipControls: &s3types.OwnershipControls{Rules: []s3types.OwnershipControlsRule{{ObjectOwnership: ownership}}},
		}))
	}
}

// Requests are logged to a bucket that is there and that has access control lists, logs_need_a_bucket_with_lists (developer guide, "Configure standard
// logging (legacy)").
func TestRuleFrontendLogsNeedABucketWithLists(t *testing.T) {
	t.Parallel()
	create := func(bucket string) error {
		config := distribution("rules-logs-"+bucket, "")
		config.Logging = &cloudfronttypes.LoggingConfig{
			Enabled: aws.Bool(true), IncludeCookies: aws.Bool(false), Bucket: aws.String(bucket + ".s3.amazonaws.com"), Prefix: aws.String(""),
		}
		_, err := newDistribution(t, config)
		return err
	}
	newBucketOf(t, local, "rules-logs-new", "")
	newBucketOf(t, local, "rules-logs-enforced", s3types.ObjectOwnershipBucketOwnerEnforced)
	newBucketOf(t, local, "rules-logs-preferred", s3types.ObjectOwnershipBucketOwnerPreferred)
	refuses(t, "no bucket", create("rules-logs-none"), "InvalidArgument", "doesn't exist")
	refuses(t, "a new bucket", create("rules-logs-new"), "InvalidArgument", "does not enable ACL access")
	refuses(t, "a bucket without lists", create("rules-logs-enforced"), "InvalidArgument", "does not enable ACL access")
	allowed(t, "a bucket with lists", create("rules-logs-preferred"))
}

// The access control of an origin is not deleted, and its name is taken, access_controls_have_names_of_their_own (CloudFront API
// reference, DeleteOriginAccessControl and CreateOriginAccessControl).
func TestRuleAccessControlsInUseStay(t *testing.T) {
	t.Parallel()
	client := newClients(local).CloudFront
	create := func() (*cloudfront.CreateOriginAccessControlOutput, error) {
		return client.CreateOriginAccessControl(t.Context(), &cloudfront.CreateOriginAccessControlInput{
			OriginAccessControlConfig: &cloudfronttypes.OriginAccessControlConfig{
				Name: aws.String("rules"), OriginAccessControlOriginType: "s3", SigningBehavior: "always", SigningProtocol: "sigv4",
			},
		})
	}
	control := must[*cloudfront.CreateOriginAccessControlOutput](t)(create())
	_, err := create()
	refuses(t, "a second one of the name", err, "OriginAccessControlAlreadyExists", "already exists")
	config := distribution("rules-access-control", "")
	config.Origins.Items[0].OriginAccessControlId = control.OriginAccessControl.Id
	created := must[*cloudfront.CreateDistributionOutput](t)(newDistribution(t, config))
	remove := func() error {
		_, err := client.DeleteOriginAccessControl(t.Context(), &cloudfront.DeleteOriginAccessControlInput{Id: control.OriginAccessControl.Id, IfMatch: control.ETag})
		return err
	}
	refuses(t, "deleting an access control in use", remove(), "OriginAccessControlInUse", "in use")
	config.Origins.Items[0].OriginAccessControlId = nil
	_, err = client.UpdateDistribution(t.Context(), &cloudfront.UpdateDistributionInput{Id: created.Distribution.Id, IfMatch: created.ETag, DistributionConfig: config})
	allowed(t, "taking it off the origin", err)
	allowed(t, "deleting an unused one", remove())
}

// An invalidation is in progress before it is completed (CloudFront API reference, Invalidation).
func TestRuleInvalidationsTakeAMoment(t *testing.T) {
	t.Parallel()
	client := newClients(local).CloudFront
	created := must[*cloudfront.CreateDistributionOutput](t)(newDistribution(t, distribution("rules-invalidation", "")))
	made := must[*cloudfront.CreateInvalidationOutput](t)(client.CreateInvalidation(t.Context(), &cloudfront.CreateInvalidationInput{
		DistributionId: created.Distribution.Id,
		InvalidationBatch: &cloudfronttypes.InvalidationBatch{
			CallerReference: aws.String("rules"), Paths: &cloudfronttypes.Paths{Quantity: aws.Int32(1), Items: []string{"/*"}},
		},
	}))
	if got := aws.ToString(made.Invalidation.Status); got != "InProgress" {
		t.Errorf("at first it is %s", got)
	}
	for range 20 {
		got := must[*cloudfront.GetInvalidationOutput](t)(client.GetInvalidation(t.Context(), &cloudfront.GetInvalidationInput{
			DistributionId: created.Distribution.Id, Id: made.Invalidation.Id,
		}))
		if aws.ToString(got.Invalidation.Status) == "Completed" {
			return
		}
		time.Sleep(200 * time.Millisecond)
	}
	t.Error("it is never completed")
}

// A distribution is answered as it was given: its origin keeps its access control (origins_keep_their_access_control), its
// certificate is not CloudFront's own (certificates_are_not_the_default_one), and a behaviour with a cache policy forwards no values of its own
// (cache_policies_replace_forwarded_values). CloudFront API reference, Origin, ViewerCertificate and DefaultCacheBehavior.
func TestRuleDistributionsAreAsTheyWereGiven(t *testing.T) {
	t.Parallel()
	certificate := newCertificate(t, "us-east-1", "given.example.net")
	config := distribution("rules-given", certificate, "given.example.net")
	config.Origins.Items[0].OriginAccessControlId = aws.String("E2QWRUHAPOMQZL")
	created := must[*cloudfront.CreateDistributionOutput](t)(newDistribution(t, config))
	is := must[*cloudfront.GetDistributionOutput](t)(newClients(local).CloudFront.GetDistribution(t.Context(), &cloudfront.GetDistributionInput{Id: created.Distribution.Id})).Distribution.DistributionConfig
	same(t, "access control", aws.ToString(is.Origins.Items[0].OriginAccessControlId), "E2QWRUHAPOMQZL")
	same(t, "CloudFront's own certificate", aws.ToBool(is.ViewerCertificate.CloudFrontDefaultCertificate), false)
	same(t, "certificate", aws.ToString(is.ViewerCertificate.ACMCertificateArn), certificate)
	if is.DefaultCacheBehavior.ForwardedValues != nil { //nolint:staticcheck // that it is not used any more is what is looked at
		t.Error("it forwards values beside its cache policy")
	}
}

// A policy that a distribution uses is not deleted, and its name is taken: policies_are_kept (CloudFront API reference, DeleteCachePolicy,
// CreateCachePolicy, and the same of response headers policies).
func TestRulePoliciesInUseStay(t *testing.T) {
	t.Parallel()
	client := newClients(local).CloudFront
	cache := &cloudfronttypes.CachePolicyConfig{Name: aws.String("rules-cache"), MinTTL: aws.Int64(300), MaxTTL: aws.Int64(300), DefaultTTL: aws.Int64(300)}
	headers := &cloudfronttypes.ResponseHeadersPolicyConfig{Name: aws.String("rules-headers"), CustomHeadersConfig: &cloudfronttypes.ResponseHeadersPolicyCustomHeadersConfig{
		Quantity: aws.Int32(1), Items: []cloudfronttypes.ResponseHeadersPolicyCustomHeader{{Header: aws.String("X-A"), Value: aws.String("1"), Override: aws.Bool(true)}},
	}}
	first := must[*cloudfront.CreateCachePolicyOutput](t)(client.CreateCachePolicy(t.Context(), &cloudfront.CreateCachePolicyInput{CachePolicyConfig: cache}))
	second := must[*cloudfront.CreateResponseHeadersPolicyOutput](t)(client.CreateResponseHeadersPolicy(t.Context(), &cloudfront.CreateResponseHeadersPolicyInput{ResponseHeadersPolicyConfig: headers}))
	_, err := client.CreateCachePolicy(t.Context(), &cloudfront.CreateCachePolicyInput{CachePolicyConfig: cache})
	refuses(t, "a second cache policy of the name", err, "CachePolicyAlreadyExists", "already exists")
	_, err = client.CreateResponseHeadersPolicy(t.Context(), &cloudfront.CreateResponseHeadersPolicyInput{ResponseHeadersPolicyConfig: headers})
	refuses(t, "a second response headers policy of the name", err, "ResponseHeadersPolicyAlreadyExists", "already exists")
	cacheID, headersID := first.CachePolicy.Id, second.ResponseHeadersPolicy.Id
	read := must[*cloudfront.GetCachePolicyOutput](t)(client.GetCachePolicy(t.Context(), &cloudfront.GetCachePolicyInput{Id: cacheID}))
	same(t, "the cache policy", []any{*read.CachePolicy.CachePolicyConfig.Name, *read.CachePolicy.CachePolicyConfig.MaxTTL, *read.ETag}, []any{"rules-cache", int64(300), *first.ETag})
	same(t, "the headers", *must[*cloudfront.GetResponseHeadersPolicyOutput](t)(client.GetResponseHeadersPolicy(t.Context(), &cloudfront.GetResponseHeadersPolicyInput{
		Id: headersID,
	})).ResponseHeadersPolicy.ResponseHeadersPolicyConfig.CustomHeadersConfig.Items[0].Header, "X-A")

	config := distribution("rules-policies", "")
	config.DefaultCacheBehavior.CachePolicyId, config.DefaultCacheBehavior.ResponseHeadersPolicyId = cacheID, headersID
	created := must[*cloudfront.CreateDistributionOutput](t)(newDistribution(t, config))
	cache.MaxTTL = aws.Int64(600)
	_, err = client.UpdateCachePolicy(t.Context(), &cloudfront.UpdateCachePolicyInput{Id: cacheID, IfMatch: aws.String("another"), CachePolicyConfig: cache})
	refuses(t, "updating what somebody else updated", err, "InvalidIfMatchVersion", "If-Match")
	updated := must[*cloudfront.UpdateCachePolicyOutput](t)(client.UpdateCachePolicy(t.Context(), &cloudfront.UpdateCachePolicyInput{Id: cacheID, IfMatch: first.ETag, CachePolicyConfig: cache}))
	same(t, "after the update", *updated.CachePolicy.CachePolicyConfig.MaxTTL, int64(600))
	remove := func() (error, error) {
		_, of := client.DeleteCachePolicy(t.Context(), &cloudfront.DeleteCachePolicyInput{Id: cacheID, IfMatch: updated.ETag})
		_, err := client.DeleteResponseHeadersPolicy(t.Context(), &cloudfront.DeleteResponseHeadersPolicyInput{Id: headersID, IfMatch: second.ETag})
		return of, err
	}
	one, other := remove()
	refuses(t, "deleting a cache policy in use", one, "CachePolicyInUse", "attached")
	refuses(t, "deleting a response headers policy in use", other, "ResponseHeadersPolicyInUse", "attached")
	config.DefaultCacheBehavior.CachePolicyId, config.DefaultCacheBehavior.ResponseHeadersPolicyId = aws.String("658327ea-f89d-4fab-a63d-7e88639e58f6"), nil
	_, err = client.UpdateDistribution(t.Context(), &cloudfront.UpdateDistributionInput{Id: created.Distribution.Id, IfMatch: created.ETag, DistributionConfig: config})
	allowed(t, "taking them off the distribution", err)
	one, other = remove()
	allowed(t, "deleting an unused cache policy", one)
	allowed(t, "deleting an unused response headers policy", other)
	_, err = client.GetCachePolicy(t.Context(), &cloudfront.GetCachePolicyInput{Id: cacheID})
	refuses(t, "one that is gone", err, "NoSuchCachePolicy", "")
}

// A function is changed in one stage, runs in another one, and stays as long as a distribution runs it: functions_have_two_stages,
// distributions_run_functions (CloudFront API reference, UpdateFunction, PublishFunction, DeleteFunction, CreateDistribution).
func TestRuleFunctionsArePublished(t *testing.T) {
	t.Parallel()
	client, name := newClients(local).CloudFront, aws.String("rules-function")
	config := &cloudfronttypes.FunctionConfig{Comment: aws.String("first"), Runtime: "cloudfront-js-2.0"}
	create := &cloudfront.CreateFunctionInput{Name: name, FunctionConfig: config, FunctionCode: []byte("first")}
	created := must[*cloudfront.CreateFunctionOutput](t)(client.CreateFunction(t.Context(), create))
	_, err := client.CreateFunction(t.Context(), create)
	refuses(t, "a second function of the name", err, "FunctionAlreadyExists", "")
	stages := func() (statuses []string) {
		for _, stage := range []cloudfronttypes.FunctionStage{"DEVELOPMENT", "LIVE"} {
			described, err := client.DescribeFunction(t.Context(), &cloudfront.DescribeFunctionInput{Name: name, Stage: stage})
			if err != nil {
				refuses(t, "a stage that there is not", err, "NoSuchFunctionExists", "")
				continue
			}
			code := must[*cloudfront.GetFunctionOutput](t)(client.GetFunction(t.Context(), &cloudfront.GetFunctionInput{Name: name, Stage: stage}))
			summary := described.FunctionSummary
			same(t, "the ETag of the code", *code.ETag, *described.ETag)
			statuses = append(statuses, string(summary.FunctionMetadata.Stage)+" "+*summary.Status+" "+*summary.FunctionConfig.Comment+" "+string(code.FunctionCode))
		}
		return statuses
	}
	same(t, "a new one", stages(), []string{"DEVELOPMENT UNPUBLISHED first first"})

	of := distribution("rules-functions", "")
	of.DefaultCacheBehavior.FunctionAssociations = &cloudfronttypes.FunctionAssociations{Quantity: aws.Int32(1), Items: []cloudfronttypes.FunctionAssociation{{
		EventType: "viewer-request", FunctionARN: created.FunctionSummary.FunctionMetadata.FunctionARN,
	}}}
	_, err = newDistribution(t, of)
	refuses(t, "running one that is not published", err, "InvalidFunctionAssociation", "not published")
	publish := func(tag *string) error {
		_, err := client.PublishFunction(t.Context(), &cloudfront.PublishFunctionInput{Name: name, IfMatch: tag})
		return err
	}
	refuses(t, "publishing another one", publish(aws.String("another")), "PreconditionFailed", "")
	allowed(t, "publishing it", publish(created.ETag))
	same(t, "a published one", stages(), []string{"DEVELOPMENT UNASSOCIATED first first", "LIVE UNASSOCIATED first first"})
	runs := must[*cloudfront.CreateDistributionOutput](t)(newDistribution(t, of))
	same(t, "what the distribution runs", *runs.Distribution.DistributionConfig.DefaultCacheBehavior.FunctionAssociations.Items[0].FunctionARN,
		*created.FunctionSummary.FunctionMetadata.FunctionARN)

	config.Comment = aws.String("second")
	update := func(tag *string) (*cloudfront.UpdateFunctionOutput, error) {
		return client.UpdateFunction(t.Context(), &cloudfront.UpdateFunctionInput{Name: name, FunctionConfig: config, FunctionCode: []byte("second"), IfMatch: tag})
	}
	_, err = update(aws.String("another"))
	refuses(t, "updating what somebody else updated", err, "PreconditionFailed", "")
	updated := must[*cloudfront.UpdateFunctionOutput](t)(update(created.ETag))
	same(t, "an updated one", stages(), []string{"DEVELOPMENT UNPUBLISHED second second", "LIVE DEPLOYED first first"})
	allowed(t, "publishing it again", publish(updated.ETag))
	same(t, "one that is published again", stages(), []string{"DEVELOPMENT DEPLOYED second second", "LIVE DEPLOYED second second"})
	for _, c := range []struct {
		stage cloudfronttypes.FunctionStage
		want  int
	}{{"", 2}, {"DEVELOPMENT", 1}, {"LIVE", 1}} {
		listed := must[*cloudfront.ListFunctionsOutput](t)(client.ListFunctions(t.Context(), &cloudfront.ListFunctionsInput{Stage: c.stage}))
		got := 0
		for _, one := range listed.FunctionList.Items {
			if *one.Name == *name {
				got++
			}
		}
		same(t, "a list of the stage "+string(c.stage), got, c.want)
	}

	remove := func() error {
		_, err := client.DeleteFunction(t.Context(), &cloudfront.DeleteFunctionInput{Name: name, IfMatch: updated.ETag})
		return err
	}
	refuses(t, "deleting one that a distribution runs", remove(), "FunctionInUse", "in use")
	of.DefaultCacheBehavior.FunctionAssociations = nil
	_, err = client.UpdateDistribution(t.Context(), &cloudfront.UpdateDistributionInput{Id: runs.Distribution.Id, IfMatch: runs.ETag, DistributionConfig: of})
	allowed(t, "taking it off the distribution", err)
	allowed(t, "deleting it", remove())
	same(t, "one that is gone", len(stages()), 0)
}
