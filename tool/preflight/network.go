package preflight

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/order-bot/infra/tool/aws/ecr"
	"github.com/order-bot/infra/tool/tfvalue"
)

// networkClient is what is asked of the network.
type networkClient interface {
	// subnets returns those that there are of these ids.
	subnets(ctx context.Context, ids []string) ([]subnet, error)
	// routeTables returns those of a VPC.
	routeTables(ctx context.Context, vpc string) ([]routeTable, error)
	// endpoints returns the VPC endpoints of a VPC.
	endpoints(ctx context.Context, vpc string) ([]endpoint, error)
	// acls returns the network ACLs of a VPC.
	acls(ctx context.Context, vpc string) ([]acl, error)
	// dnsOff returns what of the DNS of a VPC is switched off, as the console calls it.
	dnsOff(ctx context.Context, vpc string) ([]string, error)
	// rules returns the rules by which security groups let TCP in.
	rules(ctx context.Context, groups []string) ([]groupRule, error)
}

// subnet is a subnet, by id, with the availability zone and the VPC in which it is.
type subnet struct {
	id, zone, vpc string
	// cidr is its range of addresses, and "" where it has none of IPv4.
	cidr string
	// free is how many of its addresses nothing has. Nil is where AWS does not say.
	free *int
}

// leastFree is how many free addresses a load balancer needs in each of its subnets, to grow.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html (subnets for your load balancer)
const leastFree = 8

// smallest is how long the prefix of a load balancer's subnet may be: a longer one leaves it too few addresses to grow. The same page.
const smallest = 27

// routeTable is a route table: the subnets that have it, and where it leads.
type routeTable struct {
	id string
	// main tells that it is for the subnets of the VPC that have no other one.
	main    bool
	subnets []string
	routes  []route
}

// route is a way to a range of addresses, such as 0.0.0.0/0, by something, such as nat-0123.
type route struct {
	destination, by string
	// lost tells that there is nothing any more by which it leads.
	lost bool
}

// endpoint is a VPC endpoint: the name of its service, such as com.amazonaws.eu-west-1.s3, and the route tables that have it.
type endpoint struct {
	service     string
	routeTables []string
	// unnamed tells that the host name of the service does not lead to it.
	unnamed bool
	// state is such as "pending" where it does not work.
	state string
	// groups are the security groups of its addresses. One for route tables has none.
	groups []string
}

// everywhere is the range of all addresses.
const everywhere = "0.0.0.0/0"

// place is a VPC, with its route tables and endpoints, and what keeps traffic from going there.
type place struct {
	tables    []routeTable
	endpoints []endpoint
	acls      []acl
	dnsOff    []string
	rules     []groupRule
	// unseen tells that nobody could look at the rules of the endpoints' security groups.
	unseen bool
}

// tableOf is the route table of a subnet.
func (p place) tableOf(id string) (table routeTable) {
	for _, is := range p.tables {
		if slices.Contains(is.subnets, id) {
			return is
		}
		if is.main {
			table = is
		}
	}
	return table
}

// wayOut is where a subnet leads to all addresses; nothing if it does not.
func (p place) wayOut(id string) route {
	for _, route := range p.tableOf(id).routes {
		if route.destination == everywhere {
			return route
		}
	}
	return route{}
}

