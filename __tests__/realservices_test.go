package tests

import (
	"encoding/json"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"

	"github.com/order-bot/infra/__tests__/realservices"
	"github.com/order-bot/infra/internal/project"
	"github.com/order-bot/infra/modules/alarms"
	"github.com/order-bot/infra/modules/alb"
	"github.com/order-bot/infra/modules/ecs"
	"github.com/order-bot/infra/modules/job"
	"github.com/order-bot/infra/modules/securitygroup"
	"github.com/order-bot/infra/stacks"
	"github.com/order-bot/infra/tool/iampolicy"
	"github.com/order-bot/infra/tool/roles"
	"github.com/order-bot/infra/tool/tfvalue"
)

// others are the stacks of the services of other teams.
func others(t *testing.T) map[string]Stack {
	t.Helper()
	return synthesize(t, realservices.Design)
}

// A service of another team is one entry: it becomes what it says, and nothing that it does not say.
func TestRealServices(t *testing.T) {
	all, examples := others(t), realservices.Design.Examples()
	count := 0
	for name, stack := range all {
		knows(t, "real services", stack, examples[name])
	}
	for _, environment := range realservices.Design.Environments {
		stack := all[environment.Name]
		for _, variable := range []string{"scale_up_cron", "scale_down_cron", "autoscaling_timezone"} {
			if stack.Variable[variable] != nil {
				t.Errorf("%s has no timetable, and the variable %s", environment.Name, variable)
			}
		}
		for _, service := range environment.Services {
			count++
			// Else another share would replace the service.
			if running := stack.At("aws_ecs_service.ecs_" + service.Key + "_service"); (running["force_new_deployment"] == true) != (service.Spot != ecs.Spot{}) {
				t.Errorf("%s: other shares of Spot are deployed in place: %v", service.Name, running["force_new_deployment"])
			}
			// Else a plan would take AWS's 0 for what somebody has set.
			shares, _ := stack.At("aws_ecs_service.ecs_" + service.Key + "_service")["capacity_provider_strategy"].([]any)
			for _, share := range shares {
				if share.(map[string]any)["base"] == nil {
					t.Errorf("%s: a share says no base: %v", service.Name, share)
				}
			}
			for address, want := range map[string]bool{
				"aws_ecs_service.ecs_" + service.Key + "_service":                     true,
				"aws_lb_target_group.alb_" + service.Key + "_target_group":            service.HTTP.Used(),
				"aws_lb_listener_rule.alb_" + service.Key + "_listener_rule":          service.HTTP.Used(),
				"aws_route53_record." + service.Key + "_alias":                        service.HTTP.Used() && service.HTTP.DomainOf == "" && environment.Name != "plain",
				"aws_iam_role.ecs_" + service.Key + "_task_role":                      len(service.Task.Permissions) > 0 || service.Task.Exec,
				"aws_appautoscaling_target.ecs_" + service.Key + "_scalable_target":   service.Load.Used(),
				"aws_service_discovery_service.discovery_" + service.Key + "_service": service.PrivateName != "",
			} {
				if got := stack.At(address) != nil; got != want {
					t.Errorf("%s: %s is there: %v", service.Name, address, got)
				}
			}
		}
	}
	for _, environment := range realservices.Design.Environments {
		for _, job := range environment.Jobs {
			count++
			for address, want := range map[string]bool{
				"aws_scheduler_schedule.job_" + job.Key + "_schedule":         true,
				"aws_ecs_task_definition.ecs_" + job.Key + "_task_definition": true,
				"aws_cloudwatch_log_group.ecs_" + job.Key + "_log_group":      true,
				"aws_iam_role.ecs_" + job.Key + "_task_role":                  true,
				"aws_ecs_service.ecs_" + job.Key + "_service":                 false,
			} {
				if got := all[environment.Name].At(address) != nil; got != want {
					t.Errorf("%s: %s is there: %v", job.Name, address, got)
				}
			}
		}
	}
	if count < 30 {
		t.Errorf("%d services and jobs", count)
	}
}

