package preflight

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/order-bot/infra/tool/tfvalue"
)

// acl is a network ACL: the subnets that have it, and its rules in the order in which they decide.
type acl struct {
	id      string
	subnets []string
	rules   []aclRule
}

// aclRule lets TCP through at ports, out or in, or does not.
type aclRule struct {
	out, allows bool
	// everyone tells that it is for all addresses.
	everyone bool
	ports    ports
}

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

// shuts tells whether nothing at all gets through at these ports, whatever its address.
func (a acl) shuts(out bool, at ports) bool {
	for _, rule := range a.rules {
		switch {
		case rule.out != out || rule.ports.last < at.first || rule.ports.first > at.last:
		case rule.allows:
			return false
		case rule.everyone && rule.ports.first <= at.first && rule.ports.last >= at.last:
			return true
		}
	}
	return true
}

// walls says what the network ACL of a subnet keeps a load balancer or the tasks of a service or a job from; empty if it lets through what they need.
// A network ACL does not let answers through by itself.
// https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html
func walls(stack *Stack, address string, in place, id string) string {
	at := slices.IndexFunc(in.acls, func(a acl) bool { return slices.Contains(a.subnets, id) })
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
		if in.acls[at].shuts(is.out, is.at) {
			return fmt.Sprintf("its network ACL %s lets no TCP %s at %s, %s: VPC → Network ACLs", in.acls[at].id, map[bool]string{true: "out", false: "in"}[is.out], is.at, is.why)
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

// groupRule lets TCP into a security group at ports.
type groupRule struct {
	group string
	ports ports
	// from is a range of addresses, and "" where the rule is for another group or for a prefix list.
	from string
}

// shut are the services to whose endpoints their names lead in the VPC, and that let a subnet in by none of their security groups.
// https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html (security groups)
func (p place) shut(region string, from subnet, services []string) (shut []string) {
	for _, name := range services {
		for _, is := range p.endpoints {
			if is.service == "com.amazonaws."+region+"."+name && is.state == "" && !is.unnamed && len(is.groups) > 0 && !p.admits(is.groups, from) {
				shut = append(shut, name)
			}
		}
	}
	return shut
}

// admits tells whether one of the groups may let a subnet in at port 443. Who is in another group, nobody knows before the tasks are there.
func (p place) admits(groups []string, from subnet) bool {
	return p.unseen || slices.ContainsFunc(p.rules, func(rule groupRule) bool {
		theirs, err := netip.ParsePrefix(rule.from)
		ours, problem := netip.ParsePrefix(from.cidr)
		return slices.Contains(groups, rule.group) && rule.ports.first <= 443 && rule.ports.last >= 443 && (err != nil || problem != nil || theirs.Overlaps(ours))
	})
}
