package progress

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/order-bot/infra/internal/check"
)

const messages = `{"@level":"info","@message":"Terraform 1.11.4","type":"version","terraform":"1.11.4"}
A line that is no JSON.
{"type":"apply_start","hook":{"resource":{"addr":"aws_lb.alb"},"action":"create"}}
{"type":"apply_progress","hook":{"resource":{"addr":"aws_lb.alb"},"action":"create","elapsed_seconds":10}}
{"type":"apply_progress","hook":{"resource":{"addr":"aws_lb.alb"},"action":"create","elapsed_seconds":31}}
{"type":"apply_progress","hook":{"resource":{"addr":"aws_lb.alb"},"action":"create","elapsed_seconds":41}}
{"type":"diagnostic","diagnostic":{"severity":"warning","summary":"Deprecated attribute","detail":"Use another one.\nReally."}}
{"type":"diagnostic","diagnostic":{"severity":"warning","summary":"Deprecated attribute","detail":"Use another one.\nReally."}}
{"type":"apply_complete","hook":{"resource":{"addr":"aws_lb.alb"},"action":"create","id_value":"secret","elapsed_seconds":61}}
{"type":"apply_start","hook":{"resource":{"addr":"aws_ecs_service.svc"},"action":"update"}}
{"type":"apply_errored","hook":{"resource":{"addr":"aws_ecs_service.svc"},"action":"update","elapsed_seconds":4}}
{"type":"diagnostic","diagnostic":{"severity":"error","summary":"Invalid value for variable","detail":"order_bot_port is a port.\n\nThis was checked by the validation rule at cdk.tf.json:12,3-4."}}
{"type":"diagnostic","diagnostic":{"severity":"error","summary":"order-bot-svc does not run what was deployed","detail":"","address":"aws_ecs_service.svc"}}
{"type":"diagnostic","diagnostic":{"severity":"error","summary":"Invalid value for input variable","detail":"The given value is not suitable for var.vpc_id declared at cdktf.out/stacks/prod/cdk.tf.json:1,2-3: string required."}}
{"type":"diagnostic","diagnostic":{"severity":"error","summary":"Missing value","detail":"","range":{"filename":"TF_ENCRYPTION"}}}
{"type":"apply_start","hook":{"resource":{"addr":"aws_ecs_task_definition.svc","resource_type":"aws_ecs_task_definition"},"action":"delete"}}
{"type":"apply_complete","hook":{"resource":{"addr":"aws_ecs_task_definition.svc","resource_type":"aws_ecs_task_definition"},"action":"delete"}}
{"type":"outputs","outputs":{"url":{"value":"secret"}}}
`

func TestLog(t *testing.T) {
	const want = `A line that is no JSON.
aws_lb.alb: creating …
warning: Deprecated attribute
  Use another one.
  Really.
aws_lb.alb: created after 61 s
aws_ecs_service.svc: changing …
aws_ecs_service.svc: failed after 4 s
`
	wantErr := []string{"Invalid value for variable\n  order_bot_port is a port.", "aws_ecs_service.svc: order-bot-svc does not run what was deployed",
		"Invalid value for input variable\n  The given value is not suitable for var.vpc_id: string required.", "TF_ENCRYPTION: Missing value"}
	for _, size := range []int{1, 7, len(messages)} { // whatever the parts are in which it comes
		var out bytes.Buffer
		log := Log{W: &out}
		for part := range slices.Chunk([]byte(messages), size) {
			if n, err := log.Write(part); n != len(part) || err != nil {
				t.Fatal(n, err)
			}
		}
		if out.String() != want {
			t.Errorf("got:\n%s\nwant:\n%s", out.String(), want)
		}
		if got := check.Lines(log.Err()); !slices.Equal(got, wantErr) {
			t.Errorf("errors: %q", got)
		}
	}
	var works []string
	log := Log{W: &bytes.Buffer{}, Working: func(address string, begins bool) { works = append(works, fmt.Sprint(address, " ", begins)) }}
	if _, err := log.Write([]byte(messages)); err != nil {
		t.Fatal(err)
	}
	if want := []string{"aws_lb.alb true", "aws_lb.alb false", "aws_ecs_service.svc true", "aws_ecs_service.svc false", "aws_ecs_task_definition.svc true", "aws_ecs_task_definition.svc false"}; !slices.Equal(works, want) {
		t.Errorf("works at %q", works)
	}
	log.Forget("aws_ecs_service.svc", "order_bot_port")
	if got := check.Lines(log.Err()); !slices.Equal(got, wantErr[2:]) {
		t.Errorf("errors that are left: %q", got)
	}
	if err := (&Log{}).Err(); err != nil {
		t.Error(err)
	}
}

// Where the plan is known, it is said how much of it is done, and what the engine works at, the one that has begun first.
func TestHowMuch(t *testing.T) {
	hook := func(kind, address, action string) string {
		return `{"type":"` + kind + `","hook":{"resource":{"addr":"` + address + `"},"action":"` + action + `"}}` + "\n"
	}
	var out bytes.Buffer
	var waits []string
	log := Log{W: &out, Brief: true, Expect: map[string]string{"a.new": "create", "a.replaced": "create", "a.gone": "delete", "a.revision": "delete", "a.failed": "update"},
		Wait: func(what string, _ time.Time) { waits = append(waits, what) }}
	for _, line := range []string{
		hook("apply_start", "a.replaced", "delete"), hook("apply_start", "a.new", "create"), hook("apply_complete", "a.replaced", "delete"), hook("apply_start", "a.replaced", "create"),
		strings.Replace(hook("apply_progress", "a.new", "create"), `"hook":{`, `"hook":{"elapsed_seconds":40,`, 1),
		hook("apply_complete", "a.new", "create"), hook("apply_complete", "a.replaced", "create"), hook("apply_start", "a.gone", "delete"), hook("apply_complete", "a.gone", "delete"),
		strings.Replace(hook("apply_start", "a.revision", "delete"), `"addr"`, `"resource_type":"aws_ecs_task_definition","addr"`, 1),
		strings.Replace(hook("apply_complete", "a.revision", "delete"), `"addr"`, `"resource_type":"aws_ecs_task_definition","addr"`, 1),
		hook("apply_start", "a.failed", "update"), hook("apply_errored", "a.failed", "update"),
	} {
		_, _ = log.Write([]byte(line))
	}
	const want = `a.replaced: destroyed after 0 s, 0 of 5
a.new: created after 0 s, 1 of 5
a.replaced: created after 0 s, 2 of 5
a.gone: destroyed after 0 s, 3 of 5
a.revision: destroyed after 0 s, 4 of 5
a.failed: failed after 0 s
`
	if out.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", out.String(), want)
	}
	wantWaits := []string{
		"0 of 5 done, destroying a.replaced", "0 of 5 done, destroying a.replaced and 1 more", "0 of 5 done, creating a.new", "0 of 5 done, creating a.new and 1 more",
		"1 of 5 done, creating a.replaced", "2 of 5 done", "2 of 5 done, destroying a.gone", "3 of 5 done", "3 of 5 done, destroying a.revision", "4 of 5 done",
		"4 of 5 done, changing a.failed", "4 of 5 done",
	}
	if !slices.Equal(waits, wantWaits) {
		t.Errorf("%q", waits)
	}
}
