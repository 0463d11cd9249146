// Package servicediscovery asks Cloud Map for namespaces and the names in them. Its types have what is needed of those in the reference:
// https://docs.aws.amazon.com/cloud-map/latest/api/API_Types.html
package servicediscovery

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-bot/infra/tool/aws/awsapi"
)

// Client asks Cloud Map in one region.
type Client struct{ api *awsapi.Client }

// New returns a client with these settings.
func New(config aws.Config) *Client {
	return &Client{awsapi.New(config, awsapi.Service{ID: "ServiceDiscovery", Prefix: "servicediscovery", Target: "Route53AutoNaming_v20170314"})}
}

// Named is a namespace, or a name in one.
type Named struct {
	// ID is made up by AWS. ARN has it at its end.
	ID  string `json:"Id"`
	ARN string `json:"Arn"`
	// Name is what it was given.
	Name string
}

// PrivateNamespaces are the namespaces whose names are known in a VPC only.
func (c *Client) PrivateNamespaces(ctx context.Context) ([]Named, error) {
	return c.list(ctx, "ListNamespaces", "Namespaces", "TYPE", "DNS_PRIVATE")
}

// Names are those in a namespace, by its id.
func (c *Client) Names(ctx context.Context, namespace string) ([]Named, error) {
	return c.list(ctx, "ListServices", "Services", "NAMESPACE_ID", namespace)
}

func (c *Client) list(ctx context.Context, action, list, filter, value string) ([]Named, error) {
	return awsapi.List[Named](ctx, c.api, action, list, map[string]any{
		"Filters": []any{map[string]any{"Name": filter, "Values": []string{value}, "Condition": "EQ"}},
	})
}

// Tags are the tags of a namespace or a name, by its ARN.
func (c *Client) Tags(ctx context.Context, arn string) (map[string]string, error) {
	var answer struct{ Tags awsapi.Tags }
	err := c.api.JSON(ctx, "ListTagsForResource", map[string]any{"ResourceARN": arn}, &answer)
	return answer.Tags, err
}
