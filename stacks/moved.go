package stacks

// The addresses that the HCL project had, for those who adopt its state. Delete this file, and
// what stack.go does with moves, when nobody has such a state any more.

// move tells Terraform that what its state has at one address is now at another.
// https://developer.hashicorp.com/terraform/language/modules/develop/refactoring
type move struct{ from, to string }

// moves are the moves into each stack, by its name.
var moves = map[string][]move{"global": {
	{`module.ecr.aws_ecr_repository.this["order-bot-svc"]`, "aws_ecr_repository.ecr_order-bot-svc_repository"},
	{`module.ecr.aws_ecr_repository.this["order-bot-mgmt-svc"]`, "aws_ecr_repository.ecr_order-bot-mgmt-svc_repository"},
	{`module.ecr.aws_ecr_repository.this["order-bot-frontend"]`, "aws_ecr_repository.ecr_order-bot-frontend_repository"},
	{`module.ecr.aws_ecr_lifecycle_policy.this["order-bot-svc"]`, "aws_ecr_lifecycle_policy.ecr_order-bot-svc_lifecycle_policy"},
	{`module.ecr.aws_ecr_lifecycle_policy.this["order-bot-mgmt-svc"]`, "aws_ecr_lifecycle_policy.ecr_order-bot-mgmt-svc_lifecycle_policy"},
	{`module.ecr.aws_ecr_lifecycle_policy.this["order-bot-frontend"]`, "aws_ecr_lifecycle_policy.ecr_order-bot-frontend_lifecycle_policy"},
	{"module.frontend.aws_s3_bucket.frontend", "aws_s3_bucket.frontend_bucket"},
	{"module.frontend.aws_s3_bucket_public_access_block.frontend", "aws_s3_bucket_public_access_block.frontend_public_access_block"},
	{"module.frontend.aws_s3_bucket_policy.frontend", "aws_s3_bucket_policy.frontend_bucket_policy"},
	{"module.frontend.aws_cloudfront_origin_access_control.this", "aws_cloudfront_origin_access_control.frontend_origin_access_control"},
	{"module.frontend.aws_cloudfront_distribution.this", "aws_cloudfront_distribution.frontend_distribution"},
	{"module.frontend.aws_route53_record.frontend_alias", "aws_route53_record.frontend_alias"},
}, "prod": {
	{"module.security_group.aws_security_group.alb", "aws_security_group.security_group_alb"},
	{"module.security_group.aws_security_group.app", "aws_security_group.security_group_app"},

	{"module.alb.aws_lb.this", "aws_lb.alb_load_balancer"},
	{"module.alb.aws_lb_listener.https", "aws_lb_listener.alb_https_listener"},
	{"module.alb.aws_lb_listener.http_redirect", "aws_lb_listener.alb_http_listener"},
	{"module.alb.aws_lb_target_group.orderbot", "aws_lb_target_group.alb_svc_target_group"},
	{"module.alb.aws_lb_target_group.orderbot_mgmt", "aws_lb_target_group.alb_mgmt_target_group"},
	{"module.alb.aws_lb_listener_rule.orderbot_by_host", "aws_lb_listener_rule.alb_svc_listener_rule"},
	{"module.alb.aws_lb_listener_rule.orderbot_mgmt_by_host", "aws_lb_listener_rule.alb_mgmt_listener_rule"},

	{"module.ecs.aws_ecs_cluster.this", "aws_ecs_cluster.ecs_cluster"},
	{"module.ecs.aws_iam_role.task_execution", "aws_iam_role.ecs_task_execution_role"},
	{"module.ecs.aws_iam_role_policy_attachment.task_exec_default", "aws_iam_role_policy_attachment.ecs_task_execution_policy"},
	{"module.ecs.aws_iam_role.task_role", "aws_iam_role.ecs_task_role"},
	{"module.ecs.aws_cloudwatch_log_group.svc", "aws_cloudwatch_log_group.ecs_svc_log_group"},
	{"module.ecs.aws_cloudwatch_log_group.mgmt", "aws_cloudwatch_log_group.ecs_mgmt_log_group"},
	{"module.ecs.aws_ecs_task_definition.svc", "aws_ecs_task_definition.ecs_svc_task_definition"},
	{"module.ecs.aws_ecs_task_definition.mgmt", "aws_ecs_task_definition.ecs_mgmt_task_definition"},
	{"module.ecs.aws_ecs_service.svc", "aws_ecs_service.ecs_svc_service"},
	{"module.ecs.aws_ecs_service.mgmt", "aws_ecs_service.ecs_mgmt_service"},
	{"module.ecs.aws_appautoscaling_target.svc", "aws_appautoscaling_target.ecs_svc_scalable_target"},
	{"module.ecs.aws_appautoscaling_target.mgmt", "aws_appautoscaling_target.ecs_mgmt_scalable_target"},

	{`module.schedule.aws_appautoscaling_scheduled_action.scale_up["order-bot-svc"]`, "aws_appautoscaling_scheduled_action.schedule_order-bot-svc_scale_up"},
	{`module.schedule.aws_appautoscaling_scheduled_action.scale_up["order-bot-mgmt-svc"]`, "aws_appautoscaling_scheduled_action.schedule_order-bot-mgmt-svc_scale_up"},
	{`module.schedule.aws_appautoscaling_scheduled_action.scale_down["order-bot-svc"]`, "aws_appautoscaling_scheduled_action.schedule_order-bot-svc_scale_down"},
	{`module.schedule.aws_appautoscaling_scheduled_action.scale_down["order-bot-mgmt-svc"]`, "aws_appautoscaling_scheduled_action.schedule_order-bot-mgmt-svc_scale_down"},
}}
