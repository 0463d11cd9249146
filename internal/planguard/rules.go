package planguard

import (
	"cmp"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"

	tfjson "github.com/hashicorp/terraform-json"
)

// refusals goes through all rules, and sorts what they find by address.
func refusals(plan *tfjson.Plan) []Refusal {
	var all []Refusal
	for _, rule := range []func(*tfjson.Plan) []Refusal{
		destroyed, vanished, losing, cutOff, // a person may allow it
		takenPriorities, takenNames, inUse, // AWS would refuse it
		needed, // it would be lost by mistake
	} {
		all = append(all, rule(plan)...)
	}
	return sorted(all)
}

// sorted sorts refusals by address. Where AWS would refuse it, nobody needs to be asked.
func sorted(all []Refusal) []Refusal {
	never := map[string]bool{}
	for _, refusal := range all {
		never[refusal.Address] = never[refusal.Address] || refusal.Never
	}
	all = slices.DeleteFunc(all, func(r Refusal) bool { return !r.Never && never[r.Address] })
	slices.SortStableFunc(all, func(a, b Refusal) int { return cmp.Compare(a.Address, b.Address) })
	return all
}

// replaceable are the types whose replacement destroys nothing that anybody would miss.
var replaceable = []string{
	"aws_appautoscaling_scheduled_action",
	"aws_appautoscaling_target",
	"aws_ecr_lifecycle_policy", // each change is one; what it may lose is a row of losses
	"aws_ecs_task_definition",  // each new revision is one
}

// record is the type of which nobody would miss the old one, if the new one is there first.
const record = "aws_route53_record"

// recordIdentity is what Route 53 knows a record by.
// https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html
var recordIdentity = []string{"name", "type", "zone_id"}

// outlived tells whether a plan leaves another record at the address of an old one.
func outlived(plan *tfjson.Plan, old *tfjson.ResourceChange) bool {
	before, _ := values(old)
	return slices.ContainsFunc(plan.ResourceChanges, func(r *tfjson.ResourceChange) bool {
		if r.Address != old.Address || r.DeposedKey != "" || r.Change == nil || r.Change.Actions.Delete() || r.Change.Actions.Forget() {
			return false
		}
		_, after := values(r)
		return !reflect.DeepEqual(pick(after, recordIdentity), pick(before, recordIdentity))
	})
}

// needed finds records that are destroyed although another address has the very same one, and keeps it.
func needed(plan *tfjson.Plan) []Refusal {
	var found []Refusal
	for _, resource := range plan.ResourceChanges {
		change, is := changeOf(resource)
		if !is || change.Type != record || change.Action != Destroy {
			continue
		}
		before, _ := values(resource)
		old := pick(before, recordIdentity)
		for _, other := range plan.ResourceChanges {
			if old == nil || other == resource || other.Type != resource.Type || other.Change == nil {
				continue
			}
			was, is := values(other)
			if reflect.DeepEqual(old, pick(was, recordIdentity)) && reflect.DeepEqual(old, pick(is, recordIdentity)) {
				found = append(found, Refusal{
					Address: change.Address,
					Reason:  "would be destroyed, and " + other.Address + " has the same record and needs it: take " + resource.Address + " out of the state (terraform state rm), and run make recover",
					Never:   true,
				})
			}
		}
	}
	return found
}

// instead says, by type, what a destroyed or replaced resource takes along, and what to do instead.
var instead = map[string]string{
	"aws_cloudfront_distribution": "the frontend is gone until the new one is deployed everywhere, which takes minutes",
	"aws_cloudwatch_log_group":    "its logs are deleted; copy what is needed first (aws logs create-export-task)",
	"aws_ecr_repository":          "AWS deletes it only when it has no images",
	"aws_ecs_service":             "its tasks stop, and it is away until the new ones run",
	"aws_lb":                      "all services are away until the new one is there",
	"aws_route53_record":          "nobody finds the name any more",
	"aws_s3_bucket":               "AWS deletes no bucket that holds files; for another name, create the new bucket beside the old one, copy the files, and switch (docs/changing.md)",
	"aws_security_group":          "what is in the group without this stack, such as the PostgreSQL host, has to be taken out of it first",
}

// apart is the way to what AWS cannot change: the network and the name of a security group, a target group and a load balancer.
const apart = "another network, name or prefix needs a stack of its own beside this one, or a destroy and a new deploy (docs/changing.md)"

