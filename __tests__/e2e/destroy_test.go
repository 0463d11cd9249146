package e2e

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// destroyed destroys both stacks: that stops where data would be lost, and empties the
// account once somebody has decided about the data.
func destroyed(t *testing.T, p *project) {
	ctx := t.Context()
	bucket, key, repository := aws.String("order-bot-prod-frontend"), aws.String("index.html"), aws.String("order-bot-svc")
	must[*s3.PutObjectOutput](t)(p.aws.S3.PutObject(ctx, &s3.PutObjectInput{Bucket: bucket, Key: key, Body: strings.NewReader("<h1>")}))
	image := must[*ecr.PutImageOutput](t)(p.aws.ECR.PutImage(ctx, &ecr.PutImageInput{
		RepositoryName: repository, ImageTag: aws.String("v1"),
		ImageManifest: aws.String(`{"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json","config":{"mediaType":"application/vnd.docker.container.image.v1+json","size":1,"digest":"sha256:` + strings.Repeat("a", 64) + `"},"layers":[]}`),
	})).Image

	if output, err := p.destroy(ctx, "prod"); err != nil {
		t.Fatalf("prod: %v\n%s", err, output)
	}
	output, err := p.destroy(ctx, "global")
	if err == nil || !strings.Contains(output, "BucketNotEmpty") || !strings.Contains(output, "RepositoryNotEmptyException") {
		t.Errorf("global, with data: %v\n%s", err, output)
	}
	must[*s3.HeadObjectOutput](t)(p.aws.S3.HeadObject(ctx, &s3.HeadObjectInput{Bucket: bucket, Key: key}))
	if images := must[*ecr.ListImagesOutput](t)(p.aws.ECR.ListImages(ctx, &ecr.ListImagesInput{RepositoryName: repository})).ImageIds; len(images) != 1 {
		t.Errorf("%d images are left", len(images))
	}

	// The decision.
	must[*s3.DeleteObjectOutput](t)(p.aws.S3.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: bucket, Key: key}))
	must[*ecr.BatchDeleteImageOutput](t)(p.aws.ECR.BatchDeleteImage(ctx, &ecr.BatchDeleteImageInput{
		RepositoryName: repository, ImageIds: []ecrtypes.ImageIdentifier{{ImageDigest: image.ImageId.ImageDigest}},
	}))
	if output, err := p.destroy(ctx, "global"); err != nil {
		t.Fatalf("global: %v\n%s", err, output)
	}
	nothingIsLeft(t, p)
}

func nothingIsLeft(t *testing.T, p *project) {
	t.Helper()
	ctx := t.Context()
	var left []string
	for _, b := range must[*s3.ListBucketsOutput](t)(p.aws.S3.ListBuckets(ctx, nil)).Buckets {
		if *b.Name != p.local.StateBucket {
			left = append(left, *b.Name)
		}
	}
	for _, r := range must[*ecr.DescribeRepositoriesOutput](t)(p.aws.ECR.DescribeRepositories(ctx, nil)).Repositories {
		left = append(left, *r.RepositoryArn)
	}
	for _, d := range must[*cloudfront.ListDistributionsOutput](t)(p.aws.CloudFront.ListDistributions(ctx, nil)).DistributionList.Items {
		left = append(left, *d.ARN)
	}
	for _, o := range must[*cloudfront.ListOriginAccessControlsOutput](t)(p.aws.CloudFront.ListOriginAccessControls(ctx, nil)).OriginAccessControlList.Items {
		left = append(left, *o.Name)
	}
	for _, b := range must[*elasticloadbalancingv2.DescribeLoadBalancersOutput](t)(p.aws.ELB.DescribeLoadBalancers(ctx, nil)).LoadBalancers {
		left = append(left, *b.LoadBalancerArn)
	}
	for _, g := range must[*elasticloadbalancingv2.DescribeTargetGroupsOutput](t)(p.aws.ELB.DescribeTargetGroups(ctx, nil)).TargetGroups {
		left = append(left, *g.TargetGroupArn)
	}
	for _, c := range must[*ecs.DescribeClustersOutput](t)(p.aws.ECS.DescribeClusters(ctx, &ecs.DescribeClustersInput{Clusters: []string{"order-bot-prod-cluster"}})).Clusters {
		if *c.Status != "INACTIVE" {
			left = append(left, *c.ClusterArn)
		}
	}
	// Revisions of task definitions stay on purpose.
	for _, a := range must[*applicationautoscaling.DescribeScheduledActionsOutput](t)(p.aws.AutoScaling.DescribeScheduledActions(ctx,
		&applicationautoscaling.DescribeScheduledActionsInput{ServiceNamespace: autoscalingtypes.ServiceNamespaceEcs})).ScheduledActions {
		left = append(left, *a.ScheduledActionARN)
	}
	for _, s := range must[*applicationautoscaling.DescribeScalableTargetsOutput](t)(p.aws.AutoScaling.DescribeScalableTargets(ctx,
		&applicationautoscaling.DescribeScalableTargetsInput{ServiceNamespace: autoscalingtypes.ServiceNamespaceEcs})).ScalableTargets {
		left = append(left, *s.ResourceId)
	}
	for _, r := range must[*iam.ListRolesOutput](t)(p.aws.IAM.ListRoles(ctx, nil)).Roles {
		if strings.HasPrefix(*r.RoleName, "order-bot-") {
			left = append(left, *r.Arn)
		}
	}
	for _, l := range must[*cloudwatchlogs.DescribeLogGroupsOutput](t)(p.aws.Logs.DescribeLogGroups(ctx, nil)).LogGroups {
		left = append(left, *l.LogGroupName)
	}
	for _, g := range must[*ec2.DescribeSecurityGroupsOutput](t)(p.aws.EC2.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{
		Filters: []ec2types.Filter{{Name: aws.String("group-name"), Values: []string{"order-bot-*"}}},
	})).SecurityGroups {
		left = append(left, *g.GroupName)
	}
	zone := p.local.Variables["prod"]["hosted_zone_id"].(string)
	for _, r := range must[*route53.ListResourceRecordSetsOutput](t)(p.aws.Route53.ListResourceRecordSets(ctx, &route53.ListResourceRecordSetsInput{HostedZoneId: &zone})).ResourceRecordSets {
		if r.Type == "A" {
			left = append(left, *r.Name)
		}
	}
	if len(left) > 0 {
		t.Errorf("left behind:\n%s", strings.Join(left, "\n"))
	}
}
