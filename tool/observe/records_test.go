package observe

import (
	"context"
	"reflect"
	"testing"

	"github.com/aws/smithy-go"

	"github.com/order-bot/infra/tool/aws/route53"
	"github.com/order-bot/infra/tool/status"
	"github.com/order-bot/infra/tool/tfstate"
)

// zone is Route 53 with one zone, example.com, and what it lists.
type zone struct {
	sets          []route53.RecordSet
	private, gone bool
}

func (z zone) GetHostedZone(context.Context, string) (*route53.HostedZone, error) {
	if z.gone {
		return nil, &smithy.GenericAPIError{Code: route53.NoSuchHostedZone}
	}
	return &route53.HostedZone{Name: "example.com.", Private: z.private}, nil
}

func (z zone) ListResourceRecordSets(context.Context, string, string, string, int) ([]route53.RecordSet, error) {
	return z.sets, nil
}

func alias(name, kind, target string) route53.RecordSet {
	return route53.RecordSet{Name: name, Type: kind, Alias: target}
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
		"as it should be":      {balancing("api.example.com"), zone{sets: []route53.RecordSet{here}}, []status.Record{{Host: "api.example.com", Target: target, Wanted: target}}},
		"that of the frontend": {serving, zone{sets: []route53.RecordSet{here}}, []status.Record{{Host: "api.example.com", Target: target, Wanted: target}}},
		"deleted, last":        {balancing("api.example.com"), zone{}, []status.Record{{Host: "api.example.com", Wanted: target}}},
		"deleted, not last":    {balancing("api.example.com"), zone{sets: []route53.RecordSet{alias("www.example.com.", "A", target)}}, []status.Record{{Host: "api.example.com", Wanted: target}}},
		"only a text":          {balancing("api.example.com"), zone{sets: []route53.RecordSet{{Name: "api.example.com.", Type: "TXT"}}}, []status.Record{{Host: "api.example.com", Wanted: target}}},
		"leads elsewhere": {balancing("api.example.com"), zone{sets: []route53.RecordSet{alias("api.example.com.", "A", "other.elb.amazonaws.com.")}},
			[]status.Record{{Host: "api.example.com", Target: "other.elb.amazonaws.com", Wanted: target}}},
		"leads elsewhere by IPv6": {balancing("api.example.com"), zone{sets: []route53.RecordSet{here, alias("api.example.com.", "AAAA", "other.elb.amazonaws.com.")}},
			[]status.Record{{Host: "api.example.com", Target: "other.elb.amazonaws.com", Wanted: target}}},
		"no alias any more": {balancing("api.example.com"), zone{sets: []route53.RecordSet{{Name: "api.example.com.", Type: "A", Values: []string{"192.0.2.1"}}}},
			[]status.Record{{Host: "api.example.com", Target: "192.0.2.1", Wanted: target}}},
		"an alias by CNAME": {balancing("api.example.com"), zone{sets: []route53.RecordSet{{Name: "api.example.com.", Type: "CNAME", Values: []string{"Prod-ALB.elb.amazonaws.com"}}}},
			[]status.Record{{Host: "api.example.com", Target: target, Wanted: target}}},
		"a name that the state has no record of": {balancing("new.example.com"), zone{}, []status.Record{{Host: "new.example.com", Wanted: target}}},
		"any name":                               {balancing("*.example.com"), zone{sets: []route53.RecordSet{alias(`\052.example.com.`, "A", target)}}, []status.Record{{Host: "*.example.com", Target: target, Wanted: target}}},
		"a name that is not its own":             {balancing("api.example.org"), zone{}, nil},
		"a private zone":                         {balancing("api.example.com"), zone{sets: []route53.RecordSet{here}, private: true}, []status.Record{{Host: "api.example.com", Target: target, Wanted: target, Private: true}}},
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
