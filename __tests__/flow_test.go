package tests

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/order-bot/infra/internal/stackdocs"
	"github.com/order-bot/infra/stacks"
)

// The arrows of the start flow: from what is needed to what needs it. Rule to target group
// is drawn the other way round, in the direction of the traffic. Each is a real reference or
// depends_on in the JSON, so that Terraform creates one before the other.
func TestFlow(t *testing.T) {
	const (
		bucket       = "aws_s3_bucket.frontend_bucket"
		distribution = "aws_cloudfront_distribution.frontend_distribution"
		frontend     = "aws_route53_record.frontend_alias"

		groupALB = "aws_security_group.security_group_alb"
		groupApp = "aws_security_group.security_group_app"

		balancer   = "aws_lb.alb_load_balancer"
		https      = "aws_lb_listener.alb_https_listener"
		http       = "aws_lb_listener.alb_http_listener"
		ruleMgmt   = "aws_lb_listener_rule.alb_mgmt_listener_rule"
		ruleSvc    = "aws_lb_listener_rule.alb_svc_listener_rule"
		targetMgmt = "aws_lb_target_group.alb_mgmt_target_group"
		targetSvc  = "aws_lb_target_group.alb_svc_target_group"
		aliasMgmt  = "aws_route53_record.orderbot_mgmt_alias"
		aliasSvc   = "aws_route53_record.orderbot_alias"

		cluster     = "aws_ecs_cluster.ecs_cluster"
		execution   = "aws_iam_role.ecs_task_execution_role"
		task        = "aws_iam_role.ecs_task_role"
		logsSvc     = "aws_cloudwatch_log_group.ecs_svc_log_group"
		logsMgmt    = "aws_cloudwatch_log_group.ecs_mgmt_log_group"
		taskSvc     = "aws_ecs_task_definition.ecs_svc_task_definition"
		taskMgmt    = "aws_ecs_task_definition.ecs_mgmt_task_definition"
		serviceSvc  = "aws_ecs_service.ecs_svc_service"
		serviceMgmt = "aws_ecs_service.ecs_mgmt_service"

		scalableSvc  = "aws_appautoscaling_target.ecs_svc_scalable_target"
		scalableMgmt = "aws_appautoscaling_target.ecs_mgmt_scalable_target"
		upSvc        = "aws_appautoscaling_scheduled_action.schedule_order-bot-svc_scale_up"
		downSvc      = "aws_appautoscaling_scheduled_action.schedule_order-bot-svc_scale_down"
		upMgmt       = "aws_appautoscaling_scheduled_action.schedule_order-bot-mgmt-svc_scale_up"
		downMgmt     = "aws_appautoscaling_scheduled_action.schedule_order-bot-mgmt-svc_scale_down"
	)
	arrows := []struct{ stack, needed, needing string }{
		{"global", bucket, distribution},
		{"global", distribution, frontend},

		{"prod", groupALB, balancer},
		{"prod", balancer, https},
		{"prod", balancer, http},
		{"prod", https, ruleMgmt},
		{"prod", targetMgmt, ruleMgmt},
		{"prod", https, ruleSvc},
		{"prod", targetSvc, ruleSvc},
		{"prod", balancer, aliasMgmt},
		{"prod", balancer, aliasSvc},

		{"prod", groupApp, serviceSvc},
		{"prod", groupApp, serviceMgmt},
		{"prod", cluster, serviceSvc},
		{"prod", cluster, serviceMgmt},
		{"prod", taskSvc, serviceSvc},
		{"prod", taskMgmt, serviceMgmt},
		{"prod", logsSvc, taskSvc},
		{"prod", logsMgmt, taskMgmt},
		{"prod", execution, taskSvc},
		{"prod", execution, taskMgmt},
		{"prod", task, taskSvc},
		{"prod", task, taskMgmt},

		{"prod", targetSvc, serviceSvc},
		{"prod", targetMgmt, serviceMgmt},

		{"prod", serviceSvc, scalableSvc},
		{"prod", serviceMgmt, scalableMgmt},
		{"prod", scalableSvc, upSvc},
		{"prod", scalableSvc, downSvc},
		{"prod", scalableMgmt, upMgmt},
		{"prod", scalableMgmt, downMgmt},
	}
	if len(arrows) != 31 {
		t.Fatalf("the flow has 31 arrows, not %d", len(arrows))
	}
	chart, err := os.ReadFile(startFlow)
	if err != nil {
		t.Fatal(err)
	}
	for _, arrow := range arrows {
		if !slices.Contains(synthesized(t)[arrow.stack].References(arrow.needing), arrow.needed) {
			t.Errorf("%s: %s does not refer to %s", arrow.stack, arrow.needing, arrow.needed)
		}
		from, to := node(arrow.needed), node(arrow.needing)
		if strings.HasPrefix(from, "alb_") && strings.HasSuffix(from, "_target_group") && strings.HasSuffix(to, "_listener_rule") {
			from, to = to, from // in the direction of the traffic
		}
		if drawn := "    " + from + " --> " + to + "\n"; strings.Count(string(chart), drawn) != 1 {
			t.Errorf("the chart does not have %q once", drawn)
		}
	}
}

const (
	startFlow  = "../docs/start_flow.md"
	inputsPage = "../docs/inputs.md"
)

// node is the name of a resource in the chart.
func node(address string) string {
	_, name, _ := strings.Cut(address, ".")
	return strings.ReplaceAll(name, "-", "_")
}

// documented are the stacks that the generated pages describe: all of them.
func documented(t *testing.T) (all []stackdocs.Stack) {
	t.Helper()
	for _, name := range stacks.Names() {
		all = append(all, stackdocs.Stack{Name: name, JSON: synthesized(t)[name].Stack})
	}
	return all
}

// The page is generated: a change of the variables changes it.
func TestInputsIsCurrent(t *testing.T) {
	page, err := os.ReadFile(inputsPage)
	if err != nil {
		t.Fatal(err)
	}
	want, err := stackdocs.Inputs(documented(t)...)
	if err != nil {
		t.Fatal(err)
	}
	if string(page) != want {
		t.Error("docs/inputs.md is stale: make docs")
	}
}

// The page is generated: a change of the stacks changes it.
func TestStartFlowIsCurrent(t *testing.T) {
	page, err := os.ReadFile(startFlow)
	if err != nil {
		t.Fatal(err)
	}
	want, err := stackdocs.Page("..", documented(t)...)
	if err != nil {
		t.Fatal(err)
	}
	if string(page) != want {
		t.Error("docs/start_flow.md is stale: make docs")
	}
	// Each address of both stacks is in the inventory, beside a file that is there.
	row := regexp.MustCompile("\\| `([^`]+)` \\| \\[[^]]+\\]\\(([^)]+)\\) \\|")
	listed := map[string]bool{}
	for _, match := range row.FindAllStringSubmatch(want, -1) {
		listed[match[1]] = true
		if _, err := os.Stat("../docs/" + match[2]); err != nil {
			t.Error(err)
		}
	}
	for name, stack := range synthesized(t) {
		for _, address := range slices.Concat(stack.Managed(), stack.DataSources()) {
			if !listed[address] {
				t.Errorf("%s: %s is not in the inventory", name, address)
			}
		}
	}
}
