package ec2

import (
	"fmt"
	"net/url"
	"reflect"
	"testing"

	"github.com/order-bot/infra/tool/aws/awsapi"
	"github.com/order-bot/infra/tool/aws/awsapi/awstest"
)

// The answer is that of the reference, which has more than is read.
func TestAllPages(t *testing.T) {
	const group = `<item><ownerId>123456789012</ownerId><groupId>%s</groupId><groupName>%[1]s-name</groupName><vpcId>vpc-1</vpcId><ipPermissions><item>
		<ipProtocol>tcp</ipProtocol><groups><item><groupId>sg-named</groupId></item></groups></item></ipPermissions><ipPermissionsEgress><item>
		<ipProtocol>-1</ipProtocol><groups><item><groupId>sg-to</groupId></item></groups></item></ipPermissionsEgress><tagSet>%s</tagSet></item>`
	const set = `<DescribeSecurityGroupsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>1d62eae0-acdd</requestId>
		<securityGroupInfo>%s</securityGroupInfo><nextToken>%s</nextToken></DescribeSecurityGroupsResponse>`
	tags := "<item><key>Stack</key><value>prod</value></item><item><key>a &amp; b</key><value/></item>"
	settings, asked := awstest.Start(t,
		awstest.OK(fmt.Sprintf(set, fmt.Sprintf(group, "sg-1", tags)+fmt.Sprintf(group, "sg-2", ""), "more")),
		awstest.OK(fmt.Sprintf(set, "", "and more")),
		awstest.OK(fmt.Sprintf(set, fmt.Sprintf(group, "sg-3", ""), "")),
	)
	got, err := New(settings).DescribeSecurityGroups(t.Context(), Filters{"vpc-id": {"vpc-1"}, "group-name": {"a b", "c"}})
	if err != nil {
		t.Fatal(err)
	}
	named, leadsTo := []string{"sg-named"}, []string{"sg-to"}
	want := []SecurityGroup{
		{"sg-1", "sg-1-name", "vpc-1", named, leadsTo, awsapi.Tags{"Stack": "prod", "a & b": ""}},
		{"sg-2", "sg-2-name", "vpc-1", named, leadsTo, nil}, {"sg-3", "sg-3-name", "vpc-1", named, leadsTo, nil},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	for i, token := range []string{"", "more", "and more"} {
		wanted := url.Values{"Action": {"DescribeSecurityGroups"}, "Version": {"2016-11-15"}, "Filter.1.Name": {"group-name"}, "Filter.1.Value.1": {"a b"},
			"Filter.1.Value.2": {"c"}, "Filter.2.Name": {"vpc-id"}, "Filter.2.Value.1": {"vpc-1"}}
		if token != "" {
			wanted.Set("NextToken", token)
		}
		if !reflect.DeepEqual((*asked)[i].Form, wanted) {
			t.Errorf("page %d: asked %v, want %v", i+1, (*asked)[i].Form, wanted)
		}
	}
}

func TestNetworkInterfaces(t *testing.T) {
	settings, _ := awstest.Start(t, awstest.OK(`<DescribeNetworkInterfacesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>fc45294c-006b</requestId>
		<networkInterfaceSet><item><networkInterfaceId>eni-1</networkInterfaceId><vpcId>vpc-1</vpcId><description>DB</description><requesterManaged>true</requesterManaged>
		<groupSet><item><groupId>sg-1</groupId><groupName>a</groupName></item><item><groupId>sg-2</groupId><groupName>b</groupName></item></groupSet>
		<attachment><attachmentId>eni-attach-1</attachmentId><instanceId>i-1</instanceId></attachment></item>
		<item><networkInterfaceId>eni-2</networkInterfaceId><description/><requesterManaged>false</requesterManaged><groupSet/></item></networkInterfaceSet></DescribeNetworkInterfacesResponse>`))
	got, err := New(settings).DescribeNetworkInterfaces(t.Context(), nil)
	want := []NetworkInterface{{"eni-1", "DB", "i-1", true, []string{"sg-1", "sg-2"}, "vpc-1"}, {NetworkInterfaceID: "eni-2"}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}
