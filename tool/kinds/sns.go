package kinds

import (
	"context"
	"strings"

	"github.com/order-bot/infra/tool/aws/sns"
)

// snsTypes are the types of SNS.
var snsTypes = []Kind{
	{
		Type:     "aws_sns_topic",
		Title:    "topic",
		Identity: []Part{{Attribute: "name", Same: exactly}},
		Find:     findTopic,
		Home:     "modules/alarms/topic.go",
		Instead:  "its readers hear of nothing any more, and those of a new one have to confirm their addresses again",
		// ListTopics: which there are by now, for who imports one into the state. ListSubscriptionsByTopic: who has not confirmed the address.
		Read:  []Right{may(topics, "sns:GetTopicAttributes", "sns:ListTagsForResource", "sns:ListSubscriptionsByTopic"), may(anything, "sns:ListTopics")},
		Write: []Right{may(topics, "sns:CreateTopic", "sns:DeleteTopic", "sns:SetTopicAttributes", "sns:TagResource", "sns:UntagResource")},
	},
	{
		Type:        "aws_sns_topic_policy",
		Title:       "policy of a topic",
		Label:       attribute("arn"),
		Detail:      true,
		Identity:    byARN,
		Find:        within("aws_sns_topic", findTopicPolicy),
		Home:        "modules/alarms/topic.go",
		Harmless:    &Replacement{Attributes: []string{"arn"}},
		Instead:     "AWS writes nothing to the topic any more, so that nobody hears of what breaks",
		Protections: limits("policy"),
		Read:        []Right{may(topics, "sns:GetTopicAttributes")},
		Write:       []Right{may(topics, "sns:SetTopicAttributes")},
	},
	{
		Type:     "aws_sns_topic_subscription",
		Title:    "reader of a topic",
		Label:    attribute("endpoint"),
		Detail:   true,
		Identity: []Part{{Attribute: "topic_arn", Same: exactly}, {Attribute: "protocol", Same: exactly}, {Attribute: "endpoint", Same: exactly}},
		Find:     within("aws_sns_topic", findTopicReader),
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

// topics are those of the stack. That of CloudFront's alarms is in another region.
var topics = named("Topics", "aws_sns_topic", "name", "arn:aws:sns:*:ACCOUNT:NAME")

// findTopic: by name, which is unique in a region. Imported by ARN (sns_topic.html.markdown).
func findTopic(ctx context.Context, f *Search, r Resource) (*Found, error) {
	client := sns.New(f.regional(r))
	arn, err := client.Topic(ctx, f.Value(r, "name"))
	if err != nil || arn == "" {
		return nil, err
	}
	return f.taggedIn(ctx, client, arn, r, &Found{ID: arn, Values: map[string]string{"arn": arn, "id": arn}})
}

// ownPolicy is in the policy that AWS gives to each topic.
const ownPolicy = `"__default_policy_ID"`

// findTopicPolicy: that of its topic, if somebody has given it another one than AWS. Imported by the topic's ARN (sns_topic_policy.html.markdown).
func findTopicPolicy(ctx context.Context, f *Search, r Resource, owner string) (*Found, error) {
	arn := f.Value(r, "arn")
	if arn == "" {
		return nil, nil
	}
	policy, err := sns.New(f.regional(r)).Policy(ctx, arn)
	if err != nil || policy == "" || strings.Contains(policy, ownPolicy) {
		return nil, err
	}
	return &Found{ID: arn, Evidence: "that of " + owner}, nil
}

// findTopicReader: by its address, of which a topic has each once. Imported by ARN (sns_topic_subscription.html.markdown), which it has once its
// address is confirmed. AWS sends the mail that asks for that once more if it is created again.
func findTopicReader(ctx context.Context, f *Search, r Resource, owner string) (*Found, error) {
	topic := f.Value(r, "topic_arn")
	if topic == "" {
		return nil, nil
	}
	readers, err := sns.New(f.regional(r)).Readers(ctx, topic)
	if err != nil {
		return nil, err
	}
	for _, is := range readers {
		if is.Protocol != f.Value(r, "protocol") || is.Endpoint != f.Value(r, "endpoint") {
			continue
		}
		if !is.Confirmed() {
			return &Found{ID: is.Endpoint, Evidence: "a reader of " + owner, Rewritten: true}, nil
		}
		return &Found{ID: is.ARN, Evidence: "a reader of " + owner, Values: map[string]string{"arn": is.ARN, "id": is.ARN}}, nil
	}
	return nil, nil
}
