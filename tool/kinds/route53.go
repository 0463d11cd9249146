package kinds

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/order-bot/infra/tool/aws/route53"
	"github.com/order-bot/infra/tool/iampolicy"
)

// route53Types are the types of Route 53.
var route53Types = []Kind{
	{
		Type:  "aws_route53_record",
		Title: "DNS alias",
		Label: recordLabel,
		Identity: []Part{
			{Attribute: "zone_id", Same: zone},
			{Attribute: "type", Same: strings.EqualFold},
			{Attribute: "set_identifier", Same: exactly, Optional: true},
			{Attribute: "name", Beside: "fqdn", Whole: sameRecordName},
		},
		Unique:   "name",
		Find:     findRecord,
		Home:     "internal/dns/dns.go",
		Harmless: &Replacement{Attributes: []string{"name", "fqdn"}, Distinctive: []string{"zone_id", "type", "set_identifier"}, NewFirst: true, Note: "the new name first"},
		Instead:  "nobody finds the name any more",
		Losses:   []Loss{{"weighted_routing_policy.weight", zero, "nobody is led there any more"}},
		Protections: []Loss{
			{"health_check_id", emptied, "Route 53 does not look any more whether the target works"},
			{"alias.evaluate_target_health", lacks(true), "Route 53 does not look any more whether the target works"},
		},
		Read:  []Right{may(hostedZone, "route53:GetHostedZone", "route53:ListResourceRecordSets"), may(changes, "route53:GetChange")},
		Write: []Right{may(records, "route53:ChangeResourceRecordSets")},
	},
	{Type: "aws_route53_zone", Monthly: flat(hostedZoneMonthly), Losses: []Loss{{"vpc", fewer, "a VPC finds the names of the zone no more"}}},
}

// recordLabel is the name of an alias. That of a proof, AWS makes up.
func recordLabel(attributes map[string]any) string {
	if attributes["type"] == "CNAME" {
		return "proof of the domain"
	}
	return attribute("name")(attributes)
}

// zone takes the id of a hosted zone with and without what the API writes before it for one.
// https://docs.aws.amazon.com/Route53/latest/APIReference/API_HostedZone.html
func zone(a, b string) bool { return bareZone(a) == bareZone(b) }

func bareZone(id string) string { return id[strings.LastIndexByte(id, '/')+1:] }

// sameRecordName tells whether two records of one zone have the same name. The provider takes a name with or without the zone at its
// end, and says in fqdn what became of it. What is still to be created has no fqdn yet, and whether its name is whole
// depends on the name of the zone: it is taken for the same where it may be.
// https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/route53_record (name, fqdn)
func sameRecordName(a, b map[string]any) bool {
	whole, short := Host(text(a["fqdn"])), Host(text(b["fqdn"]))
	if whole != "" && short != "" {
		return whole == short
	}
	if whole == "" { // then it is the other one that AWS has, if any
		a, b, whole = b, a, short
	}
	name, other := Host(text(a["name"])), Host(text(b["name"]))
	if name == "" || other == "" {
		return false
	}
	if name == other || whole == other {
		return true
	}
	if rest, is := strings.CutPrefix(whole, name+"."); is { // the zone
		return other+"."+rest == whole
	}
	return whole != "" && strings.HasPrefix(whole, other+".")
}

// octal is how Route 53 writes what is no letter, digit or hyphen, such as \052 for an asterisk.
// https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html
var octal = regexp.MustCompile(`\\[0-3][0-7]{2}`)

// Host is a DNS name as it is compared: in small letters, without the dot at the end, and with its characters as they are.
func Host(name string) string {
	name = octal.ReplaceAllStringFunc(name, func(escaped string) string {
		code, _ := strconv.ParseUint(escaped[1:], 8, 8) // three octal digits, the first of them at most 3
		return string([]byte{byte(code)})
	})
	return strings.ToLower(strings.TrimSuffix(name, "."))
}

