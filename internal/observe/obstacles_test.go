package observe

import (
	"strings"
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
	face := func(instance, description string, groups ...string) ec2types.NetworkInterface {
		f := ec2types.NetworkInterface{NetworkInterfaceId: aws.String("eni-1"), Description: &description}
		if instance != "" {
			f.Attachment = &ec2types.NetworkInterfaceAttachment{InstanceId: &instance}
		}
		for _, group := range groups {
			f.Groups = append(f.Groups, ec2types.GroupIdentifier{GroupId: &group})
		}
		return f
	}
	for want, f := range map[string]ec2types.NetworkInterface{
		"the instance i-1 is in it by its network interface eni-1, and AWS deletes no group that is in use. Take it out: aws ec2 modify-instance-attribute --instance-id i-1 --groups sg-2 sg-3": face("i-1", "", "sg-app", "sg-2", "sg-3"),
		"--instance-id i-1 --groups ANOTHER-GROUP": face("i-1", "", "sg-app", "sg-alb"),
		"the network interface eni-1 (AWS Lambda VPC ENI-reports) is in it, and AWS deletes no group that is in use. Take it out: aws ec2 modify-network-interface-attribute --network-interface-id eni-1 --groups sg-2": face("", "AWS Lambda VPC ENI-reports", "sg-2", "sg-app"),
	} {
		if got := inGroup(f, []string{"sg-app", "sg-alb"}); !strings.HasSuffix(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
