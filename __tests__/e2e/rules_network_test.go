package e2e

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
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
	vpc := client.ask(t, "CreateVpc", "CidrBlock", "10.8.0.0/16").first("vpcId")
	subnet := client.ask(t, "CreateSubnet", "VpcId", vpc, "CidrBlock", "10.8.0.0/24").first("subnetId")
	gateway := client.ask(t, "CreateInternetGateway").first("internetGatewayId")
	client.ask(t, "AttachInternetGateway", "InternetGatewayId", gateway, "VpcId", vpc)
	address := client.ask(t, "AllocateAddress", "Domain", "vpc").first("allocationId")
	nat := client.ask(t, "CreateNatGateway", "SubnetId", subnet, "AllocationId", address).first("natGatewayId")
	group := client.newGroup(t, "rules-in-use", vpc)
	detach := func() error {
		return client.try(t, "DetachInternetGateway", "InternetGatewayId", gateway, "VpcId", vpc)
	}
	deleteSubnet := func() error { return client.try(t, "DeleteSubnet", "SubnetId", subnet) }
	deleteVPC := func() error { return client.try(t, "DeleteVpc", "VpcId", vpc) }
	const held = "DependencyViolation"
	refuses(t, "detaching the gateway of a public address", detach(), held, vpc)
	refuses(t, "deleting the subnet of a NAT gateway", deleteSubnet(), held, subnet)
	client.ask(t, "DeleteNatGateway", "NatGatewayId", nat)
	free := client.ask(t, "DescribeAddresses", "AllocationId.1", address)
	same(t, "the address, and what it is still mapped to", []string{free.first("allocationId"), free.first("associationId")}, []string{address, ""})
	endpoint := client.ask(t, "CreateVpcEndpoint", "VpcId", vpc, "ServiceName", "com.amazonaws.ap-northeast-1.logs", "VpcEndpointType", "Interface", "SubnetId.1", subnet).first("vpcEndpointId")
	refuses(t, "deleting the subnet of an endpoint", deleteSubnet(), held, subnet)
	client.ask(t, "DeleteVpcEndpoints", "VpcEndpointId.1", endpoint)
	left := client.ask(t, "DescribeVpcEndpoints", "Filter.1.Name", "vpc-id", "Filter.1.Value.1", vpc)
	same(t, "endpoints after they are deleted", len(left.in("vpcEndpointSet", "item")), 0)
	allowed(t, "deleting the subnet without what was in it", deleteSubnet())
	refuses(t, "deleting a VPC with an internet gateway", deleteVPC(), held, vpc)
	allowed(t, "detaching the gateway", detach())
	refuses(t, "deleting a VPC with a security group", deleteVPC(), held, vpc)
	client.ask(t, "DeleteSecurityGroup", "GroupId", group)
	allowed(t, "deleting the VPC", deleteVPC())
}
