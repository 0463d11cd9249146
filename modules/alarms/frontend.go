package alarms

import (
	"fmt"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"github.com/order-bot/infra/internal/check"
)

// Frontend are who hears by mail when the frontend breaks, and from when on. They are in us-east-1, the one region that has CloudFront's numbers.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/programming-cloudwatch-metrics.html
type Frontend struct {
	// Readers are those who get the mails, as those of an environment: each has an input of this stack. Default: nobody, and there are no alarms. A deploy
	// without Readers has to come before one without Frontend: Terraform needs the settings of us-east-1 to delete what is there.
	Readers []string
	// ErrorPercent is how many percent of the answers have a status of 5xx for an alarm: as many in five minutes, three times in a row, 1 to 100.
	// Default 5.
	ErrorPercent int
	// CertificateDays is how many days before its end the certificate makes an alarm, 1 to 59. Default 30.
	CertificateDays int
}

// Used tells whether there are alarms.
func (f Frontend) Used() bool { return len(f.Readers) > 0 }

// WithDefaults puts the defaults where f has zero values.
func (f Frontend) WithDefaults() Frontend {
	for value, fallback := range map[*int]int{&f.ErrorPercent: 5, &f.CertificateDays: 30} {
		if *value == 0 {
			*value = fallback
		}
	}
	return f
}

// Validate returns an error that names every field of the design that is wrong.
func (f Frontend) Validate() error {
	var p check.Problems
	p.Between("error percent", f.ErrorPercent, 1, 100)
	p.Between("certificate days", f.CertificateDays, 1, 59)
	validateReaders(&p, f.Readers)
	return check.Prefix("alarms", p.Err())
}

// FrontendReferences are what only Terraform knows of the frontend.
type FrontendReferences struct {
	// NamePrefix starts the names.
	NamePrefix string
	// Mails are the addresses of the readers, by their words.
	Mails map[string]string
	// DistributionID is the distribution, and CertificateARN its certificate.
	DistributionID, CertificateARN string
	// Provider is that of us-east-1.
	Provider cdktf.TerraformProvider
	// Tags are put on everything that has tags.
	Tags map[string]string
}

// NewFrontend creates the alarms of the frontend, and whom they tell, in scope, under id. Without readers it creates nothing. f has passed Validate.
func NewFrontend(scope constructs.Construct, id string, f Frontend, refs FrontendReferences) {
	if !f.Used() {
		return
	}
	this := constructs.NewConstruct(scope, jsii.String(id))
	to := newTopic(this, topic{arn: "", policy: nil, prefix: refs.NamePrefix, tags: refs.Tags, provider: refs.Provider}, f.Readers, refs.Mails)
	newAlarm(this, "errors", to, alarm{
		name: "frontend-errors", section: "Errors of the frontend",
		says:     fmt.Sprintf("%d percent or more of the frontend's answers had a status of 5xx in five minutes, three times in a row.", f.ErrorPercent),
		compares: asManyAs, limit: f.ErrorPercent, seconds: 300, inARow: 3, missing: quiet,
		metric: metric{"AWS/CloudFront", "5xxErrorRate", "Average", map[string]string{"DistributionId": refs.DistributionID, "Region": "Global"}},
	})
	newCertificateAlarm(this, "frontend", refs.CertificateARN, f.CertificateDays, to)
}
