package e2e

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// What the stacks find, and do not create.

// newPendingCertificate requests a certificate that waits for its records.
func newPendingCertificate(t *testing.T, api clients, region, name string) string {
	t.Helper()
	requested := must[*acm.RequestCertificateOutput](t)(api.ACM.RequestCertificate(t.Context(),
		&acm.RequestCertificateInput{DomainName: &name, ValidationMethod: acmtypes.ValidationMethodDns}, func(o *acm.Options) { o.Region = region }))
	return *requested.CertificateArn
}

// A certificate is issued as soon as its records are there, and not before (Certificate Manager user guide, "DNS validation"). A listener and
// a distribution take it from then on (Elastic Load Balancing API reference, CreateListener and others: UnsupportedCertificate; CloudFront API
// reference, CreateDistribution: InvalidViewerCertificate). That is certificates_wait_for_their_records.
func TestRuleListenersNeedIssuedCertificates(t *testing.T) {
	t.Parallel()
	api, n := newClients(local), newNetwork(t)
	balancer, target := n.loadBalancer(t, "rules-issued", n.group(t, "rules-issued")), n.targetGroup(t, "rules-issued")
	here, frontend := newPendingCertificate(t, api, "ap-northeast-1", "*.issued.example.net"), newPendingCertificate(t, api, cloudFrontRegion, "*.issued.example.net")
	describe := func(arn, region string) *acmtypes.CertificateDetail {
		return must[*acm.DescribeCertificateOutput](t)(api.ACM.DescribeCertificate(t.Context(), &acm.DescribeCertificateInput{CertificateArn: &arn}, func(o *acm.Options) { o.Region = region })).Certificate
	}
	listen := func(port int32, certificate string) (*elb.CreateListenerOutput, error) {
		return api.ELB.CreateListener(t.Context(), &elb.CreateListenerInput{
			LoadBalancerArn: &balancer, Port: &port, Protocol: "HTTPS", DefaultActions: forward(target), Certificates: []elbtypes.Certificate{{CertificateArn: &certificate}},
		})
	}
	is := describe(here, "ap-northeast-1")
	same(t, "its state at first", is.Status, acmtypes.CertificateStatusPendingValidation)
	_, err := listen(443, here)
	refuses(t, "a listener with a pending certificate", err, "UnsupportedCertificate", here)
	_, err = newDistribution(t, distribution("rules-issued", frontend, "a.issued.example.net"))
	refuses(t, "a distribution with a pending certificate", err, "InvalidViewerCertificate", "isn't valid")
	other := *must[*elb.CreateListenerOutput](t)(listen(8443, newCertificate(t, "ap-northeast-1", "*.issued.example.net"))).Listeners[0].ListenerArn
	_, err = api.ELB.ModifyListener(t.Context(), &elb.ModifyListenerInput{ListenerArn: &other, Certificates: []elbtypes.Certificate{{CertificateArn: &here}}})
	refuses(t, "changing to it", err, "UnsupportedCertificate", here)
	_, err = api.ELB.AddListenerCertificates(t.Context(), &elb.AddListenerCertificatesInput{ListenerArn: &other, Certificates: []elbtypes.Certificate{{CertificateArn: &here}}})
	refuses(t, "adding it", err, "UnsupportedCertificate", here)

	needed := is.DomainValidationOptions[0].ResourceRecord
	records := newZone(t, "issued.example.net")
	allowed(t, "creating the record", records(change("CREATE", route53types.ResourceRecordSet{
		Name: needed.Name, Type: route53types.RRType(needed.Type), TTL: aws.Int64(60), ResourceRecords: []route53types.ResourceRecord{{Value: needed.Value}},
	})))
	same(t, "its state now", describe(here, "ap-northeast-1").Status, acmtypes.CertificateStatusIssued)
	_, err = listen(443, here)
	allowed(t, "a listener with it", err)
	_, err = newDistribution(t, distribution("rules-issued", frontend, "a.issued.example.net"))
	allowed(t, "a distribution with the other one", err)
}

// A hosted zone may be private, beside a public one of the same name, and says so (Route 53 developer guide, "Working with private hosted zones").
func TestRulePrivateZonesAreBesidePublicOnes(t *testing.T) {
	t.Parallel()
	client, name, n := newClients(local).Route53, "private.example.net", newNetwork(t)
	newZone(t, name)
	created := must[*route53.CreateHostedZoneOutput](t)(client.CreateHostedZone(t.Context(), &route53.CreateHostedZoneInput{
		Name: &name, CallerReference: aws.String("private"), HostedZoneConfig: &route53types.HostedZoneConfig{PrivateZone: true},
		VPC: &route53types.VPC{VPCId: &n.vpc, VPCRegion: "ap-northeast-1"},
	})).HostedZone
	found := must[*route53.GetHostedZoneOutput](t)(client.GetHostedZone(t.Context(), &route53.GetHostedZoneInput{Id: created.Id}))
	same(t, "the private one", []any{*found.HostedZone.Name, found.HostedZone.Config.PrivateZone}, []any{name + ".", true})
	var private []bool
	for _, zone := range must[*route53.ListHostedZonesByNameOutput](t)(client.ListHostedZonesByName(t.Context(), &route53.ListHostedZonesByNameInput{DNSName: &name})).HostedZones {
		if *zone.Name == name+"." {
			private = append(private, zone.Config.PrivateZone)
		}
	}
	same(t, "zones of that name", len(private), 2)
}

