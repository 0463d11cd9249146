package preflight

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/smithy-go"

	"github.com/order-bot/infra/tool/aws/acm"
	"github.com/order-bot/infra/tool/aws/awsapi"
	"github.com/order-bot/infra/tool/stackjson"
)

// stackOf is a stack in ap-northeast-1 with these resources, all of whose values are known.
func stackOf(t *testing.T, resources string) *Stack {
	t.Helper()
	stack, err := stackjson.Parse([]byte(`{"resource": {` + resources + `}}`))
	if err != nil {
		t.Fatal(err)
	}
	return &Stack{JSON: stack, Known: stack.Known(nil), Region: "ap-northeast-1"}
}

// is fails the test unless there is one finding, with this verdict and these words.
func is(t *testing.T, what string, findings []Finding, verdict Verdict, words ...string) {
	t.Helper()
	if len(findings) != 1 {
		t.Errorf("%s: %d findings: %v", what, len(findings), findings)
		return
	}
	matches(t, what, findings[0], verdict, words...)
}

func matches(t *testing.T, what string, finding Finding, verdict Verdict, words ...string) {
	t.Helper()
	if finding.Verdict != verdict {
		t.Errorf("%s: %s, not %s: %s", what, finding.Verdict, verdict, finding)
	}
	for _, text := range words {
		if !strings.Contains(finding.String(), text) {
			t.Errorf("%s: no %q in %s", what, text, finding)
		}
	}
}

// answers are what AWS answers, or the error.
type answers[T any] struct {
	answer T
	err    error
}

func refusal(operation, code string) error {
	return &smithy.OperationError{ServiceID: "ACM", OperationName: operation, Err: &smithy.GenericAPIError{Code: code, Message: "no"}}
}

type fakeACM answers[acm.Certificate]

func (f fakeACM) describe(context.Context, string) (acm.Certificate, error) { return f.answer, f.err }

func listener(arn string, hosts ...string) string {
	return fmt.Sprintf(`"aws_lb_listener": {"https": {"certificate_arn": %q}, "http": {"port": 80}},
		"aws_lb_listener_rule": {"svc": {"listener_arn": "${aws_lb_listener.https.arn}", "condition": [{"host_header": {"values": ["%s"]}}]}}`, arn, strings.Join(hosts, `", "`))
}

