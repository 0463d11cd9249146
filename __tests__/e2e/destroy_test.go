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
	for kind, ids := range holdings(t, p) {
		for _, id := range ids {
			t.Errorf("left behind: %s %s", kind.kind, id)
		}
	}
}

// holding is a resource type, and the attribute by which the state has what AWS calls one of its resources.
type holding struct{ kind, attribute string }

// holdings are all that AWS holds beside what was seeded: what has a name or an id of its own. Revisions of
// task definitions stay on purpose.
func holdings(t *testing.T, p *project) map[holding][]string {
	t.Helper()
	ctx, held := t.Context(), map[holding][]string{}
	holds := func(kind, attribute string, id *string) {
		held[holding{kind, attribute}] = append(held[holding{kind, attribute}], *id)
	}
	for _, b := range must[*s3.ListBucketsOutput](t)(p.aws.S3.ListBuckets(ctx, nil)).Buckets {
		if *b.Name != p.local.StateBucket {
			holds("aws_s3_bucket", "id", b.Name)
		}
	}
	for _, r := range must[*ecr.DescribeRepositoriesOutput](t)(p.aws.ECR.DescribeRepositories(ctx, nil)).Repositories {
		holds("aws_ecr_repository", "arn", r.RepositoryArn)
	}
	for _, d := range must[*cloudfront.ListDistributionsOutput](t)(p.aws.CloudFront.ListDistributions(ctx, nil)).DistributionList.Items {
		holds("aws_cloudfront_distribution", "arn", d.ARN)
	}
	for _, o := range must[*cloudfront.ListOriginAccessControlsOutput](t)(p.aws.CloudFront.ListOriginAccessControls(ctx, nil)).OriginAccessControlList.Items {
		holds("aws_cloudfront_origin_access_control", "id", o.Id)
	}
	for _, b := range must[*elasticloadbalancingv2.DescribeLoadBalancersOutput](t)(p.aws.ELB.DescribeLoadBalancers(ctx, nil)).LoadBalancers {
		holds("aws_lb", "arn", b.LoadBalancerArn)
		for _, l := range must[*elasticloadbalancingv2.DescribeListenersOutput](t)(p.aws.ELB.DescribeListeners(ctx,
			&elasticloadbalancingv2.DescribeListenersInput{LoadBalancerArn: b.LoadBalancerArn})).Listeners {
			holds("aws_lb_listener", "arn", l.ListenerArn)
			for _, r := range must[*elasticloadbalancingv2.DescribeRulesOutput](t)(p.aws.ELB.DescribeRules(ctx,
				&elasticloadbalancingv2.DescribeRulesInput{ListenerArn: l.ListenerArn})).Rules {
				if !*r.IsDefault { // which comes and goes with its listener
					holds("aws_lb_listener_rule", "arn", r.RuleArn)
				}
			}
		}
	}
	for _, g := range must[*elasticloadbalancingv2.DescribeTargetGroupsOutput](t)(p.aws.ELB.DescribeTargetGroups(ctx, nil)).TargetGroups {
		holds("aws_lb_target_group", "arn", g.TargetGroupArn)
	}
	for _, c := range must[*ecs.DescribeClustersOutput](t)(p.aws.ECS.DescribeClusters(ctx, &ecs.DescribeClustersInput{Clusters: []string{"order-bot-prod-cluster"}})).Clusters {
		if *c.Status == "INACTIVE" {
			continue
		}
		holds("aws_ecs_cluster", "arn", c.ClusterArn)
		for _, s := range must[*ecs.DescribeServicesOutput](t)(p.aws.ECS.DescribeServices(ctx,
			&ecs.DescribeServicesInput{Cluster: c.ClusterArn, Services: []string{"order-bot-svc", "order-bot-mgmt-svc"}})).Services {
			if *s.Status == "ACTIVE" {
				holds("aws_ecs_service", "id", s.ServiceArn)
			}
		}
	}
	for _, a := range must[*applicationautoscaling.DescribeScheduledActionsOutput](t)(p.aws.AutoScaling.DescribeScheduledActions(ctx,
		&applicationautoscaling.DescribeScheduledActionsInput{ServiceNamespace: autoscalingtypes.ServiceNamespaceEcs})).ScheduledActions {
		holds("aws_appautoscaling_scheduled_action", "arn", a.ScheduledActionARN)
	}
	for _, s := range must[*applicationautoscaling.DescribeScalableTargetsOutput](t)(p.aws.AutoScaling.DescribeScalableTargets(ctx,
		&applicationautoscaling.DescribeScalableTargetsInput{ServiceNamespace: autoscalingtypes.ServiceNamespaceEcs})).ScalableTargets {
		holds("aws_appautoscaling_target", "resource_id", s.ResourceId)
	}
	for _, r := range must[*iam.ListRolesOutput](t)(p.aws.IAM.ListRoles(ctx, nil)).Roles {
		if strings.HasPrefix(*r.RoleName, "order-bot-") {
			holds("aws_iam_role", "arn", r.Arn)
		}
	}
	for _, l := range must[*cloudwatchlogs.DescribeLogGroupsOutput](t)(p.aws.Logs.DescribeLogGroups(ctx, nil)).LogGroups {
		holds("aws_cloudwatch_log_group", "name", l.LogGroupName)
	}
	for _, g := range must[*ec2.DescribeSecurityGroupsOutput](t)(p.aws.EC2.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{
		Filters: []ec2types.Filter{{Name: aws.String("group-name"), Values: []string{"order-bot-*"}}},
	})).SecurityGroups {
		holds("aws_security_group", "id", g.GroupId)
	}
	zone := p.local.Variables["prod"]["hosted_zone_id"].(string)
	for _, r := range must[*route53.ListResourceRecordSetsOutput](t)(p.aws.Route53.ListResourceRecordSets(ctx, &route53.ListResourceRecordSetsInput{HostedZoneId: &zone})).ResourceRecordSets {
		if r.Type == "A" {
			holds("aws_route53_record", "fqdn", aws.String(strings.TrimSuffix(*r.Name, ".")))
		}
	}
	return held
}