// network looks whether the subnets are in the VPC, in the zones that a load balancer needs, reachable from outside where they have to be, and
// whether the tasks in them can pull their images.
func network(ctx context.Context, stack *Stack, client networkClient) []Finding {
	var ids []string
	users := slices.Concat(stack.ofType("aws_lb"), stack.ofType("aws_ecs_service"), stack.ofType("aws_scheduler_schedule"))
	for _, address := range users {
		ids = append(ids, subnetsOf(stack, address)...)
	}
	if ids = sorted(ids); len(ids) == 0 {
		return nil
	}
	there, err := client.subnets(ctx, ids)
	if err != nil {
		return []Finding{Finding{Subject: "subnets", Addresses: users}.unseen(err)}
	}
	var findings []Finding
	places := map[string]*place{} // nil where nobody could look
	for _, is := range there {
		if _, known := places[is.vpc]; known {
			continue
		}
		places[is.vpc] = nil
		tables, err := client.routeTables(ctx, is.vpc)
		if err != nil {
			findings = append(findings, Finding{Subject: "routes of " + is.vpc, Addresses: users}.unseen(err))
			continue
		}
		endpoints, err := client.endpoints(ctx, is.vpc)
		if err != nil {
			findings = append(findings, Finding{Subject: "endpoints of " + is.vpc, Addresses: users}.unseen(err))
			continue
		}
		in := &place{tables: tables, endpoints: endpoints}
		places[is.vpc] = in
		if in.acls, err = client.acls(ctx, is.vpc); err != nil {
			findings = append(findings, Finding{Subject: "network ACLs of " + is.vpc, Addresses: users}.unseen(err))
		}
		if in.dnsOff, err = client.dnsOff(ctx, is.vpc); err != nil {
			findings = append(findings, Finding{Subject: "DNS of " + is.vpc, Addresses: users}.unseen(err))
		} else if slices.Contains(in.dnsOff, dnsResolution) {
			findings = append(findings, Finding{Verdict: Warning, Subject: "VPC " + is.vpc, Addresses: users,
				Text: "its DNS resolution is off, so that no task finds its image, unless its DHCP options name other DNS servers: VPC → Edit VPC settings"})
		}
		var groups []string
		for _, end := range endpoints {
			groups = append(groups, end.groups...)
		}
		if groups = sorted(groups); len(groups) == 0 {
			continue
		}
		if in.rules, err = client.rules(ctx, groups); err != nil {
			in.unseen = true
			findings = append(findings, Finding{Subject: "security groups of the endpoints of " + is.vpc, Addresses: users}.unseen(err))
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
func zonesOfBalancers(stack *Stack, there []subnet) (zones []string) {
	for _, balancer := range stack.ofType("aws_lb") {
		for _, id := range subnetsOf(stack, balancer) {
			at := slices.IndexFunc(there, func(s subnet) bool { return s.id == id })
			if at < 0 {
				return nil
			}
			zones = append(zones, there[at].zone)
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
func look(stack *Stack, address string, ids []string, there []subnet, places map[string]*place, balanced []string) []Finding {
	name := tfvalue.Text(stack.Known[address], "name")
	var findings []Finding
	var good []subnet
	wrong := func(never bool, id, format string, arguments ...any) {
		findings = append(findings, Finding{Verdict: Refused, Never: never, Subject: "subnet " + id, Text: fmt.Sprintf(format, arguments...), Addresses: []string{address}})
	}
	vpc := vpcOf(stack, address)
	balances := strings.HasPrefix(address, "aws_lb.")
	for _, id := range ids {
		at := slices.IndexFunc(there, func(s subnet) bool { return s.id == id })
		switch {
		case at < 0:
			wrong(true, id, "%s has no such subnet: VPC → Subnets shows those that there are", stack.Region)
		case !balances && strings.HasPrefix(there[at].zone, stack.Region+"-"):
			wrong(true, id, "it is in %s, a Local Zone or a Wavelength Zone, where Fargate runs no tasks: take one in an availability zone, such as %sa", there[at].zone, stack.Region)
		case vpc != "" && there[at].vpc != vpc:
			wrong(true, id, "it is in %s, and the stack is in %s: take one of that VPC", there[at].vpc, vpc)
		default:
			good = append(good, there[at])
		}
	}
	if balances && len(findings) == 0 {
		byZone := map[string]string{}
		for _, is := range good {
			if other := byZone[is.zone]; other != "" {
				wrong(true, is.id, "it is in %s, as %s is: a load balancer takes one subnet of each zone", is.zone, other)
			}
			byZone[is.zone] = is.id
		}
		if len(byZone) < 2 {
			wrong(true, list(ids), "all in one zone: a load balancer needs two zones")
		}
	}
	if len(blocks(stack.Known[address], "load_balancer")) > 0 && balanced != nil {
		// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html (Target.NotInUse)
		for _, is := range good {
			if !slices.Contains(balanced, is.zone) {
				wrong(false, is.id, "it is in %s, where the load balancer is not, so that the tasks in it get no requests: take one in %s, or give the load balancer a subnet there", is.zone, list(balanced))
			}
		}
	}
	if full := slices.IndexFunc(good, func(s subnet) bool { return s.free == nil || *s.free > 0 }) < 0; !balances && full && len(good) > 0 {
		wrong(false, list(ids), "no address is free, so that no new task starts: take larger ones, or free some")
	}
	for _, is := range good {
		if prefix, err := netip.ParsePrefix(is.cidr); balances && err == nil && prefix.Bits() > smallest {
			findings = append(findings, Finding{Verdict: Warning, Subject: "subnet " + is.id, Addresses: []string{address},
				Text: fmt.Sprintf("it has the range %s, and a load balancer needs one of /%d or larger, to grow", is.cidr, smallest)})
		}
		if balances && is.free != nil && *is.free < leastFree {
			findings = append(findings, Finding{Verdict: Warning, Subject: "subnet " + is.id, Addresses: []string{address},
				Text: fmt.Sprintf("it has %d free addresses, and a load balancer needs %d to be created, or to grow: take a larger one, or free some", *is.free, leastFree)})
		}
	}
	hidden := false
	for _, is := range good {
		if places[is.vpc] == nil {
			hidden = true
			continue
		}
		out := places[is.vpc].wayOut(is.id)
		outside := strings.HasPrefix(out.by, "igw-") && !out.lost
		switch {
		case balances && tfvalue.At(stack.Known[address], "internal") != true && !outside:
			wrong(false, is.id, "it is not public, so that nobody reaches the load balancer: its route table %s has no route for %s to an internet gateway (igw-…)", places[is.vpc].tableOf(is.id).id, everywhere)
		case !balances:
			if missing := lacks(stack, address, *places[is.vpc], is); missing != "" {
				wrong(false, is.id, "%s", missing)
			}
		}
		if wall := walls(stack, address, *places[is.vpc], is.id); wall != "" {
			wrong(false, is.id, "%s", wall)
		}
	}
	if len(findings) == 0 && !hidden {
		zones := make([]string, len(good))
		for i, is := range good {
			zones[i] = is.zone
		}
		what := "the tasks can pull their images"
		if balances {
			what = "public"
		}
		findings = append(findings, Finding{Verdict: OK, Subject: "subnets of " + name, Text: fmt.Sprintf("%s, in %s: %s", list(ids), list(sorted(zones)), what), Addresses: []string{address}})
	}
	return findings
}

// vpcOf is the VPC of the security groups of a load balancer or a service; empty if that is not known.
func vpcOf(stack *Stack, address string) string {
	for _, needed := range stack.JSON.References(address) {
		if vpc := tfvalue.Text(stack.Known[needed], "vpc_id"); vpc != "" {
			return vpc
		}
	}
	return ""
}

// lacks says what keeps tasks in a subnet from pulling their images; empty if nothing does. What a way out leads to behind a transit gateway
// or a machine of one's own, nobody can see.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-task-networking.html
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html
func lacks(stack *Stack, service string, in place, from subnet) string {
	out, table := in.wayOut(from.id), in.tableOf(from.id)
	secrets := secretEndpoints(stack, service)
	if shut := in.shut(stack.Region, from, append([]string{"ecr.api", "ecr.dkr", "logs"}, secrets...)); len(shut) > 0 {
		return fmt.Sprintf("the security groups of the VPC endpoints of %s do not let it in at port 443, so that no task can pull its image, read its secrets and write its log: "+
			"add a rule for it (VPC → Endpoints → Security groups)", list(shut))
	}
	public := tfvalue.At(networkOf(stack, service), "assign_public_ip") == true
	switch {
	case out.lost:
		return fmt.Sprintf("its way out is gone: the route table %s leads to %s, which there is no more, so that no task can pull its image", table.id, out.by)
	case strings.HasPrefix(out.by, "igw-") && !public:
		return fmt.Sprintf("it is a public one (its route table %s leads to %s), and the tasks have no public address, so that none can pull its image: take a private subnet with a NAT gateway", table.id, out.by)
	case out.by != "":
		return ""
	}
	var missing, unnamed, broken []string
	for _, name := range append([]string{"ecr.api", "ecr.dkr", "logs"}, secrets...) {
		is := func(e endpoint) bool { return e.service == "com.amazonaws."+stack.Region+"."+name }
		works := func(e endpoint) bool { return is(e) && e.state == "" }
		switch {
		case !slices.ContainsFunc(in.endpoints, is):
			missing = append(missing, name)
		case !slices.ContainsFunc(in.endpoints, works):
			broken = append(broken, name+" ("+in.endpoints[slices.IndexFunc(in.endpoints, is)].state+")")
		case !slices.ContainsFunc(in.endpoints, func(e endpoint) bool { return works(e) && !e.unnamed }):
			unnamed = append(unnamed, name)
		}
	}
	if !slices.ContainsFunc(in.endpoints, func(e endpoint) bool {
		return e.service == "com.amazonaws."+stack.Region+".s3" && e.state == "" && (len(e.routeTables) == 0 || slices.Contains(e.routeTables, table.id))
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
		return fmt.Sprintf("it has no way out, so that no task can pull %s: "+nat, outside, table.id)
	case len(missing) == 4+len(secrets):
		return fmt.Sprintf("it has no way out, so that no task can pull its image: "+nat+", or the VPC endpoints of %s", table.id, list(missing))
	case len(missing) > 0 && !slices.ContainsFunc(missing, func(name string) bool { return !slices.Contains(secrets, name) }):
		return fmt.Sprintf("it has no way out, and the VPC lacks the endpoints of %s, so that no task can read its secrets, and none starts: create them, or "+nat, list(missing), table.id)
	case len(missing) > 0:
		return fmt.Sprintf("it has no way out, and the VPC lacks the endpoints of %s, so that no task can pull its image: create them, or "+nat, list(missing), table.id)
	case len(broken) > 0:
		return fmt.Sprintf("it has no way out, and these VPC endpoints do not work, so that no task can pull its image: %s. Wait where they are pending, else create them again, or "+nat, list(broken), table.id)
	case len(in.dnsOff) > 0:
		return fmt.Sprintf("it has no way out, and the VPC has the %s off, so that the tasks do not find the VPC endpoints: switch that on (VPC → Edit VPC settings), or "+nat, list(in.dnsOff), table.id)
	case len(unnamed) > 0:
		return fmt.Sprintf("it has no way out, and the VPC endpoints of %s have no private DNS name, so that the tasks do not find them: switch it on (VPC → Endpoints → Modify private DNS name), or "+nat, list(unnamed), table.id)
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
