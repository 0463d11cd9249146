// Package cloudfront asks CloudFront for distributions and what they use, and has it forget its copies of files.
package cloudfront

import (
	"cmp"
	"context"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	smithytime "github.com/aws/smithy-go/time"

	"github.com/order-bot/infra/tool/aws/awsapi"
)

// https://docs.aws.amazon.com/general/latest/gr/cf_region.html
var service = awsapi.Service{ID: "CloudFront", Prefix: "cloudfront", Homes: map[string]awsapi.Home{
	"":    {Host: "cloudfront.amazonaws.com", Region: "us-east-1"},
	"cn-": {Host: "cloudfront.cn-northwest-1.amazonaws.com.cn", Region: "cn-northwest-1"},
}}

// NoSuchDistribution is the code of the error where there is no such distribution.
const NoSuchDistribution = "NoSuchDistribution"

// version is that of CloudFront's API. All its paths begin with it.
const version = "2020-05-31"

// Client asks CloudFront.
type Client struct {
	api *awsapi.Client
	// every is how long WaitForInvalidation waits before it asks again.
	every time.Duration
}

// New returns a client with these settings.
func New(config aws.Config) *Client { return &Client{awsapi.New(config, service), 5 * time.Second} }

func (c *Client) get(ctx context.Context, action, path string, query url.Values, answer any) error {
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return c.api.XML(ctx, action, http.MethodGet, "/"+version+path, nil, answer)
}

// list asks for all pages of what is at a path.
func list[T any](ctx context.Context, c *Client, action, path string, query url.Values) ([]T, error) {
	var all []T
	for {
		var page struct {
			NextMarker string
			Items      struct {
				All []T `xml:",any"`
			}
		}
		if err := c.get(ctx, action, path, query, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Items.All...)
		if page.NextMarker == "" {
			return all, nil
		}
		query.Set("Marker", page.NextMarker)
	}
}

// Summary is what a list says of a distribution.
type Summary struct {
	ID string `xml:"Id"`
	// ARN is such as "arn:aws:cloudfront::123456789012:distribution/EDFDVBD632BHDS5".
	ARN string
	// DomainName is its own, such as "d111111abcdef8.cloudfront.net".
	DomainName string
	// Aliases are its other host names.
	Aliases []string `xml:"Aliases>Items>CNAME"`
	// AccessControls are the ids of the origin access controls of its origins. An origin without one has "", or is not among them.
	AccessControls []string `xml:"Origins>Items>Origin>OriginAccessControlId"`
	// CachePolicy and HeadersPolicy are the ids of the policies of its default behaviour, or "".
	CachePolicy   string `xml:"DefaultCacheBehavior>CachePolicyId"`
	HeadersPolicy string `xml:"DefaultCacheBehavior>ResponseHeadersPolicyId"`
	// Functions are the ARNs of the functions that its default behaviour runs.
	Functions []string `xml:"DefaultCacheBehavior>FunctionAssociations>Items>FunctionAssociation>FunctionARN"`
}

// ListDistributions returns all distributions of the account.
// https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_ListDistributions.html
func (c *Client) ListDistributions(ctx context.Context) ([]Summary, error) {
	return list[Summary](ctx, c, "ListDistributions", "/distribution", url.Values{})
}

// ConflictingAlias is an alias of somebody's distribution. CloudFront hides the first characters of both ids behind stars.
type ConflictingAlias struct {
	// Alias is the very one that was asked for, or one with a star that stands for it, or for which it stands.
	Alias string
	// Distribution is such as "*******5PBZ4YV", and Account such as "******555252".
	Distribution string `xml:"DistributionId"`
	Account      string `xml:"AccountId"`
}

// ListConflictingAliases returns the distributions in all of AWS, but for the one that is named, that have an alias or one that overlaps. That
// one has to have a certificate for the alias, or AWS answers InvalidArgument.
// https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_ListConflictingAliases.html
func (c *Client) ListConflictingAliases(ctx context.Context, alias, distribution string) ([]ConflictingAlias, error) {
	return list[ConflictingAlias](ctx, c, "ListConflictingAliases", "/conflicting-alias", url.Values{"Alias": {alias}, "DistributionId": {distribution}})
}

// Distribution is a distribution.
type Distribution struct {
	// Status is "InProgress" while a change is on its way to all of CloudFront's locations, and "Deployed" after that.
	Status string
	// Enabled tells whether it answers.
	Enabled bool `xml:"DistributionConfig>Enabled"`
	// Aliases are its host names beside its own.
	Aliases []string `xml:"DistributionConfig>Aliases>Items>CNAME"`
}

