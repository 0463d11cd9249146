package e2e

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"

	"github.com/order-bot/infra/localaws"
	"github.com/order-bot/infra/tool/aws/awsapi"
	"github.com/order-bot/infra/tool/aws/sns"
)

// newMailTopic creates a topic with one reader by mail, and returns the ARNs of both.
func newMailTopic(t *testing.T, api *awsapi.Client, address string) (topic, reader string) {
	t.Helper()
	var created struct {
		ARN string `xml:"CreateTopicResult>TopicArn"`
	}
	if err := api.Query(t.Context(), "CreateTopic", url.Values{"Name": {"alarms"}}, &created); err != nil {
		t.Fatal(err)
	}
	var subscribed struct {
		ARN string `xml:"SubscribeResult>SubscriptionArn"`
	}
	asks := url.Values{"TopicArn": {created.ARN}, "Protocol": {"email"}, "Endpoint": {address}, "ReturnSubscriptionArn": {"true"}}
	if err := api.Query(t.Context(), "Subscribe", asks, &subscribed); err != nil {
		t.Fatal(err)
	}
	return created.ARN, subscribed.ARN
}

// A mail address gets nothing before somebody has confirmed it, and until then AWS does not let it go: mail_addresses_are_confirmed.
func TestMailAddressesAreConfirmed(t *testing.T) {
	ctx, started := t.Context(), newEmulator(t)
	api := awsapi.New(newClients(started).config, awsapi.Service{ID: "SNS", Prefix: "sns", Version: "2010-03-31"})
	topic, reader := newMailTopic(t, api, "a@example.com")
	publish := func(text string) {
		t.Helper()
		if err := api.Query(ctx, "Publish", url.Values{"TopicArn": {topic}, "Message": {text}}, &struct{}{}); err != nil {
			t.Fatal(err)
		}
	}
	readers := func() []sns.Reader {
		t.Helper()
		return must[[]sns.Reader](t)(sns.New(newClients(started).config).Readers(ctx, topic))
	}
	unsubscribe := func() error {
		return api.Query(ctx, "Unsubscribe", url.Values{"SubscriptionArn": {reader}}, &struct{}{})
	}
	publish("before")
	same(t, "the readers", readers(), []sns.Reader{{ARN: "PendingConfirmation", Protocol: "email", Endpoint: "a@example.com"}})
	if err := unsubscribe(); !awsapi.IsCode(err, "InvalidParameter") || !strings.Contains(err.Error(), "Cannot unsubscribe a subscription that is pending confirmation") {
		t.Errorf("an address that is not confirmed goes: %v", err)
	}
	same(t, "the addresses", must[[]string](t)(started.ConfirmMails(ctx)), []string{"a@example.com"})
	publish("after")
	same(t, "the mails", must[[]localaws.Mail](t)(started.Mails(ctx)), []localaws.Mail{{To: "a@example.com", Subject: "AWS Notification Message", Text: "after"}})
	same(t, "the readers", readers(), []sns.Reader{{ARN: reader, Protocol: "email", Endpoint: "a@example.com"}})
	if err := unsubscribe(); err != nil {
		t.Error(err)
	}
	same(t, "the readers", len(readers()), 0)
}

// A rule of EventBridge writes what its template makes of an event to a topic (rules_tell_topics), and the event itself to a log group
// (logs_have_whole_milliseconds). What its pattern says of a list of objects has to hold of one of them (patterns_look_into_lists).
func TestRulesTellTopicsAndLogGroups(t *testing.T) {
	ctx, started := t.Context(), newEmulator(t)
	config := newClients(started).config
	events := awsapi.New(config, awsapi.Service{ID: "EventBridge", Prefix: "events", Target: "AWSEvents"})
	call := func(action string, input map[string]any) {
		t.Helper()
		var answer struct{ FailedEntryCount int }
		if err := events.JSON(ctx, action, input, &answer); err != nil || answer.FailedEntryCount > 0 {
			t.Fatalf("%s: %v, and %d failed", action, err, answer.FailedEntryCount)
		}
	}
	topic, _ := newMailTopic(t, awsapi.New(config, awsapi.Service{ID: "SNS", Prefix: "sns", Version: "2010-03-31"}), "a@example.com")
	must[[]string](t)(started.ConfirmMails(ctx))
	call("PutRule", map[string]any{
		"Name": "failed", "EventPattern": `{"source": ["test"], "detail": {"containers": {"name": ["report"], "exitCode": [{"anything-but": 0}]}}}`,
	})
	logs, group := newClients(started).Logs, aws.String("/aws/events/failed")
	must[*cloudwatchlogs.CreateLogGroupOutput](t)(logs.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: group}))
	call("PutTargets", map[string]any{"Rule": "failed", "Targets": []map[string]any{{"Id": "logs", "Arn": "arn:aws:logs:ap-northeast-1:" + accountOfTests + ":log-group:" + *group}, {"Id": "mail", "Arn": topic, "InputTransformer": map[string]any{
		"InputPathsMap": map[string]string{"why": "$.detail.why"}, "InputTemplate": `{"what": "It failed.", "why": <why>}`,
	}}}})
	ends := func(report, beside int) {
		t.Helper()
		detail := must[[]byte](t)(json.Marshal(map[string]any{"why": `exit "1"`, "containers": []map[string]any{
			{"name": "proxy", "exitCode": beside}, {"name": "report", "exitCode": report},
		}}))
		call("PutEvents", map[string]any{"Entries": []map[string]any{{"Source": "test", "DetailType": "end", "Detail": string(detail)}}})
	}
	ends(0, 143)
	same(t, "the mails while only the container beside ends with another code", len(must[[]localaws.Mail](t)(started.Mails(ctx))), 0)
	ends(1, 0)
	same(t, "the mails", must[[]localaws.Mail](t)(started.Mails(ctx)), []localaws.Mail{
		{To: "a@example.com", Subject: "AWS Notification Message", Text: `{"what": "It failed.", "why": "exit \"1\""}`},
	})
	logged := must[*cloudwatchlogs.FilterLogEventsOutput](t)(logs.FilterLogEvents(ctx, &cloudwatchlogs.FilterLogEventsInput{LogGroupName: group})).Events
	same(t, "how many events are logged", len(logged), 1)
	has(t, "the event", *logged[0].Message, `"detail-type": "end"`, `{"exitCode": 1, "name": "report"}`)
}
