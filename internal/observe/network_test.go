package observe

import (
	"slices"
	"testing"

	"github.com/order-bot/infra/internal/ec2"
)

// What goes with the VPC is in nobody's way; what stays is named, also where it is much.
func TestInNetwork(t *testing.T) {
	goes := gone{
		"aws_nat_gateway":    {"a": {"network_interface_id": "eni-nat"}},
		"aws_vpc_endpoint":   {"b": {"network_interface_ids": []any{"eni-end"}}},
		"aws_security_group": {"c": {"id": "sg-own"}},
	}
	own := []ec2.NetworkInterface{{NetworkInterfaceID: "eni-nat", VpcID: "vpc-1"}, {NetworkInterfaceID: "eni-end", VpcID: "vpc-1"}, {NetworkInterfaceID: "eni-other", VpcID: "vpc-2"}}
	groups := []ec2.SecurityGroup{{GroupID: "sg-0", GroupName: "default", VpcID: "vpc-1"}, {GroupID: "sg-own", GroupName: "x", VpcID: "vpc-1"}, {GroupID: "sg-2", GroupName: "y", VpcID: "vpc-2"}}
	if found := inNetwork("vpc-1", goes, own, groups); len(found) > 0 {
		t.Errorf("in the way: %q", found)
	}
	faces := slices.Clone(own)
	for _, id := range []string{"1", "2", "3", "4", "5", "6", "7"} {
		faces = append(faces, ec2.NetworkInterface{NetworkInterfaceID: "eni-" + id, VpcID: "vpc-1", Description: "ELB app/a"})
	}
	groups = append(groups, ec2.SecurityGroup{GroupID: "sg-3", GroupName: "order-bot-prod-app-sg", VpcID: "vpc-1"})
	want := []string{
		"it has network interfaces that are not in this state: eni-1 ELB app/a, eni-2 ELB app/a, eni-3 ELB app/a, eni-4 ELB app/a, eni-5 ELB app/a and 2 more. Destroy first what they are of, such as another stack: AWS deletes no VPC that has any",
		"it has security groups that are not in this state: sg-3 order-bot-prod-app-sg. Destroy the stacks that they are of, or delete them: AWS deletes no VPC that has any",
	}
	if found := inNetwork("vpc-1", goes, faces, groups); !slices.Equal(found, want) {
		t.Errorf("got %q", found)
	}
}
