package preflight

import (
	"context"
	"fmt"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/order-bot/infra/tool/aws/route53"
	"github.com/order-bot/infra/tool/tfstate"
)

// Without an engine, what the state lacks is created, and what has another name there. What has moved is there.
func TestPlanned(t *testing.T) {
	stack := stackOf(t, `"aws_lb": {"new": {"name": "new"}, "here": {"name": "here"}, "moved": {"name": "moved"}},
		"aws_route53_record": {"same": {"name": "a.example.com", "zone_id": "Z1"}, "renamed": {"name": "b.example.com", "zone_id": "Z1"}},
		"aws_security_group": {"g": {"name": "g", "vpc_id": "${aws_vpc.v.id}"}}}, "moved": [{"from": "module.m.aws_lb.this[\"x\"]", "to": "aws_lb.moved"}], "data": {"none": {}`)
	state, err := tfstate.Read([]byte(`{"version": 4, "resources": [
		{"mode": "managed", "type": "aws_lb", "name": "here", "instances": [{"attributes": {"name": "here", "arn": "arn:here"}}]},
		{"module": "module.m", "mode": "managed", "type": "aws_lb", "name": "this", "instances": [{"attributes": {"name": "moved"}}]},
		{"mode": "managed", "type": "aws_security_group", "name": "g", "instances": [{"attributes": {"name": "g", "vpc_id": "vpc-1"}}]},
		{"mode": "managed", "type": "aws_route53_record", "name": "same", "instances": [{"attributes": {"name": "a.example.com", "zone_id": "Z1"}}]},
		{"mode": "managed", "type": "aws_route53_record", "name": "renamed", "instances": [{"attributes": {"name": "old.example.com", "zone_id": "Z1"}}]}
	]}`))
	if err != nil {
		t.Fatal(err)
	}
	plan := stack.Planned(state)
	var created []string
	for _, change := range plan.ResourceChanges {
		created = append(created, change.Address)
	}
	if got := fmt.Sprint(created); got != "[aws_lb.new aws_route53_record.renamed]" {
		t.Error(got)
	}
	for _, resource := range plan.PlannedValues.RootModule.Resources {
		if resource.Address == "aws_lb.here" && resource.AttributeValues["arn"] != "arn:here" {
			t.Errorf("what AWS made up is missing: %v", resource.AttributeValues)
		}
	}
}

type fakeRecords answers[[]route53.RecordSet]

func (f fakeRecords) ListResourceRecordSets(context.Context, string, string, string, int) ([]route53.RecordSet, error) {
	return f.answer, f.err
}

// A name that is a CNAME takes no other record, and one with an IPv6 address leads some people elsewhere.
func TestBesides(t *testing.T) {
	changes := []*tfjson.ResourceChange{{Address: "aws_route53_record.a", Type: recordType, Change: &tfjson.Change{
		Actions: tfjson.Actions{tfjson.ActionCreate}, After: map[string]any{"zone_id": "Z1", "name": "api.example.com", "type": "A"},
	}}}
	set := func(name, kind, value string) route53.RecordSet {
		return route53.RecordSet{Name: name, Type: kind, Values: []string{value}}
	}
	is(t, "a CNAME", besides(t.Context(), fakeRecords{answer: []route53.RecordSet{set("API.example.com.", "CNAME", "shop.example.net")}}, changes),
		Refused, "api.example.com is a CNAME already, which leads to shop.example.net")
	is(t, "an AAAA", besides(t.Context(), fakeRecords{answer: []route53.RecordSet{set("api.example.com.", "AAAA", "2001:db8::1"), set("api.example.com.", "TXT", "x")}}, changes),
		Warning, "leads those who have IPv6 to 2001:db8::1")
	if found := besides(t.Context(), fakeRecords{answer: []route53.RecordSet{set("b.example.com.", "CNAME", "x")}}, changes); len(found) != 0 {
		t.Error(found)
	}
}

// Only what AWS takes once needs its name to be free, and no record that may overwrite another one.
func TestTakesName(t *testing.T) {
	for _, c := range []struct {
		kind   string
		action tfjson.Action
		after  map[string]any
		want   bool
	}{
		{"aws_route53_record", tfjson.ActionCreate, map[string]any{"name": "api.example.com"}, true},
		{"aws_route53_record", tfjson.ActionCreate, map[string]any{"name": "_x.example.com", "allow_overwrite": true}, false},
		{"aws_route53_record", tfjson.ActionUpdate, map[string]any{"name": "api.example.com"}, false},
		{"aws_vpc", tfjson.ActionCreate, map[string]any{}, false},
	} {
		change := &tfjson.ResourceChange{Type: c.kind, Change: &tfjson.Change{Actions: tfjson.Actions{c.action}, After: any(c.after)}}
		if got := takesName(change); got != c.want {
			t.Errorf("%s, %s, %v: %v", c.kind, c.action, c.after, got)
		}
	}
}
