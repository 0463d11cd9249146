package planguard

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/order-bot/infra/internal/tfvalue"
)

// drifted is what somebody changed of a resource in AWS since the last deploy: before is what the state has, after what AWS has. It
// is nil if nobody did.
// https://developer.hashicorp.com/terraform/internals/json-format (resource_drift)
func drifted(plan *tfjson.Plan, resource *tfjson.ResourceChange) *tfjson.Change {
	for _, drift := range plan.ResourceDrift {
		if drift.Address == resource.Address && drift.DeposedKey == resource.DeposedKey {
			return drift.Change
		}
	}
	return nil
}

// undo fills in what of a change takes back what somebody changed in AWS.
func (c *Change) undo(plan *tfjson.Plan, resource *tfjson.ResourceChange) {
	drift := drifted(plan, resource)
	if drift == nil {
		return
	}
	if drift.Actions.Delete() {
		c.Gone = c.Action == Create
		return
	}
	if c.Action != Update && c.Action != Replace {
		return
	}
	after := tfvalue.WithUnknown(resource.Change.After, resource.Change.AfterUnknown)
	paths := undone(nil, drift.Before, drift.After, after, drift.AfterSensitive)
	for _, path := range paths {
		if tag, is := strings.CutPrefix(path, "tags_all"); !is || !slices.Contains(paths, "tags"+tag) { // which has all that tags has
			c.Undone = append(c.Undone, path)
		}
	}
	if len(c.Undone) == 0 {
		return
	}
	for _, attribute := range c.Attributes {
		top := topOf(attribute)
		recorded, found, planned := tfvalue.At(drift.Before, top), tfvalue.At(drift.After, top), tfvalue.At(after, top)
		follows := planned == (tfvalue.Unknown{}) && !tfvalue.Same(recorded, found) && !configured(plan, resource, top)
		if !tfvalue.Same(recorded, planned) && !follows {
			c.own = append(c.own, attribute)
		}
	}
}

// onlyUndoes tells whether a change does nothing but take back what somebody did in AWS.
func (c Change) onlyUndoes() bool {
	return c.Gone || len(c.Undone) > 0 && len(c.own) == 0 && c.From == "" && !c.Imported
}

// undoes says in words what a change takes back, and whether it takes back anything.
func (c Change) undoes() (why string, is bool) {
	if c.Gone {
		return "somebody deleted it", true
	}
	return strings.Join(c.Undone, ", "), len(c.Undone) > 0
}

// topOf is the attribute with which a path begins.
func topOf(path string) string { return path[:strings.IndexAny(path+".", ".[")] }

// undone are the paths at which somebody changed a value in AWS, and a plan puts another one in its place. recorded is the value in the
// state, found the one in AWS, planned the one after the plan. A value that only the deploy will know is not said to be another one.
// Nothing within a sensitive value has a path of its own.
func undone(path []any, recorded, found, planned, sensitive any) []string {
	if tfvalue.Same(recorded, found) || tfvalue.Same(found, planned) || planned == (tfvalue.Unknown{}) {
		return nil
	}
	inside := func(step any, recorded, found, planned, sensitive any) []string {
		return undone(append(slices.Clone(path), step), recorded, found, planned, sensitive)
	}
	was, isMap := fields(recorded)
	is, isMapNow := fields(found)
	will, isMapThen := fields(planned)
	if isMap && isMapNow && isMapThen && sensitive != true {
		marks, _ := sensitive.(map[string]any)
		all := maps.Clone(is)
		if all == nil {
			all = map[string]any{}
		}
		maps.Copy(all, was)
		var paths []string
		for _, name := range slices.Sorted(maps.Keys(all)) {
			paths = append(paths, inside(name, was[name], is[name], will[name], marks[name])...)
		}
		return paths
	}
	before, _ := recorded.([]any)
	now, _ := found.([]any)
	then, _ := planned.([]any)
	if blocks(before) && len(before) == len(now) && len(now) == len(then) && sensitive != true {
		marks, _ := sensitive.([]any)
		var paths []string
		for i := range now {
			var mark any
			if i < len(marks) {
				mark = marks[i]
			}
			paths = append(paths, inside(float64(i), before[i], now[i], then[i], mark)...)
		}
		return paths
	}
	if len(path) == 0 {
		return nil
	}
	return []string{pathOf(path)}
}

// fields are those of a map, of which none is an empty one.
func fields(value any) (map[string]any, bool) {
	if value == nil {
		return nil, true
	}
	all, is := value.(map[string]any)
	return all, is
}

// blocks tells whether a list is one of blocks.
func blocks(list []any) bool {
	return len(list) > 0 && !slices.ContainsFunc(list, func(element any) bool { _, is := element.(map[string]any); return !is })
}

