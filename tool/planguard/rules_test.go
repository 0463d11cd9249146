package planguard_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/order-bot/infra/tool/planguard"
)

// r is a resource of a plan: its address, what happens to it, and its attributes before and after. What happens to it
// may be "because of" an attribute.
type r struct {
	address, actions, before, after string
}

func (r r) json() string {
	kind, name, _ := strings.Cut(r.address, ".")
	or := func(text string) string {
		if text == "" {
			return "null"
		}
		return text
	}
	what, attribute, is := strings.Cut(r.actions, " because of ")
	actions, _ := json.Marshal(strings.Split(what, " "))
	paths := [][]string{}
	if is {
		paths = append(paths, []string{attribute})
	}
	because, _ := json.Marshal(paths)
	return fmt.Sprintf(`{"address":%q,"mode":"managed","type":%q,"name":%q,"change":{"actions":%s,"before":%s,"after":%s,"replace_paths":%s}}`,
		r.address, kind, name, actions, or(r.before), or(r.after), because)
}

func report(t *testing.T, resources, drift []r) *planguard.Report {
	t.Helper()
	all := func(resources []r) string {
		var texts []string
		for _, resource := range resources {
			texts = append(texts, resource.json())
		}
		return "[" + strings.Join(texts, ",") + "]"
	}
	report, err := planguard.Read(strings.NewReader(`{"format_version":"1.2","planned_values":{},"resource_changes":` + all(resources) + `,"resource_drift":` + all(drift) + `}`))
	if err != nil {
		t.Fatal(err)
	}
	return report
}

const (
	update, replace, newFirst, destroy, create, nothing = "update", "delete create", "create delete", "delete", "create", "no-op"

	rule  = "aws_lb_listener_rule."
	alias = "aws_route53_record."
	group = "aws_security_group."
)

