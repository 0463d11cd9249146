package recovery

import (
	"context"
	"strings"

	"github.com/order-bot/infra/internal/awsapi"
	"github.com/order-bot/infra/internal/cloudwatch"
	"github.com/order-bot/infra/internal/eventbridge"
	"github.com/order-bot/infra/internal/sns"
)

// alarm: by name, which is unique in a region. Imported by name (cloudwatch_metric_alarm.html.markdown).
func alarm(ctx context.Context, f *finder, r resource) (*Found, error) {
	client, name := cloudwatch.New(f.config), f.value(r, "alarm_name")
	alarms, err := client.Alarms(ctx, name)
	if err != nil || len(alarms) == 0 {
		return nil, err
	}
	tags, err := client.Tags(ctx, alarms[0].ARN)
	if err != nil {
		return nil, err
	}
	return f.tagged(r, &Found{ID: name, values: map[string]string{"arn": alarms[0].ARN}}, tags)
}

// eventRule: by name, which is unique in a region. Imported by name (cloudwatch_event_rule.html.markdown).
func eventRule(ctx context.Context, f *finder, r resource) (*Found, error) {
	client, name := eventbridge.New(f.config), f.value(r, "name")
	arn, err := client.Rule(ctx, name)
	if awsapi.IsCode(err, "ResourceNotFoundException") {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	tags, err := client.Tags(ctx, arn)
	if err != nil {
		return nil, err
	}
	return f.tagged(r, &Found{ID: name, values: map[string]string{"arn": arn}}, tags)
}

// eventTarget: by its id in its rule. Imported by RULE/ID (cloudwatch_event_target.html.markdown).
func eventTarget(ctx context.Context, f *finder, r resource) (*Found, error) {
	owner, rule, id := f.owner(r, "aws_cloudwatch_event_rule"), f.value(r, "rule"), f.value(r, "target_id")
	if owner == "" {
		return nil, nil
	}
	targets, err := eventbridge.New(f.config).Targets(ctx, rule)
	if err != nil || targets[id] == "" {
		return nil, err
	}
	return &Found{ID: rule + "/" + id, Evidence: "a target of " + owner}, nil
}

// topic: by name, which is unique in a region. Imported by ARN (sns_topic.html.markdown).
func topic(ctx context.Context, f *finder, r resource) (*Found, error) {
	client := sns.New(f.config)
	arn, err := client.Topic(ctx, f.value(r, "name"))
	if err != nil || arn == "" {
		return nil, err
	}
	tags, err := client.Tags(ctx, arn)
	if err != nil {
		return nil, err
	}
	return f.tagged(r, &Found{ID: arn, values: map[string]string{"arn": arn, "id": arn}}, tags)
}

// ownPolicy is in the policy that AWS gives to each topic.
const ownPolicy = `"__default_policy_ID"`

// topicPolicy: that of its topic, if somebody has given it another one than AWS. Imported by the topic's ARN (sns_topic_policy.html.markdown).
func topicPolicy(ctx context.Context, f *finder, r resource) (*Found, error) {
	owner, arn := f.owner(r, "aws_sns_topic"), f.value(r, "arn")
	if owner == "" || arn == "" {
		return nil, nil
	}
	policy, err := sns.New(f.config).Policy(ctx, arn)
	if err != nil || policy == "" || strings.Contains(policy, ownPolicy) {
		return nil, err
	}
	return &Found{ID: arn, Evidence: "that of " + owner}, nil
}

// topicReader: by its address, of which a topic has each once. Imported by ARN (sns_topic_subscription.html.markdown), which it has once its
// address is confirmed. AWS sends the mail that asks for that once more if it is created again.
func topicReader(ctx context.Context, f *finder, r resource) (*Found, error) {
	owner, topic := f.owner(r, "aws_sns_topic"), f.value(r, "topic_arn")
	if owner == "" || topic == "" {
		return nil, nil
	}
	readers, err := sns.New(f.config).Readers(ctx, topic)
	if err != nil {
		return nil, err
	}
	for _, is := range readers {
		if is.Protocol != f.value(r, "protocol") || is.Endpoint != f.value(r, "endpoint") {
			continue
		}
		if !is.Confirmed() {
			return &Found{ID: is.Endpoint, Evidence: "a reader of " + owner, Rewritten: true}, nil
		}
		return &Found{ID: is.ARN, Evidence: "a reader of " + owner, values: map[string]string{"arn": is.ARN, "id": is.ARN}}, nil
	}
	return nil, nil
}
