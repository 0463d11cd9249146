package e2e

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/hashicorp/terraform-exec/tfexec"
	tfjson "github.com/hashicorp/terraform-json"

	"github.com/order-bot/infra/__tests__/laterstate"
	"github.com/order-bot/infra/__tests__/options"
	"github.com/order-bot/infra/__tests__/realservices"
	"github.com/order-bot/infra/fastjsii"
	"github.com/order-bot/infra/localaws"
	"github.com/order-bot/infra/stacks"
	types "github.com/order-bot/infra/tool/kinds"
	"github.com/order-bot/infra/tool/observe"
	"github.com/order-bot/infra/tool/planguard"
	"github.com/order-bot/infra/tool/runtask"
	"github.com/order-bot/infra/tool/session"
	"github.com/order-bot/infra/tool/stackjson"
	"github.com/order-bot/infra/tool/status"
	"github.com/order-bot/infra/tool/tfstate"
)

// trial is one change of an input or of the design, tried on a deployed stack: planned, looked
// at by the guard, applied, planned again, and taken back.
type trial struct {
	// of is the variable, or the first field of an option of the design, such as "HTTP.Priority", whose what this is, too: rows take design from it.
	of, what string
	// once tells that other rows have what the engine puts in order here: it is made with one engine.
	once bool
	// refresh has the plan ask AWS first. Without it the state is taken as it is after the way back of the row before.
	refresh bool
	// apart tells that nothing leads back: the row is made on a copy of the stack, and the copy is thrown away.
	apart  bool
	inputs map[string]any
	design func(*stacks.Design)
	// texts are old and new texts of the synthesized stack, by turns, for what neither an input nor a field of the design says.
	texts []string
	// want are the lines of the guard's table: action, address, attributes. None: no changes.
	want []string
	// tofu are more lines that OpenTofu has. It replaces what names a created resource in
	// replace_triggered_by; Terraform does so only where that one is changed or replaced.
	tofu []string
	// refused are the addresses that the guard refuses, with a part of the reason. With "!" at
	// the end it cannot be allowed. Without allowed, nothing is applied.
	refused map[string]string
	// allowed are the addresses that are then allowed, and back those that the way back needs.
	allowed, back []string
	// after looks at what AWS has, once the change is there.
	after func(*testing.T, *site)
	// fails is what the deploy fails with, where only AWS can tell, and unplanned what the plan fails with.
	fails, unplanned string
}

func (c trial) name() string { return strings.TrimSpace(c.of + " " + c.what) }

// privateNameOfMgmt are the addresses that lose something where the mgmt service has a private name no more.
var privateNameOfMgmt = []string{
	"aws_service_discovery_private_dns_namespace.discovery_namespace", "aws_service_discovery_service.discovery_mgmt_service",
	"aws_ecs_service.ecs_mgmt_service", "aws_security_group.security_group_app",
}

// What the alarms of a frontend are.
var alarmsOfGlobal = []string{
	"aws_cloudwatch_metric_alarm.alarms_certificate",
	"aws_cloudwatch_metric_alarm.alarms_errors",
	"aws_sns_topic.alarms_sns_topic",
	"aws_sns_topic_policy.alarms_topic_policy",
	"aws_sns_topic_subscription.alarms_mail_team",
}

// What alarms are, with a job.
var alarmsOfProd = []string{
	"aws_cloudwatch_event_rule.alarms_deployment_rule",
	"aws_cloudwatch_event_rule.alarms_job_rule",
	"aws_cloudwatch_event_target.alarms_deployment_target",
	"aws_cloudwatch_event_target.alarms_job_target",
	"aws_cloudwatch_log_group.ecs_fails_log_group",
	"aws_cloudwatch_metric_alarm.alarms_bad_gateway",
	"aws_cloudwatch_metric_alarm.alarms_certificate",
	"aws_cloudwatch_metric_alarm.alarms_mgmt_errors",
	"aws_cloudwatch_metric_alarm.alarms_mgmt_stopped",
	"aws_cloudwatch_metric_alarm.alarms_mgmt_unhealthy",
	"aws_cloudwatch_metric_alarm.alarms_svc_errors",
	"aws_cloudwatch_metric_alarm.alarms_svc_stopped",
	"aws_cloudwatch_metric_alarm.alarms_svc_unhealthy",
	"aws_cloudwatch_metric_alarm.alarms_timeout",
	"aws_ecs_task_definition.ecs_fails_task_definition",
	"aws_iam_role.job_role",
	"aws_iam_role_policy.job_policy",
	"aws_scheduler_schedule.job_fails_schedule",
	"aws_sns_topic.alarms_sns_topic",
	"aws_sns_topic_policy.alarms_topic_policy",
	"aws_sns_topic_subscription.alarms_mail_team",
}

// What they are without one.
var alarmsWithoutJob = slices.DeleteFunc(slices.Clone(alarmsOfProd), func(address string) bool {
	return strings.Contains(address, "job") || strings.Contains(address, "fails")
})

// What only the local AWS knows: write puts the values in the place of these.
const (
	secondZone        = "the second hosted zone"
	secondCertificate = "the second certificate"
	otherCertificate  = "a certificate for *.other.org in us-east-1"
	wildcard          = "a certificate for *.example.com in us-east-1"
	privateSubnets    = "the private subnets"
	onePrivateSubnet  = "one of the private subnets"
)

const secondImage = "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/order-bot:v2"

var (
	repositoriesOfGlobal = []string{
		"aws_ecr_lifecycle_policy.ecr_order-bot-frontend_lifecycle_policy",
		"aws_ecr_lifecycle_policy.ecr_order-bot-mgmt-svc_lifecycle_policy",
		"aws_ecr_lifecycle_policy.ecr_order-bot-svc_lifecycle_policy",
		"aws_ecr_repository.ecr_order-bot-frontend_repository",
		"aws_ecr_repository.ecr_order-bot-mgmt-svc_repository",
		"aws_ecr_repository.ecr_order-bot-svc_repository",
	}
	// What has the key of the first service in its address, and what has it with another key.
	ofSvc   = keyed("svc")
	ofOrder = keyed("order")

	timetableOfProd = []string{
		"aws_appautoscaling_scheduled_action.schedule_order-bot-mgmt-svc_scale_down",
		"aws_appautoscaling_scheduled_action.schedule_order-bot-mgmt-svc_scale_up",
		"aws_appautoscaling_scheduled_action.schedule_order-bot-svc_scale_down",
		"aws_appautoscaling_scheduled_action.schedule_order-bot-svc_scale_up",
		"aws_appautoscaling_target.ecs_mgmt_scalable_target",
		"aws_appautoscaling_target.ecs_svc_scalable_target",
	}
	// What two jobs are, of which one is on Spot.
	jobsOfProd = []string{
		"aws_cloudwatch_log_group.ecs_purge_log_group",
		"aws_cloudwatch_log_group.ecs_report_log_group",
		"aws_ecs_cluster_capacity_providers.ecs_capacity_providers",
		"aws_ecs_task_definition.ecs_purge_task_definition",
		"aws_ecs_task_definition.ecs_report_task_definition",
		"aws_iam_role.job_role",
		"aws_iam_role_policy.job_policy",
		"aws_scheduler_schedule.job_purge_schedule",
		"aws_scheduler_schedule.job_report_schedule",
	}
	taskDefinitionsOfProd = []string{
		"aws_ecs_task_definition.ecs_mgmt_task_definition",
		"aws_ecs_task_definition.ecs_svc_task_definition",
	}
	// The rest of what prod has in its region.
	regionOfProd = []string{
		"aws_cloudwatch_log_group.ecs_mgmt_log_group",
		"aws_cloudwatch_log_group.ecs_svc_log_group",
		"aws_ecs_cluster.ecs_cluster",
		"aws_ecs_service.ecs_mgmt_service",
		"aws_ecs_service.ecs_svc_service",
		"aws_lb.alb_load_balancer",
		"aws_lb_listener.alb_http_listener",
		"aws_lb_listener.alb_https_listener",
		"aws_lb_listener_rule.alb_mgmt_listener_rule",
		"aws_lb_listener_rule.alb_svc_listener_rule",
		"aws_lb_target_group.alb_mgmt_target_group",
		"aws_lb_target_group.alb_svc_target_group",
		"aws_security_group.security_group_alb",
		"aws_security_group.security_group_app",
	}
)

func keyed(key string) []string {
	return []string{
		"aws_appautoscaling_target.ecs_" + key + "_scalable_target",
		"aws_cloudwatch_log_group.ecs_" + key + "_log_group",
		"aws_ecs_service.ecs_" + key + "_service",
		"aws_ecs_task_definition.ecs_" + key + "_task_definition",
		"aws_lb_listener_rule.alb_" + key + "_listener_rule",
		"aws_lb_target_group.alb_" + key + "_target_group",
	}
}

func prefixed(prefix string, addresses ...string) (all []string) {
	for _, address := range addresses {
		all = append(all, prefix+address)
	}
	return all
}

// linesOf are the lines of resources of which one attribute changes.
func linesOf(action, attribute string, addresses ...string) (all []string) {
	for _, address := range addresses {
		all = append(all, action+" "+address+" "+attribute)
	}
	return all
}

func because(reason string, addresses ...string) map[string]string {
	all := map[string]string{}
	for _, address := range addresses {
		all[address] = reason
	}
	return all
}

// changesOf are the rows of each stack.
var changesOf = map[string][]trial{"global": changesOfGlobal, "prod": changesOfProd}

