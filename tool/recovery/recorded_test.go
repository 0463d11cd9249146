package recovery

import (
	"encoding/json"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/order-bot/infra/tool/kinds"
	"github.com/order-bot/infra/tool/stackjson"
	"github.com/order-bot/infra/tool/tfstate"
)

// What the state has under another spelling, or at another address, is not lacking: to take it in once more, and to destroy the other one, would
// destroy the only one.
func TestRecorded(t *testing.T) {
	for _, c := range []struct {
		what, kind, planned string
		found               kinds.Found
		before              string
		want                bool
	}{
		{"a record by its label", "aws_route53_record", `{"zone_id":"Z","type":"A","name":"api.example.com"}`, kinds.Found{ID: "Z_api.example.com_A", Values: map[string]string{"fqdn": "api.example.com"}},
			`{"id":"Z_api_A","zone_id":"Z","type":"A","name":"api","fqdn":"api.example.com"}`, true},
		{"another record", "aws_route53_record", `{"zone_id":"Z","type":"A","name":"new.example.com"}`, kinds.Found{ID: "Z_new.example.com_A", Values: map[string]string{"fqdn": "new.example.com"}},
			`{"id":"Z_api_A","zone_id":"Z","type":"A","name":"api","fqdn":"api.example.com"}`, false},
		{"the same name in another zone", "aws_route53_record", `{"zone_id":"Y","type":"A","name":"api.example.com"}`, kinds.Found{ID: "Y_api.example.com_A"},
			`{"id":"Z_api_A","zone_id":"Z","type":"A","name":"api","fqdn":"api.example.com"}`, false},
		{"a service by its cluster's name", "aws_ecs_service", `{"name":"a","cluster":"c"}`, kinds.Found{ID: "c/a"}, `{"id":"arn:aws:ecs:eu-west-1:1:service/c/a","name":"a","cluster":"arn:aws:ecs:eu-west-1:1:cluster/c"}`, true},
		{"a cluster by its ARN", "aws_ecs_cluster", `{"name":"c"}`, kinds.Found{ID: "c", Values: map[string]string{"arn": "arn:c"}}, `{"id":"arn:c","arn":"arn:c","name":"c"}`, true},
		{"another revision", "aws_ecs_task_definition", `{"family":"f"}`, kinds.Found{ID: "arn:f:2", Values: map[string]string{"arn": "arn:f:2"}}, `{"id":"f","arn":"arn:f:1","family":"f"}`, false},
		{"the same revision", "aws_ecs_task_definition", `{"family":"f"}`, kinds.Found{ID: "arn:f:1", Values: map[string]string{"arn": "arn:f:1"}}, `{"id":"f","arn":"arn:f:1","family":"f"}`, true},
		{"an attachment", "aws_iam_role_policy_attachment", `{"role":"r","policy_arn":"p"}`, kinds.Found{ID: "r/p"}, `{"id":"r-2026","role":"r","policy_arn":"p"}`, true},
		{"a load balancer that was created anew", "aws_lb", `{"name":"a"}`, kinds.Found{ID: "arn:2", Values: map[string]string{"arn": "arn:2"}}, `{"id":"arn:1","arn":"arn:1","name":"a"}`, false},
	} {
		var planned, before map[string]any
		for text, into := range map[string]*map[string]any{c.planned: &planned, c.before: &before} {
			if err := json.Unmarshal([]byte(text), into); err != nil {
				t.Fatal(err)
			}
		}
		for _, at := range []string{".a", ".other"} {
			f := &kinds.Search{Stack: &stackjson.Stack{}, Planned: map[string]map[string]any{c.kind + ".a": planned}}
			plan := &tfjson.Plan{ResourceChanges: []*tfjson.ResourceChange{{Address: c.kind + at, Type: c.kind, Change: &tfjson.Change{Before: before}}}}
			if got := recorded(f, &tfstate.State{}, plan, kinds.Resource{Address: c.kind + ".a", Type: c.kind}, &c.found); got != c.want {
				t.Errorf("%s, at %s: %v", c.what, at, got)
			}
		}
	}
}
