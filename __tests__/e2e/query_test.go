package e2e

import (
	"encoding/xml"
	"fmt"
	"net/url"
	"testing"

	"github.com/order-bot/infra/tool/aws/awsapi"
)

// queryClient asks a service whose requests are forms. The SDK has a type for each answer of the 700 actions of EC2 and the 180 of IAM: to compile them
// takes more than a minute, and to check what uses them another half.
type queryClient struct{ api *awsapi.Client }

// ask asks for an action, and fails the test if it is refused. Its parameters are names and values by turns, as the action's reference has them:
// "SubnetId", id, "SecurityGroupId.1", group.
func (c queryClient) ask(t *testing.T, action string, parameters ...string) (answer element) {
	t.Helper()
	if err := c.query(t, &answer, action, parameters); err != nil {
		t.Fatal(err)
	}
	return answer
}

// try does the same for an action that may be refused.
func (c queryClient) try(t *testing.T, action string, parameters ...string) error {
	t.Helper()
	return c.query(t, &element{}, action, parameters)
}

func (c queryClient) query(t *testing.T, answer *element, action string, parameters []string) error {
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

// numbered are the parameters of a list: name.1, name.2.
func numbered(name string, values []string) (parameters []string) {
	for i, value := range values {
		parameters = append(parameters, fmt.Sprintf("%s.%d", name, i+1), value)
	}
	return parameters
}