func TestRules(t *testing.T) {
	service := func(port, desired int) string {
		return fmt.Sprintf(`{"desired_count":%d,"load_balancer":[{"container_port":%d}],"network_configuration":[{"security_groups":["sg-1"]}]}`, desired, port)
	}
	admitting := func(from, to int) string {
		return fmt.Sprintf(`{"id":"sg-1","ingress":[{"from_port":%d,"to_port":%d,"security_groups":["sg-2"]},{"from_port":5432,"to_port":5432,"self":true,"security_groups":[]}]}`, from, to)
	}
	asked := func(priority int, hosts, paths string) string {
		return fmt.Sprintf(`{"listener_arn":"l","priority":%d,"condition":[{"host_header":[{"values":%s}],"path_pattern":[]},{"host_header":[],"path_pattern":[{"values":%s}]}]}`, priority, hosts, paths)
	}
	for name, c := range map[string]struct {
		resources, drift []r
		// want are the addresses that are refused, and a part of each reason, which ends in "!" where it cannot be allowed.
		want map[string]string
	}{
		"two services exchange their priorities": {resources: []r{
			{rule + "a", update, `{"arn":"a","listener_arn":"l","priority":10}`, `{"arn":"a","listener_arn":"l","priority":20}`},
			{rule + "b", update, `{"arn":"b","listener_arn":"l","priority":20}`, `{"arn":"b","listener_arn":"l","priority":10}`},
		}, want: map[string]string{
			rule + "a": "would get the priority that aws_lb_listener_rule.b still has: give one of the two a free priority, deploy, and then give the other one its own!",
			rule + "b": "the priority that aws_lb_listener_rule.a still has!",
		}},
		"a priority of a rule that goes in the same plan": {resources: []r{
			{rule + "a", destroy, `{"listener_arn":"l","priority":10}`, ``},
			{rule + "b", create, ``, `{"listener_arn":"l","priority":10}`},
		}, want: map[string]string{rule + "a": "would be destroyed", rule + "b": "would get what aws_lb_listener_rule.a still has: if a key or an id has changed, change it back!"}},
		"a priority of a rule that goes, and one of a rule that stays": {resources: []r{
			{rule + "a", destroy, `{"listener_arn":"l","priority":10}`, ``},
			{rule + "b", update, `{"listener_arn":"l","priority":20}`, `{"listener_arn":"l","priority":10}`},
			{rule + "c", update, `{"listener_arn":"l","priority":30}`, `{"listener_arn":"l","priority":20}`},
		}, want: map[string]string{
			rule + "a": "would be destroyed",
			rule + "b": "would get what aws_lb_listener_rule.a still has: if a key or an id has changed, change it back!",
			rule + "c": "would get the priority that aws_lb_listener_rule.b still has: give one of the two a free priority!",
		}},
		"a job, and what watches a service, get another name": {resources: []r{
			{"aws_scheduler_schedule.a", replace + " because of name", `{"name":"a"}`, `{"name":"b"}`},
			{"aws_cloudwatch_metric_alarm.a", replace + " because of alarm_name", `{"alarm_name":"a"}`, `{"alarm_name":"b"}`},
		}, want: map[string]string{
			"aws_scheduler_schedule.a":      "would be replaced: what is to start in that moment is not started",
			"aws_cloudwatch_metric_alarm.a": "would be replaced: its history goes",
		}},
		"a private name moves from one service to another": {resources: []r{
			{"aws_service_discovery_service.a", destroy, `{"arn":"a","name":"api","namespace_id":"ns-1","dns_config":[{"namespace_id":"ns-1"}]}`, ``},
			{"aws_service_discovery_service.b", create, ``, `{"name":"api","dns_config":[{"namespace_id":"ns-1"}]}`},
		}, want: map[string]string{
			"aws_service_discovery_service.a": "would be destroyed",
			"aws_service_discovery_service.b": "would get what aws_service_discovery_service.a still has!",
		}},
		"a free priority": {resources: []r{
			{rule + "a", update, `{"listener_arn":"l","priority":10}`, `{"listener_arn":"l","priority":30}`},
			{rule + "b", nothing, `{"listener_arn":"l","priority":20}`, `{"listener_arn":"l","priority":20}`},
			{rule + "other", nothing, `{"listener_arn":"m","priority":30}`, `{"listener_arn":"m","priority":30}`},
		}},

		"a replacement is refused once, whatever else changes": {resources: []r{
			{"aws_s3_bucket.a", replace + " because of bucket", `{"bucket":"a","force_destroy":false}`, `{"bucket":"b","force_destroy":true}`},
		}, want: map[string]string{"aws_s3_bucket.a": "would be replaced: AWS deletes no bucket that holds files"}},
		"a service that takes the requests of another one": {resources: []r{
			{rule + "old", nothing, asked(20, `["a.example.com"]`, `["/api/*"]`), asked(20, `["a.example.com"]`, `["/api/*"]`)},
			{rule + "new", create, ``, asked(10, `["*.example.com","b.example.org"]`, `[]`)},
			{rule + "elsewhere", nothing, asked(30, `["a.example.net"]`, `[]`), asked(30, `["a.example.net"]`, `[]`)},
		}, want: map[string]string{rule + "new": "no request would come to aws_lb_listener_rule.old, as aws_lb_listener_rule.new is asked before it, and takes them all"}},
		"a service that comes after the one with all paths": {resources: []r{
			{rule + "all", nothing, asked(20, `["a.example.com"]`, `["/*"]`), asked(20, `["a.example.com"]`, `["/*"]`)},
			{rule + "api", update, asked(10, `["a.example.com"]`, `[]`), asked(30, `["a.example.com"]`, `[]`)},
		}, want: map[string]string{rule + "api": "no request would come to aws_lb_listener_rule.api, as aws_lb_listener_rule.all is asked before it"}},
		"a service for more of the paths, and for other names": {resources: []r{
			{rule + "all", nothing, asked(20, `["a.example.com"]`, `[]`), asked(20, `["a.example.com"]`, `[]`)},
			{rule + "api", create, ``, asked(10, `["a.example.com"]`, `["/api/*"]`)},
			{rule + "b", create, ``, asked(5, `["b.example.com"]`, `[]`)},
			{rule + "asked by POST", create, ``, strings.Replace(asked(6, `["a.example.com"]`, `[]`), `"condition":[`, `"condition":[{"http_request_method":[{"values":["POST"]}]},`, 1)},
		}},
		"host names by regular expressions, of which nobody can tell": {resources: []r{
			{rule + "a", nothing, asked(20, `null`, `[]`), asked(20, `null`, `[]`)},
			{rule + "b", create, ``, strings.Replace(asked(10, `null`, `[]`), `"values":null`, `"values":null,"regex_values":["^a"]`, 1)},
		}},
		"what never got a request": {resources: []r{
			{rule + "all", nothing, asked(20, `["a.example.com"]`, `[]`), asked(20, `["a.example.com"]`, `[]`)},
			{rule + "api", update, asked(30, `["a.example.com"]`, `["/api/*"]`), asked(31, `["a.example.com"]`, `["/api/*"]`)},
		}},
		"another hosted zone": {resources: []r{
			{alias + "a", newFirst + " because of zone_id", `{"zone_id":"Z","name":"a.example.com","type":"A"}`, `{"zone_id":"Y","name":"a.example.com","type":"A"}`},
		}, want: map[string]string{alias + "a": "would move to another hosted zone: the name is gone from the zone that it is in"}},
		"another hosted zone, and another name": {resources: []r{
			{alias + "a", newFirst + " because of name", `{"zone_id":"Z","name":"a.example.com","type":"A"}`, `{"zone_id":"Y","name":"b.example.com","type":"A"}`},
		}, want: map[string]string{alias + "a": "would move to another hosted zone"}},
		"a hosted zone that only the deploy will know": {resources: []r{
			{alias + "a", newFirst + " because of zone_id", `{"zone_id":"Z","name":"a.example.com","type":"A"}`, `{"name":"a.example.com","type":"A"}`},
		}, want: map[string]string{alias + "a": "would move to another hosted zone"}},
		"another type of record": {resources: []r{
			{alias + "a", newFirst + " because of type", `{"zone_id":"Z","name":"a.example.com","type":"A"}`, `{"zone_id":"Z","name":"a.example.com","type":"AAAA"}`},
		}, want: map[string]string{alias + "a": "would be replaced: nobody finds the name any more"}},
		"a record by its label": {resources: []r{
			{alias + "a", newFirst + " because of name", `{"zone_id":"Z","name":"a","fqdn":"a.example.com","type":"A"}`, `{"zone_id":"Z","name":"a.example.com","type":"A"}`},
		}, want: map[string]string{alias + "a": "the state has this very DNS alias, with another spelling of name. With --recover, a deploy notes the new spelling in the state, and changes nothing in AWS!"}},
		"a record whose zone is written differently": {resources: []r{
			{alias + "a", replace + " because of zone_id", `{"zone_id":"Z","name":"a","fqdn":"a.example.com","type":"A"}`, `{"zone_id":"/hostedzone/Z","name":"a","type":"A"}`},
		}, want: map[string]string{alias + "a": "another spelling of zone_id!"}},
		"a cluster by its name and by its ARN": {resources: []r{
			{"aws_ecs_service.a", replace + " because of cluster", `{"name":"a","cluster":"arn:aws:ecs:eu-west-1:1:cluster/c"}`, `{"name":"a","cluster":"c"}`},
		}, want: map[string]string{"aws_ecs_service.a": "the state has this very ECS service, with another spelling of cluster!"}},
		"a cluster by its ARN, and another launch type": {resources: []r{
			{"aws_ecs_service.a", replace + " because of launch_type", `{"name":"a","cluster":"arn:aws:ecs:eu-west-1:1:cluster/c"}`, `{"name":"a","cluster":"c"}`},
		}, want: map[string]string{"aws_ecs_service.a": "would be replaced: its tasks stop"}},
		"a name that another one has in capitals": {resources: []r{
			{group + "a", create, ``, `{"name":"App","vpc_id":"v"}`},
			{group + "b", nothing, `{"name":"app","vpc_id":"v"}`, `{"name":"app","vpc_id":"v"}`},
		}, want: map[string]string{group + "a": "would get the name that aws_security_group.b still has!"}},
		"one object at two addresses": {resources: []r{
			{"aws_s3_bucket.a", destroy, `{"bucket":"x"}`, ``},
			{"aws_s3_bucket.b", nothing, `{"bucket":"x"}`, `{"bucket":"x"}`},
		}, want: map[string]string{"aws_s3_bucket.a": "would be destroyed, and aws_s3_bucket.b has the same S3 bucket and needs it!"}},
		"one object at two addresses, and another one at one of them": {resources: []r{
			{alias + "a", newFirst + " because of name", `{"zone_id":"Z","name":"a","fqdn":"a.example.com","type":"A"}`, `{"zone_id":"Z","name":"b.example.com","type":"A"}`},
			{alias + "b", nothing, `{"zone_id":"Z","name":"a.example.com","fqdn":"a.example.com","type":"A"}`, `{"zone_id":"Z","name":"a.example.com","fqdn":"a.example.com","type":"A"}`},
		}, want: map[string]string{alias + "a": "has the same DNS alias and needs it!"}},
		"what an older program set aside": {resources: []r{
			{alias + "a_replaced", destroy, `{"zone_id":"Z","name":"a","fqdn":"a.example.com","type":"A"}`, ``},
			{alias + "a", nothing, `{"zone_id":"Z","name":"a.example.com","fqdn":"a.example.com","type":"A"}`, `{"zone_id":"Z","name":"a.example.com","fqdn":"a.example.com","type":"A"}`},
		}, want: map[string]string{alias + "a_replaced": "has the same DNS alias and needs it!"}},

		"another host name": {resources: []r{
			{alias + "a", newFirst, `{"zone_id":"Z","name":"a.example.com","type":"A"}`, `{"zone_id":"Z","name":"b.example.com","type":"A"}`},
		}},
		"two services exchange their host names": {resources: []r{
			{alias + "a", newFirst, `{"zone_id":"Z","name":"a.example.com","type":"A"}`, `{"zone_id":"Z","name":"b.example.com","type":"A"}`},
			{alias + "b", newFirst, `{"zone_id":"Z","name":"b.example.com","type":"A"}`, `{"zone_id":"Z","name":"a.example.com","type":"A"}`},
		}, want: map[string]string{
			alias + "a": "would get the name that aws_route53_record.b still has!",
			alias + "b": "would get the name that aws_route53_record.a still has!",
		}},
		"the old name goes first": {resources: []r{
			{alias + "a", replace, `{"zone_id":"Z","name":"a.example.com","type":"A"}`, `{"zone_id":"Z","name":"b.example.com","type":"A"}`},
		}, want: map[string]string{alias + "a": "would be replaced: nobody finds the name any more"}},

		"a service's key has changed": {resources: []r{
			{"aws_cloudwatch_log_group.ecs_a_log_group", destroy, `{"name":"/ecs/a"}`, ``},
			{"aws_cloudwatch_log_group.ecs_b_log_group", create, ``, `{"name":"/ecs/a"}`},
		}, want: map[string]string{
			"aws_cloudwatch_log_group.ecs_a_log_group": "its logs are deleted",
			"aws_cloudwatch_log_group.ecs_b_log_group": "a row from the old to the new address to design/renames.go!",
		}},
		"a service has another name": {resources: []r{
			{"aws_ecs_service.a", replace, `{"name":"a","cluster":"c"}`, `{"name":"b","cluster":"c"}`},
			{"aws_cloudwatch_log_group.a", replace, `{"name":"/ecs/a"}`, `{"name":"/ecs/b"}`},
			{"aws_appautoscaling_target.a", replace, `{"resource_id":"service/c/a"}`, `{"resource_id":"service/c/b"}`},
			{"aws_ecs_task_definition.a", replace, `{"family":"a"}`, `{"family":"b"}`},
			{"aws_appautoscaling_scheduled_action.a", destroy, `{"name":"a"}`, ``},
		}, want: map[string]string{
			"aws_ecs_service.a":                     "would be replaced: its tasks stop",
			"aws_cloudwatch_log_group.a":            "its logs are deleted",
			"aws_appautoscaling_scheduled_action.a": "would be destroyed",
		}},

		"the timetable of a service that stays": {resources: []r{
			{"aws_ecs_service.a", nothing, `{"name":"a","cluster":"c"}`, `{"name":"a","cluster":"c"}`},
			{"aws_appautoscaling_target.a", replace + " because of resource_id", `{"resource_id":"service/c/a"}`, `{"resource_id":"service/c/b"}`},
			{"aws_appautoscaling_scheduled_action.a", replace + " because of resource_id", `{"name":"a","resource_id":"service/c/a"}`, `{"name":"a"}`},
			{"aws_appautoscaling_scheduled_action.b", replace + " because of name", `{"name":"b","resource_id":"service/c/a"}`, `{"name":"c","resource_id":"service/c/a"}`},
		}, want: map[string]string{
			"aws_appautoscaling_target.a":           "would be replaced: what it was about stays, and has none of it any more",
			"aws_appautoscaling_scheduled_action.a": "would be replaced: what it was about stays",
		}},
		"a policy for a repository that had none": {resources: []r{
			{"aws_ecr_repository.a", nothing, `{"name":"a"}`, `{"name":"a"}`},
			{"aws_ecr_repository.b", create, ``, `{"name":"b"}`},
			{"aws_ecr_lifecycle_policy.a", create, ``, `{"repository":"a","policy":"{\"rules\":[{\"rulePriority\":1,\"selection\":{\"tagStatus\":\"any\",\"countType\":\"imageCountMoreThan\",\"countNumber\":20},\"action\":{\"type\":\"expire\"}}]}"}`},
			{"aws_ecr_lifecycle_policy.b", create, ``, `{"repository":"b","policy":"{\"rules\":[{\"rulePriority\":1,\"selection\":{\"tagStatus\":\"any\",\"countType\":\"imageCountMoreThan\",\"countNumber\":20},\"action\":{\"type\":\"expire\"}}]}"}`},
			{"aws_ecr_lifecycle_policy.c", create, ``, `{"policy":"{}"}`},
		}, want: map[string]string{"aws_ecr_lifecycle_policy.a": "would begin to delete images: the repository is there already, and had no such rules"}},
		"a policy that moves to a repository that had none": {resources: []r{
			{"aws_ecr_lifecycle_policy.a", replace + " because of repository", `{"repository":"a","policy":"{\"rules\":[]}"}`, `{"repository":"b","policy":"only the deploy will know"}`},
		}, want: map[string]string{"aws_ecr_lifecycle_policy.a": "would begin to delete images"}},
		"files of a bucket that had no rules": {resources: []r{
			{"aws_s3_bucket_lifecycle_configuration.a", create, ``, `{"bucket":"a","rule":[{"id":"x","status":"Enabled","expiration":[{"days":30}]}]}`},
			{"aws_s3_bucket_lifecycle_configuration.b", create, ``, `{"bucket":"b","rule":[{"id":"x","status":"Enabled","transition":[{"days":30}]}]}`},
		}, want: map[string]string{"aws_s3_bucket_lifecycle_configuration.a": "would begin to delete files"}},

		"a revision that keeps no logs": {resources: []r{
			{"aws_ecs_task_definition.a", replace + " because of container_definitions",
				`{"family":"a","container_definitions":"[{\"name\":\"a\",\"logConfiguration\":{\"logDriver\":\"awslogs\"}}]"}`,
				`{"family":"a","container_definitions":"[{\"name\":\"a\",\"logConfiguration\":{\"logDriver\":\"none\"}}]"}`},
		}, want: map[string]string{"aws_ecs_task_definition.a": "would change container_definitions: what a container writes is not kept any more"}},
		"what takes over what is there": {resources: []r{
			{"aws_default_security_group.a", create, ``, `{"vpc_id":"vpc-1"}`},
			{"aws_iam_role_policies_exclusive.a", create, ``, `{"role_name":"old","policy_names":[]}`},
			{"aws_iam_role_policies_exclusive.b", create, ``, `{"role_name":"new","policy_names":[]}`},
			{"aws_iam_role.b", create, ``, `{"name":"new"}`},
		}, want: map[string]string{
			"aws_default_security_group.a":      "would begin to delete the rules of the VPC's default security group, unless the configuration names them: the vpc_id is there already",
			"aws_iam_role_policies_exclusive.a": "would begin to delete the role's other policies",
		}},
		"another network": {resources: []r{
			{group + "a", newFirst, `{"id":"sg-1","name":"a","vpc_id":"vpc-1"}`, `{"name":"a","vpc_id":"vpc-2"}`},
			{"aws_lb.a", update, `{"security_groups":["sg-1"]}`, `{}`},
			{"aws_lb_target_group.a", replace, `{"arn":"tg-1","name":"a"}`, `{"name":"a"}`},
			{rule + "a", update, `{"action":[{"target_group_arn":"tg-1"}]}`, `{}`},
		}, want: map[string]string{
			group + "a":             "would be deleted while aws_lb.a uses it, which AWS refuses!",
			"aws_lb_target_group.a": "would be deleted while aws_lb_listener_rule.a uses it!",
		}},
		"another prefix of all names": {resources: []r{
			{group + "a", replace + " because of name", `{"id":"sg-1","name":"a"}`, `{"name":"b"}`},
			{"aws_lb.a", replace + " because of name", `{"name":"a","security_groups":["sg-1"]}`, `{"name":"b"}`},
			{"aws_lb_target_group.a", replace + " because of name", `{"arn":"tg-1","name":"a"}`, `{"name":"b"}`},
		}, want: map[string]string{
			group + "a":             "such as the PostgreSQL host: another network, name or prefix needs a stack of its own!",
			"aws_lb.a":              "would be replaced: another network, name or prefix needs a stack of its own",
			"aws_lb_target_group.a": "would be replaced: another network, name or prefix needs a stack of its own",
		}},
		"what was created in part": {resources: []r{
			{group + "a", replace, `{"id":"sg-1","name":"a"}`, `{"name":"a"}`},
			{"aws_lb.a", replace, `{"name":"a"}`, `{"name":"a"}`},
		}, want: map[string]string{group + "a": "would be replaced: what is in the group", "aws_lb.a": "would be replaced: all services are away"}},
		"a service goes with all that uses its target group": {resources: []r{
			{"aws_lb_target_group.a", destroy, `{"arn":"tg-1","name":"a"}`, ``},
			{rule + "a", destroy, `{"action":[{"target_group_arn":"tg-1"}]}`, ``},
			{rule + "b", nothing, `{"action":[{"target_group_arn":"tg-2"}]}`, `{"action":[{"target_group_arn":"tg-2"}]}`},
		}, want: map[string]string{"aws_lb_target_group.a": "would be destroyed", rule + "a": "would be destroyed"}},
		"a name that is taken until the old one is deleted": {resources: []r{
			{"aws_lb.a", newFirst, `{"name":"a"}`, `{"name":"a"}`},
		}, want: map[string]string{"aws_lb.a": "AWS takes its name only once!"}},

		"a port closes under running tasks": {resources: []r{
			{"aws_ecs_service.a", update, service(8000, 1), service(9000, 1)},
			{group + "app", update, admitting(8000, 8000), admitting(9000, 9000)},
		}, want: map[string]string{group + "app": "would close the port on which the running tasks of aws_ecs_service.a listen, before the new ones serve: put the old port into PreviousPort"}},
		"a port closes at night": {resources: []r{
			{"aws_ecs_service.a", update, service(8000, 0), service(9000, 0)},
			{group + "app", update, admitting(8000, 8000), admitting(9000, 9000)},
		}},
		"the old port stays open": {resources: []r{
			{"aws_ecs_service.a", update, service(8000, 1), service(9000, 1)},
			{group + "app", update, admitting(8000, 8000), admitting(8000, 9000)},
		}},
		"a port closes that no running task has": {resources: []r{
			{"aws_ecs_service.a", update, service(9000, 1), service(9000, 1)},
			{group + "app", update, admitting(8000, 9000), admitting(9000, 9000)},
		}},

		"the port of a service that stays": {resources: []r{
			{"aws_ecs_service.a", nothing, service(8000, 0), service(8000, 0)},
			{group + "app", update, admitting(8000, 8000), admitting(9000, 9000)},
		}, want: map[string]string{group + "app": "would close the port of aws_ecs_service.a, and no request reaches it any more"}},

		"gone, and created anew": {
			resources: []r{
				{"aws_s3_bucket.a", create, ``, `{}`},
				{"aws_s3_bucket.new", create, ``, `{}`},
				{"aws_ecs_task_definition.a", create, ``, `{}`},
			},
			drift: []r{
				{"aws_s3_bucket.a", destroy, `{}`, ``},
				{"aws_ecs_task_definition.a", destroy, `{}`, ``},
				{"aws_lb.a", update, `{}`, `{}`},
			},
			want: map[string]string{"aws_s3_bucket.a": "would be created anew: the state has it, and AWS does not; are these the right account and region?"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := report(t, c.resources, c.drift)
			refused := got.Refused(nil)
			if len(refused) != len(c.want) {
				t.Errorf("refused: %+v", refused)
			}
			var addresses []string
			for address, reason := range c.want {
				address = strings.TrimSpace(address)
				addresses = append(addresses, address)
				reason, never := strings.CutSuffix(reason, "!")
				if !slices.ContainsFunc(refused, func(r planguard.Refusal) bool {
					return r.Address == address && r.Never == never && strings.Contains(r.Reason, reason)
				}) {
					t.Errorf("%s is not refused because of %q (never: %v), but: %+v", address, reason, never, refused)
				}
			}
			for _, refusal := range got.Refused(addresses) {
				if !refusal.Never {
					t.Errorf("allowed by its address, and refused: %+v", refusal)
				}
			}
		})
	}
}

