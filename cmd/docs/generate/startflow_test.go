package generate

import (
	"strings"
	"testing"

	"github.com/order-bot/infra/tool/stackjson"
)

func page(t *testing.T, text string) (string, error) {
	t.Helper()
	stack, err := stackjson.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return StartFlow("../../..", Stack{Name: "prod", JSON: stack})
}

const (
	balancer     = `"aws_lb": {"alb_load_balancer": {"//": {"metadata": {"path": "prod/alb/load_balancer"}}, "name": "the-${var.environment}-alb"%s}}`
	httpListener = `"aws_lb_listener": {"alb_http_listener": {"//": {"metadata": {"path": "prod/alb/http_listener"}}, "port": 80, "protocol": "HTTP", "load_balancer_arn": "${aws_lb.alb_load_balancer.arn}"}}`
)

func TestPage(t *testing.T) {
	text, err := page(t, `{"variable": {"environment": {"default": "test"}}, "resource": {`+strings.Replace(balancer, "%s", "", 1)+`, `+httpListener+`}}`)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"  subgraph prod\n    subgraph module_alb[alb]\n      alb_load_balancer[\"load balancer<br>the-test-alb\"]\n      alb_http_listener[\"listener<br>HTTP :80\"]\n    end\n",
		"    alb_load_balancer --> alb_http_listener\n",
		"| load balancer | the-test-alb | `aws_lb.alb_load_balancer` | [alb.go](../../modules/alb/alb.go) |\n",
		"### 3. ALB routing plane (`prod`)",
		"| 2 | listener | `aws_lb_listener.alb_http_listener` | `aws_lb.alb_load_balancer` |\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

func TestPageRefuses(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"a circle": {
			`{"resource": {` + strings.Replace(balancer, "%s", `, "x": "${aws_lb_listener.alb_http_listener.arn}"`, 1) + `, ` + httpListener + `}}`,
			"a circle of references",
		},
		"a step that needs a later one": {
			`{"resource": {` + strings.Replace(balancer, "%s", `, "x": "${aws_ecs_service.ecs_svc_service.id}"`, 1) +
				`, "aws_ecs_service": {"ecs_svc_service": {"//": {"metadata": {"path": "prod/ecs/svc/service"}}}}}}`,
			"prod: aws_lb.alb_load_balancer is in step 3 and needs aws_ecs_service.ecs_svc_service of step 6",
		},
		"a module that nobody makes": {
			`{"resource": {"aws_lb": {"other_balancer": {"//": {"metadata": {"path": "prod/other/balancer"}}}}}}`,
			`no file in stacks makes the module "other"`,
		},
		"a type that no file makes": {
			`{"resource": {"aws_sns_topic": {"alb_topic": {"//": {"metadata": {"path": "prod/alb/topic"}}}}}}`,
			`aws_sns_topic.alb_topic: made by [] in modules/alb`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := page(t, c.text)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}
