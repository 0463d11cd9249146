package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/order-bot/infra/localaws"
	"github.com/order-bot/infra/tool/iampolicy"
)

// network is a VPC of a test's own.
type network struct {
	vpc string
	// Two subnets in the zones a and c, and one more in a.
	a, c, again string
	// The route table of all three.
	routes string
}

func newNetwork(t *testing.T) network {
	t.Helper()
	client := newClients(local).EC2
	vpc := client.ask(t, "CreateVpc", "CidrBlock", "10.9.0.0/16").first("vpcId")
	var subnets []string
	for i, zone := range []string{"a", "c", "a"} {
		subnets = append(subnets, client.ask(t, "CreateSubnet", "VpcId", vpc, "CidrBlock", fmt.Sprintf("10.9.%d.0/24", i), "AvailabilityZone", "ap-northeast-1"+zone).first("subnetId"))
	}
	// All of them lead out by a gateway, so that tasks in them can pull their images.
	nat := client.ask(t, "CreateNatGateway", "SubnetId", subnets[1], "AllocationId", client.ask(t, "AllocateAddress", "Domain", "vpc").first("allocationId")).first("natGatewayId")
	table := client.ask(t, "DescribeRouteTables", "Filter.1.Name", "vpc-id", "Filter.1.Value.1", vpc).first("routeTableId")
	err := client.try(t, "CreateRoute", "RouteTableId", table, "DestinationCidrBlock", "0.0.0.0/0", "NatGatewayId", nat)
	if err != nil && !strings.Contains(err.Error(), "RouteAlreadyExists") { // as after an answer that was lost, when the client repeats the call
		t.Fatal(err)
	}
	return network{vpc, subnets[0], subnets[1], subnets[2], table}
}

func (n network) group(t *testing.T, name string) string {
	t.Helper()
	return newClients(local).EC2.newGroup(t, name, n.vpc)
}

// loadBalancer creates a load balancer with one group, and deletes it after the test.
func (n network) loadBalancer(t *testing.T, name, group string) string {
	t.Helper()
	client := newClients(local).ELB
	arn := must[*elb.CreateLoadBalancerOutput](t)(client.CreateLoadBalancer(t.Context(), &elb.CreateLoadBalancerInput{
		Name: &name, Subnets: []string{n.a, n.c}, SecurityGroups: []string{group},
	})).LoadBalancers[0].LoadBalancerArn
	t.Cleanup(func() {
		_, _ = client.DeleteLoadBalancer(context.Background(), &elb.DeleteLoadBalancerInput{LoadBalancerArn: arn})
	})
	return *arn
}

func (n network) targetGroup(t *testing.T, name string) string {
	t.Helper()
	return *must[*elb.CreateTargetGroupOutput](t)(newClients(local).ELB.CreateTargetGroup(t.Context(), &elb.CreateTargetGroupInput{
		Name: &name, Port: aws.Int32(8000), Protocol: "HTTP", VpcId: &n.vpc, TargetType: "ip",
	})).TargetGroups[0].TargetGroupArn
}

func forward(target string) []elbtypes.Action {
	return []elbtypes.Action{{Type: "forward", TargetGroupArn: &target}}
}

func newListener(t *testing.T, balancer, target string) string {
	t.Helper()
	return *must[*elb.CreateListenerOutput](t)(newClients(local).ELB.CreateListener(t.Context(), &elb.CreateListenerInput{
		LoadBalancerArn: &balancer, Port: aws.Int32(80), Protocol: "HTTP", DefaultActions: forward(target),
	})).Listeners[0].ListenerArn
}

