// Package dns creates records: aliases, which give a load balancer or a distribution its host name, and the proof that a domain is yours.
package dns

import (
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/acmcertificate"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/route53record"
	"github.com/hashicorp/terraform-cdk-go/cdktf"
)

// Alias describes an alias record.
type Alias struct {
	// ZoneID is the hosted zone that holds Name.
	ZoneID string
	// Name is the host name, such as "api.example.com".
	Name string
	// ByLabel names the record by the first label of Name, to which the provider appends the zone.
	ByLabel bool
	// Target is the host name that Name stands for, and TargetZoneID its hosted zone.
	Target, TargetZoneID string
	// IPv6 is for the addresses of IPv6, instead of those of IPv4.
	IPv6 bool
	// EvaluateTargetHealth has Route 53 leave out a target that is not healthy.
	EvaluateTargetHealth bool
}

// New creates the record in scope, under id, and returns the condition that it has the name that was
// asked for. The provider appends the zone to a name outside it, and Route 53 then has a record of
// quite another name. The condition is for an output: it fails a deploy when all is done, so that the
// next one finds nothing half-done.
// https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/route53_record (name, fqdn)
func New(scope constructs.Construct, id string, alias Alias) *cdktf.Precondition {
	name := alias.Name
	if alias.ByLabel {
		name = *cdktf.Token_AsString(cdktf.Fn_Element(cdktf.Fn_Split(jsii.String("."), jsii.String(alias.Name)), jsii.Number(0)), nil)
	}
	of := "A"
	if alias.IPv6 {
		of = "AAAA"
	}
	record := route53record.NewRoute53Record(scope, jsii.String(id), &route53record.Route53RecordConfig{
		ZoneId: jsii.String(alias.ZoneID),
		Name:   jsii.String(name),
		Type:   jsii.String(of),
		Alias: &route53record.Route53RecordAlias{
			Name:                 jsii.String(alias.Target),
			ZoneId:               jsii.String(alias.TargetZoneID),
			EvaluateTargetHealth: alias.EvaluateTargetHealth,
		},
		// Another name is created before the old one is deleted.
		Lifecycle: &cdktf.TerraformResourceLifecycle{CreateBeforeDestroy: jsii.Bool(true)},
	})
	fqdn := *record.Fqdn()
	return &cdktf.Precondition{
		Condition: "${" + fqdn + " == " + alias.Name + "}",
		ErrorMessage: jsii.String(alias.Name + " is not in the hosted zone: Route 53 now has " + fqdn +
			". Deploy again with a name in the zone, or with the zone of the name; that deletes the wrong record."),
	}
}

// NewProof creates the record in scope, under id, by which AWS sees that the domain of a certificate is yours, and returns its name. ACM asks for it
// again whenever it renews the certificate.
//
// It is written also where it is there: an earlier certificate of the domain has the very same one.
// https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html
func NewProof(scope constructs.Construct, id, zoneID string, certificate acmcertificate.AcmCertificate) string {
	wanted := certificate.DomainValidationOptions().Get(jsii.Number(0))
	return *route53record.NewRoute53Record(scope, jsii.String(id), &route53record.Route53RecordConfig{
		ZoneId:         jsii.String(zoneID),
		Name:           wanted.ResourceRecordName(),
		Type:           jsii.String("CNAME"),
		Records:        jsii.Strings(*wanted.ResourceRecordValue()),
		Ttl:            jsii.Number(60),
		AllowOverwrite: jsii.Bool(true),
	}).Fqdn()
}
