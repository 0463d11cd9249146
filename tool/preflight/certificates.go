package preflight

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/order-bot/infra/tool/aws/acm"
	"github.com/order-bot/infra/tool/tfvalue"
)

// certificateOf asks for the certificate of an ARN, which is empty if it is not there.
type certificateOf func(ctx context.Context, arn string) (acm.Certificate, error)

// expiresSoon is how long before its end a certificate is spoken of. ACM renews its own ones 60 days before, and from 45 days on says
// that it cannot: who hears of it two weeks before can still do something.
// https://docs.aws.amazon.com/acm/latest/userguide/managed-renewal.html
const expiresSoon = 14 * 24 * time.Hour

// cloudFrontRegion is where CloudFront takes certificates from.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cnames-and-https-requirements.html
const cloudFrontRegion = "us-east-1"

// certificate is a certificate, and the host names for which it is used.
type certificate struct {
	arn string
	// region is where it has to be, and user who takes it from there.
	region, user string
	hosts        []string
	addresses    []string
}

// certificatesOf are the certificates of a stack's listeners and distributions.
func certificatesOf(stack *Stack) []certificate {
	var all []certificate
	for _, listener := range stack.ofType("aws_lb_listener") {
		is := certificate{arn: tfvalue.Text(stack.Known[listener], "certificate_arn"), region: stack.Region, user: "the load balancer", addresses: []string{listener}}
		for _, rule := range stack.ofType("aws_lb_listener_rule") {
			if !slices.Contains(stack.JSON.References(rule), listener) {
				continue
			}
			is.addresses = append(is.addresses, rule)
			for _, condition := range blocks(stack.Known[rule], "condition") {
				is.hosts = append(is.hosts, texts(condition, "host_header", "values")...)
			}
		}
		all = append(all, is)
	}
	for _, distribution := range stack.ofType("aws_cloudfront_distribution") {
		all = append(all, certificate{
			arn: tfvalue.Text(stack.Known[distribution], "viewer_certificate", "acm_certificate_arn"), region: cloudFrontRegion, user: "CloudFront",
			hosts: texts(stack.Known[distribution], "aliases"), addresses: []string{distribution},
		})
	}
	return slices.DeleteFunc(all, func(c certificate) bool { return c.arn == "" })
}

// certificates looks whether each certificate is in its region and this account, is issued, covers the host names, and for how long.
func certificates(ctx context.Context, stack *Stack, account func() string, describe certificateOf, now time.Time) []Finding {
	var findings []Finding
	for _, is := range certificatesOf(stack) {
		parts := strings.Split(is.arn, ":") // arn:aws:acm:REGION:ACCOUNT:certificate/ID
		finding := Finding{Subject: "certificate " + is.arn, Addresses: is.addresses}
		switch own := account(); {
		case len(parts) != 6:
			finding = finding.never("that is not the ARN of a certificate")
		case parts[3] != is.region:
			finding = finding.never("it is in %s, and %s takes one from %s: request one there", parts[3], is.user, is.region)
		case own != "" && parts[4] != own:
			finding = finding.never("it belongs to the account %s, and these credentials are for %s: take one of this account", parts[4], own)
		default:
			described, err := describe(ctx, is.arn)
			switch {
			case err != nil:
				finding = finding.unseen(err)
			case described.Status == "":
				finding = finding.never("%s has no such certificate: Certificate Manager → List certificates shows those that there are", is.region)
			default:
				finding = is.judge(finding, described, now)
			}
		}
		findings = append(findings, finding)
	}
	return findings
}

// whatToDo says, by the state of a certificate that is not issued, how to go on.
// https://docs.aws.amazon.com/acm/latest/APIReference/API_CertificateDetail.html (Status)
var whatToDo = map[acm.Status]string{
	acm.Pending:  "Certificate Manager → the certificate → Create records in Route 53 proves that the domain is yours; it is issued some minutes later",
	acm.TimedOut: "nobody proved within 72 hours that the domain is theirs: request another one, and then Create records in Route 53",
	acm.Expired:  "request another one, and create the records by which ACM renews it",
}

// judge says how a certificate stands.
func (c certificate) judge(finding Finding, is acm.Certificate, now time.Time) Finding {
	if is.Status != acm.Issued {
		return finding.never("it is not issued, but %s: %s", is.Status, cmp.Or(whatToDo[is.Status], "request another one"))
	}
	names := sorted(append(slices.Clone(is.Names), is.DomainName))
	if c.user == "CloudFront" && slices.Contains(tooLong, is.Key) {
		return finding.never("its key is %s, which CloudFront does not take: request one with RSA 2048 or ECDSA P 256", is.Key)
	}
	var uncovered []string
	for _, host := range sorted(c.hosts) {
		if _, right := written(host); right != "" {
			host = right // what is wrong with it is said elsewhere
		}
		if !slices.ContainsFunc(names, func(name string) bool { return covers(name, host) }) {
			uncovered = append(uncovered, host)
		}
	}
	if len(uncovered) > 0 { // who does not take it is a browser, and not AWS, as with a load balancer
		return finding.is(Refused, "it is for %s, and not for %s: %srequest one that has each of these names", list(names), list(uncovered), wildcards(names, uncovered))
	}
	until := is.Until.Format(time.DateOnly)
	if left := is.Until.Sub(now); left < expiresSoon {
		return finding.is(Warning, "it expires in %d days, on %s: %s", int(left.Hours()/24), until, renewals[is.Type])
	}
	return finding.is(OK, "%s, issued, until %s", list(names), until)
}

// tooLong are the keys that a load balancer takes, and CloudFront does not.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cnames-and-https-requirements.html (Key type)
var tooLong = []string{"EC_secp384r1", "EC_secp521r1"}

// renewals say, by the type of a certificate, how it is renewed.
// https://docs.aws.amazon.com/acm/latest/userguide/managed-renewal.html
var renewals = map[acm.Type]string{
	acm.Amazon:   "ACM could not renew it. Certificate Manager → the certificate → Create records in Route 53 lets it",
	acm.Imported: "import its successor under the same ARN",
	acm.Private:  "export it anew, or request another one",
}

// covers tells whether a name of a certificate is for a host. A wildcard stands for one label, the first.
// https://docs.aws.amazon.com/acm/latest/userguide/acm-certificate-characteristics.html
func covers(name, host string) bool {
	name, host = strings.ToLower(name), strings.ToLower(host)
	rest, wildcard := strings.CutPrefix(name, "*.")
	_, parent, _ := strings.Cut(host, ".")
	return name == host || wildcard && rest == parent
}

// wildcards says how far wildcards go, where one of them looks as if it was for a host.
func wildcards(names, hosts []string) string {
	seeming := map[string]bool{}
	for _, name := range names {
		rest, wildcard := strings.CutPrefix(name, "*.")
		for _, host := range hosts {
			if wildcard && (host == rest || strings.HasSuffix(host, "."+rest)) {
				seeming[fmt.Sprintf("%s stands for one label before %s, not for more and not for none; ", name, rest)] = true
			}
		}
	}
	return strings.Join(slices.Sorted(maps.Keys(seeming)), "")
}