var changesOfGlobal = []trial{
	{of: "aws_region", refresh: true, inputs: map[string]any{"aws_region": "eu-west-1"}, unplanned: "StatusCode: 301"}, // the bucket cannot be moved
	{of: "environment", inputs: map[string]any{"environment": "shared"}, want: []string{
		"change aws_cloudfront_distribution.frontend_distribution tags, tags_all",
		"change aws_cloudfront_origin_access_control.frontend_origin_access_control name",
		"change aws_ecr_repository.ecr_order-bot-frontend_repository tags, tags_all",
		"change aws_ecr_repository.ecr_order-bot-mgmt-svc_repository tags, tags_all",
		"change aws_ecr_repository.ecr_order-bot-svc_repository tags, tags_all",
		"change aws_s3_bucket.frontend_bucket tags, tags_all",
	}},
	{of: "hosted_zone_id", inputs: map[string]any{"hosted_zone_id": secondZone}, want: []string{
		"replace aws_route53_record.frontend_alias zone_id",
	}, refused: because("would move to another hosted zone: the name is gone from the zone that it is in", "aws_route53_record.frontend_alias"),
		allowed: []string{"aws_route53_record.frontend_alias"}, back: []string{"aws_route53_record.frontend_alias"}},
	{of: "frontend_domain", inputs: map[string]any{"frontend_domain": "www.example.com", "cloudfront_certificate_arn": wildcard}, want: []string{
		"replace aws_route53_record.frontend_alias name",
		"change aws_cloudfront_distribution.frontend_distribution aliases, viewer_certificate",
	}},
	{of: "frontend_domain", what: "outside the zone", inputs: map[string]any{"frontend_domain": "www.other.org", "cloudfront_certificate_arn": otherCertificate},
		fails: "www.other.org is not in the hosted zone: Route 53 now has www.other.org.example.com.", want: []string{
			"replace aws_route53_record.frontend_alias name",
			"change aws_cloudfront_distribution.frontend_distribution aliases, viewer_certificate",
		}},
	{of: "frontend_bucket_name", inputs: map[string]any{"frontend_bucket_name": "order-bot-prod-frontend-2"}, want: []string{
		"replace aws_s3_bucket.frontend_bucket bucket",
		"replace aws_s3_bucket_policy.frontend_bucket_policy bucket",
		"replace aws_s3_bucket_public_access_block.frontend_public_access_block bucket",
		"change aws_cloudfront_distribution.frontend_distribution origin",
	}, refused: map[string]string{
		"aws_s3_bucket.frontend_bucket":                                  "create the new bucket beside the old one, copy the files, and switch",
		"aws_s3_bucket_policy.frontend_bucket_policy":                    "would be replaced",
		"aws_s3_bucket_public_access_block.frontend_public_access_block": "would be replaced",
	}},
	{of: "cloudfront_certificate_arn", inputs: map[string]any{"cloudfront_certificate_arn": wildcard}, want: []string{
		"change aws_cloudfront_distribution.frontend_distribution viewer_certificate",
	}},
	{of: "ECR.KeepImages", want: linesOf("replace", "policy", repositoriesOfGlobal[:3]...),
		back: repositoriesOfGlobal[:3]},
	{of: "ECR.KeepImages", what: "lowered", want: linesOf("replace", "policy", repositoriesOfGlobal[:3]...),
		refused: because("older images are deleted", repositoriesOfGlobal[:3]...)},
	{of: "ECR.KeepDeployed", want: linesOf("replace", "policy", repositoriesOfGlobal[:3]...), back: repositoriesOfGlobal[:3]},
	{of: "ECR.KeepTagged", want: linesOf("replace", "policy", repositoriesOfGlobal[:3]...), back: repositoriesOfGlobal[:3]},
	{of: "ECR.KeepAll", once: true, want: prefixed("destroy ", repositoriesOfGlobal[:3]...),
		refused: because("would be destroyed", repositoriesOfGlobal[:3]...), allowed: repositoriesOfGlobal[:3], back: repositoriesOfGlobal[:3]},
	{of: "ECR.Immutable", once: true, want: linesOf("change", "image_scanning_configuration, image_tag_mutability", repositoriesOfGlobal[3:]...),
		refused: because("nobody hears of a weakness in a new image any more", repositoriesOfGlobal[3:]...), allowed: repositoriesOfGlobal[3:], back: repositoriesOfGlobal[3:]},
	{of: "Global.Alarms", once: true, inputs: map[string]any{"alarm_mail_team": "team@example.com"}, after: brokenFrontendIsTold, want: prefixed("create ", alarmsOfGlobal...)},
	{of: "Cache.Seconds", once: true, want: []string{
		"create aws_cloudfront_cache_policy.frontend_cache_policy",
		"create aws_cloudfront_function.frontend_function",
		"create aws_cloudfront_response_headers_policy.frontend_response_headers_policy",
		"change aws_cloudfront_distribution.frontend_distribution custom_error_response, default_cache_behavior, logging_config",
	}, back: []string{
		"aws_cloudfront_distribution.frontend_distribution", "aws_cloudfront_cache_policy.frontend_cache_policy", "aws_cloudfront_function.frontend_function",
		"aws_cloudfront_response_headers_policy.frontend_response_headers_policy",
	}},
	{of: "Frontend.WebACLARN", once: true, inputs: map[string]any{"frontend_redirect_domain": "www.example.com"}, want: []string{
		"create aws_cloudfront_function.frontend_function",
		"create aws_route53_record.frontend_ipv6_alias",
		"create aws_route53_record.frontend_redirect_alias",
		"create aws_route53_record.frontend_redirect_ipv6_alias",
		"change aws_cloudfront_distribution.frontend_distribution aliases, custom_error_response, default_cache_behavior, is_ipv6_enabled, web_acl_id",
	}, back: []string{
		"aws_cloudfront_distribution.frontend_distribution", "aws_cloudfront_function.frontend_function", "aws_route53_record.frontend_ipv6_alias",
		"aws_route53_record.frontend_redirect_alias", "aws_route53_record.frontend_redirect_ipv6_alias",
	}, after: runsItsFunction},
	{of: "Frontend.Previews", once: true, inputs: map[string]any{"frontend_preview_domain": "*.preview.example.com"}, want: []string{
		"create aws_cloudfront_function.frontend_function",
		"create aws_route53_record.frontend_preview_alias",
		"change aws_cloudfront_distribution.frontend_distribution aliases, default_cache_behavior",
	}, back: []string{
		"aws_cloudfront_distribution.frontend_distribution", "aws_cloudfront_function.frontend_function", "aws_route53_record.frontend_preview_alias",
	}},
	{of: "Headers.WithoutSecurity", once: true, want: []string{
		"change aws_cloudfront_distribution.frontend_distribution default_cache_behavior",
	}},
	{of: "ECR.Repositories", want: []string{
		"create aws_ecr_lifecycle_policy.ecr_order-bot-report-svc_lifecycle_policy",
		"create aws_ecr_repository.ecr_order-bot-report-svc_repository",
	}, back: []string{"aws_ecr_lifecycle_policy.ecr_order-bot-report-svc_lifecycle_policy", "aws_ecr_repository.ecr_order-bot-report-svc_repository"}},
}

