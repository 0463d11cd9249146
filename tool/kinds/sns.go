package kinds

import "github.com/order-bot/infra/internal/iampolicy"

// sns are the types of SNS.
var sns = []Kind{
	{
		Type:     "aws_sns_topic",
		None:     "Label Detail Unique Options Unreadable Harmless Replaced Held Expires Protections Foresee Called ByPrefix Monthly",
		Title:    "topic",
		Step:     Compute,
		Identity: []Part{{Attribute: "name", Same: exactly}},
		Tagged:   true,
		Home:     "modules/alarms/topic.go",
		Instead:  "its readers hear of nothing any more, and those of a new one have to confirm their addresses again",
		Losses:   []Loss{queueKey},
		// ListTopics: which there are by now, for who imports one into the state. ListSubscriptionsByTopic: who has not confirmed the address.
		Read:  []Right{may(topics, "sns:GetTopicAttributes", "sns:ListTagsForResource", "sns:ListSubscriptionsByTopic"), may(anything, "sns:ListTopics")},
		Write: []Right{may(topics, "sns:CreateTopic", "sns:DeleteTopic", "sns:SetTopicAttributes", "sns:TagResource", "sns:UntagResource")},
	},
	{
		Type:        "aws_sns_topic_policy",
		None:        "Tagged Unique Options Unreadable Replaced Held Expires Losses Foresee Called ByPrefix Monthly",
		Title:       "policy of a topic",
		Label:       attribute("arn"),
		Detail:      true,
		Step:        Compute,
		Identity:    byARN,
		Home:        "modules/alarms/topic.go",
		Harmless:    &Replacement{Attributes: []string{"arn"}},
		Instead:     "AWS writes nothing to the topic any more, so that nobody hears of what breaks",
		Protections: []Loss{statements},
		Read:        []Right{may(topics, "sns:GetTopicAttributes")},
		Write:       []Right{may(topics, "sns:SetTopicAttributes")},
	},
	{
		Type:     "aws_sns_topic_subscription",
		None:     "Tagged Unique Held Expires Losses Protections Foresee Called ByPrefix Monthly",
		Title:    "reader of a topic",
		Label:    attribute("endpoint"),
		Detail:   true,
		Step:     Compute,
		Identity: []Part{{Attribute: "topic_arn", Same: exactly}, {Attribute: "protocol", Same: exactly}, {Attribute: "endpoint", Same: exactly}},
		Home:     "modules/alarms/topic.go",
		Options:  map[string]string{"endpoint": "the input alarm_mail_…"},
		// Which the state alone has, as what the provider waits for.
		Unreadable: []string{"confirmation_timeout_in_minutes", "endpoint_auto_confirms"},
		Harmless:   &Replacement{Attributes: []string{"endpoint"}}, // another address
		Instead:    "the reader gets no mails any more",
		Replaced:   "the reader has to confirm the address again, and gets no mails before",
		// AWS makes up the ids of subscriptions.
		// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsns.html
		Read:  []Right{may(anything, "sns:GetSubscriptionAttributes")},
		Write: []Right{may(topics, "sns:Subscribe"), may(anything, "sns:SetSubscriptionAttributes", "sns:Unsubscribe")},
	},
}

func topics(s Scope) iampolicy.Statement {
	return iampolicy.Allow("Topics", arns(s, "sns", "%s", s.Names("aws_sns_topic", "name")))
}
