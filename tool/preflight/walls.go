package preflight

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/order-bot/infra/tool/aws/ec2"
	"github.com/order-bot/infra/tool/tfvalue"
)

// ports are all from the first to the last.
type ports struct{ first, last int }

func (p ports) String() string {
	if p.first == p.last {
		return fmt.Sprint("port ", p.first)
	}
	return fmt.Sprintf("ports %d to %d", p.first, p.last)
}

// The ports to which answers go. Those of tasks are Linux's, and those of load balancers and of who asks them may be any of these.
// https://docs.aws.amazon.com/vpc/latest/userguide/custom-network-acl.html#nacl-ephemeral-ports
var (
	ephemeralOfTasks = ports{32768, 61000}
	ephemeral        = ports{1024, 65535}
)

// shuts tells whether a network ACL lets no TCP at all through at these ports, whatever its address. The rule of the lowest number decides.
func shuts(list ec2.NetworkACL, out bool, at ports) bool {
	for _, rule := range slices.SortedStableFunc(slices.Values(list.Entries), func(a, b ec2.NetworkACLEntry) int { return cmp.Compare(a.RuleNumber, b.RuleNumber) }) {
		of := ports{0, 65535}
		if rule.PortRange != nil && rule.Protocol == "6" {
			of = ports{rule.PortRange.From, rule.PortRange.To}
		}
		switch {
		case rule.CidrBlock == "" || rule.Protocol != "-1" && rule.Protocol != "6": // of IPv6, or for what is not TCP
		case rule.Egress != out || of.last < at.first || of.first > at.last:
		case rule.RuleAction == "allow":
			return false
		case rule.CidrBlock == everywhere && of.first <= at.first && of.last >= at.last:
			return true
		}
	}
	return true
}

// walls says what the network ACL of a subnet keeps a load balancer or the tasks of a service or a job from; empty if it lets through what they need.
// A network ACL does not let answers through by itself.
// https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html
func walls(stack *Stack, address string, in place, id string) string {
	at := slices.IndexFunc(in.acls, func(a ec2.NetworkACL) bool { return slices.Contains(a.SubnetIDs, id) })
	if at < 0 {
		return ""
	}
	type need struct {
		out bool
		at  ports
		why string
	}
	var needs []need
	if strings.HasPrefix(address, "aws_lb.") {
		for _, port := range numbers(stack, "aws_lb_listener", "port") {
			needs = append(needs, need{false, ports{port, port}, "so that nobody reaches the load balancer"})
		}
		needs = append(needs, need{true, ephemeral, "so that nobody gets an answer of the load balancer"})
		for _, port := range numbers(stack, "aws_ecs_service", "load_balancer", "container_port") {
			needs = append(needs, need{true, ports{port, port}, "so that the load balancer does not reach its services"})
		}
		for _, port := range numbers(stack, "aws_lb_target_group", "health_check", "port") {
			needs = append(needs, need{true, ports{port, port}, "so that no health check reaches its service"})
		}
		needs = append(needs, need{false, ephemeral, "so that the load balancer gets no answer of its services"})
	} else {
		needs = append(needs, need{true, ports{443, 443}, "so that no task can pull its image"}, need{false, ephemeralOfTasks, "so that no answer reaches a task, and none can pull its image"})
		for _, block := range blocks(stack.Known[address], "load_balancer") {
			if port, is := number(tfvalue.At(block, "container_port")); is {
				needs = append(needs, need{false, ports{port, port}, "so that the load balancer does not reach the tasks"}, need{true, ephemeral, "so that the load balancer gets no answer of the tasks"})
			}
		}
		for _, group := range stack.JSON.References(address) {
			if port, is := number(tfvalue.At(stack.Known[group], "health_check", "port")); is {
				needs = append(needs, need{false, ports{port, port}, "so that no health check reaches the tasks"})
			}
		}
	}
	for _, is := range needs {
		if shuts(in.acls[at], is.out, is.at) {
			return fmt.Sprintf("its network ACL %s lets no TCP %s at %s, %s: VPC → Network ACLs", in.acls[at].NetworkACLID, map[bool]string{true: "out", false: "in"}[is.out], is.at, is.why)
		}
	}
	return ""
}

// number is a whole number, which a variable may have as a text.
func number(value any) (int, bool) {
	n, err := strconv.Atoi(fmt.Sprint(value))
	return n, err == nil
}

// numbers are the numbers at a place in the resources of a type, each once.
func numbers(stack *Stack, kind string, at ...string) (all []int) {
	for _, address := range stack.ofType(kind) {
		if n, is := number(tfvalue.At(stack.Known[address], at...)); is && !slices.Contains(all, n) {
			all = append(all, n)
		}
	}
	return all
}

// shut are the services to whose endpoints their names lead in the VPC, and that let a subnet in by none of their security groups.
// https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html (security groups)
func (p place) shut(region string, from ec2.Subnet, services []string) (shut []string) {
	for _, name := range services {
		for _, is := range p.endpointsOf(region, name) {
			if works(is) && named(is) && len(is.GroupIDs) > 0 && !p.unseen && !admits(p.rules, is.GroupIDs, from, 443) {
				shut = append(shut, name)
			}
		}
	}
	return shut
}

// admits tells whether one of the groups may let a subnet in at a port. Who is in another group, nobody knows before the tasks are there.
func admits(rules []ec2.SecurityGroupRule, groups []string, from ec2.Subnet, port int) bool {
	return slices.ContainsFunc(rules, func(rule ec2.SecurityGroupRule) bool {
		theirs, err := netip.ParsePrefix(rule.CidrIPv4)
		ours, problem := netip.ParsePrefix(from.CidrBlock)
		open := rule.IPProtocol == "-1" || slices.Contains([]string{"tcp", "6"}, rule.IPProtocol) && rule.FromPort <= port && rule.ToPort >= port
		return open && !rule.IsEgress && rule.CidrIPv6 == "" && slices.Contains(groups, rule.GroupID) && (err != nil || problem != nil || theirs.Overlaps(ours))
	})
}
