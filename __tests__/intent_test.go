package tests

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/order-bot/infra/design"
	"github.com/order-bot/infra/modules/alb"
	"github.com/order-bot/infra/modules/ecs"
	"github.com/order-bot/infra/modules/s3"
	"github.com/order-bot/infra/modules/schedule"
	"github.com/order-bot/infra/stacks"
)

// portVariable is the name of the variable of a service's port.
func portVariable(service stacks.Service) string {
	if service.Variables.Port == "" {
		return service.Key + "_port"
	}
	return service.Variables.Port
}

// The app group admitted one port only: the service on the other never became healthy.
func TestEveryServicePortIsOpenToTheLoadBalancer(t *testing.T) {
	group := element(t, "prod", "aws_security_group.security_group_app")
	open := map[any]map[string]any{}
	for _, rule := range group["ingress"].([]any) {
		rule := rule.(map[string]any)
		if rule["from_port"] != rule["to_port"] || rule["protocol"] != "tcp" {
			t.Errorf("ingress is not one TCP port: %v", rule)
		}
		open[rule["from_port"]] = rule
	}
	for _, service := range design.Services {
		want := []any{"${aws_security_group.security_group_alb.id}"}
		if got := open["${var."+portVariable(service)+"}"]["security_groups"]; !reflect.DeepEqual(got, want) {
			t.Errorf("the port of %s is not open to the load balancer's group only, but to %v (<nil>: to nobody)", service.Name, got)
		}
	}
	if open[5432.0]["self"] != true || open[5432.0]["cidr_blocks"] != nil {
		t.Errorf("PostgreSQL is not open to the group itself only: %v", open[5432.0])
	}
	if want := len(design.Services) + 1; len(open) != want {
		t.Errorf("%d ports are open, not %d", len(open), want)
	}
}

// AWS refuses a service whose target group has no load balancer yet.
func TestAServiceNeverStartsBeforeItsListenerRule(t *testing.T) {
	for _, service := range design.Services {
		want := []any{"aws_lb_listener_rule.alb_" + service.Key + "_listener_rule"}
		if got := element(t, "prod", "aws_ecs_service.ecs_"+service.Key+"_service")["depends_on"]; !reflect.DeepEqual(got, want) {
			t.Errorf("%s depends on %v, not on %v", service.Name, got, want)
		}
	}
}

// The timetable owns the number of tasks: a deploy at night must not wake the services up.
func TestADeployLeavesTheNumberOfTasksAlone(t *testing.T) {
	for _, service := range design.Services {
		for address, want := range map[string][]any{
			"aws_ecs_service.ecs_" + service.Key + "_service":                   {"desired_count"},
			"aws_appautoscaling_target.ecs_" + service.Key + "_scalable_target": {"min_capacity", "max_capacity"},
		} {
			lifecycle, _ := element(t, "prod", address)["lifecycle"].(map[string]any)
			if got := lifecycle["ignore_changes"]; !reflect.DeepEqual(got, want) {
				t.Errorf("%s ignores changes of %v, not of %v", address, got, want)
			}
		}
	}
}

func TestABadImageRollsBackByItself(t *testing.T) {
	for _, of := range design.Services {
		address := "aws_ecs_service.ecs_" + of.Key + "_service"
		service := element(t, "prod", address)
		if want := map[string]any{"enable": true, "rollback": true}; !reflect.DeepEqual(service["deployment_circuit_breaker"], want) {
			t.Errorf("%s: circuit breaker %v", address, service["deployment_circuit_breaker"])
		}
		if service["health_check_grace_period_seconds"] != 60.0 {
			t.Errorf("%s: grace period %v", address, service["health_check_grace_period_seconds"])
		}
	}
}

