// Package adoption has the addresses of the HCL project, for those who adopt its states. Delete this folder, and its name in
// design/design.go, when nobody has such a state any more.
package adoption

import (
	"github.com/order-bot/infra/stacks"
)

// Moves are the moves into each stack, by its name.
var Moves = map[string][]stacks.Move{"global": {
	{From: `module.ecr.aws_ecr_repository.this["order-bot-svc"]`, To: "aws_ecr_repository.ecr_order-bot-svc_repository"},
	{From: `module.ecr.aws_ecr_repository.this["order-bot-mgmt-svc"]`, To: "aws_ecr_repository.ecr_order-bot-mgmt-svc_repository"},
	{From: `module.ecr.aws_ecr_repository.this["order-bot-frontend"]`, To: "aws_ecr_repository.ecr_order-bot-frontend_repository"},
	{From: `module.ecr.aws_ecr_lifecycle_policy.this["order-bot-svc"]`, To: "aws_ecr_lifecycle_policy.ecr_order-bot-svc_lifecycle_policy"},
	{From: `module.ecr.aws_ecr_lifecycle_policy.this["order-bot-mgmt-svc"]`, To: "aws_ecr_lifecycle_policy.ecr_order-bot-mgmt-svc_lifecycle_policy"},
	{From: `module.ecr.aws_ecr_lifecycle_policy.this["order-bot-frontend"]`, To: "aws_ecr_lifecycle_policy.ecr_order-bot-frontend_lifecycle_policy"},
	{From: "module.frontend.aws_s3_bucket.frontend", To: "aws_s3_bucket.frontend_bucket"},
	{From: "module.frontend.aws_s3_bucket_public_access_block.frontend", To: "aws_s3_bucket_public_access_block.frontend_public_access_block"},
	{From: "module.frontend.aws_s3_bucket_policy.frontend", To: "aws_s3_bucket_policy.frontend_bucket_policy"},
	{From: "module.frontend.aws_cloudfront_origin_access_control.this", To: "aws_cloudfront_origin_access_control.frontend_origin_access_control"},
	{From: "module.frontend.aws_cloudfront_distribution.this", To: "aws_cloudfront_distribution.frontend_distribution"},
	{From: "module.frontend.aws_route53_record.frontend_alias", To: "aws_route53_record.frontend_alias"},
}, "prod": {
	{From: "module.security_group.aws_security_group.alb", To: "aws_security_group.security_group_alb"},
	{From: "module.security_group.aws_security_group.app", To: "aws_security_group.security_group_app"},

	{From: "module.alb.aws_lb.this", To: "aws_lb.alb_load_balancer"},
	{From: "module.alb.aws_lb_listener.https", To: "aws_lb_listener.alb_https_listener"},
	{From: "module.alb.aws_lb_listener.http_redirect", To: "aws_lb_listener.alb_http_listener"},
	{From: "module.alb.aws_lb_target_group.orderbot", To: "aws_lb_target_group.alb_svc_target_group"},
	{From: "module.alb.aws_lb_target_group.orderbot_mgmt", To: "aws_lb_target_group.alb_mgmt_target_group"},
	{From: "module.alb.aws_lb_listener_rule.orderbot_by_host", To: "aws_lb_listener_rule.alb_svc_listener_rule"},
	{From: "module.alb.aws_lb_listener_rule.orderbot_mgmt_by_host", To: "aws_lb_listener_rule.alb_mgmt_listener_rule"},

	{From: "module.ecs.aws_ecs_cluster.this", To: "aws_ecs_cluster.ecs_cluster"},
	{From: "module.ecs.aws_iam_role.task_execution", To: "aws_iam_role.ecs_task_execution_role"},
	{From: "module.ecs.aws_iam_role_policy_attachment.task_exec_default", To: "aws_iam_role_policy_attachment.ecs_task_execution_policy"},
	{From: "module.ecs.aws_iam_role.task_role", To: "aws_iam_role.ecs_task_role"},
	{From: "module.ecs.aws_cloudwatch_log_group.svc", To: "aws_cloudwatch_log_group.ecs_svc_log_group"},
	{From: "module.ecs.aws_cloudwatch_log_group.mgmt", To: "aws_cloudwatch_log_group.ecs_mgmt_log_group"},
	{From: "module.ecs.aws_ecs_task_definition.svc", To: "aws_ecs_task_definition.ecs_svc_task_definition"},
	{From: "module.ecs.aws_ecs_task_definition.mgmt", To: "aws_ecs_task_definition.ecs_mgmt_task_definition"},
	{From: "module.ecs.aws_ecs_service.svc", To: "aws_ecs_service.ecs_svc_service"},
	{From: "module.ecs.aws_ecs_service.mgmt", To: "aws_ecs_service.ecs_mgmt_service"},
	{From: "module.ecs.aws_appautoscaling_target.svc", To: "aws_appautoscaling_target.ecs_svc_scalable_target"},
	{From: "module.ecs.aws_appautoscaling_target.mgmt", To: "aws_appautoscaling_target.ecs_mgmt_scalable_target"},

	{From: `module.schedule.aws_appautoscaling_scheduled_action.scale_up["order-bot-svc"]`, To: "aws_appautoscaling_scheduled_action.schedule_order-bot-svc_scale_up"},
	{From: `module.schedule.aws_appautoscaling_scheduled_action.scale_up["order-bot-mgmt-svc"]`, To: "aws_appautoscaling_scheduled_action.schedule_order-bot-mgmt-svc_scale_up"},
	{From: `module.schedule.aws_appautoscaling_scheduled_action.scale_down["order-bot-svc"]`, To: "aws_appautoscaling_scheduled_action.schedule_order-bot-svc_scale_down"},
	{From: `module.schedule.aws_appautoscaling_scheduled_action.scale_down["order-bot-mgmt-svc"]`, To: "aws_appautoscaling_scheduled_action.schedule_order-bot-mgmt-svc_scale_down"},
}}