// EventBridge Scheduler starts the revision that was deployed, in the network of the services, as soon as its role may, and nothing else may be
// started by that role.
func TestAJobIsStartedAtItsTimes(t *testing.T) {
	all := others(t)
	schedule := all["plain"].At("aws_scheduler_schedule.job_r11_schedule")
	for path, want := range map[string]any{
		"name": "order-bot-plain-nightly", "schedule_expression": "cron(30 3 * * ? *)", "schedule_expression_timezone": "Asia/Tokyo", "state": "ENABLED",
		"target.arn": "${aws_ecs_cluster.ecs_cluster.id}", "target.role_arn": "${aws_iam_role.job_role.arn}",
		"target.retry_policy.maximum_retry_attempts": 3.0, "target.retry_policy.maximum_event_age_in_seconds": 3600.0,
		"target.ecs_parameters.task_definition_arn": "${aws_ecs_task_definition.ecs_r11_task_definition.arn}", "target.ecs_parameters.launch_type": nil,
		"target.ecs_parameters.enable_execute_command": true, "target.ecs_parameters.network_configuration.assign_public_ip": true,
		"target.ecs_parameters.network_configuration.subnets":                "${var.public_subnet_ids}",
		"target.ecs_parameters.capacity_provider_strategy.capacity_provider": "FARGATE_SPOT",
	} {
		if got := tfvalue.At(schedule, strings.Split(path, ".")...); got != want {
			t.Errorf("%s is %v, not %v", path, got, want)
		}
	}
	for _, needed := range []string{
		"aws_ecs_cluster_capacity_providers.ecs_capacity_providers", "aws_iam_role_policy.ecs_r11_task_policy", "aws_iam_role_policy.ecs_secrets_policy", "aws_iam_role_policy.job_policy",
		"aws_iam_role_policy_attachment.ecs_task_execution_policy",
	} {
		if first, _ := schedule["depends_on"].([]any); !slices.Contains(first, any(needed)) {
			t.Errorf("the job may start before %s is there", needed)
		}
	}
	policy := all["plain"].At("aws_iam_role_policy.job_policy")["policy"].(string)
	for _, part := range []string{"task-definition/order-bot-plain-nightly:*", "ecs:cluster", "ecs:RunTask", "iam:PassRole", "aws_iam_role.ecs_r11_task_role.arn", "aws_iam_role.ecs_task_execution_role.arn"} {
		if !strings.Contains(policy, part) {
			t.Errorf("the role of the jobs lacks %s: %s", part, policy)
		}
	}
	if strings.Contains(policy, `"*"`) {
		t.Errorf("the role of the jobs may do something to anything: %s", policy)
	}
	if trust := all["plain"].At("aws_iam_role.job_role")["assume_role_policy"].(string); !strings.Contains(trust, "scheduler.amazonaws.com") || !strings.Contains(trust, "aws:SourceAccount") {
		t.Errorf("the role of the jobs trusts %s", trust)
	}
	if all["public"].At("aws_iam_role.job_role") != nil {
		t.Error("there is a role of jobs where there is no job")
	}
}

// A job, or a worker, with the image of a service has its environment and its secrets, and no variables of its own. A job that runs before the service is started by
// no schedule, and the command finds it.
func TestAJobOfAService(t *testing.T) {
	out := t.TempDir()
	all, err := stacksOf(stacks.Design{Global: realservices.Design.Global, Environments: []stacks.Environment{{
		Name: "prod", Services: []stacks.Service{realservices.Plain[0], {
			Key: "work", Name: "work", ImageOf: "r1", Task: ecs.Task{Port: 9000, Container: ecs.Container{Command: []string{"work"}}},
		}}, Balancer: alb.Balancer{WithoutDomain: true}, Jobs: []stacks.Job{{
			Key: "purge", Name: "purge", Service: "r1", Task: ecs.Task{Container: ecs.Container{Command: []string{"purge"}}}, Schedule: job.Schedule{Expression: "rate(1 hour)", Off: true},
		}, {
			Key: "migrate", Name: "migrate", Before: "r1", Task: ecs.Task{Container: ecs.Container{Command: []string{"migrate"}}},
		}},
	}}}, out)
	if err != nil {
		t.Fatal(err)
	}
	stack := all["prod"]
	for _, name := range []string{"purge", "migrate", "work"} {
		text := stack.At("aws_ecs_task_definition.ecs_" + name + "_task_definition")["container_definitions"].(string)
		for _, part := range []string{"var.r1_image", "var.r1_environment", "parameter/order-bot/prod/orders/DATABASE_URL", `"command" = ["` + name + `"]`} {
			if !strings.Contains(text, part) {
				t.Errorf("%s has no %s: %s", name, part, text)
			}
		}
		if stack.Variable[name+"_image"] != nil || stack.Variable[name+"_environment"] != nil {
			t.Errorf("%s has variables of its own", name)
		}
	}
	known, err := project.Read(out)
	if err != nil {
		t.Fatal(err)
	}
	jobs := known.Stack("prod").Sharers
	if want := []project.Sharer{{Name: "work", Service: "orders"}, {Name: "purge", Service: "orders"}, {Name: "migrate", Service: "orders", Before: "aws_scheduler_schedule.job_migrate_schedule"}}; !slices.Equal(jobs, want) {
		t.Errorf("the command knows of %+v", jobs)
	}
	if images := known.Stack("prod").Images; len(images) != 1 || images["orders"] != "r1_image" {
		t.Errorf("the command knows of %v", images)
	}
	before := stack.At(jobs[2].Before)
	if before["state"] != "DISABLED" || before["description"] != "A deploy runs it before orders gets a new revision." {
		t.Errorf("the schedule of a job that a deploy runs is %v", before)
	}
	if state := stack.At("aws_scheduler_schedule.job_purge_schedule")["state"]; state != "DISABLED" {
		t.Errorf("a job that is off is %v", state)
	}
}