// With the circuit breaker alone, a bad image goes back and the deploy is green.
func TestADeployFailsWhenAServiceDoesNotRunWhatWasDeployed(t *testing.T) {
	for _, service := range design.Services {
		running := element(t, "prod", "aws_ecs_service.ecs_"+service.Key+"_service")
		if running["wait_for_steady_state"] != true {
			t.Errorf("%s: a deploy does not wait for its tasks", service.Name)
		}
		// The provider's default, 20 minutes, may end before the circuit breaker does.
		if want := map[string]any{"create": "30m", "update": "30m"}; !reflect.DeepEqual(running["timeouts"], want) {
			t.Errorf("%s: timeouts %v", service.Name, running["timeouts"])
		}
		lifecycle, _ := running["lifecycle"].(map[string]any)
		conditions, _ := lifecycle["postcondition"].([]any)
		if len(conditions) != 1 {
			t.Fatalf("%s: postconditions %v", service.Name, conditions)
		}
		condition := conditions[0].(map[string]any)
		if want := "${self.task_definition == aws_ecs_task_definition.ecs_" + service.Key + "_task_definition.arn}"; condition["condition"] != want {
			t.Errorf("%s: postcondition %v", service.Name, condition["condition"])
		}
		if message, _ := condition["error_message"].(string); !strings.HasPrefix(message, service.Name+" ") {
			t.Errorf("%s: the message does not name the service: %s", service.Name, message)
		}
	}
}

// The circuit breaker has to find the revision that it goes back to.
func TestOldRevisionsStay(t *testing.T) {
	for _, service := range design.Services {
		if got := element(t, "prod", "aws_ecs_task_definition.ecs_"+service.Key+"_task_definition")["skip_destroy"]; got != true {
			t.Errorf("%s: skip_destroy is %v", service.Name, got)
		}
	}
}

// Application Auto Scaling stops tasks only above the maximum: 0 to 1 stopped none.
func TestTheNightSetsTheMaximumToo(t *testing.T) {
	for _, service := range design.Services {
		for action, want := range map[string]map[string]any{
			"up":   {"min_capacity": strconv.Itoa(max(service.Hours.Day.Min, 1)), "max_capacity": strconv.Itoa(max(service.Hours.Day.Max, 1))},
			"down": {"min_capacity": strconv.Itoa(service.Hours.Night.Min), "max_capacity": strconv.Itoa(service.Hours.Night.Max)},
		} {
			address := "aws_appautoscaling_scheduled_action.schedule_" + service.Name + "_scale_" + action
			if got := element(t, "prod", address)["scalable_target_action"]; !reflect.DeepEqual(got, want) {
				t.Errorf("%s sets %v, not %v", address, got, want)
			}
		}
	}
}

// With an ECS service, its scalable target is gone, and with that its scheduled actions.
func TestTheTimetableFollowsItsService(t *testing.T) {
	for _, service := range design.Services {
		target := "aws_appautoscaling_target.ecs_" + service.Key + "_scalable_target"
		for address, trigger := range map[string]string{
			target: "aws_ecs_service.ecs_" + service.Key + "_service.id",
			"aws_appautoscaling_scheduled_action.schedule_" + service.Name + "_scale_up":   target + ".id",
			"aws_appautoscaling_scheduled_action.schedule_" + service.Name + "_scale_down": target + ".id",
		} {
			lifecycle, _ := element(t, "prod", address)["lifecycle"].(map[string]any)
			if got := lifecycle["replace_triggered_by"]; !reflect.DeepEqual(got, []any{trigger}) {
				t.Errorf("%s is replaced by %v, not by %s", address, got, trigger)
			}
		}
	}
}

// AWS refuses to delete a target group that a listener rule uses, so another port must not replace it.
func TestAnotherPortLeavesTheTargetGroup(t *testing.T) {
	for _, service := range design.Services {
		lifecycle, _ := element(t, "prod", "aws_lb_target_group.alb_"+service.Key+"_target_group")["lifecycle"].(map[string]any)
		if got := lifecycle["ignore_changes"]; !reflect.DeepEqual(got, []any{"port"}) {
			t.Errorf("%s: the target group ignores changes of %v", service.Name, got)
		}
	}
}

