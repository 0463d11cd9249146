package kinds

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-bot/infra/tool/aws/acm"
	"github.com/order-bot/infra/tool/iampolicy"
	"github.com/order-bot/infra/tool/tfvalue"
)

// acmTypes are the types of Certificate Manager.
var acmTypes = []Kind{
	{
		Type:     "aws_acm_certificate",
		Title:    "certificate",
		Label:    attribute("domain_name"),
		Identity: byARN,
		Find:     findCertificate,
		Home:     "modules/certificate/certificate.go",
		InTheWay: usersOfCertificate,
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
		Title:    "wait for a certificate",
		Label:    attribute("certificate_arn"),
		Detail:   true,
		Identity: []Part{{Attribute: "certificate_arn", Same: exactly}},
		Find:     findWait,
		Home:     "modules/certificate/certificate.go",
		Harmless: &Replacement{}, // AWS has nothing of it
		Read:     []Right{may(certificates, "acm:DescribeCertificate")},
		Write:    []Right{may(certificates, "acm:DescribeCertificate")},
	},
}

// certificateARNs are those of any region: CloudFront takes them from another one.
const certificateARNs = "arn:aws:acm:*:ACCOUNT:certificate/*"

var (
	certificates    = on("Certificates", certificateARNs).because(madeUp)
	newCertificate  = on("NewCertificate", certificateARNs).tagged("aws:RequestTag")
	ownCertificates = on("OwnCertificates", certificateARNs).tagged("aws:ResourceTag")
)

// proofs are the records by which AWS sees that a domain is ours. Their names begin with an underscore, and AWS makes up what follows it.
// https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html
func proofs(s Scope) iampolicy.Statement {
	return iampolicy.Allow("Proofs", zones(s), recordsLike("CNAME", arns(s, s.Names("aws_acm_certificate", "domain_name"), "_*.NAME")))
}

// notTaken are the states of a certificate that a deploy does not go on with.
var notTaken = []acm.Status{acm.Expired, acm.Failed, acm.Revoked, acm.TimedOut}

// findCertificate: by its domain and its tags, in the region of its provider. Imported by ARN (acm_certificate.html.markdown).
func findCertificate(ctx context.Context, f *Search, r Resource) (*Found, error) {
	client, domain := acm.New(f.regional(r)), f.Value(r, "domain_name")
	all, err := client.Certificates(ctx)
	if err != nil {
		return nil, err
	}
	var ours []object
	for _, one := range all {
		if one.DomainName != domain || slices.Contains(notTaken, one.Status) {
			continue
		}
		tags, err := client.Tags(ctx, one.ARN)
		if err != nil {
			return nil, err
		}
		// A domain may have any number of certificates: those of others are no obstacle.
		is := object{one.ARN, tags}
		if _, err := f.withTags(r, is); err == nil {
			ours = append(ours, is)
		}
	}
	found, err := f.byName(r, ours)
	if found != nil {
		found.Values["arn"] = found.ID
	}
	return found, err
}

// regionOf is the region of the provider that a resource names, or else that of the stack.
// https://developer.hashicorp.com/terraform/language/meta-arguments/resource-provider
func (f *Search) regionOf(r Resource) string {
	_, alias, _ := strings.Cut(tfvalue.Text(f.Stack.At(r.Address), "provider"), ".")
	for _, provider := range f.Stack.Provider["aws"] {
		if region, ok := provider["region"].(string); ok && alias != "" && provider["alias"] == alias {
			return region
		}
	}
	return f.Config.Region
}

// regional are the settings for the region of a resource's provider.
func (f *Search) regional(r Resource) aws.Config {
	config := f.Config.Copy()
	config.Region = f.regionOf(r)
	return config
}

// findWait: AWS has nothing of it. To create it is to look whether the certificate is issued.
func findWait(context.Context, *Search, Resource) (*Found, error) { return nil, nil }

// usersOfCertificate finds what a certificate is used by.
// https://docs.aws.amazon.com/acm/latest/APIReference/API_DeleteCertificate.html
func usersOfCertificate(ctx context.Context, config aws.Config, _ Gone, certificate map[string]any) ([]string, error) {
	is, err := acm.Describe(ctx, config, fmt.Sprint(certificate["arn"]))
	if err != nil || len(is.Users) == 0 {
		return nil, err
	}
	return []string{fmt.Sprintf("it is used by %s, and AWS deletes no certificate that is. Destroy first the stacks that these are of", some(is.Users))}, nil
}
