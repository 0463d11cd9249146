package frontend

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-bot/infra/tool/aws/awsapi/awstest"
)

// build writes a build with these files, and returns its directory.
func build(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestReadPutsTheIndexLast(t *testing.T) {
	files, err := read(build(t, "index.html", "assets/index-DiwrgTda.js", "robots.txt", ".DS_Store", "assets/.DS_Store", ".git/config", ".well-known/security.txt"))
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, file := range files {
		keys = append(keys, file.key)
	}
	if want := []string{".well-known/security.txt", "assets/index-DiwrgTda.js", "robots.txt", "index.html"}; !slices.Equal(keys, want) {
		t.Errorf("got %q, want %q", keys, want)
	}
}

func TestReadRefusesWhatIsNoBuild(t *testing.T) {
	dir := build(t, "package.json", "src/index.html")
	if err := os.Symlink("package.json", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	_, err := read(dir)
	if err == nil || !strings.Contains(err.Error(), "has no index.html: give the directory") || !strings.Contains(err.Error(), "link is no regular file") {
		t.Error(err)
	}
	for name, dir := range map[string]string{"nothing": filepath.Join(dir, "dist"), "a file": filepath.Join(dir, "package.json")} {
		if _, err := read(dir); err == nil {
			t.Errorf("%s is a build", name)
		}
	}
}

// A build without the page that the site answers with is refused before anything is uploaded.
func TestUploadRefusesABuildWithoutAnErrorPage(t *testing.T) {
	dir := build(t, "index.html")
	for _, c := range []struct {
		pages []string
		want  string
	}{
		{[]string{"404.html", "index.html"}, dir + " has no 404.html, with which the site answers for a page that is not there: have the frontend's build write one"},
		{[]string{"index.html"}, "operation error S3: PutObject"}, // that far it gets
	} {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		err := Site{Bucket: "b", Region: "eu-west-1", Distribution: "E1", ErrorPages: c.pages}.Upload(ctx, aws.Config{}, dir, "", io.Discard)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("with %v: %v, want %s", c.pages, err, c.want)
		}
	}
}

func TestOnlyHashedNamesAreKeptForEver(t *testing.T) {
	for key, want := range map[string]string{
		"assets/index-DiwrgTda.js":     forEver,
		"assets/index-DiwrgTda.js.map": forEver,
		"assets/logo-_a2b-c3d.svg":     forEver,
		"index.html":                   askEach,
		"favicon.ico":                  askEach,
		"index-DiwrgTda.js":            askEach, // not of the build
		"assets/logo.png":              askEach,
		"assets/logo-original.png":     askEach, // a word
		"assets/logo-transparent1.png": askEach,
	} {
		if got := cacheControl(key); got != want {
			t.Errorf("%s: %s, not %s", key, got, want)
		}
	}
}

func TestContentTypes(t *testing.T) {
	for key, want := range map[string]string{
		"index.html": "text/html; charset=utf-8", "a.js": "text/javascript; charset=utf-8", "A.CSS": "text/css; charset=utf-8",
		"a.svg": "image/svg+xml", "a.woff2": "font/woff2", "a.ico": "image/x-icon", "a.unheard-of": "application/octet-stream", "a": "application/octet-stream",
	} {
		if got := contentType(key); got != want {
			t.Errorf("%s: %s, not %s", key, got, want)
		}
	}
}

func TestURLOfAPreview(t *testing.T) {
	const form = `--preview: "%s" is not allowed (63 lower-case letters, digits and hyphens at most, a letter or digit at both ends, such as pr-12)`
	for _, c := range []struct{ previews, name, want, problem string }{
		{"*.preview.example.com", "pr-12", "https://pr-12.preview.example.com", ""},
		{"*.preview.example.com", "app", "https://app.preview.example.com", ""},
		{"*.example.com", "app", "", "--preview: app.example.com is the site itself"},
		{"*.preview.example.com", "", "", "--preview: the name is empty: leave --preview out to upload the site itself"},
		{"*.preview.example.com", "feature/cart", "", fmt.Sprintf(form, "feature/cart")},
		{"", "Cart-", "", fmt.Sprintf(form, "Cart-") + "\n--preview: the frontend was deployed without previews: switch them on, and deploy it first"},
	} {
		got, err := Site{Names: []string{"app.example.com"}, Previews: c.previews}.URL(c.name)
		if err == nil && (got != c.want || c.problem != "") || err != nil && err.Error() != c.problem {
			t.Errorf("%+v: %s, %v", c, got, err)
		}
	}
}

// A preview is beside the site, and not in its place.
func TestUploadOfAPreview(t *testing.T) {
	config, asked := awstest.Start(t, awstest.OK(""), awstest.OK(""), awstest.Status(http.StatusForbidden, ""))
	err := Site{Bucket: "files", Region: "eu-west-1", Distribution: "E1", Previews: "*.example.com"}.Upload(t.Context(), config, build(t, "index.html", "assets/a.js"), "pr-12", io.Discard)
	if err == nil || !strings.Contains(err.Error(), "all files are uploaded") {
		t.Error(err)
	}
	for i, want := range []string{"PUT /files/previews/pr-12/assets/a.js", "PUT /files/previews/pr-12/index.html"} {
		if got := (*asked)[i].URL; got != want {
			t.Errorf("%s, not %s", got, want)
		}
	}
}