// While a service moves to another port, its running tasks listen on the old one.
func TestAPreviousPortStaysOpenToTheLoadBalancer(t *testing.T) {
	services := slices.Clone(design.Services)
	services[0].Network.PreviousPort = 7999
	prod := synthesize(t, withServices(services))["prod"]
	ingress := prod.At("aws_security_group.security_group_app")["ingress"].([]any)
	open := slices.ContainsFunc(ingress, func(rule any) bool {
		fields := rule.(map[string]any)
		return fields["from_port"] == 7999.0 && fields["to_port"] == 7999.0 &&
			reflect.DeepEqual(fields["security_groups"], []any{"${aws_security_group.security_group_alb.id}"})
	})
	if !open || len(ingress) != len(design.Services)+2 {
		t.Errorf("the app group admits %v", ingress)
	}
}

// A host name changes without a time at which neither the old nor the new one is there, and one
// that is outside the zone is no silent success.
func TestAliasesAreCreatedBeforeTheOldOneGoes(t *testing.T) {
	for name, stack := range synthesized(t) {
		for _, address := range stack.Managed() {
			if !strings.HasPrefix(address, "aws_route53_record.") || stack.At(address)["alias"] == nil {
				continue
			}
			lifecycle, _ := stack.At(address)["lifecycle"].(map[string]any)
			if lifecycle["create_before_destroy"] != true {
				t.Errorf("%s: %s: the old name is deleted first", name, address)
			}
			condition := "${" + address + ".fqdn == " + strings.Trim(stack.At(address)["name"].(string), "${}") + "}"
			if !strings.Contains(stack.Text, `"condition": "`+condition) {
				t.Errorf("%s: no output has the condition %s", name, condition)
			}
		}
	}
}

func TestTheLoadBalancerDropsInvalidHeaders(t *testing.T) {
	if got := element(t, "prod", "aws_lb.alb_load_balancer")["drop_invalid_header_fields"]; got != true {
		t.Errorf("drop_invalid_header_fields is %v", got)
	}
}

func TestRolesTrustTasksOfThisAccountOnly(t *testing.T) {
	prod := synthesized(t)["prod"]
	document := prod.At("data.aws_iam_policy_document.ecs_task_assume")
	statements := document["statement"].([]any)
	want := map[string]any{
		"actions":    []any{"sts:AssumeRole"},
		"principals": []any{map[string]any{"type": "Service", "identifiers": []any{"ecs-tasks.amazonaws.com"}}},
		"condition": []any{map[string]any{
			"test": "StringEquals", "variable": "aws:SourceAccount",
			"values": []any{"${data.aws_caller_identity.ecs_caller_identity.account_id}"},
		}},
	}
	if len(statements) != 1 || !reflect.DeepEqual(statements[0], want) {
		t.Errorf("got %v, want %v", statements, want)
	}
	for _, role := range []string{"aws_iam_role.ecs_task_execution_role", "aws_iam_role.ecs_task_role"} {
		if got := prod.At(role)["assume_role_policy"]; got != "${data.aws_iam_policy_document.ecs_task_assume.json}" {
			t.Errorf("%s trusts %v", role, got)
		}
	}
}

func TestCloudFrontUsesManagedPolicies(t *testing.T) {
	behaviour := element(t, "global", "aws_cloudfront_distribution.frontend_distribution")["default_cache_behavior"].(map[string]any)
	for attribute, want := range map[string]any{
		"cache_policy_id":            "658327ea-f89d-4fab-a63d-7e88639e58f6", // CachingOptimized
		"response_headers_policy_id": "67f7725c-6f97-4210-82d7-5512b31e9d03", // SecurityHeadersPolicy
		"compress":                   true,
		"forwarded_values":           nil, // deprecated; refused beside a cache policy
		"default_ttl":                nil,
	} {
		if got := behaviour[attribute]; got != want {
			t.Errorf("%s is %v, not %v", attribute, got, want)
		}
	}
}

