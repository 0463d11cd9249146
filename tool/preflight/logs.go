package preflight

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-bot/infra/tool/aws/awsapi"
	"github.com/order-bot/infra/tool/aws/s3"
	"github.com/order-bot/infra/tool/kinds"
	"github.com/order-bot/infra/tool/tfvalue"
)

// logBuckets looks whether each bucket is there that gets a line for each request, and lets AWS write.
func logBuckets(ctx context.Context, stack *Stack, account func() string, config aws.Config) []Finding {
	var findings []Finding
	for _, distribution := range stack.ofType(distributionType) {
		if name := tfvalue.Text(stack.Known[distribution], "logging_config", "bucket"); name != "" {
			name = strings.TrimSuffix(name, ".s3.amazonaws.com")
			findings = append(findings, logsOfFrontend(ctx, config, name, Finding{Subject: "log bucket " + name, Addresses: []string{distribution}}))
		}
	}
	for _, balancer := range stack.ofType("aws_lb") {
		for _, logs := range blocks(stack.Known[balancer], "access_logs") {
			if name := tfvalue.Text(logs, "bucket"); name != "" && logs["enabled"] == true {
				is := balancerLogs{name, tfvalue.Text(logs, "prefix"), stack.Region, account()}
				findings = append(findings, is.look(ctx, config, Finding{Subject: "log bucket " + name, Addresses: []string{balancer}}))
			}
		}
	}
	return findings
}

// regionOf asks for the region of a bucket. A finding says why there is no answer.
func regionOf(ctx context.Context, config aws.Config, name string, finding Finding) (string, *Finding) {
	err := s3.New(config).Head(ctx, s3.Bucket{Name: name})
	region, elsewhere := s3.Elsewhere(err)
	switch {
	case elsewhere:
		return region, nil
	case err == nil:
		return config.Region, nil
	case awsapi.IsCode(err, s3.NotFound):
		finding = finding.never("there is no such bucket: create it first, or correct the name. S3 → General purpose buckets shows those that there are")
	default:
		finding = finding.unseen(err)
	}
	return "", &finding
}

// frontendLogRegions are the regions that CloudFront writes logs to: those that each account has from the start. Each region that AWS opened since
// March 2019 has to be switched on first.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logging-legacy-s3.html
// https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html
var frontendLogRegions = []string{
	"us-east-1", "us-east-2", "us-west-1", "us-west-2", "ap-south-1", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-southeast-1", "ap-southeast-2",
	"ca-central-1", "eu-central-1", "eu-west-1", "eu-west-2", "eu-west-3", "eu-north-1", "sa-east-1",
}

// logsOfFrontend looks whether CloudFront can write to a bucket: by an access control list, which a new bucket has switched off.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
func logsOfFrontend(ctx context.Context, config aws.Config, name string, finding Finding) Finding {
	region, missing := regionOf(ctx, config, name, finding)
	if missing != nil {
		return *missing
	}
	if !slices.Contains(frontendLogRegions, region) {
		return finding.is(Refused, "it is in %s, where CloudFront writes no logs: take one in %s", region, list(frontendLogRegions))
	}
	config.Region = region
	owned, there, err := s3.Get[s3.Ownership](ctx, s3.New(config), s3.Bucket{Name: name})
	switch {
	case err != nil:
		return finding.unseen(err)
	case there && !slices.ContainsFunc(owned.Rules, func(rule string) bool { return rule != s3.Enforced }): // without any: of before 2023, when lists were switched on
		return finding.never("its access control lists are switched off, and CloudFront writes by one: S3 → the bucket → Permissions → Object Ownership → Edit → " +
			"ACLs enabled, Bucket owner preferred")
	}
	return finding.is(OK, "it is in %s, with access control lists, so that CloudFront can write", region)
}

// balancerLogs are where the lines of a load balancer go.
type balancerLogs struct{ bucket, prefix, region, account string }

// logDelivery writes the logs of load balancers, in each region.
const logDelivery = "logdelivery.elasticloadbalancing.amazonaws.com"

// balancerAccounts write them, too, by region, where a policy is older than logDelivery.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html (Legacy bucket policy)
var balancerAccounts = map[string]string{
	"us-east-1": "127311923021", "us-east-2": "033677994240", "us-west-1": "027434742980", "us-west-2": "797873946194", "af-south-1": "098369216593",
	"ap-east-1": "754344448648", "ap-south-1": "718504428378", "ap-northeast-1": "582318560864", "ap-northeast-2": "600734575887",
	"ap-northeast-3": "383597477331", "ap-southeast-1": "114774131450", "ap-southeast-2": "783225319266", "ap-southeast-3": "589379963580",
	"ca-central-1": "985666609251", "eu-central-1": "054676820928", "eu-west-1": "156460612806", "eu-west-2": "652711504416", "eu-west-3": "009996457667",
	"eu-north-1": "897822967062", "eu-south-1": "635631232127", "me-south-1": "076674570225", "sa-east-1": "507241528517",
}

// folder is the ARN of what is written.
func (l balancerLogs) folder() string {
	return fmt.Sprintf("arn:aws:s3:::%s/AWSLogs/%s/*", strings.TrimSuffix(l.bucket+"/"+l.prefix, "/"), l.account)
}

// look tells whether Elastic Load Balancing can write to the bucket.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
func (l balancerLogs) look(ctx context.Context, config aws.Config, finding Finding) Finding {
	region, missing := regionOf(ctx, config, l.bucket, finding)
	switch {
	case missing != nil:
		return *missing
	case region != l.region:
		return finding.never("it is in %s, and the load balancer writes to one in %s: take one there", region, l.region)
	case l.account == "":
		return finding.is(Unseen, "AWS does not say which account these credentials are for, and the policy names it")
	}
	client, bucket := s3.New(config), s3.Bucket{Name: l.bucket}
	encrypted, _, err := s3.Get[s3.Encryption](ctx, client, bucket)
	if err != nil {
		return finding.unseen(err)
	}
	for _, by := range encrypted.Algorithms {
		if by != "AES256" {
			return finding.never("it encrypts by %s, and Elastic Load Balancing writes only where S3 has the key: S3 → the bucket → Properties → Default encryption → "+
				"Edit → Amazon S3 managed keys", by)
		}
	}
	policy, err := client.Policy(ctx, bucket)
	if err != nil {
		return finding.unseen(err)
	}
	if !l.allowed(policy) {
		return finding.is(Refused, "its policy does not let Elastic Load Balancing write: S3 → the bucket → Permissions → Bucket policy → Edit, and add this Statement: "+
			`{"Effect":"Allow","Principal":{"Service":"%s"},"Action":"s3:PutObject","Resource":"%s"}`, logDelivery, l.folder())
	}
	return finding.is(OK, "it is in %s, and its policy lets Elastic Load Balancing write", region)
}

// allowed tells whether a policy lets Elastic Load Balancing write.
func (l balancerLogs) allowed(policy string) bool {
	account := cmp.Or(balancerAccounts[l.region], "none")
	writers := []string{"*", "AWS:*", "Service:" + logDelivery, "AWS:" + account, "AWS:arn:aws:iam::" + account + ":root"}
	return kinds.Permits(policy, writers, "s3:PutObject", l.folder())
}
