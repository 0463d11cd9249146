package kinds

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/order-bot/infra/tool/aws/ec2"
	"github.com/order-bot/infra/tool/aws/ecs"
)

// Interfaces as EC2 shows them. The local AWS has none for a load balancer.
func TestInterfacesThatGoWithTheStack(t *testing.T) {
	task := ecs.Task{Attachments: []ecs.Attachment{{Details: []ecs.Detail{{Name: "subnetId", Value: "subnet-1"}, {Name: "networkInterfaceId", Value: "eni-task"}}}}}
	own := interfaces{tasks: interfacesOf(task), balancers: []string{"app/order-bot-prod-alb/1a2b"}}
	for _, c := range []struct {
		id, description string
		own, ownLater   bool
	}{
		{"eni-task", "arn:aws:ecs:ap-northeast-1:123456789012:attachment/1", true, false},
		{"eni-alb", "ELB app/order-bot-prod-alb/1a2b", true, true},
		{"eni-other", "ELB app/other/3c4d", false, true},
		{"eni-host", "Primary network interface", false, false},
		{"eni-lambda", "AWS Lambda VPC ENI-reports", false, false},
	} {
		face := ec2.NetworkInterface{NetworkInterfaceID: c.id, Description: c.description}
		if got := own.have(face); got != c.own {
			t.Errorf("%s: %v", c.id, got)
		}
		if got := (interfaces{}).have(face); got != c.ownLater {
			t.Errorf("%s, when the load balancer is gone: %v", c.id, got)
		}
	}
}

// EC2 is asked with filters, and what it answers is looked at again: this one answers with all that it has.
func TestUsersOfAGroupAmongAll(t *testing.T) {
	const rules = `<%[1]s><item><ipProtocol>tcp</ipProtocol><groups><item><groupId>%[2]s</groupId></item></groups></item></%[1]s>`
	group := func(id, rules string) string {
		return "<item><groupId>" + id + "</groupId><groupName>" + id + "-name</groupName>" + rules + "</item>"
	}
	face := func(id, group string) string {
		return "<item><networkInterfaceId>" + id + "</networkInterfaceId><groupSet><item><groupId>" + group + "</groupId></item></groupSet></item>"
	}
	answers := map[string]string{
		"DescribeNetworkInterfaces": "<networkInterfaceSet>" + face("eni-host", "sg-app") + face("eni-elsewhere", "sg-default") + "</networkInterfaceSet>",
		"DescribeSecurityGroups": "<securityGroupInfo>" + group("sg-default", "") + group("sg-alb", fmt.Sprintf(rules, "ipPermissionsEgress", "sg-app")) +
			group("sg-in", fmt.Sprintf(rules, "ipPermissions", "sg-app")) + group("sg-out", fmt.Sprintf(rules, "ipPermissionsEgress", "sg-app")) +
			group("sg-other", fmt.Sprintf(rules, "ipPermissions", "sg-default")) + "</securityGroupInfo>",
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		action := r.FormValue("Action")
		fmt.Fprintf(w, "<%[1]sResponse>%[2]s</%[1]sResponse>", action, answers[action])
	}))
	t.Cleanup(server.Close)
	config := aws.Config{Region: "eu-west-1", BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")}
	goes := Gone{"aws_security_group": {"app": {"id": "sg-app"}, "alb": {"id": "sg-alb"}}}
	got, err := usersOfGroup(t.Context(), config, goes, map[string]any{"id": "sg-app"})
	if err != nil {
		t.Fatal(err)
	}
	const naming = ", name it, and AWS deletes no group that others name. Take those rules out"
	want := []string{
		"the network interface eni-host is in it, and AWS deletes no group that is in use. " +
			"Take it out: aws ec2 modify-network-interface-attribute --network-interface-id eni-host --groups ANOTHER-GROUP",
		"the rules of the security group sg-in, sg-in-name" + naming,
		"the rules of the security group sg-out, sg-out-name" + naming,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestHowToTakeAnInterfaceOutOfAGroup(t *testing.T) {
	const inUse = " is in it, and AWS deletes no group that is in use. "
	for _, c := range []struct {
		description, instance string
		managed               bool
		groups                []string
		want                  string
	}{
		{"", "i-1", false, []string{"sg-app", "sg-2", "sg-3"}, "the network interface eni-1 of the instance i-1" + inUse +
			"Take it out: aws ec2 modify-network-interface-attribute --network-interface-id eni-1 --groups sg-2 sg-3"},
		{"second", "i-1", false, []string{"sg-app", "sg-alb"}, "the network interface eni-1 (second) of the instance i-1" + inUse +
			"Take it out: aws ec2 modify-network-interface-attribute --network-interface-id eni-1 --groups ANOTHER-GROUP"},
		{"by hand", "", false, []string{"sg-2", "sg-app"}, "the network interface eni-1 (by hand)" + inUse +
			"Take it out: aws ec2 modify-network-interface-attribute --network-interface-id eni-1 --groups sg-2"},
		{"RDSNetworkInterface", "", true, []string{"sg-2", "sg-app"}, "the network interface eni-1 (RDSNetworkInterface)" + inUse +
			"A service of AWS manages this interface: change its groups where that service has them, or delete what it is for"},
	} {
		face := ec2.NetworkInterface{NetworkInterfaceID: "eni-1", Description: c.description, InstanceID: c.instance, RequesterManaged: c.managed, GroupIDs: c.groups}
		if got := inGroup(face, []string{"sg-app", "sg-alb"}); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}
