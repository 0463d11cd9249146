package planguard

import (
	"cmp"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/order-bot/infra/internal/tfvalue"
)

// loss is a change in place after which something is lost: data, what protects it or observes it, or the way in for users.
type loss struct {
	// types are the resource types, with spaces between. "*" stands for each that has the attribute.
	types string
	// attribute is a path with dots between, such as "versioning_configuration.status"; of a list of blocks it means the first.
	attribute string
	// loses tells it from the values before and after. A value that only the deploy will know is tfvalue.Unknown{}: each of these
	// functions takes it for the worst.
	loses  func(before, after any) bool
	reason string
}

const (
	deletable   = "it may be deleted by mistake"
	unlogged    = "what happens is not logged any more"
	unseen      = "nobody sees any more what happens in it"
	fewBackups  = "older backups are deleted"
	publicFiles = "the bucket may become public"
	shortWay    = "what is deleted by mistake can be brought back for less time"
)

// losses are the changes in place that lose something. The documentation of an attribute is that of its type, in
// https://registry.terraform.io/providers/hashicorp/aws/latest/docs.
var losses = []loss{
	// What keeps data.
	{"*", "deletion_protection", lacks(true, "ACTIVE"), deletable},
	{"*", "deletion_protection_enabled", lacks(true), deletable},
	{"*", "enable_deletion_protection", lacks(true), deletable},
	{"*", "delete_protection", lacks(true), deletable},
	{"*", "termination_protection", lacks(true), deletable},
	{"*", "disable_api_termination", lacks(true), deletable},
	{"*", "disable_api_stop", lacks(true), "it may be stopped by mistake"},
	{"*", "skip_final_snapshot", switchedOn, "a destroy would keep no copy of the data"},
	{"*", "delete_automated_backups", switchedOn, "a destroy would delete the backups, too"},
	{"*", "backup_retention_period", lower, fewBackups},
	{"*", "snapshot_retention_limit", lower, fewBackups},
	{"*", "automated_snapshot_retention_period", lower, fewBackups},
	{"*", "automatic_backup_retention_days", lower, fewBackups},
	{"*", "recovery_window_in_days", lower, shortWay},
	{"*", "deletion_window_in_days", lower, shortWay},
	{"aws_rds_cluster", "backtrack_window", lower, "the cluster can go back less far"},
	{"aws_dynamodb_table", "point_in_time_recovery", lacks(true), "the table cannot go back in time any more"},
	{"aws_dynamodb_table", "replica", fewer, "a copy of the table is deleted"},
	{"aws_dynamodb_table", "global_secondary_index", fewer, "an index is deleted, and who reads by it gets an error"},
	{"aws_elasticache_cluster", "num_cache_nodes", lower, "what a node holds is lost"},
	{"aws_elasticache_replication_group", "num_node_groups", lower, "what a node holds is lost"},
	{"aws_dynamodb_table", "ttl.enabled", switchedOn, "items whose time is over are deleted"},
	{"aws_efs_backup_policy", "backup_policy", lacks("ENABLED"), "there are no backups any more"},
	{"aws_backup_plan", "rule.lifecycle.delete_after", shorter, fewBackups},
	{"aws_backup_plan", "rule", fewer, "there are fewer backups"},
	{"aws_cloudwatch_log_group", "skip_destroy", lacks(true), "a destroy would delete the logs, too"},
	{"aws_cloudwatch_log_group", "retention_in_days", shorter, "older logs are deleted"},
	{"aws_ecr_lifecycle_policy", "policy", moreImagesGo, "older images are deleted, or it cannot be told that all stay that stay now"},
	{"aws_kinesis_stream", "retention_period", lower, "older records are deleted"},
	{"aws_sqs_queue", "message_retention_seconds", lower, "older messages are deleted"},
	{"aws_ecr_repository", "force_delete", switchedOn, "a destroy would delete the images, too"},
	{"aws_ecr_repository", "image_tag_mutability", lacks("IMMUTABLE", "IMMUTABLE_WITH_EXCLUSION"), "a push may replace the image of a tag"},
	{"*", "force_destroy", switchedOn, "a destroy would delete the files, and whatever else is in it, too"},
	{"aws_s3_bucket_versioning", "versioning_configuration", lacks("Enabled"), "deleted and overwritten files are lost"},
	{"aws_s3_bucket_object_lock_configuration", "rule", emptied, "files may be deleted at any time"},
	{"aws_s3_bucket_replication_configuration", "rule", lacks("Enabled"), "there is no second copy of the files any more"},
	{"aws_s3_bucket_lifecycle_configuration", "rule", moreExpiry, "files are deleted, or earlier than before"},

	// What protects it.
	{"aws_s3_bucket_server_side_encryption_configuration", "rule", weaker(tfvalue.Holds, algorithms...), "files are encrypted in a weaker way"},
	{"aws_s3_bucket_public_access_block aws_s3_account_public_access_block", "block_public_acls", lacks(true), publicFiles},
	{"aws_s3_bucket_public_access_block aws_s3_account_public_access_block", "block_public_policy", lacks(true), publicFiles},
	{"aws_s3_bucket_public_access_block aws_s3_account_public_access_block", "ignore_public_acls", lacks(true), publicFiles},
	{"aws_s3_bucket_public_access_block aws_s3_account_public_access_block", "restrict_public_buckets", lacks(true), publicFiles},
	{"aws_s3_bucket_acl aws_s3_bucket", "acl", gains("public-read", "public-read-write", "authenticated-read"), publicFiles},
	{"*", "publicly_accessible", switchedOn, "it may be reached from the internet"},
	{"*", "transit_encryption_enabled", lacks(true), "what goes over the network is not encrypted any more"},
	{"*", "server_side_encryption", lacks(true), "it is encrypted in a weaker way"},
	{"aws_cloudwatch_log_group", "kms_key_id", emptied, "it is encrypted in a weaker way"},
	{"aws_iam_role aws_iam_user", "permissions_boundary", emptied, "nothing limits its rights any more"},
	{"aws_sns_topic aws_sqs_queue", "kms_master_key_id", emptied, "it is encrypted in a weaker way"},
	{"*", "enable_key_rotation", lacks(true), "the key stays the same for ever"},
	{"*", "web_acl_id", emptied, "no web ACL filters the requests any more"},
	{"aws_wafv2_web_acl", "rule", fewer, "fewer requests are filtered"},
	{"aws_cognito_user_pool", "mfa_configuration", lacks("ON"), "a password is enough to sign in"},
	{"aws_lb", "drop_invalid_header_fields", lacks(true), "requests with invalid headers reach the services"},
	{"aws_lb_listener", "ssl_policy", weaker(equal, balancerTLS...), "older and weaker versions of TLS are allowed"},
	{"aws_lb_listener", "certificate_arn", emptied, "the connection is not encrypted any more"},
	{"aws_cloudfront_distribution", "viewer_certificate.minimum_protocol_version", weaker(equal, viewerTLS...), "older and weaker versions of TLS are allowed"},
	{"aws_cloudfront_distribution", "default_cache_behavior.viewer_protocol_policy", weaker(equal, "https-only redirect-to-https"), "pages are served without encryption"},
	{"aws_ecs_service", "deployment_circuit_breaker", lacks(true), "a deploy of a broken image does not go back by itself"},
	{"*", "multi_az", lacks(true), "there is no second one that takes over when a zone fails"},
	{"*", "multi_az_enabled", lacks(true), "there is no second one that takes over when a zone fails"},
	{"*", "automatic_failover_enabled", lacks(true), "no other one takes over when the first fails"},
	{"aws_guardduty_detector", "enable", lacks(true), unseen},
	{"aws_config_configuration_recorder_status", "is_enabled", lacks(true), unseen},
	{"aws_ebs_encryption_by_default", "enabled", lacks(true), "new disks are not encrypted any more"},

	// What observes it.
	{"aws_lb", "access_logs.enabled", lacks(true), unlogged},
	{"aws_lb", "connection_logs.enabled", lacks(true), unlogged},
	{"aws_cloudfront_distribution", "logging_config", emptied, unlogged},
	{"*", "enabled_cloudwatch_logs_exports", fewer, unlogged},
	{"aws_cloudtrail", "enable_logging", lacks(true), unlogged},
	{"aws_cloudtrail", "is_multi_region_trail", lacks(true), "what happens in other regions is not logged any more"},
	{"aws_cloudtrail", "enable_log_file_validation", lacks(true), "nobody can prove any more that a log was not changed"},
	{"*", "performance_insights_enabled", lacks(true), unseen},
	{"aws_db_instance aws_rds_cluster aws_rds_cluster_instance", "monitoring_interval", zero, unseen},
	{"aws_ecs_cluster", "setting", lacks("enabled", "enhanced"), unseen},
	{"aws_ecr_repository", "image_scanning_configuration", lacks(true), "nobody hears of a weakness in a new image any more"},
	{"aws_cloudwatch_metric_alarm aws_cloudwatch_composite_alarm", "actions_enabled", lacks(true), "the alarm tells nobody"},
	{"aws_cloudwatch_metric_alarm aws_cloudwatch_composite_alarm", "alarm_actions", emptied, "the alarm tells nobody"},

	// The way in for users.
	{"aws_cloudfront_distribution", "enabled", lacks(true), "the frontend goes offline"},
	{"aws_cloudfront_distribution", "aliases", fewer, "who comes by a host name that it has no more gets an error"},
	{"aws_cloudfront_distribution", "default_root_object", emptied, "who opens the site without a path gets an error"},
	{"aws_cloudfront_distribution", "viewer_certificate.cloudfront_default_certificate", switchedOn, "browsers refuse its host names"},
	{"aws_cloudfront_distribution", "restrictions.geo_restriction.restriction_type", lacks("none"), "users in some countries get an error"},
	{"aws_cloudfront_distribution", "default_cache_behavior.allowed_methods", fewer, "some requests get an error"},
	{"aws_cloudfront_distribution", "default_cache_behavior.trusted_key_groups", filled, "who has no signed address gets an error"},
	{"aws_cloudfront_distribution", "default_cache_behavior.trusted_signers", filled, "who has no signed address gets an error"},
	{"aws_security_group aws_default_security_group", "ingress", closed, "who came in by what is closed is cut off"},
	{"aws_security_group aws_default_security_group", "egress", closed, "what is in the group does not get out by what is closed"},
	{"aws_network_acl aws_default_network_acl", "ingress", emptied, "nobody gets in any more"},
	{"aws_network_acl aws_default_network_acl", "egress", emptied, "no answer gets out any more"},
	{"aws_vpc_security_group_ingress_rule", "from_port", changed, "who comes in by the old port is cut off"},
	{"aws_vpc_security_group_ingress_rule", "to_port", changed, "who comes in by the old port is cut off"},
	{"aws_vpc_security_group_ingress_rule", "ip_protocol", changed, "who comes in by the old protocol is cut off"},
	{"aws_vpc", "enable_dns_support", lacks(true), "nothing in the VPC finds a name any more"},
	{"aws_route53_zone", "vpc", fewer, "a VPC finds the names of the zone no more"},
	{"aws_lb", "ip_address_type", lacks("dualstack", "dualstack-without-public-ipv4"), "who has only IPv6 is cut off"},
	{"aws_lb_listener", "port", changed, "who comes by the old port is cut off"},
	{"aws_lb_listener", "default_action", lacks("forward"), "requests do not reach their target any more"},
	{"aws_lb_listener_rule", "action", lacks("forward"), "requests do not reach their target any more"},
	{"aws_lb_listener_rule", "condition.host_header.values", fewer, "requests for a host name do not reach their target any more"},
	{"aws_db_instance aws_rds_cluster aws_docdb_cluster aws_neptune_cluster aws_redshift_cluster", "port", changed, "who connects to the old port is cut off"},
	{"aws_db_instance aws_rds_cluster aws_docdb_cluster aws_neptune_cluster aws_redshift_cluster", "vpc_security_group_ids", emptied, "who reaches it by its security groups is cut off"},
	{"aws_db_instance aws_rds_cluster aws_neptune_cluster", "iam_database_authentication_enabled", lacks(true), "who signs in with IAM is cut off"},
	{"aws_db_instance aws_rds_cluster_instance", "publicly_accessible", lacks(true), "who reaches it from the internet is cut off"},
	{"aws_eks_cluster", "vpc_config.endpoint_public_access", lacks(true), "who reaches it from the internet is cut off"},
	{"aws_ecs_service", "desired_count", zero, "none of its tasks runs any more"},
	{"aws_ecs_service", "load_balancer", emptied, "no request reaches it any more"},
	{"aws_appautoscaling_target", "max_capacity", zero, "nothing of what it scales runs any more"},
	{"aws_autoscaling_group", "max_size", zero, "none of its machines runs any more"},
	{"aws_autoscaling_group", "desired_capacity", zero, "none of its machines runs any more"},
	{"aws_lambda_function", "reserved_concurrent_executions", zero, "the function does not run any more"},
	{"aws_lambda_event_source_mapping", "enabled", lacks(true), "events do not reach the function any more"},
	{"aws_cloudwatch_event_rule aws_scheduler_schedule", "state", lacks("ENABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"), "it does not act any more"},
	{"aws_cloudwatch_event_rule", "is_enabled", lacks(true), "it does not act any more"},
	{"aws_kms_key aws_kms_external_key", "is_enabled", lacks(true), "nobody reads what is encrypted with it any more"},
	{"aws_kms_external_key", "enabled", lacks(true), "nobody reads what is encrypted with it any more"},
	{"aws_iam_access_key", "status", lacks("Active"), "who uses the key is cut off"},
	{"aws_route53_record", "weighted_routing_policy.weight", zero, "nobody is led there any more"},
}

