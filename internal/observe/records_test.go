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

// zoneOf is Route 53 with a zone whose first record is this one.
type zoneOf []route53types.ResourceRecordSet

func (z zoneOf) ListResourceRecordSets(context.Context, *route53.ListResourceRecordSetsInput, ...func(*route53.Options)) (*route53.ListResourceRecordSetsOutput, error) {
	return &route53.ListResourceRecordSetsOutput{ResourceRecordSets: z}, nil
}

func TestRecords(t *testing.T) {
	state, err := tfstate.Read([]byte(`{"version": 4, "resources": [
		{"mode": "managed", "type": "aws_lb", "name": "lb", "instances": [{"attributes": {"dns_name": "Prod-ALB.elb.amazonaws.com", "zone_id": "ZLB"}}]},
		{"mode": "managed", "type": "aws_route53_record", "name": "api", "instances": [{"attributes": {"fqdn": "api.example.com", "type": "A", "zone_id": "Z1",
			"alias": [{"name": "prod-alb.elb.amazonaws.com", "zone_id": "ZLB"}]}}]},
		{"mode": "managed", "type": "aws_route53_record", "name": "mail", "instances": [{"attributes": {"fqdn": "example.com", "type": "MX", "zone_id": "Z1", "alias": []}}]}
	]}`))
	if err != nil {
		t.Fatal(err)
	}
	alias := func(name, target string) zoneOf {
		return zoneOf{{Name: &name, Type: "A", AliasTarget: &route53types.AliasTarget{DNSName: &target}}}
	}
	for name, c := range map[string]struct {
		zone zoneOf
		want string
	}{
		"as it should be":   {alias("api.example.com.", "dualstack.prod-alb.elb.amazonaws.com."), "prod-alb.elb.amazonaws.com"},
		"deleted, last":     {nil, ""},
		"deleted, not last": {alias("www.example.com.", "prod-alb.elb.amazonaws.com."), ""},
		"of another type":   {zoneOf{{Name: aws.String("api.example.com."), Type: "AAAA"}}, ""},
		"leads elsewhere":   {alias("api.example.com.", "other.elb.amazonaws.com."), "other.elb.amazonaws.com"},
		"no alias any more": {zoneOf{{Name: aws.String("api.example.com."), Type: "A", ResourceRecords: []route53types.ResourceRecord{{Value: aws.String("10.0.0.1")}}}}, "10.0.0.1"},
	} {
		got, err := records(t.Context(), c.zone, state)
		want := []status.Record{{Host: "api.example.com", Target: c.want, Wanted: "prod-alb.elb.amazonaws.com"}}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}