// Without NAT a task pulls its image by an address of its own, and still nobody reaches it but through the load balancer.
func TestPublicTasksAreReachedThroughTheLoadBalancerOnly(t *testing.T) {
	stack := others(t)["public"]
	if stack.Variable["private_subnet_ids"] != nil {
		t.Error("the private subnets are an input")
	}
	for _, address := range stack.Managed() {
		if !strings.HasPrefix(address, "aws_ecs_service.") {
			continue
		}
		network := stack.At(address)["network_configuration"].(map[string]any)
		if network["assign_public_ip"] != true || network["subnets"] != "${var.public_subnet_ids}" {
			t.Errorf("%s: %v", address, network)
		}
	}
	for _, rule := range stack.At("aws_security_group.security_group_app")["ingress"].([]any) {
		if rule := rule.(map[string]any); rule["cidr_blocks"] != nil || rule["security_groups"] == nil && rule["self"] != true {
			t.Errorf("the app group lets in %v", rule)
		}
	}
}

// What the load balancer asks at a port of its own, it also reaches.
func TestHealthChecksReachTheirPort(t *testing.T) {
	stack, asked := others(t)["public"], false
	open := map[any]bool{}
	for _, rule := range stack.At("aws_security_group.security_group_app")["ingress"].([]any) {
		if rule := rule.(map[string]any); rule["security_groups"] != nil {
			open[rule["from_port"]] = true
		}
	}
	for _, address := range stack.Managed() {
		if check, ok := stack.At(address)["health_check"].(map[string]any); ok && check["port"] != nil {
			asked = true
			if port, err := strconv.Atoi(check["port"].(string)); err != nil || !open[float64(port)] {
				t.Errorf("%s asks at port %v, and the load balancer reaches %v", address, check["port"], open)
			}
		}
	}
	if !asked {
		t.Error("no health check has a port of its own")
	}
}

// The execution role reads the secrets that are named, and no others; and no task starts before it may.
func TestTheExecutionRoleReadsExactlyTheSecrets(t *testing.T) {
	secretOfAccount := "arn:${element(split(\":\", data.aws_caller_identity.ecs_caller_identity.arn), 1)}:secretsmanager:" +
		"${data.aws_region.ecs_region.name}:${data.aws_caller_identity.ecs_caller_identity.account_id}:secret:"
	secret := regexp.MustCompile(`"valueFrom" = "(arn:\$\{[^}]*\}[^"]*)"`)
	pulls := regexp.MustCompile(`"credentialsParameter" = "([^"]*)"`)
	resource := regexp.MustCompile(`"(arn:\$\{[^}]*\}:(?:ssm|secretsmanager):[^"]*)"`)
	for name, stack := range others(t) {
		named := map[string]bool{}
		for _, address := range stack.Managed() {
			if strings.HasPrefix(address, "aws_ecs_task_definition.") {
				definitions := stack.At(address)["container_definitions"].(string)
				for _, match := range secret.FindAllStringSubmatch(definitions, -1) {
					// The key of a JSON object, and a version, are no part of the ARN.
					named[strings.TrimSuffix(match[1], ":password::")] = true
				}
				for _, match := range pulls.FindAllStringSubmatch(definitions, -1) {
					named[secretOfAccount+match[1]] = true
				}
			}
			if strings.HasPrefix(address, "aws_ecs_service.") {
				if first, _ := stack.At(address)["depends_on"].([]any); !slices.Contains(first, any("aws_iam_role_policy.ecs_secrets_policy")) {
					t.Errorf("%s: %s may start before its secrets may be read", name, address)
				}
			}
		}
		if name == "global" {
			continue
		}
		read := map[string]bool{}
		for _, match := range resource.FindAllStringSubmatch(stack.At("aws_iam_role_policy.ecs_secrets_policy")["policy"].(string), -1) {
			read[strings.TrimSuffix(match[1], "-??????")] = true
		}
		if len(named) == 0 || len(named) != len(read) {
			t.Errorf("%s: %d secrets are named, %d may be read", name, len(named), len(read))
		}
		for arn := range named {
			if !read[arn] {
				t.Errorf("%s: the role may not read %s", name, arn)
			}
		}
	}
}

