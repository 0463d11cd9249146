package e2e

import (
	"fmt"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/order-bot/infra/tool/keep"
	"github.com/order-bot/infra/tool/tfstate"
)

// An image that runs gets one more tag, once, and no other image does: also in a repository where no tag moves.
func TestImagesThatRunAreKept(t *testing.T) {
	t.Parallel()
	clients, repository := newClients(local), aws.String("rules-kept")
	created := must[*ecr.CreateRepositoryOutput](t)(clients.ECR.CreateRepository(t.Context(), &ecr.CreateRepositoryInput{
		RepositoryName: repository, ImageTagMutability: ecrtypes.ImageTagMutabilityImmutable,
	}))
	for _, tag := range []string{"v1", "v2"} {
		manifest := fmt.Sprintf(`{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","layers":[],"annotations":{"tag":%q}}`, tag)
		must[*ecr.PutImageOutput](t)(clients.ECR.PutImage(t.Context(), &ecr.PutImageInput{RepositoryName: repository, ImageManifest: &manifest, ImageTag: &tag}))
	}
	state := must[*tfstate.State](t)(tfstate.Read(fmt.Appendf(nil, `{"version": 4, "resources": [
		{"mode": "managed", "type": "aws_ecs_task_definition", "name": "t", "instances": [{"attributes": {"family": "order-bot-prod-report",
			"container_definitions": "[{\"name\": \"report\", \"image\": \"%s:v1\"}]"}}]},
		{"mode": "managed", "type": "aws_scheduler_schedule", "name": "s", "instances": [{"attributes": {"name": "order-bot-prod-report", "schedule_expression": "rate(1 hour)",
			"target": [{"arn": "arn:aws:ecs:eu-west-1:1:cluster/c", "ecs_parameters": [{"task_definition_arn": "arn:x/order-bot-prod-report:7"}]}]}}]}]}`, *created.Repository.RepositoryUri)))
	for range 2 {
		allowed(t, "keeping what runs", keep.Images(t.Context(), clients.config, "prod", "deployed-", state))
	}
	for _, image := range must[*ecr.DescribeImagesOutput](t)(clients.ECR.DescribeImages(t.Context(), &ecr.DescribeImagesInput{RepositoryName: repository})).ImageDetails {
		want := []string{"v2"}
		if slices.Contains(image.ImageTags, "v1") {
			want = []string{"deployed-prod-" + (*image.ImageDigest)[len("sha256:"):][:12], "v1"}
		}
		slices.Sort(image.ImageTags)
		same(t, "tags", image.ImageTags, want)
	}
}
