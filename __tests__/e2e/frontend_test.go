package e2e

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// A build is uploaded with what browsers are to do with it, and CloudFront forgets the old one.
func TestFrontend(t *testing.T) {
	t.Parallel()
	i := newInfra(t, engines[0])
	i.engine = attached(t, i.engine, i.local.Environment())
	dist := filepath.Join(i.dir, "dist")
	has(t, "nothing to upload to", i.run(t, 1, "frontend", dist), "infra: there is no frontend yet: deploy global first")
	has(t, "a first deploy", i.run(t, 0, "deploy", "global", "--yes"), "global is as it should be.\n")
	has(t, "no build", i.run(t, 1, "frontend", i.dir), "has no index.html: give the directory that the frontend's build has written")

	for name, text := range map[string]string{
		"index.html": "<script src=/assets/index-DiwrgTda.js>", "assets/index-DiwrgTda.js": "1", "robots.txt": "", ".DS_Store": "",
	} {
		path := filepath.Join(dist, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	output := i.run(t, 0, "frontend", dist)
	has(t, "an upload", output, "The new frontend is there.\n")
	if index := strings.Index(output, "index.html"); index < strings.Index(output, "robots.txt") || index < strings.Index(output, "assets/") {
		t.Errorf("index.html is not the last one:\n%s", output)
	}

	bucket := i.local.Variables["global"]["frontend_bucket_name"].(string)
	for key, want := range map[string]struct{ control, kind, text string }{
		"index.html":               {"no-cache", "text/html; charset=utf-8", "<script src=/assets/index-DiwrgTda.js>"},
		"assets/index-DiwrgTda.js": {"public, max-age=31536000, immutable", "text/javascript; charset=utf-8", "1"},
		"robots.txt":               {"no-cache", "text/plain; charset=utf-8", ""},
	} {
		object := must[*s3.GetObjectOutput](t)(i.aws.S3.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &bucket, Key: &key}))
		text := must[[]byte](t)(io.ReadAll(object.Body))
		if got := aws.ToString(object.CacheControl); got != want.control || aws.ToString(object.ContentType) != want.kind || string(text) != want.text {
			t.Errorf("%s: %s, %s, %q", key, got, aws.ToString(object.ContentType), text)
		}
	}
	if listed := must[*s3.ListObjectsV2Output](t)(i.aws.S3.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: &bucket})); len(listed.Contents) != 3 {
		t.Errorf("%d objects, not 3", len(listed.Contents))
	}
	distributions := must[*cloudfront.ListDistributionsOutput](t)(i.aws.CloudFront.ListDistributions(t.Context(), &cloudfront.ListDistributionsInput{}))
	invalidations := must[*cloudfront.ListInvalidationsOutput](t)(i.aws.CloudFront.ListInvalidations(t.Context(), &cloudfront.ListInvalidationsInput{
		DistributionId: distributions.DistributionList.Items[0].Id,
	}))
	if got := aws.ToInt32(invalidations.InvalidationList.Quantity); got != 1 {
		t.Errorf("%d invalidations, not 1", got)
	}
	dataIsLeft(t, i)
}
