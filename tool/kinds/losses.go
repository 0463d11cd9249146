package kinds

import (
	"cmp"
	"reflect"
	"slices"
	"strings"

	"github.com/order-bot/infra/tool/tfvalue"
)

// Loss is a change in place after which something is lost: data, what protects it or observes it, or the way in for users.
type Loss struct {
	// Attribute is a path with dots between, such as "versioning_configuration.status"; of a list of blocks it means the first.
	Attribute string
	// Loses tells it from the values before and after. A value that only the deploy will know is tfvalue.Unknown{}: each of these
	// functions takes it for the worst.
	Loses func(before, after any) bool
	// Reason says what is lost.
	Reason string
}

// Replacement says when nobody misses what a plan replaces.
type Replacement struct {
	// Attributes are those that may change then. Nil stands for each.
	Attributes []string
	// Distinctive are the attributes that say what a resource is, whether or not the provider names them as the reason of a replacement.
	Distinctive []string
	// Owner is what it is about, if anything: a type, and what that is known by. If that goes, what it is about goes with it.
	Owner func(attributes map[string]any) (kind string, identity map[string]any)
	// NewFirst tells that the old one is only not missed where the new one is there first.
	NewFirst bool
	// Note is what a person should know of it. Mostly empty.
	Note string
}

// Use says by what something is held, so that AWS does not delete it.
type Use struct {
	// Attribute is the one that users name.
	Attribute string
	// Anyway tells that a new one that is there first is no way out.
	Anyway bool
	// Unseen is who may use it that no plan shows. Mostly empty.
	Unseen string
}

// Expiry is of a type that deletes something on its own as soon as it is there.
type Expiry struct {
	// Of is the attribute that names what it is about, Owner the type of that, and Name the attribute there.
	Of, Owner, Name string
	// Rules is the attribute that says what is deleted, and More tells whether another value of it deletes more. Nil stands for yes.
	Rules string
	More  func(before, after any) bool
	// Lost is what is deleted, such as "files".
	Lost string
}

// Begins tells whether one that is new deletes something.
func (e *Expiry) Begins(attributes map[string]any) bool {
	return e.More == nil || e.More(nil, attributes[e.Rules])
}

// takesOver is the Expiry of a type that takes over what AWS, or somebody, has made, and deletes what of it the configuration does not name.
func takesOver(of, owner, lost string) *Expiry {
	return &Expiry{Of: of, Owner: owner, Name: "name", Lost: lost + ", unless the configuration names them"}
}

const (
	deletable   = "it may be deleted by mistake"
	unlogged    = "what happens is not logged any more"
	unseen      = "nobody sees any more what happens in it"
	fewBackups  = "older backups are deleted"
	publicFiles = "the bucket may become public"
	shortWay    = "what is deleted by mistake can be brought back for less time"
	weakly      = "it is encrypted in a weaker way"
	lettingIn   = "whoever there is may use it, from any account"
	unsigned    = "nobody has to sign in any more"
	actsAgain   = "what somebody has switched off acts again"
)

// Apart is the way to what AWS cannot change: the network and the name of a security group, a target group and a load balancer.
const Apart = "another network, name or prefix needs a stack of its own beside this one, or a destroy and a new deploy"