// A target group that a listener or a rule forwards to is not deleted (Elastic Load Balancing
// API reference, DeleteTargetGroup).
func TestRuleTargetGroupsInUseStay(t *testing.T) {
	t.Parallel()
	client, n := newClients(local).ELB, newNetwork(t)
	balancer := n.loadBalancer(t, "rules-in-use", n.group(t, "rules-in-use"))
	target := n.targetGroup(t, "rules-in-use")
	listener := newListener(t, balancer, target)
	remove := func() error {
		_, err := client.DeleteTargetGroup(t.Context(), &elb.DeleteTargetGroupInput{TargetGroupArn: &target})
		return err
	}
	refuses(t, "deleting a target group in use", remove(), "ResourceInUse", "in use by a listener or a rule")
	_, err := client.ModifyListener(t.Context(), &elb.ModifyListenerInput{ListenerArn: &listener, DefaultActions: forward(n.targetGroup(t, "rules-default"))})
	allowed(t, "forwarding to another one", err)
	rule := must[*elb.CreateRuleOutput](t)(client.CreateRule(t.Context(), &elb.CreateRuleInput{
		ListenerArn: &listener, Priority: aws.Int32(1), Actions: forward(target),
		Conditions: []elbtypes.RuleCondition{{Field: aws.String("host-header"), HostHeaderConfig: &elbtypes.HostHeaderConditionConfig{Values: []string{"a.example.net"}}}},
	})).Rules[0]
	refuses(t, "deleting a target group of a rule", remove(), "ResourceInUse", "in use by a listener or a rule")
	_, err = client.DeleteRule(t.Context(), &elb.DeleteRuleInput{RuleArn: rule.RuleArn})
	allowed(t, "deleting the rule", err)
	allowed(t, "deleting an unused target group", remove())
}

// A priority belongs to one rule of a listener, so that two rules do not swap theirs one after
// the other (Elastic Load Balancing API reference, CreateRule and SetRulePriorities).
func TestRulePrioritiesAreTakenOnce(t *testing.T) {
	t.Parallel()
	client, n := newClients(local).ELB, newNetwork(t)
	balancer := n.loadBalancer(t, "rules-priority", n.group(t, "rules-priority"))
	target := n.targetGroup(t, "rules-priority")
	listener := newListener(t, balancer, target)
	create := func(priority int32) (*elb.CreateRuleOutput, error) {
		return client.CreateRule(t.Context(), &elb.CreateRuleInput{
			ListenerArn: &listener, Priority: &priority, Actions: forward(target),
			Conditions: []elbtypes.RuleCondition{{Field: aws.String("host-header"), HostHeaderConfig: &elbtypes.HostHeaderConditionConfig{Values: []string{"a.example.net"}}}},
		})
	}
	first := must[*elb.CreateRuleOutput](t)(create(10)).Rules[0].RuleArn
	_, err := create(10)
	refuses(t, "a second rule with the priority", err, "PriorityInUse", "")
	must[*elb.CreateRuleOutput](t)(create(20))
	set := func(priority int32) error {
		_, err := client.SetRulePriorities(t.Context(), &elb.SetRulePrioritiesInput{RulePriorities: []elbtypes.RulePriorityPair{{RuleArn: first, Priority: &priority}}})
		return err
	}
	refuses(t, "changing one rule to the other's priority", set(20), "PriorityInUse", "")
	allowed(t, "changing it to a free one", set(30))
}

// An application load balancer needs subnets in two zones, one of each (Elastic Load Balancing
// API reference, CreateLoadBalancer and SetSubnets).
func TestRuleLoadBalancersNeedTwoZones(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	for name, c := range map[string]struct {
		subnets    []string
		code, text string
	}{
		"rules-one-subnet": {[]string{n.a}, "ValidationError", "At least two subnets in two different Availability Zones"},
		"rules-one-zone":   {[]string{n.a, n.again}, "InvalidConfigurationRequest", "multiple subnets in the same Availability Zone"},
	} {
		_, err := newClients(local).ELB.CreateLoadBalancer(t.Context(), &elb.CreateLoadBalancerInput{Name: &name, Subnets: c.subnets})
		refuses(t, name, err, c.code, c.text)
	}
	balancer := n.loadBalancer(t, "rules-two-zones", n.group(t, "rules-two-zones"))
	set := func(subnets ...string) error {
		_, err := newClients(local).ELB.SetSubnets(t.Context(), &elb.SetSubnetsInput{LoadBalancerArn: &balancer, Subnets: subnets})
		return err
	}
	refuses(t, "changing to one subnet", set(n.a), "InvalidConfigurationRequest", "More than 1 availability zone must be specified")
	if set(n.a, n.again) == nil { // the local AWS has another code for it
		t.Error("changing to two subnets of one zone is not refused")
	}
	allowed(t, "changing to another subnet of a zone", set(n.again, n.c))
}

