package kinds

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-bot/infra/tool/aws/ec2"
	"github.com/order-bot/infra/tool/iampolicy"
	"github.com/order-bot/infra/tool/tfvalue"
)

// vpcTypes are the types of a VPC: what has an id that AWS makes up, and tags that say whose it is.
var vpcTypes = []Kind{
	{
		Type:     "aws_vpc",
		Title:    "VPC",
		Label:    nameTag,
		Identity: byARN,
		Find:     findNetwork,
		Home:     "modules/network/network.go",
		InTheWay: othersInNetwork,
		Instead:  "nothing that is in it can stay, and all stacks in it go first",
		Held:     &Use{Attribute: "id", Anyway: true, Unseen: "anything is in it, such as a load balancer of another stack"}, // DependencyViolation
		Losses:   []Loss{{"enable_dns_support", lacks(true), noNames}, {"enable_dns_hostnames", lacks(true), "interface endpoints do not stand for the services any more"}},
		Read:     []Right{may(anything, "ec2:DescribeVpcs", "ec2:DescribeVpcAttribute", "ec2:DescribeNetworkAcls", "ec2:DescribeRouteTables", "ec2:DescribeSecurityGroups", "ec2:DescribeNetworkInterfaces")},
		Write:    []Right{may(newInNetwork, "ec2:CreateVpc"), may(tagsOfNewInNetwork, "ec2:CreateTags"), may(inNetwork, "ec2:ModifyVpcAttribute", "ec2:DeleteVpc", "ec2:CreateTags", "ec2:DeleteTags")},
	},
	{
		Type:     "aws_subnet",
		Title:    "subnet",
		Label:    nameTag,
		Identity: []Part{{Attribute: "vpc_id", Same: exactly}, {Attribute: "cidr_block", Same: exactly}},
		Unique:   "range of addresses",
		Find:     findSubnet,
		Home:     "modules/network/subnets.go",
		Instead:  "nothing that is in it can stay, and all stacks in it go first",
		Held:     &Use{Attribute: "id", Anyway: true, Unseen: "anything is in it, such as a task of another stack"}, // DependencyViolation
		Losses:   []Loss{{"map_public_ip_on_launch", lacks(true), "an instance in it gets no public address any more"}},
		Read:     []Right{may(anything, "ec2:DescribeSubnets")},
		Write:    []Right{may(newInNetwork, "ec2:CreateSubnet"), may(inNetwork, "ec2:CreateSubnet", "ec2:ModifySubnetAttribute", "ec2:DeleteSubnet")},
	},
	{
		Type:     "aws_internet_gateway",
		Title:    "internet gateway",
		Label:    nameTag,
		Identity: byARN,
		Find:     findInternetGateway,
		Home:     "modules/network/routes.go",
		Instead:  "nobody reaches the load balancers of the VPC any more, and nothing in it reaches the internet",
		Read:     []Right{may(anything, "ec2:DescribeInternetGateways")},
		Write: []Right{
			may(newInNetwork, "ec2:CreateInternetGateway"), may(inNetwork, "ec2:AttachInternetGateway", "ec2:DetachInternetGateway", "ec2:DeleteInternetGateway"),
		},
	},
	{
		Type: "aws_route",
		Losses: []Loss{{"gateway_id", func(before, after any) bool {
			was, is := text(before), text(after)
			return strings.HasPrefix(was, "igw-") && !strings.HasPrefix(is, "igw-")
		}, hiddenReason}},
	},
	{
		Type:     "aws_route_table",
		Title:    "route table",
		Label:    nameTag,
		Identity: byARN,
		Find:     findRouteTable,
		Home:     "modules/network/routes.go",
		Instead:  "what is in its subnets gets no further than the VPC",
		Losses: []Loss{
			{"route", unrouted, unroutedReason},
			{"route", hidden, hiddenReason},
		},
		Protections: []Loss{{"route", filled, "what is in its subnets gets out again"}},
		Read:        []Right{may(anything, "ec2:DescribeRouteTables")},
		Write: []Right{
			may(newInNetwork, "ec2:CreateRouteTable"),
			may(inNetwork, "ec2:CreateRouteTable", "ec2:CreateRoute", "ec2:ReplaceRoute", "ec2:DeleteRoute", "ec2:DisassociateRouteTable", "ec2:DeleteRouteTable"),
		},
	},
	{
		Type:     "aws_route_table_association",
		Title:    "route table association",
		Label:    attribute("subnet_id"),
		Detail:   true,
		Identity: []Part{{Attribute: "subnet_id", Same: exactly}},
		Unique:   "subnet",
		Find:     findTableOfSubnet,
		Home:     "modules/network/routes.go",
		Instead:  "the subnet has the main route table of its VPC then, which leads nowhere",
		Losses:   []Loss{{"route_table_id", changed, "what is in the subnet gets out by another way"}},
		Read:     []Right{may(anything, "ec2:DescribeRouteTables")},
		Write:    []Right{may(inNetwork, "ec2:AssociateRouteTable", "ec2:ReplaceRouteTableAssociation", "ec2:DisassociateRouteTable")},
	},
	{
		Type:     "aws_eip",
		Monthly:  flat(publicAddress),
		Title:    "public address",
		Label:    nameTag,
		Detail:   true,
		Identity: []Part{{Attribute: "id", Same: exactly}},
		Find:     findAddress,
		Home:     "modules/network/routes.go",
		Instead:  "who lets the services in by their address does not know the next one",
		Read:     []Right{may(anything, "ec2:DescribeAddresses", "ec2:DescribeAddressesAttribute")},
		Write:    []Right{may(newInNetwork, "ec2:AllocateAddress"), may(inNetwork, "ec2:DisassociateAddress", "ec2:ReleaseAddress")},
	},
	{
		Type:     "aws_nat_gateway",
		Monthly:  flat(natGateway),
		Title:    "NAT gateway",
		Label:    nameTag,
		Identity: []Part{{Attribute: "id", Same: exactly}},
		Find:     findNatGateway,
		Home:     "modules/network/routes.go",
		Instead:  "the tasks in private subnets do not get out, and no new one can pull its image",
		Read:     []Right{may(anything, "ec2:DescribeNatGateways")},
		Write:    []Right{may(newInNetwork, "ec2:CreateNatGateway"), may(inNetwork, "ec2:CreateNatGateway", "ec2:DeleteNatGateway")},
	},
	{
		Type:     "aws_vpc_endpoint",
		Monthly:  endpointMonthly,
		Title:    "VPC endpoint",
		Label:    attribute("service_name"),
		Identity: []Part{{Attribute: "vpc_id", Same: exactly}, {Attribute: "service_name", Same: exactly}},
		Unique:   "service",
		Find:     findEndpoint,
		Home:     "modules/network/endpoints.go",
		Instead:  "the tasks do not reach that service any more, unless they have another way out",
		Losses: []Loss{
			{"route_table_ids", fewer, "who reached the service by it does not any more"},
			{"subnet_ids", fewer, "who reached the service by it does not any more"},
			{"private_dns_enabled", lacks(true), "who reached the service by it does not any more"},
		},
		Protections: []Loss{{"policy", changed, "other requests are let through"}},
		Read:        []Right{may(anything, "ec2:DescribeVpcEndpoints", "ec2:DescribePrefixLists")},
		Write: []Right{
			may(newInNetwork, "ec2:CreateVpcEndpoint"), may(inNetwork, "ec2:CreateVpcEndpoint", "ec2:ModifyVpcEndpoint", "ec2:DeleteVpcEndpoints"),
			may(securityGroups, "ec2:CreateVpcEndpoint", "ec2:ModifyVpcEndpoint"),
		},
		// https://docs.aws.amazon.com/vpc/latest/privatelink/security_iam_id-based-policy-examples.html
		Called: map[string][]Right{"ec2:CreateVpcEndpoint": {may(anything, "route53:AssociateVPCWithHostedZone")}},
	},
}

