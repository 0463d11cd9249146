package planguard_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/order-bot/infra/tool/planguard"
)

const (
	balancer     = "aws_lb.alb_load_balancer"
	distribution = "aws_cloudfront_distribution.frontend_distribution"
	firewall     = `"web_acl_id":"arn:aws:wafv2:us-east-1:111122223333:global/webacl/a/1"`
)

// The provider writes null for a description that the design does not give, and reads "" from AWS. The order of a set follows from its values.
var (
	recorded = `"ingress":[` + portRule(5432, "null") + `,` + portRule(8000, "null") + `]`
	found    = `"ingress":[` + portRule(8000, `""`) + `,` + portRule(5432, `""`) + `]`
	planned  = `"ingress":[` + portRule(9000, `""`) + `,` + portRule(5432, "null") + `,` + portRule(8000, "null") + `]`
)

const appGroup = "aws_security_group.app"

// portRule is a rule of a security group for a port, with a description in JSON.
func portRule(port int, description string) string {
	return fmt.Sprintf(`{"protocol":"tcp","from_port":%d,"to_port":%[1]d,"cidr_blocks":[],"security_groups":["sg-a"],"self":false,"description":%s}`, port, description)
}

// What nobody changed takes off no protection: the same rules, as the state and AWS write them.
func TestRulesOfNobody(t *testing.T) {
	report := report(t, []r{{appGroup, update, "{" + found + "}", "{" + planned + "}"}}, []r{{appGroup, update, "{" + recorded + "}", "{" + found + "}"}})
	if refused := report.Refused(nil); len(refused) > 0 {
		t.Errorf("refused: %v", refused)
	}
}

