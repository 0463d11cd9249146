package e2e

import (
	"fmt"
	"strconv"
	"testing"
)

// ec2Client asks EC2.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Operations.html
type ec2Client struct{ queryClient }

// groups are the security groups that filters let through, names and values by turns.
func (c ec2Client) groups(t *testing.T, filters ...string) []element {
	t.Helper()
	var parameters []string
	for i := 0; i < len(filters); i += 2 {
		filter := fmt.Sprintf("Filter.%d.", i/2+1)
		parameters = append(parameters, filter+"Name", filters[i], filter+"Value.1", filters[i+1])
	}
	return c.ask(t, "DescribeSecurityGroups", parameters...).in("securityGroupInfo", "item")
}

// newGroup creates a security group.
func (c ec2Client) newGroup(t *testing.T, name, vpc string) (id string) {
	t.Helper()
	return c.ask(t, "CreateSecurityGroup", "GroupName", name, "GroupDescription", name, "VpcId", vpc).first("groupId")
}

// newHost starts a host in a subnet, in security groups.
func (c ec2Client) newHost(t *testing.T, subnet string, groups ...string) (instance, face string) {
	t.Helper()
	image := c.ask(t, "DescribeImages").first("imageId")
	host := c.ask(t, "RunInstances", append(numbered("SecurityGroupId", groups), "ImageId", image, "MinCount", "1", "MaxCount", "1", "SubnetId", subnet)...)
	return host.first("instanceId"), host.first("networkInterfaceId")
}

// permission are the parameters of a rule of a security group for a port, and admits those of one that admits another group.
func permission(group string, port int) []string {
	return []string{"GroupId", group, "IpPermissions.1.IpProtocol", "tcp", "IpPermissions.1.FromPort", strconv.Itoa(port), "IpPermissions.1.ToPort", strconv.Itoa(port)}
}

func admits(group string, port int, other string) []string {
	return append(permission(group, port), "IpPermissions.1.Groups.1.GroupId", other)
}