// configured tells whether the configuration gives a value to an attribute, or does not say.
func configured(plan *tfjson.Plan, resource *tfjson.ResourceChange, attribute string) bool {
	if plan.Config == nil || plan.Config.RootModule == nil {
		return true
	}
	for _, one := range plan.Config.RootModule.Resources {
		if one.Address == resource.Address {
			return one.Expressions[attribute] != nil
		}
	}
	return true
}

// homes are the files that make the types of the stacks: who wants to keep what somebody set by hand writes it there.
var homes = map[string]string{
	"aws_appautoscaling_scheduled_action":  "modules/schedule/schedule.go",
	"aws_appautoscaling_target":            "modules/ecs/scaling.go",
	"aws_cloudfront_distribution":          "modules/s3/distribution.go",
	"aws_cloudfront_origin_access_control": "modules/s3/distribution.go",
	"aws_cloudwatch_log_group":             "modules/ecs/logs.go",
	"aws_ecr_lifecycle_policy":             "modules/ecr/ecr.go",
	"aws_ecr_repository":                   "modules/ecr/ecr.go",
	"aws_ecs_cluster":                      "modules/ecs/cluster.go",
	"aws_ecs_service":                      "modules/ecs/services.go",
	"aws_ecs_task_definition":              "modules/ecs/taskdefinitions.go",
	"aws_iam_role":                         "modules/ecs/roles.go",
	"aws_iam_role_policy_attachment":       "modules/ecs/roles.go",
	"aws_lb":                               "modules/alb/alb.go",
	"aws_lb_listener":                      "modules/alb/listeners.go",
	"aws_lb_listener_rule":                 "modules/alb/listeners.go",
	"aws_lb_target_group":                  "modules/alb/targetgroups.go",
	"aws_route53_record":                   "internal/dns/dns.go",
	"aws_s3_bucket":                        "modules/s3/bucket.go",
	"aws_s3_bucket_policy":                 "modules/s3/bucket.go",
	"aws_s3_bucket_public_access_block":    "modules/s3/bucket.go",
	"aws_security_group":                   "modules/securitygroup/securitygroup.go",
}

// Home returns the file that makes a type of the stacks, such as "modules/alb/alb.go"; empty for another type.
func Home(kind string) string { return homes[kind] }

// options are the fields of the design, and the inputs, that set an attribute, by type and attribute.
var options = map[string]string{
	"aws_cloudwatch_log_group.retention_in_days": "LogRetentionDays in design/environments.go",
	"aws_ecr_lifecycle_policy.policy":            "KeepImages in design/design.go",
	"aws_security_group.ingress":                 "alb_ingress_cidrs in the inputs, for the load balancer's group",
}

// protections are what somebody may have put on in AWS that protects or observes something, and that is no loss where the design itself
// changes it: for other changes the guard has losses.
var protections = []loss{
	{"aws_cloudfront_distribution", "restrictions.geo_restriction", lacks("whitelist", "blacklist"), "requests of all countries are let in again"},
	{"aws_cloudfront_distribution", "default_cache_behavior.response_headers_policy_id", changed, "other headers tell browsers what to refuse"},
	{"aws_cloudfront_distribution", "default_cache_behavior.trusted_key_groups", emptied, "addresses need no signature any more"},
	{"aws_cloudfront_distribution", "default_cache_behavior.trusted_signers", emptied, "addresses need no signature any more"},
	{"aws_cloudfront_distribution", "default_cache_behavior.function_association", fewer, "a function that looks at the requests does not run any more"},
	{"aws_cloudfront_distribution", "default_cache_behavior.lambda_function_association", fewer, "a function that looks at the requests does not run any more"},
	{"aws_cloudfront_distribution", "default_cache_behavior.realtime_log_config_arn", emptied, unlogged},
	{"aws_lb", "desync_mitigation_mode", weaker(equal, "strictest", "defensive", "monitor"), "more ambiguous requests reach the services"},
	{"aws_lb", "enable_waf_fail_open", switchedOn, "requests pass while the web ACL does not answer"},
	{"aws_lb_listener", "mutual_authentication", lacks("verify", "passthrough"), "clients need no certificate any more"},
	{"aws_lb_listener", "default_action", lacks("authenticate-oidc", "authenticate-cognito"), "nobody has to sign in any more"},
	{"aws_lb_listener_rule", "action", lacks("authenticate-oidc", "authenticate-cognito"), "nobody has to sign in any more"},
	{"aws_lb_listener_rule", "condition", fewer, "requests that were kept out are let in again"},
	{"aws_ecs_cluster", "setting", lacks("enhanced"), "less is seen of what happens in it"},
	{"aws_ecs_cluster", "configuration", emptied, unlogged},
	{"aws_ecs_service", "alarms", lacks(true), "no alarm ends a deploy any more"},
	{"aws_ecs_service", "network_configuration.assign_public_ip", switchedOn, "its tasks have public addresses again"},
	{"aws_security_group", "ingress", opened, "what somebody has closed is open again"},
	{"aws_security_group", "egress", opened, "what somebody has closed is open again"},
	{"aws_s3_bucket_policy aws_ecr_repository_policy aws_sqs_queue_policy aws_sns_topic_policy", "policy", permits, "what the policy denied, or allowed on a condition, is allowed again"},
	{"aws_iam_role", "assume_role_policy", permits, "what the policy denied, or allowed on a condition, is allowed again"},
	{"aws_route53_record", "health_check_id", emptied, "Route 53 does not look any more whether the target works"},
	{"aws_route53_record", "alias.evaluate_target_health", lacks(true), "Route 53 does not look any more whether the target works"},
}

