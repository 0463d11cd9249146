package kinds

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"

	"github.com/order-bot/infra/tool/aws/awsapi"
	"github.com/order-bot/infra/tool/aws/ec2"
	"github.com/order-bot/infra/tool/iampolicy"
)

// acmTypes are the types of Certificate Manager.
var acmTypes = []Kind{
	{
		Type:     "aws_acm_certificate",
		None:     "Detail Unique Options Unreadable Harmless Held Expires Protections Foresee Called ByPrefix Monthly Spares",
		Title:    "certificate",
		Label:    attribute("domain_name"),
		Step:     Names,
		Identity: byARN,
		Tagged:   true,
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
		None:     "Tagged Unique Options Unreadable Instead Replaced Held Expires Losses Protections Foresee Called ByPrefix Monthly InTheWay Spares",
		Title:    "wait for a certificate",
		Label:    attribute("certificate_arn"),
		Detail:   true,
		Step:     Names,
		Identity: []Part{{Attribute: "certificate_arn", Same: exactly}},
		Find:     findWait,
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

// notTaken are the states of a certificate that a deploy does not go on with.
// https://docs.aws.amazon.com/acm/latest/APIReference/API_CertificateDetail.html (Status)
var notTaken = []acmtypes.CertificateStatus{
	acmtypes.CertificateStatusExpired, acmtypes.CertificateStatusFailed, acmtypes.CertificateStatusRevoked, acmtypes.CertificateStatusValidationTimedOut,
}

// findCertificate: by its domain and its tags, in the region of its provider. Imported by ARN (acm_certificate.html.markdown).
func findCertificate(ctx context.Context, f *Search, r Resource) (*Found, error) {
	client, domain := acm.NewFromConfig(f.regional(r)), f.Value(r, "domain_name")
	var ours []object
	for pages := acm.NewListCertificatesPaginator(client, &acm.ListCertificatesInput{}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, one := range page.CertificateSummaryList {
			if aws.ToString(one.DomainName) != domain || slices.Contains(notTaken, one.Status) {
				continue
			}
			listed, err := client.ListTagsForCertificate(ctx, &acm.ListTagsForCertificateInput{CertificateArn: one.CertificateArn})
			if err != nil {
				return nil, err
			}
			is := object{id: aws.ToString(one.CertificateArn)}
			for _, tag := range listed.Tags {
				is.tags = append(is.tags, ec2.Tag{Key: aws.ToString(tag.Key), Value: aws.ToString(tag.Value)})
			}
			// A domain may have any number of certificates: those of others are no obstacle.
			if f.hasTags(r, is) {
				ours = append(ours, is)
			}
		}
	}
	found, err := f.byName(r, ours)
	if found != nil {
		found.Values["arn"] = found.ID
	}
	return found, err
}

// hasTags tells whether something has the tags that say whose a resource is.
func (f *Search) hasTags(r Resource, is object) bool {
	_, err := f.withTags(r, is)
	return err == nil
}

// regionOf is the region of the provider that a resource names, or else that of the stack.
// https://developer.hashicorp.com/terraform/language/meta-arguments/resource-provider
func (f *Search) regionOf(r Resource) string {
	named, _ := f.Stack.At(r.Address)["provider"].(string)
	_, alias, _ := strings.Cut(named, ".")
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
	is, err := DescribeCertificate(ctx, config, fmt.Sprint(certificate["arn"]))
	if err != nil || len(is.InUseBy) == 0 {
		return nil, err
	}
	return []string{fmt.Sprintf("it is used by %s, and AWS deletes no certificate that is. Destroy first the stacks that these are of", some(is.InUseBy))}, nil
}

// DescribeCertificate asks for a certificate in the region that its ARN names: CloudFront takes its one from another region. It returns an empty one if it
// is not there.
func DescribeCertificate(ctx context.Context, config aws.Config, name string) (*acmtypes.CertificateDetail, error) {
	is, err := awsarn.Parse(name)
	if err != nil {
		return nil, err
	}
	described, err := acm.NewFromConfig(config).DescribeCertificate(ctx, &acm.DescribeCertificateInput{CertificateArn: &name}, func(o *acm.Options) { o.Region = is.Region })
	if awsapi.IsCode(err, "ResourceNotFoundException") {
		return &acmtypes.CertificateDetail{}, nil
	}
	if err != nil {
		return nil, err
	}
	return described.Certificate, nil
}
