package roles_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"github.com/order-bot/infra/tool/iampolicy"
	"github.com/order-bot/infra/tool/roles"
	"github.com/order-bot/infra/tool/stackjson"
)

// stack is a stack of the recorded design, whose JSON may be changed.
func stack(t *testing.T, name, recorded string, changes ...string) roles.Stack {
	t.Helper()
	text, err := os.ReadFile("../../__tests__/__snapshots__/" + recorded + "_1.snap.json")
	if err != nil {
		t.Fatal(err)
	}
	synthesized, err := stackjson.Parse([]byte(strings.NewReplacer(changes...).Replace(string(text))))
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]cty.Value{}
	for variable, value := range map[string]string{
		"aws_region": "eu-west-1", "hosted_zone_id": "ZONE", "vpc_id": "vpc-0a0a0a0a", "frontend_bucket_name": "site",
		"frontend_domain": "app.example.com", "orderbot_domain": "api." + name + ".example.com", "orderbot_mgmt_domain": "mgmt." + name + ".example.com",
	} {
		values[variable] = cty.StringVal(value)
	}
	return roles.Stack{Name: name, Synthesized: synthesized, Values: values, HostNames: nil}
}

// pipeline has two environments of which one's name begins as the other one's.
func pipeline(t *testing.T) roles.Pipeline {
	t.Helper()
	return roles.Pipeline{
		Account: "111122223333", Repository: "order-bot/infra", Project: "order-bot", StateBucket: "states",
		Stacks: []roles.Stack{
			stack(t, "global", "global"), stack(t, "prod", "prod"), stack(t, "prod-eu", "prod", "order-bot-prod", "order-bot-prod-eu"),
		},
	}
}

// policies are the policies of the roles by name.
func policies(t *testing.T, p roles.Pipeline) map[string]iampolicy.Document {
	t.Helper()
	all, err := p.Roles()
	if err != nil {
		t.Fatal(err)
	}
	documents := map[string]iampolicy.Document{}
	for _, role := range all {
		documents[role.Name] = role.Policy
	}
	return documents
}

// A role for each environment, and each of them for that environment only. __tests__/e2e asks what they may do.
func TestTrust(t *testing.T) {
	for _, repository := range []string{"order-bot/infra", "order-bot@123/infra@456"} {
		p := pipeline(t)
		p.Repository = repository
		all, err := p.Roles()
		if err != nil {
			t.Fatal(err)
		}
		want := map[string][]string{
			"order-bot-plan":           {"pull_request", "ref:refs/heads/main"},
			"order-bot-frontend":       {"ref:refs/heads/main"},
			"order-bot-deploy-global":  {"environment:global"},
			"order-bot-deploy-prod":    {"environment:prod"},
			"order-bot-deploy-prod-eu": {"environment:prod-eu"},
		}
		for _, role := range all {
			if strings.HasPrefix(role.Name, "order-bot-run-") {
				continue // no role of the pipeline
			}
			var subjects []string
			for _, context := range want[role.Name] {
				subjects = append(subjects, "repo:"+repository+":"+context)
			}
			condition := role.Trust.Statement[0].Condition["StringEquals"]
			if got := condition["token.actions.githubusercontent.com:sub"]; len(got) == 0 || !slices.Equal(got, subjects) {
				t.Errorf("%s: the subjects are %q, not %q", role.Name, got, subjects)
			}
			if got := condition["token.actions.githubusercontent.com:aud"]; !slices.Equal(got, []string{"sts.amazonaws.com"}) {
				t.Errorf("%s: the audience is %q", role.Name, got)
			}
			delete(want, role.Name)
		}
		if len(want) > 0 {
			t.Errorf("no role %v", want)
		}
	}
}

