// Package awsname has rules of names in AWS that the design, the inputs and the command share.
package awsname

import (
	"regexp"

	"github.com/order-bot/infra/internal/check"
)

// Bucket is what the name of a bucket has to be, which is not yet all: see BucketKept.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
var Bucket = check.NewPattern(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`, 63, "3 to 63 lower-case letters, digits, dots and hyphens, a letter or digit at both ends")

// The other rules of a bucket's name. They are exported so that Terraform checks its variable with the same ones.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
const (
	// BucketKept matches those of them that AWS refuses or keeps for itself.
	BucketKept = `[.][.]|^\d{1,3}([.]\d{1,3}){3}$|^(xn--|sthree-|amzn-s3-demo-)|(-s3alias|--ol-s3|[.]mrap|--x-s3|--table-s3)$`
	// BucketNotKept says in words what BucketKept does not match.
	BucketNotKept = "without two dots in a row, not an IP address, and without what AWS keeps for itself: xn--, sthree- or amzn-s3-demo- at the start, -s3alias, --ol-s3, .mrap, --x-s3 or --table-s3 at the end"
	// AccountSuffix ends the names of buckets in an account's own namespace. S3 takes it only
	// from who asks for that namespace, and the provider does not ask.
	// https://docs.aws.amazon.com/AmazonS3/latest/userguide/gpbucketnamespaces.html
	AccountSuffix = "-an"
)

var bucketKept = regexp.MustCompile(BucketKept)

// ValidateBucket records what S3 would refuse in the name of a bucket.
func ValidateBucket(p *check.Problems, field, name string) {
	p.Matches(field, name, Bucket)
	if bucketKept.MatchString(name) {
		p.Addf(field, "%q is not allowed (%s)", name, BucketNotKept)
	}
}
