package s3_test

import (
	"strings"
	"testing"

	"github.com/order-bot/infra/internal/check"
	"github.com/order-bot/infra/internal/check/checktest"
	"github.com/order-bot/infra/internal/fastjsii"
	"github.com/order-bot/infra/modules/s3"
)

func TestMain(m *testing.M) { fastjsii.Main(m) }

func valid() s3.Config {
	return s3.Config{
		BucketName:     "order-bot-frontend",
		NamePrefix:     "order-bot-global",
		Domain:         "app.example.com",
		CertificateARN: "${var.cloudfront_certificate_arn}",
		HostedZoneID:   "Z123",
	}
}

func TestValidate(t *testing.T) {
	type c = s3.Config
	checktest.Run(t, valid, []checktest.Case[c]{
		{Name: "nothing", Change: func(c *c) { *c = s3.Config{} }, Want: []string{
			"bucket name: is required",
			"name prefix: is required",
			"domain: is required",
			"certificate ARN: is required",
			"hosted zone id: is required",
		}},
		{Name: "bucket name", Change: func(c *c) { c.BucketName = "Bucket" }, Want: []string{
			`bucket name: "Bucket" is not allowed (3 to 63 lower-case letters, digits, dots and hyphens, a letter or digit at both ends)`,
		}},
		{Name: "domain", Change: func(c *c) { c.Domain = "app.example.com." }, Want: []string{
			`domain: "app.example.com." is not allowed (a host name of 253 characters at most, lower case and without a dot at the end)`,
		}},
		{Name: "a domain of another script", Change: func(c *c) { c.Domain = "app.example.xn--p1ai" }},
		{Name: "a bucket name that AWS keeps", Change: func(c *c) { c.BucketName = "sthree-bucket" }, Want: []string{
			`bucket name: "sthree-bucket" is not allowed (` + s3.BucketNameNotKept + `)`,
		}},
		{Name: "a bucket name of an account's own namespace", Change: func(c *c) { c.BucketName = "bucket-111122223333-eu-west-1-an" }, Want: []string{
			`bucket name: "bucket-111122223333-eu-west-1-an" must not end with "-an", which S3 keeps for buckets in an account's own namespace`,
		}},
		{Name: "long prefix", Change: func(c *c) { c.NamePrefix = strings.Repeat("p", 61) }, Want: []string{
			`origin access control name: "` + strings.Repeat("p", 61) + `-oac" has 65 characters, 64 at most are allowed`,
		}},
	})
}

func TestValidateBucketName(t *testing.T) {
	for name, allowed := range map[string]bool{
		"abc":                         true,
		"123456":                      true, // digits only are no IP address
		"1.2.3":                       true,
		"www.example.com":             true,
		"xn-bucket":                   true,
		"bucket-in-japan":             true,
		strings.Repeat("b", 63):       true,
		"b-111122223333-eu-west-1-an": true, // exists already
		"${var.bucket}":               true,
		"":                            false,
		"ab":                          false,
		"Bucket":                      false,
		"bucket_1":                    false,
		"-bucket":                     false,
		"bucket.":                     false,
		"a..b":                        false,
		"192.168.5.4":                 false,
		"xn--bucket":                  false,
		"sthree-bucket":               false,
		"amzn-s3-demo-bucket":         false,
		"bucket-s3alias":              false,
		"bucket--ol-s3":               false,
		"bucket.mrap":                 false,
		"bucket--usw2-az1--x-s3":      false,
		"bucket--table-s3":            false,
		strings.Repeat("b", 64):       false,
	} {
		var p check.Problems
		s3.ValidateBucketName(&p, "bucket", name)
		if err := p.Err(); (err == nil) != allowed {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestNewRefusesWhatValidateRefuses(t *testing.T) {
	if _, err := s3.New(nil, "frontend", s3.Config{}); err == nil {
		t.Error("New took an invalid configuration")
	}
}
