package ec2

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/protocol/ec2query"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// describe asks a Describe action for all pages of what the filters let through.
func describe[T any](ctx context.Context, c *Client, action string, filters Filters) ([]T, error) {
	parameters := url.Values{}
	for i, name := range slices.Sorted(maps.Keys(filters)) {
		prefix := "Filter." + strconv.Itoa(i+1)
		parameters.Set(prefix+".Name", name)
		for j, value := range filters[name] {
			parameters.Set(prefix+".Value."+strconv.Itoa(j+1), value)
		}
	}
	var all []T
	for {
		answer, err := call[page[T]](ctx, c, action, parameters)
		if err != nil {
			return nil, err
		}
		all = append(all, answer.Set.Items...)
		if answer.NextToken == "" {
			return all, nil
		}
		parameters.Set("NextToken", answer.NextToken)
	}
}

// page is the answer of a Describe action. Its one set has another name in each: securityGroupInfo, networkInterfaceSet, vpcSet.
type page[T any] struct {
	RequestID string `xml:"requestId"` // named, as it is no set
	NextToken string `xml:"nextToken"`
	Set       struct {
		Items []T `xml:"item"`
	} `xml:",any"`
}

// call asks EC2 for an action, with the SDK's retries, and reads its answer into T. All parameters of the action are in parameters, by
// their names in its reference. A refusal is a [smithy.APIError].
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Query-Requests.html
func call[T any](ctx context.Context, c *Client, action string, parameters url.Values) (T, error) {
	var answer T
	body := maps.Clone(parameters)
	body.Set("Action", action)
	body.Set("Version", "2016-11-15")
	once := func(ctx context.Context, _ middleware.FinalizeInput) (out middleware.FinalizeOutput, metadata middleware.Metadata, err error) {
		return out, metadata, c.send(ctx, body.Encode(), &answer)
	}
	attempts := retry.NewAttemptMiddleware(c.retryer, func(request any) any { return request }) // send makes each request anew
	_, _, err := attempts.HandleFinalize(ctx, middleware.FinalizeInput{}, middleware.FinalizeHandlerFunc(once))
	if err != nil {
		return answer, &smithy.OperationError{ServiceID: "EC2", OperationName: action, Err: err}
	}
	return answer, nil
}

// send signs and sends one request, and reads what comes back. Its errors are of the types that the retryer knows.
func (c *Client) send(ctx context.Context, body string, answer any) error {
	address, err := c.endpoint(ctx)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	credentials, err := c.config.Credentials.Retrieve(ctx)
	if err != nil {
		return &v4.SigningError{Err: err}
	}
	hash := sha256.Sum256([]byte(body))
	if err := v4.NewSigner().SignHTTP(ctx, credentials, request, hex.EncodeToString(hash[:]), "ec2", c.config.Region, time.Now()); err != nil {
		return &v4.SigningError{Err: err}
	}
	response, err := c.http.Do(request)
	if err != nil {
		return &smithyhttp.RequestSendError{Err: err}
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		return &smithyhttp.RequestSendError{Err: err}
	}
	if response.StatusCode == http.StatusOK {
		if err := xml.Unmarshal(content, answer); err != nil {
			return &smithy.DeserializationError{Err: err, Snapshot: content}
		}
		return nil
	}
	refusal, err := ec2query.GetErrorResponseComponents(bytes.NewReader(content))
	if err != nil || refusal.Code == "" { // such as the page of a proxy
		refusal.Code, refusal.Message = "UnknownError", response.Status
	}
	return &awshttp.ResponseError{RequestID: refusal.RequestID, ResponseError: &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: response},
		Err:      &smithy.GenericAPIError{Code: refusal.Code, Message: refusal.Message},
	}}
}

// suffixes are the ends of host names in partitions other than AWS's own, by how their regions begin.
// https://github.com/aws/aws-sdk-go-v2/blob/main/internal/endpoints/awsrulesfn/partitions.json
var suffixes = map[string]string{"cn-": "amazonaws.com.cn", "eusc-": "amazonaws.eu", "us-iso-": "c2s.ic.gov", "us-isob-": "sc2s.sgov.gov",
	"eu-isoe-": "cloud.adc-e.uk", "us-isof-": "csp.hci.ic.gov"}

// endpoint is where EC2 answers: at the address of the settings, in the order in which the SDK takes them, or else in the region.
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
func (c *Client) endpoint(ctx context.Context) (string, error) {
	if address := c.ownEndpoint(ctx); address != "" {
		return address, nil
	}
	if c.config.BaseEndpoint != nil {
		return *c.config.BaseEndpoint, nil
	}
	if c.config.Region == "" {
		return "", &aws.MissingRegionError{}
	}
	for prefix, suffix := range suffixes {
		if strings.HasPrefix(c.config.Region, prefix) {
			return "https://ec2." + c.config.Region + "." + suffix, nil
		}
	}
	return "https://ec2." + c.config.Region + ".amazonaws.com", nil
}

// ownEndpoint is the address that the settings have for EC2 alone, or "". One of a file does not count if the environment has one for all services.
func (c *Client) ownEndpoint(ctx context.Context) string {
	if os.Getenv("AWS_ENDPOINT_URL") != "" && os.Getenv("AWS_ENDPOINT_URL_EC2") == "" {
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
		if address, _, _ := settings.GetServiceBaseEndpoint(ctx, "EC2"); own == "" {
			own = address
		}
	}
	return own
}
