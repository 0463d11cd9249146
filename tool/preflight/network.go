package preflight

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/order-bot/infra/tool/aws/ec2"
	"github.com/order-bot/infra/tool/aws/ecr"
	"github.com/order-bot/infra/tool/tfvalue"
)

// networkClient is what is asked of EC2.
type networkClient interface {
	DescribeSubnets(context.Context, ec2.Filters) ([]ec2.Subnet, error)
	DescribeRouteTables(context.Context, ec2.Filters) ([]ec2.RouteTable, error)
	DescribeVpcEndpoints(context.Context, ec2.Filters) ([]ec2.VpcEndpoint, error)
	DescribeNetworkAcls(context.Context, ec2.Filters) ([]ec2.NetworkACL, error)
	DescribeVpcAttribute(ctx context.Context, vpc, attribute string) (bool, error)
	DescribeSecurityGroupRules(context.Context, ec2.Filters) ([]ec2.SecurityGroupRule, error)
}

// leastFree is how many free addresses a load balancer needs in each of its subnets, to grow.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html (subnets for your load balancer)
const leastFree = 8

// smallest is how long the prefix of a load balancer's subnet may be: a longer one leaves it too few addresses to grow. The same page.
const smallest = 27

// everywhere is the range of all addresses.
const everywhere = "0.0.0.0/0"

// dnsResolution is the console's name for what a VPC has to have for its own DNS server to answer.
const dnsResolution = "DNS resolution"

// dnsOff is what of the DNS of a VPC is switched off, as the console calls it.
func dnsOff(ctx context.Context, client networkClient, vpc string) (off []string, err error) {
	for attribute, name := range map[string]string{ec2.EnableDNSSupport: dnsResolution, ec2.EnableDNSHostnames: "DNS hostnames"} {
		is, err := client.DescribeVpcAttribute(ctx, vpc, attribute)
		if err != nil {
			return nil, err
		}
		if !is {
			off = append(off, name)
		}
	}
	slices.Sort(off)
	return off, nil
}

// place is a VPC, with its route tables and endpoints, and what keeps traffic from going there.
type place struct {
	tables    []ec2.RouteTable
	endpoints []ec2.VpcEndpoint
	acls      []ec2.NetworkACL
	dnsOff    []string
	rules     []ec2.SecurityGroupRule
	// unseen tells that nobody could look at the rules of the endpoints' security groups.
	unseen bool
}

// works tells whether a VPC endpoint is ready.
func works(e ec2.VpcEndpoint) bool { return e.State == "" || strings.EqualFold(e.State, "available") }

// named tells whether the host name of its service leads to a VPC endpoint.
func named(e ec2.VpcEndpoint) bool { return e.VpcEndpointType != "Interface" || e.PrivateDNSEnabled }

// endpointsOf are the endpoints of a service, such as "ecr.api".
func (p place) endpointsOf(region, service string) []ec2.VpcEndpoint {
	return slices.DeleteFunc(slices.Clone(p.endpoints), func(e ec2.VpcEndpoint) bool { return e.ServiceName != "com.amazonaws."+region+"."+service })
}

// tableOf is the route table of a subnet: its own, or else the main one of the VPC.
func (p place) tableOf(id string) (table ec2.RouteTable) {
	for _, is := range p.tables {
		for _, to := range is.Associations {
			if to.SubnetID == id {
				return is
			}
			if to.Main {
				table = is
			}
		}
	}
	return table
}

// wayOut is by what a subnet leads to all addresses, such as nat-0123; empty if it does not. lost tells that there is no such thing any more.
func (p place) wayOut(id string) (by string, lost bool) {
	for _, to := range p.tableOf(id).Routes {
		if to.DestinationCidrBlock == everywhere {
			by := cmp.Or(to.GatewayID, to.NatGatewayID, to.TransitGatewayID, to.VpcPeeringConnectionID, to.InstanceID, to.NetworkInterfaceID)
			return by, to.State == "blackhole"
		}
	}
	return "", false
}

