package servicediscovery

import (
	"reflect"
	"testing"

	"github.com/order-bot/infra/tool/aws/awsapi/awstest"
)

// The answers are as the reference has them, with more than is read.

func TestPrivateNamespaces(t *testing.T) {
	settings, asked := awstest.Start(t,
		awstest.OK(`{"Namespaces": [{"Id": "ns-1", "Arn": "arn:aws:servicediscovery:eu-west-1:1:namespace/ns-1", "Name": "a.internal", "Type": "DNS_PRIVATE"}], "NextToken": "more"}`),
		awstest.OK(`{"Namespaces": [{"Id": "ns-2", "Arn": "arn:aws:servicediscovery:eu-west-1:1:namespace/ns-2", "Name": "b.internal", "CreateDate": 1.5}]}`))
	got, err := New(settings).PrivateNamespaces(t.Context())
	if want := []Named{
		{"ns-1", "arn:aws:servicediscovery:eu-west-1:1:namespace/ns-1", "a.internal"}, {"ns-2", "arn:aws:servicediscovery:eu-west-1:1:namespace/ns-2", "b.internal"},
	}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
	if target := (*asked)[0].Header.Get("X-Amz-Target"); target != "Route53AutoNaming_v20170314.ListNamespaces" {
		t.Errorf("asked %s", target)
	}
	if body := (*asked)[1].Body; body != `{"Filters":[{"Condition":"EQ","Name":"TYPE","Values":["DNS_PRIVATE"]}],"NextToken":"more"}` {
		t.Errorf("asked %s", body)
	}
}

func TestNamesAndTags(t *testing.T) {
	settings, asked := awstest.Start(t,
		awstest.OK(`{"Services": [{"Id": "srv-1", "Arn": "arn:1", "Name": "api", "DnsConfig": {}}]}`), awstest.OK(`{"Tags": [{"Key": "Project", "Value": "order-bot"}]}`))
	names, err := New(settings).Names(t.Context(), "ns-1")
	if err != nil || !reflect.DeepEqual(names, []Named{{"srv-1", "arn:1", "api"}}) {
		t.Errorf("got %v, %v", names, err)
	}
	tags, err := New(settings).Tags(t.Context(), "arn:1")
	if err != nil || !reflect.DeepEqual(tags, map[string]string{"Project": "order-bot"}) {
		t.Errorf("got %v, %v", tags, err)
	}
	if body := (*asked)[1].Body; body != `{"ResourceARN":"arn:1"}` {
		t.Errorf("asked %s", body)
	}
}