// What is a secret has no value among the inputs: an input that has one is refused at plan.
func TestASecretIsNoInput(t *testing.T) {
	variable := others(t)["public"].Variable["r4_environment"]
	rules := variable["validation"].([]any)
	last := rules[len(rules)-1].(map[string]any)
	if !strings.Contains(last["condition"].(string), "SESSION_KEY") || !strings.Contains(last["error_message"].(string), "Secrets") {
		t.Errorf("the last rule is %v", last)
	}
}

// A deploy may move a service to any port but that of a sidecar.
func TestAPortIsNoneOfASidecar(t *testing.T) {
	rules := others(t)["plain"].Variable["r17_port"]["validation"].([]any)
	conditions := map[any]any{}
	for _, rule := range rules {
		conditions[rule.(map[string]any)["condition"]] = rule.(map[string]any)["error_message"]
	}
	if got, want := conditions["${var.r17_port != 9001}"], "r17_port must be another port than that of the sidecar proxy, as the containers of a task share one network."; got != want {
		t.Errorf("got %v, want %s; the rules are %v", got, want, rules)
	}
}

// The load balancer reaches a sidecar at its own port, where it is in front of the service, and not the service.
func TestASidecarInFrontIsReached(t *testing.T) {
	stack := others(t)["plain"]
	front := tfvalue.At(stack.At("aws_ecs_service.ecs_r17_service"), "load_balancer")
	if to, _ := front.([]any)[0].(map[string]any); to["container_name"] != "proxy" || to["container_port"] != 9001.0 {
		t.Errorf("the load balancer reaches %v", to)
	}
	open := map[any]bool{}
	for _, rule := range stack.At("aws_security_group.security_group_app")["ingress"].([]any) {
		if rule := rule.(map[string]any); rule["self"] != true {
			open[rule["from_port"]] = true
		}
	}
	if !open[9001.0] || open["${var.r17_port}"] || !open["${var.r7_port}"] {
		t.Errorf("open to the load balancer: %v", open)
	}
}

// What a command says is what the container gets, whatever Terraform takes it for.
func TestTextsOfAContainerStayAsTheyAre(t *testing.T) {
	texts := []string{"sh", "-c", `exec "$@" '${HOME}' %{if} \d+ "`, "two\nlines\tand\r", `"quoted"`, ""}
	service := realservices.Plain[4]
	service.Task.Container = ecs.Container{Command: texts, EntryPoint: texts, User: `"`, Health: ecs.ContainerHealth{Command: texts}}
	service.Task.Sidecars = []ecs.Sidecar{{Name: "side", Image: "side:v1", Environment: map[string]string{"A": texts[2]}}}
	service.Task.LogRouter = ecs.LogRouter{Image: "fluent-bit:2", Options: map[string]string{"Name": "s3", "key": texts[2]}}
	stack := synthesize(t, stacks.Design{Global: realservices.Design.Global, Environments: []stacks.Environment{{
		Name: "prod", Services: []stacks.Service{service}, Balancer: alb.Balancer{WithoutDomain: true},
	}}})["prod"]
	text := strings.NewReplacer(
		"data.aws_region.ecs_region.name", `"x"`, "aws_cloudwatch_log_group.ecs_r30_log_group.name", `"x"`, "var.r30_image", `"x"`, "var.r30_port", "1", "var.r30_environment", "{}",
	).Replace(stack.At("aws_ecs_task_definition.ecs_r30_task_definition")["container_definitions"].(string))
	expression, problems := hclsyntax.ParseTemplate([]byte(text), "", hcl.InitialPos)
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	value, problems := expression.Value(&hcl.EvalContext{Functions: map[string]function.Function{"jsonencode": stdlib.JSONEncodeFunc}})
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	var containers []struct {
		Command, EntryPoint []string
		User                string
		HealthCheck         struct{ Command []string }
		Environment         []struct{ Value string }
		LogConfiguration    struct{ Options map[string]string }
	}
	if err := json.Unmarshal([]byte(value.AsString()), &containers); err != nil {
		t.Fatal(err)
	}
	is := containers[0]
	for what, got := range map[string][]string{
		"command": is.Command, "entry point": is.EntryPoint, "health": is.HealthCheck.Command[1:],
	} {
		if !slices.Equal(got, texts) {
			t.Errorf("%s: %q, not %q", what, got, texts)
		}
	}
	if is.User != `"` || containers[1].Environment[0].Value != texts[2] || is.LogConfiguration.Options["key"] != texts[2] {
		t.Errorf("the containers are %+v", containers)
	}
}