// A path that no function has told from a file may be a page of the application. One that has is an error where nothing is there, and only then
// the status says so.
func TestWhatIsNotThereIsAnErrorOnlyBesideAFunction(t *testing.T) {
	for name, c := range map[string]struct {
		frontend s3.Config
		code     float64
		page     string
		function bool
	}{
		"default":       {s3.Config{}, 200, "/index.html", false},
		"a second name": {s3.Config{RedirectDomain: true}, 200, "/index.html", true},
		"previews":      {s3.Config{Previews: true}, 200, "/index.html", true},
		"strict files":  {s3.Config{StrictFiles: true}, 404, "/index.html", true},
		"many pages":    {s3.Config{ManyPages: true}, 404, "/404.html", true},
	} {
		changed := design.Live
		changed.Global.Frontend = c.frontend
		global := synthesize(t, changed)["global"]
		distribution := global.At("aws_cloudfront_distribution.frontend_distribution")
		var codes []float64
		for _, one := range distribution["custom_error_response"].([]any) {
			response := one.(map[string]any)
			codes = append(codes, response["error_code"].(float64))
			if response["response_code"] != c.code || response["response_page_path"] != c.page {
				t.Errorf("%s: %v", name, response)
			}
		}
		if !slices.Equal(codes, []float64{403, 404}) { // S3 answers 403 to those who may not list the bucket
			t.Errorf("%s: only %v are answered", name, codes)
		}
		associations, _ := distribution["default_cache_behavior"].(map[string]any)["function_association"].([]any)
		want := []any{map[string]any{"event_type": "viewer-request", "function_arn": "${aws_cloudfront_function.frontend_function.arn}"}}
		if c.function != (len(associations) > 0) || c.function && !reflect.DeepEqual(associations, want) {
			t.Errorf("%s: the functions are %v", name, associations)
		}
	}
}

// Who comes by the second name has to get as far as the function: by DNS, and to this distribution.
func TestASecondNameOfTheFrontendLeadsToTheDistribution(t *testing.T) {
	changed := design.Live
	changed.Global.Frontend = s3.Config{RedirectDomain: true, IPv6: true}
	global := synthesize(t, changed)["global"]
	aliases := global.At("aws_cloudfront_distribution.frontend_distribution")["aliases"]
	if want := []any{"${var.frontend_domain}", "${var.frontend_redirect_domain}"}; !reflect.DeepEqual(aliases, want) {
		t.Errorf("the aliases are %v", aliases)
	}
	for address, kind := range map[string]string{"aws_route53_record.frontend_redirect_alias": "A", "aws_route53_record.frontend_redirect_ipv6_alias": "AAAA"} {
		record := global.At(address)
		if record["name"] != "${var.frontend_redirect_domain}" || record["type"] != kind {
			t.Errorf("%s is %v", address, record)
		}
	}
	code := fmt.Sprint(global.At("aws_cloudfront_function.frontend_function")["code"])
	const site = `const site = { domain: "${var.frontend_domain}", redirected: "${var.frontend_redirect_domain}", previews: "", pages: "" };`
	if first, _, _ := strings.Cut(code, "\n"); first != site || strings.Count(code, "${") != 2 {
		t.Errorf("the function begins with %s", first)
	}
	rules := fmt.Sprint(global.Variable["frontend_redirect_domain"]["validation"])
	if !strings.Contains(rules, "var.frontend_redirect_domain != var.frontend_domain") {
		t.Errorf("the rules are %s", rules)
	}
}

// They carry passwords.
func TestEnvironmentsAreSensitive(t *testing.T) {
	for name, variable := range synthesized(t)["prod"].Variable {
		if got, want := variable["sensitive"] == true, strings.HasSuffix(name, "_environment"); got != want {
			t.Errorf("variable %s: sensitive is %v", name, got)
		}
	}
}

// Terraform takes no "." in an address, and constructs no "/" in an id.
func TestARepositoryNameMayHaveDotsAndSlashes(t *testing.T) {
	changed := design.Live
	changed.Global.ECR.Repositories = []string{"team/order.bot"}
	global := synthesize(t, changed)["global"]
	if got := global.At("aws_ecr_repository.ecr_team-order-bot_repository")["name"]; got != "team/order.bot" {
		t.Errorf("the repository is %v", got)
	}
	if global.At("aws_ecr_lifecycle_policy.ecr_team-order-bot_lifecycle_policy") == nil {
		t.Error("the lifecycle policy has another address")
	}
	urls, _ := global.Output["ecr_repository_urls"]["value"].(map[string]any)
	if want := "${aws_ecr_repository.ecr_team-order-bot_repository.repository_url}"; urls["team/order.bot"] != want {
		t.Errorf("URLs are %v", urls)
	}
}

