package preflight

import (
	"fmt"
	"strings"
	"testing"
)

// What is wrong with a host name is said, and how it would be right.
func TestHostNames(t *testing.T) {
	for name, want := range map[string]string{
		"api.example.com":                 "",
		"*.example.com":                   "",
		"xn--bcher-kva.example.com":       "",
		"bücher.example.com":              `it has letters that are not ASCII: write "xn--bcher-kva.example.com"`,
		"例え.example.com":                  `it has letters that are not ASCII: write "xn--r8jz45g.example.com"`,
		"my_api.example.com":              `it has an underscore, which no certificate may have: write "my-api.example.com"`,
		"https://api.example.com:443/x/y": `it has a scheme before it, a path after it, a port after it: write "api.example.com"`,
		"api.example.com.":                `it has a dot at the end: write "api.example.com"`,
		"api..example.com":                `it has two dots with nothing between them, or one at the beginning: write "api.example.com"`,
		"api-.example.com":                `it has the part "api-", which is none: a host name consists of letters, digits and hyphens, with a dot after each 63 of them at most`,
		"a b@example.com":                 `it has the part "a b@example", which is none: a host name`,
		"*":                               `it has the part "*", which is none: a host name`,
		strings.Repeat("a", 64) + ".com":  `it has a part of 64 characters: a host name`,
		strings.Repeat("a", 63) + ".com":  "",
		" API.example.com":                `it has spaces around it, upper-case letters: write "api.example.com"`,
	} {
		found := hostNames(stackOf(t, records(name)))
		if want == "" {
			if len(found) != 0 {
				t.Errorf("%s: %v", name, found)
			}
			continue
		}
		is(t, name, found, Refused, fmt.Sprintf("host name %q: %s", name, want))
	}
	found := hostNames(stackOf(t, records("a.example.com.")+", "+listener("arn", "a.example.com.", "b_.example.com")))
	if len(found) != 2 || fmt.Sprint(found[0].Addresses) != "[aws_lb_listener_rule.svc aws_route53_record.a]" {
		t.Errorf("%+v", found)
	}
	found = hostNames(stackOf(t, `"aws_cloudfront_distribution": {"d": {"aliases": ["http://app.example.com"]}}`))
	is(t, "an alias", found, Refused, `write "app.example.com"`)
}

// Environment variables without a value are named, and no value is.
func TestEnvironments(t *testing.T) {
	task := func(environment string) string {
		return fmt.Sprintf(`"aws_ecs_task_definition": {"svc": {"container_definitions": %q}}`, `[{"name": "svc", "image": "x:1", "environment": [`+environment+`]}]`)
	}
	for environment, want := range map[string]struct {
		verdict Verdict
		words   string
	}{
		`{"name": "A", "value": "secret"}, {"name": "B", "value": "0"}`:                            {OK, "environment of svc: 2 variables, each with a value"},
		`{"name": "B", "value": ""}, {"name": "A", "value": ""}, {"name": "C", "value": "secret"}`: {Warning, "empty: A, B. ECS drops"},
		`{"name": "A", "value": null}, {"name": "B", "value": ""}`:                                 {Refused, "null: A. A variable"},
	} {
		is(t, environment, environments(stackOf(t, task(environment))), want.verdict, want.words)
	}
	if found := environments(stackOf(t, `"aws_ecs_task_definition": {"svc": {"container_definitions": "${jsonencode(var.unknown)}"}}`)); len(found) != 0 {
		t.Error(found)
	}
}
