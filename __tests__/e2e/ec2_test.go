package e2e

import (
	"encoding/xml"
	"fmt"
	"net/url"
	"strconv"
	"testing"

	"github.com/order-bot/infra/tool/aws/awsapi"
)

// ec2Client asks EC2. The SDK has a type for each answer of its 700 actions: to compile them takes a minute, and to check what uses them another half.
type ec2Client struct{ api *awsapi.Client }

// ask asks for an action, and fails the test if EC2 refuses. Its parameters are names and values by turns, as the action's reference has them:
// "SubnetId", id, "SecurityGroupId.1", group.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Operations.html
func (c ec2Client) ask(t *testing.T, action string, parameters ...string) (answer element) {
	t.Helper()
	if err := c.query(t, &answer, action, parameters); err != nil {
		t.Fatal(err)
	}
	return answer
}

// try does the same for an action that EC2 may refuse.
func (c ec2Client) try(t *testing.T, action string, parameters ...string) error {
	t.Helper()
	return c.query(t, &element{}, action, parameters)
}

func (c ec2Client) query(t *testing.T, answer *element, action string, parameters []string) error {
	t.Helper()
	form := url.Values{}
	for i := 0; i < len(parameters); i += 2 {
		form.Set(parameters[i], parameters[i+1])
	}
	return c.api.Query(t.Context(), action, form, answer)
}

// element is an element of an answer.
type element struct {
	XMLName  xml.Name
	Text     string    `xml:",chardata"`
	Elements []element `xml:",any"`
}

// in returns the elements at a path of names, such as "securityGroupInfo", "item".
func (e element) in(path ...string) (found []element) {
	if len(path) == 0 {
		return []element{e}
	}
	for _, within := range e.Elements {
		if within.XMLName.Local == path[0] {
			found = append(found, within.in(path[1:]...)...)
		}
	}
	return found
}

// first is the text of the first element of a name, at any depth; empty if there is none.
func (e element) first(name string) string {
	for _, within := range e.Elements {
		if within.XMLName.Local == name {
			return within.Text
		}
		if text := within.first(name); text != "" {
			return text
		}
	}
	return ""
}

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

// numbered are the parameters of a list: name.1, name.2.
func numbered(name string, values []string) (parameters []string) {
	for i, value := range values {
		parameters = append(parameters, fmt.Sprintf("%s.%d", name, i+1), value)
	}
	return parameters
}