// The roles' policy is AWS's own, which each partition has under its own name.
func TestTheExecutionPolicyIsOfTheCallersPartition(t *testing.T) {
	got := element(t, "prod", "aws_iam_role_policy_attachment.ecs_task_execution_policy")["policy_arn"]
	want := `arn:${element(split(":", data.aws_caller_identity.ecs_caller_identity.arn), 1)}:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy`
	if got != want {
		t.Errorf("got %v, want %s", got, want)
	}
}

// Another service is one entry in the list: everything else follows from it.
func TestAnotherServiceIsOneEntry(t *testing.T) {
	prod := synthesize(t, withServices(append(slices.Clone(design.Services), stacks.Service{
		Key: "another", Name: "another-svc", Task: ecs.Task{Port: 9000}, HTTP: alb.HTTP{Priority: 30000, Health: alb.Health{Path: "/ready"}},
		Hours: schedule.Hours{Day: schedule.Capacity{Min: 2, Max: 4}, Night: schedule.Capacity{Min: 1, Max: 1}},
	})))["prod"]

	before := synthesized(t)["prod"].Managed()
	var added []string
	for _, address := range prod.Managed() {
		if !slices.Contains(before, address) {
			added = append(added, address)
		}
	}
	if want := []string{
		"aws_appautoscaling_scheduled_action.schedule_another-svc_scale_down",
		"aws_appautoscaling_scheduled_action.schedule_another-svc_scale_up",
		"aws_appautoscaling_target.ecs_another_scalable_target",
		"aws_cloudwatch_log_group.ecs_another_log_group",
		"aws_ecs_service.ecs_another_service",
		"aws_ecs_task_definition.ecs_another_task_definition",
		"aws_lb_listener_rule.alb_another_listener_rule",
		"aws_lb_target_group.alb_another_target_group",
		"aws_route53_record.another_alias",
	}; !slices.Equal(added, want) {
		t.Errorf("added:\n%s", strings.Join(added, "\n"))
	}
	if len(prod.Managed()) != len(before)+len(added) {
		t.Error("what was there before is gone")
	}
	for _, name := range []string{"another_domain", "another_image", "another_port", "another_environment"} {
		if prod.Variable[name] == nil {
			t.Errorf("no variable %s", name)
		}
	}
	if ingress := prod.At("aws_security_group.security_group_app")["ingress"].([]any); len(ingress) != len(design.Services)+2 {
		t.Errorf("the app group has %d ingress rules", len(ingress))
	}
	up := prod.At("aws_appautoscaling_scheduled_action.schedule_another-svc_scale_up")["scalable_target_action"]
	if want := map[string]any{"min_capacity": "2", "max_capacity": "4"}; !reflect.DeepEqual(up, want) {
		t.Errorf("scaling up sets %v", up)
	}
	down := prod.At("aws_appautoscaling_scheduled_action.schedule_another-svc_scale_down")["scalable_target_action"]
	if want := map[string]any{"min_capacity": "1", "max_capacity": "1"}; !reflect.DeepEqual(down, want) {
		t.Errorf("scaling down sets %v", down)
	}
}

// A container that ends for want of a variable is found at plan, by the variable's name.
func TestAPlanNamesTheVariablesThatAServiceLacks(t *testing.T) {
	for _, service := range design.Services {
		variable := service.Variables.Environment
		if variable == "" {
			variable = service.Key + "_environment"
		}
		text := synthesized(t)["prod"].Text
		for _, name := range service.Task.Requires {
			if !strings.Contains(text, variable+" lacks ") || !strings.Contains(text, `\"`+name+`\"`) {
				t.Errorf("%s: no check of prod looks for %s in %s", service.Name, name, variable)
			}
		}
	}
}
