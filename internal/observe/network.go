package observe

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"

	"github.com/order-bot/infra/internal/awsapi"
	"github.com/order-bot/infra/internal/ec2"
	"github.com/order-bot/infra/internal/status"
	"github.com/order-bot/infra/internal/tfstate"
)

// othersInNetwork finds what is in a VPC and does not go with it. Before AWS refuses to delete the VPC, a destroy would have taken its routes, its NAT
// gateway and its endpoints, and so cut off what is in it.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteVpc.html
func othersInNetwork(ctx context.Context, config aws.Config, goes gone, network map[string]any) ([]string, error) {
	client, id := ec2.New(config), fmt.Sprint(network["id"])
	faces, err := client.DescribeNetworkInterfaces(ctx, ec2.Filters{"vpc-id": {id}})
	if err != nil {
		return nil, err
	}
	groups, err := client.DescribeSecurityGroups(ctx, ec2.Filters{"vpc-id": {id}})
	if err != nil {
		return nil, err
	}
	return inNetwork(id, goes, faces, groups), nil
}

// mostNamed is how many things of a kind are named.
const mostNamed = 5

// inNetwork says which network interfaces and security groups of a VPC the plan does not take away.
func inNetwork(id string, goes gone, faces []ec2.NetworkInterface, groups []ec2.SecurityGroup) []string {
	var own []string
	for _, attributes := range goes["aws_nat_gateway"] {
		own = append(own, fmt.Sprint(attributes["network_interface_id"]))
	}
	for _, attributes := range goes["aws_vpc_endpoint"] {
		own = append(own, texts(attributes["network_interface_ids"])...)
	}
	var others []string
	for _, face := range faces {
		if face.VpcID == id && !slices.Contains(own, face.NetworkInterfaceID) {
			others = append(others, strings.TrimSpace(face.NetworkInterfaceID+" "+face.Description))
		}
	}
	var found []string
	if len(others) > 0 {
		found = append(found, fmt.Sprintf("it has network interfaces that are not in this state: %s. Destroy first what they are of, such as another stack: AWS deletes no VPC that has any", some(others)))
	}
	others = nil
	for _, group := range groups {
		if group.VpcID == id && group.GroupName != "default" && !slices.Contains(goes.values("aws_security_group", "id"), group.GroupID) {
			others = append(others, group.GroupID+" "+group.GroupName)
		}
	}
	if len(others) > 0 {
		found = append(found, fmt.Sprintf("it has security groups that are not in this state: %s. Destroy the stacks that they are of, or delete them: AWS deletes no VPC that has any", some(others)))
	}
	return found
}

// some names the first of them.
func some(all []string) string {
	if more := len(all) - mostNamed; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(all[:mostNamed], ", "), more)
	}
	return strings.Join(all, ", ")
}

// usersOfCertificate finds what a certificate is used by.
// https://docs.aws.amazon.com/acm/latest/APIReference/API_DeleteCertificate.html
func usersOfCertificate(ctx context.Context, config aws.Config, _ gone, certificate map[string]any) ([]string, error) {
	is, err := describeCertificate(ctx, config, fmt.Sprint(certificate["arn"]))
	if err != nil || len(is.InUseBy) == 0 {
		return nil, err
	}
	return []string{fmt.Sprintf("it is used by %s, and AWS deletes no certificate that is. Destroy first the stacks that these are of", some(is.InUseBy))}, nil
}

// describeCertificate asks for a certificate in the region that its ARN names: CloudFront takes its one from another region. It returns an empty one if it
// is not there.
func describeCertificate(ctx context.Context, config aws.Config, arn string) (*acmtypes.CertificateDetail, error) {
	described, err := acm.NewFromConfig(config).DescribeCertificate(ctx, &acm.DescribeCertificateInput{CertificateArn: &arn}, func(o *acm.Options) { o.Region = regionOf(arn) })
	if awsapi.IsCode(err, "ResourceNotFoundException") {
		return &acmtypes.CertificateDetail{}, nil
	}
	if err != nil {
		return nil, err
	}
	return described.Certificate, nil
}

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
		is, err := describeCertificate(ctx, config, arn)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", address, err))
			continue
		}
		all = append(all, status.Certificate{
			ARN: arn, Region: regionOf(arn), Domain: fmt.Sprint(attributes["domain_name"]), State: string(is.Status), Until: aws.ToTime(is.NotAfter),
		})
	}
	slices.SortFunc(all, func(a, b status.Certificate) int {
		return cmp.Or(cmp.Compare(a.Region, b.Region), cmp.Compare(a.ARN, b.ARN))
	})
	return all, errors.Join(problems...)
}
