package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	cloudfronttypes "github.com/aws/aws-sdk-go-v2/service/cloudfront/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	tfjson "github.com/hashicorp/terraform-json"

	"github.com/order-bot/infra/tool/recovery"
	"github.com/order-bot/infra/tool/stackjson"
	"github.com/order-bot/infra/tool/tfstate"
)

// What the Find of a kind takes for ours, and what not, by things that were created by hand.
func TestRecoveryTakesOnlyWhatIsOurs(t *testing.T) {
	ctx, clients := t.Context(), newClients(local)
	region := s3types.BucketLocationConstraint("ap-northeast-1")
	bucket := func(name string, tags ...s3types.Tag) {
		t.Helper()
		must[*s3.CreateBucketOutput](t)(clients.S3.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &name, CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: region}}))
		if len(tags) > 0 {
			must[*s3.PutBucketTaggingOutput](t)(clients.S3.PutBucketTagging(ctx, &s3.PutBucketTaggingInput{Bucket: &name, Tagging: &s3types.Tagging{TagSet: tags}}))
		}
	}
	tag := func(key, value string) s3types.Tag { return s3types.Tag{Key: &key, Value: &value} }
	bucket("rows-ours", tag("Project", "rows"), tag("Environment", "test"), tag("Name", "x"))
	bucket("rows-shop", tag("Project", "shop"))
	bucket("rows-new")
	bucket("rows-files")
	must[*s3.PutObjectOutput](t)(clients.S3.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String("rows-files"), Key: aws.String("index.html"), Body: strings.NewReader("<h1>")}))

	vpc := clients.EC2.ask(t, "CreateVpc", "CidrBlock", "10.9.0.0/16").first("vpcId")
	clients.EC2.newGroup(t, "rows-group", vpc)

	must[*ecs.CreateClusterOutput](t)(clients.ECS.CreateCluster(ctx, &ecs.CreateClusterInput{ClusterName: aws.String("rows-deleted")}))
	must[*ecs.DeleteClusterOutput](t)(clients.ECS.DeleteCluster(ctx, &ecs.DeleteClusterInput{Cluster: aws.String("rows-deleted")}))

	control := func(name string) *string {
		return must[*cloudfront.CreateOriginAccessControlOutput](t)(clients.CloudFront.CreateOriginAccessControl(ctx, &cloudfront.CreateOriginAccessControlInput{
			OriginAccessControlConfig: &cloudfronttypes.OriginAccessControlConfig{Name: &name, SigningBehavior: "always", SigningProtocol: "sigv4", OriginAccessControlOriginType: "s3"},
		})).OriginAccessControl.Id
	}
	unused, used := control("rows-unused"), control("rows-used")
	shop := must[*cloudfront.CreateDistributionOutput](t)(clients.CloudFront.CreateDistribution(ctx, &cloudfront.CreateDistributionInput{DistributionConfig: &cloudfronttypes.DistributionConfig{
		CallerReference: aws.String("rows"), Comment: aws.String(""), Enabled: aws.Bool(true),
		DefaultCacheBehavior: &cloudfronttypes.DefaultCacheBehavior{TargetOriginId: aws.String("o"), ViewerProtocolPolicy: "allow-all", CachePolicyId: aws.String("658327ea-f89d-4fab-a63d-7e88639e58f6")},
		Origins: &cloudfronttypes.Origins{Quantity: aws.Int32(1), Items: []cloudfronttypes.Origin{{
			Id: aws.String("o"), DomainName: aws.String("rows-shop.s3.amazonaws.com"), OriginAccessControlId: used, S3OriginConfig: &cloudfronttypes.S3OriginConfig{OriginAccessIdentity: aws.String("")},
		}}},
	}})).Distribution.Id

	tags := map[string]any{"Project": "rows", "Environment": "test"}
	for _, c := range []struct {
		kind   string
		values map[string]any
		found  string // the id and the evidence
		// refused is the reason; nothing is found if both are empty.
		refused string
	}{
		{"aws_s3_bucket", map[string]any{"bucket": "rows-ours", "tags": tags}, "rows-ours: tags Project=rows Environment=test", ""},
		{"aws_s3_bucket", map[string]any{"bucket": "rows-shop", "tags": tags}, "", "it should have the tags Project=rows Environment=test, and has Project=shop"},
		{"aws_s3_bucket", map[string]any{"bucket": "rows-new", "tags": tags}, "rows-new: empty, and this account's", ""},
		{"aws_s3_bucket", map[string]any{"bucket": "rows-files", "tags": tags}, "", "and has neither"},
		{"aws_s3_bucket", map[string]any{"bucket": "rows-none", "tags": tags}, "", ""},
		{"aws_security_group", map[string]any{"name": "rows-group", "vpc_id": vpc, "tags": tags}, "", "and has neither"},
		{"aws_security_group", map[string]any{"name": "rows-group", "vpc_id": "vpc-0123456789abcdef0", "tags": tags}, "", ""},
		{"aws_ecs_cluster", map[string]any{"name": "rows-deleted", "tags": tags}, "", ""},
		{"aws_cloudfront_origin_access_control", map[string]any{"name": "rows-unused"}, *unused + ": of that name, and nothing uses it", ""},
		{"aws_cloudfront_origin_access_control", map[string]any{"name": "rows-used"}, "", "the distribution " + *shop + " uses it, which is not this stack's"},
		{"aws_cloudfront_origin_access_control", map[string]any{"name": "rows-none"}, "", ""},
		{"aws_lb", map[string]any{"name": "rows-none", "tags": tags}, "", ""},
		{"aws_lb_target_group", map[string]any{"name": "rows-none", "tags": tags}, "", ""},
		{"aws_ecr_repository", map[string]any{"name": "rows-none", "tags": tags}, "", ""},
		{"aws_iam_role", map[string]any{"name": "rows-none", "tags": tags}, "", ""},
		{"aws_cloudwatch_log_group", map[string]any{"name": "rows-none", "tags": tags}, "", ""},
		{"aws_ecs_task_definition", map[string]any{"family": "rows-none", "tags": tags}, "", ""},
	} {
		text := must[[]byte](t)(json.Marshal(map[string]any{"resource": map[string]any{c.kind: map[string]any{"x": c.values}}}))
		stack := must[*stackjson.Stack](t)(stackjson.Parse(text))
		result := must[*recovery.Result](t)(recovery.Find(ctx, clients.config, stack, &tfstate.State{}, &tfjson.Plan{
			ResourceChanges: []*tfjson.ResourceChange{{Address: c.kind + ".x", Type: c.kind, Mode: tfjson.ManagedResourceMode, Change: &tfjson.Change{Actions: tfjson.Actions{tfjson.ActionCreate}}}},
			PlannedValues:   &tfjson.StateValues{RootModule: &tfjson.StateModule{Resources: []*tfjson.StateResource{{Address: c.kind + ".x", AttributeValues: c.values}}}},
		}))
		found, refused := "", ""
		for _, f := range result.Found {
			found += f.ID + ": " + f.Evidence
		}
		for _, r := range result.Refused {
			refused += r.Reason
		}
		if what := fmt.Sprint(c.kind, c.values); !strings.HasPrefix(found, c.found) || (c.found == "") != (found == "") || !strings.Contains(refused, c.refused) || (c.refused == "") != (refused == "") {
			t.Errorf("%s: found %q, not %q; refused because of %q, not %q", what, found, c.found, refused, c.refused)
		}
	}

	// A type that nobody knows how to find is an error, not something that is not there.
	_, err := recovery.Find(ctx, clients.config, &stackjson.Stack{}, &tfstate.State{}, &tfjson.Plan{ResourceChanges: []*tfjson.ResourceChange{
		{Address: "aws_sqs_queue.x", Type: "aws_sqs_queue", Mode: tfjson.ManagedResourceMode, Change: &tfjson.Change{Actions: tfjson.Actions{tfjson.ActionCreate}}},
	}})
	if err == nil || !strings.Contains(err.Error(), "aws_sqs_queue.x: tool/kinds does not say how to find aws_sqs_queue") {
		t.Errorf("a type without a Find: %v", err)
	}
}
