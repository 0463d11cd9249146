package preflight

import (
	"context"
	"errors"
	"maps"
	"net"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	tfjson "github.com/hashicorp/terraform-json"

	"github.com/order-bot/infra/tool/aws/awsapi"
	"github.com/order-bot/infra/tool/aws/cloudfront"
	"github.com/order-bot/infra/tool/tfstate"
	"github.com/order-bot/infra/tool/tfvalue"
)

const distributionType = "aws_cloudfront_distribution"

// aliasClient is what is asked of CloudFront.
type aliasClient interface {
	ListConflictingAliases(ctx context.Context, alias, distribution string) ([]cloudfront.ConflictingAlias, error)
}

// nameResolver asks DNS where a name leads.
type nameResolver interface {
	LookupCNAME(ctx context.Context, host string) (string, error)
	LookupHost(ctx context.Context, host string) ([]string, error)
	LookupAddr(ctx context.Context, address string) ([]string, error)
}

// nameResolverOf is what asks DNS; nil at an endpoint of one's own, whose names are no part of it.
func nameResolverOf(config aws.Config) nameResolver {
	if config.BaseEndpoint != nil {
		return nil
	}
	return net.DefaultResolver
}

// aliases looks whether a distribution of anybody has an alias that one of the stack's is to take: in all of AWS, one can have it.
//
// CloudFront tells whose an alias is to those who have a distribution with a certificate for it. Before there is one, DNS is asked.
// https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_ListConflictingAliases.html
func aliases(ctx context.Context, client aliasClient, dns nameResolver, account func() string, state *tfstate.State, plan *tfjson.Plan) []Finding {
	if plan.PlannedValues == nil || plan.PlannedValues.RootModule == nil {
		return nil
	}
	var findings []Finding
	recorded := maps.Collect(state.Resources(distributionType))
	for _, resource := range plan.PlannedValues.RootModule.Resources {
		if resource.Type != distributionType {
			continue
		}
		was := recorded[resource.Address]
		for _, alias := range texts(resource.AttributeValues, "aliases") {
			if slices.Contains(texts(was, "aliases"), alias) {
				continue
			}
			finding := Finding{Subject: "alias " + alias, Addresses: []string{resource.Address}}
			told := false
			if id := tfvalue.Text(was, "id"); id != "" {
				listed, err := client.ListConflictingAliases(ctx, alias, id)
				// The new certificate may be for it, or a new distribution.
				if told = !awsapi.IsCode(err, "InvalidArgument", cloudfront.NoSuchDistribution); told {
					findings = append(findings, conflicts(finding, alias, account, listed, err)...)
				}
			}
			if !told {
				findings = append(findings, leading(ctx, dns, finding, alias))
			}
		}
	}
	return findings
}

// moving is the page that says how an alias comes from one distribution to another, also of an account that nobody can enter any more.
const moving = "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/alternate-domain-names-move.html"

// conflicts says what CloudFront knows of an alias. It hides the beginning of accounts and ids.
func conflicts(finding Finding, alias string, account func() string, listed []cloudfront.ConflictingAlias, err error) []Finding {
	if err != nil {
		return []Finding{finding.unseen(err)}
	}
	var found []Finding
	for _, other := range listed {
		owner := "another account (" + other.Account + ")"
		if own := account(); own != "" && strings.HasSuffix(own, strings.TrimLeft(other.Account, "*")) {
			owner = "this account"
		}
		if strings.EqualFold(other.Alias, alias) {
			found = append(found, finding.never("the distribution %s of %s has it, and only one can: take it off there first, or have it moved: %s", other.Distribution, owner, moving))
		} else { // https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/CNAMEs.html
			found = append(found, finding.is(Warning, "the distribution %s of %s has %s: CloudFront takes the one whose alias is more exact", other.Distribution, owner, other.Alias))
		}
	}
	if len(found) == 0 {
		found = append(found, finding.is(OK, "no other distribution has it"))
	}
	return found
}

// leading says where DNS leads an alias by now. CloudFront refuses one that leads to another distribution.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/CNAMEs.html
func leading(ctx context.Context, dns nameResolver, finding Finding, alias string) Finding {
	const only = "CloudFront tells whose it is only to a distribution with a certificate for it"
	if dns == nil {
		return finding.is(Unseen, only+", and a local AWS is no part of DNS")
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	host := strings.Replace(alias, "*.", "www.", 1) + "."
	to, err := dns.LookupCNAME(ctx, host)
	if missing := (*net.DNSError)(nil); errors.As(err, &missing) && missing.IsNotFound {
		return finding.is(OK, "DNS does not know it yet, so that most likely nobody has it")
	}
	if err != nil {
		return finding.is(Unseen, only+", and DNS did not answer: %s", err)
	}
	to = strings.TrimSuffix(to, ".")
	if inCloudFront(to) {
		return finding.is(Refused, "DNS leads it to %s, which is another distribution: AWS refuses it as long as that is so. Take it off there first, or have it moved: %s", to, moving)
	}
	if addresses, err := dns.LookupHost(ctx, host); err == nil && len(addresses) > 0 {
		to = addresses[0]
		if servers, err := dns.LookupAddr(ctx, to); err == nil && slices.ContainsFunc(servers, inCloudFront) {
			return finding.is(Warning, "DNS leads it to CloudFront (%s) already, so that most likely a distribution that is not in this state has it, and AWS refuses a second one. Take it off there first, or have it moved: %s", to, moving)
		}
	}
	return finding.is(OK, "DNS leads it to %s, which is not CloudFront", to)
}

// inCloudFront tells whether a name is that of a distribution, or of a server of CloudFront.
func inCloudFront(name string) bool {
	return strings.HasSuffix(strings.TrimSuffix(name, "."), ".cloudfront.net")
}
