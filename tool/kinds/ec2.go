package kinds

import (
	"context"
	"reflect"
	"slices"
	"strings"

	"github.com/order-bot/infra/internal/ec2"
	"github.com/order-bot/infra/internal/iampolicy"
	"github.com/order-bot/infra/internal/tfvalue"
)

// ec2Types are the types of the network of EC2.
var ec2Types = []Kind{
	{Type: "aws_default_network_acl", Losses: []Loss{aclInbound, aclOutbound}},
	{Type: "aws_default_security_group", Losses: []Loss{inbound, outbound}},
	{Type: "aws_ebs_encryption_by_default", Losses: []Loss{{"enabled", lacks(true), "new disks are not encrypted any more"}}},
	{Type: "aws_network_acl", Losses: []Loss{aclInbound, aclOutbound}},
	{
		Type:     "aws_security_group",
		None:     "Label Detail Unreadable Harmless Replaced Expires Foresee Called ByPrefix Monthly",
		Title:    "security group",
		Step:     Network,
		Identity: []Part{{Attribute: "name", Same: groupName}, {Attribute: "vpc_id", Same: exactly}},
		Tagged:   true,
		Unique:   "name",
		Find:     findSecurityGroup,
		Home:     "modules/securitygroup/securitygroup.go",
		Options:  map[string]string{"ingress": "alb_ingress_cidrs in the inputs, for the load balancer's group"},
		Instead:  "what is in the group without this stack, such as the PostgreSQL host, has to be taken out of it first",
		Held:     &Use{Attribute: "id", Anyway: true, Unseen: "anything else is in the group, such as the PostgreSQL host"}, // DependencyViolation
		Losses:   []Loss{inbound, outbound},
		Protections: []Loss{
			{"ingress", opened, "what somebody has closed is open again"},
			{"egress", opened, "what somebody has closed is open again"},
		},
		// DescribeNetworkInterfaces: a destroy looks who uses a group.
		Read: []Right{may(anything, "ec2:DescribeSecurityGroups", "ec2:DescribeSecurityGroupRules", "ec2:DescribeNetworkInterfaces")},
		Write: []Right{
			may(network, "ec2:CreateSecurityGroup"), may(newSecurityGroup, "ec2:CreateSecurityGroup"), may(tagsOfNewSecurityGroup, "ec2:CreateTags"),
			may(securityGroups,
				"ec2:CreateTags", "ec2:DeleteTags", "ec2:DeleteSecurityGroup", "ec2:AuthorizeSecurityGroupIngress", "ec2:AuthorizeSecurityGroupEgress",
				"ec2:RevokeSecurityGroupIngress", "ec2:RevokeSecurityGroupEgress", "ec2:UpdateSecurityGroupRuleDescriptionsIngress", "ec2:UpdateSecurityGroupRuleDescriptionsEgress"),
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
	aclInbound  = Loss{"ingress", emptied, "nobody gets in any more"}
	aclOutbound = Loss{"egress", emptied, "no answer gets out any more"}
)

// sources are the attributes of a rule of a security group that name addresses.
var sources = []string{"cidr_blocks", "ipv6_cidr_blocks", "prefix_list_ids"}

// closed compares the rules of a security group: none is left, or a port that addresses reached is reached by none of
// their kind any more. Which addresses it are, is a matter of the design.
func closed(before, after any) bool {
	was, _ := before.([]any)
	is, _ := after.([]any)
	if emptied(before, after) {
		return true
	}
	return slices.ContainsFunc(was, func(old any) bool {
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
	value := func(rule any, name string) any { return tfvalue.At(rule, name) }
	if value(rule, "protocol") == "-1" {
		return true
	}
	from, _ := value(rule, "from_port").(float64)
	to, _ := value(rule, "to_port").(float64)
	first, _ := value(other, "from_port").(float64)
	last, _ := value(other, "to_port").(float64)
	return reflect.DeepEqual(value(rule, "protocol"), value(other, "protocol")) && from <= first && last <= to
}

// opened compares the rules of a security group: a source reaches a port that it did not reach.
func opened(before, after any) bool {
	was, _ := before.([]any)
	is, _ := after.([]any)
	if len(was) == 0 {
		return false // a deploy was killed before it wrote the rules, or nobody gets in at all: that is no range that somebody closed
	}
	kinds := append([]string{"security_groups"}, sources...)
	return slices.ContainsFunc(is, func(rule any) bool {
		return slices.ContainsFunc(kinds, func(kind string) bool {
			addresses, _ := tfvalue.At(rule, kind).([]any)
			return slices.ContainsFunc(addresses, func(address any) bool {
				return !slices.ContainsFunc(was, func(old any) bool {
					from, _ := tfvalue.At(old, kind).([]any)
					return slices.Contains(from, address) && covers(old, rule)
				})
			})
		})
	})
}

// network is the VPC of the security groups.
func network(s Scope) iampolicy.Statement {
	if hasVPC(s) {
		return inNetwork(s)
	}
	return iampolicy.Allow("Network", arns(s, "ec2", "vpc/%s", s.Names("aws_security_group", "vpc_id")))
}

func groups(s Scope) []string { return []string{arn(s, "ec2", "security-group/*")} }

func newSecurityGroup(s Scope) iampolicy.Statement {
	return iampolicy.Allow("NewGroup", groups(s), tagged(s, "aws:RequestTag"))
}

func tagsOfNewSecurityGroup(s Scope) iampolicy.Statement {
	return iampolicy.Allow("TagsOfNewGroup", groups(s), iampolicy.Equals("ec2:CreateAction", "CreateSecurityGroup"))
}

// securityGroups have the tags of the stack. Whoever changes tags sends only the changed ones, so the condition asks for those that it has.
func securityGroups(s Scope) iampolicy.Statement {
	return iampolicy.Allow("SecurityGroups", groups(s), tagged(s, "aws:ResourceTag"))
}

func securityGroupRules(s Scope) iampolicy.Statement {
	return iampolicy.Allow("GroupRules", []string{arn(s, "ec2", "security-group-rule/*")}).
		For("a rule that is created has no id yet; AWS asks for its group as well, which has to be the stack's")
}

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
	id, tags := groups[at].GroupID, map[string]string{}
	for _, tag := range groups[at].Tags {
		tags[tag.Key] = tag.Value
	}
	return f.tagged(r, &Found{ID: id, Values: map[string]string{"id": id}}, tags)
}