var changesOfProd = []trial{
	{of: "aws_region", refresh: true, inputs: map[string]any{"aws_region": "eu-west-1", "alb_certificate_arn": "arn:aws:acm:eu-west-1:123456789012:certificate/e5b01dc2-fa29-4d2a-8ae5-c139a6f6b8c7"},
		want: slices.Concat([]string{"change aws_route53_record.orderbot_alias alias", "change aws_route53_record.orderbot_mgmt_alias alias"},
			prefixed("create ", timetableOfProd...), prefixed("create ", regionOfProd[:5]...), prefixed("create ", taskDefinitionsOfProd...), prefixed("create ", regionOfProd[5:]...)),
		refused: because("are these the right account and region?", regionOfProd...)},
	{of: "vpc_id", inputs: map[string]any{"vpc_id": "vpc-00000000"}, want: []string{
		"replace aws_lb_target_group.alb_mgmt_target_group vpc_id",
		"replace aws_lb_target_group.alb_svc_target_group vpc_id",
		"replace aws_security_group.security_group_alb vpc_id",
		"replace aws_security_group.security_group_app vpc_id",
		"change aws_ecs_service.ecs_mgmt_service load_balancer, network_configuration",
		"change aws_ecs_service.ecs_svc_service load_balancer, network_configuration",
		"change aws_lb.alb_load_balancer security_groups",
		"change aws_lb_listener_rule.alb_mgmt_listener_rule action",
		"change aws_lb_listener_rule.alb_svc_listener_rule action",
	}, refused: map[string]string{
		"aws_lb_target_group.alb_mgmt_target_group": "which AWS refuses: another network, name or prefix needs a stack of its own beside this one!",
		"aws_lb_target_group.alb_svc_target_group":  "which AWS refuses!",
		"aws_security_group.security_group_alb":     "would be deleted while aws_lb.alb_load_balancer uses it, which AWS refuses!",
		"aws_security_group.security_group_app":     "would be deleted while aws_ecs_service.ecs_mgmt_service uses it, which AWS refuses!",
	}},
	{of: "vpc_id", what: "with its subnets", inputs: map[string]any{"vpc_id": "vpc-00000000", "public_subnet_ids": []string{"subnet-00000000", "subnet-00000001"}, "private_subnet_ids": []string{"subnet-00000002"}}, want: []string{
		"replace aws_lb_target_group.alb_mgmt_target_group vpc_id",
		"replace aws_lb_target_group.alb_svc_target_group vpc_id",
		"replace aws_security_group.security_group_alb vpc_id",
		"replace aws_security_group.security_group_app vpc_id",
		"change aws_ecs_service.ecs_mgmt_service load_balancer, network_configuration",
		"change aws_ecs_service.ecs_svc_service load_balancer, network_configuration",
		"change aws_lb.alb_load_balancer security_groups, subnet_mapping, subnets",
		"change aws_lb_listener_rule.alb_mgmt_listener_rule action",
		"change aws_lb_listener_rule.alb_svc_listener_rule action",
	}, refused: map[string]string{
		"aws_lb_target_group.alb_mgmt_target_group": "another network, name or prefix needs a stack of its own beside this one!",
		"aws_lb_target_group.alb_svc_target_group":  "another network, name or prefix needs a stack of its own beside this one!",
		"aws_security_group.security_group_alb":     "another network, name or prefix needs a stack of its own beside this one!",
		"aws_security_group.security_group_app":     "another network, name or prefix needs a stack of its own beside this one!",
	}},
	{of: "the prefix of all names", texts: []string{"order-bot-prod", "order-shop-prod"}, want: []string{
		"change aws_route53_record.orderbot_alias alias",
		"change aws_route53_record.orderbot_mgmt_alias alias",
		"replace aws_appautoscaling_scheduled_action.schedule_order-bot-mgmt-svc_scale_down resource_id",
		"replace aws_appautoscaling_scheduled_action.schedule_order-bot-mgmt-svc_scale_up resource_id",
		"replace aws_appautoscaling_scheduled_action.schedule_order-bot-svc_scale_down resource_id",
		"replace aws_appautoscaling_scheduled_action.schedule_order-bot-svc_scale_up resource_id",
		"replace aws_appautoscaling_target.ecs_mgmt_scalable_target resource_id",
		"replace aws_appautoscaling_target.ecs_svc_scalable_target resource_id",
		"replace aws_cloudwatch_log_group.ecs_mgmt_log_group name",
		"replace aws_cloudwatch_log_group.ecs_svc_log_group name",
		"replace aws_ecs_cluster.ecs_cluster name",
		"replace aws_ecs_service.ecs_mgmt_service cluster",
		"replace aws_ecs_service.ecs_svc_service cluster",
		"replace aws_ecs_task_definition.ecs_mgmt_task_definition container_definitions, execution_role_arn, family, task_role_arn",
		"replace aws_ecs_task_definition.ecs_svc_task_definition container_definitions, execution_role_arn, family, task_role_arn",
		"replace aws_iam_role.ecs_task_execution_role name",
		"replace aws_iam_role.ecs_task_role name",
		"replace aws_iam_role_policy_attachment.ecs_task_execution_policy role",
		"replace aws_lb.alb_load_balancer name",
		"replace aws_lb_listener.alb_http_listener load_balancer_arn",
		"replace aws_lb_listener.alb_https_listener load_balancer_arn",
		"replace aws_lb_listener_rule.alb_mgmt_listener_rule listener_arn",
		"replace aws_lb_listener_rule.alb_svc_listener_rule listener_arn",
		"replace aws_lb_target_group.alb_mgmt_target_group name",
		"replace aws_lb_target_group.alb_svc_target_group name",
		"replace aws_security_group.security_group_alb name",
		"replace aws_security_group.security_group_app name",
	}, refused: map[string]string{
		"aws_cloudwatch_log_group.ecs_mgmt_log_group":              "its logs are deleted",
		"aws_cloudwatch_log_group.ecs_svc_log_group":               "its logs are deleted",
		"aws_ecs_cluster.ecs_cluster":                              "would be replaced",
		"aws_ecs_service.ecs_mgmt_service":                         "its tasks stop",
		"aws_ecs_service.ecs_svc_service":                          "its tasks stop",
		"aws_iam_role.ecs_task_execution_role":                     "would be replaced",
		"aws_iam_role.ecs_task_role":                               "would be replaced",
		"aws_iam_role_policy_attachment.ecs_task_execution_policy": "would be replaced",
		"aws_lb.alb_load_balancer":                                 "another network, name or prefix needs a stack of its own beside this one",
		"aws_lb_listener.alb_http_listener":                        "would be replaced",
		"aws_lb_listener.alb_https_listener":                       "would be replaced",
		"aws_lb_listener_rule.alb_mgmt_listener_rule":              "would be replaced",
		"aws_lb_listener_rule.alb_svc_listener_rule":               "would be replaced",
		"aws_lb_target_group.alb_mgmt_target_group":                "another network, name or prefix needs a stack of its own beside this one",
		"aws_lb_target_group.alb_svc_target_group":                 "another network, name or prefix needs a stack of its own beside this one",
		"aws_security_group.security_group_alb":                    "another network, name or prefix needs a stack of its own beside this one!",
		"aws_security_group.security_group_app":                    "such as the PostgreSQL host: another network, name or prefix needs a stack of its own beside this one!",
	}},
	{of: "public_subnet_ids", inputs: map[string]any{"public_subnet_ids": privateSubnets}, want: []string{
		"change aws_lb.alb_load_balancer subnet_mapping, subnets",
	}},
	{of: "private_subnet_ids", inputs: map[string]any{"private_subnet_ids": onePrivateSubnet}, want: []string{
		"change aws_ecs_service.ecs_mgmt_service network_configuration",
		"change aws_ecs_service.ecs_svc_service network_configuration",
	}},
	{of: "hosted_zone_id", inputs: map[string]any{"hosted_zone_id": secondZone}, want: []string{
		"replace aws_route53_record.orderbot_alias zone_id",
		"replace aws_route53_record.orderbot_mgmt_alias zone_id",
	}, refused: because("would move to another hosted zone: the name is gone from the zone that it is in", "aws_route53_record.orderbot_alias", "aws_route53_record.orderbot_mgmt_alias")},
	{of: "alb_certificate_arn", inputs: map[string]any{"alb_certificate_arn": secondCertificate}, want: []string{
		"change aws_lb_listener.alb_https_listener certificate_arn",
	}},
	{of: "default_desired_count", inputs: map[string]any{"default_desired_count": 2}},
	{of: "alb_ingress_cidrs", inputs: map[string]any{"alb_ingress_cidrs": []string{"10.0.0.0/8", "192.168.0.0/16"}}, want: []string{
		"change aws_security_group.security_group_alb ingress",
	}},
	{of: "autoscaling_timezone", inputs: map[string]any{"autoscaling_timezone": "Asia/Taipei"}, want: []string{
		"change aws_appautoscaling_scheduled_action.schedule_order-bot-mgmt-svc_scale_down timezone",
		"change aws_appautoscaling_scheduled_action.schedule_order-bot-mgmt-svc_scale_up timezone",
		"change aws_appautoscaling_scheduled_action.schedule_order-bot-svc_scale_down timezone",
		"change aws_appautoscaling_scheduled_action.schedule_order-bot-svc_scale_up timezone",
	}},
	{of: "scale_up_cron", inputs: map[string]any{"scale_up_cron": "cron(0 9 ? * MON-FRI *)"}, want: []string{
		"change aws_appautoscaling_scheduled_action.schedule_order-bot-mgmt-svc_scale_up schedule",
		"change aws_appautoscaling_scheduled_action.schedule_order-bot-svc_scale_up schedule",
	}},
	{of: "scale_down_cron", inputs: map[string]any{"scale_down_cron": "cron(0 17 * * ? *)"}, want: []string{
		"change aws_appautoscaling_scheduled_action.schedule_order-bot-mgmt-svc_scale_down schedule",
		"change aws_appautoscaling_scheduled_action.schedule_order-bot-svc_scale_down schedule",
	}},
	{of: "orderbot_domain", inputs: map[string]any{"orderbot_domain": "api2.example.com"}, want: []string{
		"replace aws_route53_record.orderbot_alias name",
		"change aws_lb_listener_rule.alb_svc_listener_rule condition",
	}},
	{of: "orderbot_domain", what: "exchanged", inputs: map[string]any{"orderbot_domain": "mgmt-api.example.com", "orderbot_mgmt_domain": "api.example.com"}, want: []string{
		"replace aws_route53_record.orderbot_alias name",
		"replace aws_route53_record.orderbot_mgmt_alias name",
		"change aws_lb_listener_rule.alb_mgmt_listener_rule condition",
		"change aws_lb_listener_rule.alb_svc_listener_rule condition",
	}, refused: map[string]string{
		"aws_route53_record.orderbot_alias":      "would get the name that aws_route53_record.orderbot_mgmt_alias still has!",
		"aws_route53_record.orderbot_mgmt_alias": "would get the name that aws_route53_record.orderbot_alias still has!",
	}},
	{of: "orderbot_domain", what: "outside the zone", inputs: map[string]any{"orderbot_domain": "api.other.org"}, fails: "api.other.org is not in the hosted zone: Route 53 now has api.other.org.example.com.", want: []string{
		"replace aws_route53_record.orderbot_alias name",
		"change aws_lb_listener_rule.alb_svc_listener_rule condition",
	}},
	{of: "orderbot_mgmt_domain", inputs: map[string]any{"orderbot_mgmt_domain": "mgmt-api2.example.com"}, want: []string{
		"replace aws_route53_record.orderbot_mgmt_alias name",
		"change aws_lb_listener_rule.alb_mgmt_listener_rule condition",
	}},
	{of: "order_bot_image", inputs: map[string]any{"order_bot_image": secondImage}, want: []string{
		"replace aws_ecs_task_definition.ecs_svc_task_definition container_definitions",
		"change aws_ecs_service.ecs_svc_service task_definition",
	}},
	{of: "order_bot_mgmt_image", inputs: map[string]any{"order_bot_mgmt_image": secondImage}, want: []string{
		"replace aws_ecs_task_definition.ecs_mgmt_task_definition container_definitions",
		"change aws_ecs_service.ecs_mgmt_service task_definition",
	}},
	{of: "order_bot_port", inputs: map[string]any{"order_bot_port": 9000, "order_bot_environment": map[string]string{"PORT": "9000"}}, want: []string{
		"replace aws_ecs_task_definition.ecs_svc_task_definition container_definitions",
		"change aws_ecs_service.ecs_svc_service load_balancer, task_definition",
		"change aws_security_group.security_group_app ingress",
	}, refused: map[string]string{
		"aws_security_group.security_group_app": "would close the port on which the running tasks of aws_ecs_service.ecs_svc_service listen, before the new ones serve: put the old port into PreviousPort",
	}},
	{of: "order_bot_mgmt_port", inputs: map[string]any{"order_bot_mgmt_port": 9000, "order_bot_mgmt_environment": map[string]string{"PORT": "9000"}}, want: []string{
		"replace aws_ecs_task_definition.ecs_mgmt_task_definition container_definitions",
		"change aws_ecs_service.ecs_mgmt_service load_balancer, task_definition",
		"change aws_security_group.security_group_app ingress",
	}, refused: map[string]string{
		"aws_security_group.security_group_app": "would close the port on which the running tasks of aws_ecs_service.ecs_mgmt_service listen, before the new ones serve: put the old port into PreviousPort",
	}},
	{of: "order_bot_environment", inputs: map[string]any{"order_bot_environment": map[string]string{"PORT": "8000", "LOG_LEVEL": "debug"}}, want: []string{
		"replace aws_ecs_task_definition.ecs_svc_task_definition container_definitions",
		"change aws_ecs_service.ecs_svc_service task_definition",
	}},
	{of: "order_bot_mgmt_environment", inputs: map[string]any{"order_bot_mgmt_environment": map[string]string{"PORT": "8080"}}, want: []string{
		"replace aws_ecs_task_definition.ecs_mgmt_task_definition container_definitions",
		"change aws_ecs_service.ecs_mgmt_service task_definition",
	}},

	{of: "Environment.Services", what: "one more", inputs: map[string]any{"report_domain": "report.example.com", "report_image": secondImage, "report_environment": map[string]string{}}, want: []string{
		"change aws_security_group.security_group_app ingress",
		"create aws_appautoscaling_scheduled_action.schedule_order-bot-report-svc_scale_down",
		"create aws_appautoscaling_scheduled_action.schedule_order-bot-report-svc_scale_up",
		"create aws_appautoscaling_target.ecs_report_scalable_target",
		"create aws_cloudwatch_log_group.ecs_report_log_group",
		"create aws_ecs_service.ecs_report_service",
		"create aws_ecs_task_definition.ecs_report_task_definition",
		"create aws_lb_listener_rule.alb_report_listener_rule",
		"create aws_lb_target_group.alb_report_target_group",
		"create aws_route53_record.report_alias",
	}, back: []string{"aws_appautoscaling_scheduled_action.schedule_order-bot-report-svc_scale_down", "aws_appautoscaling_scheduled_action.schedule_order-bot-report-svc_scale_up", "aws_appautoscaling_target.ecs_report_scalable_target", "aws_cloudwatch_log_group.ecs_report_log_group", "aws_ecs_service.ecs_report_service", "aws_ecs_task_definition.ecs_report_task_definition", "aws_lb_listener_rule.alb_report_listener_rule", "aws_lb_target_group.alb_report_target_group", "aws_route53_record.report_alias"}},
	{of: "Cluster.LogRetentionDays", want: linesOf("change", "retention_in_days", regionOfProd[:2]...),
		back: regionOfProd[:2]},
	{of: "Cluster.LogRetentionDays", what: "lowered", want: linesOf("change", "retention_in_days", regionOfProd[:2]...),
		refused: because("older logs are deleted", regionOfProd[:2]...)},
	{of: "Service.Key", want: slices.Concat(prefixed("destroy ", ofSvc...), prefixed("create ", ofOrder...)), tofu: []string{
		"replace aws_appautoscaling_scheduled_action.schedule_order-bot-svc_scale_down",
		"replace aws_appautoscaling_scheduled_action.schedule_order-bot-svc_scale_up",
	}, refused: map[string]string{
		ofSvc[0]: "would be destroyed", ofSvc[1]: "its logs are deleted", ofSvc[2]: "its tasks stop", ofSvc[3]: "would be destroyed", ofSvc[4]: "would be destroyed", ofSvc[5]: "would be destroyed",
		ofOrder[1]: "if a key or an id has changed, change it back!",
		ofOrder[2]: "add a row from the old to the new address to design/renames.go, which keeps the resource!",
		ofOrder[4]: "would get what aws_lb_listener_rule.alb_svc_listener_rule still has!",
	}},
	{of: "Service.Name", want: []string{
		"destroy aws_appautoscaling_scheduled_action.schedule_order-bot-svc_scale_down",
		"destroy aws_appautoscaling_scheduled_action.schedule_order-bot-svc_scale_up",
		"replace aws_appautoscaling_target.ecs_svc_scalable_target resource_id",
		"replace aws_cloudwatch_log_group.ecs_svc_log_group name",
		"replace aws_ecs_service.ecs_svc_service name",
		"replace aws_ecs_task_definition.ecs_svc_task_definition family, container_definitions",
		"create aws_appautoscaling_scheduled_action.schedule_order-bot-chat-svc_scale_down",
		"create aws_appautoscaling_scheduled_action.schedule_order-bot-chat-svc_scale_up",
	}, refused: map[string]string{
		"aws_appautoscaling_scheduled_action.schedule_order-bot-svc_scale_down": "would be destroyed",
		"aws_appautoscaling_scheduled_action.schedule_order-bot-svc_scale_up":   "would be destroyed",
		"aws_cloudwatch_log_group.ecs_svc_log_group":                            "its logs are deleted",
		"aws_ecs_service.ecs_svc_service":                                       "its tasks stop, and it is away until the new ones run",
	}, allowed: []string{"aws_appautoscaling_scheduled_action.schedule_order-bot-svc_scale_down", "aws_appautoscaling_scheduled_action.schedule_order-bot-svc_scale_up", "aws_cloudwatch_log_group.ecs_svc_log_group", "aws_ecs_service.ecs_svc_service"}, back: []string{"aws_appautoscaling_scheduled_action.schedule_order-bot-chat-svc_scale_down", "aws_appautoscaling_scheduled_action.schedule_order-bot-chat-svc_scale_up", "aws_cloudwatch_log_group.ecs_svc_log_group", "aws_ecs_service.ecs_svc_service"}},
	{of: "Variables.Domain", inputs: map[string]any{"svc_domain": "api.example.com"}},
	{of: "Variables.Image", inputs: map[string]any{"svc_image": secondImage}, want: []string{
		"replace aws_ecs_task_definition.ecs_svc_task_definition container_definitions",
		"change aws_ecs_service.ecs_svc_service task_definition",
	}},
	{of: "Variables.Port"},
	{of: "Variables.Environment", inputs: map[string]any{"svc_environment": map[string]string{"PORT": "8000"}}, want: []string{
		"replace aws_ecs_task_definition.ecs_svc_task_definition container_definitions",
		"change aws_ecs_service.ecs_svc_service task_definition",
	}},
	{of: "Service.Alias", want: []string{
		"destroy aws_route53_record.orderbot_alias",
		"create aws_route53_record.svc_alias",
	}, refused: map[string]string{
		"aws_route53_record.orderbot_alias": "nobody finds the name any more",
		"aws_route53_record.svc_alias":      "would get what aws_route53_record.orderbot_alias still has: if a key or an id has changed, change it back!",
	}},
	{of: "Task.Port", inputs: map[string]any{"order_bot_environment": map[string]string{"PORT": "9000"}}, want: []string{
		"replace aws_ecs_task_definition.ecs_svc_task_definition container_definitions",
		"change aws_ecs_service.ecs_svc_service load_balancer, task_definition",
		"change aws_security_group.security_group_app ingress",
	}, refused: map[string]string{
		"aws_security_group.security_group_app": "would close the port on which the running tasks of aws_ecs_service.ecs_svc_service listen, before the new ones serve: put the old port into PreviousPort",
	}},
	{of: "Network.PreviousPort", inputs: map[string]any{"order_bot_port": 9000, "order_bot_environment": map[string]string{"PORT": "9000"}}, want: []string{
		"replace aws_ecs_task_definition.ecs_svc_task_definition container_definitions",
		"change aws_ecs_service.ecs_svc_service load_balancer, task_definition",
		"change aws_security_group.security_group_app ingress",
	}, after: fromPortToPort, back: []string{"aws_security_group.security_group_app"}},
	{of: "Task.Requires"}, // a plan warns
	{of: "Health.Path", want: []string{
		"change aws_lb_target_group.alb_svc_target_group health_check",
	}},
	{of: "HTTP.Priority", want: []string{
		"change aws_lb_listener_rule.alb_svc_listener_rule priority",
	}},
	{of: "HTTP.Priority", what: "exchanged", want: []string{
		"change aws_lb_listener_rule.alb_mgmt_listener_rule priority",
		"change aws_lb_listener_rule.alb_svc_listener_rule priority",
	}, refused: map[string]string{
		"aws_lb_listener_rule.alb_mgmt_listener_rule": "give one of the two a free priority, deploy, and then give the other one its own!",
		"aws_lb_listener_rule.alb_svc_listener_rule":  "would get the priority that aws_lb_listener_rule.alb_mgmt_listener_rule still has!",
	}},
	{of: "Task.CPU", want: []string{
		"replace aws_ecs_task_definition.ecs_svc_task_definition cpu, memory, container_definitions",
		"change aws_ecs_service.ecs_svc_service task_definition",
	}},
	{of: "Task.MemoryMiB", want: []string{
		"replace aws_ecs_task_definition.ecs_svc_task_definition memory, container_definitions",
		"change aws_ecs_service.ecs_svc_service task_definition",
	}},
	{of: "Container.Command", once: true, inputs: map[string]any{"order_bot_image": "order-bot:arm64-v1"}, want: []string{
		"replace aws_ecs_task_definition.ecs_svc_task_definition container_definitions, runtime_platform, runtime_platform[0].cpu_architecture, runtime_platform[0].operating_system_family, volume",
		"change aws_ecs_service.ecs_svc_service task_definition",
	}},
	{of: "Secret.Parameter", once: true, after: entersItsContainer, want: []string{
		"create aws_iam_role.ecs_mgmt_task_role",
		"create aws_iam_role_policy.ecs_mgmt_task_policy",
		"create aws_iam_role_policy.ecs_secrets_policy",
		"replace aws_ecs_task_definition.ecs_mgmt_task_definition task_role_arn, container_definitions",
		"change aws_ecs_service.ecs_mgmt_service enable_execute_command, task_definition",
	}, back: []string{"aws_iam_role.ecs_mgmt_task_role", "aws_iam_role_policy.ecs_mgmt_task_policy", "aws_iam_role_policy.ecs_secrets_policy"}},
	{of: "Container.Init", once: true, back: []string{"aws_iam_role_policy.ecs_secrets_policy"}, want: []string{
		"create aws_iam_role_policy.ecs_secrets_policy",
		"replace aws_ecs_task_definition.ecs_svc_task_definition container_definitions, volume",
		"change aws_ecs_service.ecs_svc_service task_definition",
	}},
	{of: "LogRouter.Image", once: true, back: []string{"aws_iam_role_policy.ecs_secrets_policy"}, want: []string{
		"create aws_iam_role_policy.ecs_secrets_policy",
		"replace aws_ecs_task_definition.ecs_mgmt_task_definition container_definitions",
		"change aws_ecs_service.ecs_mgmt_service task_definition",
		"replace aws_ecs_task_definition.ecs_svc_task_definition container_definitions",
		"change aws_ecs_service.ecs_svc_service task_definition",
	}},
	{of: "Balancer.IdleSeconds", once: true, want: []string{
		"change aws_lb.alb_load_balancer access_logs, enable_deletion_protection, idle_timeout",
		"change aws_lb_target_group.alb_svc_target_group stickiness",
	}, back: []string{"aws_lb.alb_load_balancer"}},
	{of: "Balancer.Internal", once: true, want: []string{
		"change aws_route53_record.orderbot_alias alias",
		"change aws_route53_record.orderbot_mgmt_alias alias",
		"replace aws_lb.alb_load_balancer internal",
		"replace aws_lb_listener.alb_http_listener load_balancer_arn",
		"replace aws_lb_listener.alb_https_listener load_balancer_arn",
		"replace aws_lb_listener_rule.alb_mgmt_listener_rule listener_arn",
		"replace aws_lb_listener_rule.alb_svc_listener_rule listener_arn",
	}, refused: map[string]string{
		"aws_lb.alb_load_balancer":                    "would be created anew before the old one is deleted, and AWS takes its name only once!",
		"aws_lb_listener.alb_http_listener":           "would be replaced",
		"aws_lb_listener.alb_https_listener":          "would be replaced",
		"aws_lb_listener_rule.alb_mgmt_listener_rule": "would be replaced",
		"aws_lb_listener_rule.alb_svc_listener_rule":  "would be replaced",
	}},
	{of: "Task.StorageGiB", once: true, want: []string{
		"replace aws_ecs_task_definition.ecs_svc_task_definition container_definitions, ephemeral_storage, ephemeral_storage[0].size_in_gib",
		"change aws_ecs_service.ecs_svc_service task_definition",
	}},
	{of: "HTTP.TargetGroup", once: true, want: []string{
		"replace aws_lb_target_group.alb_svc_target_group name",
		"change aws_ecs_service.ecs_svc_service load_balancer",
		"change aws_lb_listener_rule.alb_svc_listener_rule action",
	}, refused: because("would be deleted while aws_ecs_service.ecs_svc_service uses it, which AWS refuses!", "aws_lb_target_group.alb_svc_target_group")},
	{of: "Service.AliasByLabel", once: true, want: []string{
		"replace aws_route53_record.orderbot_alias name",
	}, refused: because("the state has this very DNS alias, with another spelling of name. With --recover, a deploy notes the new spelling in the state!", "aws_route53_record.orderbot_alias")},
	{of: "Service.PrivateName", what: "with other names", once: true, want: []string{
		"create aws_service_discovery_private_dns_namespace.discovery_namespace",
		"create aws_service_discovery_service.discovery_mgmt_service",
		"change aws_ecs_service.ecs_mgmt_service service_registries",
		"change aws_security_group.security_group_app ingress",
	}, back: privateNameOfMgmt},
	{of: "Service.PrivateName", once: true, want: []string{
		"create aws_service_discovery_private_dns_namespace.discovery_namespace",
		"create aws_service_discovery_service.discovery_mgmt_service",
		"change aws_ecs_service.ecs_mgmt_service service_registries",
		"change aws_security_group.security_group_app ingress",
	}, back: privateNameOfMgmt},
	{of: "Groups.Endpoints", once: true, want: []string{
		"change aws_security_group.security_group_app egress, ingress",
	}, refused: because("what is in the group does not get out by what is closed", "aws_security_group.security_group_app"), allowed: []string{"aws_security_group.security_group_app"}, back: []string{"aws_security_group.security_group_app"}},
	{of: "Task.Role", once: true, want: []string{
		"replace aws_ecs_task_definition.ecs_svc_task_definition task_role_arn",
		"change aws_ecs_service.ecs_svc_service task_definition",
	}},
	{of: "Health.Codes", once: true, want: []string{
		"change aws_lb_listener_rule.alb_svc_listener_rule condition",
		"change aws_lb_target_group.alb_svc_target_group deregistration_delay, health_check",
		"change aws_security_group.security_group_app ingress",
	}},
	{of: "HTTP.MoreDomains", once: true, inputs: map[string]any{"svc_www_domain": "www.example.com"}, want: []string{
		"change aws_lb_listener_rule.alb_svc_listener_rule condition",
		"create aws_route53_record.svc_www_alias",
		"replace aws_ecs_task_definition.ecs_svc_task_definition container_definitions, task_role_arn, volume",
		"change aws_ecs_service.ecs_svc_service task_definition",
	}, back: []string{"aws_lb_listener_rule.alb_svc_listener_rule", "aws_route53_record.svc_www_alias", "aws_ecs_task_definition.ecs_svc_task_definition"}},
	{of: "HTTP.DomainOf", once: true, want: []string{
		"change aws_lb_listener_rule.alb_mgmt_listener_rule condition",
		"destroy aws_route53_record.orderbot_mgmt_alias",
	}, refused: map[string]string{"aws_route53_record.orderbot_mgmt_alias": "nobody finds the name any more"}},
	{of: "HTTP.Balancing", once: true, want: []string{
		"change aws_lb_target_group.alb_svc_target_group load_balancing_algorithm_type",
	}},
	{of: "HTTP.StickySeconds", what: "off", once: true, want: []string{
		"change aws_lb_target_group.alb_svc_target_group stickiness",
	}},
	{of: "HTTP.HTTPS", once: true, want: []string{
		"change aws_ecs_service.ecs_svc_service load_balancer",
		"change aws_lb_listener_rule.alb_svc_listener_rule action",
		"replace aws_lb_target_group.alb_svc_target_group protocol, protocol_version",
	}, refused: map[string]string{"aws_lb_target_group.alb_svc_target_group": "would be deleted while aws_ecs_service.ecs_svc_service uses it!"}},
	{of: "Service.HTTP", once: true, what: "gone", want: []string{
		"change aws_ecs_service.ecs_svc_service health_check_grace_period_seconds, load_balancer",
		"change aws_security_group.security_group_app ingress",
		"destroy aws_lb_listener_rule.alb_svc_listener_rule",
		"destroy aws_lb_target_group.alb_svc_target_group",
		"destroy aws_route53_record.orderbot_alias",
	}, refused: map[string]string{
		"aws_ecs_service.ecs_svc_service":            "no request reaches it any more",
		"aws_lb_listener_rule.alb_svc_listener_rule": "would be destroyed",
		"aws_lb_target_group.alb_svc_target_group":   "would be destroyed",
		"aws_route53_record.orderbot_alias":          "nobody finds the name any more",
		"aws_security_group.security_group_app":      "would close the port on which the running tasks",
	}},
	{of: "Rollout.MinimumPercent", once: true, want: []string{
		"change aws_appautoscaling_scheduled_action.schedule_order-bot-svc_scale_up scalable_target_action",
		"change aws_ecs_service.ecs_svc_service availability_zone_rebalancing, deployment_maximum_percent, deployment_minimum_healthy_percent, health_check_grace_period_seconds",
	}},
	{of: "Rollout.WithoutRollback", once: true, want: []string{
		"change aws_ecs_service.ecs_svc_service deployment_circuit_breaker",
	}, refused: because("a deploy of a broken image does not go back by itself", "aws_ecs_service.ecs_svc_service"), allowed: []string{"aws_ecs_service.ecs_svc_service"}},
	{of: "Rollout.StopFirst", once: true, want: []string{
		"change aws_ecs_service.ecs_mgmt_service deployment_maximum_percent, deployment_minimum_healthy_percent",
	}},
	{of: "Load.CPU", once: true, want: []string{
		"change aws_appautoscaling_scheduled_action.schedule_order-bot-svc_scale_up scalable_target_action",
		"create aws_appautoscaling_policy.ecs_svc_scale_by_cpu",
		"create aws_appautoscaling_policy.ecs_svc_scale_by_memory",
		"create aws_appautoscaling_policy.ecs_svc_scale_by_requests",
	}, back: []string{"aws_appautoscaling_policy.ecs_svc_scale_by_cpu", "aws_appautoscaling_policy.ecs_svc_scale_by_memory", "aws_appautoscaling_policy.ecs_svc_scale_by_requests"}},
	{of: "Spot.Weight", once: true, want: []string{
		"create aws_ecs_cluster_capacity_providers.ecs_capacity_providers",
		"replace aws_ecs_service.ecs_svc_service capacity_provider_strategy",
		"replace aws_appautoscaling_scheduled_action.schedule_order-bot-svc_scale_down",
		"replace aws_appautoscaling_scheduled_action.schedule_order-bot-svc_scale_up",
		"replace aws_appautoscaling_target.ecs_svc_scalable_target",
	}, refused: map[string]string{"aws_ecs_service.ecs_svc_service": "its tasks stop, and it is away until the new ones run"}},
	{of: "Hours.Windows", once: true, want: []string{
		"change aws_appautoscaling_scheduled_action.schedule_order-bot-svc_scale_down schedule, timezone",
		"change aws_appautoscaling_scheduled_action.schedule_order-bot-svc_scale_up schedule, timezone",
		"create aws_appautoscaling_scheduled_action.schedule_order-bot-svc_scale_down_2",
		"create aws_appautoscaling_scheduled_action.schedule_order-bot-svc_scale_up_2",
	}, back: []string{"aws_appautoscaling_scheduled_action.schedule_order-bot-svc_scale_down_2", "aws_appautoscaling_scheduled_action.schedule_order-bot-svc_scale_up_2"}},
	{of: "Hours.Always", once: true, want: []string{
		"destroy aws_appautoscaling_scheduled_action.schedule_order-bot-svc_scale_down",
		"destroy aws_appautoscaling_scheduled_action.schedule_order-bot-svc_scale_up",
		"destroy aws_appautoscaling_target.ecs_svc_scalable_target",
	}, refused: because("would be destroyed", "aws_appautoscaling_scheduled_action.schedule_order-bot-svc_scale_down", "aws_appautoscaling_scheduled_action.schedule_order-bot-svc_scale_up", "aws_appautoscaling_target.ecs_svc_scalable_target"),
		allowed: []string{"aws_appautoscaling_scheduled_action.schedule_order-bot-svc_scale_down", "aws_appautoscaling_scheduled_action.schedule_order-bot-svc_scale_up", "aws_appautoscaling_target.ecs_svc_scalable_target"}},
	{of: "Service.Tags", once: true, want: []string{
		"change aws_cloudwatch_log_group.ecs_svc_log_group retention_in_days, tags, tags_all",
		"change aws_ecs_service.ecs_svc_service tags, tags_all",
		"change aws_ecs_task_definition.ecs_svc_task_definition tags, tags_all",
	}, back: []string{"aws_cloudwatch_log_group.ecs_svc_log_group"}},
	{of: "Environment.Jobs", once: true, after: reportsAtItsTime, want: prefixed("create ", jobsOfProd...), back: jobsOfProd},
	{of: "Environment.Alarms", once: true, inputs: map[string]any{"alarm_mail_team": "team@example.com"}, after: whatBreaksIsTold, want: prefixed("create ", alarmsOfProd...), back: alarmsOfProd},
	{of: "Rollout.RollbackOnAlarm", once: true, apart: true, inputs: map[string]any{"alarm_mail_team": "team@example.com"}, after: alarmIsIgnored,
		want: append(prefixed("create ", alarmsWithoutJob...), "change aws_ecs_service.ecs_svc_service alarms, timeouts")},
	{of: "Cluster.StoppedTaskDays", once: true, want: prefixed("create ", stoppedOfProd...),
		back: stoppedOfProd, after: stoppedTasksAreKept},
	{of: "Cluster.PublicTasks", once: true, want: []string{
		"change aws_ecs_service.ecs_mgmt_service enable_ecs_managed_tags, network_configuration",
		"change aws_ecs_service.ecs_svc_service enable_ecs_managed_tags, network_configuration",
	}},
	{of: "Cluster.WithoutInsights", once: true, want: []string{
		"change aws_ecs_cluster.ecs_cluster setting",
	}, refused: because("nobody sees any more what happens in it", "aws_ecs_cluster.ecs_cluster"), allowed: []string{"aws_ecs_cluster.ecs_cluster"}},
	{of: "Environment.Tags", once: true, refresh: true, want: linesOf("change", "tags, tags_all",
		"aws_cloudwatch_log_group.ecs_mgmt_log_group", "aws_cloudwatch_log_group.ecs_svc_log_group", "aws_ecs_cluster.ecs_cluster", "aws_ecs_service.ecs_mgmt_service",
		"aws_ecs_service.ecs_svc_service", "aws_ecs_task_definition.ecs_mgmt_task_definition", "aws_ecs_task_definition.ecs_svc_task_definition", "aws_iam_role.ecs_task_execution_role",
		"aws_iam_role.ecs_task_role", "aws_lb.alb_load_balancer", "aws_lb_target_group.alb_mgmt_target_group", "aws_lb_target_group.alb_svc_target_group",
		"aws_security_group.security_group_alb", "aws_security_group.security_group_app")},
	{of: "Hours.Day", want: []string{
		"change aws_appautoscaling_scheduled_action.schedule_order-bot-svc_scale_up scalable_target_action",
	}},
	{of: "Capacity.Min", want: []string{
		"change aws_appautoscaling_scheduled_action.schedule_order-bot-mgmt-svc_scale_down scalable_target_action",
	}},
	{of: "Capacity.Max", want: []string{
		"change aws_appautoscaling_scheduled_action.schedule_order-bot-mgmt-svc_scale_up scalable_target_action",
	}},
	{of: "Hours.Night", what: "and day", after: dayAndNight, want: []string{
		"change aws_appautoscaling_scheduled_action.schedule_order-bot-svc_scale_down scalable_target_action",
		"change aws_appautoscaling_scheduled_action.schedule_order-bot-svc_scale_up scalable_target_action",
	}},
}

