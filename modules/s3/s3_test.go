package s3_test

import (
	"strings"
	"testing"

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
			`bucket name: "Bucket" is not allowed (at least 3 lower-case letters, digits, dots and hyphens, a letter or digit at both ends)`,
		}},
		{Name: "long prefix", Change: func(c *c) { c.NamePrefix = strings.Repeat("p", 61) }, Want: []string{
			`origin access control name: "` + strings.Repeat("p", 61) + `-oac" has 65 characters, 64 at most are allowed`,
		}},
	})
}

func TestNewRefusesWhatValidateRefuses(t *testing.T) {
	if _, err := s3.New(nil, "frontend", s3.Config{}); err == nil {
		t.Error("New took an invalid configuration")
	}
}
