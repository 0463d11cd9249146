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
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/order-bot/infra/tool/aws/awsapi"
	"github.com/order-bot/infra/tool/observe"
)

// imageClient is what is asked of Elastic Container Registry.
type imageClient interface {
	BatchGetImage(context.Context, *ecr.BatchGetImageInput, ...func(*ecr.Options)) (*ecr.BatchGetImageOutput, error)
	GetDownloadUrlForLayer(context.Context, *ecr.GetDownloadUrlForLayerInput, ...func(*ecr.Options)) (*ecr.GetDownloadUrlForLayerOutput, error)
}

// processors are what image manifests call the processors of task definitions. The first one is the default.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RuntimePlatform.html
var processors = map[string]string{"": "amd64", "X86_64": "amd64", "ARM64": "arm64"}

// use is an image, and the processor of the tasks that run it.
type use struct {
	image, processor string
	addresses        []string
}

// usesOf are the images of a stack's task definitions.
func usesOf(stack *Stack) (all []use) {
	for _, address := range stack.ofType("aws_ecs_task_definition") {
		users := []string{address}
		for _, service := range slices.Concat(stack.ofType("aws_ecs_service"), stack.ofType("aws_scheduler_schedule")) {
			if slices.Contains(stack.JSON.References(service), address) {
				users = append(users, service)
			}
		}
		for _, container := range containersOf(stack, address) {
			if container.Image != "" {
				all = append(all, use{container.Image, processors[text(stack.Known[address], "runtime_platform", "cpu_architecture")], sorted(users)})
			}
		}
	}
	return all
}

// images looks whether the repository has each image, for the processor of the tasks. Only the registries of AWS are asked.
func images(ctx context.Context, stack *Stack, client imageClient) []Finding {
	var findings []Finding
	for _, is := range usesOf(stack) {
		findings = append(findings, is.look(ctx, client))
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

func (u use) look(ctx context.Context, client imageClient) Finding {
	finding := Finding{Verdict: Refused, Subject: "image " + u.image, Addresses: u.addresses}
	parts := observe.InECR.FindStringSubmatch(u.image)
	if parts == nil {
		finding.Verdict, finding.Text = Unseen, "it is in a registry outside AWS, which is not looked at"
		return finding
	}
	registry, region, repository := parts[1], parts[2], parts[3]
	id := ecrtypes.ImageIdentifier{}
	if parts[5] != "" {
		id.ImageDigest = &parts[5]
	} else {
		id.ImageTag = &parts[4]
	}
	in := func(o *ecr.Options) { o.Region = region }
	found, err := client.BatchGetImage(ctx, &ecr.BatchGetImageInput{RegistryId: &registry, RepositoryName: &repository, ImageIds: []ecrtypes.ImageIdentifier{id}, AcceptedMediaTypes: observe.MediaTypes}, in)
	shown := fmt.Sprintf("Elastic Container Registry in %s → Repositories → %s shows those that there are", region, repository)
	switch {
	case awsapi.IsCode(err, "RepositoryNotFoundException"):
		finding.Text = fmt.Sprintf("%s of the account %s has no repository %s: deploy it first, or correct the name", region, registry, repository)
		return finding
	case err != nil:
		return unseen(finding.Subject, u.addresses, err)
	case len(found.Images) == 0 && len(found.Failures) > 0 && found.Failures[0].FailureCode != ecrtypes.ImageFailureCodeImageNotFound && found.Failures[0].FailureCode != ecrtypes.ImageFailureCodeImageTagDoesNotMatchDigest:
		return unseen(finding.Subject, u.addresses, fmt.Errorf("%s: %s", found.Failures[0].FailureCode, aws.ToString(found.Failures[0].FailureReason)))
	case len(found.Images) == 0:
		finding.Text = "the repository does not have it: push it first, or correct the tag. " + shown
		return finding
	}
	has, err := processorsOf(ctx, client, registry, repository, aws.ToString(found.Images[0].ImageManifest), in)
	switch {
	case err != nil:
		finding.Verdict, finding.Text = OK, "the repository has it; for which processor is not seen: "+unseen("", nil, err).Text
	case !slices.Contains(has, u.processor):
		finding.Text = fmt.Sprintf("it is for the processor %s, and the tasks run on %s: build it with docker build --platform linux/%s, and push it again under another tag", list(has), u.processor, u.processor)
	default:
		finding.Verdict, finding.Text = OK, "the repository has it, for the processor "+u.processor
	}
	return finding
}

// processorsOf are the processors that a manifest is for.
func processorsOf(ctx context.Context, client imageClient, registry, repository, text string, in func(*ecr.Options)) ([]string, error) {
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
	layer, err := client.GetDownloadUrlForLayer(ctx, &ecr.GetDownloadUrlForLayerInput{RegistryId: &registry, RepositoryName: &repository, LayerDigest: &is.Config.Digest}, in)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, aws.ToString(layer.DownloadUrl), nil)
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
