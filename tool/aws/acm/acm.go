// Package acm asks Certificate Manager for certificates. Its types have what is needed of those in the reference:
// https://docs.aws.amazon.com/acm/latest/APIReference/API_Types.html
package acm

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/order-bot/infra/tool/aws/awsapi"
)

// Client asks Certificate Manager in one region.
type Client struct{ api *awsapi.Client }

// New returns a client with these settings.
func New(config aws.Config) *Client {
	return &Client{awsapi.New(config, awsapi.Service{ID: "ACM", Prefix: "acm", Target: "CertificateManager"})}
}

// Status is the state of a certificate.
// https://docs.aws.amazon.com/acm/latest/APIReference/API_CertificateDetail.html (Status)
type Status string

// The states of a certificate.
const (
	Pending  Status = "PENDING_VALIDATION"
	Issued   Status = "ISSUED"
	Expired  Status = "EXPIRED"
	TimedOut Status = "VALIDATION_TIMED_OUT"
	Revoked  Status = "REVOKED"
	Failed   Status = "FAILED"
)

// Type is where a certificate is from.
type Type string

// The types of certificates. A private one is from an authority of the account's own.
const (
	Amazon   Type = "AMAZON_ISSUED"
	Imported Type = "IMPORTED"
	Private  Type = "PRIVATE"
)

// Certificate is a certificate.
type Certificate struct {
	ARN string `json:"CertificateArn"`
	// DomainName is the first of its names.
	DomainName string
	Status     Status
	// Names are all of its names.
	Names []string `json:"SubjectAlternativeNames"`
	// Type says where it is from.
	Type Type
	// Key is such as "RSA_2048" or "EC_prime256v1".
	Key string `json:"KeyAlgorithm"`
	// Until is when it expires, if it is issued.
	Until awsapi.Time `json:"NotAfter"`
	// Users are the ARNs of what uses it.
	Users []string `json:"InUseBy"`
}

// Describe returns the certificate of an ARN. It asks in the region that the ARN names: CloudFront takes its one from another region. It returns an
// empty one if it is not there.
// https://docs.aws.amazon.com/acm/latest/APIReference/API_DescribeCertificate.html
func Describe(ctx context.Context, config aws.Config, name string) (Certificate, error) {
	is, err := awsarn.Parse(name)
	if err != nil {
		return Certificate{}, err
	}
	config.Region = is.Region
	var answer struct{ Certificate Certificate }
	err = New(config).api.JSON(ctx, "DescribeCertificate", map[string]any{"CertificateArn": name}, &answer)
	if awsapi.IsCode(err, "ResourceNotFoundException") {
		return Certificate{}, nil
	}
	return answer.Certificate, err
}

// Certificates are those of the region, each with its ARN, its domain name and its status.
// https://docs.aws.amazon.com/acm/latest/APIReference/API_ListCertificates.html
func (c *Client) Certificates(ctx context.Context) ([]Certificate, error) {
	return awsapi.List[Certificate](ctx, c.api, "ListCertificates", "CertificateSummaryList", map[string]any{})
}

// Tags are the tags of a certificate, by its ARN.
// https://docs.aws.amazon.com/acm/latest/APIReference/API_ListTagsForCertificate.html
func (c *Client) Tags(ctx context.Context, arn string) (map[string]string, error) {
	var answer struct{ Tags awsapi.Tags }
	err := c.api.JSON(ctx, "ListTagsForCertificate", map[string]any{"CertificateArn": arn}, &answer)
	return answer.Tags, err
}
