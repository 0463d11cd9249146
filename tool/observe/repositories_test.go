package observe

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aws/smithy-go"

	"github.com/order-bot/infra/tool/aws/awsapi"
	"github.com/order-bot/infra/tool/aws/ecr"
)

// repository is an ECR with one repository, whose images were pushed one a day, and its policy.
type repository struct {
	tags   [][]string
	policy string
}

var firstPush = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

func (r repository) Images(context.Context, ecr.Repository) (all []ecr.Image, err error) {
	for i, tags := range r.tags {
		all = append(all, ecr.Image{Tags: tags, Digest: fmt.Sprintf("sha256:%d", i), Pushed: awsapi.Time{Time: firstPush.AddDate(0, 0, i)}})
	}
	return all, nil
}

func (r repository) Manifest(_ context.Context, _ ecr.Repository, image ecr.ID) (*ecr.Manifest, error) {
	for i, tags := range r.tags {
		digest := fmt.Sprintf("sha256:%d", i)
		if slices.Contains(tags, image.Tag) || image.Digest == digest {
			return &ecr.Manifest{ID: ecr.ID{Tag: image.Tag, Digest: digest}, Text: `{"manifests": [{"digest": "` + digest + `-amd64"}]}`}, nil
		}
	}
	return nil, nil
}

func (r repository) LifecyclePolicy(context.Context, ecr.Repository) (string, error) {
	if r.policy == "secret" {
		return "", &smithy.GenericAPIError{Code: "AccessDeniedException"}
	}
	if r.policy == "" {
		return "", &smithy.GenericAPIError{Code: ecr.LifecyclePolicyNotFound}
	}
	return `{"rules": [` + r.policy + `]}`, nil
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
		"a digest that is not there":    {digest: "sha256:9", images: images, gone: true},
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
		found, err := lookUp(t.Context(), repository{c.images, c.policy}, "r:v", ecr.Ref{ID: ecr.ID{Tag: c.tag, Digest: c.digest}}, c.running)
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
