package ec2

import (
	"context"
	"fmt"
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-bot/infra/tool/aws/awsapi"
	"github.com/order-bot/infra/tool/aws/awsapi/awstest"
)

// The answers are as the reference has them, with more than is read.
func TestNetwork(t *testing.T) {
	const tags = "<tagSet><item><key>Name</key><value>prod</value></item></tagSet>"
	named := awsapi.Tags{"Name": "prod"}
	for _, c := range []struct {
		action, set, items string
		ask                func(*Client, context.Context, Filters) (any, error)
		want               any
	}{
		{"DescribeVpcs", "vpcSet", `<item><vpcId>vpc-1</vpcId><ownerId>123456789012</ownerId><state>available</state><cidrBlock>10.0.0.0/16</cidrBlock>
			<cidrBlockAssociationSet><item><cidrBlock>10.0.0.0/16</cidrBlock><associationId>vpc-cidr-assoc-1</associationId><cidrBlockState><state>associated</state></cidrBlockState></item>
			</cidrBlockAssociationSet><dhcpOptionsId>dopt-1</dhcpOptionsId>` + tags + `<instanceTenancy>default</instanceTenancy><isDefault>true</isDefault></item>`,
			func(c *Client, ctx context.Context, f Filters) (any, error) { return c.DescribeVpcs(ctx, f) },
			[]Vpc{{"vpc-1", "10.0.0.0/16", named}},
		},
		{"DescribeSubnets", "subnetSet", `<item><subnetId>subnet-1</subnetId><state>available</state><vpcId>vpc-1</vpcId><cidrBlock>10.0.1.0/24</cidrBlock>
			<ipv6CidrBlockAssociationSet/><availableIpAddressCount>251</availableIpAddressCount><availabilityZone>eu-west-1a</availabilityZone>
			<availabilityZoneId>euw1-az3</availabilityZoneId><mapPublicIpOnLaunch>true</mapPublicIpOnLaunch>` + tags + `</item>
			<item><subnetId>subnet-2</subnetId><availableIpAddressCount>0</availableIpAddressCount><mapPublicIpOnLaunch>false</mapPublicIpOnLaunch><tagSet/></item>`,
			func(c *Client, ctx context.Context, f Filters) (any, error) { return c.DescribeSubnets(ctx, f) },
			[]Subnet{{"subnet-1", "vpc-1", "eu-west-1a", "10.0.1.0/24", aws.Int(251), named}, {SubnetID: "subnet-2", AvailableIPAddressCount: aws.Int(0)}},
		},
		{"DescribeRouteTables", "routeTableSet", `<item><routeTableId>rtb-1</routeTableId><vpcId>vpc-1</vpcId><routeSet>
			<item><destinationCidrBlock>10.0.0.0/16</destinationCidrBlock><gatewayId>local</gatewayId><state>active</state><origin>CreateRouteTable</origin></item>
			<item><destinationCidrBlock>0.0.0.0/0</destinationCidrBlock><natGatewayId>nat-1</natGatewayId><state>blackhole</state></item>
			<item><destinationIpv6CidrBlock>::/0</destinationIpv6CidrBlock><egressOnlyInternetGatewayId>eigw-1</egressOnlyInternetGatewayId></item>
			<item><destinationPrefixListId>pl-1</destinationPrefixListId><gatewayId>vpce-1</gatewayId></item>
			<item><destinationCidrBlock>10.1.0.0/16</destinationCidrBlock><transitGatewayId>tgw-1</transitGatewayId></item>
			<item><destinationCidrBlock>10.2.0.0/16</destinationCidrBlock><vpcPeeringConnectionId>pcx-1</vpcPeeringConnectionId></item>
			<item><destinationCidrBlock>10.3.0.0/16</destinationCidrBlock><instanceId>i-1</instanceId><networkInterfaceId>eni-1</networkInterfaceId></item></routeSet>
			<associationSet><item><routeTableAssociationId>rtbassoc-1</routeTableAssociationId><routeTableId>rtb-1</routeTableId><main>true</main>
			<associationState><state>associated</state></associationState></item><item><routeTableAssociationId>rtbassoc-2</routeTableAssociationId>
			<routeTableId>rtb-1</routeTableId><subnetId>subnet-1</subnetId><main>false</main></item></associationSet><propagatingVgwSet/>` + tags + `</item>`,
			func(c *Client, ctx context.Context, f Filters) (any, error) { return c.DescribeRouteTables(ctx, f) },
			[]RouteTable{{"rtb-1", []Route{
				{DestinationCidrBlock: "10.0.0.0/16", GatewayID: "local", State: "active"},
				{DestinationCidrBlock: "0.0.0.0/0", NatGatewayID: "nat-1", State: "blackhole"},
				{},
				{GatewayID: "vpce-1"},
				{DestinationCidrBlock: "10.1.0.0/16", TransitGatewayID: "tgw-1"},
				{DestinationCidrBlock: "10.2.0.0/16", VpcPeeringConnectionID: "pcx-1"},
				{DestinationCidrBlock: "10.3.0.0/16", InstanceID: "i-1", NetworkInterfaceID: "eni-1"},
			}, []RouteTableAssociation{{"", true}, {SubnetID: "subnet-1"}}, named}},
		},
		{"DescribeVpcEndpoints", "vpcEndpointSet", `<item><vpcEndpointId>vpce-1</vpcEndpointId><vpcEndpointType>Interface</vpcEndpointType><vpcId>vpc-1</vpcId>
			<serviceName>com.amazonaws.eu-west-1.ecr.api</serviceName><state>available</state><policyDocument>{}</policyDocument><routeTableIdSet/>
			<subnetIdSet><item>subnet-1</item><item>subnet-2</item></subnetIdSet><groupSet><item><groupId>sg-1</groupId><groupName>endpoints</groupName></item></groupSet>
			<privateDnsEnabled>true</privateDnsEnabled><networkInterfaceIdSet><item>eni-1</item></networkInterfaceIdSet>` + tags + `</item>
			<item><vpcEndpointId>vpce-2</vpcEndpointId><vpcEndpointType>Gateway</vpcEndpointType><routeTableIdSet><item>rtb-1</item></routeTableIdSet></item>`,
			func(c *Client, ctx context.Context, f Filters) (any, error) { return c.DescribeVpcEndpoints(ctx, f) },
			[]VpcEndpoint{
				{"vpce-1", "Interface", "com.amazonaws.eu-west-1.ecr.api", "available", true, nil, []string{"sg-1"}, named},
				{VpcEndpointID: "vpce-2", VpcEndpointType: "Gateway", RouteTableIDs: []string{"rtb-1"}},
			},
		},
		{"DescribeInternetGateways", "internetGatewaySet", `<item><internetGatewayId>igw-1</internetGatewayId><ownerId>123456789012</ownerId>
			<attachmentSet><item><vpcId>vpc-1</vpcId><state>available</state></item></attachmentSet>` + tags + `</item>
			<item><internetGatewayId>igw-2</internetGatewayId><attachmentSet/></item>`,
			func(c *Client, ctx context.Context, f Filters) (any, error) {
				return c.DescribeInternetGateways(ctx, f)
			},
			[]InternetGateway{{"igw-1", named}, {InternetGatewayID: "igw-2"}},
		},
		{"DescribeNatGateways", "natGatewaySet", `<item><subnetId>subnet-1</subnetId><natGatewayAddressSet><item><networkInterfaceId>eni-1</networkInterfaceId>
			<publicIp>203.0.113.1</publicIp><allocationId>eipalloc-1</allocationId></item></natGatewayAddressSet><vpcId>vpc-1</vpcId><state>available</state>
			<natGatewayId>nat-1</natGatewayId>` + tags + `</item>`,
			func(c *Client, ctx context.Context, f Filters) (any, error) { return c.DescribeNatGateways(ctx, f) },
			[]NatGateway{{"nat-1", named}},
		},
		{"DescribeNetworkAcls", "networkAclSet", `<item><networkAclId>acl-1</networkAclId><vpcId>vpc-1</vpcId><default>true</default><entrySet>
			<item><ruleNumber>100</ruleNumber><protocol>6</protocol><ruleAction>allow</ruleAction><egress>true</egress><cidrBlock>0.0.0.0/0</cidrBlock><portRange><from>443</from><to>443</to></portRange></item>
			<item><ruleNumber>32767</ruleNumber><protocol>-1</protocol><ruleAction>deny</ruleAction><egress>false</egress><ipv6CidrBlock>::/0</ipv6CidrBlock></item></entrySet>
			<associationSet><item><networkAclAssociationId>aclassoc-1</networkAclAssociationId><networkAclId>acl-1</networkAclId><subnetId>subnet-1</subnetId></item></associationSet>` + tags + `</item>`,
			func(c *Client, ctx context.Context, f Filters) (any, error) { return c.DescribeNetworkAcls(ctx, f) },
			[]NetworkACL{{"acl-1", []string{"subnet-1"}, []NetworkACLEntry{{100, true, "allow", "6", "0.0.0.0/0", &PortRange{443, 443}}, {RuleNumber: 32767, RuleAction: "deny", Protocol: "-1"}}}},
		},
		{"DescribeSecurityGroupRules", "securityGroupRuleSet", `<item><securityGroupRuleId>sgr-1</securityGroupRuleId><groupId>sg-1</groupId><isEgress>false</isEgress><ipProtocol>tcp</ipProtocol>
			<fromPort>443</fromPort><toPort>443</toPort><cidrIpv4>10.0.0.0/16</cidrIpv4><tagSet/></item>
			<item><groupId>sg-1</groupId><isEgress>true</isEgress><ipProtocol>-1</ipProtocol><fromPort>-1</fromPort><toPort>-1</toPort><cidrIpv6>::/0</cidrIpv6></item>`,
			func(c *Client, ctx context.Context, f Filters) (any, error) {
				return c.DescribeSecurityGroupRules(ctx, f)
			},
			[]SecurityGroupRule{{"sg-1", false, "tcp", 443, 443, "10.0.0.0/16", ""}, {"sg-1", true, "-1", -1, -1, "", "::/0"}},
		},
		{"DescribeVpcAttribute", "enableDnsSupport", `<value>true</value>`,
			func(c *Client, ctx context.Context, _ Filters) (any, error) {
				return c.DescribeVpcAttribute(ctx, "vpc-1", EnableDNSSupport)
			}, true,
		},
		{"DescribeAddresses", "addressesSet", `<item><publicIp>203.0.113.1</publicIp><allocationId>eipalloc-1</allocationId><domain>vpc</domain>` + tags + `</item>`,
			func(c *Client, ctx context.Context, f Filters) (any, error) { return c.DescribeAddresses(ctx, f) },
			[]Address{{"eipalloc-1", named}},
		},
	} {
		t.Run(c.action, func(t *testing.T) {
			settings, asked := awstest.Start(t, awstest.OK(fmt.Sprintf(`<%sResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>7a62c49f-347e</requestId>
				<%s>%s</%[2]s></%[1]sResponse>`, c.action, c.set, c.items)))
			got, err := c.ask(New(settings), t.Context(), Filters{"vpc-id": {"vpc-1"}})
			if err != nil || !reflect.DeepEqual(got, c.want) {
				t.Errorf("got  %+v, %v\nwant %+v", got, err, c.want)
			}
			if action := (*asked)[0].Form.Get("Action"); action != c.action {
				t.Errorf("asked for %s", action)
			}
		})
	}
}
