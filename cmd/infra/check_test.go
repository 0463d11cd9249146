package main

import (
	"strings"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/order-bot/infra/tool/planguard"
	"github.com/order-bot/infra/tool/preflight"
)

// What is refused keeps a plan from being deployed that does something there, and is a warning otherwise.
func TestJudge(t *testing.T) {
	report := planguard.Of(&tfjson.Plan{ResourceChanges: []*tfjson.ResourceChange{
		{Address: "aws_lb_listener_rule.svc", Type: "aws_lb_listener_rule", Mode: tfjson.ManagedResourceMode, Change: &tfjson.Change{Actions: tfjson.Actions{tfjson.ActionCreate}}},
		{Address: "aws_lb_listener.https", Type: "aws_lb_listener", Mode: tfjson.ManagedResourceMode, Change: &tfjson.Change{Actions: tfjson.Actions{tfjson.ActionNoop}}},
	}})
	notes := judge(report, []preflight.Finding{
		{Verdict: preflight.OK, Subject: "zone"},
		{Verdict: preflight.Refused, Subject: "certificate", Text: "does not cover it", Addresses: []string{"aws_lb_listener.https", "aws_lb_listener_rule.svc"}},
		{Verdict: preflight.Refused, Subject: "image", Text: "is gone", Addresses: []string{"aws_ecs_task_definition.svc"}},
		{Verdict: preflight.Warning, Subject: "schedule", Text: "is odd"},
		{Verdict: preflight.Unseen, Subject: "delegation", Text: "no answer"},
	}, "prod")
	if want := "warning: image: is gone\nwarning: schedule: is odd\nOf what the inputs name, 1 could not be looked at: ./infra check prod\n"; notes != want {
		t.Errorf("%q", notes)
	}
	var why strings.Builder
	if !report.Refuse(nil, &why) {
		t.Error("nothing is refused")
	}
	if want := "\nguard: refused, because it would not work:\n  aws_lb_listener_rule.svc\n    certificate: does not cover it\n"; !strings.HasPrefix(why.String(), want) || !strings.Contains(why.String(), "  --allow aws_lb_listener_rule.svc\n") {
		t.Errorf("%q", why.String())
	}
	if report.Refuse([]string{"aws_lb_listener_rule.svc"}, &why) {
		t.Error("what is allowed is refused")
	}
	if notes := judge(report, nil, "prod"); notes != "" {
		t.Errorf("%q", notes)
	}
}