// A load balancer's subnets, security groups and target groups are of one VPC: load_balancers_are_in_one_vpc (Elastic Load Balancing API
// reference, CreateLoadBalancer, SetSubnets, SetSecurityGroups, CreateListener, ModifyListener, CreateRule and ModifyRule).
func TestRuleLoadBalancersAreInOneVPC(t *testing.T) {
	t.Parallel()
	client, n, other := newClients(local).ELB, newNetwork(t), newNetwork(t)
	group, stranger := n.group(t, "rules-vpc"), other.group(t, "rules-vpc")
	create := func(subnets []string, groups ...string) error {
		_, err := client.CreateLoadBalancer(t.Context(), &elb.CreateLoadBalancerInput{Name: aws.String("rules-vpc-wrong"), Subnets: subnets, SecurityGroups: groups})
		return err
	}
	const oneVPC, badGroup, badTarget = "All subnets must belong to the same VPC: 'vpc-", "One or more security groups are invalid", "is in a different VPC than load balancer"
	refuses(t, "subnets of two VPCs", create([]string{n.a, other.c}), "InvalidConfigurationRequest", oneVPC)
	refuses(t, "a group of another VPC", create([]string{n.a, n.c}, group, stranger), "InvalidConfigurationRequest", badGroup)

	balancer := n.loadBalancer(t, "rules-vpc", group)
	_, err := client.SetSubnets(t.Context(), &elb.SetSubnetsInput{LoadBalancerArn: &balancer, Subnets: []string{other.a, other.c}})
	refuses(t, "changing to subnets of another VPC", err, "InvalidConfigurationRequest", oneVPC)
	_, err = client.SetSecurityGroups(t.Context(), &elb.SetSecurityGroupsInput{LoadBalancerArn: &balancer, SecurityGroups: []string{stranger}})
	refuses(t, "changing to a group of another VPC", err, "InvalidConfigurationRequest", badGroup)

	target, elsewhere := n.targetGroup(t, "rules-vpc"), other.targetGroup(t, "rules-vpc-other")
	_, err = client.CreateListener(t.Context(), &elb.CreateListenerInput{LoadBalancerArn: &balancer, Port: aws.Int32(80), Protocol: "HTTP", DefaultActions: forward(elsewhere)})
	refuses(t, "a listener with a target group of another VPC", err, "InvalidConfigurationRequest", badTarget)
	listener := newListener(t, balancer, target)
	_, err = client.ModifyListener(t.Context(), &elb.ModifyListenerInput{ListenerArn: &listener, DefaultActions: forward(elsewhere)})
	refuses(t, "changing a listener to it", err, "InvalidConfigurationRequest", badTarget)
	rule := func(target string) (*elb.CreateRuleOutput, error) {
		return client.CreateRule(t.Context(), &elb.CreateRuleInput{
			ListenerArn: &listener, Priority: aws.Int32(1), Actions: forward(target),
			Conditions: []elbtypes.RuleCondition{{Field: aws.String("host-header"), HostHeaderConfig: &elbtypes.HostHeaderConditionConfig{Values: []string{"a.example.net"}}}},
		})
	}
	_, err = rule(elsewhere)
	refuses(t, "a rule with it", err, "InvalidConfigurationRequest", badTarget)
	created := must[*elb.CreateRuleOutput](t)(rule(target)).Rules[0].RuleArn
	_, err = client.ModifyRule(t.Context(), &elb.ModifyRuleInput{RuleArn: created, Actions: forward(elsewhere)})
	refuses(t, "changing a rule to it", err, "InvalidConfigurationRequest", badTarget)
}

// A second call with the name and the settings of a load balancer returns that one (Elastic Load Balancing API reference,
// CreateLoadBalancer: "This operation is idempotent").
func TestRuleLoadBalancersHaveNamesOfTheirOwn(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	group := n.group(t, "rules-name")
	first := n.loadBalancer(t, "rules-name", group)
	same(t, "the same settings", n.loadBalancer(t, "rules-name", group), first)
	_, err := newClients(local).ELB.CreateLoadBalancer(t.Context(), &elb.CreateLoadBalancerInput{Name: aws.String("rules-name"), Subnets: []string{n.a, n.c}})
	refuses(t, "other settings", err, "DuplicateLoadBalancerName", "")
}

