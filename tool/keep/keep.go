// Package keep has image repositories keep the images that a stack runs, by a tag that their lifecycle policies let stay.
package keep

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-bot/infra/tool/aws/ecr"
	"github.com/order-bot/infra/tool/observe"
	"github.com/order-bot/infra/tool/tfstate"
)

// digits is how many of a digest's digits are in a tag: enough that no two images of a repository have the same.
const digits = 12

// Images gives each image in ECR that the services and jobs of a state run a tag of its own: the prefix, the stack's name, and the first digits of its
// digest. So no tag ever moves, and a repository takes it also where its tags are immutable. It returns an error that names all that cannot be kept.
func Images(ctx context.Context, config aws.Config, stack, prefix string, state *tfstate.State) error {
	running, err := observe.Images(ctx, config, state)
	problems := []error{err}
	images := map[string]bool{}
	for _, is := range running {
		images[is.Image] = true
	}
	for _, image := range slices.Sorted(maps.Keys(images)) {
		if ref, inECR := ecr.Parse(image); inECR {
			if err := one(ctx, config, prefix+stack+"-", ref); err != nil {
				problems = append(problems, fmt.Errorf("%s: %w", image, err))
			}
		}
	}
	return errors.Join(problems...)
}

func one(ctx context.Context, config aws.Config, prefix string, ref ecr.Ref) error {
	config.Region = ref.Region
	client := ecr.New(config)
	manifest, err := client.Manifest(ctx, ref.Repository, ref.ID)
	if err != nil {
		return err
	}
	if manifest == nil {
		return errors.New("the repository does not have it")
	}
	_, digest, _ := strings.Cut(manifest.ID.Digest, ":")
	if len(digest) < digits {
		return fmt.Errorf("its digest is %q, which is none", manifest.ID.Digest)
	}
	return client.PutTag(ctx, ref.Repository, manifest, prefix+digest[:digits])
}
