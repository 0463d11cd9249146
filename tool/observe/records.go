package observe

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/order-bot/infra/tool/aws/awsapi"
	"github.com/order-bot/infra/tool/aws/route53"
	"github.com/order-bot/infra/tool/status"
	"github.com/order-bot/infra/tool/tfstate"
)

// zoneReader are the calls of Route 53 that tell what a zone is, and what it has.
type zoneReader interface {
	GetHostedZone(ctx context.Context, id string) (*route53.HostedZone, error)
	ListResourceRecordSets(ctx context.Context, zone, name, kind string, most int) ([]route53.RecordSet, error)
}

// records says where the host names of a stack lead, sorted, and where they should. Those are the names for which a load balancer of the
// state forwards, and the aliases of a distribution. A name that is in none of the zones of the stack's records is left out: somebody else
// leads it. It returns an error that names all zones and names of which Route 53 does not tell, beside the others.
func records(ctx context.Context, client zoneReader, state *tfstate.State) ([]status.Record, error) {
	zones, zoneOf := map[string]*route53.HostedZone{}, map[string]string{} // by id, and ids by host
	var problems []error
	unseen := map[string]bool{}
	for _, attributes := range state.Resources("aws_route53_record") {
		id := fmt.Sprint(attributes["zone_id"])
		zoneOf[hostName(fmt.Sprint(attributes["fqdn"]))] = id
		if _, asked := zones[id]; asked {
			continue
		}
		found, err := client.GetHostedZone(ctx, id)
		if err != nil && !awsapi.IsCode(err, route53.NoSuchHostedZone) {
			problems, unseen[id] = append(problems, fmt.Errorf("the hosted zone %s: %w", id, err)), true
		}
		zones[id] = found // nil if it is not there
	}
	wanted := wantedTargets(state)
	var all []status.Record
	for _, host := range slices.Sorted(maps.Keys(wanted)) {
		id, found := zoneOf[host]
		if !found {
			if id = zoneFor(host, zones); id == "" {
				continue
			}
		}
		if unseen[id] {
			continue
		}
		record := status.Record{Host: host, Wanted: wanted[host]}
		if zone := zones[id]; zone != nil {
			record.Private = zone.Private
			listed, err := client.ListResourceRecordSets(ctx, id, host, "", 20)
			if err != nil {
				problems = append(problems, fmt.Errorf("the record %s: %w", host, err))
				continue
			}
			record.Target = leadsTo(host, record.Wanted, listed)
		}
		all = append(all, record)
	}
	return all, errors.Join(problems...)
}

// zoneFor is the id of the zone in which a host name is; empty if it is in none of them.
func zoneFor(host string, zones map[string]*route53.HostedZone) (id string) {
	longest := 0
	for other, zone := range zones {
		if zone == nil {
			continue
		}
		name := hostName(zone.Name)
		if (host == name || strings.HasSuffix(host, "."+name)) && len(name) > longest {
			id, longest = other, len(name)
		}
	}
	return id
}

// wantedTargets are the own names of the load balancers and distributions of a state, by the host names that should lead there.
func wantedTargets(state *tfstate.State) map[string]string {
	balancers, listeners, wanted := map[string]string{}, map[string]string{}, map[string]string{}
	for _, balancer := range state.Resources("aws_lb") {
		balancers[fmt.Sprint(balancer["arn"])] = hostName(fmt.Sprint(balancer["dns_name"]))
	}
	for _, listener := range state.Resources("aws_lb_listener") {
		listeners[fmt.Sprint(listener["arn"])] = balancers[fmt.Sprint(listener["load_balancer_arn"])]
	}
	lead := func(hosts []string, target string) {
		for _, host := range hosts {
			if target != "" {
				wanted[hostName(host)] = target
			}
		}
	}
	for _, rule := range state.Resources("aws_lb_listener_rule") {
		lead(hostsOf(rule), listeners[fmt.Sprint(rule["listener_arn"])])
	}
	for _, distribution := range state.Resources("aws_cloudfront_distribution") {
		lead(texts(distribution["aliases"]), hostName(fmt.Sprint(distribution["domain_name"])))
	}
	return wanted
}

// leadsTo is where the records of a host name lead: elsewhere, if one of them does; empty if there is none.
func leadsTo(host, wanted string, sets []route53.RecordSet) (target string) {
	kinds := []string{"A", "AAAA", "CNAME"}
	for _, set := range sets { // which begin at the name, or at what comes after it
		if hostName(set.Name) != host || !slices.Contains(kinds, set.Type) {
			continue
		}
		if leads := targetOfRecord(set); target == "" || leads != wanted {
			target = leads
		}
	}
	return target
}

// targetOfRecord is where a record leads.
func targetOfRecord(set route53.RecordSet) string {
	if set.Alias != "" {
		return hostName(set.Alias)
	}
	var values []string
	for _, value := range set.Values {
		values = append(values, hostName(value))
	}
	return strings.Join(values, ", ")
}

// hostName is a host name without what does not count: upper case, the dot at the end, the way in which Route 53 writes a star, and the
// prefix that the console of AWS puts before a load balancer's name.
// https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resource-record-sets-values-alias.html
// https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html
func hostName(name string) string {
	name = strings.ReplaceAll(strings.TrimSuffix(strings.ToLower(name), "."), `\052`, "*")
	return strings.TrimPrefix(name, "dualstack.")
}
