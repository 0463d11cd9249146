package preflight

import (
	"context"
	"net"
	"testing"

	"github.com/order-bot/infra/tool/aws/cloudfront"
	"github.com/order-bot/infra/tool/tfstate"
)

type fakeCloudFront answers[[]cloudfront.ConflictingAlias]

func (f fakeCloudFront) ListConflictingAliases(context.Context, string, string) ([]cloudfront.ConflictingAlias, error) {
	return f.answer, f.err
}

// fakeNames is a DNS by name or address; what it lacks is not found.
type fakeNames map[string]string

func (f fakeNames) find(name string) (string, error) {
	if found, ok := f[name]; ok {
		return found, nil
	}
	return "", &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
}

func (f fakeNames) LookupCNAME(_ context.Context, host string) (string, error) { return f.find(host) }

func (f fakeNames) LookupHost(_ context.Context, host string) ([]string, error) {
	found, err := f.find("address of " + host)
	return []string{found}, err
}

func (f fakeNames) LookupAddr(_ context.Context, address string) ([]string, error) {
	found, err := f.find(address)
	return []string{found}, err
}

// An alias that a distribution of anybody has is refused before a deploy, with whose it is.
func TestAliases(t *testing.T) {
	const alias = "app.example.com"
	stack := stackOf(t, `"aws_cloudfront_distribution": {"d": {"aliases": ["app.example.com", "www.example.com"]}}`)
	state := func(text string) *tfstate.State {
		t.Helper()
		state, err := tfstate.Read([]byte(`{"version": 4, "resources": [` + text + `]}`))
		if err != nil {
			t.Fatal(err)
		}
		return state
	}
	deployed := state(`{"mode": "managed", "type": "aws_cloudfront_distribution", "name": "d", "instances": [{"attributes": {"id": "E1", "aliases": ["www.example.com"]}}]}`)
	item := func(name, distribution, account string) []cloudfront.ConflictingAlias {
		return []cloudfront.ConflictingAlias{{Alias: name, Distribution: distribution, Account: account}}
	}
	look := func(client fakeCloudFront, dns nameResolver, state *tfstate.State) []Finding {
		return aliases(t.Context(), client, dns, func() string { return "111122223333" }, state, stack.Planned(state))
	}
	is(t, "free", look(fakeCloudFront{}, nil, deployed), OK, "alias app.example.com: no other distribution has it")
	is(t, "of another account", look(fakeCloudFront{answer: item(alias, "*******5PBZ4YV", "******555252")}, nil, deployed),
		Refused, "the distribution *******5PBZ4YV of another account (******555252) has it", "take it off there first")
	is(t, "of this account", look(fakeCloudFront{answer: item(alias, "*******5PBZ4YV", "******223333")}, nil, deployed), Refused, "of this account has it")
	is(t, "a wildcard", look(fakeCloudFront{answer: item("*.example.com", "*******5PBZ4YV", "******555252")}, nil, deployed), Warning, "has *.example.com", "more exact")
	is(t, "denied", look(fakeCloudFront{err: refusal("ListConflictingAliases", "AccessDenied")}, nil, deployed), Unseen, "may not look")

	// Without a distribution, or with a certificate that is not for it, only DNS tells.
	uncovered := fakeCloudFront{err: refusal("ListConflictingAliases", "InvalidArgument")}
	is(t, "not covered", look(uncovered, fakeNames{}, deployed), OK, "DNS does not know it yet")
	is(t, "a local AWS", look(uncovered, nil, deployed), Unseen, "a local AWS is no part of DNS")
	is(t, "a CNAME to another distribution", look(uncovered, fakeNames{alias + ".": "d111111abcdef8.cloudfront.net."}, deployed), Refused, "DNS leads it to d111111abcdef8.cloudfront.net")
	is(t, "an address of CloudFront", look(uncovered, fakeNames{
		alias + ".": alias + ".", "address of " + alias + ".": "192.0.2.1", "192.0.2.1": "server-192-0-2-1.nrt12.r.cloudfront.net.",
	}, deployed), Warning, "to CloudFront (192.0.2.1) already")
	is(t, "elsewhere", look(uncovered, fakeNames{alias + ".": alias + ".", "address of " + alias + ".": "192.0.2.2"}, deployed), OK, "DNS leads it to 192.0.2.2, which is not CloudFront")
	if found := look(fakeCloudFront{}, fakeNames{}, state("")); len(found) != 2 || found[0].Verdict != OK || found[1].Subject != "alias www.example.com" {
		t.Errorf("before the first deploy: %v", found)
	}
}
