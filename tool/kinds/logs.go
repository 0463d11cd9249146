package kinds

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	tfjson "github.com/hashicorp/terraform-json"

	"github.com/order-bot/infra/tool/aws/cloudwatchlogs"
	"github.com/order-bot/infra/tool/iampolicy"
	"github.com/order-bot/infra/tool/tfvalue"
)

// logsTypes are the types of CloudWatch Logs.
var logsTypes = []Kind{
	{
		Type:     "aws_cloudwatch_log_group",
		Title:    "log group",
		Identity: []Part{{Attribute: "name", Same: exactly}},
		Unique:   "name",
		Find:     findLogGroup,
		Home:     "modules/ecs/logs.go",
		Spares:   spareLogs,
		Options:  map[string]string{"retention_in_days": "LogRetentionDays in design/environments.go"},
		Instead:  "its logs are deleted; copy what is needed first (aws logs create-export-task)",
		Losses: []Loss{
			{"skip_destroy", lacks(true), "a destroy would delete the logs, too"},
			{"retention_in_days", shorter, "older logs are deleted"},
		},
		Read: []Right{may(anything, "logs:DescribeLogGroups"), may(logGroups, "logs:ListTagsForResource")},
		Write: []Right{may(logGroups,
			"logs:CreateLogGroup", "logs:DeleteLogGroup", "logs:PutRetentionPolicy", "logs:DeleteRetentionPolicy", "logs:TagResource", "logs:UntagResource")},
	},
	{
		Type:        "aws_cloudwatch_log_resource_policy",
		Title:       "policy of log groups",
		Label:       attribute("policy_name"),
		Detail:      true,
		Identity:    []Part{{Attribute: "policy_name", Same: exactly}},
		Unique:      "policy_name",
		Find:        within("aws_cloudwatch_log_group", findLogPolicy),
		Home:        "modules/ecs/stopped.go",
		Instead:     "EventBridge writes nothing to the log group any more",
		Protections: limits("policy_document"),
		// These policies have no ARN.
		// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html
		Read:  []Right{may(anything, "logs:DescribeResourcePolicies")},
		Write: []Right{may(anything, "logs:PutResourcePolicy", "logs:DeleteResourcePolicy")},
	},
}

func logGroups(s Scope) iampolicy.Statement {
	return iampolicy.Allow("LogGroups", arns(s, folders(s.Names("aws_cloudwatch_log_group", "name")), "arn:aws:logs:REGION:ACCOUNT:log-group:NAME")).For(partly)
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

// findLogGroup: by name, which is unique in a region. Imported by name (cloudwatch_log_group.html.markdown).
func findLogGroup(ctx context.Context, f *Search, r Resource) (*Found, error) {
	client, name := cloudwatchlogs.New(f.Config), f.Value(r, "name")
	group, found, err := client.LogGroup(ctx, name)
	if err != nil || !found {
		return nil, err
	}
	tags, err := client.Tags(ctx, group)
	if err != nil {
		return nil, err
	}
	return f.tagged(r, &Found{ID: name}, tags)
}

// findLogPolicy: by name, which is unique in a region, and only where its log group is there, as it has no tags. Imported by name
// (cloudwatch_log_resource_policy.html.markdown).
func findLogPolicy(ctx context.Context, f *Search, r Resource, owner string) (*Found, error) {
	name := f.Value(r, "policy_name")
	names, err := cloudwatchlogs.New(f.Config).Policies(ctx)
	if err != nil || !slices.Contains(names, name) {
		return nil, err
	}
	return &Found{ID: name, Evidence: "lets AWS write to " + owner}, nil
}

// spareLogs tells whether a group is younger than its new retention, so that no log is deleted: one that was only partly set up keeps its logs for
// ever.
func spareLogs(ctx context.Context, config aws.Config, actions tfjson.Actions, planned map[string]any) (bool, error) {
	if !actions.Update() {
		return false, nil
	}
	name := fmt.Sprint(planned["name"])
	group, found, err := cloudwatchlogs.New(config).LogGroup(ctx, name)
	if err == nil && !found {
		err = errors.New("there is none")
	}
	if err != nil {
		return false, fmt.Errorf("log group %s: %w", name, err)
	}
	return time.Since(time.UnixMilli(group.Created)).Hours() < 24*tfvalue.Number(planned, "retention_in_days"), nil
}