// A plan tells what its reader changes from what somebody changed in AWS.
func TestTwoParts(t *testing.T) {
	for name, c := range map[string]struct {
		resources, drift []r
		want             string
	}{
		"what the design changes": {resources: []r{{balancer, update, `{"idle_timeout":60}`, `{"idle_timeout":90}`}},
			want: "change  aws_lb.alb_load_balancer  idle_timeout 60 → 90\n\n1 to change.\n"},
		"what somebody changed": {
			resources: []r{{balancer, update, `{"idle_timeout":90,"tags":{"Owner":"ann","Name":"a"},"tags_all":{"Owner":"ann","Name":"a"}}`, `{"idle_timeout":60,"tags":{"Name":"a"},"tags_all":{"Name":"a"}}`}},
			drift:     []r{{balancer, update, `{"idle_timeout":60,"tags":{"Name":"a"},"tags_all":{"Name":"a"}}`, `{"idle_timeout":90,"tags":{"Owner":"ann","Name":"a"},"tags_all":{"Owner":"ann","Name":"a"}}`}},
			want:      "Somebody changed this in AWS, and this plan undoes it:\nchange  aws_lb.alb_load_balancer  idle_timeout 90 → 60, -tags.Owner\n\n1 to change.\n",
		},
		"both": {
			resources: []r{
				{"aws_ecs_service.a", update, `{"health_check_grace_period_seconds":300,"task_definition":"a:1"}`, `{"health_check_grace_period_seconds":60,"task_definition":"a:2"}`},
				{balancer, update, `{"idle_timeout":60}`, `{"idle_timeout":90}`},
			},
			drift: []r{{"aws_ecs_service.a", update, `{"health_check_grace_period_seconds":60,"task_definition":"a:1"}`, `{"health_check_grace_period_seconds":300,"task_definition":"a:1"}`}},
			want: "change  aws_ecs_service.a         task_definition a:1 → a:2\nchange  aws_lb.alb_load_balancer  idle_timeout 60 → 90\n\n" +
				"Somebody changed this in AWS, and this plan undoes it:\nchange  aws_ecs_service.a  health_check_grace_period_seconds 300 → 60\n\n2 to change.\n",
		},
		"one value that both changed": {
			resources: []r{{balancer, update, `{"idle_timeout":90}`, `{"idle_timeout":120}`}},
			drift:     []r{{balancer, update, `{"idle_timeout":60}`, `{"idle_timeout":90}`}},
			want: "change  aws_lb.alb_load_balancer  idle_timeout 90 → 120\n\n" +
				"Somebody changed this in AWS, and this plan undoes it:\nchange  aws_lb.alb_load_balancer  idle_timeout 90 → 120\n\n1 to change.\n",
		},
		"what somebody changed and stays": {
			resources: []r{{"aws_ecs_service.a", update, `{"desired_count":2,"task_definition":"a:1"}`, `{"desired_count":2,"task_definition":"a:2"}`}},
			drift:     []r{{"aws_ecs_service.a", update, `{"desired_count":1,"task_definition":"a:1"}`, `{"desired_count":2,"task_definition":"a:1"}`}},
			want:      "change  aws_ecs_service.a  task_definition a:1 → a:2\n\n1 to change.\n",
		},
		"nothing in another spelling": {
			resources: []r{{balancer, update, `{"idle_timeout":60,"customer_owned_ipv4_pool":""}`, `{"idle_timeout":90,"customer_owned_ipv4_pool":null}`}},
			drift:     []r{{balancer, update, `{"idle_timeout":60,"customer_owned_ipv4_pool":null}`, `{"idle_timeout":60,"customer_owned_ipv4_pool":""}`}},
			want:      "change  aws_lb.alb_load_balancer  idle_timeout 60 → 90\n\n1 to change.\n",
		},
		"rules whose description is nothing": {
			resources: []r{{appGroup, update, "{" + found + "}", "{" + planned + "}"}},
			drift:     []r{{appGroup, update, "{" + recorded + "}", "{" + found + "}"}},
			want:      "change  aws_security_group.app  ingress +tcp 9000 for sg-a\n\n1 to change.\n",
		},
		"a rule that somebody changed": {
			resources: []r{{appGroup, update, `{"ingress":[` + portRule(8000, `""`) + `,` + portRule(8080, `""`) + `]}`, `{"ingress":[` + portRule(8000, "null") + `,` + portRule(5432, "null") + `]}`}},
			drift:     []r{{appGroup, update, `{"ingress":[` + portRule(5432, "null") + `,` + portRule(8000, "null") + `]}`, `{"ingress":[` + portRule(8000, `""`) + `,` + portRule(8080, `""`) + `]}`}},
			want:      "Somebody changed this in AWS, and this plan undoes it:\nchange  aws_security_group.app  ingress +tcp 5432 for sg-a -tcp 8080 for sg-a\n\n1 to change.\n",
		},
		"within a block": {
			resources: []r{{"aws_lb_target_group.a", update, `{"health_check":[{"interval":10,"path":"/"}]}`, `{"health_check":[{"interval":30,"path":"/"}]}`}},
			drift:     []r{{"aws_lb_target_group.a", update, `{"health_check":[{"interval":30,"path":"/"}]}`, `{"health_check":[{"interval":10,"path":"/"}]}`}},
			want:      "Somebody changed this in AWS, and this plan undoes it:\nchange  aws_lb_target_group.a  health_check.interval 10 → 30\n\n1 to change.\n",
		},
		"a default tag that somebody took off": {
			resources: []r{{balancer, update, `{"tags":{},"tags_all":{}}`, `{"tags":{},"tags_all":{"Project":"order-bot"}}`}},
			drift:     []r{{balancer, update, `{"tags":{},"tags_all":{"Project":"order-bot"}}`, `{"tags":{},"tags_all":{}}`}},
			want:      "Somebody changed this in AWS, and this plan undoes it:\nchange  aws_lb.alb_load_balancer  +tags_all.Project order-bot\n\n1 to change.\n",
		},
		"what somebody deleted": {
			resources: []r{{"aws_appautoscaling_target.a", create, ``, `{}`}, {balancer, create, ``, `{}`}},
			drift:     []r{{"aws_appautoscaling_target.a", destroy, `{}`, ``}},
			want: "create  aws_lb.alb_load_balancer\n\n" +
				"Somebody changed this in AWS, and this plan undoes it:\ncreate  aws_appautoscaling_target.a  somebody deleted it\n\n2 to create.\nAbout $16 a month more, beside what is paid by use.\n",
		},
		"what somebody changed and is destroyed": {
			resources: []r{{balancer, destroy, `{"idle_timeout":90}`, ``}},
			drift:     []r{{balancer, update, `{"idle_timeout":60}`, `{"idle_timeout":90}`}},
			want:      "destroy  aws_lb.alb_load_balancer\n\n1 to destroy.\nAbout $16 a month less, beside what is paid by use.\n",
		},
		"what somebody changed cannot be changed back": {
			resources: []r{{"aws_iam_role.a", replace + " because of path", `{"path":"/x/"}`, `{"path":"/"}`}},
			drift:     []r{{"aws_iam_role.a", update, `{"path":"/"}`, `{"path":"/x/"}`}},
			want:      "Somebody changed this in AWS, and this plan undoes it:\nreplace  aws_iam_role.a  path /x/ → /\n\n1 to replace.\n",
		},
	} {
		var out strings.Builder
		if err := report(t, c.resources, c.drift).Write(&out); err != nil || out.String() != c.want {
			t.Errorf("%s: %v, got:\n%s\nwant:\n%s", name, err, out.String(), c.want)
		}
	}
}