// network looks whether the subnets are in the VPC, in the zones that a load balancer needs, reachable from outside where they have to be, and
// whether the tasks in them can pull their images.
func network(ctx context.Context, stack *Stack, client networkClient) []Finding {
	var ids []string
	users := slices.Concat(stack.ofType("aws_lb"), stack.runners())
	for _, address := range users {
		ids = append(ids, subnetsOf(stack, address)...)
	}
	if ids = sorted(ids); len(ids) == 0 {
		return nil
	}
	// A filter passes over those that are not there. To ask for them by id would be an error.
	found, err := client.DescribeSubnets(ctx, ec2.Filters{"subnet-id": ids})
	if err != nil {
		return []Finding{Finding{Subject: "subnets", Addresses: users}.unseen(err)}
	}
	var findings []Finding
	there := map[string]ec2.Subnet{}
	places := map[string]*place{} // nil where nobody could look
	for _, is := range found {
		there[is.SubnetID] = is
		vpc, filters := is.VpcID, ec2.Filters{"vpc-id": {is.VpcID}}
		if _, known := places[vpc]; known {
			continue
		}
		places[vpc] = nil
		of := func(what string) Finding { return Finding{Subject: what + " " + vpc, Addresses: users} }
		in := &place{}
		if in.tables, err = client.DescribeRouteTables(ctx, filters); err != nil {
			findings = append(findings, of("routes of").unseen(err))
			continue
		}
		if in.endpoints, err = client.DescribeVpcEndpoints(ctx, filters); err != nil {
			findings = append(findings, of("endpoints of").unseen(err))
			continue
		}
		places[vpc] = in
		in.endpoints = slices.DeleteFunc(in.endpoints, func(e ec2.VpcEndpoint) bool {
			return strings.EqualFold(e.State, "deleting") || strings.EqualFold(e.State, "deleted")
		})
		if in.acls, err = client.DescribeNetworkAcls(ctx, filters); err != nil {
			findings = append(findings, of("network ACLs of").unseen(err))
		}
		if in.dnsOff, err = dnsOff(ctx, client, vpc); err != nil {
			findings = append(findings, of("DNS of").unseen(err))
		} else if slices.Contains(in.dnsOff, dnsResolution) {
			findings = append(findings, of("VPC").is(Warning, "its DNS resolution is off, so that no task finds its image, unless its DHCP options name other DNS servers: VPC → Edit VPC settings"))
		}
		var groups []string
		for _, end := range in.endpoints {
			groups = append(groups, end.GroupIDs...)
		}
		if groups = sorted(groups); len(groups) == 0 {
			continue
		}
		if in.rules, err = client.DescribeSecurityGroupRules(ctx, ec2.Filters{"group-id": groups}); err != nil {
			in.unseen = true
			findings = append(findings, of("security groups of the endpoints of").unseen(err))
		}
	}
	seen := map[string]bool{}
	balanced := zonesOfBalancers(stack, there)
	for _, address := range users {
		subnets := subnetsOf(stack, address)
		if len(subnets) == 0 {
			continue
		}
		for _, finding := range look(stack, address, subnets, there, places, balanced) {
			if finding.Verdict == OK || !seen[finding.String()] { // two services are in the same ones
				findings = append(findings, finding)
			} else {
				at := slices.IndexFunc(findings, func(f Finding) bool { return f.String() == finding.String() })
				findings[at].Addresses = append(findings[at].Addresses, address)
			}
			seen[finding.String()] = true
		}
	}
	return findings
}

// zonesOfBalancers are the zones in which the load balancers are. There are none where a subnet of theirs is missing, or where they all are in one
// zone: that comes first.
func zonesOfBalancers(stack *Stack, there map[string]ec2.Subnet) (zones []string) {
	for _, balancer := range stack.ofType("aws_lb") {
		for _, id := range subnetsOf(stack, balancer) {
			is, known := there[id]
			if !known {
				return nil
			}
			zones = append(zones, is.AvailabilityZone)
		}
	}
	if zones = sorted(zones); len(zones) < 2 {
		return nil
	}
	return zones
}

// subnetsOf are the subnets of a load balancer, a service or a job.
func subnetsOf(stack *Stack, address string) []string {
	if strings.HasPrefix(address, "aws_lb.") {
		return texts(stack.Known[address], "subnets")
	}
	return texts(networkOf(stack, address), "subnets")
}

// networkOf is the network of the tasks of a service or a job.
func networkOf(stack *Stack, address string) any {
	if strings.HasPrefix(address, "aws_scheduler_schedule.") {
		return tfvalue.At(stack.Known[address], "target", "ecs_parameters", "network_configuration")
	}
	return tfvalue.At(stack.Known[address], "network_configuration")
}