// runsItsFunction looks whether the function that the distribution runs is the one of the design, and published.
func runsItsFunction(t *testing.T, s *site) {
	client := newClients(s.local).CloudFront
	distributions := must[*cloudfront.ListDistributionsOutput](t)(client.ListDistributions(t.Context(), &cloudfront.ListDistributionsInput{}))
	of := distributions.DistributionList.Items[0].DefaultCacheBehavior.FunctionAssociations.Items[0]
	live := must[*cloudfront.GetFunctionOutput](t)(client.GetFunction(t.Context(), &cloudfront.GetFunctionInput{
		Name: aws.String("order-bot-global-frontend"), Stage: "LIVE",
	}))
	has(t, "the function", string(live.FunctionCode), `const site = { domain: "app.example.com", redirected: "www.example.com", previews: "", pages: "one" };`)
	same(t, "when it runs", []string{string(of.EventType), *of.FunctionARN}, []string{"viewer-request", "arn:aws:cloudfront::" + accountOfTests + ":function/order-bot-global-frontend"})
}

// A new input or a new option has a row, too.
func TestEveryInputAndOptionIsChanged(t *testing.T) {
	for stack, rows := range changesOf {
		names := slices.Collect(maps.Keys(must[*stackjson.Stack](t)(stackjson.Read(filepath.Join(synthesized, "stacks", stack))).Variable))
		for _, option := range options.All[stack] {
			names = append(names, option.Name())
		}
		for _, name := range names {
			if !slices.ContainsFunc(rows, func(c trial) bool { return c.of == name || c.name() == name }) {
				t.Errorf("%s: no row changes %s: add one to changes_test.go", stack, name)
			}
		}
	}
}

