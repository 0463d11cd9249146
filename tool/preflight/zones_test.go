package preflight

import (
	"context"
	"errors"
	"net"
	"slices"
	"testing"

	"github.com/aws/smithy-go"

	"github.com/order-bot/infra/tool/aws/route53"
)

type fakeRoute53 struct {
	answer *route53.HostedZone
	err    error
	// delegated are the domains that the zone leaves to other name servers.
	delegated []string
	recordErr error
}

func (f fakeRoute53) GetHostedZone(context.Context, string) (*route53.HostedZone, error) {
	return f.answer, f.err
}

// ListResourceRecordSets begins at a name, as AWS does: where there is none of it, what it answers is another one's.
func (f fakeRoute53) ListResourceRecordSets(_ context.Context, _, name, kind string, _ int) ([]route53.RecordSet, error) {
	if kind == "NS" && slices.Contains(f.delegated, name) {
		return []route53.RecordSet{{Name: name + ".", Type: "NS", Values: []string{"ns-9.awsdns.net.", "ns-8.awsdns.com."}}}, f.recordErr
	}
	return []route53.RecordSet{{Name: "z." + name + ".", Type: "NS", Values: []string{"ns-7.awsdns.net."}}}, f.recordErr
}

func hostedZone(private bool) fakeRoute53 {
	return fakeRoute53{answer: &route53.HostedZone{Name: "example.com.", Private: private, NameServers: []string{"ns-2.awsdns.org", "ns-1.awsdns.com"}}}
}

// fakeDNS are the name servers by name.
type fakeDNS map[string]answers[[]string]

func (f fakeDNS) LookupNS(_ context.Context, name string) ([]*net.NS, error) {
	var servers []*net.NS
	for _, host := range f[name].answer {
		servers = append(servers, &net.NS{Host: host})
	}
	return servers, f[name].err
}

func records(names ...string) string {
	all := ""
	for i, name := range names {
		if i > 0 {
			all += ", "
		}
		all += `"` + string(rune('a'+i)) + `": {"zone_id": "Z1", "name": "` + name + `", "type": "A"}`
	}
	return `"aws_route53_record": {` + all + `}`
}

// A zone has to be there, to be public, and to hold the names.
func TestZones(t *testing.T) {
	for _, c := range []struct {
		what    string
		client  fakeRoute53
		names   []string
		verdict Verdict
		words   []string
	}{
		{"all is well", hostedZone(false), []string{"api.example.com", "example.com"}, OK, []string{"hosted zone Z1: example.com, public, holds api.example.com, example.com"}},
		{"a label, which the provider completes", hostedZone(false), []string{"api", "app.example.com"}, OK, []string{"holds api.example.com, app.example.com"}},
		{"a label in a private one", hostedZone(true), []string{"api"}, Refused, []string{"it is private"}},
		{"a private one", hostedZone(true), []string{"api.example.com"}, Refused, []string{"it is private", "public zone of example.com"}},
		{"outside", hostedZone(false), []string{"api.notexample.com"}, Refused, []string{"api.notexample.com is not in this zone, which is example.com"}},
		{"not there", fakeRoute53{err: &smithy.GenericAPIError{Code: route53.NoSuchHostedZone}}, []string{"api.example.com"}, Refused, []string{"hosted zone Z1: this account has no such zone"}},
		{"nobody may look", fakeRoute53{err: refusal("GetHostedZone", "AccessDenied")}, []string{"api.example.com"}, Unseen, []string{"may not look"}},
	} {
		found := zones(t.Context(), stackOf(t, records(c.names...)), c.client, nil)
		if len(found) == 2 { // and that nobody asks DNS
			matches(t, c.what, found[1], Unseen, "delegation of example.com: a local AWS is no part of DNS")
			found = found[:1]
		}
		is(t, c.what, found, c.verdict, c.words...)
	}
	away := hostedZone(false)
	away.delegated = []string{"dev.example.com"}
	found := zones(t.Context(), stackOf(t, records("api.dev.example.com", "example.com", "b.dev.example.com")), away, nil)
	is(t, "a part of the zone that is elsewhere", found[:1], Refused,
		"hosted zone Z1: it leaves dev.example.com to ns-8.awsdns.com, ns-9.awsdns.net, so that nobody finds api.dev.example.com, b.dev.example.com in it: take the id of the zone that has these name servers")
	if len(found) != 2 || found[0].Never || !slices.Equal(found[0].Addresses, []string{"aws_route53_record.a", "aws_route53_record.c"}) {
		t.Errorf("%+v", found)
	}
	away.recordErr = refusal("ListResourceRecordSets", "AccessDenied")
	is(t, "records that nobody may see", zones(t.Context(), stackOf(t, records("api.example.com")), away, nil)[:1], Unseen, "may not look")
	found = zones(t.Context(), stackOf(t, records("api.example.com", "api.other.org", "app.other.org")), hostedZone(false), nil)
	if len(found) != 3 || found[1].Addresses[0] != "aws_route53_record.c" {
		t.Errorf("names within and outside: %v", found)
	}
}

// DNS has to ask the name servers of the zone.
func TestDelegation(t *testing.T) {
	servers := hostedZone(false).answer.NameServers
	nothing := &net.DNSError{Err: "no such host", IsNotFound: true}
	for _, c := range []struct {
		what    string
		dns     fakeDNS
		verdict Verdict
		words   []string
	}{
		{"all is well", fakeDNS{"example.com.": {answer: []string{"NS-1.awsdns.com.", "ns-2.awsdns.org."}}}, OK, nil},
		{"another zone", fakeDNS{"example.com.": {answer: []string{"ns-7.awsdns.net."}}}, Refused, []string{"DNS asks ns-7.awsdns.net, and the zone Z1 is at ns-1.awsdns.com, ns-2.awsdns.org: take"}},
		{"in part", fakeDNS{"example.com.": {answer: []string{"ns-1.awsdns.com.", "old.example.net."}}}, Warning, []string{"enter exactly these"}},
		{"nowhere", fakeDNS{"example.com.": {err: nothing}, "com.": {answer: []string{"a.gtld-servers.net."}}}, Refused, []string{"DNS knows no name servers of example.com"}},
		{"DNS of a network of its own", fakeDNS{"example.com.": {err: nothing}, "com.": {err: nothing}}, Unseen, []string{"does not know the names of the internet"}},
		{"no DNS", fakeDNS{"example.com.": {err: errors.New("i/o timeout")}}, Unseen, []string{"i/o timeout"}},
	} {
		matches(t, c.what, delegation(t.Context(), c.dns, "Z1", "example.com", servers, nil), c.verdict, c.words...)
	}
}

// Of the proof of a domain the name is not known before a deploy. What has to be in the zone is the domain.
func TestZonesOfProofs(t *testing.T) {
	for domain, verdict := range map[string]Verdict{"example.com": OK, "shop.example.com": OK, "example.org": Refused} {
		stack := stackOf(t, `"aws_acm_certificate": {"c": {"domain_name": "`+domain+`"}},
			"aws_route53_record": {"r": {"zone_id": "Z1", "type": "CNAME", "name": "${tolist(aws_acm_certificate.c.domain_validation_options).0.resource_record_name}"}}`)
		if findings := zones(t.Context(), stack, hostedZone(false), nil); len(findings) == 0 || findings[0].Verdict != verdict {
			t.Errorf("%s: %+v", domain, findings)
		}
	}
}
