package observe

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/order-bot/infra/internal/status"
	"github.com/order-bot/infra/internal/tfstate"
)

// recordLister is the call of Route 53 that tells what a zone has.
type recordLister interface {
	ListResourceRecordSets(context.Context, *route53.ListResourceRecordSetsInput, ...func(*route53.Options)) (*route53.ListResourceRecordSetsOutput, error)
}

// records says where the records of a state lead, sorted by host, and where they should: to a load balancer
// or a distribution of the state. A record of another kind is left out.
func records(ctx context.Context, client recordLister, state *tfstate.State) ([]status.Record, error) {
	var all []status.Record
	for _, attributes := range state.Resources("aws_route53_record") {
		record := status.Record{Host: hostName(fmt.Sprint(attributes["fqdn"])), Wanted: wanted(state, attributes)}
		if record.Wanted == "" {
			continue
		}
		zone, kind := fmt.Sprint(attributes["zone_id"]), route53types.RRType(fmt.Sprint(attributes["type"]))
		listed, err := client.ListResourceRecordSets(ctx, &route53.ListResourceRecordSetsInput{
			HostedZoneId: &zone, StartRecordName: &record.Host, StartRecordType: kind, MaxItems: aws.Int32(1),
		})
		if err != nil {
			return nil, fmt.Errorf("the record %s: %w", record.Host, err)
		}
		// The list begins at the name, or at what comes after it.
		for _, set := range listed.ResourceRecordSets {
			if hostName(aws.ToString(set.Name)) == record.Host && set.Type == kind {
				record.Target = target(set)
			}
		}
		all = append(all, record)
	}
	slices.SortFunc(all, func(a, b status.Record) int { return strings.Compare(a.Host, b.Host) })
	return all, nil
}

// wanted is the own name of the load balancer or distribution of the state to which a record's alias leads; empty if
// it leads to neither.
func wanted(state *tfstate.State, record map[string]any) string {
	names := map[string]string{}
	for kind, attribute := range map[string]string{"aws_lb": "dns_name", "aws_cloudfront_distribution": "domain_name"} {
		for _, attributes := range state.Resources(kind) {
			zone := fmt.Sprint(attributes[map[string]string{"aws_lb": "zone_id", "aws_cloudfront_distribution": "hosted_zone_id"}[kind]])
			names[zone] = hostName(fmt.Sprint(attributes[attribute]))
		}
	}
	for _, alias := range list(record["alias"]) {
		if name := names[fmt.Sprint(alias["zone_id"])]; name != "" {
			return name
		}
	}
	return ""
}

// target is where a record leads.
func target(set route53types.ResourceRecordSet) string {
	if set.AliasTarget != nil {
		return hostName(aws.ToString(set.AliasTarget.DNSName))
	}
	var values []string
	for _, value := range set.ResourceRecords {
		values = append(values, aws.ToString(value.Value))
	}
	return strings.Join(values, ", ")
}

// hostName is a host name without what does not count: upper case, the dot at the end, and the prefix that the console of AWS
// puts before a load balancer's name.
// https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resource-record-sets-values-alias.html
func hostName(name string) string {
	return strings.TrimPrefix(strings.TrimSuffix(strings.ToLower(name), "."), "dualstack.")
}