// Each change is made once, on stacks that are deployed: it works in place, or the guard refuses it before anything is touched, and says how to do
// it. It is made with each engine where the engine has something to do. What is left is the provider's, which is the same for both; that both read
// the configuration is seen in TestRealServicesAreDeployed.
func TestChanges(t *testing.T) {
	t.Parallel()
	designs := synthesizeChanges(t)
	// Side by side, as half of it is waiting. Parallel subtests would come after all other tests, and these take the longest.
	var all sync.WaitGroup
	for _, binary := range engines {
		for _, stack := range []string{"global", "prod"} {
			all.Go(func() {
				t.Run(filepath.Base(binary)+"/"+stack, func(t *testing.T) { changeAll(t, binary, stack, designs) })
			})
		}
	}
	all.Wait()
}

// changeAll makes the changes of a stack: each begins and ends with what is deployed first. Two rows are made at a time, each in an AWS of its
// own, as the long waits of one would be those of all.
func changeAll(t *testing.T, binary, stack, designs string) {
	first := openSite(t, binary, stack)
	if err := first.tf.Apply(t.Context()); err != nil {
		t.Fatal(err)
	}
	todo := make(chan func(*site))
	var all sync.WaitGroup
	for _, s := range []*site{first, first.copy(t)} {
		all.Go(func() {
			for try := range todo {
				try(s)
			}
			t.Run("and back", func(t *testing.T) {
				s.write(t, s.base, nil)
				s.unchanged(t, "a plan after all changes")
			})
		})
	}
	for i, c := range rows(stack) {
		if binary != engines[0] && !c.ordered() {
			continue
		}
		todo <- func(s *site) {
			t.Run(c.name(), func(t *testing.T) {
				if c.apart {
					s = s.copy(t)
				}
				s.try(t, c, filepath.Join(designs, stack, fmt.Sprint(i)))
			})
		}
	}
	close(todo)
	all.Wait()
}

