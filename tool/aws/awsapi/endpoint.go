package awsapi

import (
	"context"
	"net/url"
	"os"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// suffixes are the ends of host names in partitions other than AWS's own, by how their regions begin.
// https://github.com/aws/aws-sdk-go-v2/blob/main/internal/endpoints/awsrulesfn/partitions.json
var suffixes = map[string]string{"cn-": "amazonaws.com.cn", "eusc-": "amazonaws.eu", "us-iso-": "c2s.ic.gov", "us-isob-": "sc2s.sgov.gov",
	"eu-isoe-": "cloud.adc-e.uk", "us-isof-": "csp.hci.ic.gov"}

// hostable are the names of buckets that may be the beginning of a host name: a certificate with a star covers none with dots.
var hostable = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$`)

// endpoint is where the service answers, without a slash at the end, and the region for which requests to it are signed: at the address of the
// settings, in the order in which the SDK takes them, or else in the region, or where the service is that is in none. A bucket of S3 is before the host
// name, or after it: at an address of the settings, such as the local AWS, the name before the host's would be a host that nobody knows.
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
func (c *Client) endpoint(ctx context.Context, bucket string) (address, region string, err error) {
	region = c.config.Region
	after := ""
	if bucket != "" {
		after = "/" + url.PathEscape(bucket)
	}
	if address := c.ownEndpoint(ctx); address != "" {
		return strings.TrimSuffix(address, "/") + after, region, nil
	}
	if c.config.BaseEndpoint != nil {
		return strings.TrimSuffix(*c.config.BaseEndpoint, "/") + after, region, nil
	}
	if region == "" {
		return "", "", &aws.MissingRegionError{}
	}
	if c.service.Homes != nil {
		home := ofRegion(c.service.Homes, region, c.service.Homes[""])
		return "https://" + home.Host, home.Region, nil
	}
	host := c.service.Prefix + "." + region + "." + ofRegion(suffixes, region, "amazonaws.com")
	if hostable.MatchString(bucket) {
		return "https://" + bucket + "." + host, region, nil
	}
	return "https://" + host + after, region, nil
}

// ofRegion returns the value of a table by how the names of regions begin, or else that for all others.
func ofRegion[T any](table map[string]T, region string, others T) T {
	for prefix, value := range table {
		if prefix != "" && strings.HasPrefix(region, prefix) {
			return value
		}
	}
	return others
}

// ownEndpoint is the address that the settings have for the service alone, or "". One of a file does not count if the environment has one for all
// services.
func (c *Client) ownEndpoint(ctx context.Context) string {
	variable := "AWS_ENDPOINT_URL_" + strings.ToUpper(strings.ReplaceAll(c.service.ID, " ", "_"))
	if os.Getenv("AWS_ENDPOINT_URL") != "" && os.Getenv(variable) == "" {
		return ""
	}
	var own string
	for _, source := range c.config.ConfigSources {
		settings, ok := source.(interface {
			GetIgnoreConfiguredEndpoints(context.Context) (value, found bool, err error)
			GetServiceBaseEndpoint(ctx context.Context, service string) (address string, found bool, err error)
		})
		if !ok {
			continue
		}
		if ignored, _, _ := settings.GetIgnoreConfiguredEndpoints(ctx); ignored {
			return ""
		}
		if address, _, _ := settings.GetServiceBaseEndpoint(ctx, c.service.ID); own == "" {
			own = address
		}
	}
	return own
}