const noNames = "nothing in the VPC finds a name any more"

// nameTag is the label of what has no name but its tag Name.
func nameTag(attributes map[string]any) string {
	return tfvalue.Text(attributes, "tags", "Name")
}

// destinations are those of the routes of a table that are ways.
func destinations(table any, way func(route any) bool) (all []string) {
	for _, route := range tfvalue.List(table) {
		to := cmp.Or(tfvalue.Text(route, "cidr_block"), tfvalue.Text(route, "ipv6_cidr_block"), tfvalue.Text(route, "destination_prefix_list_id"))
		if to != "" && way(route) {
			all = append(all, to)
		}
	}
	return all
}

// lessWays compares the routes of a table: some way leads nowhere any more that led somewhere.
func lessWays(before, after any, way func(route any) bool) bool {
	left := destinations(after, way)
	return slices.ContainsFunc(destinations(before, way), func(to string) bool { return !slices.Contains(left, to) })
}

// unrouted compares the routes of a table: one leads nowhere any more that led somewhere.
func unrouted(before, after any) bool { return lessWays(before, after, func(any) bool { return true }) }

// hidden compares the routes of a table: one led to the internet by an internet gateway, and does so by something else.
func hidden(before, after any) bool {
	return !unrouted(before, after) && lessWays(before, after, func(route any) bool {
		return strings.HasPrefix(tfvalue.Text(route, "gateway_id"), "igw-") || tfvalue.At(route, "gateway_id") == (tfvalue.Unknown{})
	})
}

