package route53

import (
	"errors"
	"net/http"
	"reflect"
	"testing"

	"github.com/aws/smithy-go"

	"github.com/order-bot/infra/tool/aws/awsapi/awstest"
)

// The answers are as the reference has them, with more than is read.

func TestGetHostedZone(t *testing.T) {
	settings, asked := awstest.Start(t,
		awstest.OK(`<GetHostedZoneResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><HostedZone><Id>/hostedzone/Z1</Id><Name>example.com.</Name><CallerReference>a</CallerReference>
			<Config><Comment>A comment</Comment><PrivateZone>false</PrivateZone></Config><ResourceRecordSetCount>17</ResourceRecordSetCount></HostedZone><DelegationSet><NameServers>
			<NameServer>ns-2048.awsdns-64.com</NameServer><NameServer>ns-2049.awsdns-65.net</NameServer></NameServers></DelegationSet></GetHostedZoneResponse>`),
		awstest.OK(`<GetHostedZoneResponse><HostedZone><Name>example.com.</Name><Config><PrivateZone>true</PrivateZone></Config></HostedZone><VPCs><VPC><VPCId>vpc-1</VPCId></VPC></VPCs></GetHostedZoneResponse>`),
		awstest.Status(http.StatusNotFound, `<ErrorResponse><Error><Type>Sender</Type><Code>NoSuchHostedZone</Code><Message>No hosted zone found with ID: Z2</Message></Error><RequestId>1</RequestId></ErrorResponse>`),
	)
	client := New(settings)
	if got, err := client.GetHostedZone(t.Context(), "Z1"); err != nil || !reflect.DeepEqual(got, &HostedZone{"example.com.", false, []string{"ns-2048.awsdns-64.com", "ns-2049.awsdns-65.net"}}) {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := client.GetHostedZone(t.Context(), "/hostedzone/Z1"); err != nil || !reflect.DeepEqual(got, &HostedZone{Name: "example.com.", Private: true}) {
		t.Errorf("a private one: %v, %v", got, err)
	}
	got, err := client.GetHostedZone(t.Context(), "Z2")
	if none := smithy.APIError(nil); got != nil || !errors.As(err, &none) || none.ErrorCode() != NoSuchHostedZone {
		t.Errorf("one that is not there: %v, %v", got, err)
	}
	for i, want := range []string{"GET /2013-04-01/hostedzone/Z1", "GET /2013-04-01/hostedzone/Z1", "GET /2013-04-01/hostedzone/Z2"} {
		if url := (*asked)[i].URL; url != want {
			t.Errorf("asked for %s, not %s", url, want)
		}
	}
}

func TestListResourceRecordSets(t *testing.T) {
	settings, asked := awstest.Start(t,
		awstest.OK(`<ListResourceRecordSetsResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><ResourceRecordSets><ResourceRecordSet><Name>\052.example.com.</Name><Type>A</Type><AliasTarget>
			<HostedZoneId>Z2</HostedZoneId><DNSName>alb.elb.amazonaws.com.</DNSName><EvaluateTargetHealth>true</EvaluateTargetHealth></AliasTarget></ResourceRecordSet><ResourceRecordSet>
			<Name>www.example.com.</Name><Type>AAAA</Type><TTL>300</TTL><ResourceRecords><ResourceRecord><Value>2001:db8::1</Value></ResourceRecord><ResourceRecord><Value>2001:db8::2</Value></ResourceRecord>
			</ResourceRecords></ResourceRecordSet></ResourceRecordSets><IsTruncated>false</IsTruncated><MaxItems>20</MaxItems></ListResourceRecordSetsResponse>`),
		awstest.OK(`<ListResourceRecordSetsResponse><ResourceRecordSets/></ListResourceRecordSetsResponse>`),
		awstest.Status(http.StatusForbidden, `<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>`),
	)
	client := New(settings)
	got, err := client.ListResourceRecordSets(t.Context(), "Z1", "*.example.com", "", 20)
	want := []RecordSet{{Name: `\052.example.com.`, Type: "A", Alias: "alb.elb.amazonaws.com."}, {Name: "www.example.com.", Type: "AAAA", Values: []string{"2001:db8::1", "2001:db8::2"}}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := client.ListResourceRecordSets(t.Context(), "Z1", "a.example.com", "CNAME", 1); err != nil || got != nil {
		t.Errorf("where there is none: %v, %v", got, err)
	}
	if got, err := client.ListResourceRecordSets(t.Context(), "Z1", "a.example.com", "CNAME", 1); err == nil || got != nil {
		t.Errorf("without permission: %v, %v", got, err)
	}
	for i, want := range []string{"GET /2013-04-01/hostedzone/Z1/rrset?maxitems=20&name=%2A.example.com", "GET /2013-04-01/hostedzone/Z1/rrset?maxitems=1&name=a.example.com&type=CNAME"} {
		if url := (*asked)[i].URL; url != want {
			t.Errorf("asked for %s, not %s", url, want)
		}
	}
}
