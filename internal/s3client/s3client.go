// Package s3client makes clients of S3.
package s3client

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// New returns a client of S3. At an endpoint of one's own, such as the local AWS, a bucket is part of the path: its name
// before the host's, as AWS has it, would be a host that nobody knows.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
func New(config aws.Config) *s3.Client {
	return s3.NewFromConfig(config, func(o *s3.Options) { o.UsePathStyle = config.BaseEndpoint != nil })
}
