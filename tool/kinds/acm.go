package kinds

import "github.com/order-bot/infra/internal/iampolicy"

// acm are the types of Certificate Manager.
var acm = []Kind{
	{
		Type:     "aws_acm_certificate",
		None:     "Detail Unique Options Unreadable Harmless Held Expires Protections Foresee Called ByPrefix Monthly",
		Title:    "certificate",
		Label:    attribute("domain_name"),
		Step:     Names,
		Identity: byARN,
		Tagged:   true,
		Home:     "modules/certificate/certificate.go",
		Instead:  "AWS deletes no certificate that a load balancer or CloudFront uses: destroy what uses it first",
		Replaced: "AWS deletes no certificate that a load balancer or CloudFront uses, so that the old one has to be free: another domain is a change of all stacks that use it",
		Losses:   []Loss{{"options.certificate_transparency_logging_preference", lacks("ENABLED"), "browsers may refuse the next one that AWS renews"}},
		// ListCertificates: which there are by now, for who imports one into the state.
		Read: []Right{may(certificates, "acm:DescribeCertificate", "acm:ListTagsForCertificate"), may(anything, "acm:ListCertificates")},
		Write: []Right{
			may(newCertificate, "acm:RequestCertificate"), may(newCertificate, "acm:AddTagsToCertificate"),
			may(ownCertificates, "acm:AddTagsToCertificate", "acm:RemoveTagsFromCertificate", "acm:UpdateCertificateOptions", "acm:DeleteCertificate"),
			may(proofs, "route53:ChangeResourceRecordSets"),
		},
	},
	{
		Type:     "aws_acm_certificate_validation",
		None:     "Tagged Unique Options Unreadable Instead Replaced Held Expires Losses Protections Foresee Called ByPrefix Monthly",
		Title:    "wait for a certificate",
		Label:    attribute("certificate_arn"),
		Detail:   true,
		Step:     Names,
		Identity: []Part{{Attribute: "certificate_arn", Same: exactly}},
		Home:     "modules/certificate/certificate.go",
		Harmless: &Replacement{}, // AWS has nothing of it
		Read:     []Right{may(certificates, "acm:DescribeCertificate")},
		Write:    []Right{may(certificates, "acm:DescribeCertificate")},
	},
}

func certificateARNs(s Scope) []string {
	return []string{"arn:aws:acm:*:" + s.Account() + ":certificate/*"} // CloudFront takes them from another region
}

func certificates(s Scope) iampolicy.Statement {
	return iampolicy.Allow("Certificates", certificateARNs(s)).For(madeUp)
}

func newCertificate(s Scope) iampolicy.Statement {
	return iampolicy.Allow("NewCertificate", certificateARNs(s), tagged(s, "aws:RequestTag"))
}

func ownCertificates(s Scope) iampolicy.Statement {
	return iampolicy.Allow("OwnCertificates", certificateARNs(s), tagged(s, "aws:ResourceTag"))
}

// proofs are the records by which AWS sees that a domain is ours. Their names begin with an underscore, and AWS makes up what follows it.
// https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html
func proofs(s Scope) iampolicy.Statement {
	var names []string
	for _, domain := range s.Names("aws_acm_certificate", "domain_name") {
		names = append(names, "_*."+domain)
	}
	return iampolicy.Allow("Proofs", zones(s), iampolicy.Condition{
		"ForAllValues:StringEquals": {"route53:ChangeResourceRecordSetsRecordTypes": {"CNAME"}},
		"ForAllValues:StringLike":   {"route53:ChangeResourceRecordSetsNormalizedRecordNames": names},
	})
}
