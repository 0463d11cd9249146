package e2e

import (
	"errors"
	"path"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/smithy-go"
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

// othersInTheWay fails the test unless a destroy of prod is refused while a host is in the app group, another group names it, a task that
// somebody started runs in the cluster, and a role has policies that somebody gave it.
func othersInTheWay(t *testing.T, i *infra) {
	t.Helper()
	ctx, names := t.Context(), i.local.Variables["prod"]
	app, subnet := i.aws.EC2.groups(t, "group-name", "order-bot-prod-app-sg")[0].first("groupId"), names["private_subnet_ids"].([]any)[0].(string)
	database := i.aws.EC2.newGroup(t, "database", names["vpc_id"].(string))
	rule := admits(database, 5432, app)
	i.aws.EC2.ask(t, "AuthorizeSecurityGroupIngress", rule...)
	instance, face := i.aws.EC2.newHost(t, subnet, app, database)
	cluster, family, role := aws.String("order-bot-prod-cluster"), aws.String("order-bot-prod-order-bot-svc"), "order-bot-prod-ecs-task-role"
	task := must[*ecs.RunTaskOutput](t)(i.aws.ECS.RunTask(ctx, &ecs.RunTaskInput{
		Cluster: cluster, TaskDefinition: family, LaunchType: ecstypes.LaunchTypeFargate,
		NetworkConfiguration: &ecstypes.NetworkConfiguration{AwsvpcConfiguration: &ecstypes.AwsVpcConfiguration{
			Subnets: []string{subnet}, SecurityGroups: []string{database},
		}},
	})).Tasks[0].TaskArn
	attached, inline := "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess", "by-hand"
	i.aws.IAM.ask(t, "AttachRolePolicy", "RoleName", role, "PolicyArn", attached)
	i.aws.IAM.ask(t, "PutRolePolicy", "RoleName", role, "PolicyName", inline,
		"PolicyDocument", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:ListBucket","Resource":"*"}]}`)
	before := holdings(t, &project{aws: i.aws, local: i.local})

	id := path.Base(*task)
	for _, verb := range [][]string{{"plan", "prod", "--destroy"}, {"destroy", "prod", "--confirm", "prod"}} {
		has(t, "others in the way", i.run(t, 2, verb...),
			"infra: refused: aws_ecs_cluster.ecs_cluster: it runs the task "+id+" (family:"+*family+"), which is of no service, and AWS deletes no cluster that runs tasks. "+
				"Wait until it ends, or stop it: aws ecs stop-task --cluster "+*cluster+" --task "+id+"\n",
			"infra: refused: aws_iam_role.ecs_task_role: it has the policy "+attached+", which is not in this state, and AWS deletes no role that has policies. "+
				"Take it off: aws iam detach-role-policy --role-name "+role+" --policy-arn "+attached+"\n",
			"Take it off: aws iam delete-role-policy --role-name "+role+" --policy-name "+inline+"\n",
			"infra: refused: aws_security_group.security_group_app: the network interface "+face, " of the instance "+instance+" is in it, and AWS deletes no group that is in use. "+
				"Take it out: aws ec2 modify-network-interface-attribute --network-interface-id "+face+" --groups "+database+"\n",
			"infra: refused: aws_security_group.security_group_app: the rules of the security group "+database+", database, name it, and AWS deletes no group that others name. Take those rules out\n",
			"infra: nothing was destroyed\n")
	}
	same(t, "what AWS holds after a refused destroy", holdings(t, &project{aws: i.aws, local: i.local}), before)

	i.aws.EC2.ask(t, "ModifyNetworkInterfaceAttribute", "NetworkInterfaceId", face, "SecurityGroupId.1", database)
	i.aws.EC2.ask(t, "RevokeSecurityGroupIngress", rule...)
	must[*ecs.StopTaskOutput](t)(i.aws.ECS.StopTask(ctx, &ecs.StopTaskInput{Cluster: cluster, Task: &id}))
	i.aws.IAM.ask(t, "DetachRolePolicy", "RoleName", role, "PolicyArn", attached)
	i.aws.IAM.ask(t, "DeleteRolePolicy", "RoleName", role, "PolicyName", inline)
}

// dataIsLeft fails the test unless a destroy of global, whose bucket holds files, is refused while there is data, and works without.
func dataIsLeft(t *testing.T, i *infra) {
	t.Helper()
	ctx, bucket, repository := t.Context(), aws.String(i.local.Variables["global"]["frontend_bucket_name"].(string)), aws.String("order-bot-svc")
	must[*ecr.PutImageOutput](t)(i.aws.ECR.PutImage(ctx, &ecr.PutImageInput{
		RepositoryName: repository, ImageTag: aws.String("v1"), ImageManifest: aws.String(`{"mediaType":"application/vnd.oci.image.manifest.v1+json","layers":[]}`),
	}))
	before := holdings(t, &project{aws: i.aws, local: i.local})
	has(t, "data", i.run(t, 2, "destroy", "global", "--confirm", "global"),
		"infra: refused: aws_ecr_repository.ecr_order-bot-svc_repository: it has images, and AWS deletes no repository that does. "+
			"If they may go, delete it with them: aws ecr delete-repository --repository-name order-bot-svc --force\n",
		"infra: refused: aws_s3_bucket.frontend_bucket: it holds files, and AWS deletes no bucket that does. Delete them, if they may go: aws s3 rm s3://"+*bucket+" --recursive",
		"infra: nothing was destroyed\n")
	same(t, "what AWS holds after a refused destroy", holdings(t, &project{aws: i.aws, local: i.local}), before)

	for _, object := range must[*s3.ListObjectsV2Output](t)(i.aws.S3.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: bucket})).Contents {
		must[*s3.DeleteObjectOutput](t)(i.aws.S3.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: bucket, Key: object.Key}))
	}
	must[*ecr.DeleteRepositoryOutput](t)(i.aws.ECR.DeleteRepository(ctx, &ecr.DeleteRepositoryInput{RepositoryName: repository, Force: true}))
	has(t, "without data", i.run(t, 0, "destroy", "global", "--confirm", "global"), "global is destroyed.\n")
}

