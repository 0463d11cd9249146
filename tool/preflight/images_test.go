package preflight

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/order-bot/infra/tool/aws/ecr"
)

// fakeECR has one image, whose manifest it answers, and the address of its configuration.
type fakeECR struct {
	manifest, url string
	err, layerErr error
	in            ecr.Repository
	image         ecr.ID
	region        string
}

func (f *fakeECR) Manifest(_ context.Context, in ecr.Repository, image ecr.ID) (*ecr.Manifest, error) {
	f.in, f.image = in, image
	if f.manifest == "" {
		return nil, f.err
	}
	return &ecr.Manifest{Text: f.manifest}, f.err
}

func (f *fakeECR) LayerURL(_ context.Context, _ ecr.Repository, digest string) (string, error) {
	if digest != "sha256:c" {
		return "", fmt.Errorf("another layer: %s", digest)
	}
	return f.url, f.layerErr
}

func (f *fakeECR) clientIn(region string) imageClient {
	f.region = region
	return f
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
		{"no such image", image, "", fakeECR{}, Refused, "the repository does not have it: push it first, or correct the tag. Elastic Container Registry in eu-west-1 → Repositories → order-bot/svc"},
		{"another failure", image, "", fakeECR{err: errors.New("KmsError: no key")}, Unseen, "KmsError"},
		{"no such repository", image, "", fakeECR{err: refusal("BatchGetImage", ecr.RepositoryNotFound)}, Refused, "eu-west-1 of the account 111122223333 has no repository order-bot/svc"},
		{"nobody may look", image, "", fakeECR{err: refusal("BatchGetImage", "AccessDeniedException")}, Unseen, "may not look"},
		{"no answer", image, "", fakeECR{err: errors.New("timeout")}, Unseen, "timeout"},
		{"a public registry", "nginx:1.27", "", fakeECR{err: errors.New("asked")}, Unseen, "image nginx:1.27: it is in a registry outside AWS, which is not looked at"},
		{"a public registry of AWS", "public.ecr.aws/x/y:1", "", fakeECR{err: errors.New("asked")}, Unseen, "not looked at"},
	} {
		is(t, c.what, images(t.Context(), stackOf(t, definition(c.image, c.platform)), c.client.clientIn), c.verdict, c.words)
	}

	shared := fmt.Sprintf(`"aws_ecs_task_definition": {"a": {"container_definitions": %[1]q}, "b": {"container_definitions": %[1]q}}`, `[{"image": "`+image+`"}]`)
	found := images(t.Context(), stackOf(t, shared), (&fakeECR{manifest: fmt.Sprintf(index, "amd64")}).clientIn)
	is(t, "an image of two", found, OK, image)
	if want := []string{"aws_ecs_task_definition.a", "aws_ecs_task_definition.b"}; !slices.Equal(found[0].Addresses, want) {
		t.Errorf("%v", found[0].Addresses)
	}

	client := &fakeECR{manifest: fmt.Sprintf(index, "amd64")}
	digest := "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	found = images(t.Context(), stackOf(t, definition(image+"@"+digest, "")), client.clientIn)
	if client.image != (ecr.ID{Digest: digest}) || client.in != (ecr.Repository{Account: "111122223333", Name: "order-bot/svc"}) || client.region != "eu-west-1" {
		t.Errorf("asked for %+v of %+v in %s", client.image, client.in, client.region)
	}
	if got := fmt.Sprint(found[0].Addresses, found[0].Never); got != "[aws_ecs_service.svc aws_ecs_task_definition.svc] false" {
		t.Error(got)
	}
}
