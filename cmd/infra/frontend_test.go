package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
)

// A frontend that is uploaded in part is told as such, and not as nothing.
func TestInterruptedUpload(t *testing.T) {
	t.Parallel()
	var began atomic.Bool
	release := make(chan struct{})
	aws := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut {
			began.Store(true)
			<-release
		}
		w.WriteHeader(http.StatusOK)
	}))
	defer aws.Close()
	defer close(release)
	p := newProject(t, map[string]string{"state-pull": `{"version": 4, "serial": 1, "lineage": "x", "resources": [
		{"mode": "managed", "type": "aws_s3_bucket", "name": "b", "instances": [{"attributes": {"bucket": "b", "region": "eu-west-1"}}]},
		{"mode": "managed", "type": "aws_cloudfront_distribution", "name": "d", "instances": [{"attributes": {"id": "D"}}]}]}`})
	site := t.TempDir()
	for _, name := range []string{"index.html", "a.js"} {
		if err := os.WriteFile(filepath.Join(site, name), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	command := p.command("frontend", site)
	command.Env = append(command.Env, "AWS_ENDPOINT_URL="+aws.URL)
	var out said
	command.Stdout, command.Stderr = &out, &out
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	until(t, "a file is uploaded", &out, began.Load)
	_ = command.Process.Signal(syscall.SIGTERM)
	const want = "infra: the upload was interrupted: some files are new, and CloudFront may show old ones beside them. Do the same once more\n"
	if status := ends(t, command, &out); status != 1 || !strings.HasSuffix(out.String(), want) {
		t.Errorf("it ended with %d:\n%s", status, out.String())
	}
}
