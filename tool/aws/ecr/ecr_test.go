package ecr

import (
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/order-bot/infra/tool/aws/awsapi"
	"github.com/order-bot/infra/tool/aws/awsapi/awstest"
)

// The answers are as the reference has them, with more than is read.

var of = Repository{Account: "123456789012", Name: "order-bot"}

const named = `{"registryId":"123456789012","repositoryName":"order-bot"`

// asksFor fails the test unless these were asked for, action and input.
func asksFor(t *testing.T, asked *[]awstest.Request, want ...string) {
	t.Helper()
	for i, request := range *asked {
		action := strings.TrimPrefix(request.Header.Get("X-Amz-Target"), "AmazonEC2ContainerRegistry_V20150921.")
		if got := action + " " + request.Body; i >= len(want) || got != want[i] || request.Signed != "eu-west-1/ecr" {
			t.Errorf("asked for %s, signed for %s", got, request.Signed)
		}
	}
}

func TestARepository(t *testing.T) {
	settings, asked := awstest.Start(t,
		awstest.OK(`{"repositories": [{"registryId": "123456789012", "repositoryName": "order-bot", "repositoryArn": "arn:r", "createdAt": 1563223656.0}]}`),
		awstest.OK(`{"tags": [{"Key": "Project", "Value": "order-bot"}]}`),
		awstest.OK(`{"registryId": "123456789012", "repositoryName": "order-bot", "lifecyclePolicyText": "{}", "lastEvaluatedAt": 1563223656.0}`),
		awstest.OK(`{"imageIds": [{"imageTag": "v1", "imageDigest": "sha256:1"}], "nextToken": "more"}`), awstest.OK(`{"imageIds": []}`),
		awstest.Status(http.StatusBadRequest, `{"__type": "RepositoryNotFoundException", "message": "There is none."}`))
	client := New(settings)
	if arn, err := client.RepositoryARN(t.Context(), "order-bot"); err != nil || arn != "arn:r" {
		t.Errorf("got %q, %v", arn, err)
	}
	if tags, err := client.Tags(t.Context(), "arn:r"); err != nil || !reflect.DeepEqual(tags, map[string]string{"Project": "order-bot"}) {
		t.Errorf("got %v, %v", tags, err)
	}
	if policy, err := client.LifecyclePolicy(t.Context(), of); err != nil || policy != "{}" {
		t.Errorf("got %q, %v", policy, err)
	}
	if has, err := client.HasImages(t.Context(), of); err != nil || !has {
		t.Errorf("got %v, %v", has, err)
	}
	if has, err := client.HasImages(t.Context(), Repository{Name: "empty"}); err != nil || has {
		t.Errorf("got %v, %v", has, err)
	}
	if _, err := client.RepositoryARN(t.Context(), "other"); !awsapi.IsCode(err, RepositoryNotFound) {
		t.Errorf("got %v", err)
	}
	asksFor(t, asked, `DescribeRepositories {"repositoryNames":["order-bot"]}`, `ListTagsForResource {"resourceArn":"arn:r"}`, `GetLifecyclePolicy `+named+`}`,
		`ListImages `+named+`,"maxResults":1}`, `ListImages {"repositoryName":"empty","maxResults":1}`, `DescribeRepositories {"repositoryNames":["other"]}`)
}

func TestImages(t *testing.T) {
	settings, asked := awstest.Start(t,
		awstest.OK(`{"imageDetails": [{"registryId": "123456789012", "imageDigest": "sha256:1", "imageTags": ["v1", "latest"], "imagePushedAt": 1563223656.0, "imageSizeInBytes": 1}], "nextToken": "more"}`),
		awstest.OK(`{"imageDetails": [{"imageDigest": "sha256:2", "imagePushedAt": 1563223657}]}`))
	got, err := New(settings).Images(t.Context(), of)
	pushed := time.Date(2019, 7, 15, 20, 47, 36, 0, time.UTC)
	if want := []Image{
		{"sha256:1", []string{"v1", "latest"}, awsapi.Time{Time: pushed}}, {"sha256:2", nil, awsapi.Time{Time: pushed.Add(time.Second)}},
	}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
	asksFor(t, asked, `DescribeImages `+named+`}`, `DescribeImages {"nextToken":"more",`+named[1:]+`}`)
}

func TestAnImage(t *testing.T) {
	failure := func(code string) awstest.Answer {
		return awstest.OK(`{"images": [], "failures": [{"imageId": {"imageTag": "v1"}, "failureCode": "` + code + `", "failureReason": "Because."}]}`)
	}
	settings, asked := awstest.Start(t,
		awstest.OK(`{"images": [{"registryId": "123456789012", "imageId": {"imageDigest": "sha256:1", "imageTag": "v1"}, "imageManifest": "{}", "imageManifestMediaType": "application/vnd.oci.image.index.v1+json"}], "failures": []}`),
		failure("ImageNotFound"), failure("KmsError"), awstest.OK(`{"downloadUrl": "https://secret", "layerDigest": "sha256:c"}`))
	client := New(settings)
	if got, err := client.Manifest(t.Context(), of, ID{Tag: "v1"}); err != nil || !reflect.DeepEqual(got, &Manifest{ID{"v1", "sha256:1"}, "{}", "application/vnd.oci.image.index.v1+json"}) {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := client.Manifest(t.Context(), of, ID{Digest: "sha256:2"}); err != nil || got != nil {
		t.Errorf("one that is not there: %v, %v", got, err)
	}
	if got, err := client.Manifest(t.Context(), of, ID{Tag: "v1"}); err == nil || err.Error() != "KmsError: Because." {
		t.Errorf("one that cannot be read: %v, %v", got, err)
	}
	if url, err := client.LayerURL(t.Context(), of, "sha256:c"); err != nil || url != "https://secret" {
		t.Errorf("got %q, %v", url, err)
	}
	types := `"acceptedMediaTypes":["` + strings.Join(mediaTypes, `","`) + `"]}`
	asksFor(t, asked, `BatchGetImage `+named+`,"imageIds":[{"imageTag":"v1"}],`+types, `BatchGetImage `+named+`,"imageIds":[{"imageDigest":"sha256:2"}],`+types,
		`BatchGetImage `+named+`,"imageIds":[{"imageTag":"v1"}],`+types, `GetDownloadUrlForLayer `+named+`,"layerDigest":"sha256:c"}`)
}

func TestParse(t *testing.T) {
	const digest = "sha256:0123456789012345678901234567890123456789012345678901234567890123"
	for image, want := range map[string]Ref{
		"123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/order-bot-svc:v1":     {"ap-northeast-1", Repository{"123456789012", "order-bot-svc"}, ID{Tag: "v1"}},
		"123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/team/order-bot-svc:v1": {"cn-north-1", Repository{"123456789012", "team/order-bot-svc"}, ID{Tag: "v1"}},
		"123456789012.dkr.ecr.eu-west-1.amazonaws.com/a@" + digest:               {"eu-west-1", Repository{"123456789012", "a"}, ID{Digest: digest}},
		"123456789012.dkr.ecr.eu-west-1.amazonaws.com/a:v1@" + digest:            {"eu-west-1", Repository{"123456789012", "a"}, ID{Digest: digest}},
		"public.ecr.aws/docker/library/nginx:1":                                  {},
		"order-bot-svc:v1":                                                       {},
	} {
		if got, ok := Parse(image); got != want || ok != (want != Ref{}) {
			t.Errorf("%s: %v", image, got)
		}
	}
}