// An environment says what is different there, and nothing else is.
func TestAnEnvironmentDiffers(t *testing.T) {
	services := realservices.Private[:1]
	all := synthesize(t, stacks.Design{Global: realservices.Design.Global, Environments: []stacks.Environment{
		{Name: "prod", Services: services},
		{Name: "staging", Services: services, Differences: map[string]func(*stacks.Service){"r13": func(s *stacks.Service) { s.Task.MemoryMiB = 1024 }}},
	}})
	first, second := strings.Split(all["prod"].Text, "\n"), strings.Split(strings.ReplaceAll(all["staging"].Text, "staging", "prod"), "\n")
	var different []string
	for i := range first {
		if len(first) == len(second) && first[i] != second[i] {
			different = append(different, second[i])
		}
	}
	if len(different) != 2 || !strings.Contains(different[0], `\"memory\" = 1024`) || !strings.Contains(different[1], `"memory": "1024"`) {
		t.Errorf("%d lines are different: %s", len(different), different)
	}
}

// Without a domain the load balancer listens to HTTP only, and tells services apart by path.
func TestAnEnvironmentWithoutADomain(t *testing.T) {
	stack := others(t)["plain"]
	for _, name := range []string{"hosted_zone_id", "alb_certificate_arn", "r1_domain"} {
		if stack.Variable[name] != nil {
			t.Errorf("%s is an input", name)
		}
	}
	for _, address := range stack.Managed() {
		if strings.HasPrefix(address, "aws_lb_listener.") && stack.At(address)["protocol"] != "HTTP" || strings.HasPrefix(address, "aws_route53_record.") {
			t.Errorf("there is %s", address)
		}
		if strings.HasPrefix(address, "aws_lb_listener_rule.") {
			if conditions := stack.At(address)["condition"].([]any); len(conditions) != 1 || conditions[0].(map[string]any)["path_pattern"] == nil {
				t.Errorf("%s: %v", address, conditions)
			}
		}
	}
}

// A service with a private name is open to the others of its environment, at its ports, and to nobody else.
func TestPrivateNamesOpenThePortWithinTheGroup(t *testing.T) {
	open := map[any]bool{}
	for _, rule := range others(t)["plain"].At("aws_security_group.security_group_app")["ingress"].([]any) {
		if rule := rule.(map[string]any); rule["self"] == true {
			open[rule["from_port"]] = true
		}
	}
	for _, port := range []any{"${var.r1_port}", "${var.r5_port}", "${var.r7_port}", "${var.r30_port}", "${var.vectors_port}", 6334.0, 5432.0} {
		if !open[port] {
			t.Errorf("%v is not open within the group", port)
		}
	}
	if len(open) != 7 || open["${var.r17_port}"] {
		t.Errorf("open within the group: %v", open)
	}
}

