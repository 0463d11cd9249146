package preflight

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/order-bot/infra/tool/aws/awsapi/awstest"
)

// fakeBucket is a bucket: what S3 answers to HeadBucket, and to what is asked then, in its order.
type fakeBucket []awstest.Answer

// look looks at the buckets of a stack in ap-northeast-1.
func (f fakeBucket) look(t *testing.T, stack *Stack, account string) ([]Finding, *[]awstest.Request) {
	t.Helper()
	config, asked := awstest.Start(t, f...)
	config.Region = stack.Region
	return logBuckets(t.Context(), stack, func() string { return account }, config), asked
}

var (
	here     = awstest.OK("")
	missing  = awstest.Status(http.StatusNotFound, "")
	secret   = awstest.Status(http.StatusForbidden, "")
	noAnswer = awstest.Lost
)

// in answers that the bucket is in another region.
func in(region string) awstest.Answer {
	return func(w http.ResponseWriter) {
		w.Header().Set("X-Amz-Bucket-Region", region)
		w.WriteHeader(http.StatusMovedPermanently)
	}
}

func ownership(is string) awstest.Answer {
	return awstest.OK("<OwnershipControls><Rule><ObjectOwnership>" + is + "</ObjectOwnership></Rule></OwnershipControls>")
}

func encryption(by string) awstest.Answer {
	return awstest.OK("<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>" + by +
		"</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>")
}

func refused(status int, code string) awstest.Answer {
	return awstest.Status(status, "<Error><Code>"+code+"</Code><Message>no</Message></Error>")
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
		{"all is well", fakeBucket{here, ownership("BucketOwnerPreferred")}, OK, []string{"log bucket logs: it is in ap-northeast-1, with access control lists"}},
		{"in another region", fakeBucket{in("us-east-1"), ownership("ObjectWriter")}, OK, []string{"it is in us-east-1"}},
		{"an old one", fakeBucket{here, refused(http.StatusNotFound, "OwnershipControlsNotFoundError")}, OK, nil},
		{"without lists", fakeBucket{here, ownership("BucketOwnerEnforced")}, Refused, []string{"lists are switched off", "ACLs enabled"}},
		{"where CloudFront does not write", fakeBucket{in("af-south-1")}, Refused, []string{"it is in af-south-1, where CloudFront writes no logs: take one in us-east-1, "}},
		{"is not there", fakeBucket{missing}, Refused, []string{"there is no such bucket"}},
		{"nobody may look", fakeBucket{secret}, Unseen, []string{"these credentials may not look (HeadBucket of S3)"}},
		{"nobody may see who owns", fakeBucket{here, refused(http.StatusForbidden, "AccessDenied")}, Unseen, []string{"may not look (GetBucketOwnershipControls of"}},
	} {
		found, asked := c.bucket.look(t, stack, "")
		is(t, c.what, found, c.verdict, c.words...)
		if region := "us-east-1/s3"; c.what == "in another region" && (*asked)[1].Signed != region {
			t.Errorf("asked for %s, not for %s", (*asked)[1].Signed, region)
		}
	}
	if found, _ := (fakeBucket{here, ownership("BucketOwnerEnforced")}).look(t, stack, ""); found[0].Addresses[0] != "aws_cloudfront_distribution.d" || !found[0].Never {
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
	by := func(principal, action, resource string) fakeBucket {
		return fakeBucket{here, encryption("AES256"), awstest.OK(policy(principal, action, resource))}
	}
	written := by(service, `"s3:PutObject"`, folder)
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
		{"one statement without a list", "prod", fakeBucket{here, encryption("AES256"), awstest.OK(`{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}}`)}, OK, nil},
		{"no encryption is set", "prod", fakeBucket{here, refused(http.StatusNotFound, "ServerSideEncryptionConfigurationNotFoundError"), written[2]}, OK, nil},
		{"no policy", "prod", fakeBucket{here, encryption("AES256"), refused(http.StatusNotFound, "NoSuchBucketPolicy")}, Refused, []string{
			refusing, `add this Statement: {"Effect":"Allow","Principal":{"Service":"logdelivery.elasticloadbalancing.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::logs/prod/AWSLogs/111122223333/*"}`}},
		{"another folder", "staging", written, Refused, []string{refusing, "arn:aws:s3:::logs/staging/AWSLogs/111122223333/*"}},
		{"another service", "prod", by(`{"Service": "delivery.logs.amazonaws.com"}`, `"s3:PutObject"`, folder), Refused, []string{refusing}},
		{"the account of another region", "prod", by(`{"AWS": "127311923021"}`, `"s3:PutObject"`, folder), Refused, []string{refusing}},
		{"may only read", "prod", by(service, `"s3:GetObject"`, folder), Refused, []string{refusing}},
		{"a part of the folder", "prod", by(service, `"s3:PutObject"`, `"arn:aws:s3:::logs/prod/AWSLogs/111122223333/elb/*"`), Refused, []string{refusing}},
		{"a key of KMS", "prod", fakeBucket{here, encryption("aws:kms")}, Refused, []string{"it encrypts by aws:kms", "Amazon S3 managed keys"}},
		{"another region", "prod", fakeBucket{in("us-east-1")}, Refused, []string{"it is in us-east-1, and the load balancer writes to one in ap-northeast-1"}},
		{"is not there", "prod", fakeBucket{missing}, Refused, []string{"there is no such bucket"}},
		{"nobody may look", "prod", fakeBucket{secret}, Unseen, []string{"may not look (HeadBucket of S3)"}},
		{"nobody may see the encryption", "prod", fakeBucket{here, refused(http.StatusForbidden, "AccessDenied")}, Unseen, []string{"may not look (GetBucketEncryption of"}},
		{"nobody may see the policy", "prod", fakeBucket{here, encryption("AES256"), refused(http.StatusForbidden, "AccessDenied")}, Unseen, []string{"may not look (GetBucketPolicy of"}},
		{"no answer", "prod", fakeBucket{here, noAnswer, noAnswer, noAnswer}, Unseen, []string{"could not look: ", "GetBucketEncryption"}},
	} {
		found, _ := c.bucket.look(t, stack(c.prefix), "111122223333")
		is(t, c.what, found, c.verdict, c.words...)
	}
	found, _ := written.look(t, stack("prod"), "")
	is(t, "nobody knows the account", found, Unseen, "AWS does not say which account")
}