// undoing finds what takes off a protection, or an observation, that somebody put on in AWS.
func undoing(plan *tfjson.Plan) []Refusal {
	var found []Refusal
	for _, resource := range plan.ResourceChanges {
		if resource.Change == nil || !resource.Change.Actions.Update() && !resource.Change.Actions.Replace() {
			continue
		}
		before, _ := values(resource)
		after := tfvalue.WithUnknown(resource.Change.After, resource.Change.AfterUnknown)
		for _, loss := range protections {
			path := strings.Split(loss.attribute, ".")
			why := byHand(plan, resource, loss.attribute)
			if why != "" && slices.Contains(strings.Fields(loss.types), resource.Type) && loss.loses(tfvalue.At(before, path...), tfvalue.At(after, path...)) {
				found = append(found, Refusal{Address: resource.Address, Reason: "would change " + loss.attribute + ": " + loss.reason + why})
			}
		}
	}
	return found
}

// byHand says of an attribute that somebody changed in AWS how to keep that; empty if nobody did.
func byHand(plan *tfjson.Plan, resource *tfjson.ResourceChange, attribute string) string {
	drift, path := drifted(plan, resource), strings.Split(attribute, ".")
	if drift == nil || drift.Actions.Delete() || tfvalue.Same(tfvalue.At(drift.Before, path...), tfvalue.At(drift.After, path...)) {
		return ""
	}
	top := path[0]
	if option := options[resource.Type+"."+top]; option != "" {
		return fmt.Sprintf(". Somebody set it in AWS; to keep it, set %s", option)
	}
	if home := homes[resource.Type]; home != "" {
		return fmt.Sprintf(". Somebody set it in AWS, and the design has no option for it; to keep it, write %s into %s, or name it in ignore_changes there", top, home)
	}
	return fmt.Sprintf(". Somebody set it in AWS; to keep it, write %s into the configuration, or name it in ignore_changes", top)
}

// opened compares the rules of a security group: a source reaches a port that it did not reach.
func opened(before, after any) bool {
	was, _ := before.([]any)
	is, _ := after.([]any)
	if len(was) == 0 {
		return false // a deploy was killed before it wrote the rules, or nobody gets in at all: that is no range that somebody closed
	}
	kinds := append([]string{"security_groups"}, sources...)
	return slices.ContainsFunc(is, func(rule any) bool {
		return slices.ContainsFunc(kinds, func(kind string) bool {
			addresses, _ := tfvalue.At(rule, kind).([]any)
			return slices.ContainsFunc(addresses, func(address any) bool {
				return !slices.ContainsFunc(was, func(old any) bool {
					from, _ := tfvalue.At(old, kind).([]any)
					return slices.Contains(from, address) && covers(old, rule)
				})
			})
		})
	})
}

// statement is a statement of a policy.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
type statement struct {
	Effect    string
	Condition map[string]map[string]any
	whole     any
}

// statementsOf are those of a policy, of which a single one need not be in a list.
func statementsOf(policy any) (all []statement) {
	text, _ := policy.(string)
	var document struct{ Statement any }
	if json.Unmarshal([]byte(text), &document) != nil {
		return nil
	}
	list, is := document.Statement.([]any)
	if !is {
		list = []any{document.Statement}
	}
	for _, one := range list {
		text, _ := json.Marshal(one)
		read := statement{whole: one}
		if json.Unmarshal(text, &read) == nil {
			all = append(all, read)
		}
	}
	return all
}

// permits compares two policies: a statement that denies is gone, or a condition.
func permits(before, after any) bool {
	was, is := statementsOf(before), statementsOf(after)
	limits := func(statement statement) (all []string) {
		for operator, keys := range statement.Condition {
			for key, value := range keys {
				all = append(all, fmt.Sprint(operator, key, value))
			}
		}
		return all
	}
	var now []string
	for _, statement := range is {
		now = append(now, limits(statement)...)
	}
	return slices.ContainsFunc(was, func(old statement) bool {
		if old.Effect == "Deny" {
			return !slices.ContainsFunc(is, func(new statement) bool { return reflect.DeepEqual(old.whole, new.whole) })
		}
		return slices.ContainsFunc(limits(old), func(limit string) bool { return !slices.Contains(now, limit) })
	})
}