// ordered tells whether the engine, and not the provider alone, has something to do in a row: what depends on what is created and destroyed,
// or the conditions that come after it.
func (c trial) ordered() bool {
	if c.once {
		return false
	}
	return c.fails != "" || c.tofu != nil || slices.ContainsFunc(c.want, func(line string) bool { return !strings.HasPrefix(line, "change ") })
}

// rows are the rows of a stack as they are run: those that pass in place, and touch nothing in common,
// go together. Each engine takes seconds for a plan, whatever it holds.
func rows(stack string) []trial {
	var all []trial
	for _, row := range changesOf[stack] {
		if option := slices.IndexFunc(options.All[stack], func(o options.Option) bool { return o.Name() == row.name() }); option >= 0 {
			row.design = options.All[stack][option].Design
		}
		with := slices.IndexFunc(all, func(c trial) bool { return c.goesWith(row) })
		if with < 0 {
			all = append(all, row)
			continue
		}
		c := &all[with]
		c.what = strings.TrimSpace(c.what + " and " + row.name())
		c.want, c.allowed, c.back = slices.Concat(c.want, row.want), slices.Concat(c.allowed, row.allowed), slices.Concat(c.back, row.back)
		c.inputs, c.refused = union(c.inputs, row.inputs), union(c.refused, row.refused)
		if first := c.design; first == nil {
			c.design = row.design
		} else if row.design != nil {
			c.design = func(d *stacks.Design) { first(d); row.design(d) }
		}
	}
	return all
}