// destroyed finds what is destroyed, replaced, lost from the state, or treated in a way not known here.
func destroyed(plan *tfjson.Plan) []Refusal {
	var found []Refusal
	for _, resource := range plan.ResourceChanges {
		change, is := changeOf(resource)
		if !is {
			continue
		}
		var would string
		switch change.Action {
		case Update, Create, Import, Move:
			continue
		case Replace:
			if slices.Contains(replaceable, change.Type) || change.Type == record && resource.Change.Actions.CreateBeforeDestroy() {
				continue
			}
			would = "would be replaced"
		case Destroy:
			if resource.DeposedKey != "" && change.Type == record && outlived(plan, resource) {
				continue // a deploy was killed between the new one and the end of this one
			}
			would = "would be destroyed"
		case Forget:
			would = "would be lost from the state"
		default:
			would = fmt.Sprintf("would be changed in a way that the guard does not know (%s)", change.Action)
		}
		how := instead[change.Type]
		if change.Action == Replace && len(change.Attributes) > 0 && (change.Type == "aws_lb" || change.Type == "aws_lb_target_group") {
			how = apart
		}
		if how != "" && (change.Action == Destroy || change.Action == Replace) && resource.DeposedKey == "" {
			would += ": " + how
		}
		found = append(found, Refusal{Address: change.Address, Reason: would})
	}
	return found
}

// vanished finds what the state has, AWS has no more, and the plan creates anew: so looks a plan
// with the credentials of another account, or for another region.
func vanished(plan *tfjson.Plan) []Refusal {
	gone := map[string]bool{}
	for _, drift := range plan.ResourceDrift {
		if drift.Change != nil && drift.Change.Actions.Delete() {
			gone[drift.Address] = true
		}
	}
	var found []Refusal
	for _, resource := range plan.ResourceChanges {
		if gone[resource.Address] && resource.Change.Actions.Create() && !slices.Contains(replaceable, resource.Type) {
			found = append(found, Refusal{
				Address: resource.Address,
				Reason:  "would be created anew: the state has it, and AWS does not; are these the right account and region?",
			})
		}
	}
	return found
}

// losses are the changes in place that lose data, or the protection of data.
var losses = []struct {
	resource, attribute string
	// loses tells it from the attribute's values before and after.
	loses  func(before, after any) bool
	reason string
}{
	{"aws_cloudwatch_log_group", "retention_in_days", shorter, "older logs are deleted"},
	{"aws_ecr_lifecycle_policy", "policy", fewerImages, "older images are deleted"},
	{"aws_ecr_repository", "force_delete", switchedOn, "a destroy would delete the images, too"},
	{"aws_ecr_repository", "image_tag_mutability", lacks("IMMUTABLE"), "a push may replace the image of a tag"},
	{"aws_s3_bucket", "force_destroy", switchedOn, "a destroy would delete the files, too"},
	{"aws_s3_bucket_versioning", "versioning_configuration", lacks("Enabled"), "deleted and overwritten files are lost"},
	{"aws_s3_bucket_server_side_encryption_configuration", "rule", weaker, "files are encrypted in a weaker way"},
	{"aws_s3_bucket_public_access_block", "block_public_acls", lacks(true), "the bucket may become public"},
	{"aws_s3_bucket_public_access_block", "block_public_policy", lacks(true), "the bucket may become public"},
	{"aws_s3_bucket_public_access_block", "ignore_public_acls", lacks(true), "the bucket may become public"},
	{"aws_s3_bucket_public_access_block", "restrict_public_buckets", lacks(true), "the bucket may become public"},
	{"aws_cloudfront_distribution", "enabled", lacks(true), "the frontend goes offline"},
	{"aws_lb", "enable_deletion_protection", lacks(true), "the load balancer may be deleted"},
}

// losing finds changes that lose data, though the resource stays or is there again at once.
func losing(plan *tfjson.Plan) []Refusal {
	var found []Refusal
	for _, resource := range plan.ResourceChanges {
		if resource.Change == nil || !resource.Change.Actions.Update() && !resource.Change.Actions.Replace() {
			continue
		}
		before, after := values(resource)
		for _, loss := range losses {
			if resource.Type == loss.resource && loss.loses(before[loss.attribute], after[loss.attribute]) {
				found = append(found, Refusal{Address: resource.Address, Reason: "would change " + loss.attribute + ": " + loss.reason})
			}
		}
	}
	return found
}

func switchedOn(before, after any) bool { return before != true && after == true }

// lacks tells that an attribute held a value, at any depth, and does so no more.
func lacks(strong any) func(before, after any) bool {
	return func(before, after any) bool { return holds(before, strong) && !holds(after, strong) }
}

// algorithms are those by which S3 encrypts files, the strongest first: two layers with a key of KMS, one with such a key, and one with a key of S3.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ServerSideEncryptionByDefault.html
var algorithms = []string{"aws:kms:dsse", "aws:kms", "AES256"}

