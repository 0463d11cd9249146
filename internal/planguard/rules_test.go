package planguard_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/order-bot/infra/internal/planguard"
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
	for name, c := range map[string]struct {
		resources, drift []r
		// want are the addresses that are refused, and a part of each reason, which ends in "!" where it cannot be allowed.
		want map[string]string
	}{
		"two services exchange their priorities": {resources: []r{
			{rule + "a", update, `{"listener_arn":"l","priority":10}`, `{"listener_arn":"l","priority":20}`},
			{rule + "b", update, `{"listener_arn":"l","priority":20}`, `{"listener_arn":"l","priority":10}`},
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
		"a free priority": {resources: []r{
			{rule + "a", update, `{"listener_arn":"l","priority":10}`, `{"listener_arn":"l","priority":30}`},
			{rule + "b", nothing, `{"listener_arn":"l","priority":20}`, `{"listener_arn":"l","priority":20}`},
			{rule + "other", nothing, `{"listener_arn":"m","priority":30}`, `{"listener_arn":"m","priority":30}`},
		}},

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
			"aws_cloudwatch_log_group.ecs_b_log_group": "a row from the old to the new address to stacks/moved.go!",
		}},
		"a service has another name": {resources: []r{
			{"aws_ecs_service.a", replace, `{"name":"a","cluster":"c"}`, `{"name":"b","cluster":"c"}`},
			{"aws_cloudwatch_log_group.a", replace, `{"name":"/ecs/a"}`, `{"name":"/ecs/b"}`},
			{"aws_appautoscaling_target.a", replace, `{"resource_id":"a"}`, `{"resource_id":"b"}`},
			{"aws_ecs_task_definition.a", replace, `{"family":"a"}`, `{"family":"b"}`},
			{"aws_appautoscaling_scheduled_action.a", destroy, `{"name":"a"}`, ``},
		}, want: map[string]string{
			"aws_ecs_service.a":                     "would be replaced: its tasks stop",
			"aws_cloudwatch_log_group.a":            "its logs are deleted",
			"aws_appautoscaling_scheduled_action.a": "would be destroyed",
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

// What is lost in place: each row of the table, with the change the other way round, which loses nothing.
func TestLosses(t *testing.T) {
	policy := func(kept int) string {
		text, _ := json.Marshal(fmt.Sprintf(`{"rules":[{"selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":%d}}]}`, kept))
		return string(text)
	}
	days, _ := json.Marshal(`{"rules":[{"selection":{"tagStatus":"any","countType":"sinceImagePushed","countNumber":30}}]}`)
	for _, c := range []struct{ kind, attribute, safe, lossy, reason string }{
		{"aws_cloudwatch_log_group", "retention_in_days", "30", "7", "older logs are deleted"},
		{"aws_cloudwatch_log_group", "retention_in_days", "0", "3653", "older logs are deleted"},
		{"aws_ecr_lifecycle_policy", "policy", policy(20), policy(19), "older images are deleted"},
		{"aws_ecr_lifecycle_policy", "policy", policy(20), string(days), "older images are deleted"},
		{"aws_ecr_repository", "force_delete", "false", "true", "the images"},
		{"aws_ecr_repository", "image_tag_mutability", `"IMMUTABLE"`, `"MUTABLE"`, "the image of a tag"},
		{"aws_s3_bucket", "force_destroy", "null", "true", "the files"},
		{"aws_s3_bucket_versioning", "versioning_configuration", `[{"status":"Enabled"}]`, `[{"status":"Suspended"}]`, "overwritten files are lost"},
		{"aws_s3_bucket_server_side_encryption_configuration", "rule", `[{"apply":[{"sse_algorithm":"aws:kms"}]}]`, `[{"apply":[{"sse_algorithm":"AES256"}]}]`, "weaker"},
		{"aws_s3_bucket_server_side_encryption_configuration", "rule", `[{"apply":[{"sse_algorithm":"aws:kms:dsse"}]}]`, `[{"apply":[{"sse_algorithm":"aws:kms"}]}]`, "weaker"},
		{"aws_s3_bucket_server_side_encryption_configuration", "rule", `[{"apply":[{"sse_algorithm":"aws:kms:dsse"}]}]`, `[{"apply":[{"sse_algorithm":"AES256"}]}]`, "weaker"},
		{"aws_s3_bucket_public_access_block", "block_public_acls", "true", "false", "may become public"},
		{"aws_s3_bucket_public_access_block", "block_public_policy", "true", "false", "may become public"},
		{"aws_s3_bucket_public_access_block", "ignore_public_acls", "true", "false", "may become public"},
		{"aws_s3_bucket_public_access_block", "restrict_public_buckets", "true", "null", "may become public"},
		{"aws_cloudfront_distribution", "enabled", "true", "false", "offline"},
		{"aws_lb", "enable_deletion_protection", "true", "false", "may be deleted"},
	} {
		value := func(text string) string { return fmt.Sprintf(`{%q:%s}`, c.attribute, text) }
		address := c.kind + ".x"
		how := update
		if c.kind == "aws_ecr_lifecycle_policy" {
			how = replace
		}
		refused := report(t, []r{{address, how, value(c.safe), value(c.lossy)}}, nil).Refused(nil)
		if len(refused) != 1 || refused[0].Address != address || refused[0].Never || !strings.HasPrefix(refused[0].Reason, "would change "+c.attribute+": ") || !strings.Contains(refused[0].Reason, c.reason) {
			t.Errorf("%s.%s from %s to %s: refused: %+v", c.kind, c.attribute, c.safe, c.lossy, refused)
		}
		if refused := report(t, []r{{address, how, value(c.lossy), value(c.safe)}}, nil).Refused(nil); len(refused) > 0 {
			t.Errorf("%s.%s from %s to %s: refused: %+v", c.kind, c.attribute, c.lossy, c.safe, refused)
		}
	}
}