// What belongs to something that the same deploy creates takes over nothing.
func TestTakesOverWhatIsNew(t *testing.T) {
	const group = `{"address":"aws_default_security_group.a","mode":"managed","type":"aws_default_security_group","name":"a","change":{"actions":["create"],"before":null,"after":{},"after_unknown":{"vpc_id":true}}}`
	for others, want := range map[string]int{
		`,` + r{"aws_vpc.a", create, ``, `{"cidr_block":"10.0.0.0/16"}`}.json():                  0,
		`,` + r{"aws_vpc.a", update, `{"id":"vpc-1"}`, `{"id":"vpc-1","tags":{"a":"b"}}`}.json(): 1,
	} {
		read, err := planguard.Read(strings.NewReader(`{"format_version":"1.2","planned_values":{},"resource_changes":[` + group + others + `]}`))
		if err != nil {
			t.Fatal(err)
		}
		if refused := read.Refused(nil); len(refused) != want {
			t.Errorf("%s: refused: %+v", others, refused)
		}
	}
}

// What is lost in place: each row of the table, with the change the other way round, which loses nothing.
func TestLosses(t *testing.T) {
	for _, c := range []struct{ kind, attribute, safe, lossy, reason string }{
		{"aws_cloudwatch_log_group", "retention_in_days", "30", "7", "older logs are deleted"},
		{"aws_cloudwatch_log_group", "retention_in_days", "0", "3653", "older logs are deleted"},
		{"aws_ecr_repository", "force_delete", "false", "true", "the images"},
		{"aws_ecr_repository", "image_tag_mutability", `"IMMUTABLE"`, `"MUTABLE"`, "the image of a tag"},
		{"aws_s3_bucket", "force_destroy", "null", "true", "the files"},
		{"aws_s3_bucket_versioning", "versioning_configuration.status", `"Enabled"`, `"Suspended"`, "overwritten files are lost"},
		{"aws_s3_bucket_versioning", "versioning_configuration.mfa_delete", `"Enabled"`, `"Disabled"`, "a password is enough"},
		{"aws_s3_bucket_policy", "policy", document(`{"Effect":"Allow","Principal":{"Service":"cloudfront.amazonaws.com"},"Action":"s3:GetObject"}`),
			document(`{"Effect":"Allow","Principal":"*","Action":"s3:GetObject"}`, `{"Effect":"Allow","Principal":{"Service":"cloudfront.amazonaws.com"},"Action":"s3:GetObject"}`), "whoever there is may use it"},
		{"aws_s3_bucket_policy", "policy", document(`{"Effect":"Allow","Principal":{"Service":["a","b"]}}`), document(`{"Effect":"Allow","Principal":{"Service":"b"}}`, `{"Effect":"Deny","Principal":{"Service":"a"}}`), "let in by name is cut off"},
		{"aws_kms_key", "policy", document(`{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::1:root"},"Action":"kms:*"}`, `{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::1:role/app"}}`),
			document(`{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::1:root"},"Action":"kms:*"}`), "let in by name is cut off"},
		{"aws_iam_role", "assume_role_policy", document(`{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}}`),
			document(`{"Effect":"Allow","Principal":{"AWS":["111122223333","*"]},"Action":"sts:AssumeRole"}`), "whoever there is may use it"},
		{"aws_s3_bucket_server_side_encryption_configuration", "rule", `[{"apply":[{"sse_algorithm":"aws:kms"}]}]`, `[{"apply":[{"sse_algorithm":"AES256"}]}]`, "weaker"},
		{"aws_s3_bucket_server_side_encryption_configuration", "rule", `[{"apply":[{"sse_algorithm":"aws:kms:dsse"}]}]`, `[{"apply":[{"sse_algorithm":"aws:kms"}]}]`, "weaker"},
		{"aws_s3_bucket_server_side_encryption_configuration", "rule", `[{"apply":[{"sse_algorithm":"aws:kms:dsse"}]}]`, `[{"apply":[{"sse_algorithm":"AES256"}]}]`, "weaker"},
		{"aws_s3_bucket_public_access_block", "block_public_acls", "true", "false", "may become public"},
		{"aws_s3_bucket_public_access_block", "block_public_policy", "true", "false", "may become public"},
		{"aws_s3_bucket_public_access_block", "ignore_public_acls", "true", "false", "may become public"},
		{"aws_s3_bucket_public_access_block", "restrict_public_buckets", "true", "null", "may become public"},
		{"aws_cloudfront_distribution", "enabled", "true", "false", "offline"},
		{"aws_lb", "enable_deletion_protection", "true", "false", "may be deleted"},
		{"aws_db_instance", "deletion_protection", "true", "false", "may be deleted"},
		{"aws_rds_cluster", "deletion_protection", "true", "null", "may be deleted"},
		{"aws_cognito_user_pool", "deletion_protection", `"ACTIVE"`, `"INACTIVE"`, "may be deleted"},
		{"aws_dynamodb_table", "deletion_protection_enabled", "true", "false", "may be deleted"},
		{"aws_instance", "disable_api_termination", "true", "false", "may be deleted"},
		{"aws_db_instance", "backup_retention_period", "7", "0", "older backups"},
		{"aws_rds_cluster", "backup_retention_period", "35", "7", "older backups"},
		{"aws_elasticache_replication_group", "snapshot_retention_limit", "5", "0", "older backups"},
		{"aws_db_instance", "skip_final_snapshot", "false", "true", "no copy"},
		{"aws_db_instance", "delete_automated_backups", "false", "true", "the backups, too"},
		{"aws_db_instance", "multi_az", "true", "false", "zone fails"},
		{"aws_redshift_cluster", "publicly_accessible", "false", "true", "from the internet"},
		{"aws_db_instance", "vpc_security_group_ids", `["sg-1"]`, `[]`, "cut off"},
		{"aws_db_instance", "replicate_source_db", `"main"`, `""`, "follows the other one no more"},
		{"aws_dynamodb_table", "stream_enabled", "true", "false", "who follows its changes"},
		{"aws_eks_cluster", "enabled_cluster_log_types", `["api","audit"]`, `["api"]`, "not logged"},
		{"aws_redshift_cluster", "encrypted", "true", "false", "not encrypted"},
		{"aws_kinesis_stream", "encryption_type", `"KMS"`, `"NONE"`, "not encrypted"},
		{"aws_secretsmanager_secret", "kms_key_id", `"k"`, `null`, "weaker"},
		{"aws_sns_topic", "kms_master_key_id", `"k"`, `""`, "weaker"},
		{"aws_sqs_queue", "sqs_managed_sse_enabled", "true", "false", "weaker"},
		{"aws_sqs_queue", "redrive_policy", `"{}"`, `""`, "nobody can handle"},
		{"aws_ssm_parameter", "type", `"SecureString"`, `"String"`, "not encrypted"},
		{"aws_lambda_function_url", "authorization_type", `"AWS_IAM"`, `"NONE"`, "nobody has to sign in"},
		{"aws_api_gateway_method", "authorization", `"AWS_IAM"`, `"NONE"`, "nobody has to sign in"},
		{"aws_wafv2_web_acl", "default_action.block", `[{}]`, `[]`, "is let through"},
		{"aws_db_instance", "enabled_cloudwatch_logs_exports", `["postgresql","upgrade"]`, `["postgresql"]`, "not logged"},
		{"aws_dynamodb_table", "point_in_time_recovery", `[{"enabled":true}]`, `[{"enabled":false}]`, "back in time"},
		{"aws_kinesis_stream", "retention_period", "48", "24", "older records"},
		{"aws_secretsmanager_secret", "recovery_window_in_days", "30", "0", "brought back"},
		{"aws_cloudfront_distribution", "aliases", `["a","b"]`, `["a"]`, "host name"},
		{"aws_cloudfront_distribution", "aliases", `["a"]`, `[]`, "host name"},
		{"aws_cloudfront_distribution", "web_acl_id", `"arn"`, `""`, "web ACL"},
		{"aws_cloudfront_distribution", "logging_config", `[{"bucket":"b"}]`, `[]`, "not logged"},
		{"aws_cloudfront_distribution", "viewer_certificate.cloudfront_default_certificate", `false`, `true`, "browsers refuse"},
		{"aws_cloudfront_distribution", "viewer_certificate.minimum_protocol_version", `"TLSv1.2_2021"`, `"TLSv1"`, "weaker versions of TLS"},
		{"aws_cloudfront_distribution", "default_cache_behavior.viewer_protocol_policy", `"redirect-to-https"`, `"allow-all"`, "without encryption"},
		{"aws_cloudfront_distribution", "is_ipv6_enabled", "true", "false", "only IPv6"},
		{"aws_cloudfront_distribution", "ordered_cache_behavior", `[{"path_pattern":"/a","viewer_protocol_policy":"allow-all"},{"path_pattern":"/b","viewer_protocol_policy":"https-only"}]`,
			`[{"path_pattern":"/a","viewer_protocol_policy":"allow-all"},{"path_pattern":"/b","viewer_protocol_policy":"allow-all"}]`, "without encryption"},
		{"aws_cloudfront_distribution", "restrictions.geo_restriction.restriction_type", `"none"`, `"whitelist"`, "some countries"},
		{"aws_vpc", "enable_dns_support", "true", "false", "finds a name"},
		{"aws_route_table", "route", `[{"cidr_block":"0.0.0.0/0","nat_gateway_id":"nat-1"}]`, `[]`, "does not get out"},
		{"aws_route_table", "route", `[{"cidr_block":"0.0.0.0/0"},{"cidr_block":"10.1.0.0/16"}]`, `[{"cidr_block":"0.0.0.0/0"}]`, "does not get out"},
		{"aws_route_table", "route", `[{"cidr_block":"0.0.0.0/0","gateway_id":"igw-1"}]`, `[{"cidr_block":"0.0.0.0/0","gateway_id":"","nat_gateway_id":"nat-1"}]`, "nobody on the internet"},
		{"aws_route", "gateway_id", `"igw-1"`, `""`, "nobody on the internet"},
		{"aws_vpc_endpoint", "subnet_ids", `["subnet-1","subnet-2"]`, `["subnet-1"]`, "does not any more"},
		{"aws_vpc_endpoint", "private_dns_enabled", "true", "false", "does not any more"},
		{"aws_lb", "access_logs.enabled", "true", "false", "not logged"},
		{"aws_lb", "subnets", `["subnet-1","subnet-2","subnet-3"]`, `["subnet-1","subnet-2"]`, "a zone less"},
		{"aws_lb", "drop_invalid_header_fields", "true", "false", "invalid headers"},
		{"aws_lb_listener", "ssl_policy", `"ELBSecurityPolicy-TLS13-1-2-2021-06"`, `"ELBSecurityPolicy-2016-08"`, "weaker versions of TLS"},
		{"aws_lb_listener", "ssl_policy", `"ELBSecurityPolicy-TLS13-1-3-2021-06"`, `"ELBSecurityPolicy-TLS13-1-2-2021-06"`, "weaker versions of TLS"},
		{"aws_lb_listener", "default_action", `[{"type":"redirect"}]`, `[{"type":"fixed-response"}]`, "not led on"},
		{"aws_lb_listener_rule", "action", `[{"type":"forward"}]`, `[{"type":"fixed-response"}]`, "do not reach"},
		{"aws_lb_listener_rule", "condition", `[{"host_header":[{"values":["a","b"]}]}]`, `[{"host_header":[{"values":["a"]}]}]`, "a host name do not reach"},
		{"aws_lb_listener_rule", "condition", `[{"path_pattern":[{"values":["/a"]}]},{"host_header":[{"values":["a","b"]}]}]`, `[{"path_pattern":[{"values":["/a"]}]},{"host_header":[{"values":["a"]}]}]`, "a host name do not reach"},
		{"aws_lb_listener_rule", "condition", `[{"host_header":[{"values":["a"]}]},{"path_pattern":[{"values":["/a","/b"]}]}]`, `[{"host_header":[{"values":["a"]}]},{"path_pattern":[{"values":["/a"]}]}]`, "a path do not reach"},
		{"aws_ecs_service", "desired_count", "1", "0", "none of its tasks"},
		{"aws_ecs_service", "load_balancer", `[{"container_port":1}]`, `[]`, "no request"},
		{"aws_ecs_task_definition", "container_definitions", `"[{\"name\":\"a\"},{\"name\":\"b\",\"logConfiguration\":{\"logDriver\":\"awslogs\"}}]"`, `"[{\"name\":\"a\"},{\"name\":\"b\"}]"`, "not kept"},
		{"aws_ecs_task_definition", "volume", `[{"name":"a"},{"name":"b","efs_volume_configuration":[{"file_system_id":"fs-1"}]}]`, `[{"name":"a"},{"name":"b","efs_volume_configuration":[]}]`, "a file system no more"},
		{"aws_ecs_service", "service_registries", `[{"registry_arn":"a"}]`, `[]`, "private name"},
		{"aws_ecs_service", "deployment_circuit_breaker", `[{"enable":true,"rollback":true}]`, `[{"enable":true,"rollback":false}]`, "does not go back"},
		{"aws_ecs_service", "alarms", `[{"enable":true,"rollback":true}]`, `[{"enable":true,"rollback":false}]`, "does not go back"},
		{"aws_cloudwatch_metric_alarm", "alarm_actions", `["arn:1","arn:2"]`, `["arn:1"]`, "hears of nothing"},
		{"aws_ecs_service", "deployment_circuit_breaker", `[{"enable":true,"rollback":true}]`, `[]`, "does not go back"},
		{"aws_ecs_cluster", "setting", `[{"name":"containerInsights","value":"enabled"}]`, `[{"name":"containerInsights","value":"disabled"}]`, "nobody sees"},
		{"aws_lambda_function", "reserved_concurrent_executions", "-1", "0", "does not run"},
		{"aws_kms_key", "is_enabled", "true", "false", "nobody reads"},
		{"aws_cloudwatch_event_rule", "state", `"ENABLED"`, `"DISABLED"`, "does not act"},
		{"aws_s3_bucket_lifecycle_configuration", "rule", `[{"id":"a","status":"Enabled","expiration":[{"days":90}]}]`, `[{"id":"a","status":"Enabled","expiration":[{"days":90}]},{"id":"b","status":"Enabled","expiration":[{"days":30}]}]`, "deleted"},
		{"aws_security_group", "ingress", ingress(443, "0.0.0.0/0"), `[]`, "cut off"},
		{"aws_security_group", "ingress", strings.ReplaceAll(ingress(80, "0.0.0.0/0")+ingress(443, "0.0.0.0/0"), "][", ","), ingress(443, "0.0.0.0/0"), "cut off"},
		{"aws_security_group", "egress", ingress(443, "0.0.0.0/0"), `[]`, "does not get out"},
		{"aws_security_group", "ingress", `[{"protocol":"tcp","from_port":5432,"to_port":5432,"self":true},{"protocol":"tcp","from_port":80,"to_port":80,"self":true}]`, `[{"protocol":"tcp","from_port":80,"to_port":80,"self":true}]`, "cut off"},
		{"aws_network_acl", "ingress", ingress(443, "0.0.0.0/0"), `[]`, "is cut off"},
		{"aws_network_acl", "ingress", strings.ReplaceAll(ingress(80, "0.0.0.0/0")+ingress(443, "0.0.0.0/0"), "][", ","), ingress(443, "0.0.0.0/0"), "is cut off"},
	} {
		value := func(text string) string {
			path := strings.Split(c.attribute, ".")
			for _, name := range slices.Backward(path[1:]) {
				text = fmt.Sprintf(`[{%q:%s}]`, name, text)
			}
			return fmt.Sprintf(`{%q:%s}`, path[0], text)
		}
		address, how := c.kind+".x", update
		refused := report(t, []r{{address, how, value(c.safe), value(c.lossy)}}, nil).Refused(nil)
		if len(refused) != 1 || refused[0].Address != address || refused[0].Never || !strings.HasPrefix(refused[0].Reason, "would change "+c.attribute+": ") || !strings.Contains(refused[0].Reason, c.reason) {
			t.Errorf("%s.%s from %s to %s: refused: %+v", c.kind, c.attribute, c.safe, c.lossy, refused)
		}
		if refused := report(t, []r{{address, how, value(c.lossy), value(c.safe)}}, nil).Refused(nil); len(refused) > 0 {
			t.Errorf("%s.%s from %s to %s: refused: %+v", c.kind, c.attribute, c.lossy, c.safe, refused)
		}
		// A value that only the deploy will know may be the lossy one.
		attribute, _, _ := strings.Cut(c.attribute, ".")
		unknown := fmt.Sprintf(`{"format_version":"1.2","planned_values":{},"resource_changes":[{"address":%q,"mode":"managed","type":%q,"name":"x","change":{"actions":["update"],"before":%s,"after":{},"after_unknown":{%q:true}}}]}`,
			address, c.kind, value(c.safe), attribute)
		read, err := planguard.Read(strings.NewReader(unknown))
		if err != nil {
			t.Fatal(err)
		}
		// Policies and containers are often not known before the deploy, as they name what is created.
		if slices.Contains([]string{"policy", "assume_role_policy", "container_definitions"}, c.attribute) {
			continue
		}
		if refused := read.Refused(nil); len(refused) == 0 {
			t.Errorf("%s.%s from %s to what only the deploy will know is not refused", c.kind, c.attribute, c.safe)
		}
	}
}