// rolesOf are the pipeline's roles for a design, with the values of its examples.
func rolesOf(t *testing.T, design stacks.Design) []roles.Role {
	t.Helper()
	pipeline := roles.Pipeline{Account: "111122223333", Repository: "shop/infra", Project: stacks.Project, StateBucket: "states"}
	all, examples := synthesize(t, design), design.Examples()
	for _, name := range design.Names() {
		values := map[string]cty.Value{}
		for variable, value := range examples[name] {
			if text, ok := value.(string); ok {
				values[variable] = cty.StringVal(text)
			}
		}
		values["environment"] = cty.StringVal("global")
		pipeline.Stacks = append(pipeline.Stacks, roles.Stack{Name: name, Synthesized: all[name].Stack, Values: values, RunsJobs: name != "global", HostNames: nil})
	}
	is, err := pipeline.Roles()
	if err != nil {
		t.Fatal(err)
	}
	return is
}

// An environment may have all that the others have, of all services together: its roles are written in as many policies as IAM needs. One of IAM has
// 6,144 characters at most, white space aside. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
func TestTheRolesOfAllOptionsFit(t *testing.T) {
	everything := stacks.Environment{
		Name: "prod", Services: slices.Concat(realservices.Public, realservices.Private, []stacks.Service{{
			Key: "day", Name: "day", Task: ecs.Task{Port: 8000}, HTTP: alb.HTTP{Priority: 99, Health: alb.Health{Path: "/"}}, PrivateName: "day",
		}}),
		Jobs: slices.Concat(realservices.PlainJobs, realservices.PrivateJobs, []stacks.Job{{
			Key: "migrate", Name: "migrate", Before: "day", Task: ecs.Task{Container: ecs.Container{Command: []string{"migrate"}}},
		}}),
		Cluster: ecs.Cluster{StoppedTaskDays: 14}, Alarms: alarms.Alarms{Readers: []string{"team"}, Errors: 20},
		Groups: securitygroup.Groups{Endpoints: true, Egress: []securitygroup.Egress{{Port: 443, CIDR: "0.0.0.0/0"}}},
	}
	all := stacks.Design{Global: realservices.Design.Global, Environments: []stacks.Environment{everything}}
	has := synthesize(t, all)["prod"].Resource
	environments := others(t)
	delete(environments, "global")
	environments["live"] = synthesized(t)["prod"]
	for name, stack := range environments {
		for kind := range stack.Resource {
			if has[kind] == nil {
				t.Errorf("the environment with everything has no %s, and %s has", kind, name)
			}
		}
	}
	several := 0
	for _, role := range rolesOf(t, all) {
		var together []iampolicy.Statement
		for _, policy := range role.Policies {
			text, err := json.Marshal(policy)
			if err != nil || len(text) > 6144 {
				t.Errorf("%s: a policy has %d characters, %v", role.Name, len(text), err)
			}
			together = append(together, policy.Statement...)
		}
		if !reflect.DeepEqual(together, role.Policy.Statement) {
			t.Errorf("%s: its policies say something else than its policy", role.Name)
		}
		if whole, err := json.Marshal(role.Policy); err != nil {
			t.Error(err)
		} else if len(whole) > 10240 { // more than there may be within a role
			several++
		}
	}
	if several == 0 {
		t.Error("no role has a policy that is long")
	}
}

// What an option makes, the pipeline's roles may make, see and take away again.
func TestTheRolesKnowTheOptions(t *testing.T) {
	policies := map[string]string{}
	for _, role := range rolesOf(t, realservices.Design) {
		text, err := json.Marshal(role)
		if err != nil {
			t.Fatal(err)
		}
		policies[role.Name] = string(text)
	}
	for role, actions := range map[string][]string{
		"order-bot-deploy-public": {
			"iam:PutRolePolicy", "iam:DeleteRolePolicy", "iam:GetRolePolicy", "ecs:PutClusterCapacityProviders", "application-autoscaling:PutScalingPolicy", "cloudwatch:PutMetricAlarm",
		},
		"order-bot-deploy-plain":   {"servicediscovery:CreatePrivateDnsNamespace", "servicediscovery:DeleteService", "route53:CreateHostedZone"},
		"order-bot-deploy-private": {"role/billing-task", "scheduler:CreateSchedule", "schedule/default/order-bot-private-statements", "scheduler.amazonaws.com"},
		"order-bot-plan":           {"servicediscovery:GetService", "iam:GetRolePolicy", "scheduler:GetSchedule"},
	} {
		if policies[role] == "" {
			t.Errorf("there is no role %s, but %q", role, slices.Sorted(maps.Keys(policies)))
		}
		for _, action := range actions {
			if !strings.Contains(policies[role], action) {
				t.Errorf("%s may not: %s", role, action)
			}
		}
	}
}
