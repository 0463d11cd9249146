package progress

import (
	"bytes"
	"slices"
	"testing"

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
{"type":"apply_start","hook":{"resource":{"addr":"aws_ecs_task_definition.svc","resource_type":"aws_ecs_task_definition"},"action":"delete"}}
{"type":"apply_complete","hook":{"resource":{"addr":"aws_ecs_task_definition.svc","resource_type":"aws_ecs_task_definition"},"action":"delete"}}
{"type":"outputs","outputs":{"url":{"value":"secret"}}}
`

func TestLog(t *testing.T) {
	const want = `A line that is no JSON.
aws_lb.alb: creating …
aws_lb.alb: creating … 31 s
warning: Deprecated attribute
  Use another one.
  Really.
aws_lb.alb: created after 61 s
aws_ecs_service.svc: changing …
aws_ecs_service.svc: failed after 4 s
`
	wantErr := []string{"Invalid value for variable\n  order_bot_port is a port.", "aws_ecs_service.svc: order-bot-svc does not run what was deployed",
		"Invalid value for input variable\n  The given value is not suitable for var.vpc_id: string required."}
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
	if err := (&Log{}).Err(); err != nil {
		t.Error(err)
	}
}