// A second call with the settings of a listener returns that one (Elastic Load Balancing API reference, CreateListener:
// "This operation is idempotent").
func TestRuleListenersAreCreatedOnce(t *testing.T) {
	t.Parallel()
	client, n := newClients(local).ELB, newNetwork(t)
	balancer, target := n.loadBalancer(t, "rules-listener", n.group(t, "rules-listener")), n.targetGroup(t, "rules-listener")
	first := newListener(t, balancer, target)
	same(t, "the same settings", newListener(t, balancer, target), first)
	listed := must[*elb.DescribeListenersOutput](t)(client.DescribeListeners(t.Context(), &elb.DescribeListenersInput{LoadBalancerArn: &balancer}))
	same(t, "listeners", len(listed.Listeners), 1)
	_, err := client.CreateListener(t.Context(), &elb.CreateListenerInput{LoadBalancerArn: &balancer, Port: aws.Int32(80), Protocol: "HTTP", DefaultActions: []elbtypes.Action{{
		Type: elbtypes.ActionTypeEnumFixedResponse, FixedResponseConfig: &elbtypes.FixedResponseActionConfig{StatusCode: aws.String("404")},
	}}})
	refuses(t, "other settings", err, "DuplicateListener", "")
}

// A listener's certificates have to exist in its region (Elastic Load Balancing API reference,
// CreateListener and AddListenerCertificates).
func TestRuleListenersNeedTheirCertificates(t *testing.T) {
	t.Parallel()
	client, n := newClients(local).ELB, newNetwork(t)
	balancer := n.loadBalancer(t, "rules-certificate", n.group(t, "rules-certificate"))
	target := n.targetGroup(t, "rules-certificate")
	here, elsewhere := newCertificate(t, "ap-northeast-1", "listener.example.net"), newCertificate(t, "us-east-1", "listener.example.net")
	create := func(certificate string) (*elb.CreateListenerOutput, error) {
		return client.CreateListener(t.Context(), &elb.CreateListenerInput{
			LoadBalancerArn: &balancer, Port: aws.Int32(443), Protocol: "HTTPS", DefaultActions: forward(target),
			Certificates: []elbtypes.Certificate{{CertificateArn: &certificate}},
		})
	}
	_, err := create(elsewhere)
	refuses(t, "a certificate of another region", err, "CertificateNotFound", elsewhere)
	_, err = create(here + "0")
	refuses(t, "a certificate that does not exist", err, "CertificateNotFound", here+"0")
	listener := must[*elb.CreateListenerOutput](t)(create(here)).Listeners[0].ListenerArn

	add := func(certificate string) error {
		_, err := client.AddListenerCertificates(t.Context(), &elb.AddListenerCertificatesInput{ListenerArn: listener, Certificates: []elbtypes.Certificate{{CertificateArn: &certificate}}})
		return err
	}
	refuses(t, "adding a certificate of another region", add(elsewhere), "CertificateNotFound", elsewhere)
	allowed(t, "adding one of the region", add(newCertificate(t, "ap-northeast-1", "more.example.net")))
	_, err = client.ModifyListener(t.Context(), &elb.ModifyListenerInput{ListenerArn: listener, Certificates: []elbtypes.Certificate{{CertificateArn: &elsewhere}}})
	refuses(t, "changing to a certificate of another region", err, "CertificateNotFound", elsewhere)
}

// A security group is not deleted while something uses it (EC2 API reference, DeleteSecurityGroup).
func TestRuleSecurityGroupsInUseStay(t *testing.T) {
	t.Parallel()
	ctx, clients, n := t.Context(), newClients(local), newNetwork(t)
	remove := func(group string) error {
		return clients.EC2.try(t, "DeleteSecurityGroup", "GroupId", group)
	}
	authorize := func(group, source string) {
		err := clients.EC2.try(t, "AuthorizeSecurityGroupIngress", admits(group, 5432, source)...)
		allowed(t, "authorizing a group", err)
	}

	group := n.group(t, "rules-own-rule")
	authorize(group, group)
	allowed(t, "deleting a group that only its own rule names", remove(group))

	group, other := n.group(t, "rules-named"), n.group(t, "rules-names-it")
	authorize(other, group)
	refuses(t, "deleting a group that another's rule names", remove(group), "DependencyViolation", group)
	err := clients.EC2.try(t, "RevokeSecurityGroupIngress", admits(other, 5432, group)...)
	allowed(t, "revoking the rule", err)
	allowed(t, "deleting it then", remove(group))

	group = n.group(t, "rules-balancer")
	balancer := n.loadBalancer(t, "rules-balancer", group)
	refuses(t, "deleting a load balancer's group", remove(group), "DependencyViolation", group)
	_, err = clients.ELB.DeleteLoadBalancer(ctx, &elb.DeleteLoadBalancerInput{LoadBalancerArn: &balancer})
	allowed(t, "deleting the load balancer", err)
	allowed(t, "deleting its group then", remove(group))

	group = n.group(t, "rules-interface")
	face := clients.EC2.ask(t, "CreateNetworkInterface", "SubnetId", n.a, "SecurityGroupId.1", group).first("networkInterfaceId")
	refuses(t, "deleting a network interface's group", remove(group), "DependencyViolation", group)
	err = clients.EC2.try(t, "DeleteNetworkInterface", "NetworkInterfaceId", face)
	allowed(t, "deleting the network interface", err)
	allowed(t, "deleting its group then", remove(group))

	group = n.group(t, "rules-tasks")
	r := newRollout(t, "rules-tasks", rolloutSettings{network: n, group: group, desired: 1, image: "app:v1"})
	refuses(t, "deleting the group of a service with tasks", remove(group), "DependencyViolation", group)
	_, err = clients.ECS.DeleteService(ctx, &ecs.DeleteServiceInput{Cluster: &r.cluster, Service: &r.name, Force: aws.Bool(true)})
	allowed(t, "deleting the service", err)
	allowed(t, "deleting its group then", remove(group))
}

