package kinds

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-bot/infra/tool/aws/ec2"
	"github.com/order-bot/infra/tool/aws/ecs"
	"github.com/order-bot/infra/tool/iampolicy"
	"github.com/order-bot/infra/tool/tfvalue"
)

// ec2Types are the types of the network of EC2.
var ec2Types = []Kind{
	{Type: "aws_default_network_acl", Losses: []Loss{aclInbound, aclOutbound}, Expires: takesOver("default_network_acl_id", "aws_vpc", "the rules of the VPC's default network ACL")},
	{Type: "aws_default_route_table", Losses: []Loss{{"route", unrouted, unroutedReason}, {"route", hidden, hiddenReason}}, Expires: takesOver("default_route_table_id", "aws_vpc", "the routes of the VPC's main route table")},
	{Type: "aws_default_security_group", Losses: []Loss{inbound, outbound}, Expires: takesOver("vpc_id", "aws_vpc", "the rules of the VPC's default security group")},
	{Type: "aws_ebs_encryption_by_default", Losses: []Loss{{"enabled", lacks(true), "new disks are not encrypted any more"}}},
	{Type: "aws_network_acl", Losses: []Loss{aclInbound, aclOutbound}},
	{
		Type:     "aws_security_group",
		Title:    "security group",
		Identity: []Part{{Attribute: "name", Same: groupName}, {Attribute: "vpc_id", Same: exactly}},
		Unique:   "name",
		Find:     findSecurityGroup,
		Home:     "modules/securitygroup/securitygroup.go",
		InTheWay: usersOfGroup,
		Options:  map[string]string{"ingress": "alb_ingress_cidrs in the inputs, for the load balancer's group"},
		Instead:  "what is in the group without this stack, such as the PostgreSQL host, has to be taken out of it first",
		Held:     &Use{Attribute: "id", Anyway: true, Unseen: "anything else is in the group, such as the PostgreSQL host"}, // DependencyViolation
		Losses:   []Loss{inbound, outbound},
		Protections: []Loss{
			{"ingress", opened, "what somebody has closed is open again"},
			{"egress", opened, "what somebody has closed is open again"},
		},
		// DescribeNetworkInterfaces: a destroy looks who uses a group.
		Read: []Right{may(anything, "ec2:DescribeSecurityGroups", "ec2:DescribeNetworkInterfaces")},
		Write: []Right{
			may(network, "ec2:CreateSecurityGroup"), may(newSecurityGroup, "ec2:CreateSecurityGroup"), may(tagsOfNewSecurityGroup, "ec2:CreateTags"),
			may(securityGroups,
				"ec2:CreateTags", "ec2:DeleteTags", "ec2:DeleteSecurityGroup", "ec2:AuthorizeSecurityGroupIngress", "ec2:AuthorizeSecurityGroupEgress",
				"ec2:RevokeSecurityGroupIngress", "ec2:RevokeSecurityGroupEgress"),
			may(securityGroupRules, "ec2:AuthorizeSecurityGroupIngress", "ec2:AuthorizeSecurityGroupEgress"),
		},
	},
	{
		Type: "aws_vpc_security_group_ingress_rule",
		Losses: []Loss{
			{"from_port", changed, "who comes in by the old port is cut off"},
			{"to_port", changed, "who comes in by the old port is cut off"},
			{"ip_protocol", changed, "who comes in by the old protocol is cut off"},
		},
	},
	{Type: "aws_vpc_security_group_rules_exclusive", Expires: takesOver("security_group_id", "aws_security_group", "the group's other rules")},
}

// groupName takes two names of security groups for one, as EC2 does: capitals and spaces at the end make no difference.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html
func groupName(a, b string) bool {
	return strings.EqualFold(strings.TrimRight(a, " "), strings.TrimRight(b, " "))
}

// What a security group and a network ACL lose with their rules.
var (
	inbound     = Loss{"ingress", closed, "who came in by what is closed is cut off"}
	outbound    = Loss{"egress", closed, "what is in the group does not get out by what is closed"}
	aclInbound  = Loss{"ingress", fewer, "who came in by it is cut off, or who was kept out gets in"}
	aclOutbound = Loss{"egress", fewer, "what got out by it does not, or what was kept in does"}
)

// sources are the attributes of a rule of a security group that name addresses.
var sources = []string{"cidr_blocks", "ipv6_cidr_blocks", "prefix_list_ids"}