func nothingIsLeft(t *testing.T, p *project) {
	t.Helper()
	for kind, ids := range holdings(t, p) {
		for _, id := range ids {
			t.Errorf("left behind: %s %s", kind, id)
		}
	}
}

// identities are the attributes by which a state has what AWS calls a resource, by type. Revisions of task definitions
// have none here: they stay on purpose.
var identities = map[string][]string{
	"aws_appautoscaling_policy":            {"arn"},
	"aws_appautoscaling_scheduled_action":  {"arn"},
	"aws_appautoscaling_target":            {"resource_id"},
	"aws_cloudfront_distribution":          {"arn"},
	"aws_cloudfront_origin_access_control": {"id"},
	"aws_cloudwatch_log_group":             {"name"},
	"aws_ecr_lifecycle_policy":             {"repository"},
	"aws_ecr_repository":                   {"arn"},
	"aws_ecs_cluster":                      {"arn"},
	"aws_ecs_cluster_capacity_providers":   {"cluster_name"},
	"aws_ecs_service":                      {"id"},
	"aws_iam_role":                         {"arn"},
	"aws_iam_role_policy":                  {"role", "name"},
	"aws_iam_role_policy_attachment":       {"role", "policy_arn"},
	"aws_lb":                               {"arn"},
	"aws_lb_listener":                      {"arn"},
	"aws_lb_listener_rule":                 {"arn"},
	"aws_lb_target_group":                  {"arn"},
	"aws_route53_record":                   {"fqdn"},
	"aws_s3_bucket":                        {"id"},
	"aws_s3_bucket_policy":                 {"bucket"},
	"aws_s3_bucket_public_access_block":    {"bucket"},
	"aws_scheduler_schedule":               {"name"},
	"aws_security_group":                   {"id"},
}

