// Package identity says what AWS knows a resource by, type by type. Two texts that look different may be one name for AWS: a DNS
// name in capitals, an ARN and the name at its end. Whoever asks whether two resources are one object asks here.
package identity

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// part is one of the attributes that AWS knows a resource by.
type part struct {
	attribute string
	// same tells whether AWS takes two texts for one.
	same func(a, b string) bool
	// optional tells that a resource may lack it, which is a value of its own.
	optional bool
}

// rows are what AWS knows a resource by. Each type that a stack holds has one, or one in whole.
var rows = map[string][]part{
	"aws_appautoscaling_policy": {
		{attribute: "service_namespace", same: exactly}, {attribute: "resource_id", same: exactly}, {attribute: "scalable_dimension", same: exactly}, {attribute: "name", same: exactly}},
	"aws_appautoscaling_scheduled_action": {
		{attribute: "service_namespace", same: exactly}, {attribute: "resource_id", same: exactly}, {attribute: "scalable_dimension", same: exactly}, {attribute: "name", same: exactly}},
	"aws_appautoscaling_target":            {{attribute: "service_namespace", same: exactly}, {attribute: "resource_id", same: exactly}, {attribute: "scalable_dimension", same: exactly}},
	"aws_cloudfront_origin_access_control": {{attribute: "name", same: exactly}},
	"aws_cloudwatch_log_group":             {{attribute: "name", same: exactly}},
	"aws_db_instance":                      {{attribute: "identifier", same: strings.EqualFold}},
	"aws_dynamodb_table":                   {{attribute: "name", same: nameOrARN}},
	"aws_ecr_lifecycle_policy":             {{attribute: "repository", same: nameOrARN}},
	"aws_ecr_repository":                   {{attribute: "name", same: exactly}},
	"aws_ecr_repository_policy":            {{attribute: "repository", same: nameOrARN}},
	"aws_ecs_cluster":                      {{attribute: "name", same: exactly}},
	"aws_ecs_service":                      {{attribute: "name", same: exactly}, {attribute: "cluster", same: nameOrARN}},
	"aws_iam_role":                         {{attribute: "name", same: strings.EqualFold}},
	"aws_iam_role_policy":                  {{attribute: "role", same: roleOrARN}, {attribute: "name", same: exactly}},
	"aws_iam_role_policy_attachment":       {{attribute: "role", same: roleOrARN}, {attribute: "policy_arn", same: exactly}},
	"aws_iam_user":                         {{attribute: "name", same: strings.EqualFold}},
	"aws_lambda_function":                  {{attribute: "function_name", same: nameOrARN}},
	"aws_lb":                               {{attribute: "name", same: exactly}},
	"aws_lb_listener":                      {{attribute: "load_balancer_arn", same: exactly}, {attribute: "port", same: exactly}},
	"aws_lb_listener_rule":                 {{attribute: "listener_arn", same: exactly}, {attribute: "priority", same: exactly}},
	"aws_lb_target_group":                  {{attribute: "name", same: exactly}},
	"aws_rds_cluster":                      {{attribute: "cluster_identifier", same: strings.EqualFold}},
	"aws_s3_bucket":                        {{attribute: "bucket", same: exactly}},
	"aws_s3_bucket_policy":                 {{attribute: "bucket", same: nameOrARN}},
	"aws_s3_bucket_public_access_block":    {{attribute: "bucket", same: nameOrARN}},
	"aws_secretsmanager_secret":            {{attribute: "name", same: exactly}},
	"aws_security_group":                   {{attribute: "name", same: group}, {attribute: "vpc_id", same: exactly}},
	"aws_sns_topic":                        {{attribute: "name", same: exactly}},
	"aws_sqs_queue":                        {{attribute: "name", same: exactly}},
	// Without its name, which is a matter of its own: see Same.
	record: {{attribute: "zone_id", same: zone}, {attribute: "type", same: strings.EqualFold}, {attribute: "set_identifier", same: exactly, optional: true}},
}

// byARN are types whose ARN says more than any attribute that a plan knows beforehand: AWS makes it up.
var byARN = []string{"aws_cloudfront_distribution", "aws_ecs_task_definition"}

// record is the type whose name may be written in full, or without the zone.
const record = "aws_route53_record"

// Types are the types with a row, sorted.
func Types() []string {
	return slices.Sorted(maps.Keys(rows))
}

// Known tells whether this package knows what AWS knows a type by.
func Known(kind string) bool { return rows[kind] != nil || slices.Contains(byARN, kind) }

// Attributes are those that AWS knows a type by, and nil of a type that has no row.
func Attributes(kind string) (names []string) {
	for _, part := range rows[kind] {
		names = append(names, part.attribute)
	}
	if kind == record {
		names = append(names, "name", "fqdn")
	}
	return names
}