var (
	hostedZone = named("Zone", "aws_route53_record", "zone_id", "arn:aws:route53:::hostedzone/NAME")
	changes    = on("Changes", "arn:aws:route53:::change/*").because("a change has an id that AWS makes up, and tells only whether it is done")
)

func zones(s Scope) []string { return hostedZone(s).Resource }

// recordsLike is the condition that only records of a type change whose names are like these.
func recordsLike(kind string, names []string) iampolicy.Condition {
	return iampolicy.Condition{
		"ForAllValues:StringEquals": {"route53:ChangeResourceRecordSetsRecordTypes": {kind}},
		"ForAllValues:StringLike":   {"route53:ChangeResourceRecordSetsNormalizedRecordNames": names},
	}
}

// records are the address records of the stack's host names, if it has any: no other names, no mail, and no delegation. A change of a name
// creates, replaces and deletes, so all actions are needed. A request without names or types, for which ForAllValues is true, is
// no change. https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/specifying-conditions-route53.html
func records(s Scope) iampolicy.Statement {
	names := s.HostNames()
	if len(names) == 0 {
		return iampolicy.Allow("Records", nil)
	}
	return iampolicy.Allow("Records", zones(s), iampolicy.Condition{"ForAllValues:StringEquals": {
		"route53:ChangeResourceRecordSetsRecordTypes": s.Names("aws_route53_record", "type"), "route53:ChangeResourceRecordSetsNormalizedRecordNames": names,
	}})
}

// findRecord: by zone, name and type. Imported by ZONE_NAME_TYPE (route53_record.html.markdown). It is ours if it leads
// to what the stack's record leads to.
func findRecord(ctx context.Context, f *Search, r Resource) (*Found, error) {
	// A record that was created has its full name in fqdn.
	zone, name, kind := f.Value(r, "zone_id"), cmp.Or(f.Value(r, "fqdn"), f.Value(r, "name")), f.Value(r, "type")
	if name == "" {
		return nil, nil // the proof of a domain, for a certificate that is still to be: the deploy writes it, also where it is there
	}
	records, err := route53.New(f.Config).ListResourceRecordSets(ctx, zone, name, kind, 1)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(records, func(is route53.RecordSet) bool { return host(is.Name) == host(name) && is.Type == kind })
	if at < 0 {
		return nil, nil
	}
	id, leads := zone+"_"+name+"_"+kind, "addresses, and not to another name"
	if wanted, _ := f.Planned[r.Address]["records"].([]any); len(wanted) > 0 {
		return f.proof(r, id, fmt.Sprint(wanted[0]), records[at].Values)
	}
	if alias := records[at].Alias; alias != "" {
		leads = alias
	}
	if target := f.Value(r, "alias", "name"); target == "" || host(target) != host(leads) {
		return nil, &Refusal{ID: id, Reason: "it leads to " + leads + ", which this stack does not have; look whose it is, and delete it if it is nobody's"}
	}
	owner := f.owner(r, "aws_lb") + f.owner(r, "aws_cloudfront_distribution")
	return &Found{ID: id, Evidence: "leads to " + owner, Values: map[string]string{"fqdn": strings.TrimSuffix(name, ".")}}, nil
}

// proof is a record that AWS asks for as the proof that a domain is ours. It is the same for all certificates of the domain in an account.
func (f *Search) proof(r Resource, id, wanted string, values []string) (*Found, error) {
	if len(values) != 1 || host(values[0]) != host(wanted) {
		return nil, &Refusal{ID: id, Reason: "it says " + strings.Join(values, ", ") + ", and AWS asks for " + wanted + "; look whose it is, and delete it if it is nobody's"}
	}
	return &Found{ID: id, Evidence: "says what AWS asks for", Values: map[string]string{"fqdn": f.Value(r, "name")}}, nil
}

// host is a host name as it is compared. Route 53 ends it with a dot, and its console begins that of a load balancer with dualstack.
func host(name string) string {
	return strings.TrimPrefix(Host(name), "dualstack.")
}
