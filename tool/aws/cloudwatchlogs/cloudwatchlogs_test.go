package cloudwatchlogs

import (
	"maps"
	"net/http"
	"slices"
	"testing"

	"github.com/order-bot/infra/tool/aws/awsapi"
	"github.com/order-bot/infra/tool/aws/awsapi/awstest"
)

// The answers are as the reference has them, with more than is read.

func TestLogGroup(t *testing.T) {
	const others = `{"storageBytes": 1048576, "arn": "arn:aws:logs:us-east-1:123456789012:log-group:/ecs/a/svc-2:*", "creationTime": 1393545600000, "logGroupName": "/ecs/a/svc-2"}`
	const ours = `{"storageBytes": 1048576, "arn": "arn:aws:logs:us-east-1:123456789012:log-group:/ecs/a/svc:*", "creationTime": 1396224000000, "logGroupName": "/ecs/a/svc", "retentionInDays": 30}`
	settings, asked := awstest.Start(t,
		awstest.OK(`{"logGroups": [`+others+`], "nextToken": "more"}`), awstest.OK(`{"logGroups": [`+ours+`]}`),
		awstest.OK(`{"logGroups": [`+others+`]}`), awstest.OK(`{"tags": {"Project": "order-bot"}}`),
		awstest.Status(http.StatusBadRequest, `{"__type": "AccessDeniedException"}`),
	)
	client := New(settings)
	group, found, err := client.LogGroup(t.Context(), "/ecs/a/svc")
	if want := (LogGroup{"/ecs/a/svc", "arn:aws:logs:us-east-1:123456789012:log-group:/ecs/a/svc:*", 1396224000000}); err != nil || !found || group != want {
		t.Errorf("got %v, %v, %v", group, found, err)
	}
	if _, found, err := client.LogGroup(t.Context(), "/ecs/a/svc"); found || err != nil {
		t.Errorf("where there is none: %v, %v", found, err)
	}
	if tags, err := client.Tags(t.Context(), group); err != nil || !maps.Equal(tags, map[string]string{"Project": "order-bot"}) {
		t.Errorf("tags: %v, %v", tags, err)
	}
	if _, found, err := client.LogGroup(t.Context(), "/ecs/a/svc"); found || err == nil {
		t.Errorf("without permission: %v, %v", found, err)
	}
	for i, want := range []string{
		`DescribeLogGroups {"logGroupNamePrefix":"/ecs/a/svc"}`, `DescribeLogGroups {"logGroupNamePrefix":"/ecs/a/svc","nextToken":"more"}`,
		`DescribeLogGroups {"logGroupNamePrefix":"/ecs/a/svc"}`, `ListTagsForResource {"resourceArn":"arn:aws:logs:us-east-1:123456789012:log-group:/ecs/a/svc"}`,
	} {
		if request := (*asked)[i]; request.Header.Get("X-Amz-Target")+" "+request.Body != "Logs_20140328."+want {
			t.Errorf("asked %s %s, not %s", request.Header.Get("X-Amz-Target"), request.Body, want)
		}
	}
}

func TestFilterLogEvents(t *testing.T) {
	const events = `{"events": [{"ingestionTime": 1396035394997, "timestamp": 1396035378988, "message": "one\n", "logStreamName": "a/b/c", "eventId": "1"},
		{"timestamp": 1396035378989, "message": "two", "eventId": "2"}], "nextToken": "more", "searchedLogStreams": []}`
	lost := awstest.Status(http.StatusBadRequest, `{"__type": "ResourceNotFoundException", "message": "The specified log group does not exist."}`)
	settings, asked := awstest.Start(t, awstest.OK(events), awstest.OK(`{"events": []}`), awstest.OK(events), lost, awstest.OK(events))
	client := New(settings)
	walk := func(stop bool) (got []Event, err error) {
		for event, err := range client.FilterLogEvents(t.Context(), "/ecs/a/svc", 1396035000000) {
			if err != nil || stop {
				return got, err
			}
			got = append(got, event)
		}
		return got, nil
	}
	want := []Event{{"1", 1396035378988, "one\n"}, {"2", 1396035378989, "two"}}
	if got, err := walk(false); err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := walk(false); err == nil || !slices.Equal(got, want) {
		t.Errorf("where it is deleted meanwhile: %v, %v", got, err)
	}
	if _, err := walk(true); err != nil || len(*asked) != 5 {
		t.Errorf("stopped: %v after %d requests", err, len(*asked))
	}
	for i, want := range []string{`{"logGroupName":"/ecs/a/svc","startTime":1396035000000}`, `{"logGroupName":"/ecs/a/svc","nextToken":"more","startTime":1396035000000}`} {
		if body := (*asked)[i].Body; body != want {
			t.Errorf("asked %s, not %s", body, want)
		}
	}
}