// Same tells whether two sets of attributes of a type, as a plan or a state has them, stand for one object of AWS. It is
// false where that cannot be known, such as of a name that only the deploy will know.
func Same(kind string, a, b map[string]any) bool {
	// Two ARNs leave no question open. What is still to be created has none.
	if x, y := text(a["arn"]), text(b["arn"]); x != "" && y != "" {
		return x == y
	}
	parts := rows[kind]
	for _, part := range parts {
		x, y := text(a[part.attribute]), text(b[part.attribute])
		if (x == "" || y == "") && !part.optional || !part.same(x, y) {
			return false
		}
	}
	return len(parts) > 0 && (kind != record || sameName(a, b))
}

// Spelled tells whether two different texts of an attribute mean the same to AWS. fields are all attributes before and after.
func Spelled(kind, attribute string, before, after map[string]any) bool {
	a, b := text(before[attribute]), text(after[attribute])
	if a == "" || b == "" || a == b {
		return false
	}
	if kind == record && attribute == "name" {
		return sameName(before, after)
	}
	for _, part := range rows[kind] {
		if part.attribute == attribute {
			return part.same(a, b)
		}
	}
	return nameOrARN(a, b) || strings.HasSuffix(attribute, "zone_id") && zone(a, b)
}

// text is a name or a number as text; empty if there is none.
func text(value any) string {
	switch value := value.(type) {
	case string:
		return value
	case float64, int:
		return fmt.Sprint(value)
	}
	return ""
}

func exactly(a, b string) bool { return a == b }

// nameOrARN takes an ARN and what is at its end, such as the name of a cluster or the id of a key, for one.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
func nameOrARN(a, b string) bool {
	a, b = strings.TrimSuffix(a, ":*"), strings.TrimSuffix(b, ":*") // which ends the ARN of a log group at some places
	if a == b {
		return true
	}
	if strings.HasPrefix(b, "arn:") {
		a, b = b, a
	}
	parts := strings.SplitN(a, ":", 6)
	if parts[0] != "arn" || len(parts) < 6 || b == "" || strings.HasPrefix(b, "arn:") {
		return false
	}
	return parts[5] == b || strings.HasSuffix(parts[5], "/"+b) || strings.HasSuffix(parts[5], ":"+b)
}

// roleOrARN is nameOrARN for what IAM names, where capitals make no difference.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
func roleOrARN(a, b string) bool { return nameOrARN(strings.ToLower(a), strings.ToLower(b)) }

// zone takes the id of a hosted zone with and without what the API writes before it for one.
// https://docs.aws.amazon.com/Route53/latest/APIReference/API_HostedZone.html
func zone(a, b string) bool { return bareZone(a) == bareZone(b) }

func bareZone(id string) string { return id[strings.LastIndexByte(id, '/')+1:] }

// group takes two names of security groups for one, as EC2 does: capitals and spaces at the end make no difference.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html
func group(a, b string) bool {
	return strings.EqualFold(strings.TrimRight(a, " "), strings.TrimRight(b, " "))
}

// sameName tells whether two records of one zone have the same name. The provider takes a name with or without the zone at its
// end, and says in fqdn what became of it. What is still to be created has no fqdn yet, and whether its name is whole
// depends on the name of the zone: it is taken for the same where it may be.
// https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/route53_record (name, fqdn)
func sameName(a, b map[string]any) bool {
	whole, short := Host(text(a["fqdn"])), Host(text(b["fqdn"]))
	if whole != "" && short != "" {
		return whole == short
	}
	if whole == "" { // then it is the other one that AWS has, if any
		a, b, whole = b, a, short
	}
	name, other := Host(text(a["name"])), Host(text(b["name"]))
	if name == "" || other == "" {
		return false
	}
	if name == other || whole == other {
		return true
	}
	if rest, is := strings.CutPrefix(whole, name+"."); is { // the zone
		return other+"."+rest == whole
	}
	return whole != "" && strings.HasPrefix(whole, other+".")
}

// octal is how Route 53 writes what is no letter, digit or hyphen, such as \052 for an asterisk.
// https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html
var octal = regexp.MustCompile(`\\[0-3][0-7]{2}`)

// Host is a DNS name as it is compared: in small letters, without the dot at the end, and with its characters as they are.
func Host(name string) string {
	name = octal.ReplaceAllStringFunc(name, func(escaped string) string {
		code, _ := strconv.ParseUint(escaped[1:], 8, 8) // three octal digits, the first of them at most 3
		return string([]byte{byte(code)})
	})
	return strings.ToLower(strings.TrimSuffix(name, "."))
}
