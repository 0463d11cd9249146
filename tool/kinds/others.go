package kinds

import "strings"

// othersTypes are types that no stack has yet. What is known of them guards the first one that a stack gets. It then moves to the file of its
// service, and says the rest.
var othersTypes = []Kind{
	{Type: "aws_api_gateway_method", Losses: []Loss{{"authorization", gains("NONE"), unsigned}}},
	{Type: "aws_apigatewayv2_route", Losses: []Loss{signIn}},
	{Type: "aws_backup_plan", Losses: []Loss{{"rule.lifecycle.delete_after", shorter, fewBackups}, {"rule", fewer, "there are fewer backups"}}},
	{
		Type: "aws_cloudtrail",
		Losses: []Loss{
			{"enable_logging", lacks(true), unlogged},
			{"is_multi_region_trail", lacks(true), "what happens in other regions is not logged any more"},
			{"enable_log_file_validation", lacks(true), "nobody can prove any more that a log was not changed"},
		},
	},
	{Type: "aws_cloudwatch_composite_alarm", Losses: alarm},
	{Type: "aws_cognito_user_pool", Losses: []Loss{{"mfa_configuration", lacks("ON"), "a password is enough to sign in"}}},
	{Type: "aws_config_configuration_recorder_status", Losses: []Loss{{"is_enabled", lacks(true), unseen}}},
	{
		Type:     "aws_db_instance",
		Identity: []Part{{Attribute: "identifier", Same: strings.EqualFold}},
		Unique:   "name",
		Losses: []Loss{
			monitoring, databasePort, databaseGroups, databaseIAM, databasePublic, databaseName,
			{"replicate_source_db", emptied, "it is a database of its own then, and follows the other one no more"},
		},
	},
	{Type: "aws_docdb_cluster", Losses: []Loss{databasePort, databaseGroups}},
	{
		Type:     "aws_dynamodb_table",
		Identity: []Part{{Attribute: "name", Same: nameOrARN}},
		Unique:   "name",
		Losses: []Loss{
			{"point_in_time_recovery", lacks(true), "the table cannot go back in time any more"},
			{"replica", fewer, "a copy of the table is deleted"},
			{"global_secondary_index", fewer, "an index is deleted, and who reads by it gets an error"},
			{"ttl.enabled", switchedOn, "items whose time is over are deleted"},
			{"stream_enabled", lacks(true), "who follows its changes hears of none any more"},
		},
	},
	{Type: "aws_efs_backup_policy", Losses: []Loss{{"backup_policy", lacks("ENABLED"), "there are no backups any more"}}},
	{Type: "aws_eks_cluster", Losses: []Loss{{"vpc_config.endpoint_public_access", lacks(true), "who reaches it from the internet is cut off"}}},
	{Type: "aws_elasticache_cluster", Losses: []Loss{{"num_cache_nodes", lower, "what a node holds is lost"}}},
	{Type: "aws_elasticache_replication_group", Losses: []Loss{{"num_node_groups", lower, "what a node holds is lost"}}},
	{Type: "aws_guardduty_detector", Losses: []Loss{{"enable", lacks(true), unseen}}},
	{Type: "aws_kinesis_stream", Losses: []Loss{{"retention_period", lower, "older records are deleted"}}},
	{Type: "aws_kms_external_key", Losses: []Loss{keyEnabled, {"enabled", lacks(true), "nobody reads what is encrypted with it any more"}}, Protections: []Loss{{"enabled", gains(true), actsAgain}}},
	{Type: "aws_kms_key", Losses: []Loss{keyEnabled}, Protections: []Loss{{"is_enabled", gains(true), actsAgain}}, Monthly: flat(keyMonthly)},
	{Type: "aws_lambda_event_source_mapping", Losses: []Loss{{"enabled", lacks(true), "events do not reach the function any more"}}, Protections: []Loss{{"enabled", gains(true), actsAgain}}},
	{
		Type:        "aws_lambda_function",
		Identity:    []Part{{Attribute: "function_name", Same: nameOrARN}},
		Unique:      "name",
		Losses:      []Loss{{"reserved_concurrent_executions", zero, "the function does not run any more"}},
		Protections: []Loss{{"reserved_concurrent_executions", func(before, after any) bool { return before == 0.0 && after != 0.0 }, actsAgain}},
	},
	{Type: "aws_lambda_function_url", Losses: []Loss{signIn}},
	{Type: "aws_neptune_cluster", Losses: []Loss{databasePort, databaseGroups, databaseIAM}},
	{
		Type:     "aws_rds_cluster",
		Identity: []Part{{Attribute: "cluster_identifier", Same: strings.EqualFold}},
		Unique:   "name",
		Losses: []Loss{
			{"backtrack_window", lower, "the cluster can go back less far"},
			monitoring,
			databasePort,
			databaseGroups,
			databaseIAM,
		},
	},
	{Type: "aws_rds_cluster_instance", Losses: []Loss{monitoring, databasePublic, databaseName}},
	{Type: "aws_redshift_cluster", Losses: []Loss{databasePort, databaseGroups}},
	{Type: "aws_secretsmanager_secret", Identity: []Part{{Attribute: "name", Same: exactly}}, Monthly: flat(secretMonthly)},
	{
		Type:     "aws_sqs_queue",
		Identity: []Part{{Attribute: "name", Same: exactly}},
		Losses: []Loss{
			{"message_retention_seconds", lower, "older messages are deleted"},
			{"redrive_policy", emptied, "messages that nobody can handle are lost"},
		},
	},
	{Type: "aws_sqs_queue_policy", Protections: limits("policy")},
	{Type: "aws_ssm_parameter", Losses: []Loss{{"type", lacks("SecureString"), "it is not encrypted any more"}}},
	{Type: "aws_wafv2_web_acl", Losses: []Loss{{"rule", fewer, "fewer requests are filtered"}, {"default_action.block", emptied, "what no rule is for is let through"}}},
}

// What several of them lose.
var (
	alarm = []Loss{
		{"actions_enabled", lacks(true), "the alarm tells nobody"},
		{"alarm_actions", fewer, "whom the alarm does not tell any more hears of nothing"},
	}
	databaseName   = Loss{"identifier", changed, "its address is another one, and who connects to the old one is cut off"}
	databasePort   = Loss{"port", changed, "who connects to the old port is cut off"}
	databaseGroups = Loss{"vpc_security_group_ids", emptied, "who reaches it by its security groups is cut off"}
	databaseIAM    = Loss{"iam_database_authentication_enabled", lacks(true), "who signs in with IAM is cut off"}
	databasePublic = Loss{"publicly_accessible", lacks(true), "who reaches it from the internet is cut off"}
	keyEnabled     = Loss{"is_enabled", lacks(true), "nobody reads what is encrypted with it any more"}
	monitoring     = Loss{"monitoring_interval", zero, unseen}
	signIn         = Loss{"authorization_type", gains("NONE"), unsigned}
	scheduleOn     = Loss{"state", gains("ENABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"), actsAgain}
	scheduleState  = Loss{"state", lacks("ENABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"), "it does not act any more"}
)