// union is what either map has; nil if none has anything.
func union[V any](one, other map[string]V) map[string]V {
	if len(one)+len(other) == 0 {
		return nil
	}
	all := maps.Clone(one)
	if all == nil {
		all = map[string]V{}
	}
	maps.Copy(all, other)
	return all
}

// passes tells whether a row is applied, and has nothing of its own before, after or beside that.
func (c trial) passes() bool {
	for address := range c.refused {
		if !slices.Contains(c.allowed, address) {
			return false
		}
	}
	return c.tofu == nil && c.after == nil && c.texts == nil && c.fails == "" && c.unplanned == "" && !c.apart
}

// goesWith tells whether another row can be in one plan with this one, which may be several by then.
func (c trial) goesWith(other trial) bool {
	if other.inputs != nil && other.design != nil {
		return false // it may have other variables
	}
	for name := range other.inputs {
		if _, both := c.inputs[name]; both {
			return false
		}
	}
	return c.passes() && other.passes() && c.once == other.once && c.refresh == other.refresh && !slices.ContainsFunc(other.want, func(line string) bool {
		return slices.ContainsFunc(c.want, func(mine string) bool { return strings.Fields(mine)[1] == strings.Fields(line)[1] })
	})
}

// designsVariable says which designs this program, run once more, synthesizes, and after a colon to which directory. The fast start of jsii changes the environment of its process, which is not for the engines.
const designsVariable = "ORDER_BOT_DESIGNS"

func synthesizeChanges(t *testing.T) string {
	t.Helper()
	return synthesizeApart(t, "changes")
}

// synthesizeApart runs this program once more, to synthesize the designs of a kind into the directory that it returns.
func synthesizeApart(t *testing.T, kind string) string {
	t.Helper()
	out := t.TempDir()
	command := exec.CommandContext(t.Context(), must[string](t)(os.Executable()))
	command.Env = append(os.Environ(), designsVariable+"="+kind+":"+out)
	if text, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return out
}

func writeDesigns(what string) error {
	stop := fastjsii.Start()
	defer stop()
	settings, err := os.ReadFile("../../cdktf.json")
	if err != nil {
		return err
	}
	kind, out, _ := strings.Cut(what, ":")
	if kind == "real" {
		return errors.Join(
			stacks.Synth(settings, realservices.Design, filepath.Join(out, "design")),
			stacks.Synth(settings, realservices.Changed(), filepath.Join(out, "changed")),
		)
	}
	if kind == "network" {
		var problems []error
		for _, way := range waysOut {
			problems = append(problems, stacks.Synth(settings, networkOf(way), filepath.Join(out, string(way))))
		}
		return errors.Join(problems...)
	}
	if kind == "later" {
		return stacks.Synth(settings, laterstate.Design, out)
	}
	for _, stack := range []string{"global", "prod"} {
		for i, c := range rows(stack) {
			if c.design == nil {
				continue
			}
			d := options.New()
			c.design(d)
			dir := filepath.Join(out, stack, fmt.Sprint(i))
			if err := os.MkdirAll(dir, 0o700); err != nil {
				return err
			}
			if err := stacks.Synth(settings, *d, dir); err != nil {
				return fmt.Errorf("%s: %w", c.name(), err)
			}
		}
	}
	return nil
}

// site is a stack in an AWS of its own.
type site struct {
	engine, stack string
	// project is the directory that holds cdktf.out.
	project string
	local   *localaws.Emulator
	// dir is where the stack is, and the engine works.
	dir string
	tf  *tfexec.Terraform
	// base is the stack as it is synthesized without a change.
	base string
	// known are the values for the constants such as secondZone.
	known map[string]any
}

// openSite readies a stack for its first deploy.
func openSite(t *testing.T, binary, stack string) *site {
	t.Helper()
	started := newEmulator(t)
	s := &site{engine: binary, stack: stack, local: started, base: filepath.Join(synthesized, "stacks", stack)}

	client := newClients(started)
	certificate := func(region, domain string) string {
		issued := must[*acm.RequestCertificateOutput](t)(client.ACM.RequestCertificate(t.Context(),
			&acm.RequestCertificateInput{DomainName: &domain}, func(o *acm.Options) { o.Region = region }))
		return *issued.CertificateArn
	}
	zone := must[*route53.CreateHostedZoneOutput](t)(client.Route53.CreateHostedZone(t.Context(),
		&route53.CreateHostedZoneInput{Name: aws.String("example.com"), CallerReference: aws.String("second")})).HostedZone
	newBucketOf(t, started, options.BucketOfLogs, s3types.ObjectOwnershipBucketOwnerPreferred)
	letBalancersLog(t, started, options.BucketOfLogs, "prod/")
	givenIn(t, started, "role/shared-task", "fs-0123456789abcdef0", "fs-0123456789abcdef0/fsap-0123456789abcdef0")
	s.known = map[string]any{
		secondZone:        strings.TrimPrefix(*zone.Id, "/hostedzone/"),
		secondCertificate: certificate("ap-northeast-1", "*.example.com"),
		otherCertificate:  certificate("us-east-1", "*.other.org"),
		wildcard:          certificate("us-east-1", "*.example.com"),
		privateSubnets:    started.Variables["prod"]["private_subnet_ids"],
		onePrivateSubnet:  started.Variables["prod"]["private_subnet_ids"].([]any)[:1],
	}

	s.open(t)
	return s
}

// givenIn makes what a design names and others have made.
func givenIn(t *testing.T, local *localaws.Emulator, names ...string) {
	t.Helper()
	var subnets []string
	for _, id := range local.Seeded["private_subnet_ids"].([]any) {
		subnets = append(subnets, id.(string))
	}
	if err := local.MakeUp(t.Context(), subnets, names...); err != nil {
		t.Fatal(err)
	}
}

// copy is the stack once more, with all that AWS has of it.
func (s *site) copy(t *testing.T) *site {
	t.Helper()
	made := *s
	made.local = must[*localaws.Emulator](t)(s.local.Copy(t.Context()))
	t.Cleanup(func() { _ = made.local.Stop() })
	made.open(t)
	copyFile(t, filepath.Join(s.dir, "terraform.tfstate"), filepath.Join(made.dir, "terraform.tfstate"))
	return &made
}

// open readies the engine in a directory of its own.
func (s *site) open(t *testing.T) {
	t.Helper()
	s.project = t.TempDir()
	dir := filepath.Join(s.project, "cdktf.out", "stacks", s.stack)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	s.dir = dir
	s.write(t, s.base, nil)
	s.tf = openAttached(t, s.engine, dir, s.local.Environment())
}

// write puts a design, with other texts, and inputs in place.
func (s *site) write(t *testing.T, design string, inputs map[string]any, texts ...string) {
	t.Helper()
	stack := must[[]byte](t)(os.ReadFile(filepath.Join(design, "cdk.tf.json")))
	if err := os.WriteFile(filepath.Join(s.dir, "cdk.tf.json"), []byte(strings.NewReplacer(texts...).Replace(string(stack))), 0o600); err != nil {
		t.Fatal(err)
	}
	variables := maps.Clone(s.local.Variables[s.stack])
	for name, value := range inputs {
		if known, is := value.(string); is && s.known[known] != nil {
			value = s.known[known]
		}
		variables[name] = value
	}
	if err := s.local.Point(localaws.Target{Dir: s.dir, Variables: variables, LocalState: true, ProviderVersion: providerVersion()}); err != nil {
		t.Fatal(err)
	}
}

// apply applies a saved plan.
func (s *site) apply(t *testing.T, file string) error {
	return s.tf.Apply(t.Context(), tfexec.DirOrPlan(file))
}