// Who runs commands may do that in one stack, and deploys nothing. Who of the account may, the account says.
func TestRoleThatRuns(t *testing.T) {
	all, err := pipeline(t).Roles()
	if err != nil {
		t.Fatal(err)
	}
	actions := map[string][]string{}
	for _, role := range all {
		if !strings.HasPrefix(role.Name, "order-bot-run-") {
			continue
		}
		if trust := role.Trust.Statement[0]; len(role.Trust.Statement) != 1 || trust.Principal["AWS"] != "arn:aws:iam::111122223333:root" || !slices.Equal(trust.Action, []string{"sts:AssumeRole"}) {
			t.Errorf("%s: %+v", role.Name, role.Trust)
		}
		for _, statement := range role.Policy.Statement {
			if statement.Effect == "Allow" {
				actions[role.Name] = append(actions[role.Name], statement.Action...)
			}
			if slices.Contains(statement.Action, "ecs:RunTask") {
				cluster := statement.Condition["ArnEquals"]["ecs:cluster"]
				if want := "arn:aws:ecs:eu-west-1:111122223333:cluster/" + strings.Replace(role.Name, "-run", "", 1) + "-cluster"; !slices.Equal(cluster, []string{want}) {
					t.Errorf("%s runs tasks in %q", role.Name, cluster)
				}
			}
		}
		slices.Sort(actions[role.Name])
	}
	may := []string{"ecs:DescribeServices", "ecs:DescribeTaskDefinition", "ecs:DescribeTasks", "ecs:RunTask", "ecs:StopTask", "iam:PassRole", "logs:GetLogEvents", "s3:GetObject", "s3:ListBucket"}
	if want := map[string][]string{"order-bot-run-prod": may, "order-bot-run-prod-eu": may}; !maps.EqualFunc(actions, want, slices.Equal) {
		t.Errorf("they may %q", actions)
	}
	// With Exec in a service they may enter its containers, too, and else nobody may.
	p := pipeline(t)
	p.Stacks[1] = stack(t, "prod", "prod", `"health_check_grace_period_seconds": 60`, `"health_check_grace_period_seconds": 60, "enable_execute_command": true`)
	entered := map[string][]string{}
	for name, policy := range policies(t, p) {
		for _, statement := range policy.Statement {
			if slices.Contains(statement.Action, "ecs:ExecuteCommand") {
				entered[name] = append(entered[name], statement.Resource...)
			}
		}
	}
	const of = "arn:aws:ecs:eu-west-1:111122223333:"
	if want := map[string][]string{"order-bot-run-prod": {of + "cluster/order-bot-prod-cluster", of + "task/order-bot-prod-cluster/*"}}; !maps.EqualFunc(entered, want, slices.Equal) {
		t.Errorf("they may enter %q", entered)
	}
	if policy := policies(t, pipeline(t))["order-bot-run-prod"]; policy.Statement[len(policy.Statement)-1].Effect != "Deny" {
		t.Errorf("nothing denies what prod-eu has: %+v", policy)
	}
}

// Who deploys runs tasks only where the design has jobs that run before a service, and then those of its own stack.
func TestDeploysThatRunJobs(t *testing.T) {
	runs := func(role string, jobs bool) (all []iampolicy.Statement) {
		p := pipeline(t)
		p.Stacks[1].RunsJobs = jobs
		for _, statement := range policies(t, p)[role].Statement {
			if slices.Contains(statement.Action, "ecs:RunTask") || slices.Contains(statement.Action, "ecs:StopTask") || slices.Contains(statement.Action, "logs:GetLogEvents") {
				all = append(all, statement)
			}
		}
		return all
	}
	if got := append(runs("order-bot-deploy-prod", false), runs("order-bot-deploy-prod-eu", true)...); len(got) > 0 {
		t.Errorf("without such jobs: %+v", got)
	}
	got := runs("order-bot-deploy-prod", true)
	if len(got) != 3 {
		t.Fatalf("with such jobs: %+v", got)
	}
	for _, statement := range got {
		for _, resource := range statement.Resource {
			if !strings.Contains(resource, "order-bot-prod") {
				t.Errorf("it may %q on %s", statement.Action, resource)
			}
		}
	}
}