// A host is put into groups and taken out of them by hand, which DeleteSecurityGroup notices:
// instances_have_the_groups_of_their_interface (EC2 API reference, RunInstances, ModifyInstanceAttribute, ModifyNetworkInterfaceAttribute
// and DeleteSecurityGroup).
func TestRuleHostsUseTheirGroups(t *testing.T) {
	t.Parallel()
	client, n := newClients(local).EC2, newNetwork(t)
	first, second := n.group(t, "rules-host-1"), n.group(t, "rules-host-2")
	instance, face := client.newHost(t, n.a, first)
	remove := func(group string) error {
		return client.try(t, "DeleteSecurityGroup", "GroupId", group)
	}
	byInstance := func(groups ...string) error {
		return client.try(t, "ModifyInstanceAttribute", append(numbered("GroupId", groups), "InstanceId", instance)...)
	}
	byInterface := func(groups ...string) error {
		return client.try(t, "ModifyNetworkInterfaceAttribute", append(numbered("SecurityGroupId", groups), "NetworkInterfaceId", face)...)
	}
	put := func(by func(groups ...string) error, groups ...string) {
		t.Helper()
		allowed(t, "changing the host's groups", by(groups...))
		var got []string
		answer := client.ask(t, "DescribeInstances", "InstanceId.1", instance)
		for _, group := range answer.in("reservationSet", "item", "instancesSet", "item", "groupSet", "item") {
			got = append(got, group.first("groupId"))
		}
		same(t, "the host's groups", got, groups)
	}

	refuses(t, "deleting the host's group", remove(first), "DependencyViolation", first)
	for _, by := range []func(groups ...string) error{byInstance, byInterface} {
		put(by, first, second)
		refuses(t, "deleting a group that it was put into", remove(second), "DependencyViolation", second)
		put(by, first)
	}
	put(byInterface, second)
	allowed(t, "deleting the group that it was taken out of", remove(first))
	err := client.try(t, "TerminateInstances", "InstanceId.1", instance)
	allowed(t, "terminating the host", err)
	allowed(t, "deleting its last group", remove(second))
}

// A group has 60 inbound rules, and a range counts once for each port (VPC user guide, quotas).
func TestRuleSecurityGroupsHaveSixtyRules(t *testing.T) {
	t.Parallel()
	client, group := newClients(local).EC2, newNetwork(t).group(t, "rules-sixty")
	authorize := func(port, count int) error {
		rule := permission(group, port)
		for i := range count {
			rule = append(rule, fmt.Sprintf("IpPermissions.1.IpRanges.%d.CidrIp", i+1), fmt.Sprintf("192.0.2.%d/32", i))
		}
		return client.try(t, "AuthorizeSecurityGroupIngress", rule...)
	}
	allowed(t, "thirty ranges for one port", authorize(80, 30))
	refuses(t, "thirty-one for another", authorize(443, 31), "RulesPerSecurityGroupLimitExceeded", "")
	allowed(t, "thirty for another", authorize(443, 30))
	refuses(t, "one more", authorize(8080, 1), "RulesPerSecurityGroupLimitExceeded", "")
}