// losing finds changes that lose something, though the resource stays or is there again at once.
func losing(plan *tfjson.Plan) []Refusal {
	var found []Refusal
	for _, resource := range plan.ResourceChanges {
		if resource.Change == nil || !resource.Change.Actions.Update() && !resource.Change.Actions.Replace() {
			continue
		}
		if resource.Change.Actions.Replace() && !losesNothing(plan, resource) {
			continue // which is refused in any case
		}
		before, _ := values(resource)
		after := tfvalue.WithUnknown(resource.Change.After, resource.Change.AfterUnknown)
		if row, is := expiring[resource.Type]; is && resource.Change.Actions.Replace() && !reflect.DeepEqual(before[row.of], tfvalue.At(after, row.of)) {
			continue // it is about something else from now on: see newlyExpiring
		}
		for _, loss := range losses {
			if loss.types != "*" && !slices.Contains(strings.Fields(loss.types), resource.Type) {
				continue
			}
			path := strings.Split(loss.attribute, ".")
			if loss.loses(tfvalue.At(before, path...), tfvalue.At(after, path...)) {
				found = append(found, Refusal{Address: resource.Address, Reason: "would change " + loss.attribute + ": " + loss.reason + byHand(plan, resource, loss.attribute)})
			}
		}
	}
	return found
}

