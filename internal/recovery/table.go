package recovery

import "context"

// row finds what AWS has of a resource. It returns nil if that is nothing, and a *Refusal if what has the
// resource's name is not ours.
type row func(context.Context, *finder, resource) (*Found, error)

// table has a row for each resource type of the stacks. How the provider imports a type is in its documentation:
// hashicorp/terraform-provider-aws, website/docs/r, in the file of the type's name without aws_, under "Import".
var table = map[string]row{
	"aws_acm_certificate":                         certificate,
	"aws_acm_certificate_validation":              wait,
	"aws_appautoscaling_policy":                   scalingPolicy,
	"aws_appautoscaling_scheduled_action":         scheduledAction,
	"aws_appautoscaling_target":                   scalableTarget,
	"aws_cloudfront_cache_policy":                 cachePolicy,
	"aws_cloudfront_response_headers_policy":      headersPolicy,
	"aws_cloudfront_distribution":                 distribution,
	"aws_cloudfront_function":                     function,
	"aws_cloudfront_origin_access_control":        accessControl,
	"aws_cloudwatch_event_rule":                   eventRule,
	"aws_cloudwatch_event_target":                 eventTarget,
	"aws_cloudwatch_metric_alarm":                 alarm,
	"aws_cloudwatch_log_group":                    logGroup,
	"aws_ecr_lifecycle_policy":                    lifecyclePolicy,
	"aws_ecr_repository":                          repository,
	"aws_ecs_cluster":                             cluster,
	"aws_ecs_cluster_capacity_providers":          capacityProviders,
	"aws_ecs_service":                             service,
	"aws_ecs_task_definition":                     taskDefinition,
	"aws_eip":                                     address,
	"aws_iam_role":                                role,
	"aws_iam_role_policy":                         rolePolicy,
	"aws_iam_role_policy_attachment":              policyAttachment,
	"aws_internet_gateway":                        internetGateway,
	"aws_lb":                                      loadBalancer,
	"aws_lb_listener":                             listener,
	"aws_lb_listener_rule":                        listenerRule,
	"aws_lb_target_group":                         targetGroup,
	"aws_nat_gateway":                             natGateway,
	"aws_route53_record":                          record,
	"aws_route_table":                             routeTable,
	"aws_route_table_association":                 tableOfSubnet,
	"aws_s3_bucket":                               bucket,
	"aws_s3_bucket_policy":                        bucketPolicy,
	"aws_s3_bucket_public_access_block":           publicAccessBlock,
	"aws_scheduler_schedule":                      scheduled,
	"aws_security_group":                          securityGroup,
	"aws_service_discovery_private_dns_namespace": namespace,
	"aws_service_discovery_service":               privateName,
	"aws_sns_topic":                               topic,
	"aws_sns_topic_policy":                        topicPolicy,
	"aws_sns_topic_subscription":                  topicReader,
	"aws_subnet":                                  subnet,
	"aws_vpc":                                     network,
	"aws_vpc_endpoint":                            endpoint,
}
