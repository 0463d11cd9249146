package preflight

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
)

// fakeECR has one image, whose manifest it answers, and the address of its configuration.
type fakeECR struct {
	manifest, url string
	err, layerErr error
	failure       ecrtypes.ImageFailureCode
	asked         *ecr.BatchGetImageInput
	region        string
}

func (f *fakeECR) BatchGetImage(_ context.Context, in *ecr.BatchGetImageInput, options ...func(*ecr.Options)) (*ecr.BatchGetImageOutput, error) {
	set := ecr.Options{}
	for _, option := range options {
		option(&set)
	}
	f.asked, f.region = in, set.Region
	if f.failure != "" {
		return &ecr.BatchGetImageOutput{Failures: []ecrtypes.ImageFailure{{FailureCode: f.failure}}}, nil
	}
	return &ecr.BatchGetImageOutput{Images: []ecrtypes.Image{{ImageManifest: &f.manifest}}}, f.err
}

func (f *fakeECR) GetDownloadUrlForLayer(_ context.Context, in *ecr.GetDownloadUrlForLayerInput, _ ...func(*ecr.Options)) (*ecr.GetDownloadUrlForLayerOutput, error) {
	if *in.LayerDigest != "sha256:c" {
		return nil, fmt.Errorf("another layer: %s", *in.LayerDigest)
	}
	return &ecr.GetDownloadUrlForLayerOutput{DownloadUrl: &f.url}, f.layerErr
}

func definition(image, platform string) string {
	return fmt.Sprintf(`"aws_ecs_task_definition": {"svc": {"container_definitions": %q %s}}, "aws_ecs_service": {"svc": {"task_definition": "${aws_ecs_task_definition.svc.arn}"}}`,
		`[{"name": "svc", "image": "`+image+`"}]`, platform)
}

// A repository of AWS has to have the image, for the processor of the tasks.
func TestImages(t *testing.T) {
	const image = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/order-bot/svc:v1"
	const index = `{"manifests": [{"platform": {"os": "linux", "architecture": "%s"}}, {"platform": {"os": "unknown", "architecture": "unknown"}}]}`
	config := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"architecture": %q, "os": "linux"}`, r.URL.Query().Get("is"))
	}))
	defer config.Close()
	for _, c := range []struct {
		what, image, platform string
		client                fakeECR
		verdict               Verdict
		words                 string
	}{
		{"an index", image, "", fakeECR{manifest: fmt.Sprintf(index, "amd64")}, OK, "image " + image + ": the repository has it, for the processor amd64"},
		{"an index for another processor", image, "", fakeECR{manifest: fmt.Sprintf(index, "arm64")}, Refused, "it is for the processor arm64, and the tasks run on amd64: build it with docker build --platform linux/amd64"},
		{"tasks on ARM", image, `, "runtime_platform": {"cpu_architecture": "ARM64"}`, fakeECR{manifest: fmt.Sprintf(index, "arm64")}, OK, "for the processor arm64"},
		{"an image", image, "", fakeECR{manifest: `{"config": {"digest": "sha256:c"}}`, url: config.URL + "?is=amd64"}, OK, "for the processor amd64"},
		{"an image for another processor", image, "", fakeECR{manifest: `{"config": {"digest": "sha256:c"}}`, url: config.URL + "?is=arm64"}, Refused, "it is for the processor arm64"},
		{"nobody may look into it", image, "", fakeECR{manifest: `{"config": {"digest": "sha256:c"}}`, layerErr: refusal("GetDownloadUrlForLayer", "AccessDeniedException")}, OK, "for which processor is not seen: these credentials may not look (GetDownloadUrlForLayer"},
		{"no such image", image, "", fakeECR{failure: ecrtypes.ImageFailureCodeImageNotFound}, Refused, "the repository does not have it: push it first, or correct the tag. Elastic Container Registry in eu-west-1 → Repositories → order-bot/svc"},
		{"another failure", image, "", fakeECR{failure: ecrtypes.ImageFailureCodeKmsError}, Unseen, "KmsError"},
		{"no such repository", image, "", fakeECR{err: &ecrtypes.RepositoryNotFoundException{}}, Refused, "eu-west-1 of the account 111122223333 has no repository order-bot/svc"},
		{"nobody may look", image, "", fakeECR{err: refusal("BatchGetImage", "AccessDeniedException")}, Unseen, "may not look"},
		{"no answer", image, "", fakeECR{err: errors.New("timeout")}, Unseen, "timeout"},
		{"a public registry", "nginx:1.27", "", fakeECR{err: errors.New("asked")}, Unseen, "image nginx:1.27: it is in a registry outside AWS, which is not looked at"},
		{"a public registry of AWS", "public.ecr.aws/x/y:1", "", fakeECR{err: errors.New("asked")}, Unseen, "not looked at"},
	} {
		is(t, c.what, images(t.Context(), stackOf(t, definition(c.image, c.platform)), &c.client), c.verdict, c.words)
	}

	client := &fakeECR{manifest: fmt.Sprintf(index, "amd64")}
	digest := "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	found := images(t.Context(), stackOf(t, definition(image+"@"+digest, "")), client)
	if aws.ToString(client.asked.ImageIds[0].ImageDigest) != digest || client.asked.ImageIds[0].ImageTag != nil || *client.asked.RepositoryName != "order-bot/svc" || client.region != "eu-west-1" {
		t.Errorf("asked for %+v in %s", client.asked, client.region)
	}
	if got := fmt.Sprint(found[0].Addresses, found[0].Never); got != "[aws_ecs_service.svc aws_ecs_task_definition.svc] false" {
		t.Error(got)
	}
}