func equal(value, wanted any) bool { return value == wanted }

func switchedOn(before, after any) bool {
	return before != true && (after == true || after == tfvalue.Unknown{})
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

// algorithms are those by which S3 encrypts files, the strongest first: two layers with a key of KMS, one with such a key, and one with a key of S3.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ServerSideEncryptionByDefault.html
var algorithms = []string{"aws:kms:dsse", "aws:kms", "AES256"}

// viewerTLS are the policies of CloudFront, by the oldest version that they allow, the newest first.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/secure-connections-supported-viewer-protocols-ciphers.html
var viewerTLS = []string{"TLSv1.3_2025", "TLSv1.2_2025 TLSv1.2_2021", "TLSv1.2_2019", "TLSv1.2_2018", "TLSv1.1_2016", "TLSv1_2016", "TLSv1", "SSLv3"}

// balancerTLS are the versions of TLS, the newest first, as a policy of Elastic Load Balancing names the oldest that it allows. One that
// names none allows TLS 1.0.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
var balancerTLS = []string{"-1-3", "-1-2", "-1-1"}

var oldestTLS = regexp.MustCompile(`-1-[0-3]\b`)

// weaker compares two values by a list of ranks, the strongest first; a rank may be of several, with spaces between. What is in none
// is the weakest.
func weaker(is func(value, wanted any) bool, ranks ...string) func(before, after any) bool {
	rank := func(value any) int {
		if policy, named := value.(string); named && strings.HasPrefix(policy, "ELBSecurityPolicy-") {
			value = cmp.Or(oldestTLS.FindString(policy), policy)
		}
		at := slices.IndexFunc(ranks, func(rank string) bool {
			return slices.ContainsFunc(strings.Fields(rank), func(one string) bool { return is(value, one) })
		})
		if at < 0 {
			return len(ranks)
		}
		return at
	}
	return func(before, after any) bool { return rank(after) > rank(before) }
}

// sources are the attributes of a rule of a security group that name addresses.
var sources = []string{"cidr_blocks", "ipv6_cidr_blocks", "prefix_list_ids"}

// closed compares the rules of a security group: none is left, or a port that addresses reached is reached by none of
// their kind any more. Which addresses it are, is a matter of the design.
func closed(before, after any) bool {
	was, _ := before.([]any)
	is, _ := after.([]any)
	if emptied(before, after) {
		return true
	}
	return slices.ContainsFunc(was, func(old any) bool {
		return slices.ContainsFunc(sources, func(kind string) bool {
			return tfvalue.Size(tfvalue.At(old, kind)) > 0 && !slices.ContainsFunc(is, func(rule any) bool {
				addresses := tfvalue.At(rule, kind)
				return (tfvalue.Size(addresses) > 0 || addresses == tfvalue.Unknown{}) && covers(rule, old)
			})
		})
	})
}

// covers tells whether a rule of a security group is for all ports of another one, too. The protocol -1 is all of them.
func covers(rule, other any) bool {
	value := func(rule any, name string) any { return tfvalue.At(rule, name) }
	if value(rule, "protocol") == "-1" {
		return true
	}
	from, _ := value(rule, "from_port").(float64)
	to, _ := value(rule, "to_port").(float64)
	first, _ := value(other, "from_port").(float64)
	last, _ := value(other, "to_port").(float64)
	return reflect.DeepEqual(value(rule, "protocol"), value(other, "protocol")) && from <= first && last <= to
}

// moreExpiry compares the rules by which S3 deletes files: each that is enabled and deletes has to have been there before.
func moreExpiry(before, after any) bool {
	is, known := after.([]any)
	if !known {
		return tfvalue.Size(before) > 0 && after == tfvalue.Unknown{}
	}
	was, _ := before.([]any)
	return slices.ContainsFunc(is, func(rule any) bool {
		deletes := slices.ContainsFunc([]string{"expiration", "noncurrent_version_expiration"}, func(how string) bool {
			return tfvalue.Size(tfvalue.At(rule, how)) > 0
		})
		return deletes && tfvalue.At(rule, "status") != "Disabled" && !slices.ContainsFunc(was, func(old any) bool { return reflect.DeepEqual(unnamed(rule), unnamed(old)) })
	})
}

// unnamed is a rule without its id.
func unnamed(rule any) any {
	fields, _ := rule.(map[string]any)
	fields = maps.Clone(fields)
	delete(fields, "id")
	return fields
}