// document is a policy with these statements, as a text in JSON.
func document(statements ...string) string {
	text, _ := json.Marshal(`{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`)
	return string(text)
}

// ingress is the only rule of a security group, for a port and who comes from an address.
func ingress(port int, from string) string {
	return fmt.Sprintf(`[{"protocol":"tcp","from_port":%d,"to_port":%d,"cidr_blocks":[%q],"ipv6_cidr_blocks":[],"prefix_list_ids":[]}]`, port, port, from)
}

// Other addresses for the same port, other names of the same number, and a port that opens, lose nothing.
func TestNoLoss(t *testing.T) {
	for _, c := range []struct{ kind, attribute, before, after string }{
		{"aws_security_group", "ingress", ingress(443, "0.0.0.0/0"), ingress(443, "10.0.0.0/8")},
		{"aws_security_group", "ingress", ingress(443, "0.0.0.0/0"), `[{"protocol":"-1","from_port":0,"to_port":0,"cidr_blocks":["0.0.0.0/0"]}]`},
		{"aws_security_group", "ingress", `[{"protocol":"tcp","from_port":80,"to_port":80,"security_groups":["sg-1"]}]`, `[{"protocol":"tcp","from_port":81,"to_port":81,"security_groups":["sg-1"]}]`},
		{"aws_cloudfront_distribution", "aliases", `["a"]`, `["b"]`},
		{"aws_route_table", "route", `[{"cidr_block":"0.0.0.0/0","nat_gateway_id":"nat-1"}]`, `[{"cidr_block":"0.0.0.0/0","nat_gateway_id":"nat-2"}]`},
		{"aws_cloudfront_distribution", "web_acl_id", `"arn:1"`, `"arn:2"`},
		{"aws_db_instance", "backup_retention_period", `null`, `0`},
		{"aws_db_instance", "port", `null`, `5432`},
		{"aws_ecs_service", "desired_count", `0`, `0`},
		{"aws_lb_listener", "default_action", `[{"type":"redirect"}]`, `[{"type":"forward"}]`},
		{"aws_lb_listener_rule", "condition", `[{"path_pattern":[{"values":["/a"]}]}]`, `[]`},
		{"aws_appautoscaling_scheduled_action", "scalable_target_action", `[{"max_capacity":"1"}]`, `[{"max_capacity":"0"}]`}, // the evening
		{"aws_route_table", "route", `[{"cidr_block":"0.0.0.0/0","gateway_id":"igw-1"}]`, `[{"cidr_block":"0.0.0.0/0","gateway_id":"igw-2"}]`},
		{"aws_sns_topic_policy", "policy", document(), document(`{"Effect":"Allow","Principal":{"AWS":"*"},"Condition":{"StringEquals":{"aws:SourceOwner":"1"}}}`)},
		{"aws_sns_topic_policy", "policy", document(), document(`{"Effect":"Deny","Principal":"*"}`)},
		{"aws_s3_bucket_policy", "policy", document(`{"Effect":"Allow","Principal":{"AWS":"*"}}`), document(`{"Effect":"Allow","Principal":{"Service":"a"}}`)},
	} {
		resource := r{c.kind + ".x", update, fmt.Sprintf(`{%q:%s}`, c.attribute, c.before), fmt.Sprintf(`{%q:%s}`, c.attribute, c.after)}
		if refused := report(t, []r{resource}, nil).Refused(nil); len(refused) > 0 {
			t.Errorf("%s.%s from %s to %s: refused: %+v", c.kind, c.attribute, c.before, c.after, refused)
		}
	}
	if refused := report(t, []r{{"aws_db_instance.x", update, `{"port":5432}`, `{"port":5433}`}}, nil).Refused(nil); len(refused) != 1 {
		t.Errorf("another port of a database: refused: %+v", refused)
	}
}