// OfAnyType are the losses of each type that has the attribute.
var OfAnyType = []Loss{
	{"deletion_protection", lacks(true, "ACTIVE"), deletable},
	{"deletion_protection_enabled", lacks(true), deletable},
	{"enable_deletion_protection", lacks(true), deletable},
	{"delete_protection", lacks(true), deletable},
	{"termination_protection", lacks(true), deletable},
	{"disable_api_termination", lacks(true), deletable},
	{"disable_api_stop", lacks(true), "it may be stopped by mistake"},
	{"skip_final_snapshot", switchedOn, "a destroy would keep no copy of the data"},
	{"delete_automated_backups", switchedOn, "a destroy would delete the backups, too"},
	{"backup_retention_period", lower, fewBackups},
	{"snapshot_retention_limit", lower, fewBackups},
	{"automated_snapshot_retention_period", lower, fewBackups},
	{"automatic_backup_retention_days", lower, fewBackups},
	{"recovery_window_in_days", lower, shortWay},
	{"deletion_window_in_days", lower, shortWay},
	{"force_destroy", switchedOn, "a destroy would delete the files, and whatever else is in it, too"},
	{"publicly_accessible", switchedOn, "it may be reached from the internet"},
	{"transit_encryption_enabled", lacks(true), "what goes over the network is not encrypted any more"},
	{"encrypted", lacks(true), "it is not encrypted any more"},
	{"encryption_type", lacks("KMS"), "it is not encrypted any more"},
	{"server_side_encryption", lacks(true), weakly},
	{"sqs_managed_sse_enabled", lacks(true), weakly},
	{"kms_key_id", emptied, weakly},
	{"kms_master_key_id", emptied, weakly},
	{"enable_key_rotation", lacks(true), "the key stays the same for ever"},
	{"policy", opensToAll, lettingIn},
	{"assume_role_policy", opensToAll, lettingIn},
	{"access_policies", opensToAll, lettingIn},
	{"web_acl_id", emptied, "no web ACL filters the requests any more"},
	{"multi_az", lacks(true), "there is no second one that takes over when a zone fails"},
	{"multi_az_enabled", lacks(true), "there is no second one that takes over when a zone fails"},
	{"automatic_failover_enabled", lacks(true), "no other one takes over when the first fails"},
	{"enabled_cloudwatch_logs_exports", fewer, unlogged},
	{"enabled_cluster_log_types", fewer, unlogged},
	{"performance_insights_enabled", lacks(true), unseen},
}

func switchedOn(before, after any) bool {
	return before != true && (after == true || after == tfvalue.Unknown{})
}

// switchedOff tells that one of the fields of a block was true, and is not any more.
func switchedOff(fields ...string) func(before, after any) bool {
	return func(before, after any) bool {
		return slices.ContainsFunc(fields, func(field string) bool {
			return tfvalue.At(before, field) == true && tfvalue.At(after, field) != true
		})
	}
}

// lacks tells that an attribute held one of some values, at any depth, and holds none of them any more.
func lacks(strong ...any) func(before, after any) bool {
	return func(before, after any) bool { return holdsAny(before, strong) && !holdsAny(after, strong) }
}

// gains tells that an attribute holds one of some values, and did not.
func gains(weak ...any) func(before, after any) bool {
	return func(before, after any) bool {
		return !holdsAny(before, weak) && holdsAny(after, append(weak, tfvalue.Unknown{}))
	}
}

func holdsAny(value any, wanted []any) bool {
	return slices.ContainsFunc(wanted, func(one any) bool { return tfvalue.Holds(value, one) })
}

// changed tells that an attribute had a value, and gets another one.
func changed(before, after any) bool {
	return before != nil && after != nil && !reflect.DeepEqual(before, after)
}

// lower compares a number, of which none is 0.
func lower(before, after any) bool {
	was, _ := before.(float64)
	is, _ := after.(float64)
	return is < was
}

// shorter compares a retention, where 0 stands for ever.
// https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/cloudwatch_log_group (retention_in_days)
func shorter(before, after any) bool {
	was, _ := before.(float64)
	is, _ := after.(float64)
	return after == tfvalue.Unknown{} || is != 0 && (was == 0 || is < was)
}

// zero tells that a number becomes 0.
func zero(before, after any) bool {
	return before != nil && before != 0.0 && (after == 0.0 || after == tfvalue.Unknown{})
}

func fewer(before, after any) bool   { return tfvalue.Size(after) < tfvalue.Size(before) }
func emptied(before, after any) bool { return tfvalue.Size(before) > 0 && tfvalue.Size(after) == 0 }
func filled(before, after any) bool {
	return tfvalue.Size(before) == 0 && (tfvalue.Size(after) > 0 || after == tfvalue.Unknown{})
}

// weaker compares two values by a list of ranks, the strongest first; a rank may be of several, with spaces between. What is in none
// is the weakest.
func weaker(ranks ...string) func(before, after any) bool {
	rank := func(value any) int {
		if policy, named := value.(string); named && strings.HasPrefix(policy, "ELBSecurityPolicy-") {
			value = cmp.Or(oldestTLS.FindString(policy), policy)
		}
		at := slices.IndexFunc(ranks, func(rank string) bool {
			return slices.ContainsFunc(strings.Fields(rank), func(one string) bool { return tfvalue.Holds(value, one) })
		})
		if at < 0 {
			return len(ranks)
		}
		return at
	}
	return func(before, after any) bool { return rank(after) > rank(before) }
}
