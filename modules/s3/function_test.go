package s3

import (
	"encoding/json"
	"net/http"
	"os/exec"
	"strings"
	"testing"
)

// The function is run as CloudFront runs it, request by request, with node.
func TestFunctionAnswersRequests(t *testing.T) {
	one, many, redirect := Config{StrictFiles: true}, Config{ManyPages: true}, Config{RedirectDomain: true}
	manyRedirected := Config{ManyPages: true, RedirectDomain: true}
	previews, strictPreviews, manyPreviews := Config{Previews: true}, Config{Previews: true, StrictFiles: true}, Config{Previews: true, ManyPages: true}
	type row struct {
		config Config
		// host, path and query are the request's. want is the file that is looked for, or where the answer leads.
		host, path, query, want string
	}
	rows := []row{
		{one, "", "/", "", "/index.html"},
		{one, "", "/orders/42", "page=2", "/index.html"},
		{one, "", "/orders/42/", "", "/index.html"},
		{one, "", "/v1.2/orders", "", "/index.html"}, // a dot before the last part
		{one, "", "/index.html", "", "/index.html"},
		{one, "", "/robots.txt", "", "/robots.txt"},
		{one, "", "/assets/index-DiwrgTda.js", "", "/assets/index-DiwrgTda.js"},
		{one, "", "/assets/LICENSE", "", "/assets/LICENSE"},
		{one, "", "/.well-known/apple-app-site-association", "", "/.well-known/apple-app-site-association"},
		{one, "www.example.com", "/orders", "", "/index.html"}, // there is no second name

		{many, "", "/", "", "/index.html"},
		{many, "", "/about/", "", "/about/index.html"},
		{many, "", "/about", "", "301 https://example.com/about/"},
		{many, "", "/about", "a=1&b=%20", "301 https://example.com/about/?a=1&b=%20"},
		{many, "d111111abcdef8.cloudfront.net", "//other.org/about", "", "301 https://example.com//other.org/about/"}, // not to other.org
		{many, "", "/about/team.jpg", "", "/about/team.jpg"},
		{many, "", "/assets/LICENSE", "", "/assets/LICENSE"},
		{many, "", "/.well-known/security", "", "/.well-known/security"},

		{redirect, "www.example.com", "/", "", "301 https://example.com/"},
		{redirect, "WWW.example.com", "/a/b.js", "v=1", "301 https://example.com/a/b.js?v=1"},
		{redirect, "www.example.com", "//other.org", "", "301 https://example.com//other.org"},
		{redirect, "example.com", "/orders/42", "", "/orders/42"}, // as without a function
		{redirect, "d111111abcdef8.cloudfront.net", "/orders", "", "/orders"},
		{manyRedirected, "www.example.com", "/about", "", "301 https://example.com/about"},
		{manyRedirected, "example.com", "/about/", "", "/about/index.html"},

		{previews, "pr-12.preview.example.com", "/", "", "/previews/pr-12/index.html"},
		{previews, "PR-12.preview.example.com", "/orders/42", "", "/previews/pr-12/index.html"},
		{previews, "pr-12.preview.example.com", "/assets/a.js", "", "/previews/pr-12/assets/a.js"},
		{previews, "pr-12.preview.example.com", "/previews/x/a.js", "", "/previews/pr-12/previews/x/a.js"},
		{previews, "app.preview.example.com", "/orders/42", "", "/orders/42"},
		{previews, "app.preview.example.com", "/previews/pr-12/index.html", "", "404"},
		{previews, "d111111abcdef8.cloudfront.net", "/previews/pr-12/", "", "404"},
		{previews, "app.preview.example.com", "/%70reviews%2fpr-12/a.js", "", "404"},
		{previews, "app.preview.example.com", "/%/a.js", "", "/%/a.js"},
		{previews, "preview.example.com", "/a.js", "", "/a.js"}, // which leads nowhere: it is no alias
		{one, "example.com", "/previews/a.js", "", "/previews/a.js"},
		{strictPreviews, "pr-12.preview.example.com", "/orders", "", "/previews/pr-12/index.html"},
		{strictPreviews, "app.preview.example.com", "/orders", "", "/index.html"},
		{manyPreviews, "pr-12.preview.example.com", "/about/", "", "/previews/pr-12/about/index.html"},
		{manyPreviews, "pr-12.preview.example.com", "/about", "a=1", "301 https://pr-12.preview.example.com/about/?a=1"},
		{manyPreviews, "app.preview.example.com", "/about", "", "301 https://app.preview.example.com/about/"},
	}
	type call struct{ Code, Host, Path, Query string }
	var calls []call
	for _, r := range rows {
		refs := References{Domain: "example.com"}
		if r.config.RedirectDomain {
			refs.RedirectDomain = "www.example.com"
		}
		if r.config.Previews {
			refs.Domain, refs.PreviewDomain = "app.preview.example.com", "*.preview.example.com" // which is for the site's own name, too
		}
		host := r.host
		if host == "" {
			host = "example.com"
		}
		calls = append(calls, call{r.config.code(refs), host, r.path, r.query})
	}
	// What rawQueryString returns: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/general-helper-methods.html
	const program = `const calls = JSON.parse(require("fs").readFileSync(0, "utf8"));
console.log(JSON.stringify(calls.map(({ Code, Host, Path, Query }) => {
  const request = { method: "GET", uri: Path, headers: { host: { value: Host } }, rawQueryString: () => Query || undefined };
  return new Function(Code + "\nreturn handler;")()({ version: "1.0", context: { eventType: "viewer-request" }, request });
})));`
	given, err := json.Marshal(calls)
	if err != nil {
		t.Fatal(err)
	}
	node := exec.Command("node", "--eval", "\"use strict\";"+program)
	node.Stdin = strings.NewReader(string(given))
	output, err := node.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	var answers []struct {
		URI               string
		StatusCode        int
		StatusDescription string
		Headers           map[string]struct{ Value string }
	}
	if err := json.Unmarshal(output, &answers); err != nil || len(answers) != len(rows) {
		t.Fatalf("%v\n%s", err, output)
	}
	for i, r := range rows {
		answer := answers[i]
		got := answer.URI
		if answer.StatusCode == http.StatusNotFound {
			got = "404"
		} else if answer.StatusCode != 0 {
			got = "301 " + answer.Headers["location"].Value
			if answer.StatusCode != http.StatusMovedPermanently || answer.StatusDescription == "" || answer.Headers["cache-control"].Value != "max-age=3600" {
				t.Errorf("%+v: got %+v", r, answer)
			}
		}
		if got != r.want {
			t.Errorf("%s%s?%s with %+v: got %s, want %s", r.host, r.path, r.query, r.config, got, r.want)
		}
	}
}

// What the function is made of must leave Terraform nothing to interpolate but the host names, and CloudFront takes 10 KB.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html
func TestFunctionIsWhatTerraformAndCloudFrontTake(t *testing.T) {
	if strings.Contains(viewerRequest, "${") || strings.Contains(viewerRequest, "%{") {
		t.Error("Terraform would interpolate a part of viewer_request.js")
	}
	longest := strings.Repeat("a", 253)
	if size := len(Config{ManyPages: true}.code(References{Domain: longest, RedirectDomain: longest, PreviewDomain: longest})); size > 10*1000 {
		t.Errorf("the function has %d bytes", size)
	}
}
