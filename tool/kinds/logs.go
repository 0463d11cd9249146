package kinds

import (
	"path"
	"slices"

	"github.com/order-bot/infra/internal/iampolicy"
)

// logs are the types of CloudWatch Logs.
var logs = []Kind{
	{
		Type:     "aws_cloudwatch_log_group",
		None:     "Label Detail Unreadable Harmless Replaced Held Expires Protections Foresee Called ByPrefix Monthly",
		Title:    "log group",
		Step:     Compute,
		Identity: []Part{{Attribute: "name", Same: exactly}},
		Tagged:   true,
		Unique:   "name",
		Home:     "modules/ecs/logs.go",
		Options:  map[string]string{"retention_in_days": "LogRetentionDays in design/environments.go"},
		Instead:  "its logs are deleted; copy what is needed first (aws logs create-export-task)",
		Losses: []Loss{
			{"skip_destroy", lacks(true), "a destroy would delete the logs, too"},
			{"retention_in_days", shorter, "older logs are deleted"},
			{"kms_key_id", emptied, "it is encrypted in a weaker way"},
		},
		Read: []Right{may(anything, "logs:DescribeLogGroups"), may(logGroups, "logs:ListTagsForResource")},
		Write: []Right{may(logGroups,
			"logs:CreateLogGroup", "logs:DeleteLogGroup", "logs:PutRetentionPolicy", "logs:DeleteRetentionPolicy", "logs:TagResource", "logs:UntagResource")},
	},
}

func logGroups(s Scope) iampolicy.Statement {
	return iampolicy.Allow("LogGroups", arns(s, "logs", "log-group:%s", folders(s.Names("aws_cloudwatch_log_group", "name")))).For(partly)
}

// folders are the names of names, with a pattern for all that is in the same folder: "/ecs/order-bot-prod/*".
func folders(names []string) []string {
	var all []string
	for _, name := range names {
		if folder := path.Dir(name) + "/*"; !slices.Contains(all, folder) {
			all = append(all, folder)
		}
	}
	return all
}
