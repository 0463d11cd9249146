package kinds

// logs are the types of CloudWatch Logs.
var logs = []Kind{
	{
		Type:     "aws_cloudwatch_log_group",
		None:     "Label Detail",
		Title:    "log group",
		Identity: []Part{{Attribute: "name", Same: exactly}},
	},
}
