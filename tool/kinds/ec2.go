package kinds

import (
	"strings"
)

// ec2 are the types of the network of EC2.
var ec2 = []Kind{
	{
		Type:     "aws_security_group",
		None:     "Label Detail",
		Title:    "security group",
		Identity: []Part{{Attribute: "name", Same: groupName}, {Attribute: "vpc_id", Same: exactly}},
	},
}

// groupName takes two names of security groups for one, as EC2 does: capitals and spaces at the end make no difference.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html
func groupName(a, b string) bool {
	return strings.EqualFold(strings.TrimRight(a, " "), strings.TrimRight(b, " "))
}
