package observe

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-bot/infra/tool/aws/acm"
	"github.com/order-bot/infra/tool/aws/ec2"
	"github.com/order-bot/infra/tool/status"
	"github.com/order-bot/infra/tool/tfstate"
)

// regionOf is the region in an ARN.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
func regionOf(arn string) string {
	if parts := strings.Split(arn, ":"); len(parts) > 3 {
		return parts[3]
	}
	return ""
}

// networkOf is how the VPC of a state stands; nil if it has none.
func networkOf(ctx context.Context, config aws.Config, state *tfstate.State) (*status.Network, error) {
	for _, attributes := range state.Resources("aws_vpc") {
		is := &status.Network{ID: fmt.Sprint(attributes["id"])}
		found, err := ec2.New(config).DescribeVpcs(ctx, ec2.Filters{"vpc-id": {is.ID}})
		if err != nil {
			return nil, err
		}
		for _, one := range found {
			is.CIDR = one.CidrBlock
		}
		return is, nil
	}
	return nil, nil
}

// certificates are how the certificates of a state stand, sorted by region. It returns an error that names all of which AWS does not tell, beside the
// others.
func certificates(ctx context.Context, config aws.Config, state *tfstate.State) ([]status.Certificate, error) {
	var all []status.Certificate
	var problems []error
	for address, attributes := range state.Resources("aws_acm_certificate") {
		arn := fmt.Sprint(attributes["arn"])
		is, err := acm.Describe(ctx, config, arn)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", address, err))
			continue
		}
		all = append(all, status.Certificate{
			ARN: arn, Region: regionOf(arn), Domain: fmt.Sprint(attributes["domain_name"]), State: string(is.Status), Until: is.Until.Time,
		})
	}
	slices.SortFunc(all, func(a, b status.Certificate) int {
		return cmp.Or(cmp.Compare(a.Region, b.Region), cmp.Compare(a.ARN, b.ARN))
	})
	return all, errors.Join(problems...)
}