// A certificate has to be issued, in its region and this account, and to cover every name; and its end is said in time.
func TestCertificates(t *testing.T) {
	const arn = "arn:aws:acm:ap-northeast-1:111122223333:certificate/a"
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	issued := func(until time.Time, names ...string) fakeACM {
		return fakeACM{answer: acm.Certificate{
			Status: acm.Issued, Type: acm.Amazon, DomainName: names[0], Names: names, Until: awsapi.Time{Time: until},
		}}
	}
	year := now.AddDate(1, 0, 0)
	with := func(key string) fakeACM {
		is := issued(year, "app.example.com")
		is.answer.Key = key
		return is
	}
	const frontend = `"aws_cloudfront_distribution": {"d": {"aliases": ["app.example.com"], "viewer_certificate": {"acm_certificate_arn": "arn:aws:acm:us-east-1:111122223333:certificate/a"}}}`
	for _, c := range []struct {
		what, resources string
		client          fakeACM
		verdict         Verdict
		words           []string
	}{
		{"all is well", listener(arn, "api.example.com"), issued(year, "*.example.com"), OK, []string{"certificate " + arn + ": *.example.com, issued, until 2027-03-01"}},
		{"by one of its other names", listener(arn, "API.example.com", "b.a.example.com"), issued(year, "example.com", "*.example.com", "b.a.example.com"), OK, nil},
		{"pending", listener(arn, "api.example.com"), fakeACM{answer: acm.Certificate{Status: acm.Pending}}, Refused, []string{"not issued, but PENDING_VALIDATION", "Create records in Route 53"}},
		{"revoked", listener(arn, "api.example.com"), fakeACM{answer: acm.Certificate{Status: acm.Revoked}}, Refused, []string{"REVOKED: request another one"}},
		{"two labels under a wildcard", listener(arn, "a.b.example.com"), issued(year, "*.example.com"), Refused, []string{"not for a.b.example.com: *.example.com stands for one label before example.com, not for more"}},
		{"the name above a wildcard", listener(arn, "example.com"), issued(year, "*.example.com"), Refused, []string{"not for example.com", "not for none"}},
		{"another name", listener(arn, "api.example.com", "api.example.org"), issued(year, "*.example.com"), Refused, []string{"it is for *.example.com, and not for api.example.org: request"}},
		{"expires", listener(arn, "api.example.com"), issued(now.AddDate(0, 0, 13), "*.example.com"), Warning, []string{"expires in 13 days, on 2026-03-14: ACM could not renew it"}},
		{"expires later", listener(arn, "api.example.com"), issued(now.AddDate(0, 0, 15), "*.example.com"), OK, nil},
		{"is not there", listener(arn, "api.example.com"), fakeACM{}, Refused, []string{"ap-northeast-1 has no such certificate"}},
		{"of another account", listener("arn:aws:acm:ap-northeast-1:444455556666:certificate/a", "api.example.com"), fakeACM{}, Refused, []string{"belongs to the account 444455556666, and these credentials are for 111122223333"}},
		{"of another region", listener("arn:aws:acm:us-east-1:111122223333:certificate/a", "api.example.com"), fakeACM{}, Refused, []string{"it is in us-east-1, and the load balancer takes one from ap-northeast-1"}},
		{"nobody may look", listener(arn, "api.example.com"), fakeACM{err: refusal("DescribeCertificate", "AccessDeniedException")}, Unseen, []string{"these credentials may not look (DescribeCertificate of ACM)"}},
		{"no answer", listener(arn, "api.example.com"), fakeACM{err: errors.New("connection refused")}, Unseen, []string{"could not look: connection refused"}},
		{
			"CloudFront", `"aws_cloudfront_distribution": {"d": {"aliases": ["app.example.com"], "viewer_certificate": {"acm_certificate_arn": "` + arn + `"}}}`, fakeACM{},
			Refused, []string{"it is in ap-northeast-1, and CloudFront takes one from us-east-1"},
		},
		{
			"CloudFront in us-east-1", frontend,
			issued(year, "app.example.com"), OK, nil,
		},
		{"a key for CloudFront", frontend, with("EC_prime256v1"), OK, nil},
		{"a key that CloudFront does not take", frontend, with("EC_secp384r1"), Refused, []string{"its key is EC_secp384r1, which CloudFront does not take: request one with RSA 2048 or ECDSA P 256"}},
		{"that key, and a load balancer", listener(arn, "app.example.com"), with("EC_secp384r1"), OK, nil},
	} {
		found := certificates(t.Context(), stackOf(t, c.resources), func() string { return "111122223333" }, c.client.describe, now)
		is(t, c.what, found, c.verdict, c.words...)
	}

	found := certificates(t.Context(), stackOf(t, listener(arn, "api.example.org")), func() string { return "" }, issued(year, "*.example.com").describe, now)
	if got := fmt.Sprint(found[0].Addresses, found[0].Never); got != "[aws_lb_listener.https aws_lb_listener_rule.svc] false" {
		t.Error(got)
	}
	if found := certificates(t.Context(), stackOf(t, `"aws_lb_listener": {"http": {"certificate_arn": "${aws_acm_certificate.c.arn}"}}`), nil, nil, now); len(found) != 0 {
		t.Error(found)
	}
}

// A finding is written as a line, with the verdict first.
func TestWrite(t *testing.T) {
	var out strings.Builder
	if err := Write(&out, []Finding{{Verdict: OK, Subject: "a", Text: "b"}, {Verdict: Unseen, Subject: "c", Text: "d"}}); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), "ok        a: b\nnot seen  c: d\n"; got != want {
		t.Errorf("%q", got)
	}
}