// What follows from the change of somebody is not what the reader changes, and what is sensitive has no paths within.
func TestTwoPartsOfAWholePlan(t *testing.T) {
	read := func(text string) string {
		t.Helper()
		report, err := planguard.Read(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		_ = report.Write(&out)
		return out.String()
	}
	const resource = `{"address":"aws_cloudfront_distribution.a","mode":"managed","type":"aws_cloudfront_distribution","name":"a","change":{"actions":["update"],`
	text := `{"format_version":"1.2","planned_values":{},
		"resource_changes":[` + resource + `"before":{"etag":"2","comment":"b"},"after":{"comment":"a"},"after_unknown":{"etag":true}}}],
		"resource_drift":[` + resource + `"before":{"etag":"1","comment":"a"},"after":{"etag":"2","comment":"b"}}}],
		"configuration":{"root_module":{"resources":[{"address":"aws_cloudfront_distribution.a","mode":"managed","type":"aws_cloudfront_distribution","name":"a","expressions":{"comment":{}EXTRA}}]}}}`
	const undoes = "Somebody changed this in AWS, and this plan undoes it:\nchange  aws_cloudfront_distribution.a  comment b → a\n\n1 to change.\n"
	if out := read(strings.Replace(text, "EXTRA", "", 1)); out != undoes {
		t.Errorf("a value that AWS makes up:\n%s", out)
	}
	if out := read(strings.Replace(text, "EXTRA", `,"etag":{}`, 1)); out != "change  aws_cloudfront_distribution.a  etag known after apply\n\n"+undoes {
		t.Errorf("a value that the configuration gives:\n%s", out)
	}

	const function = `{"address":"aws_lambda_function.a","mode":"managed","type":"aws_lambda_function","name":"a","change":{"actions":["update"],`
	out := read(`{"format_version":"1.2","planned_values":{},
		"resource_changes":[` + function + `"before":{"environment":{"hunter2":"1"}},"after":{"environment":{}}}}],
		"resource_drift":[` + function + `"before":{"environment":{}},"after":{"environment":{"hunter2":"1"}},"after_sensitive":{"environment":true}}}]}`)
	if out != "Somebody changed this in AWS, and this plan undoes it:\nchange  aws_lambda_function.a  environment changed (sensitive)\n\n1 to change.\n" {
		t.Errorf("a sensitive value:\n%s", out)
	}
}

// Taking off what somebody put on to protect or observe is refused, and the way to keep it is named.
func TestProtectionsByHand(t *testing.T) {
	policy := func(statements string) string {
		return `{"policy":"{\"Statement\":[` + strings.ReplaceAll(statements, `"`, `\"`) + `]}"}`
	}
	const (
		allows = `{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}`
		denies = `{"Effect":"Deny","Action":"s3:*","Resource":"*"}`
	)
	trust := func(accounts string) string {
		return `{"assume_role_policy":` + document(`{"Effect":"Allow","Principal":{"AWS":`+accounts+`},"Action":"sts:AssumeRole"}`) + `}`
	}
	ingress := func(addresses string) string {
		return `{"ingress":[{"protocol":"tcp","from_port":443,"to_port":443,"cidr_blocks":` + addresses + `}]}`
	}
	for name, c := range map[string]struct {
		address              string
		recorded, is, wanted string
		want                 string
	}{
		"a web ACL": {distribution, `{"web_acl_id":""}`, `{` + firewall + `}`, `{"web_acl_id":null}`,
			"would change web_acl_id: no web ACL filters the requests any more. Somebody set it in AWS; to keep it, set Frontend.WebACLARN in design/design.go"},
		"a longer retention": {"aws_cloudwatch_log_group.a", `{"retention_in_days":30}`, `{"retention_in_days":365}`, `{"retention_in_days":30}`,
			"would change retention_in_days: older logs are deleted. Somebody set it in AWS; to keep it, set LogRetentionDays in design/environments.go"},
		"a type that no stack has": {"aws_rds_cluster.a", `{"deletion_protection":false}`, `{"deletion_protection":true}`, `{"deletion_protection":false}`,
			"would change deletion_protection: it may be deleted by mistake. Somebody set it in AWS; to keep it, write deletion_protection into the configuration, or name it in ignore_changes"},
		"access logs": {balancer, `{"access_logs":[{"enabled":false}]}`, `{"access_logs":[{"enabled":true}]}`, `{"access_logs":[{"enabled":false}]}`,
			"would change access_logs.enabled: what happens is not logged any more. Somebody set it in AWS; to keep it, set Balancer.LogBucket in design/environments.go"},
		"connection logs": {balancer, `{"connection_logs":[{"enabled":false}]}`, `{"connection_logs":[{"enabled":true}]}`, `{"connection_logs":[{"enabled":false}]}`,
			"would change connection_logs.enabled: what happens is not logged any more. Somebody set it in AWS, and the design has no option for it; to keep it, write connection_logs into modules/alb/alb.go, or name it in ignore_changes there"},
		"more insights":                       {"aws_ecs_cluster.a", `{"setting":[{"value":"enabled"}]}`, `{"setting":[{"value":"enhanced"}]}`, `{"setting":[{"value":"enabled"}]}`, "would change setting: less is seen"},
		"countries":                           {distribution, `{"restrictions":[{"geo_restriction":[{"restriction_type":"none"}]}]}`, `{"restrictions":[{"geo_restriction":[{"restriction_type":"whitelist"}]}]}`, `{"restrictions":[{"geo_restriction":[{"restriction_type":"none"}]}]}`, "requests of all countries"},
		"an office only":                      {"aws_security_group.a", ingress(`["0.0.0.0/0"]`), ingress(`["192.0.2.0/24"]`), ingress(`["0.0.0.0/0"]`), "would change ingress: what somebody has closed is open again. Somebody set it in AWS; to keep it, set alb_ingress_cidrs"},
		"one more statement":                  {"aws_s3_bucket_policy.a", policy(allows), policy(allows + "," + denies), policy(allows), "would change policy: what the policy denied"},
		"a condition":                         {"aws_s3_bucket_policy.a", policy(allows), policy(strings.Replace(allows, "}", `,"Condition":{"Bool":{"aws:SecureTransport":"true"}}}`, 1)), policy(allows), "would change policy: what the policy denied"},
		"what somebody forbade":               {"aws_iam_role_policy.a", policy(strings.Replace(allows, `"s3:GetObject"`, `["s3:GetObject","s3:DeleteObject"]`, 1)), policy(allows), policy(strings.Replace(allows, `"s3:GetObject"`, `["s3:GetObject","s3:DeleteObject"]`, 1)), "would change policy: what the policy does not allow is allowed again. Somebody set it in AWS"},
		"who is kept out":                     {"aws_iam_role.a", trust(`["1","2"]`), trust(`"1"`), trust(`["1","2"]`), "would change assume_role_policy: what the policy does not allow"},
		"who was let in":                      {"aws_iam_role.a", trust(`"1"`), trust(`["1","2"]`), trust(`"1"`), ""},
		"more that was allowed":               {"aws_iam_role_policy.a", policy(allows), policy(strings.Replace(allows, "GetObject", "*", 1)), policy(allows), ""},
		"a job that is off":                   {"aws_scheduler_schedule.a", `{"state":"ENABLED"}`, `{"state":"DISABLED"}`, `{"state":"ENABLED"}`, "would change state: what somebody has switched off acts again. Somebody set it in AWS"},
		"an access key that is off":           {"aws_iam_access_key.a", `{"status":"Active"}`, `{"status":"Inactive"}`, `{"status":"Active"}`, "acts again"},
		"a function that is off":              {"aws_lambda_function.a", `{"reserved_concurrent_executions":-1}`, `{"reserved_concurrent_executions":0}`, `{"reserved_concurrent_executions":-1}`, "acts again"},
		"a site that is off":                  {distribution, `{"enabled":true}`, `{"enabled":false}`, `{"enabled":true}`, "is online again"},
		"no shell":                            {"aws_ecs_service.a", `{"enable_execute_command":true}`, `{"enable_execute_command":false}`, `{"enable_execute_command":true}`, "can open a shell"},
		"more that is allowed":                {"aws_s3_bucket_policy.a", policy(allows), policy(allows + "," + allows), policy(allows), ""},
		"a sign-in":                           {rule + "a", `{"action":[{"type":"forward"}]}`, `{"action":[{"type":"authenticate-oidc"},{"type":"forward"}]}`, `{"action":[{"type":"forward"}]}`, "nobody has to sign in any more"},
		"a source":                            {rule + "a", `{"condition":[{"h":1}]}`, `{"condition":[{"h":1},{"source_ip":1}]}`, `{"condition":[{"h":1}]}`, "requests that were kept out are let in again"},
		"a health check":                      {alias + "a", `{"health_check_id":""}`, `{"health_check_id":"h"}`, `{"health_check_id":""}`, "write health_check_id into internal/dns/dns.go"},
		"an alarm":                            {"aws_ecs_service.a", `{"alarms":[{"enable":false}]}`, `{"alarms":[{"enable":true}]}`, `{"alarms":[{"enable":false}]}`, "would change alarms: a deploy that brings errors does not go back by itself. Somebody set it in AWS; to keep it, set Rollout.RollbackOnAlarm, or IgnoreAlarm,"},
		"a boundary":                          {"aws_iam_role.a", `{"permissions_boundary":""}`, `{"permissions_boundary":"b"}`, `{"permissions_boundary":""}`, "to keep it, write permissions_boundary into modules/ecs/roles.go"},
		"a stricter balancer":                 {balancer, `{"desync_mitigation_mode":"defensive"}`, `{"desync_mitigation_mode":"strictest"}`, `{"desync_mitigation_mode":"defensive"}`, "more ambiguous requests"},
		"a time-out":                          {balancer, `{"idle_timeout":60}`, `{"idle_timeout":90}`, `{"idle_timeout":60}`, ""},
		"a protection that somebody took off": {balancer, `{"enable_deletion_protection":true}`, `{"enable_deletion_protection":false}`, `{"enable_deletion_protection":true}`, ""},
		"what is the design's":                {"aws_ecs_cluster.a", `{"setting":[{"value":"enhanced"}]}`, `{"setting":[{"value":"enhanced"}]}`, `{"setting":[{"value":"enabled"}]}`, ""},
	} {
		refused := report(t, []r{{c.address, update, c.is, c.wanted}}, []r{{c.address, update, c.recorded, c.is}}).Refused(nil)
		switch {
		case c.want == "" && len(refused) > 0, c.want != "" && (len(refused) != 1 || !strings.Contains(refused[0].Reason, c.want)):
			t.Errorf("%s: %+v", name, refused)
		case c.want != "" && len(report(t, []r{{c.address, update, c.is, c.wanted}}, nil).Refused([]string{c.address})) > 0:
			t.Errorf("%s: cannot be allowed", name)
		}
	}
}

// A plan as an engine makes it. Somebody had kept logs for longer, tagged a log group, deleted another one, locked the tags of a repository, and
// had more seen of a cluster, to which the design then gave a tag.
func TestRecordedDrift(t *testing.T) {
	status, out, errOut := guard("testdata/drift.json", "")
	const want = `change  aws_ecs_cluster.a  +tags.A b

Somebody changed this in AWS, and this plan undoes it:
change  aws_cloudwatch_log_group.a  retention_in_days 365 → 30, -tags.Owner
change  aws_ecr_repository.a        image_tag_mutability IMMUTABLE → MUTABLE
change  aws_ecs_cluster.a           setting.value enhanced → enabled
create  aws_cloudwatch_log_group.b  somebody deleted it

3 to change, 1 to create.
`
	if status != 2 || out != want {
		t.Errorf("status %d:\n%s", status, out)
	}
	for _, address := range []string{"aws_cloudwatch_log_group.a", "aws_cloudwatch_log_group.b", "aws_ecr_repository.a", "aws_ecs_cluster.a"} {
		if !strings.Contains(errOut, "  "+address+"\n") {
			t.Errorf("no %s in\n%s", address, errOut)
		}
	}
}
