// Package certificate requests the two certificates of a domain, and proves to AWS that the domain is yours: one where the load balancer is, and one
// where CloudFront looks for it.
package certificate

import (
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/acmcertificate"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/acmcertificatevalidation"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"github.com/order-bot/infra/internal/dns"
	"github.com/order-bot/infra/modules/internal/tags"
)

// CloudFrontRegion is the one region from which CloudFront takes certificates.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cnames-and-https-requirements.html
const CloudFrontRegion = "us-east-1"

// References are what only Terraform knows.
type References struct {
	// Domain is the domain, such as "example.com". The certificates are for it, and for all host names with one label before it.
	Domain string
	// HostedZoneID is the public hosted zone that holds Domain.
	HostedZoneID string
	// CloudFront is the provider of CloudFrontRegion.
	CloudFront cdktf.TerraformProvider
	// Tags are put on both certificates, beside the tag Name.
	Tags map[string]string
}

// Certificates is the outputs of this module: the ARNs, which are known as soon as the certificates are issued.
type Certificates struct {
	// ALBARN is the ARN of the one for load balancers, CloudFrontARN that of the one for CloudFront.
	ALBARN, CloudFrontARN string
}

// New requests both certificates in scope, under id, and waits until they are issued.
//
// One record proves both: AWS asks for the same one in each region of an account, and for a domain and the wildcard below it.
// https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html
func New(scope constructs.Construct, id string, refs References) *Certificates {
	this := constructs.NewConstruct(scope, jsii.String(id))
	alb := request(this, "alb_certificate", refs, nil)
	cloudFront := request(this, "cloudfront_certificate", refs, refs.CloudFront)
	proof := dns.NewProof(this, "record", refs.HostedZoneID, alb)
	return &Certificates{
		ALBARN:        issued(this, "alb_validation", alb, proof, nil),
		CloudFrontARN: issued(this, "cloudfront_validation", cloudFront, proof, refs.CloudFront),
	}
}

func request(scope constructs.Construct, id string, refs References, provider cdktf.TerraformProvider) acmcertificate.AcmCertificate {
	return acmcertificate.NewAcmCertificate(scope, jsii.String(id), &acmcertificate.AcmCertificateConfig{
		DomainName:              jsii.String(refs.Domain),
		SubjectAlternativeNames: jsii.Strings("*." + refs.Domain),
		ValidationMethod:        jsii.String("DNS"),
		Tags:                    tags.Named(refs.Tags, refs.Domain),
		Provider:                provider,
		// AWS deletes no certificate that is in use. Another domain gets its certificate before the old one goes.
		Lifecycle: &cdktf.TerraformResourceLifecycle{CreateBeforeDestroy: jsii.Bool(true)},
	})
}

// issued returns the ARN of a certificate once it is issued.
func issued(scope constructs.Construct, id string, certificate acmcertificate.AcmCertificate, proof string, provider cdktf.TerraformProvider) string {
	return *acmcertificatevalidation.NewAcmCertificateValidation(scope, jsii.String(id), &acmcertificatevalidation.AcmCertificateValidationConfig{
		CertificateArn:        certificate.Arn(),
		ValidationRecordFqdns: jsii.Strings(proof),
		Provider:              provider,
	}).CertificateArn()
}
