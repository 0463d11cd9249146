package e2e

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// What the stack of the network creates, and AWS keeps for as long as something uses it.

// A certificate says who uses it, and is not deleted until nobody does (Certificate Manager API reference, CertificateDetail: InUseBy;
// DeleteCertificate: ResourceInUseException). That is certificates_in_use_stay.
func TestRuleCertificatesInUseStay(t *testing.T) {
	t.Parallel()
	api, n := newClients(local), newNetwork(t)
	balancer, target := n.loadBalancer(t, "rules-used", n.group(t, "rules-used")), n.targetGroup(t, "rules-used")
	here, frontend := newCertificate(t, "ap-northeast-1", "*.used.example.net"), newCertificate(t, cloudFrontRegion, "*.used.example.net")
	usersOf := func(arn, region string) []string {
		return must[*acm.DescribeCertificateOutput](t)(api.ACM.DescribeCertificate(t.Context(), &acm.DescribeCertificateInput{CertificateArn: &arn}, func(o *acm.Options) { o.Region = region })).Certificate.InUseBy
	}
	remove := func(arn, region string) error {
		_, err := api.ACM.DeleteCertificate(t.Context(), &acm.DeleteCertificateInput{CertificateArn: &arn}, func(o *acm.Options) { o.Region = region })
		return err
	}
	same(t, "its users at first", len(usersOf(here, "ap-northeast-1")), 0)
	listener := *must[*elb.CreateListenerOutput](t)(api.ELB.CreateListener(t.Context(), &elb.CreateListenerInput{
		LoadBalancerArn: &balancer, Port: aws.Int32(443), Protocol: "HTTPS", DefaultActions: forward(target), Certificates: []elbtypes.Certificate{{CertificateArn: &here}},
	})).Listeners[0].ListenerArn
	same(t, "its users with a listener", usersOf(here, "ap-northeast-1"), []string{balancer})
	refuses(t, "deleting the certificate of a listener", remove(here, "ap-northeast-1"), "ResourceInUseException", here)
	must[*elb.DeleteListenerOutput](t)(api.ELB.DeleteListener(t.Context(), &elb.DeleteListenerInput{ListenerArn: &listener}))
	allowed(t, "deleting it without the listener", remove(here, "ap-northeast-1"))

	_, err := newDistribution(t, distribution("rules-used", frontend, "a.used.example.net"))
	allowed(t, "a distribution with the other one", err)
	same(t, "users of the other one", len(usersOf(frontend, cloudFrontRegion)), 1)
	refuses(t, "deleting the certificate of a distribution", remove(frontend, cloudFrontRegion), "ResourceInUseException", frontend)
}

