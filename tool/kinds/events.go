package kinds

import "github.com/order-bot/infra/internal/iampolicy"

// events are the types of EventBridge.
var events = []Kind{
	{
		Type:     "aws_cloudwatch_event_rule",
		None:     "Label Detail Unique Options Unreadable Harmless Replaced Held Expires Protections Foresee Called ByPrefix Monthly",
		Title:    "event rule",
		Step:     Compute,
		Identity: []Part{{Attribute: "name", Same: exactly}},
		Tagged:   true,
		Home:     "modules/alarms/events.go",
		Instead:  "nobody hears of it any more when this happens",
		Losses:   []Loss{scheduleState, {"is_enabled", lacks(true), "it does not act any more"}},
		Read:     []Right{may(rules, "events:DescribeRule", "events:ListTagsForResource")},
		Write:    []Right{may(rules, "events:PutRule", "events:DeleteRule", "events:TagResource", "events:UntagResource")},
	},
	{
		Type:     "aws_cloudwatch_event_target",
		None:     "Tagged Unique Options Unreadable Harmless Replaced Held Expires Losses Protections Foresee Called ByPrefix Monthly",
		Title:    "target of an event rule",
		Label:    attribute("rule"),
		Detail:   true,
		Step:     Compute,
		Identity: []Part{{Attribute: "rule", Same: nameOrARN}, {Attribute: "target_id", Same: exactly}},
		Home:     "modules/alarms/events.go",
		Instead:  "nobody hears of it any more when this happens",
		Read:     []Right{may(rules, "events:ListTargetsByRule")},
		Write:    []Right{may(rules, "events:PutTargets", "events:RemoveTargets")},
	},
}

func rules(s Scope) iampolicy.Statement {
	return iampolicy.Allow("Rules", arns(s, "events", "rule/%s", s.Names("aws_cloudwatch_event_rule", "name")))
}
