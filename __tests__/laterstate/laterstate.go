// Package laterstate has the design of the HCL project as it was some weeks later, when its team had gone on. Its states, in testdata, are
// adopted by it, which shows that the options say what the team needed.
package laterstate

import (
	"github.com/order-bot/infra/modules/alb"
	"github.com/order-bot/infra/modules/discovery"
	"github.com/order-bot/infra/modules/ecr"
	"github.com/order-bot/infra/modules/ecs"
	"github.com/order-bot/infra/modules/s3"
	"github.com/order-bot/infra/modules/schedule"
	"github.com/order-bot/infra/modules/securitygroup"
	"github.com/order-bot/infra/stacks"
)

// always is one task, round the clock: something outside AWS deploys twice a day.
var always = schedule.Hours{Always: schedule.Capacity{Min: 1, Max: 1}}

// Design is the design of that day.
var Design = stacks.Design{
	Global: stacks.Global{
		ECR: ecr.Config{Repositories: []string{"order-bot-svc", "order-bot-mgmt-svc", "order-bot-frontend"}, KeepAll: true, WithoutScan: true},
		Frontend: s3.Config{
			Cache: s3.Cache{Seconds: 300, Name: "order-bot-global-frontend-5m-ttl"},
			Headers: s3.Headers{
				Values: map[string]string{"Cache-Control": "public, max-age=300, s-maxage=300"}, WithoutSecurity: true, Name: "order-bot-global-frontend-cache-control-5m",
			},
			WithoutCompression: true,
		},
	},
	Environments: []stacks.Environment{{
		Name:   "prod",
		Groups: securitygroup.Groups{Endpoints: true},
		Names:  discovery.Names{Namespace: "internal", Description: "Service discovery for ECS services", TTLSeconds: 30, WithoutHealth: true, NameContainer: true},
		Services: []stacks.Service{
			{
				Key: "svc", Name: "order-bot-svc", Alias: "orderbot_alias", AliasByLabel: true, PrivateName: "orderbot",
				Variables: stacks.Variables{Domain: "orderbot_domain", Image: "order_bot_image", Port: "order_bot_port", Environment: "order_bot_environment"},
				Task:      ecs.Task{Port: 8000},
				HTTP: alb.HTTP{
					Priority: 20, Health: alb.Health{Path: "/orderbot/health/chk", Codes: "200-202"}, TargetGroup: "order-bot-prod-orderbot-tg",
				},
				Hours: always,
			},
			{
				Key: "mgmt", Name: "order-bot-mgmt-svc", Alias: "orderbot_mgmt_alias", AliasByLabel: true, PrivateName: "orderbotmgmt",
				Variables: stacks.Variables{Domain: "orderbot_mgmt_domain", Image: "order_bot_mgmt_image", Port: "order_bot_mgmt_port", Environment: "order_bot_mgmt_environment"},
				Task:      ecs.Task{Port: 8080},
				HTTP: alb.HTTP{
					Priority: 10, Health: alb.Health{Path: "/orderbotmgmt/health/chk", Codes: "200-202"}, TargetGroup: "order-bot-prod-orderbot-mgmt-tg",
				},
				Hours: always,
			},
		},
	}},
	Moves: []map[string][]stacks.Move{moves},
}

