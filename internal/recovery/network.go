package recovery

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/order-bot/infra/internal/ec2"
)

// object is something of EC2 that has no name but its tag Name.
type object struct {
	id   string
	tags []ec2.Tag
}

// byName is the one of all that has the tag Name of a resource, and its tags. Two of one name have the same right to be the resource: a person has
// to decide.
func (f *finder) byName(r resource, all []object) (*Found, error) {
	name := f.value(r, "tags", "Name")
	var ours []object
	for _, one := range all {
		if slices.Contains(one.tags, ec2.Tag{Key: "Name", Value: name}) {
			ours = append(ours, one)
		}
	}
	if len(ours) > 1 {
		var ids []string
		for _, one := range ours {
			ids = append(ids, one.id)
		}
		return nil, &Refusal{ID: strings.Join(ids, ", "), Reason: fmt.Sprintf("there are %d with the tag Name=%s: delete those that nothing uses", len(ours), name)}
	}
	if len(ours) == 0 {
		return nil, nil
	}
	return f.withTags(r, ours[0])
}

// withTags is what was found, if its tags are those of the resource.
func (f *finder) withTags(r resource, is object) (*Found, error) {
	tags := map[string]string{}
	for _, tag := range is.tags {
		tags[tag.Key] = tag.Value
	}
	return f.tagged(r, &Found{ID: is.id, values: map[string]string{"id": is.id}}, tags)
}

// objects are what EC2 has, as objects; those that are left out have no id.
func objects[T any](all []T, as func(T) object) (found []object) {
	for _, one := range all {
		if is := as(one); is.id != "" {
			found = append(found, is)
		}
	}
	return found
}

// network: by its tags. Imported by id (vpc.html.markdown).
func network(ctx context.Context, f *finder, r resource) (*Found, error) {
	all, err := ec2.New(f.config).DescribeVpcs(ctx, nil)
	if err != nil {
		return nil, err
	}
	return f.byName(r, objects(all, func(is ec2.Vpc) object { return object{is.VpcID, is.Tags} }))
}

// subnet: by its range in the VPC, which has each once. Imported by id (subnet.html.markdown).
func subnet(ctx context.Context, f *finder, r resource) (*Found, error) {
	vpc := f.value(r, "vpc_id")
	if vpc == "" {
		return nil, nil
	}
	all, err := ec2.New(f.config).DescribeSubnets(ctx, ec2.Filters{"vpc-id": {vpc}, "cidr-block": {f.value(r, "cidr_block")}})
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return f.withTags(r, object{all[0].SubnetID, all[0].Tags})
}

// internetGateway: by its tags. Imported by id (internet_gateway.html.markdown).
func internetGateway(ctx context.Context, f *finder, r resource) (*Found, error) {
	all, err := ec2.New(f.config).DescribeInternetGateways(ctx, nil)
	if err != nil {
		return nil, err
	}
	return f.byName(r, objects(all, func(is ec2.InternetGateway) object { return object{is.InternetGatewayID, is.Tags} }))
}

// routeTable: by its tags, in its VPC. Imported by id (route_table.html.markdown).
func routeTable(ctx context.Context, f *finder, r resource) (*Found, error) {
	vpc := f.value(r, "vpc_id")
	if vpc == "" {
		return nil, nil
	}
	all, err := ec2.New(f.config).DescribeRouteTables(ctx, ec2.Filters{"vpc-id": {vpc}})
	if err != nil {
		return nil, err
	}
	return f.byName(r, objects(all, func(is ec2.RouteTable) object { return object{is.RouteTableID, is.Tags} }))
}

// tableOfSubnet: by its subnet, which has one at most. Imported by SUBNET/TABLE (route_table_association.html.markdown).
func tableOfSubnet(ctx context.Context, f *finder, r resource) (*Found, error) {
	subnet, table := f.value(r, "subnet_id"), f.value(r, "route_table_id")
	if subnet == "" || table == "" {
		return nil, nil
	}
	all, err := ec2.New(f.config).DescribeRouteTables(ctx, ec2.Filters{"association.subnet-id": {subnet}})
	if err != nil || len(all) == 0 {
		return nil, err
	}
	if is := all[0].RouteTableID; is != table {
		return nil, &Refusal{ID: subnet + "/" + is, Reason: "the subnet has the route table " + is + ", which is not the stack's: take it off, and the deploy gives it its own"}
	}
	return &Found{ID: subnet + "/" + table, Evidence: "gives " + f.owner(r, "aws_route_table") + " to " + f.owner(r, "aws_subnet")}, nil
}

// address: by its tags. Imported by its allocation id (eip.html.markdown).
func address(ctx context.Context, f *finder, r resource) (*Found, error) {
	all, err := ec2.New(f.config).DescribeAddresses(ctx, nil)
	if err != nil {
		return nil, err
	}
	return f.byName(r, objects(all, func(is ec2.Address) object { return object{is.AllocationID, is.Tags} }))
}

// natGateway: by its tags, in its subnet. Imported by id (nat_gateway.html.markdown).
func natGateway(ctx context.Context, f *finder, r resource) (*Found, error) {
	subnet := f.value(r, "subnet_id")
	if subnet == "" {
		return nil, nil
	}
	all, err := ec2.New(f.config).DescribeNatGateways(ctx, ec2.Filters{"subnet-id": {subnet}, "state": {"pending", "available"}})
	if err != nil {
		return nil, err
	}
	return f.byName(r, objects(all, func(is ec2.NatGateway) object { return object{is.NatGatewayID, is.Tags} }))
}

// endpoint: by the service that it leads to, in its VPC. Imported by id (vpc_endpoint.html.markdown).
func endpoint(ctx context.Context, f *finder, r resource) (*Found, error) {
	vpc := f.value(r, "vpc_id")
	if vpc == "" {
		return nil, nil
	}
	all, err := ec2.New(f.config).DescribeVpcEndpoints(ctx, ec2.Filters{"vpc-id": {vpc}, "service-name": {f.value(r, "service_name")}})
	if err != nil {
		return nil, err
	}
	return f.byName(r, objects(all, func(is ec2.VpcEndpoint) object {
		if state := strings.ToLower(is.State); state == "deleting" || state == "deleted" {
			return object{}
		}
		return object{is.VpcEndpointID, is.Tags}
	}))
}
