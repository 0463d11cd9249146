package s3

import (
	"regexp"

	"github.com/order-bot/infra/internal/check"
)

// The rules of a bucket's name. They are exported so that Terraform checks its variable with the
// same ones: its regular expressions and Go's are one dialect, RE2.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
const (
	// BucketNamePattern matches names of the right length and characters.
	BucketNamePattern = `^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`
	// BucketNameAllowed says in words what BucketNamePattern matches.
	BucketNameAllowed = "3 to 63 lower-case letters, digits, dots and hyphens, a letter or digit at both ends"
	// BucketNameKept matches those of them that AWS refuses or keeps for itself.
	BucketNameKept = `[.][.]|^\d{1,3}([.]\d{1,3}){3}$|^(xn--|sthree-|amzn-s3-demo-)|(-s3alias|--ol-s3|[.]mrap|--x-s3|--table-s3)$`
	// BucketNameNotKept says in words what BucketNameKept does not match.
	BucketNameNotKept = "without two dots in a row, not an IP address, and without what AWS keeps for itself: xn--, sthree- or amzn-s3-demo- at the start, -s3alias, --ol-s3, .mrap, --x-s3 or --table-s3 at the end"
	// AccountSuffix ends the names of buckets in an account's own namespace. S3 takes it only
	// from who asks for that namespace, and the provider does not ask.
	// https://docs.aws.amazon.com/AmazonS3/latest/userguide/gpbucketnamespaces.html
	AccountSuffix = "-an"
)

var (
	bucketName     = regexp.MustCompile(BucketNamePattern)
	bucketNameKept = regexp.MustCompile(BucketNameKept)
)

// ValidateBucketName records what S3 would refuse in the name of a bucket.
func ValidateBucketName(p *check.Problems, field, name string) {
	p.Name(field, name, 63, bucketName, BucketNameAllowed)
	if bucketNameKept.MatchString(name) {
		p.Addf(field, "%q is not allowed (%s)", name, BucketNameNotKept)
	}
}
