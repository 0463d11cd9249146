package observe

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/aws/smithy-go"
)

// repository is an ECR with one repository, whose images were pushed one a day, and its policy.
type repository struct {
	tags   [][]string
	policy string
}

var firstPush = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

func (r repository) DescribeImages(context.Context, *ecr.DescribeImagesInput, ...func(*ecr.Options)) (*ecr.DescribeImagesOutput, error) {
	output := &ecr.DescribeImagesOutput{}
	for i, tags := range r.tags {
		output.ImageDetails = append(output.ImageDetails, ecrtypes.ImageDetail{
			ImageTags: tags, ImageDigest: aws.String(fmt.Sprintf("sha256:%d", i)), ImagePushedAt: aws.Time(firstPush.AddDate(0, 0, i)),
		})
	}
	return output, nil
}

func (r repository) BatchGetImage(_ context.Context, input *ecr.BatchGetImageInput, _ ...func(*ecr.Options)) (*ecr.BatchGetImageOutput, error) {
	output, id := &ecr.BatchGetImageOutput{}, input.ImageIds[0]
	for i, tags := range r.tags {
		if id.ImageTag != nil && slices.Contains(tags, *id.ImageTag) || id.ImageDigest != nil && *id.ImageDigest == fmt.Sprintf("sha256:%d", i) {
			digest := fmt.Sprintf("sha256:%d", i)
			output.Images = append(output.Images, ecrtypes.Image{
				ImageId:       &ecrtypes.ImageIdentifier{ImageTag: id.ImageTag, ImageDigest: &digest},
				ImageManifest: aws.String(`{"manifests": [{"digest": "` + digest + `-amd64"}]}`),
			})
		}
	}
	return output, nil
}

func (r repository) GetLifecyclePolicy(context.Context, *ecr.GetLifecyclePolicyInput, ...func(*ecr.Options)) (*ecr.GetLifecyclePolicyOutput, error) {
	if r.policy == "secret" {
		return nil, &smithy.GenericAPIError{Code: "AccessDeniedException"}
	}
	if r.policy == "" {
		return nil, &ecrtypes.LifecyclePolicyNotFoundException{}
	}
	return &ecr.GetLifecyclePolicyOutput{LifecyclePolicyText: aws.String(`{"rules": [` + r.policy + `]}`)}, nil
}

func rule(priority int, selection string) string {
	return fmt.Sprintf(`{"rulePriority": %d, "selection": {%s}, "action": {"type": "expire"}}`, priority, selection)
}

func TestRepositoryImages(t *testing.T) {
	latest := rule(9, `"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 5`)
	images := [][]string{{"v1", "keep-1"}, {"v2"}, nil, {"v3"}}
	for name, c := range map[string]struct {
		tag, digest, running string
		images               [][]string
		policy               string
		gone, moved          bool
		pushes               int
		until                string
	}{
		"no policy":                     {tag: "v1", images: images},
		"a policy that may not be seen": {tag: "v1", images: images, policy: "secret"},
		"not there":                     {tag: "v9", images: images, policy: latest, gone: true},
		"by its digest":                 {digest: "sha256:3", images: images, policy: latest, pushes: 5},
		"a digest that is not there":    {tag: "v1", digest: "sha256:9", images: images, gone: true},
		"what runs is what the tag is":  {tag: "v1", running: "sha256:0", images: images, policy: latest, pushes: 2},
		"what runs is a part of it":     {tag: "v1", running: "sha256:0-amd64", images: images},
		"a tag that was pushed over":    {tag: "v2", running: "sha256:2", images: images, policy: latest, moved: true, pushes: 4},
		"and what runs is gone":         {tag: "v2", running: "sha256:9", images: images, policy: latest, moved: true, gone: true},
		"one of the latest":             {tag: "v1", images: images, policy: latest, pushes: 2},
		"due":                           {tag: "v1", images: append(images, nil, nil, nil), policy: latest, until: "2026-11-01"},
		"an earlier rule shields":       {tag: "v1", images: images, policy: latest + "," + rule(1, `"tagStatus": "tagged", "tagPrefixList": ["keep-"], "countType": "imageCountMoreThan", "countNumber": 100`), pushes: 100},
		"all prefixes have to be met":   {tag: "v2", images: images, policy: rule(1, `"tagStatus": "tagged", "tagPrefixList": ["v", "keep-"], "countType": "imageCountMoreThan", "countNumber": 1`)},
		"a pattern":                     {tag: "v2", images: images, policy: rule(1, `"tagStatus": "tagged", "tagPatternList": ["v*"], "countType": "imageCountMoreThan", "countNumber": 3`), pushes: 2},
		"untagged ones only":            {tag: "v2", images: images, policy: rule(1, `"tagStatus": "untagged", "countType": "imageCountMoreThan", "countNumber": 1`)},
		"by age":                        {tag: "v2", images: images, policy: rule(1, `"tagStatus": "any", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 14`), until: "2026-11-16"},
	} {
		found, err := lookUp(t.Context(), repository{c.images, c.policy}, "r:v", "123456789012", "r", c.tag, c.digest, c.running)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		until := ""
		if found.Until != nil {
			until = found.Until.Format(time.DateOnly)
		}
		if found.Gone != c.gone || found.Moved != c.moved || found.Pushes != c.pushes || until != c.until {
			t.Errorf("%s: %+v", name, found)
		}
	}
}

func TestImagesInECR(t *testing.T) {
	for image, want := range map[string]bool{
		"123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/order-bot-svc:v1":                                                     true,
		"123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/team/order-bot-svc:v1":                                                 true,
		"123456789012.dkr.ecr.eu-west-1.amazonaws.com/a@sha256:0123456789012345678901234567890123456789012345678901234567890123": true,
		"public.ecr.aws/docker/library/nginx:1":                                                                                  false,
		"order-bot-svc:v1":                                                                                                       false,
	} {
		if got := InECR.MatchString(image); got != want {
			t.Errorf("%s: %v", image, got)
		}
	}
}
