package tests

import (
	"cmp"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/order-bot/infra/cmd/docs/generate"
	"github.com/order-bot/infra/design"
)

// The arrows of the start flow: from what is needed to what needs it. Rule to target group
// is drawn the other way round, in the direction of the traffic. Each is a real reference or
// depends_on in the JSON, so that Terraform creates one before the other.
func TestFlow(t *testing.T) {
	type arrow struct{ stack, needed, needing string }
	arrows := []arrow{
		{"global", "aws_s3_bucket.frontend_bucket", "aws_cloudfront_distribution.frontend_distribution"},
		{"global", "aws_cloudfront_distribution.frontend_distribution", "aws_route53_record.frontend_alias"},
	}
	const (
		groupALB  = "aws_security_group.security_group_alb"
		groupApp  = "aws_security_group.security_group_app"
		balancer  = "aws_lb.alb_load_balancer"
		https     = "aws_lb_listener.alb_https_listener"
		http      = "aws_lb_listener.alb_http_listener"
		cluster   = "aws_ecs_cluster.ecs_cluster"
		execution = "aws_iam_role.ecs_task_execution_role"
		role      = "aws_iam_role.ecs_task_role"
	)
	for _, environment := range design.Live.Environments {
		stack := environment.Name
		arrows = append(arrows, arrow{stack, groupALB, balancer}, arrow{stack, balancer, https}, arrow{stack, balancer, http})
		for _, service := range environment.Services {
			var (
				rule     = "aws_lb_listener_rule.alb_" + service.Key + "_listener_rule"
				target   = "aws_lb_target_group.alb_" + service.Key + "_target_group"
				alias    = "aws_route53_record." + cmp.Or(service.Alias, service.Key+"_alias")
				logs     = "aws_cloudwatch_log_group.ecs_" + service.Key + "_log_group"
				task     = "aws_ecs_task_definition.ecs_" + service.Key + "_task_definition"
				running  = "aws_ecs_service.ecs_" + service.Key + "_service"
				scalable = "aws_appautoscaling_target.ecs_" + service.Key + "_scalable_target"
				up       = "aws_appautoscaling_scheduled_action.schedule_" + service.Name + "_scale_up"
				down     = "aws_appautoscaling_scheduled_action.schedule_" + service.Name + "_scale_down"
			)
			arrows = append(
				arrows,
				arrow{stack, https, rule}, arrow{stack, target, rule}, arrow{stack, balancer, alias},
				arrow{stack, groupApp, running}, arrow{stack, cluster, running}, arrow{stack, task, running}, arrow{stack, target, running},
				arrow{stack, logs, task}, arrow{stack, execution, task}, arrow{stack, role, task},
				arrow{stack, running, scalable}, arrow{stack, scalable, up}, arrow{stack, scalable, down},
			)
		}
	}
	page, err := os.ReadFile(startFlow)
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
		_, chart, _ := strings.Cut(string(page), "  subgraph "+arrow.stack+"\n")
		chart, _, _ = strings.Cut(chart, "```")
		if drawn := "    " + from + " --> " + to + "\n"; strings.Count(chart, drawn) != 1 {
			t.Errorf("the chart of %s does not have %q once", arrow.stack, drawn)
		}
	}
}

const (
	startFlow  = "../docs/using/start_flow.md"
	inputsPage = "../docs/using/inputs.md"
)

// node is the name of a resource in the chart.
func node(address string) string {
	_, name, _ := strings.Cut(address, ".")
	return strings.ReplaceAll(name, "-", "_")
}

// documented are the stacks that the generated pages describe: all of them.
func documented(t *testing.T) (all []generate.Stack) {
	t.Helper()
	for _, name := range design.Live.Names() {
		all = append(all, generate.Stack{Name: name, JSON: synthesized(t)[name].Stack})
	}
	return all
}

// The page is generated: a change of the variables changes it.
func TestInputsIsCurrent(t *testing.T) {
	page, err := os.ReadFile(inputsPage)
	if err != nil {
		t.Fatal(err)
	}
	want, err := generate.Inputs(documented(t)...)
	if err != nil {
		t.Fatal(err)
	}
	if string(page) != want {
		t.Error("docs/using/inputs.md is stale: make docs")
	}
}

// The page is generated: a change of the fields' comments changes it.
func TestOptionsIsCurrent(t *testing.T) {
	page, err := os.ReadFile("../docs/using/options.md")
	if err != nil {
		t.Fatal(err)
	}
	want, err := generate.Options("..")
	if err != nil {
		t.Fatal(err)
	}
	if string(page) != want {
		t.Error("docs/using/options.md is stale: make docs")
	}
}

// The page is generated: a change of the stacks changes it.
func TestStartFlowIsCurrent(t *testing.T) {
	page, err := os.ReadFile(startFlow)
	if err != nil {
		t.Fatal(err)
	}
	want, err := generate.StartFlow("..", documented(t)...)
	if err != nil {
		t.Fatal(err)
	}
	if string(page) != want {
		t.Error("docs/using/start_flow.md is stale: make docs")
	}
	// Each address of both stacks is in the inventory, beside a file that is there.
	row := regexp.MustCompile("\\| `([^`]+)` \\| \\[[^]]+\\]\\(([^)]+)\\) \\|")
	listed := map[string]bool{}
	for _, match := range row.FindAllStringSubmatch(want, -1) {
		listed[match[1]] = true
		if _, err := os.Stat("../docs/using/" + match[2]); err != nil {
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
