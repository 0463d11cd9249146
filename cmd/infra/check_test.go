package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
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

// What AWS has already, when a deploy comes to it, is this stack's or somebody else's: AWS is asked, and says what to do.
func TestOwned(t *testing.T) {
	const refuses = `
case "$1" in
show) echo '{"format_version": "1.2", "variables": {"aws_region": {"value": "eu-west-1"}},
	"planned_values": {"root_module": {"resources": [{"address": "aws_cloudwatch_log_group.a", "mode": "managed", "type": "aws_cloudwatch_log_group", "name": "a", "values": {"name": "/x", "tags": {"Project": "order-bot", "Environment": "global"}}}]}},
	"resource_changes": [{"address": "aws_cloudwatch_log_group.a", "mode": "managed", "type": "aws_cloudwatch_log_group", "name": "a", "change": {"actions": ["create"], "after": {"name": "/x", "tags": {"Project": "order-bot", "Environment": "global"}}}}]}'; exit ;;
state) echo '{"version": 4, "serial": 1, "lineage": "l", "resources": []}'; exit ;;
apply) touch "$FAKE/begun"; echo '{"type": "diagnostic", "diagnostic": {"severity": "error", "summary": "creating Log Group (/x): ResourceAlreadyExistsException: The specified log group already exists"}}'; exit 1 ;;
esac`
	for name, c := range map[string]struct{ tags, want string }{
		"this stack's": {`{"Project": "order-bot", "Environment": "global"}`, "infra: aws_cloudwatch_log_group.a: AWS has /x already, and it is this stack's (tags Project=order-bot Environment=global): a deploy ended before it could save. Import it into the state, and go on: ./infra deploy global --recover\n"},
		"another's":    {`{"Project": "shop"}`, "infra: aws_cloudwatch_log_group.a: AWS has /x already: it is not this stack's: it should have the tags Project=order-bot Environment=global, and has Project=shop"},
		"nobody says":  {"", "infra: AWS has it already, and the state does not. This says whose it is, and what to do: ./infra check global\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProject(t, refuses)
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/x-amz-json-1.1")
				switch target := r.Header.Get("X-Amz-Target"); {
				case !strings.HasPrefix(target, "Logs_") || c.tags == "" && p.has("begun"):
					w.WriteHeader(http.StatusForbidden)
				case strings.HasSuffix(target, ".DescribeLogGroups") && p.has("begun"):
					fmt.Fprint(w, `{"logGroups": [{"logGroupName": "/x", "arn": "arn:aws:logs:eu-west-1:1:log-group:/x:*", "logGroupArn": "arn:aws:logs:eu-west-1:1:log-group:/x"}]}`)
				case strings.HasSuffix(target, ".ListTagsForResource"):
					fmt.Fprintf(w, `{"tags": %s}`, c.tags)
				default:
					fmt.Fprint(w, `{"logGroups": []}`)
				}
			}))
			defer server.Close()
			command := p.command("deploy", "global", "--yes", "--skip-synth")
			command.Env = append(command.Env, "AWS_ENDPOINT_URL="+server.URL)
			if output, err := command.CombinedOutput(); err == nil || !p.has("begun") || !strings.Contains(string(output), c.want) {
				t.Errorf("%v: no %q in\n%s", err, c.want, output)
			}
		})
	}
}
