// Package s3client makes clients of S3.
package s3client

import (
	"cmp"
	"errors"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// New returns a client of S3. At an endpoint of one's own, such as the local AWS, a bucket is part of the path: its name
// before the host's, as AWS has it, would be a host that nobody knows.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
func New(config aws.Config) *s3.Client {
	return s3.NewFromConfig(config, func(o *s3.Options) { o.UsePathStyle = config.BaseEndpoint != nil })
}

// Elsewhere tells whether a request failed because the bucket is in another region than the client's, and returns that region.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html
func Elsewhere(err error) (region string, is bool) {
	var response *awshttp.ResponseError
	if !errors.As(err, &response) || response.HTTPStatusCode() != http.StatusMovedPermanently {
		return "", false
	}
	return cmp.Or(response.Response.Header.Get("x-amz-bucket-region"), "another region"), true
}
