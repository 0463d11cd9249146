package network

import (
	"strings"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/securitygroup"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/vpcendpoint"

	"github.com/order-bot/infra/modules/internal/tags"
)

// newEndpoints creates the endpoints of the private subnets. The one of S3, from which the layers of images come, costs nothing, and spares a
// NAT gateway that traffic.
// https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-s3.html
func newEndpoints(scope constructs.Construct, cfg Config, refs References, vpcID string, zones []*zone) {
	var subnets, tables []string
	for _, zone := range zones {
		subnets, tables = append(subnets, zone.privateID), append(tables, zone.privateTableID)
	}
	vpcendpoint.NewVpcEndpoint(scope, jsii.String("s3_endpoint"), &vpcendpoint.VpcEndpointConfig{
		VpcId:           jsii.String(vpcID),
		ServiceName:     jsii.String(service(refs, "s3")),
		VpcEndpointType: jsii.String("Gateway"),
		RouteTableIds:   jsii.Strings(tables...),
		Tags:            tags.Named(cfg.Tags, cfg.Name+"-s3"),
	})
	if cfg.VPC.WayOut != Endpoints {
		return
	}
	group := newGroup(scope, cfg, vpcID)
	for _, name := range cfg.VPC.Endpoints {
		id := strings.ReplaceAll(name, ".", "-") // an address has no dot
		vpcendpoint.NewVpcEndpoint(scope, jsii.String(id+"_endpoint"), &vpcendpoint.VpcEndpointConfig{
			VpcId:             jsii.String(vpcID),
			ServiceName:       jsii.String(service(refs, name)),
			VpcEndpointType:   jsii.String("Interface"),
			PrivateDnsEnabled: jsii.Bool(true),
			SubnetIds:         jsii.Strings(subnets...),
			SecurityGroupIds:  jsii.Strings(*group.Id()),
			Tags:              tags.Named(cfg.Tags, cfg.Name+"-"+id),
		})
	}
}

func service(refs References, name string) string { return "com.amazonaws." + refs.Region + "." + name }

// newGroup creates the security group of the interface endpoints: whatever is in the VPC reaches them.
func newGroup(scope constructs.Construct, cfg Config, vpcID string) securitygroup.SecurityGroup {
	name := cfg.Name + "-endpoints-sg"
	return securitygroup.NewSecurityGroup(scope, jsii.String("endpoints"), &securitygroup.SecurityGroupConfig{
		Name:        jsii.String(name),
		Description: jsii.String("Interface endpoints of the VPC"),
		VpcId:       jsii.String(vpcID),
		Ingress: []securitygroup.SecurityGroupIngress{{
			Protocol:   jsii.String("tcp"),
			FromPort:   jsii.Number(443),
			ToPort:     jsii.Number(443),
			CidrBlocks: jsii.Strings(cfg.VPC.CIDR),
		}},
		Tags: tags.Named(cfg.Tags, name),
	})
}