// look says how the subnets of a load balancer, a service or a job are. balanced are the zones in which the load balancers are.
func look(stack *Stack, address string, ids []string, there map[string]ec2.Subnet, places map[string]*place, balanced []string) []Finding {
	var findings []Finding
	var good []ec2.Subnet
	of := func(subject string) Finding { return Finding{Subject: subject, Addresses: []string{address}} }
	wrong := func(never bool, id, format string, arguments ...any) {
		finding := of("subnet "+id).is(Refused, format, arguments...)
		finding.Never = never
		findings = append(findings, finding)
	}
	vpc := referred(stack, address, "vpc_id")
	balances := strings.HasPrefix(address, "aws_lb.")
	for _, id := range ids {
		is, known := there[id]
		switch {
		case !known:
			wrong(true, id, "%s has no such subnet: VPC → Subnets shows those that there are", stack.Region)
		case !balances && strings.HasPrefix(is.AvailabilityZone, stack.Region+"-"):
			wrong(true, id, "it is in %s, a Local Zone or a Wavelength Zone, where Fargate runs no tasks: take one in an availability zone, such as %sa", is.AvailabilityZone, stack.Region)
		case vpc != "" && is.VpcID != vpc:
			wrong(true, id, "it is in %s, and the stack is in %s: take one of that VPC", is.VpcID, vpc)
		default:
			good = append(good, is)
		}
	}
	if balances && len(findings) == 0 {
		byZone := map[string]string{}
		for _, is := range good {
			if other := byZone[is.AvailabilityZone]; other != "" {
				wrong(true, is.SubnetID, "it is in %s, as %s is: a load balancer takes one subnet of each zone", is.AvailabilityZone, other)
			}
			byZone[is.AvailabilityZone] = is.SubnetID
		}
		if len(byZone) < 2 {
			wrong(true, list(ids), "all in one zone: a load balancer needs two zones")
		}
	}
	if len(blocks(stack.Known[address], "load_balancer")) > 0 && balanced != nil {
		// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html (Target.NotInUse)
		for _, is := range good {
			if !slices.Contains(balanced, is.AvailabilityZone) {
				wrong(false, is.SubnetID, "it is in %s, where the load balancer is not, so that the tasks in it get no requests: take one in %s, or give the load balancer a subnet there", is.AvailabilityZone, list(balanced))
			}
		}
	}
	if full := slices.IndexFunc(good, func(s ec2.Subnet) bool { return s.AvailableIPAddressCount == nil || *s.AvailableIPAddressCount > 0 }) < 0; !balances && full && len(good) > 0 {
		wrong(false, list(ids), "no address is free, so that no new task starts: take larger ones, or free some")
	}
	for _, is := range good {
		if prefix, err := netip.ParsePrefix(is.CidrBlock); balances && err == nil && prefix.Bits() > smallest {
			findings = append(findings, of("subnet "+is.SubnetID).is(Warning, "it has the range %s, and a load balancer needs one of /%d or larger, to grow", is.CidrBlock, smallest))
		}
		if free := is.AvailableIPAddressCount; balances && free != nil && *free < leastFree {
			findings = append(findings, of("subnet "+is.SubnetID).is(Warning, "it has %d free addresses, and a load balancer needs %d to be created, or to grow: take a larger one, or free some", *free, leastFree))
		}
	}
	inside, hidden := tfvalue.At(stack.Known[address], "internal") == true, false
	for _, is := range good {
		if places[is.VpcID] == nil {
			hidden = true
			continue
		}
		by, lost := places[is.VpcID].wayOut(is.SubnetID)
		outside := strings.HasPrefix(by, "igw-") && !lost
		switch {
		case balances && !inside && !outside:
			wrong(false, is.SubnetID, "it is not public, so that nobody reaches the load balancer: its route table %s has no route for %s to an internet gateway (igw-…)", places[is.VpcID].tableOf(is.SubnetID).RouteTableID, everywhere)
		case !balances:
			if missing := lacks(stack, address, *places[is.VpcID], is); missing != "" {
				wrong(false, is.SubnetID, "%s", missing)
			}
		}
		if wall := walls(stack, address, *places[is.VpcID], is.SubnetID); wall != "" {
			wrong(false, is.SubnetID, "%s", wall)
		}
	}
	if len(findings) == 0 && !hidden {
		var zones []string
		for _, is := range good {
			zones = append(zones, is.AvailabilityZone)
		}
		what := "the tasks can pull their images"
		switch {
		case inside:
			what = "for what is in the VPC"
		case balances:
			what = "public"
		}
		findings = append(findings, of("subnets of "+tfvalue.Text(stack.Known[address], "name")).is(OK, "%s, in %s: %s", list(ids), list(sorted(zones)), what))
	}
	return findings
}

