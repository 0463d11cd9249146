package sns

import (
	"reflect"
	"testing"

	"github.com/order-bot/infra/tool/aws/awsapi/awstest"
)

// The answers are as the reference has them, with more than is read.

func TestTopic(t *testing.T) {
	settings, asked := awstest.Start(t,
		awstest.OK(`<ListTopicsResponse xmlns="https://sns.amazonaws.com/doc/2010-03-31/"><ListTopicsResult>
			<Topics><member><TopicArn>arn:aws:sns:eu-west-1:1:other-alarms</TopicArn></member></Topics><NextToken>more</NextToken></ListTopicsResult></ListTopicsResponse>`),
		awstest.OK(`<ListTopicsResponse><ListTopicsResult><Topics><member><TopicArn>arn:aws:sns:eu-west-1:1:alarms</TopicArn></member></Topics></ListTopicsResult></ListTopicsResponse>`),
		awstest.OK(`<ListTopicsResponse><ListTopicsResult><Topics/></ListTopicsResult></ListTopicsResponse>`))
	client := New(settings)
	if got, err := client.Topic(t.Context(), "alarms"); err != nil || got != "arn:aws:sns:eu-west-1:1:alarms" {
		t.Errorf("got %q, %v", got, err)
	}
	if body := (*asked)[1].Body; body != "Action=ListTopics&NextToken=more&Version=2010-03-31" {
		t.Errorf("asked %s", body)
	}
	if got, err := client.Topic(t.Context(), "alarms"); err != nil || got != "" {
		t.Errorf("got %q, %v, and there is none", got, err)
	}
}

func TestWhatATopicHas(t *testing.T) {
	settings, asked := awstest.Start(t,
		awstest.OK(`<GetTopicAttributesResponse><GetTopicAttributesResult><Attributes>
			<entry><key>Owner</key><value>1</value></entry><entry><key>Policy</key><value>{"Id":"x"}</value></entry></Attributes></GetTopicAttributesResult></GetTopicAttributesResponse>`),
		awstest.OK(`<ListSubscriptionsByTopicResponse><ListSubscriptionsByTopicResult><Subscriptions>
			<member><TopicArn>arn:t</TopicArn><Protocol>email</Protocol><SubscriptionArn>PendingConfirmation</SubscriptionArn><Owner>1</Owner><Endpoint>a@example.com</Endpoint></member>
			</Subscriptions><NextToken>more</NextToken></ListSubscriptionsByTopicResult></ListSubscriptionsByTopicResponse>`),
		awstest.OK(`<ListSubscriptionsByTopicResponse><ListSubscriptionsByTopicResult><Subscriptions>
			<member><Protocol>email</Protocol><SubscriptionArn>arn:t:2</SubscriptionArn><Endpoint>b@example.com</Endpoint></member>
			</Subscriptions></ListSubscriptionsByTopicResult></ListSubscriptionsByTopicResponse>`),
		awstest.OK(`<ListTagsForResourceResponse><ListTagsForResourceResult><Tags><member><Key>Project</Key><Value>order-bot</Value></member></Tags></ListTagsForResourceResult></ListTagsForResourceResponse>`))
	client := New(settings)
	if got, err := client.Policy(t.Context(), "arn:t"); err != nil || got != `{"Id":"x"}` {
		t.Errorf("got %q, %v", got, err)
	}
	readers, err := client.Readers(t.Context(), "arn:t")
	if want := []Reader{{"PendingConfirmation", "email", "a@example.com"}, {"arn:t:2", "email", "b@example.com"}}; err != nil || !reflect.DeepEqual(readers, want) {
		t.Errorf("got %v, %v", readers, err)
	} else if readers[0].Confirmed() || !readers[1].Confirmed() {
		t.Errorf("confirmed are %v and %v", readers[0].Confirmed(), readers[1].Confirmed())
	}
	if tags, err := client.Tags(t.Context(), "arn:t"); err != nil || !reflect.DeepEqual(tags, map[string]string{"Project": "order-bot"}) {
		t.Errorf("got %v, %v", tags, err)
	}
	for i, want := range []string{
		"Action=GetTopicAttributes&TopicArn=arn%3At&Version=2010-03-31", "Action=ListSubscriptionsByTopic&TopicArn=arn%3At&Version=2010-03-31",
		"Action=ListSubscriptionsByTopic&NextToken=more&TopicArn=arn%3At&Version=2010-03-31", "Action=ListTagsForResource&ResourceArn=arn%3At&Version=2010-03-31",
	} {
		if body := (*asked)[i].Body; body != want {
			t.Errorf("asked %s, not %s", body, want)
		}
	}
}