// CloudFront tells who has an alias already, to who has a distribution whose certificate covers it (API reference, ListConflictingAliases).
func TestRuleConflictingAliasesAreListed(t *testing.T) {
	t.Parallel()
	client, certificate := newClients(local).CloudFront, newCertificate(t, cloudFrontRegion, "*.conflict.example.net")
	first := must[*cloudfront.CreateDistributionOutput](t)(newDistribution(t, distribution("rules-conflict-1", certificate, "a.conflict.example.net"))).Distribution.Id
	second := must[*cloudfront.CreateDistributionOutput](t)(newDistribution(t, distribution("rules-conflict-2", certificate, "b.conflict.example.net"))).Distribution.Id
	list := func(alias string) (*cloudfront.ListConflictingAliasesOutput, error) {
		return client.ListConflictingAliases(t.Context(), &cloudfront.ListConflictingAliasesInput{DistributionId: second, Alias: &alias})
	}
	taken := must[*cloudfront.ListConflictingAliasesOutput](t)(list("a.conflict.example.net")).ConflictingAliasesList.Items
	if len(taken) != 1 || (*taken[0].DistributionId)[len(*first)-5:] != (*first)[len(*first)-5:] || *taken[0].AccountId != "*******89012" {
		t.Errorf("who has the alias: %+v", taken)
	}
	for _, alias := range []string{"b.conflict.example.net", "c.conflict.example.net"} {
		same(t, alias, len(must[*cloudfront.ListConflictingAliasesOutput](t)(list(alias)).ConflictingAliasesList.Items), 0)
	}
	_, err := list("a.example.org")
	refuses(t, "an alias that the certificate does not cover", err, "InvalidArgument", "")
}

// The name of another account's bucket is taken (S3 API reference, CreateBucket: BucketAlreadyExists), and nobody else may look at it.
func TestRuleNamesOfOthersAreTaken(t *testing.T) {
	t.Parallel()
	mine := newClients(local)
	other := mine.config.Copy()
	role := must[*sts.AssumeRoleOutput](t)(sts.NewFromConfig(mine.config).AssumeRole(t.Context(), &sts.AssumeRoleInput{
		RoleArn: aws.String("arn:aws:iam::999999999999:role/other"), RoleSessionName: aws.String("other"),
	})).Credentials
	other.Credentials = credentials.NewStaticCredentialsProvider(*role.AccessKeyId, *role.SecretAccessKey, *role.SessionToken)
	theirs := s3.NewFromConfig(other, func(o *s3.Options) { o.UsePathStyle = true })
	name := aws.String("rules-of-others")
	create := func(client *s3.Client) error {
		_, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: name, CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: "ap-northeast-1"}})
		return err
	}
	allowed(t, "creating a bucket", create(theirs))
	refuses(t, "creating it in another account", create(mine.S3), "BucketAlreadyExists", "")
	_, err := mine.S3.HeadBucket(t.Context(), &s3.HeadBucketInput{Bucket: name, ExpectedBucketOwner: aws.String(accountOfTests)})
	if err == nil {
		t.Error("another account's bucket may be looked at")
	}
}

// A task of an image that its repository lacks, or that is for another processor, never starts (ECS developer guide, "CannotPullContainer task
// errors"; ECR API reference, BatchGetImage). The local AWS has all others, though nobody pushed them.
func TestRuleImagesNeedNoPush(t *testing.T) {
	t.Parallel()
	client, r := newClients(local).ECR, newRollout(t, "rules-images", newRolloutNetwork(t, "rules-images"))
	get := func(tag string) (*ecr.BatchGetImageOutput, error) {
		return client.BatchGetImage(t.Context(), &ecr.BatchGetImageInput{RepositoryName: aws.String("rules-images"), ImageIds: []ecrtypes.ImageIdentifier{{ImageTag: &tag}}})
	}
	for tag, processors := range map[string][]string{"v1": {"amd64", "arm64"}, "arm64-v1": {"arm64"}} {
		found := must[*ecr.BatchGetImageOutput](t)(get(tag))
		if len(found.Images) != 1 {
			t.Fatalf("%s: %+v", tag, found)
		}
		for _, processor := range []string{"amd64", "arm64"} {
			if text := *found.Images[0].ImageManifest; strings.Contains(text, `"architecture": "`+processor+`"`) != slices.Contains(processors, processor) {
				t.Errorf("%s, %s: %s", tag, processor, text)
			}
		}
	}
	_, err := get("missing")
	refuses(t, "a repository that is not there", err, "RepositoryNotFoundException", "")
	must[*ecr.CreateRepositoryOutput](t)(client.CreateRepository(t.Context(), &ecr.CreateRepositoryInput{RepositoryName: aws.String("rules-images")}))
	same(t, "an image that is not there", must[*ecr.BatchGetImageOutput](t)(get("missing")).Failures[0].FailureCode, ecrtypes.ImageFailureCodeImageNotFound)

	r.until(t, "COMPLETED")
	for image, want := range map[string]string{"app:missing": "app:missing: not found", "app:arm64-v1": "does not contain descriptor matching platform 'linux/amd64'"} {
		r.deploy(t, image)
		eventually(t, image+" fails", func() bool {
			return slices.ContainsFunc(r.tasks(t, "STOPPED"), func(task ecstypes.Task) bool {
				return strings.HasPrefix(*task.StoppedReason, "CannotPullContainerError: ") && strings.Contains(*task.StoppedReason, want)
			})
		})
	}
}

// cloudFrontRegion is where CloudFront takes certificates from.
const cloudFrontRegion = "us-east-1"