// weaker compares by which algorithm two rules encrypt.
func weaker(before, after any) bool {
	rank := func(rule any) int {
		at := slices.IndexFunc(algorithms, func(algorithm string) bool { return holds(rule, algorithm) })
		if at < 0 {
			return len(algorithms)
		}
		return at
	}
	return rank(after) > rank(before)
}

// shorter compares a retention, where 0 stands for ever.
// https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/cloudwatch_log_group (retention_in_days)
func shorter(before, after any) bool {
	was, _ := before.(float64)
	is, _ := after.(float64)
	return is != 0 && (was == 0 || is < was)
}

// fewerImages compares how many images two lifecycle policies keep at the least.
func fewerImages(before, after any) bool {
	return keptImages(after) < keptImages(before)
}

// everyImage is more images than any policy counts.
const everyImage = 1 << 30

// keptImages is the least number of images that a rule of a lifecycle policy keeps; 0 if the policy
// is of another kind, such as one that counts days.
func keptImages(policy any) float64 {
	text, _ := policy.(string)
	var document struct {
		Rules []struct {
			Selection struct {
				CountType   string
				CountNumber float64
			}
		}
	}
	if json.Unmarshal([]byte(text), &document) != nil {
		return 0
	}
	kept := float64(everyImage)
	for _, rule := range document.Rules {
		if rule.Selection.CountType != "imageCountMoreThan" {
			return 0
		}
		kept = min(kept, rule.Selection.CountNumber)
	}
	return kept
}

// cutOff finds a service that moves to another port while its security group closes the old one in
// the same deploy: the group changes first, and cuts off the running tasks until the new ones serve.
func cutOff(plan *tfjson.Plan) []Refusal {
	var found []Refusal
	for _, service := range plan.ResourceChanges {
		if service.Type != "aws_ecs_service" || service.Change == nil || !service.Change.Actions.Update() {
			continue
		}
		before, after := values(service)
		if before["desired_count"] == 0.0 {
			continue // no task is running
		}
		for port := range containerPorts(before) {
			if containerPorts(after)[port] {
				continue
			}
			for _, group := range plan.ResourceChanges {
				was, is := values(group)
				if group.Type == "aws_security_group" && holds(before["network_configuration"], was["id"]) && admits(was, port) && !admits(is, port) {
					found = append(found, Refusal{Address: group.Address, Reason: "would close the port on which the running tasks of " + service.Address + " listen, before the new ones serve: " +
						"put the old port into PreviousPort of the service in stacks/services.go for this deploy, and take it out in the next (docs/changing.md)"})
				}
			}
		}
	}
	return found
}

// containerPorts are the ports on which the load balancer reaches the tasks of a service.
func containerPorts(service map[string]any) map[any]bool {
	ports := map[any]bool{}
	balancers, _ := service["load_balancer"].([]any)
	for _, balancer := range balancers {
		fields, _ := balancer.(map[string]any)
		if port := fields["container_port"]; port != nil {
			ports[port] = true
		}
	}
	return ports
}

// admits tells whether another group may reach a port of a security group.
func admits(group map[string]any, port any) bool {
	rules, _ := group["ingress"].([]any)
	return slices.ContainsFunc(rules, func(rule any) bool {
		fields, _ := rule.(map[string]any)
		from, _ := fields["from_port"].(float64)
		to, _ := fields["to_port"].(float64)
		sources, _ := fields["security_groups"].([]any)
		number, _ := port.(float64)
		return len(sources) > 0 && from <= number && number <= to
	})
}

// takenPriorities finds listener rules that get a priority which another one has until then. AWS
// changes one rule after another, and refuses a priority twice (PriorityInUse).
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_SetRulePriorities.html
func takenPriorities(plan *tfjson.Plan) []Refusal {
	return taken(plan, "aws_lb_listener_rule", []string{"listener_arn", "priority"}, "would get the priority that %s still has: "+
		"give one of the two a free priority, deploy, and then give the other one its own")
}

// takenNames finds what gets a name that something else still has: AWS refuses the second one, and
// Terraform does not wait for the first to go.
func takenNames(plan *tfjson.Plan) []Refusal {
	identities := map[string][]string{
		"aws_cloudwatch_log_group": {"name"},
		"aws_ecr_repository":       {"name"},
		"aws_ecs_cluster":          {"name"},
		"aws_ecs_service":          {"name", "cluster"},
		"aws_iam_role":             {"name"},
		"aws_lb":                   {"name"},
		"aws_lb_target_group":      {"name"},
		"aws_route53_record":       recordIdentity,
		"aws_s3_bucket":            {"bucket"},
		"aws_security_group":       {"name", "vpc_id"},
	}
	var found []Refusal
	for kind, identity := range identities {
		found = append(found, taken(plan, kind, identity, "would get the name that %s still has: give one of the two another name, deploy, and then give the other one its own")...)
	}
	return found
}