// What a route table loses.
const (
	unroutedReason = "what is in its subnets does not get out by it any more"
	hiddenReason   = "nobody on the internet reaches what is in its subnets any more"
)

// What a VPC consists of has the tags of the stack, or gets them in the call that creates it.
var (
	newInNetwork = ofNetwork("NewInNetwork").tagged("aws:RequestTag")
	inNetwork    = ofNetwork("InNetwork").tagged("aws:ResourceTag")
	// tagsOfNewInNetwork are for the calls that create something of a VPC, and give it its tags.
	tagsOfNewInNetwork = ofNetwork("TagsOfNewInNetwork").when(iampolicy.Equals("ec2:CreateAction",
		"CreateVpc", "CreateSubnet", "CreateInternetGateway", "CreateRouteTable", "AllocateAddress", "CreateNatGateway", "CreateVpcEndpoint"))
)

func ofNetwork(sid string) target {
	const in = "arn:aws:ec2:REGION:ACCOUNT:"
	return on(sid, in+"vpc/*", in+"subnet/*", in+"internet-gateway/*", in+"route-table/*", in+"elastic-ip/*", in+"natgateway/*", in+"vpc-endpoint/*")
}

// object is something of EC2 that has no name but its tag Name.
type object struct {
	id   string
	tags map[string]string
}

// byName is the one of all that has the tag Name of a resource, and its tags. Two of one name have the same right to be the resource: a person has
// to decide.
func (f *Search) byName(r Resource, all []object) (*Found, error) {
	name := f.Value(r, "tags", "Name")
	var ours []object
	var ids []string
	for _, one := range all {
		if is, has := one.tags["Name"]; has && is == name {
			ours, ids = append(ours, one), append(ids, one.id)
		}
	}
	if len(ours) > 1 {
		return nil, &Refusal{ID: strings.Join(ids, ", "), Reason: fmt.Sprintf("there are %d with the tag Name=%s: delete those that nothing uses", len(ours), name)}
	}
	if len(ours) == 0 {
		return nil, nil
	}
	return f.withTags(r, ours[0])
}

// withTags is what was found, if its tags are those of the resource.
func (f *Search) withTags(r Resource, is object) (*Found, error) {
	return f.tagged(r, &Found{ID: is.id, Values: map[string]string{"id": is.id}}, is.tags)
}

// inEC2 finds what has no name but its tag Name, among what EC2 has of it: those by a filter, and in what an attribute names, by the filter for
// that. Those that as gives no id are left out.
func inEC2[T any](describe func(*ec2.Client, context.Context, ec2.Filters) ([]T, error), as func(T) object, by ec2.Filters, in map[string]string) finder {
	return func(ctx context.Context, f *Search, r Resource) (*Found, error) {
		filters := ec2.Filters{}
		maps.Copy(filters, by)
		for filter, attribute := range in {
			value := f.Value(r, attribute)
			if value == "" {
				return nil, nil
			}
			filters[filter] = []string{value}
		}
		all, err := describe(ec2.New(f.Config), ctx, filters)
		if err != nil {
			return nil, err
		}
		var objects []object
		for _, one := range all {
			if is := as(one); is.id != "" {
				objects = append(objects, is)
			}
		}
		return f.byName(r, objects)
	}
}