// A network interface has no private DNS name where its VPC has no DNS hostnames (VPC user guide, DNS attributes for your VPC).
func TestRuleInterfacesMayHaveNoName(t *testing.T) {
	t.Parallel()
	r := newRollout(t, "rules-no-name", newRolloutNetwork(t, "rules-no-name"))
	r.until(t, "COMPLETED")
	var id string
	for _, detail := range r.tasks(t, "RUNNING")[0].Attachments[0].Details {
		if *detail.Name == "networkInterfaceId" {
			id = *detail.Value
		}
		if *detail.Name == "privateDnsName" && aws.ToString(detail.Value) != "" {
			t.Errorf("the task's interface has the name %s", *detail.Value)
		}
	}
	face := newClients(local).EC2.ask(t, "DescribeNetworkInterfaces", "NetworkInterfaceId.1", id)
	same(t, "its id and its private DNS name", []string{face.first("networkInterfaceId"), face.first("privateDnsName")}, []string{id, ""})
}

// Elastic Load Balancing looks at EC2 in the name of whoever calls it: callers_need_rights_of_ec2 (user guide, "Elastic Load Balancing API
// permissions").
func TestRuleCallersNeedRightsOfEC2(t *testing.T) {
	t.Parallel()
	ctx, clients, n, role := t.Context(), newClients(local), newNetwork(t), "rules-rights-of-ec2"
	created := clients.IAM.ask(t, "CreateRole", "RoleName", role, "AssumeRolePolicyDocument", `{"Version": "2012-10-17", "Statement": []}`)
	rights := map[string]string{
		"ec2:DescribeAccountAttributes": "*", "ec2:DescribeAddresses": "*", "ec2:DescribeInternetGateways": "*", "ec2:DescribeSecurityGroups": "*",
		"ec2:DescribeSubnets": "*", "ec2:DescribeVpcs": "*", "ec2:GetSecurityGroupsForVpc": "arn:aws:ec2:ap-northeast-1:123456789012:vpc/" + n.vpc,
		"iam:CreateServiceLinkedRole": "arn:aws:iam::123456789012:role/aws-service-role/elasticloadbalancing.amazonaws.com/*",
	}
	may := func(but string) { // all of these rights, but one
		t.Helper()
		document := iampolicy.Document{Version: "2012-10-17"}
		for action, resource := range rights {
			if action != but {
				document.Statement = append(document.Statement, iampolicy.Statement{Effect: "Allow", Action: []string{action}, Resource: []string{resource}})
			}
		}
		clients.IAM.ask(t, "PutRolePolicy", "RoleName", role, "PolicyName", "rights", "PolicyDocument", string(must[[]byte](t)(json.Marshal(document))))
	}
	client, name, group := clientsOf(local, assumed(t, local, created.first("Arn"))).ELB, aws.String("rules-rights-of-ec2"), n.group(t, "rules-rights-of-ec2")
	create := func() (string, error) {
		output, err := client.CreateLoadBalancer(ctx, &elb.CreateLoadBalancerInput{Name: name, Subnets: []string{n.a, n.c}, SecurityGroups: []string{group}})
		if err != nil {
			return "", err
		}
		return *output.LoadBalancers[0].LoadBalancerArn, nil
	}
	for action := range rights {
		may(action)
		_, err := create()
		refuses(t, "creating a load balancer without "+action, err, "AccessDenied",
			"User: arn:aws:sts::123456789012:assumed-role/rules-rights-of-ec2/test is not authorized to perform: "+action)
	}
	may("")
	arn, err := create()
	allowed(t, "creating a load balancer", err)

	may("ec2:DescribeVpcs")
	targets := &elb.CreateTargetGroupInput{Name: name, Port: aws.Int32(8000), Protocol: "HTTP", VpcId: &n.vpc, TargetType: "ip"}
	_, err = client.CreateTargetGroup(ctx, targets)
	refuses(t, "creating a target group", err, "AccessDenied", "is not authorized to perform: ec2:DescribeVpcs")
	may("ec2:DescribeSubnets")
	_, err = client.SetSubnets(ctx, &elb.SetSubnetsInput{LoadBalancerArn: &arn, Subnets: []string{n.a, n.c}})
	refuses(t, "another subnet", err, "AccessDenied", "is not authorized to perform: ec2:DescribeSubnets")
	may("")
	_, err = client.CreateTargetGroup(ctx, targets)
	allowed(t, "creating a target group", err)
}

