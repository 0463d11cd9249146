package observe

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-bot/infra/tool/aws/ecs"
	"github.com/order-bot/infra/tool/rollout"
	"github.com/order-bot/infra/tool/tfstate"
)

// mostPast is how many deployments of a service are looked at.
const mostPast = 60

// Past is an image that a service had, by a deployment that ended well, or one that it was to have.
type Past struct {
	// Image is as it was written, and Digest the one that this was then, "" if ECS does not know.
	Image, Digest string
	// When is when the last such deployment ended.
	When time.Time
	// Ran is whether a task ran then. A deploy at night starts none, so that it ended well says nothing of its image.
	Ran bool
	// Now is whether it is the one that the service has now.
	Now bool
	// Gone is whether its repository has it no more, and Moved whether the tag is another image by now. Unseen is why nobody could look, or "".
	Gone, Moved bool
	Unseen      string
}

// Deployable is the image in a form that is this one, also where its tag is another one by now.
func (p Past) Deployable() string {
	if !p.Moved {
		return p.Image
	}
	name, _, _ := strings.Cut(p.Image, "@")
	if at := strings.LastIndex(name, ":"); at > strings.LastIndex(name, "/") {
		name = name[:at]
	}
	return name + "@" + p.Digest
}

// History returns the images that a service of a state had, the latest first, as far as ECS remembers: for 90 days. Where what was deployed last
// failed and ECS went back from it by itself, failed is the image of that, and otherwise nil. It returns an error if the state has no such service, or
// if ECS does not tell.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-deployment.html
func History(ctx context.Context, config aws.Config, state *tfstate.State, service string) (all []Past, failed *Past, err error) {
	cluster := ClusterOf(state, service)
	if cluster == "" {
		return nil, nil, fmt.Errorf("the state has no service %s", service)
	}
	config = rollout.In(config, cluster)
	client := ecs.New(config)
	now, err := client.Service(ctx, cluster, service)
	if err != nil {
		return nil, nil, err
	}
	if now.Status != ecs.Active {
		return nil, nil, fmt.Errorf("ECS has no service %s", service)
	}
	deployments, err := client.ServiceDeployments(ctx, cluster, service, mostPast)
	if err != nil {
		return nil, nil, err
	}
	var arns []string
	for _, deployment := range deployments {
		arns = append(arns, deployment.Target.ARN)
	}
	revisions, err := client.ServiceRevisions(ctx, slices.Compact(slices.Sorted(slices.Values(arns))))
	if err != nil {
		return nil, nil, err
	}
	for i, deployment := range deployments {
		at := slices.IndexFunc(revisions, func(r ecs.ServiceRevision) bool { return r.ARN == deployment.Target.ARN })
		if at < 0 {
			continue
		}
		past := Past{When: cmp.Or(deployment.Finished.Time, deployment.Created.Time), Ran: deployment.Target.Running > 0}
		for _, image := range revisions[at].Images {
			if image.Container == service {
				past.Image, past.Digest = image.Image, image.Digest
			}
		}
		if i == 0 && deployment.Status.WentBack() {
			failed = &past
		}
		if deployment.Status != ecs.Successful {
			continue
		}
		past.Now = revisions[at].TaskDefinition == now.TaskDefinition
		all = remember(all, past)
	}
	for i := range all { // whether the repository still has it
		past := &all[i]
		seen, unseen := repositories(ctx, config, []string{past.Image}, map[string]string{past.Image: past.Digest})
		for _, image := range seen {
			past.Gone, past.Moved = image.Gone, image.Moved
		}
		past.Unseen = strings.Join(unseen, "")
	}
	return all, failed, nil
}

// remember adds a deployment that was before the others. One of the same image says of that only whether it ever ran.
func remember(all []Past, past Past) []Past {
	if past.Image == "" {
		return all
	}
	for i, later := range all {
		if later.Image == past.Image && (later.Digest == past.Digest || later.Digest == "" || past.Digest == "") {
			all[i].Now = later.Now || past.Now
			all[i].Digest = cmp.Or(later.Digest, past.Digest)
			if !later.Ran && past.Ran {
				all[i].Ran, all[i].When = true, past.When
			}
			return all
		}
	}
	return append(all, past)
}