func TestLast(t *testing.T) {
	settings, asked := awstest.Start(t,
		awstest.OK(`{"events": [{"ingestionTime": 1396035394997, "timestamp": 1396035378988, "message": "one\n"}, {"timestamp": 1396035378989, "message": "two"}], "nextForwardToken": "f/1", "nextBackwardToken": "b/1"}`),
		awstest.Status(http.StatusBadRequest, `{"__type": "ResourceNotFoundException", "message": "The specified log stream does not exist."}`))
	client := New(settings)
	if got, err := client.Last(t.Context(), "/ecs/a/svc", "ecs/svc/1", 2); err != nil || !slices.Equal(got, []Event{{"", 1396035378988, "one\n"}, {"", 1396035378989, "two"}}) {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := client.Last(t.Context(), "/ecs/a/svc", "ecs/svc/1", 2); err == nil || got != nil {
		t.Errorf("of a container that has logged nothing: %v, %v", got, err)
	}
	if request := (*asked)[0]; request.Header.Get("X-Amz-Target") != "Logs_20140328.GetLogEvents" || request.Body != `{"limit":2,"logGroupName":"/ecs/a/svc","logStreamName":"ecs/svc/1"}` {
		t.Errorf("asked %v", request)
	}
}

// The end of a stream is where the token stays the same, and not where a page is empty.
func TestNext(t *testing.T) {
	settings, asked := awstest.Start(t,
		awstest.OK(`{"events": [], "nextForwardToken": "f/0", "nextBackwardToken": "b/0"}`),
		awstest.OK(`{"events": [{"ingestionTime": 1396035394997, "timestamp": 1396035378988, "message": "one"}], "nextForwardToken": "f/1"}`),
		awstest.OK(`{"events": [], "nextForwardToken": "f/1"}`),
		awstest.OK(`{"events": [{"timestamp": 1396035378989, "message": "two"}], "nextForwardToken": "f/2"}`),
		awstest.Status(http.StatusBadRequest, `{"__type": "ResourceNotFoundException", "message": "The specified log stream does not exist."}`),
	)
	client := New(settings)
	events, next, err := client.Next(t.Context(), "/ecs/a/svc", "ecs/svc/1", "")
	if err != nil || next != "f/1" || !slices.Equal(events, []Event{{"", 1396035378988, "one"}}) {
		t.Errorf("got %v, %q, %v", events, next, err)
	}
	if events, next, err = client.Next(t.Context(), "/ecs/a/svc", "ecs/svc/1", next); !awsapi.IsCode(err, NotFound) || next != "f/2" || len(events) != 1 {
		t.Errorf("where it is deleted meanwhile: %v, %q, %v", events, next, err)
	}
	for i, token := range []string{"", `,"nextToken":"f/0"`, `,"nextToken":"f/1"`, `,"nextToken":"f/1"`, `,"nextToken":"f/2"`} {
		if want := `{"logGroupName":"/ecs/a/svc","logStreamName":"ecs/svc/1","startFromHead":true` + token + `}`; (*asked)[i].Body != want {
			t.Errorf("asked %s, not %s", (*asked)[i].Body, want)
		}
	}
}