// Imported by id: vpc.html.markdown, internet_gateway.html.markdown, route_table.html.markdown, eip.html.markdown, nat_gateway.html.markdown and
// vpc_endpoint.html.markdown.
var (
	findNetwork         = inEC2((*ec2.Client).DescribeVpcs, func(is ec2.Vpc) object { return object{is.VpcID, is.Tags} }, nil, nil)
	findInternetGateway = inEC2((*ec2.Client).DescribeInternetGateways, func(is ec2.InternetGateway) object { return object{is.InternetGatewayID, is.Tags} }, nil, nil)
	findAddress         = inEC2((*ec2.Client).DescribeAddresses, func(is ec2.Address) object { return object{is.AllocationID, is.Tags} }, nil, nil)
	findRouteTable      = inEC2((*ec2.Client).DescribeRouteTables, func(is ec2.RouteTable) object { return object{is.RouteTableID, is.Tags} },
		nil, map[string]string{"vpc-id": "vpc_id"})
	findNatGateway = inEC2((*ec2.Client).DescribeNatGateways, func(is ec2.NatGateway) object { return object{is.NatGatewayID, is.Tags} },
		ec2.Filters{"state": {"pending", "available"}}, map[string]string{"subnet-id": "subnet_id"})
	// findEndpoint: by the service that it leads to, in its VPC.
	findEndpoint = inEC2((*ec2.Client).DescribeVpcEndpoints, func(is ec2.VpcEndpoint) object {
		if state := strings.ToLower(is.State); state == "deleting" || state == "deleted" {
			return object{}
		}
		return object{is.VpcEndpointID, is.Tags}
	}, nil, map[string]string{"vpc-id": "vpc_id", "service-name": "service_name"})
)

// findSubnet: by its range in the VPC, which has each once. Imported by id (subnet.html.markdown).
func findSubnet(ctx context.Context, f *Search, r Resource) (*Found, error) {
	vpc := f.Value(r, "vpc_id")
	if vpc == "" {
		return nil, nil
	}
	all, err := ec2.New(f.Config).DescribeSubnets(ctx, ec2.Filters{"vpc-id": {vpc}, "cidr-block": {f.Value(r, "cidr_block")}})
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return f.withTags(r, object{all[0].SubnetID, all[0].Tags})
}

// findTableOfSubnet: by its subnet, which has one at most. Imported by SUBNET/TABLE (route_table_association.html.markdown).
func findTableOfSubnet(ctx context.Context, f *Search, r Resource) (*Found, error) {
	subnet, table := f.Value(r, "subnet_id"), f.Value(r, "route_table_id")
	if subnet == "" || table == "" {
		return nil, nil
	}
	all, err := ec2.New(f.Config).DescribeRouteTables(ctx, ec2.Filters{"association.subnet-id": {subnet}})
	if err != nil || len(all) == 0 {
		return nil, err
	}
	if is := all[0].RouteTableID; is != table {
		return nil, &Refusal{ID: subnet + "/" + is, Reason: "the subnet has the route table " + is + ", which is not the stack's: take it off, and the deploy gives it its own"}
	}
	return &Found{ID: subnet + "/" + table, Evidence: "gives " + f.owner(r, "aws_route_table") + " to " + f.owner(r, "aws_subnet")}, nil
}

// othersInNetwork finds what is in a VPC and does not go with it. Before AWS refuses to delete the VPC, a destroy would have taken its routes, its NAT
// gateway and its endpoints, and so cut off what is in it.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteVpc.html
func othersInNetwork(ctx context.Context, config aws.Config, goes Gone, network map[string]any) ([]string, error) {
	client, id := ec2.New(config), fmt.Sprint(network["id"])
	faces, err := client.DescribeNetworkInterfaces(ctx, ec2.Filters{"vpc-id": {id}})
	if err != nil {
		return nil, err
	}
	groups, err := client.DescribeSecurityGroups(ctx, ec2.Filters{"vpc-id": {id}})
	if err != nil {
		return nil, err
	}
	return leftInNetwork(id, goes, faces, groups), nil
}

// mostNamed is how many things of a kind are named.
const mostNamed = 5

// leftInNetwork says which network interfaces and security groups of a VPC the plan does not take away.
func leftInNetwork(id string, goes Gone, faces []ec2.NetworkInterface, groups []ec2.SecurityGroup) []string {
	var others []string
	for _, face := range faces {
		if face.VpcID == id && !goes.hold("aws_nat_gateway", face.NetworkInterfaceID) && !goes.hold("aws_vpc_endpoint", face.NetworkInterfaceID) {
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