// No statement is for whole services, or gives what a reader must not have.
func TestNoWildcards(t *testing.T) {
	all, err := pipeline(t).Roles()
	if err != nil {
		t.Fatal(err)
	}
	for _, role := range all {
		for _, statement := range role.Policy.Statement {
			for _, action := range statement.Action {
				verb := action[strings.Index(action, ":")+1:]
				reads := strings.HasPrefix(verb, "Get") || verb == "BatchGetImage" || strings.HasPrefix(verb, "List") || strings.HasPrefix(verb, "Describe")
				if statement.Effect == "Allow" && strings.Contains(action, "*") || role.Name == "order-bot-plan" && !reads {
					t.Errorf("%s may %s", role.Name, action)
				}
			}
		}
	}
}

// What is for all of something has a condition, or a reason.
func TestWideStatements(t *testing.T) {
	all, err := pipeline(t).Roles()
	if err != nil {
		t.Fatal(err)
	}
	reasons := 0
	for _, role := range all {
		for _, statement := range role.Policy.Statement {
			if statement.Effect == "Deny" {
				continue
			}
			wide := slices.ContainsFunc(statement.Resource, func(resource string) bool { return resource == "*" || strings.HasSuffix(resource, "/*") })
			switch limited := wide && len(statement.Condition) == 0; {
			case limited && statement.Because == "":
				t.Errorf("%s: %s is for %q, without a condition and without a reason", role.Name, statement.Sid, statement.Resource)
			case !limited && statement.Because != "":
				t.Errorf("%s: %s needs no reason: %s", role.Name, statement.Sid, statement.Because)
			case limited:
				reasons++
			}
		}
	}
	if reasons < 10 {
		t.Errorf("only %d statements have a reason", reasons)
	}
}

// A policy has each Sid once: IAM takes no other one.
func TestSids(t *testing.T) {
	for name, policy := range policies(t, pipeline(t)) {
		seen := map[string]bool{}
		for _, statement := range policy.Statement {
			if seen[statement.Sid] {
				t.Errorf("%s: %s is there twice", name, statement.Sid)
			}
			seen[statement.Sid] = true
		}
	}
}

// allows tells whether a policy allows something to be done to a resource, conditions aside, and by which statement.
func allows(policy iampolicy.Document, resource string) (sid string) {
	for _, statement := range policy.Statement {
		for _, pattern := range statement.Resource {
			// In a pattern of IAM, * is for / as well.
			if matches, _ := path.Match(strings.ReplaceAll(pattern, "/", "|"), strings.ReplaceAll(resource, "/", "|")); !matches || pattern == "*" {
				continue
			}
			if statement.Effect == "Deny" {
				return ""
			}
			sid = statement.Sid
		}
	}
	return sid
}

// What one environment has by its name, the role of another one has no right to, also where one's name begins as the other one's.
func TestNamesOfAnotherEnvironment(t *testing.T) {
	p := pipeline(t)
	all := policies(t, p)
	const ecs, balancing, roleARN = "arn:aws:ecs:eu-west-1:111122223333:", "arn:aws:elasticloadbalancing:eu-west-1:111122223333:", "arn:aws:iam::111122223333:role/"
	for own, other := range map[string]string{"prod": "prod-eu", "prod-eu": "prod"} {
		for _, pattern := range []string{
			ecs + "cluster/order-bot-%s-cluster", ecs + "service/order-bot-%s-cluster/order-bot-svc", ecs + "service-deployment/order-bot-%s-cluster/order-bot-svc/1",
			ecs + "task/order-bot-%s-cluster/1", ecs + "task-definition/order-bot-%s-order-bot-svc:1", ecs + "task-definition/order-bot-%s-order-bot-mgmt-svc:1",
			balancing + "loadbalancer/app/order-bot-%s-alb/1", balancing + "listener/app/order-bot-%s-alb/1/2", balancing + "listener-rule/app/order-bot-%s-alb/1/2/3",
			balancing + "targetgroup/order-bot-%s-svc-tg/1", balancing + "targetgroup/order-bot-%s-mgmt-tg/1",
			"arn:aws:logs:eu-west-1:111122223333:log-group:/ecs/order-bot-%s/order-bot-svc", roleARN + "order-bot-%s-ecs-task-exec", roleARN + "order-bot-%s-ecs-task-role",
			"arn:aws:s3:::states/%s/terraform.tfstate", "arn:aws:s3:::states/%s/terraform.tfstate.tflock",
		} {
			if thing := fmt.Sprintf(pattern, own); allows(all["order-bot-deploy-"+own], thing) == "" {
				t.Errorf("the role of %s has no right to %s", own, thing)
			}
			if thing := fmt.Sprintf(pattern, other); allows(all["order-bot-deploy-"+own], thing) != "" {
				t.Errorf("the role of %s has a right to %s by %s", own, thing, allows(all["order-bot-deploy-"+own], thing))
			}
		}
	}
	// One policy may be attached, and to one role.
	for _, statement := range all["order-bot-deploy-prod"].Statement {
		if slices.Contains(statement.Action, "iam:AttachRolePolicy") && !slices.Equal(statement.Resource, []string{roleARN + "order-bot-prod-ecs-task-exec"}) {
			t.Errorf("%q may be given policies", statement.Resource)
		}
	}
}

