// Package awsapi asks services of AWS, whose clients in the SDK are too large: to compile that of EC2 takes a minute of processor time and
// 3 GB of memory, those of CloudFront, IAM and CloudWatch Logs another one. What is not special to a service is the SDK's: settings, credentials,
// signatures, retries, the types of errors.
//
// A service is a package that has a [Service], types with the fields that are needed, and a function of few lines for each action, such as
// tool/aws/iam. It calls Query, JSON, GetJSON, XML or S3, or what asks for all pages of a list, as the service's reference says in its examples of requests.
package awsapi

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Service is a service of AWS.
type Service struct {
	// ID names it in settings and in errors, such as "CloudWatch Logs". The SDK has it as ServiceID.
	ID string
	// Prefix is how its host names begin, and its name in signatures unless Signed is another one, such as "logs".
	Prefix string
	// Signed is its name in signatures where that is not Prefix, such as "ecr" of "api.ecr".
	Signed string
	// Version is that of its API, such as "2016-11-15". Only Query needs it.
	Version string
	// Target is how it names its API, such as "Logs_20140328". Only JSON needs it.
	Target string
	// Homes are where a service is that is in no region, by how the names of the regions begin whose accounts ask there. All that no other
	// begins with ask at "". Nil is for a service in each region.
	Homes map[string]Home
}

// Home is where a service is that is in no region.
type Home struct {
	// Host is its host name, and Region the one for which requests to it are signed.
	Host, Region string
}

// Client asks a service. It has no settings for FIPS and dual-stack endpoints.
type Client struct {
	service Service
	config  aws.Config
	http    aws.HTTPClient
	retryer aws.Retryer
}

// New returns a client of a service with these settings.
func New(config aws.Config, service Service) *Client {
	c := &Client{service: service, config: config, http: config.HTTPClient}
	if c.http == nil {
		c.http = awshttp.NewBuildableClient()
	}
	switch {
	case config.Retryer != nil:
		c.retryer = config.Retryer()
	case config.RetryMode == aws.RetryModeAdaptive:
		c.retryer = retry.NewAdaptiveMode()
	default:
		c.retryer = retry.NewStandard()
	}
	if config.RetryMaxAttempts != 0 {
		c.retryer = retry.AddWithMaxAttempts(c.retryer, config.RetryMaxAttempts)
	}
	return c
}

// Request is a request, as a protocol makes it of an action and its input.
type Request struct {
	Method, Path string // with a query
	Header       map[string]string
	Body         []byte
	// Bucket is the bucket of S3 that it is about. All requests to S3 have one, and no other has.
	Bucket string
}

// protocol is how a service writes.
type protocol struct {
	// read reads an answer.
	read func(content []byte, answer any) error
	// refusal reads a refusal. Its code is "" if the content is none.
	refusal func(response *http.Response, content []byte) refusal
}

type refusal struct{ code, message, requestID string }

// call makes a request, with the SDK's retries, and reads what comes back into answer. A refusal is a [smithy.APIError].
func (c *Client) call(ctx context.Context, action string, r Request, p protocol, answer any) error {
	once := func(ctx context.Context, _ middleware.FinalizeInput) (out middleware.FinalizeOutput, metadata middleware.Metadata, err error) {
		return out, metadata, c.send(ctx, r, p, answer)
	}
	attempts := retry.NewAttemptMiddleware(c.retryer, func(request any) any { return request }) // send makes each request anew
	_, _, err := attempts.HandleFinalize(ctx, middleware.FinalizeInput{}, middleware.FinalizeHandlerFunc(once))
	if err != nil {
		return &smithy.OperationError{ServiceID: c.service.ID, OperationName: action, Err: err}
	}
	return nil
}

// send signs and sends a request once, and reads what comes back. Its errors are of the types that the retryer knows.
func (c *Client) send(ctx context.Context, r Request, p protocol, answer any) error {
	address, region, err := c.endpoint(ctx, r.Bucket)
	if err != nil {
		return err
	}
	sent, err := http.NewRequestWithContext(ctx, r.Method, address+r.Path, bytes.NewReader(r.Body))
	if err != nil {
		return err
	}
	for name, value := range r.Header {
		sent.Header.Set(name, value)
	}
	credentials, err := c.config.Credentials.Retrieve(ctx)
	if err != nil {
		return &v4.SigningError{Err: err}
	}
	hash := sha256.Sum256(r.Body)
	digest := hex.EncodeToString(hash[:])
	if r.Bucket != "" { // https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
		sent.Header.Set("X-Amz-Content-Sha256", digest)
	}
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = r.Bucket != "" }) // S3 wants a path that is escaped once
	if err := signer.SignHTTP(ctx, credentials, sent, digest, cmp.Or(c.service.Signed, c.service.Prefix), region, time.Now()); err != nil {
		return &v4.SigningError{Err: err}
	}
	response, err := c.http.Do(sent)
	if err != nil {
		return &smithyhttp.RequestSendError{Err: err}
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		return &smithyhttp.RequestSendError{Err: err}
	}
	if response.StatusCode/100 == 2 { // 201 is for what was created
		if err := p.read(content, answer); err != nil {
			return &smithy.DeserializationError{Err: err, Snapshot: content}
		}
		return nil
	}
	refused := p.refusal(response, content)
	switch {
	case r.Method == http.MethodHead: // whose answer has no content
		refused.message = http.StatusText(response.StatusCode)
		refused.code = strings.ReplaceAll(refused.message, " ", "")
	case refused.code == "": // such as the page of a proxy
		refused.code, refused.message = "UnknownError", response.Status
	}
	return &awshttp.ResponseError{RequestID: refused.requestID, ResponseError: &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: response},
		Err:      &smithy.GenericAPIError{Code: refused.code, Message: refused.message},
	}}
}
