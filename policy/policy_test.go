package policy

import (
	"strings"
	"testing"

	"github.com/order-bot/infra/internal/check"
)

func said(t *testing.T, err error, want string) {
	t.Helper()
	got := ""
	if err != nil {
		got = strings.Join(check.Lines(err), "\n")
	}
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

var stacks = []string{"global", "prod"}

// The list that is in use: its form here, its content in make policy, which needs Python.
func TestAcceptedIsWellFormed(t *testing.T) {
	accepted, err := parse(acceptedJSON, stacks)
	if err != nil || len(accepted) == 0 {
		t.Fatal(len(accepted), err)
	}
}

func TestParse(t *testing.T) {
	_, err := parse([]byte(`[
		{"check": "S3", "stack": "production", "addresses": [], "reason": "not needed"},
		{"check": "CKV_AWS_18", "stack": "prod", "addresses": ["a", "b", "a"], "reason": "here is one that will do"},
		{"check": "CKV_AWS_18", "stack": "prod", "addresses": ["b"], "reason": "here is one that will do"},
		{"check": "CKV_AWS_18", "stack": "global", "addresses": ["b"], "reason": "here is one that will do"}
	]`), stacks)
	said(t, err, `policy/accepted.json: entry 1: check: "S3" is not the id of a check, such as CKV_AWS_18
policy/accepted.json: entry 1: stack: "production" is not one of global, prod, environments
policy/accepted.json: entry 1: addresses: none
policy/accepted.json: entry 1: reason: "not needed" is too short (5 words or more)
policy/accepted.json: entry 2: addresses: "a" is in entry 2 already
policy/accepted.json: entry 3: addresses: "b" is in entry 2 already`)
	_, err = parse([]byte(`[{"check": "CKV_AWS_18", "address": "a"}]`), stacks)
	said(t, err, `policy/accepted.json: json: unknown field "address"`)

	// What is accepted of the network is for those that have one.
	ofNetwork := []byte(`[{"check": "CKV2_AWS_11", "stack": "network", "addresses": ["a"], "reason": "here is one that will do"}]`)
	for _, names := range [][]string{stacks, append([]string{"network"}, stacks...)} {
		accepted, err := parse(ofNetwork, names)
		said(t, err, "")
		if len(accepted) != len(names)-len(stacks) {
			t.Errorf("of %q is accepted: %v", names, accepted)
		}
	}
}

func TestCompare(t *testing.T) {
	accepted := []Accepted{{Check: "CKV_AWS_18", Stack: "global", Addresses: []string{"aws_s3_bucket.a", "aws_s3_bucket.b"}}}
	a := Finding{Check: "CKV_AWS_18", Title: "Ensure logging", Stack: "global", Address: "aws_s3_bucket.a"}
	b, elsewhere := a, a
	b.Address, elsewhere.Stack = "aws_s3_bucket.b", "prod"
	other := Finding{Check: "CKV_AWS_21", Title: "Ensure versioning", Stack: "global", Address: "aws_s3_bucket.a"}

	said(t, compare([]Finding{a, b}, accepted), "")
	said(t, compare([]Finding{a, b, elsewhere, other}, accepted),
		`prod: aws_s3_bucket.a: CKV_AWS_18: Ensure logging; change the setting, or accept it in policy/accepted.json with a reason
global: aws_s3_bucket.a: CKV_AWS_21: Ensure versioning; change the setting, or accept it in policy/accepted.json with a reason`)
	pattern := []Accepted{{Check: "CKV_AWS_18", Stack: environments, Addresses: []string{"aws_s3_bucket.*_logs"}}}
	logs, shared := a, a
	logs.Stack, logs.Address, shared.Address = "staging", "aws_s3_bucket.svc_logs", "aws_s3_bucket.svc_logs"
	said(t, compare([]Finding{logs}, pattern), "")
	said(t, compare([]Finding{logs, shared}, pattern),
		"global: aws_s3_bucket.svc_logs: CKV_AWS_18: Ensure logging; change the setting, or accept it in policy/accepted.json with a reason")
	said(t, compare([]Finding{a}, accepted),
		"global: aws_s3_bucket.b: CKV_AWS_18 is accepted in policy/accepted.json, and not found any more; delete it there")
}

// A null counts as a setting for checkov: a security group whose prefix_list_ids are null passes, open as it may be.
func TestScannable(t *testing.T) {
	got, err := scannable([]byte(`{
		"terraform": {"backend": {}}, "moved": [{"from": "a", "to": "b"}],
		"variable": {"cidrs": {"default": ["0.0.0.0/0"]}, "port": {"default": 8000}, "vpc": {"type": "string"}},
		"resource": {"aws_security_group": {"alb": {
			"description": null, "vpc_id": "${var.vpc}", "name": "${var.port}-${var.port}", "id": "port",
			"ingress": [{"cidr_blocks": "${var.cidrs}", "from_port": "${var.port}", "prefix_list_ids": null}]
		}}}
	}`))
	want := `{"resource":{"aws_security_group":{"alb":{"id":"port","ingress":[{"cidr_blocks":["0.0.0.0/0"],"from_port":8000}],"name":"${var.port}-${var.port}","vpc_id":"${var.vpc}"}}},` +
		`"variable":{"cidrs":{"default":["0.0.0.0/0"]},"port":{"default":8000},"vpc":{"type":"string"}}}`
	if err != nil || string(got) != want {
		t.Errorf("%v: got\n%s\nwant\n%s", err, got, want)
	}
	if _, err := scannable([]byte("{")); err == nil {
		t.Error("no error of what is no JSON")
	}
}

func TestRead(t *testing.T) {
	stack := []byte(`{"resource": {"aws_s3_bucket": {"frontend_bucket": {}}, "aws_lb": {"alb": {}}}, "data": {"aws_region": {"ecs_region": {}}}}`)
	output := func(resource string) []byte {
		return []byte(`{"results": {"failed_checks": [{"check_id": "CKV_AWS_18", "check_name": "Ensure logging", "resource": "` + resource + `"}]}, "summary": {"passed": 3, "parsing_errors": 0}}`)
	}
	for _, resource := range []string{"aws_s3_bucket.frontend_bucket", "resource.frontend_bucket"} {
		found, passed, err := read("global", stack, output(resource))
		if want := (Finding{"CKV_AWS_18", "Ensure logging", "global", "aws_s3_bucket.frontend_bucket"}); err != nil || passed != 3 || len(found) != 1 || found[0] != want {
			t.Errorf("%s: %v, %v, %v", resource, found, passed, err)
		}
	}
	for name, c := range map[string]struct{ output, want string }{
		"no JSON":          {"Traceback", "unreadable output: invalid character 'T' looking for beginning of value\nTraceback"},
		"nothing scanned":  {`{"summary": {"passed": 0}}`, "it could not read the stack (0 checks passed, 0 parsing errors)"},
		"half of it":       {`{"summary": {"passed": 3, "parsing_errors": 1}}`, "it could not read the stack (3 checks passed, 1 parsing errors)"},
		"who is it about?": {string(output("resource.bucket")), `CKV_AWS_18 is about "resource.bucket", which is []`},
	} {
		_, _, err := read("global", stack, []byte(c.output))
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}