// moves are the addresses of that day.
var moves = map[string][]stacks.Move{"global": {
	{From: `module.ecr.aws_ecr_repository.this["order-bot-svc"]`, To: "aws_ecr_repository.ecr_order-bot-svc_repository"},
	{From: `module.ecr.aws_ecr_repository.this["order-bot-mgmt-svc"]`, To: "aws_ecr_repository.ecr_order-bot-mgmt-svc_repository"},
	{From: `module.ecr.aws_ecr_repository.this["order-bot-frontend"]`, To: "aws_ecr_repository.ecr_order-bot-frontend_repository"},
	{From: "module.frontend.aws_s3_bucket.frontend", To: "aws_s3_bucket.frontend_bucket"},
	{From: "module.frontend.aws_s3_bucket_public_access_block.frontend", To: "aws_s3_bucket_public_access_block.frontend_public_access_block"},
	{From: "module.frontend.aws_s3_bucket_policy.frontend", To: "aws_s3_bucket_policy.frontend_bucket_policy"},
	{From: "module.frontend.aws_cloudfront_origin_access_control.this", To: "aws_cloudfront_origin_access_control.frontend_origin_access_control"},
	{From: "module.frontend.aws_cloudfront_cache_policy.frontend_5m_ttl", To: "aws_cloudfront_cache_policy.frontend_cache_policy"},
	{From: "module.frontend.aws_cloudfront_response_headers_policy.frontend_cache_control_5m", To: "aws_cloudfront_response_headers_policy.frontend_response_headers_policy"},
	{From: "module.frontend.aws_cloudfront_distribution.this", To: "aws_cloudfront_distribution.frontend_distribution"},
	{From: "module.frontend.aws_route53_record.frontend_alias", To: "aws_route53_record.frontend_alias"},
}, "prod": {
	{From: "aws_route53_record.orderbot_alias[0]", To: "aws_route53_record.orderbot_alias"},
	{From: "aws_route53_record.orderbot_mgmt_alias[0]", To: "aws_route53_record.orderbot_mgmt_alias"},
	{From: "module.security_group.aws_security_group.alb", To: "aws_security_group.security_group_alb"},
	{From: "module.security_group.aws_security_group.app", To: "aws_security_group.security_group_app"},
	{From: "module.alb[0].aws_lb.this", To: "aws_lb.alb_load_balancer"},
	{From: "module.alb[0].aws_lb_listener.https", To: "aws_lb_listener.alb_https_listener"},
	{From: "module.alb[0].aws_lb_listener.http_redirect", To: "aws_lb_listener.alb_http_listener"},
	{From: "module.alb[0].aws_lb_target_group.orderbot", To: "aws_lb_target_group.alb_svc_target_group"},
	{From: "module.alb[0].aws_lb_target_group.orderbot_mgmt", To: "aws_lb_target_group.alb_mgmt_target_group"},
	{From: "module.alb[0].aws_lb_listener_rule.orderbot_by_host", To: "aws_lb_listener_rule.alb_svc_listener_rule"},
	{From: "module.alb[0].aws_lb_listener_rule.orderbot_mgmt_by_host", To: "aws_lb_listener_rule.alb_mgmt_listener_rule"},
	{From: "module.ecs.aws_ecs_cluster.this", To: "aws_ecs_cluster.ecs_cluster"},
	{From: "module.ecs.aws_iam_role.task_execution", To: "aws_iam_role.ecs_task_execution_role"},
	{From: "module.ecs.aws_iam_role_policy_attachment.task_exec_default", To: "aws_iam_role_policy_attachment.ecs_task_execution_policy"},
	{From: "module.ecs.aws_iam_role.task_role", To: "aws_iam_role.ecs_task_role"},
	{From: "module.ecs.aws_cloudwatch_log_group.orderbot", To: "aws_cloudwatch_log_group.ecs_svc_log_group"},
	{From: "module.ecs.aws_cloudwatch_log_group.orderbot_mgmt", To: "aws_cloudwatch_log_group.ecs_mgmt_log_group"},
	{From: "module.ecs.aws_ecs_task_definition.orderbot", To: "aws_ecs_task_definition.ecs_svc_task_definition"},
	{From: "module.ecs.aws_ecs_task_definition.orderbot_mgmt", To: "aws_ecs_task_definition.ecs_mgmt_task_definition"},
	{From: "module.ecs.aws_ecs_service.orderbot", To: "aws_ecs_service.ecs_svc_service"},
	{From: "module.ecs.aws_ecs_service.orderbot_mgmt", To: "aws_ecs_service.ecs_mgmt_service"},
	{From: "module.ecs.aws_service_discovery_private_dns_namespace.internal", To: "aws_service_discovery_private_dns_namespace.discovery_namespace"},
	{From: "module.ecs.aws_service_discovery_service.orderbot", To: "aws_service_discovery_service.discovery_svc_service"},
	{From: "module.ecs.aws_service_discovery_service.orderbot_mgmt", To: "aws_service_discovery_service.discovery_mgmt_service"},
}}