// closed compares the rules of a security group: none is left, or a port that addresses, or the group itself, reached is reached by none of
// their kind any more. Which addresses it are, is a matter of the design.
func closed(before, after any) bool {
	was, is := tfvalue.List(before), tfvalue.List(after)
	if emptied(before, after) {
		return true
	}
	return slices.ContainsFunc(was, func(old any) bool {
		itself := func(rule any) bool { return tfvalue.At(rule, "self") == true && covers(rule, old) }
		if itself(old) && !slices.ContainsFunc(is, itself) {
			return true
		}
		return slices.ContainsFunc(sources, func(kind string) bool {
			return tfvalue.Size(tfvalue.At(old, kind)) > 0 && !slices.ContainsFunc(is, func(rule any) bool {
				addresses := tfvalue.At(rule, kind)
				return (tfvalue.Size(addresses) > 0 || addresses == tfvalue.Unknown{}) && covers(rule, old)
			})
		})
	})
}

// covers tells whether a rule of a security group is for all ports of another one, too. The protocol -1 is all of them.
func covers(rule, other any) bool {
	protocol, port := tfvalue.At(rule, "protocol"), tfvalue.Number
	return protocol == "-1" || reflect.DeepEqual(protocol, tfvalue.At(other, "protocol")) &&
		port(rule, "from_port") <= port(other, "from_port") && port(other, "to_port") <= port(rule, "to_port")
}

// opened compares the rules of a security group: a source reaches a port that it did not reach.
func opened(before, after any) bool {
	was, is := tfvalue.List(before), tfvalue.List(after)
	if len(was) == 0 {
		return false // a deploy was killed before it wrote the rules, or nobody gets in at all: that is no range that somebody closed
	}
	kinds := append([]string{"security_groups"}, sources...)
	return slices.ContainsFunc(is, func(rule any) bool {
		return slices.ContainsFunc(kinds, func(kind string) bool {
			return slices.ContainsFunc(tfvalue.List(rule, kind), func(address any) bool {
				return !slices.ContainsFunc(was, func(old any) bool {
					return slices.Contains(tfvalue.List(old, kind), address) && covers(old, rule)
				})
			})
		})
	})
}

// network is the VPC of the security groups.
func network(s Scope) iampolicy.Statement {
	if strings.Join(s.Names("aws_vpc", "cidr_block"), "") != "" { // it is the stack's own, and no input
		return inNetwork(s)
	}
	return iampolicy.Allow("Network", arns(s, s.Names("aws_security_group", "vpc_id"), "arn:aws:ec2:REGION:ACCOUNT:vpc/NAME"))
}

const groupARNs = "arn:aws:ec2:REGION:ACCOUNT:security-group/*"

var (
	newSecurityGroup       = on("NewGroup", groupARNs).tagged("aws:RequestTag")
	tagsOfNewSecurityGroup = on("TagsOfNewGroup", groupARNs).when(iampolicy.Equals("ec2:CreateAction", "CreateSecurityGroup"))
	// securityGroups have the tags of the stack. Whoever changes tags sends only the changed ones, so the condition asks for those that it has.
	securityGroups     = on("SecurityGroups", groupARNs).tagged("aws:ResourceTag")
	securityGroupRules = on("GroupRules", "arn:aws:ec2:REGION:ACCOUNT:security-group-rule/*").
				because("a rule that is created has no id yet; AWS asks for its group as well, which has to be the stack's")
)

// findSecurityGroup: by name in its VPC, where a name is unique. Imported by id (security_group.html.markdown).
func findSecurityGroup(ctx context.Context, f *Search, r Resource) (*Found, error) {
	name, vpc := f.Value(r, "name"), f.Value(r, "vpc_id")
	// Without a filter for the name: capitals make a difference to that, and not to the names.
	groups, err := ec2.New(f.Config).DescribeSecurityGroups(ctx, ec2.Filters{"vpc-id": {vpc}})
	if err != nil {
		return nil, err
	}
	wanted := map[string]any{"vpc_id": vpc, "name": name}
	at := slices.IndexFunc(groups, func(group ec2.SecurityGroup) bool {
		return Of(r.Type).Same(wanted, map[string]any{"vpc_id": group.VpcID, "name": group.GroupName})
	})
	if at < 0 {
		return nil, nil
	}
	return f.withTags(r, object{groups[at].GroupID, groups[at].Tags})
}

