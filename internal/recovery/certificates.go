package recovery

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"

	"github.com/order-bot/infra/internal/ec2"
)

// notTaken are the states of a certificate that a deploy does not go on with.
// https://docs.aws.amazon.com/acm/latest/APIReference/API_CertificateDetail.html (Status)
var notTaken = []acmtypes.CertificateStatus{
	acmtypes.CertificateStatusExpired, acmtypes.CertificateStatusFailed, acmtypes.CertificateStatusRevoked, acmtypes.CertificateStatusValidationTimedOut,
}

// certificate: by its domain and its tags, in the region of its provider. Imported by ARN (acm_certificate.html.markdown).
func certificate(ctx context.Context, f *finder, r resource) (*Found, error) {
	config := f.config.Copy()
	config.Region = f.regionOf(r)
	client, domain := acm.NewFromConfig(config), f.value(r, "domain_name")
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
		found.values["arn"] = found.ID
	}
	return found, err
}

// hasTags tells whether something has the tags that say whose a resource is.
func (f *finder) hasTags(r resource, is object) bool {
	_, err := f.withTags(r, is)
	return err == nil
}

// regionOf is the region of the provider that a resource names, or else that of the stack.
// https://developer.hashicorp.com/terraform/language/meta-arguments/resource-provider
func (f *finder) regionOf(r resource) string {
	named, _ := f.stack.At(r.address)["provider"].(string)
	_, alias, _ := strings.Cut(named, ".")
	for _, provider := range f.stack.Provider["aws"] {
		if region, ok := provider["region"].(string); ok && alias != "" && provider["alias"] == alias {
			return region
		}
	}
	return f.config.Region
}

// wait: AWS has nothing of it. To create it is to look whether the certificate is issued.
func wait(context.Context, *finder, resource) (*Found, error) { return nil, nil }