// What AWS asks in the name of the caller of something else: the pages are beside the table, and no call of a client shows it.
func TestWhatAWSAsksInTheCallersName(t *testing.T) {
	const vpc, linked = "arn:aws:ec2:eu-west-1:111122223333:vpc/vpc-0a0a0a0a", "arn:aws:iam::111122223333:role/aws-service-role/"
	policy := policies(t, pipeline(t))["order-bot-deploy-prod"]
	for _, want := range [][2]string{
		{"ec2:DescribeAccountAttributes", "*"}, {"ec2:DescribeAddresses", "*"}, {"ec2:DescribeInternetGateways", "*"},
		{"ec2:DescribeSecurityGroups", "*"}, {"ec2:DescribeSubnets", "*"}, {"ec2:DescribeVpcs", "*"}, {"ec2:GetSecurityGroupsForVpc", vpc},
		{"iam:CreateServiceLinkedRole", linked + "elasticloadbalancing.amazonaws.com/*"},
		{"iam:CreateServiceLinkedRole", linked + "ecs.amazonaws.com/*"},
		{"iam:CreateServiceLinkedRole", linked + "ecs.application-autoscaling.amazonaws.com/*"},
		{"iam:PassRole", "arn:aws:iam::111122223333:role/order-bot-prod-ecs-task-exec"},
		{"ecs:DescribeServices", "arn:aws:ecs:eu-west-1:111122223333:service/order-bot-prod-cluster/*"},
		{"ecs:UpdateService", "arn:aws:ecs:eu-west-1:111122223333:service/order-bot-prod-cluster/*"},
		// The versions of the provider that come next.
		{"elasticloadbalancing:DescribeCapacityReservation", "*"},
		{"ecs:ListServiceDeployments", "arn:aws:ecs:eu-west-1:111122223333:service/order-bot-prod-cluster/*"},
		// What the watch of a rollout does.
		{"ecs:StopServiceDeployment", "arn:aws:ecs:eu-west-1:111122223333:service-deployment/order-bot-prod-cluster/*"},
	} {
		if !slices.ContainsFunc(policy.Statement, func(s iampolicy.Statement) bool {
			return slices.Contains(s.Action, want[0]) && slices.Contains(s.Resource, want[1])
		}) {
			t.Errorf("order-bot-deploy-prod may not %s on %s", want[0], want[1])
		}
	}
}