// lacks says what keeps tasks in a subnet from pulling their images; empty if nothing does. What a way out leads to behind a transit gateway
// or a machine of one's own, nobody can see.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-task-networking.html
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html
func lacks(stack *Stack, service string, in place, from ec2.Subnet) string {
	by, lost := in.wayOut(from.SubnetID)
	table := in.tableOf(from.SubnetID).RouteTableID
	secrets := secretEndpoints(stack, service)
	if shut := in.shut(stack.Region, from, append([]string{"ecr.api", "ecr.dkr", "logs"}, secrets...)); len(shut) > 0 {
		return fmt.Sprintf("the security groups of the VPC endpoints of %s do not let it in at port 443, so that no task can pull its image, read its secrets and write its log: "+
			"add a rule for it (VPC → Endpoints → Security groups)", list(shut))
	}
	public := tfvalue.At(networkOf(stack, service), "assign_public_ip") == true
	switch {
	case lost:
		return fmt.Sprintf("its way out is gone: the route table %s leads to %s, which there is no more, so that no task can pull its image", table, by)
	case strings.HasPrefix(by, "igw-") && !public:
		return fmt.Sprintf("it is a public one (its route table %s leads to %s), and the tasks have no public address, so that none can pull its image: take a private subnet with a NAT gateway", table, by)
	case by != "":
		return ""
	}
	var missing, unnamed, broken []string
	for _, name := range append([]string{"ecr.api", "ecr.dkr", "logs"}, secrets...) {
		ends := in.endpointsOf(stack.Region, name)
		switch {
		case len(ends) == 0:
			missing = append(missing, name)
		case !slices.ContainsFunc(ends, works):
			broken = append(broken, name+" ("+strings.ToLower(ends[0].State)+")")
		case !slices.ContainsFunc(ends, func(e ec2.VpcEndpoint) bool { return works(e) && named(e) }):
			unnamed = append(unnamed, name)
		}
	}
	if !slices.ContainsFunc(in.endpointsOf(stack.Region, "s3"), func(e ec2.VpcEndpoint) bool {
		return works(e) && (len(e.RouteTableIDs) == 0 || slices.Contains(e.RouteTableIDs, table))
	}) {
		missing = append(missing, "s3")
	}
	outside := ""
	for _, is := range usesOf(stack) {
		if !slices.Contains(is.addresses, service) {
			continue
		}
		if ref, inECR := ecr.Parse(is.image); !inECR || ref.Region != stack.Region { // endpoints lead to their own region
			outside = is.image
		}
	}
	const nat = "give its route table %s a route for " + everywhere + " to a NAT gateway (nat-…)"
	switch {
	case outside != "":
		return fmt.Sprintf("it has no way out, so that no task can pull %s: "+nat, outside, table)
	case len(missing) == 4+len(secrets):
		return fmt.Sprintf("it has no way out, so that no task can pull its image: "+nat+", or the VPC endpoints of %s", table, list(missing))
	case len(missing) > 0 && !slices.ContainsFunc(missing, func(name string) bool { return !slices.Contains(secrets, name) }):
		return fmt.Sprintf("it has no way out, and the VPC lacks the endpoints of %s, so that no task can read its secrets, and none starts: create them, or "+nat, list(missing), table)
	case len(missing) > 0:
		return fmt.Sprintf("it has no way out, and the VPC lacks the endpoints of %s, so that no task can pull its image: create them, or "+nat, list(missing), table)
	case len(broken) > 0:
		return fmt.Sprintf("it has no way out, and these VPC endpoints do not work, so that no task can pull its image: %s. Wait where they are pending, else create them again, or "+nat, list(broken), table)
	case len(in.dnsOff) > 0:
		return fmt.Sprintf("it has no way out, and the VPC has the %s off, so that the tasks do not find the VPC endpoints: switch that on (VPC → Edit VPC settings), or "+nat, list(in.dnsOff), table)
	case len(unnamed) > 0:
		return fmt.Sprintf("it has no way out, and the VPC endpoints of %s have no private DNS name, so that the tasks do not find them: switch it on (VPC → Endpoints → Modify private DNS name), or "+nat, list(unnamed), table)
	}
	return ""
}

// secretEndpoints are the endpoints by which the tasks of a service or a job read their secrets where they have no way out.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specifying-sensitive-data.html
func secretEndpoints(stack *Stack, service string) (names []string) {
	for _, definition := range stack.ofType("aws_ecs_task_definition") {
		if !slices.Contains(stack.JSON.References(service), definition) {
			continue
		}
		for _, container := range containersOf(stack, definition) {
			for _, secret := range stack.Secrets {
				switch {
				case secret.Service != container.Name:
				case secret.SecretsManager != "":
					names = append(names, "secretsmanager")
				default:
					names = append(names, "ssm")
				}
			}
		}
	}
	return sorted(names)
}
