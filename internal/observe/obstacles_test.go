package observe

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// Interfaces as EC2 shows them. The local AWS has none for a load balancer.
func TestInterfacesThatGoWithTheStack(t *testing.T) {
	task := ecstypes.Task{Attachments: []ecstypes.Attachment{{Type: aws.String("ElasticNetworkInterface"), Details: []ecstypes.KeyValuePair{
		{Name: aws.String("subnetId"), Value: aws.String("subnet-1")}, {Name: aws.String("networkInterfaceId"), Value: aws.String("eni-task")},
	}}}}
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
		face := ec2types.NetworkInterface{NetworkInterfaceId: &c.id, Description: &c.description}
		if got := own.have(face); got != c.own {
			t.Errorf("%s: %v", c.id, got)
		}
		if got := (interfaces{}).have(face); got != c.ownLater {
			t.Errorf("%s, when the load balancer is gone: %v", c.id, got)
		}
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
		face := ec2types.NetworkInterface{NetworkInterfaceId: aws.String("eni-1"), Description: &c.description, RequesterManaged: &c.managed}
		if c.instance != "" {
			face.Attachment = &ec2types.NetworkInterfaceAttachment{InstanceId: &c.instance}
		}
		for _, group := range c.groups {
			face.Groups = append(face.Groups, ec2types.GroupIdentifier{GroupId: &group})
		}
		if got := inGroup(face, []string{"sg-app", "sg-alb"}); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}