// usersOfGroup finds who uses a security group and does not go with it.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSecurityGroup.html
func usersOfGroup(ctx context.Context, config aws.Config, goes Gone, group map[string]any) ([]string, error) {
	client, id := ec2.New(config), fmt.Sprint(group["id"])
	own, err := goes.interfaces(ctx, config)
	if err != nil {
		return nil, err
	}
	groups := goes.values("aws_security_group", "id")

	// What comes back is looked at: an EC2 that passes over a filter, as some local ones do, would stop every destroy.
	var found []string
	faces, err := client.DescribeNetworkInterfaces(ctx, ec2.Filters{"group-id": {id}})
	if err != nil {
		return nil, err
	}
	for _, face := range faces {
		if slices.Contains(face.GroupIDs, id) && !own.have(face) {
			found = append(found, inGroup(face, groups))
		}
	}
	for _, direction := range []string{"", "egress."} {
		naming, err := client.DescribeSecurityGroups(ctx, ec2.Filters{direction + "ip-permission.group-id": {id}})
		if err != nil {
			return nil, err
		}
		for _, other := range naming {
			reason := fmt.Sprintf("the rules of the security group %s, %s, name it, and AWS deletes no group that others name. Take those rules out",
				other.GroupID, other.GroupName)
			named := slices.Contains(slices.Concat(other.IngressGroupIDs, other.EgressGroupIDs), id)
			if named && !slices.Contains(groups, other.GroupID) && !slices.Contains(found, reason) {
				found = append(found, reason)
			}
		}
	}
	return found, nil
}

// inGroup says who is in a group by a network interface, and how to take it out. groups are all that go.
//
// The command is that of the interface: modify-instance-attribute may fail for an instance with several.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyInstanceAttribute.html
//
// AWS lets nobody change an interface that one of its services manages, such as that of a database of RDS, a function or a task.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/requester-managed-eni.html
func inGroup(face ec2.NetworkInterface, groups []string) string {
	who := "the network interface " + face.NetworkInterfaceID
	if face.Description != "" {
		who += " (" + face.Description + ")"
	}
	if face.InstanceID != "" {
		who += " of the instance " + face.InstanceID
	}
	who += " is in it, and AWS deletes no group that is in use. "
	if face.RequesterManaged {
		return who + "A service of AWS manages this interface: change its groups where that service has them, or delete what it is for"
	}

	stay := slices.DeleteFunc(slices.Clone(face.GroupIDs), func(id string) bool { return slices.Contains(groups, id) })
	if len(stay) == 0 {
		stay = []string{"ANOTHER-GROUP"} // an interface has one group at least
	}
	return who + "Take it out: aws ec2 modify-network-interface-attribute --network-interface-id " + face.NetworkInterfaceID + " --groups " + strings.Join(stay, " ")
}

// interfaces are the network interfaces that go with what a plan destroys.
type interfaces struct {
	// tasks are those of the tasks, balancers the ids of the load balancers.
	tasks, balancers []string
}

// interfaces asks for those of the tasks, also of the ones that have just stopped. A task that would stay is in the way of
// its cluster, too: othersInCluster reports it.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Attachment.html
func (g Gone) interfaces(ctx context.Context, config aws.Config) (interfaces, error) {
	own := interfaces{balancers: g.values("aws_lb", "arn_suffix")}
	client := ecs.New(config)
	for _, cluster := range g.values("aws_ecs_cluster", "arn") {
		for _, status := range []string{"RUNNING", "STOPPED"} {
			tasks, err := client.Tasks(ctx, cluster, "", status)
			if err != nil {
				return own, err
			}
			for _, task := range tasks {
				own.tasks = append(own.tasks, interfacesOf(task)...)
			}
		}
	}
	return own, nil
}

func interfacesOf(task ecs.Task) (all []string) {
	for _, attachment := range task.Attachments {
		for _, detail := range attachment.Details {
			if detail.Name == "networkInterfaceId" {
				all = append(all, detail.Value)
			}
		}
	}
	return all
}

// have tells whether an interface is one of them. Those of a load balancer have its id in their description. They
// outlive it for a while, so that a destroy which goes on may have some of a load balancer that it does not know any more.
// https://repost.aws/knowledge-center/elb-find-load-balancer-ip
func (i interfaces) have(face ec2.NetworkInterface) bool {
	if balancer, is := strings.CutPrefix(face.Description, "ELB "); is {
		return len(i.balancers) == 0 || slices.Contains(i.balancers, balancer)
	}
	return slices.Contains(i.tasks, face.NetworkInterfaceID)
}
