package preflight

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-bot/infra/tool/aws/awsapi"
	"github.com/order-bot/infra/tool/aws/ecr"
	"github.com/order-bot/infra/tool/tfvalue"
)

// imageClient is what is asked of Elastic Container Registry.
type imageClient interface {
	Manifest(context.Context, ecr.Repository, ecr.ID) (*ecr.Manifest, error)
	LayerURL(ctx context.Context, of ecr.Repository, digest string) (string, error)
}

// processors are what image manifests call the processors of task definitions. The first one is the default.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RuntimePlatform.html
var processors = map[string]string{"": "amd64", "X86_64": "amd64", "ARM64": "arm64"}

// use is an image, and the processor of the tasks that run it.
type use struct {
	image, processor string
	addresses        []string
}

// usesOf are the images of a stack's task definitions, each once.
func usesOf(stack *Stack) (all []use) {
	for _, address := range stack.ofType("aws_ecs_task_definition") {
		users := append(usersOf(stack, address), address)
		for _, container := range containersOf(stack, address) {
			is := use{container.Image, processors[tfvalue.Text(stack.Known[address], "runtime_platform", "cpu_architecture")], sorted(users)}
			at := slices.IndexFunc(all, func(other use) bool { return other.image == is.image && other.processor == is.processor })
			switch {
			case is.image == "": // it is not known
			case at < 0:
				all = append(all, is)
			default:
				all[at].addresses = sorted(slices.Concat(all[at].addresses, is.addresses))
			}
		}
	}
	return all
}

// images looks whether the repository has each image, for the processor of the tasks. Only the registries of AWS are asked.
func images(ctx context.Context, stack *Stack, clientIn func(region string) imageClient) []Finding {
	var findings []Finding
	for _, is := range usesOf(stack) {
		findings = append(findings, is.look(ctx, clientIn))
	}
	return findings
}

// manifest is what names the images of several processors, or the parts of one.
// https://github.com/opencontainers/image-spec/blob/main/image-index.md
type manifest struct {
	Manifests []struct {
		Platform struct{ OS, Architecture string }
	}
	Config struct{ Digest string }
}

func (u use) look(ctx context.Context, clientIn func(region string) imageClient) Finding {
	finding := Finding{Subject: "image " + u.image, Addresses: u.addresses}
	ref, inECR := ecr.Parse(u.image)
	if !inECR {
		return finding.is(Unseen, "it is in a registry outside AWS, which is not looked at")
	}
	client := clientIn(ref.Region)
	found, err := client.Manifest(ctx, ref.Repository, ref.ID)
	switch {
	case awsapi.IsCode(err, ecr.RepositoryNotFound):
		return finding.is(Refused, "%s of the account %s has no repository %s: deploy it first, or correct the name", ref.Region, ref.Account, ref.Name)
	case err != nil:
		return finding.unseen(err)
	case found == nil:
		return finding.is(Refused, "the repository does not have it: push it first, or correct the tag. "+
			"Elastic Container Registry in %s → Repositories → %s shows those that there are", ref.Region, ref.Name)
	}
	has, err := processorsOf(ctx, client, ref.Repository, found.Text)
	switch {
	case err != nil:
		return finding.is(OK, "the repository has it; for which processor is not seen: %s", finding.unseen(err).Text)
	case !slices.Contains(has, u.processor):
		return finding.is(Refused, "it is for the processor %s, and the tasks run on %s: build it with docker build --platform linux/%s, and push it again under another tag", list(has), u.processor, u.processor)
	}
	return finding.is(OK, "the repository has it, for the processor %s", u.processor)
}

// registries returns how clients of ECR are made, for any region.
func registries(config aws.Config) func(region string) imageClient {
	return func(region string) imageClient {
		config.Region = region
		return ecr.New(config)
	}
}

// processorsOf are the processors that a manifest is for.
func processorsOf(ctx context.Context, client imageClient, in ecr.Repository, text string) ([]string, error) {
	var is manifest
	if err := json.Unmarshal([]byte(text), &is); err != nil {
		return nil, fmt.Errorf("its manifest: %w", err)
	}
	var all []string
	for _, one := range is.Manifests {
		if one.Platform.OS == "linux" { // what goes along with an image, such as a signature, is for none
			all = append(all, one.Platform.Architecture)
		}
	}
	if len(is.Manifests) > 0 {
		return sorted(all), nil
	}
	layer, err := client.LayerURL(ctx, in, is.Config.Digest)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, layer, nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("its configuration: %s", strings.ReplaceAll(err.Error(), request.URL.String(), request.URL.Host)) // the address is a password
	}
	defer func() { _ = response.Body.Close() }()
	var config struct{ Architecture string }
	if err := json.NewDecoder(io.LimitReader(response.Body, 8<<20)).Decode(&config); err != nil {
		return nil, fmt.Errorf("its configuration: %s: %w", response.Status, err)
	}
	return []string{config.Architecture}, nil
}
