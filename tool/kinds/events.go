package kinds

import (
	"context"

	"github.com/order-bot/infra/tool/aws/eventbridge"
)

// eventsTypes are the types of EventBridge.
var eventsTypes = []Kind{
	{
		Type:        "aws_cloudwatch_event_rule",
		Title:       "event rule",
		Identity:    []Part{{Attribute: "name", Same: exactly}},
		Find:        findEventRule,
		Home:        "modules/alarms/events.go",
		Instead:     "nobody hears of it any more when this happens, and nothing keeps it",
		Losses:      []Loss{scheduleState, {"is_enabled", lacks(true), "it does not act any more"}},
		Protections: []Loss{scheduleOn},
		Read:        []Right{may(rules, "events:DescribeRule", "events:ListTagsForResource")},
		Write:       []Right{may(rules, "events:PutRule", "events:DeleteRule", "events:TagResource", "events:UntagResource")},
	},
	{
		Type:     "aws_cloudwatch_event_target",
		Title:    "target of an event rule",
		Label:    attribute("rule"),
		Detail:   true,
		Identity: []Part{{Attribute: "rule", Same: nameOrARN}, {Attribute: "target_id", Same: exactly}},
		Find:     within("aws_cloudwatch_event_rule", findEventTarget),
		Home:     "modules/alarms/events.go",
		Instead:  "nobody hears of it any more when this happens, and nothing keeps it",
		Read:     []Right{may(rules, "events:ListTargetsByRule")},
		Write:    []Right{may(rules, "events:PutTargets", "events:RemoveTargets")},
	},
}

var rules = named("Rules", "aws_cloudwatch_event_rule", "name", "arn:aws:events:REGION:ACCOUNT:rule/NAME")

// findEventRule: by name, which is unique in a region. Imported by name (cloudwatch_event_rule.html.markdown).
func findEventRule(ctx context.Context, f *Search, r Resource) (*Found, error) {
	client, name := eventbridge.New(f.regional(r)), f.Value(r, "name")
	arn, err := client.Rule(ctx, name)
	if err != nil {
		return nil, unless(err, "ResourceNotFoundException")
	}
	return f.taggedIn(ctx, client, arn, r, &Found{ID: name, Values: map[string]string{"arn": arn}})
}

// findEventTarget: by its id in its rule. Imported by RULE/ID (cloudwatch_event_target.html.markdown).
func findEventTarget(ctx context.Context, f *Search, r Resource, owner string) (*Found, error) {
	rule, id := f.Value(r, "rule"), f.Value(r, "target_id")
	targets, err := eventbridge.New(f.regional(r)).Targets(ctx, rule)
	if err != nil || targets[id] == "" {
		return nil, err
	}
	return &Found{ID: rule + "/" + id, Evidence: "a target of " + owner}, nil
}
