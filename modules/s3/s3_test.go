package s3_test

import (
	"strings"
	"testing"

	"github.com/order-bot/infra/fastjsii"
	"github.com/order-bot/infra/internal/check/checktest"
	"github.com/order-bot/infra/modules/s3"
)

func TestMain(m *testing.M) { fastjsii.Main(m) }

func TestValidate(t *testing.T) {
	type c = s3.Config
	many := map[string]string{}
	for _, letter := range strings.Split("abcdefghijk", "") {
		many["X-"+letter] = letter
	}
	checktest.Run(t, func() c { return c{} }, []checktest.Case[c]{
		{Name: "defaults", Change: func(*c) {}},
		{Name: "everything", Change: func(c *c) {
			c.Cache = s3.Cache{Seconds: 31536000, Name: "a_year-2"}
			c.Headers = s3.Headers{Values: map[string]string{"Cache-Control": "public, max-age=300", "X-Empty": ""}, WithoutSecurity: true, Name: "headers"}
			c.WithoutCompression, c.IPv6 = true, true
			c.WebACLARN = "arn:aws:wafv2:us-east-1:111122223333:global/webacl/frontend/11111111-2222-3333-4444-555555555555"
		}},
		{Name: "one page, strict files and a second name", Change: func(c *c) { c.StrictFiles, c.RedirectDomain, c.Previews = true, true, true }},
		{Name: "logs", Change: func(c *c) { c.LogBucket, c.LogPrefix = "logs.example", "frontend/"+strings.Repeat("f", 246) }},
		{Name: "logs that AWS refuses", Change: func(c *c) { c.LogBucket, c.LogPrefix = "Logs", "frontend/" }, Want: []string{
			`log bucket: "Logs" is not allowed (3 to 63 lower-case letters, digits, dots and hyphens, a letter or digit at both ends)`,
			`log prefix: "frontend/" is not allowed (a folder of the log bucket, without / at an end, of 255 characters at most)`,
		}},
		{Name: "a prefix that Terraform would read", Change: func(c *c) { c.LogBucket, c.LogPrefix = "logs.example", "${frontend}" }, Want: []string{
			`log prefix: "${frontend}" has ${ or %{, which Terraform takes for its own`,
		}},
		{Name: "a prefix without logs", Change: func(c *c) { c.LogPrefix = "frontend" }, Want: []string{
			`log prefix: "frontend" is not allowed (a folder of the log bucket, without / at an end, of 255 characters at most)`,
		}},
		{Name: "many pages", Change: func(c *c) { c.ManyPages = true }},
		{Name: "strict files twice", Change: func(c *c) { c.StrictFiles, c.ManyPages = true, true }, Want: []string{
			`strict files: with many pages, a file that is not there is an error anyway: take one of the two out`,
		}},
		{Name: "a web ACL of another region", Change: func(c *c) {
			c.WebACLARN = "arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/a/11111111-2222-3333-4444-555555555555"
		}, Want: []string{
			`web ACL: "arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/a/11111111-2222-3333-4444-555555555555" is not allowed (the ARN of a web ACL for CloudFront, which is in us-east-1)`,
		}},
		{Name: "a cache of no time", Change: func(c *c) { c.Cache.Seconds = -1 }, Want: []string{`cache: seconds: -1 is not allowed (1 to 31536000)`}},
		{Name: "a cache longer than a year", Change: func(c *c) { c.Cache.Seconds = 31536001 }, Want: []string{`cache: seconds: 31536001 is not allowed (1 to 31536000)`}},
		{Name: "names of policies that there are not", Change: func(c *c) { c.Cache.Name, c.Headers.Name = "a", "b" }, Want: []string{
			`cache: name: "a" names a policy that there is not without seconds`, `headers: name: "b" names a policy that there is not without values`,
		}},
		{Name: "a name that AWS refuses", Change: func(c *c) { c.Cache = s3.Cache{Seconds: 1, Name: "five minutes"} }, Want: []string{
			`cache: name: "five minutes" is not allowed (letters, digits, - and _)`,
		}},
		{Name: "headers that AWS refuses", Change: func(c *c) {
			c.Headers.Values = map[string]string{"X A": "1", "X-B": "\n", "x-c": "1", "X-C": "2", "X-D": "${d}", "X-Frame-Options": "DENY"}
		}, Want: []string{
			`headers: name of a value: "X A" is not allowed (letters, digits and !#$%&'*+.^_|~-)`,
			`headers: value of X-B: "\n" is not allowed (visible ASCII characters and spaces)`,
			`headers: value of X-D: "${d}" has ${ or %{, which Terraform takes for its own`,
			`headers: values: "X-Frame-Options" is not allowed (AWS takes it as a security header only)`,
			`headers: values: "X-C" and "x-c" are one header`,
		}},
		{Name: "too many headers", Change: func(c *c) { c.Headers.Values = many }, Want: []string{`headers: values: 11 are too many, 10 at most are allowed`}},
	})
}

func TestPreviewDomain(t *testing.T) {
	for name, allowed := range map[string]bool{
		"*.preview.example.com": true, "*.example.com": true, "preview.example.com": false, "*.*.example.com": false, "pr-*.example.com": false, "*.example.com.": false, "*": false, "*.Example.com": false,
	} {
		if s3.PreviewDomain.MatchString(name) != allowed {
			t.Errorf("%q: %v", name, !allowed)
		}
	}
}