// GetDistribution returns the distribution of an id.
// https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_GetDistribution.html
func (c *Client) GetDistribution(ctx context.Context, id string) (Distribution, error) {
	var answer Distribution
	err := c.get(ctx, "GetDistribution", "/distribution/"+url.PathEscape(id), nil, &answer)
	return answer, err
}

// Named is an origin access control, a policy, or a function, whose id is its ARN.
type Named struct {
	ID   string `xml:"Id"`
	Name string
}

// ListOriginAccessControls returns all origin access controls of the account.
// https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_ListOriginAccessControls.html
func (c *Client) ListOriginAccessControls(ctx context.Context) ([]Named, error) {
	return list[Named](ctx, c, "ListOriginAccessControls", "/origin-access-control", url.Values{})
}

// ListCachePolicies returns the account's own cache policies.
// https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_ListCachePolicies.html
func (c *Client) ListCachePolicies(ctx context.Context) ([]Named, error) {
	return c.named(ctx, "ListCachePolicies", "/cache-policy", url.Values{"Type": {"custom"}})
}

// ListResponseHeadersPolicies returns the account's own response headers policies.
// https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_ListResponseHeadersPolicies.html
func (c *Client) ListResponseHeadersPolicies(ctx context.Context) ([]Named, error) {
	return c.named(ctx, "ListResponseHeadersPolicies", "/response-headers-policy", url.Values{"Type": {"custom"}})
}

// ListFunctions returns all functions of the account.
// https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_ListFunctions.html
func (c *Client) ListFunctions(ctx context.Context) ([]Named, error) {
	// Each has this stage, and one that is published another one, too.
	return c.named(ctx, "ListFunctions", "/function", url.Values{"Stage": {"DEVELOPMENT"}})
}

// named lists what has its id and its name in elements of its own, one of these.
func (c *Client) named(ctx context.Context, action, path string, query url.Values) (all []Named, err error) {
	type summary struct {
		CacheID     string `xml:"CachePolicy>Id"`
		CacheName   string `xml:"CachePolicy>CachePolicyConfig>Name"`
		HeadersID   string `xml:"ResponseHeadersPolicy>Id"`
		HeadersName string `xml:"ResponseHeadersPolicy>ResponseHeadersPolicyConfig>Name"`
		FunctionID  string `xml:"FunctionMetadata>FunctionARN"`
		Function    string `xml:"Name"`
	}
	listed, err := list[summary](ctx, c, action, path, query)
	for _, is := range listed {
		all = append(all, Named{cmp.Or(is.CacheID, is.HeadersID, is.FunctionID), cmp.Or(is.CacheName, is.HeadersName, is.Function)})
	}
	return all, err
}

// Tags returns the tags of a distribution by its ARN.
// https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_ListTagsForResource.html
func (c *Client) Tags(ctx context.Context, arn string) (map[string]string, error) {
	var answer struct {
		Tags awsapi.Tags `xml:"Items>Tag"`
	}
	err := c.get(ctx, "ListTagsForResource", "/tagging", url.Values{"Resource": {arn}}, &answer)
	return answer.Tags, err
}

// invalidation is one that CloudFront has begun.
type invalidation struct {
	ID     string `xml:"Id"`
	Status string // "InProgress" or "Completed"
}

// Invalidate has a distribution forget its copies of the files at a path, such as "/*", and returns the invalidation's id. Of two with the same
// reference, the second does nothing.
// https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CreateInvalidation.html
func (c *Client) Invalidate(ctx context.Context, distribution, path, reference string) (id string, err error) {
	batch := struct {
		XMLName   xml.Name `xml:"http://cloudfront.amazonaws.com/doc/2020-05-31/ InvalidationBatch"`
		Quantity  int      `xml:"Paths>Quantity"`
		Path      string   `xml:"Paths>Items>Path"`
		Reference string   `xml:"CallerReference"`
	}{Quantity: 1, Path: path, Reference: reference}
	var made invalidation
	err = c.api.XML(ctx, "CreateInvalidation", http.MethodPost, "/"+version+invalidations(distribution), batch, &made)
	return made.ID, err
}

// WaitForInvalidation waits until a distribution has forgotten its copies, or until ctx ends.
// https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_GetInvalidation.html
func (c *Client) WaitForInvalidation(ctx context.Context, distribution, id string) error {
	for {
		var now invalidation
		err := c.get(ctx, "GetInvalidation", invalidations(distribution)+"/"+url.PathEscape(id), nil, &now)
		if err != nil || now.Status == "Completed" {
			return err
		}
		if err := smithytime.SleepWithContext(ctx, c.every); err != nil {
			return fmt.Errorf("the invalidation %s is not completed: %w", id, err)
		}
	}
}

func invalidations(distribution string) string {
	return "/distribution/" + url.PathEscape(distribution) + "/invalidation"
}