// A target has an hour at most to finish its requests (user guide, "Edit target group attributes").
func TestRuleTargetsMayDrainForAnHour(t *testing.T) {
	t.Parallel()
	client, group := newClients(local).ELB, newNetwork(t).targetGroup(t, "rules-drain")
	set := func(seconds string) error {
		_, err := client.ModifyTargetGroupAttributes(t.Context(), &elb.ModifyTargetGroupAttributesInput{TargetGroupArn: &group, Attributes: []elbtypes.TargetGroupAttribute{
			{Key: aws.String("deregistration_delay.timeout_seconds"), Value: &seconds},
		}})
		return err
	}
	allowed(t, "an hour", set("3600"))
	is := must[*elb.DescribeTargetGroupAttributesOutput](t)(client.DescribeTargetGroupAttributes(t.Context(), &elb.DescribeTargetGroupAttributesInput{TargetGroupArn: &group}))
	if !slices.ContainsFunc(is.Attributes, func(a elbtypes.TargetGroupAttribute) bool { return *a.Value == "3600" }) {
		t.Errorf("the attributes are %+v", is.Attributes)
	}
	refuses(t, "more than an hour", set("3601"), "ValidationError", "must be between")
}

// A load balancer with deletion protection is not deleted, protected_load_balancers_stay (API reference, DeleteLoadBalancer), and requests are
// logged to a bucket that lets Elastic Load Balancing write, logs_need_their_bucket (user guide, "Enable access logs for your Application Load Balancer").
func TestRuleProtectedLoadBalancersStay(t *testing.T) {
	t.Parallel()
	client, n := newClients(local).ELB, newRolloutNetwork(t, "rules-protected")
	balancer := n.network.loadBalancer(t, "rules-protected", n.group)
	set := func(attributes ...string) error {
		input := &elb.ModifyLoadBalancerAttributesInput{LoadBalancerArn: &balancer}
		for i := 0; i < len(attributes); i += 2 {
			input.Attributes = append(input.Attributes, elbtypes.LoadBalancerAttribute{Key: &attributes[i], Value: &attributes[i+1]})
		}
		_, err := client.ModifyLoadBalancerAttributes(t.Context(), input)
		return err
	}
	remove := func() error {
		_, err := client.DeleteLoadBalancer(t.Context(), &elb.DeleteLoadBalancerInput{LoadBalancerArn: &balancer})
		return err
	}
	allowed(t, "protecting it", set("deletion_protection.enabled", "true"))
	refuses(t, "deleting a protected one", remove(), "OperationNotPermitted", "deletion protection is enabled")
	logs := func(bucket, prefix string) error {
		return set("access_logs.s3.enabled", "true", "access_logs.s3.bucket", bucket, "access_logs.s3.prefix", prefix)
	}
	newBucketOf(t, local, "rules-balancer-logs", "")
	refuses(t, "logs to a bucket that is not there", logs("rules-no-such-bucket", ""), "InvalidConfigurationRequest", "Access Denied for bucket")
	refuses(t, "logs to a bucket without a policy", logs("rules-balancer-logs", ""), "InvalidConfigurationRequest", "Access Denied for bucket")
	letBalancersLog(t, local, "rules-balancer-logs", "prod/")
	refuses(t, "logs to another folder", logs("rules-balancer-logs", "staging"), "InvalidConfigurationRequest", "Access Denied for bucket")
	allowed(t, "logs to a bucket", logs("rules-balancer-logs", "prod"))
	must[*s3.CreateBucketOutput](t)(newClients(local).S3.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("rules-balancer-far")},
		func(o *s3.Options) { o.Region = "us-east-1" }))
	refuses(t, "logs to another region", logs("rules-balancer-far", ""), "InvalidConfigurationRequest", "Access Denied for bucket")
	allowed(t, "taking the protection off", set("deletion_protection.enabled", "false"))
	allowed(t, "deleting it then", remove())
}

// letBalancersLog lets Elastic Load Balancing write to a bucket, into a folder that is empty or ends with "/".
func letBalancersLog(t *testing.T, of *localaws.Emulator, bucket, folder string) {
	t.Helper()
	must[*s3.PutBucketPolicyOutput](t)(newClients(of).S3.PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{Bucket: &bucket, Policy: aws.String(
		`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"}, "Action": "s3:PutObject",
			"Resource": "arn:aws:s3:::` + bucket + "/" + folder + `AWSLogs/123456789012/*"}]}`)}))
}
