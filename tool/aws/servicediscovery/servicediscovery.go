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
	return &Client{awsapi.New(config, awsapi.Service{ID: "ServiceDiscovery", Prefix: "servicediscovery"})}
}

func (c *Client) call(ctx context.Context, action string, input, answer any) error {
	return c.api.JSON(ctx, "Route53AutoNaming_v20170314", action, input, answer)
}

// Named is a namespace, or a name in one.
type Named struct {
	// ID is made up by AWS. ARN has it at its end.
	ID  string `json:"Id"`
	ARN string `json:"Arn"`
	// Name is what it was given.
	Name string
}

// filter is one of a list's filters.
type filter struct {
	Name      string
	Values    []string
	Condition string
}

// PrivateNamespaces are the namespaces whose names are known in a VPC only.
func (c *Client) PrivateNamespaces(ctx context.Context) (all []Named, err error) {
	return c.list(ctx, "ListNamespaces", filter{"TYPE", []string{"DNS_PRIVATE"}, "EQ"})
}

// Names are those in a namespace, by its id.
func (c *Client) Names(ctx context.Context, namespace string) (all []Named, err error) {
	return c.list(ctx, "ListServices", filter{"NAMESPACE_ID", []string{namespace}, "EQ"})
}

func (c *Client) list(ctx context.Context, action string, by filter) (all []Named, err error) {
	input := map[string]any{"Filters": []filter{by}}
	for {
		var answer struct {
			Namespaces, Services []Named
			NextToken            string
		}
		if err := c.call(ctx, action, input, &answer); err != nil {
			return nil, err
		}
		all = append(append(all, answer.Namespaces...), answer.Services...)
		if answer.NextToken == "" {
			return all, nil
		}
		input["NextToken"] = answer.NextToken
	}
}

// Tags are the tags of a namespace or a name, by its ARN.
func (c *Client) Tags(ctx context.Context, arn string) (map[string]string, error) {
	var answer struct{ Tags awsapi.Tags }
	err := c.call(ctx, "ListTagsForResource", map[string]any{"ResourceARN": arn}, &answer)
	return answer.Tags, err
}
