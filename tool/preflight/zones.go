package preflight

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-bot/infra/tool/aws/awsapi"
	"github.com/order-bot/infra/tool/aws/route53"
	"github.com/order-bot/infra/tool/tfvalue"
)

// zoneClient is what is asked of Route 53.
type zoneClient interface {
	recordClient
	GetHostedZone(ctx context.Context, id string) (*route53.HostedZone, error)
}

// resolver asks DNS.
type resolver interface {
	LookupNS(ctx context.Context, name string) ([]*net.NS, error)
}

// resolverOf is what asks DNS; nil at an endpoint of one's own, whose zones are no part of it.
func resolverOf(config aws.Config) resolver {
	if config.BaseEndpoint != nil {
		return nil
	}
	return net.DefaultResolver
}

// patience is how long DNS may take. A resolver that does not answer is no reason to keep a deploy waiting.
const patience = 1500 * time.Millisecond

// zones looks whether each hosted zone is there, is public, holds its names, and is the one that DNS asks.
func zones(ctx context.Context, stack *Stack, client zoneClient, dns resolver) []Finding {
	names := map[string]map[string][]string{} // addresses by zone and name
	for _, address := range stack.ofType("aws_route53_record") {
		zone, name := tfvalue.Text(stack.Known[address], "zone_id"), cmp.Or(tfvalue.Text(stack.Known[address], "name"), referred(stack, address, "domain_name"))
		if wrong, _ := written(name); zone == "" || name == "" || len(wrong) > 0 { // which hostNames says
			continue
		}
		if names[zone] == nil {
			names[zone] = map[string][]string{}
		}
		names[zone][name] = append(names[zone][name], address)
	}
	var findings []Finding
	for _, id := range slices.Sorted(maps.Keys(names)) {
		finding := Finding{Subject: "hosted zone " + id}
		for _, addresses := range names[id] {
			finding.Addresses = append(finding.Addresses, addresses...)
		}
		slices.Sort(finding.Addresses)
		found, err := client.GetHostedZone(ctx, id)
		if awsapi.IsCode(err, route53.NoSuchHostedZone) {
			findings = append(findings, finding.never("this account has no such zone: Route 53 → Hosted zones shows those that there are"))
			continue
		}
		if err != nil {
			findings = append(findings, finding.unseen(err))
			continue
		}
		zone := strings.TrimSuffix(found.Name, ".")
		outside := false
		for _, name := range slices.Sorted(maps.Keys(names[id])) {
			if name != zone && !strings.Contains(name, ".") { // a label, to which the provider appends the zone
				names[id][name+"."+zone] = append(names[id][name+"."+zone], names[id][name]...)
				delete(names[id], name)
				continue
			}
			// The provider appends the zone to such a name, and Route 53 then has a record of quite another one.
			if name != zone && !strings.HasSuffix(name, "."+zone) {
				outside = true
				findings = append(findings, Finding{Subject: finding.Subject, Addresses: names[id][name]}.
					never("%s is not in this zone, which is %s: correct the host name, or the id of the zone", name, zone))
			}
		}
		if found.Private {
			findings = append(findings, finding.is(Refused, "it is private: nobody outside its VPCs finds a name in it. Take the public zone of %s: Route 53 → Hosted zones, with the type Public", zone))
			continue
		}
		away := delegatedAway(ctx, client, id, zone, names[id])
		findings = append(findings, away...)
		if !outside && len(away) == 0 {
			findings = append(findings, finding.is(OK, "%s, public, holds %s", zone, list(slices.Sorted(maps.Keys(names[id])))))
		}
		findings = append(findings, delegation(ctx, dns, id, zone, found.NameServers, finding.Addresses))
	}
	return findings
}

