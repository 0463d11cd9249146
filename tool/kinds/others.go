package kinds

import (
	"strings"
)

// others are types that no stack has yet. What is known of them guards the first one that a stack gets. It then moves to the file of its
// service, and says the rest.
var others = []Kind{
	{
		Type:     "aws_db_instance",
		Identity: []Part{{Attribute: "identifier", Same: strings.EqualFold}},
	},
	{
		Type:     "aws_dynamodb_table",
		Identity: []Part{{Attribute: "name", Same: nameOrARN}},
	},
	{
		Type:     "aws_lambda_function",
		Identity: []Part{{Attribute: "function_name", Same: nameOrARN}},
	},
	{
		Type:     "aws_rds_cluster",
		Identity: []Part{{Attribute: "cluster_identifier", Same: strings.EqualFold}},
	},
	{
		Type:     "aws_secretsmanager_secret",
		Identity: []Part{{Attribute: "name", Same: exactly}},
	},
	{
		Type:     "aws_sns_topic",
		Identity: []Part{{Attribute: "name", Same: exactly}},
	},
	{
		Type:     "aws_sqs_queue",
		Identity: []Part{{Attribute: "name", Same: exactly}},
	},
}
