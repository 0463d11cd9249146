package observe

import (
	"context"
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/order-bot/infra/internal/status"
	"github.com/order-bot/infra/internal/tfstate"
)

// zone is Route 53 with one zone, example.com, and what it lists.
type zone struct {
	sets          []route53types.ResourceRecordSet
	private, gone bool
}

func (z zone) GetHostedZone(context.Context, *route53.GetHostedZoneInput, ...func(*route53.Options)) (*route53.GetHostedZoneOutput, error) {
	if z.gone {
		return nil, &route53types.NoSuchHostedZone{}
	}
	return &route53.GetHostedZoneOutput{HostedZone: &route53types.HostedZone{Name: aws.String("example.com."), Config: &route53types.HostedZoneConfig{PrivateZone: z.private}}}, nil
}

func (z zone) ListResourceRecordSets(context.Context, *route53.ListResourceRecordSetsInput, ...func(*route53.Options)) (*route53.ListResourceRecordSetsOutput, error) {
	return &route53.ListResourceRecordSetsOutput{ResourceRecordSets: z.sets}, nil
}

func alias(name string, kind route53types.RRType, target string) route53types.ResourceRecordSet {
	return route53types.ResourceRecordSet{Name: &name, Type: kind, AliasTarget: &route53types.AliasTarget{DNSName: &target}}
}

func TestRecords(t *testing.T) {
	const record = `{"mode": "managed", "type": "aws_route53_record", "name": "api", "instances": [{"attributes": {"fqdn": "api.example.com", "type": "A", "zone_id": "Z1"}}]}`
	balancing := func(host string) string {
		return `{"version": 4, "resources": [
			{"mode": "managed", "type": "aws_lb", "name": "lb", "instances": [{"attributes": {"arn": "lb", "dns_name": "Prod-ALB.elb.amazonaws.com"}}]},
			{"mode": "managed", "type": "aws_lb_listener", "name": "l", "instances": [{"attributes": {"arn": "l", "load_balancer_arn": "lb"}}]},
			{"mode": "managed", "type": "aws_lb_listener_rule", "name": "r", "instances": [{"attributes": {"listener_arn": "l", "condition": [{"host_header": [{"values": ["` + host + `"]}]}]}}]},` + record + `]}`
	}
	const serving = `{"version": 4, "resources": [
		{"mode": "managed", "type": "aws_cloudfront_distribution", "name": "d", "instances": [{"attributes": {"aliases": ["api.example.com"], "domain_name": "prod-alb.elb.amazonaws.com"}}]},` + record + `]}`
	const target = "prod-alb.elb.amazonaws.com"
	here := alias("api.example.com.", "A", "dualstack.prod-alb.elb.amazonaws.com.")
	for name, c := range map[string]struct {
		state string
		zone  zone
		want  []status.Record
	}{
		"as it should be":      {balancing("api.example.com"), zone{sets: []route53types.ResourceRecordSet{here}}, []status.Record{{Host: "api.example.com", Target: target, Wanted: target}}},
		"that of the frontend": {serving, zone{sets: []route53types.ResourceRecordSet{here}}, []status.Record{{Host: "api.example.com", Target: target, Wanted: target}}},
		"deleted, last":        {balancing("api.example.com"), zone{}, []status.Record{{Host: "api.example.com", Wanted: target}}},
		"deleted, not last":    {balancing("api.example.com"), zone{sets: []route53types.ResourceRecordSet{alias("www.example.com.", "A", target)}}, []status.Record{{Host: "api.example.com", Wanted: target}}},
		"only a text":          {balancing("api.example.com"), zone{sets: []route53types.ResourceRecordSet{{Name: aws.String("api.example.com."), Type: "TXT"}}}, []status.Record{{Host: "api.example.com", Wanted: target}}},
		"leads elsewhere": {balancing("api.example.com"), zone{sets: []route53types.ResourceRecordSet{alias("api.example.com.", "A", "other.elb.amazonaws.com.")}},
			[]status.Record{{Host: "api.example.com", Target: "other.elb.amazonaws.com", Wanted: target}}},
		"leads elsewhere by IPv6": {balancing("api.example.com"), zone{sets: []route53types.ResourceRecordSet{here, alias("api.example.com.", "AAAA", "other.elb.amazonaws.com.")}},
			[]status.Record{{Host: "api.example.com", Target: "other.elb.amazonaws.com", Wanted: target}}},
		"no alias any more": {balancing("api.example.com"), zone{sets: []route53types.ResourceRecordSet{{Name: aws.String("api.example.com."), Type: "A", ResourceRecords: []route53types.ResourceRecord{{Value: aws.String("192.0.2.1")}}}}},
			[]status.Record{{Host: "api.example.com", Target: "192.0.2.1", Wanted: target}}},
		"an alias by CNAME": {balancing("api.example.com"), zone{sets: []route53types.ResourceRecordSet{{Name: aws.String("api.example.com."), Type: "CNAME", ResourceRecords: []route53types.ResourceRecord{{Value: aws.String("Prod-ALB.elb.amazonaws.com")}}}}},
			[]status.Record{{Host: "api.example.com", Target: target, Wanted: target}}},
		"a name that the state has no record of": {balancing("new.example.com"), zone{}, []status.Record{{Host: "new.example.com", Wanted: target}}},
		"any name":                               {balancing("*.example.com"), zone{sets: []route53types.ResourceRecordSet{alias(`\052.example.com.`, "A", target)}}, []status.Record{{Host: "*.example.com", Target: target, Wanted: target}}},
		"a name that is not its own":             {balancing("api.example.org"), zone{}, nil},
		"a private zone":                         {balancing("api.example.com"), zone{sets: []route53types.ResourceRecordSet{here}, private: true}, []status.Record{{Host: "api.example.com", Target: target, Wanted: target, Private: true}}},
		"a zone that is gone":                    {balancing("api.example.com"), zone{gone: true}, []status.Record{{Host: "api.example.com", Wanted: target}}},
	} {
		state, err := tfstate.Read([]byte(c.state))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := records(t.Context(), c.zone, state); err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}