// delegatedAway looks for the names, or the domains above them, that a zone leaves to other name servers: nobody asks this zone for what is below.
// https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-routing-traffic-for-subdomains.html
func delegatedAway(ctx context.Context, client zoneClient, id, zone string, names map[string][]string) (findings []Finding) {
	below := map[string][]string{} // names by the domains in the zone that they are in
	for name := range names {
		for domain := name; strings.HasSuffix(domain, "."+zone); _, domain, _ = strings.Cut(domain, ".") {
			if !strings.HasPrefix(domain, "*.") {
				below[domain] = append(below[domain], name)
			}
		}
	}
	for _, domain := range slices.Sorted(maps.Keys(below)) {
		finding := Finding{Subject: "hosted zone " + id}
		for _, name := range sorted(below[domain]) {
			finding.Addresses = append(finding.Addresses, names[name]...)
		}
		slices.Sort(finding.Addresses)
		listed, err := client.ListResourceRecordSets(ctx, id, domain, "NS", 1)
		if err != nil {
			return append(findings, finding.unseen(err))
		}
		at := slices.IndexFunc(listed, func(is route53.RecordSet) bool {
			return is.Type == "NS" && slices.Equal(hosts([]string{is.Name}), hosts([]string{domain}))
		})
		if at >= 0 {
			findings = append(findings, finding.is(Refused, "it leaves %s to %s, so that nobody finds %s in it: take the id of the zone that has these name servers, or another host name", domain, list(hosts(listed[at].Values)), list(sorted(below[domain]))))
		}
	}
	return findings
}

// referred is the first text that one of those that a resource refers to has of an attribute. The name of a record that is the proof of a domain only the
// deploy will know, and its certificate has the domain below which it is. The VPC of a load balancer or a service is that of its security groups.
func referred(stack *Stack, address, attribute string) string {
	for _, needed := range stack.JSON.References(address) {
		if found := tfvalue.Text(stack.Known[needed], attribute); found != "" {
			return found
		}
	}
	return ""
}

// delegation looks whether DNS asks the name servers of a zone. Another zone of the same name may be in this account or elsewhere.
// https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/SOA-NSrecords.html
func delegation(ctx context.Context, dns resolver, id, zone string, servers, addresses []string) Finding {
	finding := Finding{Subject: "delegation of " + zone, Addresses: addresses}
	if dns == nil || len(servers) == 0 {
		return finding.is(Unseen, "a local AWS is no part of DNS")
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	answer, err := dns.LookupNS(ctx, zone+".")
	if missing := (*net.DNSError)(nil); errors.As(err, &missing) && missing.IsNotFound {
		// It may be the resolver that knows nothing but names of its own network.
		top := zone[strings.LastIndexByte(zone, '.')+1:]
		if known, err := dns.LookupNS(ctx, top+"."); err != nil || len(known) == 0 {
			return finding.is(Unseen, "the DNS of this machine does not know the names of the internet")
		}
		answer, err = nil, nil
	}
	if err != nil {
		return finding.is(Unseen, "DNS did not answer: %s", err)
	}
	var asked, own []string
	for _, server := range answer {
		asked = append(asked, server.Host)
	}
	asked, own = hosts(asked), hosts(servers)
	switch {
	case len(asked) == 0:
		return finding.is(Refused, "DNS knows no name servers of %s, so nobody finds a name in it: enter those of the zone %s where the domain is registered, or in the zone above it: %s", zone, id, list(own))
	case !slices.ContainsFunc(asked, func(server string) bool { return slices.Contains(own, server) }):
		return finding.is(Refused, "DNS asks %s, and the zone %s is at %s: take the id of the zone that DNS asks, or enter the other name servers where the domain is registered", list(asked), id, list(own))
	case !slices.Equal(asked, own):
		return finding.is(Warning, "DNS asks %s, and the zone %s is at %s: enter exactly these where the domain is registered", list(asked), id, list(own))
	}
	return finding.is(OK, "DNS asks the name servers of this zone")
}

// hosts are host names as they are compared, sorted.
func hosts(names []string) []string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = strings.ToLower(strings.TrimSuffix(name, "."))
	}
	return sorted(all)
}