// What the AWS provider calls to take back what somebody changed by hand, which no first deploy does. Without the right to read a policy that somebody
// put into a role, no plan would come to its end. https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/iam/role.go
func TestWhatIsTakenBack(t *testing.T) {
	const exec = "arn:aws:iam::111122223333:role/order-bot-prod-ecs-task-exec"
	all := policies(t, pipeline(t))
	for action, roles := range map[string][]string{
		"iam:GetRolePolicy": {"order-bot-deploy-prod", "order-bot-plan"}, "iam:UpdateAssumeRolePolicy": {"order-bot-deploy-prod"},
		"iam:UpdateRole": {"order-bot-deploy-prod"}, "iam:UpdateRoleDescription": {"order-bot-deploy-prod"},
	} {
		var may []string
		for name, policy := range all {
			if slices.ContainsFunc(policy.Statement, func(s iampolicy.Statement) bool {
				return slices.Contains(s.Action, action) && slices.Contains(s.Resource, exec)
			}) {
				may = append(may, name)
			}
		}
		slices.Sort(may)
		if !slices.Equal(may, roles) {
			t.Errorf("%s on %s: %q, want %q", action, exec, may, roles)
		}
	}
}

// CloudFront lets itself write the logs in the name of whoever deploys, to the bucket that the design names and to no other.
func TestLogsOfTheFrontend(t *testing.T) {
	for what, c := range map[string]struct {
		changes []string
		want    string
	}{
		"no logs": {nil, ""},
		"logs":    {[]string{`"aws_cloudfront_distribution": {`, `"aws_cloudfront_distribution": { "logged": {"logging_config": {"bucket": "logs.example.s3.amazonaws.com"}},`}, "arn:aws:s3:::logs.example"},
	} {
		p := pipeline(t)
		p.Stacks = []roles.Stack{stack(t, "global", "global", c.changes...)}
		got := ""
		for _, statement := range policies(t, p)["order-bot-deploy-global"].Statement {
			if slices.Contains(statement.Action, "s3:PutBucketAcl") {
				got = strings.Join(statement.Resource, " ")
			}
		}
		if got != c.want {
			t.Errorf("%s: whoever deploys may let somebody write to %q, not %q", what, got, c.want)
		}
	}
}

// Whoever plans looks at the buckets of logs that the design names, and at no other.
func TestBucketsOfLogs(t *testing.T) {
	for _, name := range []string{"order-bot-plan", "order-bot-deploy-prod", "order-bot-run-prod"} {
		for what, changes := range map[string][]string{"": nil, "arn:aws:s3:::logs.example": {`"aws_lb": {`, `"aws_lb": { "logged": {"name": "logged", "access_logs": {"bucket": "logs.example", "enabled": true}},`}} {
			p := pipeline(t)
			p.Stacks = []roles.Stack{stack(t, "prod", "prod", changes...)}
			got := ""
			for _, statement := range policies(t, p)[name].Statement {
				if slices.Contains(statement.Action, "s3:GetBucketPolicy") && slices.Contains(statement.Action, "s3:GetEncryptionConfiguration") {
					got = strings.Join(statement.Resource, " ")
				}
			}
			if name == "order-bot-run-prod" {
				what = "" // it plans nothing
			}
			if got != what {
				t.Errorf("%s looks at %q, not %q", name, got, what)
			}
		}
	}
}

// Private names have ids that AWS makes up: the tags tell whose they are, and no role changes those.
func TestPrivateNames(t *testing.T) {
	p := pipeline(t)
	p.Stacks = []roles.Stack{stack(t, "prod", "prod", `"resource": {`, `"resource": {
		"aws_service_discovery_private_dns_namespace": {"n": {"name": "prod.order-bot.internal"}},
		"aws_service_discovery_service": {"s": {}},`)}
	statements := policies(t, p)["order-bot-deploy-prod"].Statement
	for action, want := range map[string]string{
		"servicediscovery:DeleteNamespace":           "aws:ResourceTag/Environment prod",
		"servicediscovery:DeregisterInstance":        "aws:ResourceTag/Environment prod",
		"servicediscovery:CreatePrivateDnsNamespace": "aws:RequestTag/Environment prod",
		"servicediscovery:CreateService":             "aws:RequestTag/Environment prod",
		"servicediscovery:UntagResource":             "aws:TagKeys Project Environment",
		"route53:ChangeResourceRecordSets":           "route53:ChangeResourceRecordSetsNormalizedRecordNames *.prod.order-bot.internal",
	} {
		found := false
		for _, statement := range statements {
			if !slices.Contains(statement.Action, action) {
				continue
			}
			if len(statement.Condition) == 0 {
				t.Errorf("%s is allowed without a condition", action)
			}
			for _, keys := range statement.Condition {
				for key, values := range keys {
					found = found || key+" "+strings.Join(values, " ") == want
				}
			}
		}
		if !found {
			t.Errorf("%s is not allowed with %s", action, want)
		}
	}
}

