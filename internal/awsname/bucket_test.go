package awsname

import (
	"strings"
	"testing"

	"github.com/order-bot/infra/internal/check"
)

func TestValidateBucket(t *testing.T) {
	for name, allowed := range map[string]bool{
		"abc":                         true,
		"123456":                      true, // digits only are no IP address
		"1.2.3":                       true,
		"www.example.com":             true,
		"xn-bucket":                   true,
		"bucket-in-japan":             true,
		strings.Repeat("b", 63):       true,
		"b-111122223333-eu-west-1-an": true, // exists already
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
		ValidateBucket(&p, "bucket", name)
		if err := p.Err(); (err == nil) != allowed {
			t.Errorf("%q: %v", name, err)
		}
	}
}