// taken finds resources of a type that get the identity which another one has before the plan.
func taken(plan *tfjson.Plan, kind string, identity []string, reason string) []Refusal {
	var found []Refusal
	for _, resource := range plan.ResourceChanges {
		if resource.Type != kind || resource.Change == nil || resource.Change.Actions.NoOp() || resource.DeposedKey != "" {
			continue
		}
		before, after := values(resource)
		wanted := pick(after, identity)
		if wanted == nil {
			continue
		}
		if reflect.DeepEqual(wanted, pick(before, identity)) {
			if resource.Change.Actions.CreateBeforeDestroy() {
				found = append(found, Refusal{Address: resource.Address, Reason: "would be created anew before the old one is deleted, and AWS takes its name only once", Never: true})
			}
			continue
		}
		for _, other := range plan.ResourceChanges {
			had, _ := values(other)
			deposed := other.Address == resource.Address && other.DeposedKey != ""
			if other.Type == kind && (deposed || other.Address != resource.Address) && reflect.DeepEqual(wanted, pick(had, identity)) {
				why := reason
				switch {
				case deposed:
					why = "would get the name that an old object of %s still has, which a killed deploy left: first deploy the name that it has now, which deletes the old one"
				case other.Change.Actions.Delete():
					why = "would get what %s still has: if a key or an id has changed, change it back, or add a row from the old to the new address to stacks/moved.go, which keeps the resource"
				}
				found = append(found, Refusal{Address: resource.Address, Reason: fmt.Sprintf(why, other.Address), Never: true})
			}
		}
	}
	return found
}

// pick are the values of some attributes, or nil where the first one is not known.
func pick(values map[string]any, attributes []string) []any {
	if values[attributes[0]] == nil {
		return nil
	}
	var all []any
	for _, attribute := range attributes {
		all = append(all, values[attribute])
	}
	return all
}

// held are the types that AWS does not delete while something uses them, and the attribute that users name.
var held = map[string]string{
	"aws_cloudfront_origin_access_control": "id",  // OriginAccessControlInUse
	"aws_lb_target_group":                  "arn", // ResourceInUse
	"aws_security_group":                   "id",  // DependencyViolation
}

// inUse finds what is destroyed while something that stays uses it. AWS refuses that, after the
// provider has tried for up to 15 minutes. Who is in a security group by hand is in no plan.
func inUse(plan *tfjson.Plan) []Refusal {
	var found []Refusal
	for _, resource := range plan.ResourceChanges {
		attribute, is := held[resource.Type]
		if !is || resource.Change == nil || resource.DeposedKey != "" {
			continue
		}
		actions := resource.Change.Actions
		// A new one that is there first is no way out for a security group: the users cannot take one of another network.
		anyway := actions.CreateBeforeDestroy() && resource.Type == "aws_security_group"
		if !actions.Delete() && !actions.DestroyBeforeCreate() && !anyway {
			continue
		}
		before, _ := values(resource)
		user := slices.IndexFunc(plan.ResourceChanges, func(user *tfjson.ResourceChange) bool {
			if user.Change == nil || user.Address == resource.Address || user.Change.Actions.Delete() || user.Change.Actions.Replace() {
				return false
			}
			was, is := values(user)
			return holds(was, before[attribute]) && (actions.Replace() || holds(is, before[attribute]))
		})
		switch {
		case user >= 0:
			found = append(found, Refusal{
				Address: resource.Address,
				Reason:  "would be deleted while " + plan.ResourceChanges[user].Address + " uses it, which AWS refuses: " + apart,
				Never:   true,
			})
		case resource.Type == "aws_security_group" && len(resource.Change.ReplacePaths) > 0:
			found = append(found, Refusal{
				Address: resource.Address,
				Reason:  "would be deleted, which AWS refuses while anything else is in the group, such as the PostgreSQL host: " + apart,
				Never:   true,
			})
		}
	}
	return found
}

// holds tells whether a value is the wanted one, or has it inside at any depth.
func holds(value, wanted any) bool {
	switch value := value.(type) {
	case []any:
		return slices.ContainsFunc(value, func(element any) bool { return holds(element, wanted) })
	case map[string]any:
		for _, element := range value {
			if holds(element, wanted) {
				return true
			}
		}
		return false
	}
	return value != nil && value == wanted
}

// values are the attributes of a resource before and after.
func values(resource *tfjson.ResourceChange) (before, after map[string]any) {
	if resource.Change != nil {
		before, _ = resource.Change.Before.(map[string]any)
		after, _ = resource.Change.After.(map[string]any)
	}
	return before, after
}