// What a plan looks at before a deploy, and before a destroy.
func TestWhatAPlanAsks(t *testing.T) {
	policy := policies(t, pipeline(t))["order-bot-plan"]
	for _, want := range [][2]string{
		{"cloudfront:ListConflictingAliases", "arn:aws:cloudfront::111122223333:distribution/*"},
		{"ecr:ListImages", "arn:aws:ecr:eu-west-1:111122223333:repository/order-bot-*"},
	} {
		if !slices.ContainsFunc(policy.Statement, func(s iampolicy.Statement) bool {
			return slices.Contains(s.Action, want[0]) && slices.Contains(s.Resource, want[1])
		}) {
			t.Errorf("order-bot-plan may not %s on %s", want[0], want[1])
		}
	}
}

// What a policy is made of follows the rules of the inputs, and all that is wrong is said at once.
func TestRolesOfWhat(t *testing.T) {
	p := pipeline(t)
	p.Account, p.Repository = "1111-2222-3333", "repo:order-bot/infra:*"
	global, prod, other := &p.Stacks[0], &p.Stacks[1], &p.Stacks[2]
	for name, value := range map[string]cty.Value{
		"aws_region": cty.StringVal("*"), "hosted_zone_id": cty.StringVal("*"), "vpc_id": cty.StringVal("vpc-*"), "orderbot_domain": cty.StringVal("*.example.com"),
		"orderbot_mgmt_domain": cty.NumberIntVal(1),
	} {
		prod.Values[name] = value
	}
	delete(other.Values, "vpc_id")
	other.Values["orderbot_domain"] = other.Values["orderbot_mgmt_domain"]
	other.Synthesized.Resource["aws_lb"]["alb_load_balancer"]["name"] = "${random_pet.name.id}"
	other.Synthesized.Resource["aws_sqs_queue"] = map[string]map[string]any{"queue": {}}
	global.Values["frontend_bucket_name"] = cty.StringVal("site*")
	global.HostNames = []string{"*", "old.example.com"}
	_, err := p.Roles()
	const domain = " characters at most, in lower-case ASCII, without scheme, underscore or dot at the end, and with only letters after the last dot)"
	want := []string{
		`account: "1111-2222-3333" is not the number of an AWS account, 12 digits`,
		`repository: "repo:order-bot/infra:*" is not a GitHub repository, such as OWNER/REPO or OWNER@123/REPO@456`,
		`global: --host-name: "*" is not allowed (a host name of 253 characters at most, in lower-case ASCII, without scheme, underscore or dot at the end)`,
		`global: frontend_bucket_name: "site*" is not allowed (a bucket name, 3 to 63 lower-case letters, digits, dots and hyphens, a letter or digit at both ends)`,
		`prod: aws_region: "*" is not allowed (an AWS region, such as ap-northeast-1)`,
		`prod: hosted_zone_id: "*" is not allowed (the id of a Route 53 hosted zone, upper-case letters and digits without /hostedzone/)`,
		`prod: orderbot_domain: "*.example.com" is not allowed (a host name of 128` + domain,
		`prod: orderbot_mgmt_domain: is no text`,
		`prod: vpc_id: "vpc-*" is not allowed (a VPC id, vpc- and 8 or 17 hexadecimal digits)`,
		`prod-eu: aws_lb.alb_load_balancer.name: "${random_pet.name.id}" is not known before a deploy, so that no policy can name it`,
		`prod-eu: it has a resource of the type aws_sqs_queue, and tool/kinds does not say what a role needs for that`,
		`prod-eu: orderbot_mgmt_domain: "mgmt.prod-eu.example.com" is not allowed (different from orderbot_domain)`,
		`prod-eu: vpc_id: has no value in prod-eu.tfvars or prod-eu.tfvars.json`,
	}
	if got := strings.Split(fmt.Sprint(err), "\n"); !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// The host names beside those of the stack are in the condition, too.
func TestHostNames(t *testing.T) {
	p := pipeline(t)
	p.Stacks[1].HostNames = []string{"old.example.com"}
	for _, statement := range policies(t, p)["order-bot-deploy-prod"].Statement {
		if statement.Sid == "Records" {
			got := statement.Condition["ForAllValues:StringEquals"]["route53:ChangeResourceRecordSetsNormalizedRecordNames"]
			if want := []string{"api.prod.example.com", "mgmt.prod.example.com", "old.example.com"}; !slices.Equal(got, want) {
				t.Errorf("the names are %q", got)
			}
			return
		}
	}
	t.Error("no statement is about records")
}

// grown is the pipeline with a prod of so many services.
func grown(t *testing.T, services int) roles.Pipeline {
	t.Helper()
	p := pipeline(t)
	for kind, attribute := range map[string]string{"aws_lb_target_group": "name", "aws_ecs_task_definition": "family", "aws_route53_record": "name"} {
		for _, attributes := range p.Stacks[1].Synthesized.Resource[kind] {
			for i := range services - 2 {
				another := map[string]any{attribute: fmt.Sprintf("order-bot-prod-service-%d", i), "zone_id": attributes["zone_id"], "type": attributes["type"]}
				p.Stacks[1].Synthesized.Resource[kind][fmt.Sprint(i)] = another
			}
			break
		}
	}
	return p
}

// A policy that is longer than IAM takes is several, of which none is, and which say the same together. A managed policy has 6,144 characters,
// white space aside, and a role has ten of them.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
func TestPolicies(t *testing.T) {
	all, err := grown(t, 120).Roles()
	if err != nil {
		t.Fatal(err)
	}
	several := map[string]int{}
	for _, role := range all {
		var together []iampolicy.Statement
		for _, policy := range role.Policies {
			text, err := json.Marshal(policy)
			if err != nil || len(text) > 6144 || policy.Version != role.Policy.Version || len(policy.Statement) == 0 {
				t.Errorf("%s has %d characters, %v: %s", role.Name, len(text), err, text)
			}
			together = append(together, policy.Statement...)
		}
		if !reflect.DeepEqual(together, role.Policy.Statement) {
			t.Errorf("%s: together the policies say %+v, not %+v", role.Name, together, role.Policy.Statement)
		}
		whole, err := json.Marshal(role.Policy)
		if err != nil || (len(whole) > 6144) != (len(role.Policies) > 1) {
			t.Errorf("%s: %d characters are %d policies, %v", role.Name, len(whole), len(role.Policies), err)
		}
		several[role.Name] = len(role.Policies)
	}
	if several["order-bot-deploy-prod"] < 2 || several["order-bot-frontend"] != 1 {
		t.Errorf("so many policies: %v", several)
	}
}

// What no role can have is refused, with figures.
func TestLength(t *testing.T) {
	_, err := grown(t, 300).Roles()
	if want := regexp.MustCompile(`^order-bot-deploy-prod: its statement Records has \d{4} characters, and a policy of AWS 6144 at most; it grows with the host names of a stack, and with its services$`); err == nil || !want.MatchString(err.Error()) {
		t.Errorf("%v", err)
	}
	p := pipeline(t)
	for i := range 40 {
		p.Stacks = append(p.Stacks, stack(t, fmt.Sprint("team", i), "prod", "order-bot-prod", fmt.Sprint("order-bot-team", i)))
	}
	_, err = p.Roles()
	if want := regexp.MustCompile(`(?m)^order-bot-plan: what it may do has 3\d{4} characters, which takes \d policies, 5 at most are for a role, of 6144 characters each; it grows with the host names of a stack, and with the stacks$`); err == nil || !want.MatchString(err.Error()) {
		t.Errorf("%v", err)
	}
}

// Who deploys one stack takes no alarm off another one.
func TestRightsOfAlarms(t *testing.T) {
	p := pipeline(t)
	for i, stack := range p.Stacks[1:] {
		prefix := "order-bot-" + stack.Name
		for kind, attributes := range map[string]map[string]any{
			"aws_cloudwatch_event_rule": {"name": prefix + "-job-failed"}, "aws_cloudwatch_event_target": {}, "aws_cloudwatch_metric_alarm": {"alarm_name": prefix + "-svc-errors"},
			"aws_sns_topic": {"name": prefix + "-alarms"}, "aws_sns_topic_policy": {}, "aws_sns_topic_subscription": {},
		} {
			p.Stacks[i+1].Synthesized.Resource[kind] = map[string]map[string]any{"p": attributes}
		}
	}
	all := policies(t, p)
	for own, other := range map[string]string{"prod": "prod-eu", "prod-eu": "prod"} {
		for _, pattern := range []string{
			"arn:aws:cloudwatch:eu-west-1:111122223333:alarm:order-bot-%s-order-bot-svc-errors", "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:order-bot-%s-certificate",
			"arn:aws:events:eu-west-1:111122223333:rule/order-bot-%s-job-failed", "arn:aws:sns:eu-west-1:111122223333:order-bot-%s-alarms",
		} {
			if thing := fmt.Sprintf(pattern, own); allows(all["order-bot-deploy-"+own], thing) == "" {
				t.Errorf("the role of %s has no right to %s", own, thing)
			}
			if thing := fmt.Sprintf(pattern, other); allows(all["order-bot-deploy-"+own], thing) != "" {
				t.Errorf("the role of %s has a right to %s by %s", own, thing, allows(all["order-bot-deploy-"+own], thing))
			}
		}
	}
}

// What a service may have beside the others needs rights of its own, for what is the stack's.
func TestRightsOfOptions(t *testing.T) {
	p := pipeline(t)
	p.Stacks = []roles.Stack{stack(t, "prod", "prod", `"resource": {`, `"resource": {
		"aws_appautoscaling_policy": {"p": {}},
		"aws_ecs_cluster_capacity_providers": {"p": {}},
		"aws_iam_role_policy": {"p": {"role": "${aws_iam_role.ecs_task_role.name}"}},`)}
	statements := policies(t, p)["order-bot-deploy-prod"].Statement
	for action, want := range map[string]string{
		"application-autoscaling:PutScalingPolicy": "arn:aws:application-autoscaling:eu-west-1:111122223333:scalable-target/*",
		"cloudwatch:PutMetricAlarm":                "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:TargetTracking-service/order-bot-prod-cluster/*",
		"ecs:PutClusterCapacityProviders":          "arn:aws:ecs:eu-west-1:111122223333:cluster/order-bot-prod-cluster",
		"iam:PutRolePolicy":                        "arn:aws:iam::111122223333:role/order-bot-prod-ecs-task-role",
	} {
		at := slices.IndexFunc(statements, func(s iampolicy.Statement) bool { return slices.Contains(s.Action, action) })
		if at < 0 || !slices.Equal(statements[at].Resource, []string{want}) {
			t.Errorf("%s is not allowed for %s alone: %+v", action, want, statements)
		}
	}
}

// Who deploys gives images a tag only where the design keeps those that run.
func TestDeploysThatKeepImages(t *testing.T) {
	for _, keeps := range []bool{false, true} {
		p := pipeline(t)
		p.Stacks[1].KeepsImages = keeps
		for name, policy := range policies(t, p) {
			may := slices.ContainsFunc(policy.Statement, func(s iampolicy.Statement) bool {
				return slices.Contains(s.Action, "ecr:PutImage") && slices.Equal(s.Resource, []string{"arn:aws:ecr:eu-west-1:111122223333:repository/order-bot-*"})
			})
			if may != (keeps && name == "order-bot-deploy-prod") {
				t.Errorf("images are kept: %v, and %s may do that: %v", keeps, name, may)
			}
		}
	}
}