// holdings are all that AWS holds beside what was seeded, by the types of identities.
func holdings(t *testing.T, p *project) map[string][]string {
	t.Helper()
	ctx, held := t.Context(), map[string][]string{}
	holds := func(kind string, identity ...*string) {
		var texts []string
		for _, text := range identity {
			texts = append(texts, *text)
		}
		held[kind] = append(held[kind], strings.Join(texts, " "))
	}
	// is tells whether there is something, which AWS answers with an error if there is not.
	is := func(err error, absent string) bool {
		t.Helper()
		var known smithy.APIError
		if err != nil && (!errors.As(err, &known) || known.ErrorCode() != absent) {
			t.Fatal(err)
		}
		return err == nil
	}
	for _, b := range must[*s3.ListBucketsOutput](t)(p.aws.S3.ListBuckets(ctx, nil)).Buckets {
		if *b.Name == p.local.StateBucket {
			continue
		}
		holds("aws_s3_bucket", b.Name)
		if _, err := p.aws.S3.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: b.Name}); is(err, "NoSuchBucketPolicy") {
			holds("aws_s3_bucket_policy", b.Name)
		}
		if _, err := p.aws.S3.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: b.Name}); is(err, "NoSuchPublicAccessBlockConfiguration") {
			holds("aws_s3_bucket_public_access_block", b.Name)
		}
	}
	for _, r := range must[*ecr.DescribeRepositoriesOutput](t)(p.aws.ECR.DescribeRepositories(ctx, nil)).Repositories {
		holds("aws_ecr_repository", r.RepositoryArn)
		if _, err := p.aws.ECR.GetLifecyclePolicy(ctx, &ecr.GetLifecyclePolicyInput{RepositoryName: r.RepositoryName}); is(err, "LifecyclePolicyNotFoundException") {
			holds("aws_ecr_lifecycle_policy", r.RepositoryName)
		}
	}
	for _, d := range must[*cloudfront.ListDistributionsOutput](t)(p.aws.CloudFront.ListDistributions(ctx, nil)).DistributionList.Items {
		holds("aws_cloudfront_distribution", d.ARN)
	}
	for _, o := range must[*cloudfront.ListOriginAccessControlsOutput](t)(p.aws.CloudFront.ListOriginAccessControls(ctx, nil)).OriginAccessControlList.Items {
		holds("aws_cloudfront_origin_access_control", o.Id)
	}
	for _, b := range must[*elasticloadbalancingv2.DescribeLoadBalancersOutput](t)(p.aws.ELB.DescribeLoadBalancers(ctx, nil)).LoadBalancers {
		holds("aws_lb", b.LoadBalancerArn)
		for _, l := range must[*elasticloadbalancingv2.DescribeListenersOutput](t)(p.aws.ELB.DescribeListeners(ctx,
			&elasticloadbalancingv2.DescribeListenersInput{LoadBalancerArn: b.LoadBalancerArn})).Listeners {
			holds("aws_lb_listener", l.ListenerArn)
			for _, r := range must[*elasticloadbalancingv2.DescribeRulesOutput](t)(p.aws.ELB.DescribeRules(ctx,
				&elasticloadbalancingv2.DescribeRulesInput{ListenerArn: l.ListenerArn})).Rules {
				if !*r.IsDefault { // which comes and goes with its listener
					holds("aws_lb_listener_rule", r.RuleArn)
				}
			}
		}
	}
	for _, g := range must[*elasticloadbalancingv2.DescribeTargetGroupsOutput](t)(p.aws.ELB.DescribeTargetGroups(ctx, nil)).TargetGroups {
		holds("aws_lb_target_group", g.TargetGroupArn)
	}
	for _, c := range must[*ecs.DescribeClustersOutput](t)(p.aws.ECS.DescribeClusters(ctx, &ecs.DescribeClustersInput{Clusters: []string{"order-bot-prod-cluster"}})).Clusters {
		if *c.Status == "INACTIVE" {
			continue
		}
		holds("aws_ecs_cluster", c.ClusterArn)
		if len(c.CapacityProviders) > 0 {
			holds("aws_ecs_cluster_capacity_providers", c.ClusterName)
		}
		for _, s := range must[*ecs.DescribeServicesOutput](t)(p.aws.ECS.DescribeServices(ctx,
			&ecs.DescribeServicesInput{Cluster: c.ClusterArn, Services: []string{"order-bot-svc", "order-bot-mgmt-svc"}})).Services {
			if *s.Status == "ACTIVE" {
				holds("aws_ecs_service", s.ServiceArn)
			}
		}
	}
	for _, a := range must[*applicationautoscaling.DescribeScheduledActionsOutput](t)(p.aws.AutoScaling.DescribeScheduledActions(ctx,
		&applicationautoscaling.DescribeScheduledActionsInput{ServiceNamespace: autoscalingtypes.ServiceNamespaceEcs})).ScheduledActions {
		holds("aws_appautoscaling_scheduled_action", a.ScheduledActionARN)
	}
	for _, s := range must[*applicationautoscaling.DescribeScalableTargetsOutput](t)(p.aws.AutoScaling.DescribeScalableTargets(ctx,
		&applicationautoscaling.DescribeScalableTargetsInput{ServiceNamespace: autoscalingtypes.ServiceNamespaceEcs})).ScalableTargets {
		holds("aws_appautoscaling_target", s.ResourceId)
	}
	for _, s := range must[*applicationautoscaling.DescribeScalingPoliciesOutput](t)(p.aws.AutoScaling.DescribeScalingPolicies(ctx,
		&applicationautoscaling.DescribeScalingPoliciesInput{ServiceNamespace: autoscalingtypes.ServiceNamespaceEcs})).ScalingPolicies {
		holds("aws_appautoscaling_policy", s.PolicyARN)
	}
	for _, r := range p.aws.IAM.roles(t) {
		name, arn := r.first("RoleName"), r.first("Arn")
		if !strings.HasPrefix(name, "order-bot-") {
			continue
		}
		holds("aws_iam_role", &arn)
		for _, policy := range p.aws.IAM.ask(t, "ListRolePolicies", "RoleName", name).in("ListRolePoliciesResult", "PolicyNames", "member") {
			holds("aws_iam_role_policy", &name, &policy.Text)
		}
		for _, policy := range p.aws.IAM.attached(t, name) {
			arn := policy.first("PolicyArn")
			holds("aws_iam_role_policy_attachment", &name, &arn)
		}
	}
	for _, l := range must[*cloudwatchlogs.DescribeLogGroupsOutput](t)(p.aws.Logs.DescribeLogGroups(ctx, nil)).LogGroups {
		holds("aws_cloudwatch_log_group", l.LogGroupName)
	}
	for _, s := range must[*scheduler.ListSchedulesOutput](t)(p.aws.Scheduler.ListSchedules(ctx, nil)).Schedules {
		holds("aws_scheduler_schedule", s.Name)
	}
	for _, g := range p.aws.EC2.groups(t, "group-name", "order-bot-*") {
		holds("aws_security_group", aws.String(g.first("groupId")))
	}
	zone := p.local.Variables["prod"]["hosted_zone_id"].(string)
	for _, r := range must[*route53.ListResourceRecordSetsOutput](t)(p.aws.Route53.ListResourceRecordSets(ctx, &route53.ListResourceRecordSetsInput{HostedZoneId: &zone})).ResourceRecordSets {
		if r.Type == "A" {
			holds("aws_route53_record", aws.String(strings.TrimSuffix(*r.Name, ".")))
		}
	}
	return held
}