// A subnet, a VPC and the internet gateway of one are not deleted while something is in them (EC2 API reference, DeleteSubnet, DeleteVpc and
// DetachInternetGateway: DependencyViolation). That is networks_in_use_stay. A NAT gateway leaves nothing behind (DeleteNatGateway). That is
// nat_gateways_give_back_what_they_had. A VPC endpoint that is deleted is gone (DeleteVpcEndpoints). That is endpoints_that_are_deleted_are_gone.
func TestRuleNetworksInUseStay(t *testing.T) {
	t.Parallel()
	client := newClients(local).EC2
	vpc := must[*ec2.CreateVpcOutput](t)(client.CreateVpc(t.Context(), &ec2.CreateVpcInput{CidrBlock: aws.String("10.8.0.0/16")})).Vpc.VpcId
	subnet := must[*ec2.CreateSubnetOutput](t)(client.CreateSubnet(t.Context(), &ec2.CreateSubnetInput{VpcId: vpc, CidrBlock: aws.String("10.8.0.0/24")})).Subnet.SubnetId
	gateway := must[*ec2.CreateInternetGatewayOutput](t)(client.CreateInternetGateway(t.Context(), &ec2.CreateInternetGatewayInput{})).InternetGateway.InternetGatewayId
	must[*ec2.AttachInternetGatewayOutput](t)(client.AttachInternetGateway(t.Context(), &ec2.AttachInternetGatewayInput{InternetGatewayId: gateway, VpcId: vpc}))
	address := must[*ec2.AllocateAddressOutput](t)(client.AllocateAddress(t.Context(), &ec2.AllocateAddressInput{Domain: "vpc"})).AllocationId
	nat := must[*ec2.CreateNatGatewayOutput](t)(client.CreateNatGateway(t.Context(), &ec2.CreateNatGatewayInput{SubnetId: subnet, AllocationId: address})).NatGateway.NatGatewayId
	group := must[*ec2.CreateSecurityGroupOutput](t)(client.CreateSecurityGroup(t.Context(), &ec2.CreateSecurityGroupInput{
		GroupName: aws.String("rules-in-use"), Description: aws.String("x"), VpcId: vpc,
	})).GroupId
	detach := func() error {
		_, err := client.DetachInternetGateway(t.Context(), &ec2.DetachInternetGatewayInput{InternetGatewayId: gateway, VpcId: vpc})
		return err
	}
	deleteSubnet := func() error {
		_, err := client.DeleteSubnet(t.Context(), &ec2.DeleteSubnetInput{SubnetId: subnet})
		return err
	}
	deleteVPC := func() error {
		_, err := client.DeleteVpc(t.Context(), &ec2.DeleteVpcInput{VpcId: vpc})
		return err
	}
	const held = "DependencyViolation"
	refuses(t, "detaching the gateway of a public address", detach(), held, *vpc)
	refuses(t, "deleting the subnet of a NAT gateway", deleteSubnet(), held, *subnet)
	must[*ec2.DeleteNatGatewayOutput](t)(client.DeleteNatGateway(t.Context(), &ec2.DeleteNatGatewayInput{NatGatewayId: nat}))
	free := must[*ec2.DescribeAddressesOutput](t)(client.DescribeAddresses(t.Context(), &ec2.DescribeAddressesInput{AllocationIds: []string{*address}})).Addresses
	same(t, "addresses that are still mapped", slices.ContainsFunc(free, func(a ec2types.Address) bool { return aws.ToString(a.AssociationId) != "" }), false)
	endpoint := must[*ec2.CreateVpcEndpointOutput](t)(client.CreateVpcEndpoint(t.Context(), &ec2.CreateVpcEndpointInput{
		VpcId: vpc, ServiceName: aws.String("com.amazonaws.ap-northeast-1.logs"), VpcEndpointType: ec2types.VpcEndpointTypeInterface, SubnetIds: []string{*subnet},
	})).VpcEndpoint.VpcEndpointId
	refuses(t, "deleting the subnet of an endpoint", deleteSubnet(), held, *subnet)
	must[*ec2.DeleteVpcEndpointsOutput](t)(client.DeleteVpcEndpoints(t.Context(), &ec2.DeleteVpcEndpointsInput{VpcEndpointIds: []string{*endpoint}}))
	left := must[*ec2.DescribeVpcEndpointsOutput](t)(client.DescribeVpcEndpoints(t.Context(), &ec2.DescribeVpcEndpointsInput{
		Filters: []ec2types.Filter{{Name: aws.String("vpc-id"), Values: []string{*vpc}}},
	})).VpcEndpoints
	same(t, "endpoints after they are deleted", len(left), 0)
	allowed(t, "deleting the subnet without what was in it", deleteSubnet())
	refuses(t, "deleting a VPC with an internet gateway", deleteVPC(), held, *vpc)
	allowed(t, "detaching the gateway", detach())
	refuses(t, "deleting a VPC with a security group", deleteVPC(), held, *vpc)
	must[*ec2.DeleteSecurityGroupOutput](t)(client.DeleteSecurityGroup(t.Context(), &ec2.DeleteSecurityGroupInput{GroupId: group}))
	allowed(t, "deleting the VPC", deleteVPC())
}
