package kinds

// logs are the types of CloudWatch Logs.
var logs = []Kind{
	{
		Type:     "aws_cloudwatch_log_group",
		None:     "Label Detail Unreadable Harmless Replaced Held Expires Protections",
		Title:    "log group",
		Identity: []Part{{Attribute: "name", Same: exactly}},
		Unique:   "name",
		Home:     "modules/ecs/logs.go",
		Options:  map[string]string{"retention_in_days": "LogRetentionDays in design/environments.go"},
		Instead:  "its logs are deleted; copy what is needed first (aws logs create-export-task)",
		Losses: []Loss{
			{"skip_destroy", lacks(true), "a destroy would delete the logs, too"},
			{"retention_in_days", shorter, "older logs are deleted"},
			{"kms_key_id", emptied, "it is encrypted in a weaker way"},
		},
	},
}