func (s *site) try(t *testing.T, c trial, design string) {
	if c.design == nil {
		design = s.base
	} else {
		design = filepath.Join(design, "stacks", s.stack)
	}
	s.write(t, design, c.inputs, c.texts...)
	file := filepath.Join(t.TempDir(), "plan")
	if c.unplanned != "" {
		if _, err := s.tf.Plan(t.Context(), tfexec.Out(file)); err == nil || !strings.Contains(err.Error(), c.unplanned) {
			t.Errorf("the plan does not fail with %q: %v", c.unplanned, err)
		}
		return
	}
	report := s.plan(t, file, tfexec.Refresh(c.refresh))
	want := c.want
	if filepath.Base(s.tf.ExecPath()) == "tofu" {
		want = slices.Concat(want, c.tofu)
	}
	if got, want := sorted(lines(report)), sorted(want); !slices.Equal(got, want) {
		t.Errorf("it changes:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	compareRefusals(t, report.Refused(nil), c.refused)
	if left := report.Refused(c.allowed); len(left) > 0 {
		if c.allowed != nil {
			t.Errorf("refused although allowed: %+v", left)
		}
		return // and nothing is touched
	}
	err := s.apply(t, file)
	switch {
	case c.fails != "":
		if err == nil || !strings.Contains(spaces.ReplaceAllString(err.Error(), " "), c.fails) {
			t.Errorf("the deploy does not fail with %q: %v", c.fails, err)
		}
	case err != nil:
		t.Errorf("apply: %v", err)
	default:
		s.unchanged(t, "a second plan")
		if c.after != nil {
			c.after(t, s)
		}
	}

	if c.apart {
		return
	}
	s.write(t, s.base, nil)
	back := s.plan(t, file, tfexec.Refresh(false))
	if refused := back.Refused(c.back); len(refused) > 0 {
		t.Errorf("on the way back, the guard refuses %+v", refused)
	}
	leavesNothing(t, report, back)
	if err := s.apply(t, file); err != nil {
		t.Errorf("the way back: %v", err)
	}
}

// leavesNothing fails the test if the way back leaves an attribute as the way there has made it, and no kind says so: AWS keeps it, and nobody would be told.
func leavesNothing(t *testing.T, there, back *planguard.Report) {
	t.Helper()
	for _, change := range there.Changes {
		for _, attribute := range change.Attributes {
			undone := slices.ContainsFunc(back.Changes, func(c planguard.Change) bool {
				return c.Address == change.Address && (c.Action != planguard.Update || slices.Contains(c.Attributes, attribute))
			})
			known := slices.ContainsFunc(types.Of(change.Type).Kept, func(k types.Kept) bool { return k.Attribute[0] == attribute })
			if change.Action == planguard.Update && !undone && !known {
				t.Errorf("the way back leaves %s of %s: name it in the type's Kept in tool/kinds", attribute, change.Address)
			}
		}
	}
}

func (s *site) plan(t *testing.T, file string, options ...tfexec.PlanOption) *planguard.Report {
	t.Helper()
	if _, err := s.tf.Plan(t.Context(), append(options, tfexec.Out(file))...); err != nil {
		t.Fatal(err)
	}
	return planguard.Of(must[*tfjson.Plan](t)(s.tf.ShowPlanFile(t.Context(), file)))
}

// unchanged fails the test if a plan would change anything.
func (s *site) unchanged(t *testing.T, what string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "plan")
	if !must[bool](t)(s.tf.Plan(t.Context(), tfexec.Out(file))) {
		return // to show it would only take time
	}
	for _, change := range planguard.Of(must[*tfjson.Plan](t)(s.tf.ShowPlanFile(t.Context(), file))).Changes {
		t.Errorf("%s: %+v", what, change)
	}
}

func lines(report *planguard.Report) (all []string) {
	for _, change := range report.Changes {
		all = append(all, strings.TrimSpace(fmt.Sprintf("%s %s %s", change.Action, change.Address, strings.Join(change.Attributes, ", "))))
	}
	return all
}

// sorted puts lines in order, and the attributes of each: an engine names them in any order.
func sorted(lines []string) (all []string) {
	for _, line := range lines {
		words := strings.SplitN(line, " ", 3)
		if len(words) == 3 {
			attributes := strings.Split(words[2], ", ")
			slices.Sort(attributes)
			words[2] = strings.Join(attributes, ", ")
		}
		all = append(all, strings.Join(words, " "))
	}
	slices.Sort(all)
	return all
}

// dayAndNight is a service with two to four tasks by day, and one at night.
func dayAndNight(t *testing.T, s *site) {
	client := newClients(s.local).ECS
	is := func(clock string, want int32) {
		t.Helper()
		must[[]string](t)(s.local.ItIs(t.Context(), clock))
		described := must[*awsecs.DescribeServicesOutput](t)(client.DescribeServices(t.Context(),
			&awsecs.DescribeServicesInput{Cluster: aws.String("order-bot-prod-cluster"), Services: []string{"order-bot-svc"}}))
		same(t, "tasks at "+clock, described.Services[0].DesiredCount, want)
		s.unchanged(t, "a plan at "+clock)
	}
	is("18:00", 1)
	is("10:00", 2)
	must[*awsecs.UpdateServiceOutput](t)(client.UpdateService(t.Context(),
		&awsecs.UpdateServiceInput{Cluster: aws.String("order-bot-prod-cluster"), Service: aws.String("order-bot-svc"), DesiredCount: aws.Int32(3)}))
	is("10:00", 3) // it is between the limits
	is("18:00", 1)
}

// entersItsContainer fails the test unless a session can be opened in the service that has Exec now, and in no other one.
func entersItsContainer(t *testing.T, s *site) {
	state := must[*tfstate.State](t)(tfstate.Read([]byte(must[string](t)(s.tf.StatePull(t.Context())))))
	api := session.New(newClients(s.local).config)
	place := must[session.Place](t)(session.Find(t.Context(), api, state, session.Wanted{Stack: "prod", Service: "order-bot-mgmt-svc"}, time.Now()))
	opened, err := place.Open(t.Context(), api)
	if err != nil || !strings.HasPrefix(place.Target(), "ecs:order-bot-prod-cluster_"+place.In.ID()+"_"+place.In.ID()) || !strings.Contains(string(opened), `"tokenValue"`) {
		t.Errorf("the session in %s is %s, %v", place.Target(), opened, err)
	}
	_, err = session.Find(t.Context(), api, state, session.Wanted{Stack: "prod", Service: "order-bot-svc"}, time.Now())
	if err == nil || !strings.HasPrefix(err.Error(), "nobody can enter the containers of order-bot-svc: ") {
		t.Errorf("a service without Exec: %v", err)
	}
}

// reportsAtItsTime is a job that runs at its time, with the image and in the network of its service, while another one is switched off.
func reportsAtItsTime(t *testing.T, s *site) {
	client, cluster, family := newClients(s.local).ECS, aws.String("order-bot-prod-cluster"), aws.String("order-bot-prod-report")
	same(t, "what is started at 04:44", must[[]string](t)(s.local.ItIs(t.Context(), "04:44")), []string{"order-bot-prod-report"})
	var ended []string
	eventually(t, "the job has ended", func() bool {
		ended = must[*awsecs.ListTasksOutput](t)(client.ListTasks(t.Context(), &awsecs.ListTasksInput{Cluster: cluster, Family: family, DesiredStatus: "STOPPED"})).TaskArns
		return len(ended) == 1
	})
	task := must[*awsecs.DescribeTasksOutput](t)(client.DescribeTasks(t.Context(), &awsecs.DescribeTasksInput{Cluster: cluster, Tasks: ended})).Tasks[0]
	same(t, "how it has ended", []any{*task.Containers[0].ExitCode, *task.StartedBy, *task.CapacityProviderName}, []any{int32(0), "chronos-schedule/order-bot-prod-repo", "FARGATE_SPOT"})
	s.unchanged(t, "a plan after a run")

	// And now, with another command.
	state := must[*tfstate.State](t)(tfstate.Read([]byte(must[string](t)(s.tf.StatePull(t.Context())))))
	config := newClients(s.local).config
	api := runtask.New(config)
	run := must[runtask.Task](t)(runtask.Of(t.Context(), api, state, "report", "", []string{"echo", "by hand;", "exit", "4"}))
	var log strings.Builder
	code := must[int](t)(run.Run(t.Context(), api, runtask.Output{Log: &log, Say: func(string) {}, Wait: func(string) {}}))
	same(t, "a run by hand", []any{code, log.String()}, []any{4, "by hand\n"})
	report := must[*status.Report](t)(observe.Stack(t.Context(), config, "prod", state, nil, stackjson.Backend{Bucket: s.local.StateBucket, Key: "prod", Region: "ap-northeast-1"}))
	var runs []int
	for _, run := range report.Jobs[1].Runs {
		runs = append(runs, *run.ExitCode)
	}
	same(t, "the last runs of "+report.Jobs[1].Name, runs, []int{4, 0})
}

// fromPortToPort is a service that has moved to another port, and leaves the previous one in the next deploy: the running tasks
// are reachable all the time.
func fromPortToPort(t *testing.T, s *site) {
	client := newClients(s.local)
	open := func(when string, want ...int) {
		t.Helper()
		var ports []int
		for _, permission := range client.EC2.groups(t, "group-name", "order-bot-prod-app-sg")[0].in("ipPermissions", "item") {
			ports = append(ports, must[int](t)(strconv.Atoi(permission.first("fromPort"))))
		}
		slices.Sort(ports)
		same(t, "open ports "+when, ports, want)
	}
	open("with the previous one", 5432, 8000, 8080, 9000)

	s.write(t, s.base, map[string]any{"order_bot_port": 9000, "order_bot_environment": map[string]string{"PORT": "9000"}})
	file := filepath.Join(t.TempDir(), "plan")
	report := s.plan(t, file)
	same(t, "what closes the previous one", lines(report), []string{"change aws_security_group.security_group_app ingress"})
	compareRefusals(t, report.Refused(nil), nil)
	if err := s.apply(t, file); err != nil {
		t.Errorf("apply: %v", err)
	}
	open("without the previous one", 5432, 8080, 9000)
	s.unchanged(t, "a plan without the previous port")
}

func compareRefusals(t *testing.T, got []planguard.Refusal, want map[string]string) {
	t.Helper()
	for _, refusal := range got {
		part, never := strings.CutSuffix(want[refusal.Address], "!")
		if want[refusal.Address] == "" {
			t.Errorf("refused: %s: %s (never: %v)", refusal.Address, refusal.Reason, refusal.Never)
		} else if !slices.ContainsFunc(got, func(r planguard.Refusal) bool {
			return r.Address == refusal.Address && r.Never == never && strings.Contains(r.Reason, part)
		}) {
			t.Errorf("%s is not refused because of %q (never: %v), but: %s (never: %v)", refusal.Address, part, never, refusal.Reason, refusal.Never)
		}
	}
	for address := range want {
		if !slices.ContainsFunc(got, func(r planguard.Refusal) bool { return r.Address == address }) {
			t.Errorf("%s is not refused", address)
		}
	}
}
