package tests

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"github.com/order-bot/infra/cmd/docs/generate"
	"github.com/order-bot/infra/design"
	"github.com/order-bot/infra/modules/network"
	"github.com/order-bot/infra/stacks"
	"github.com/order-bot/infra/tool/roles"
	"github.com/order-bot/infra/tool/tfvalue"
)

// withNetwork is the live design with a network.
func withNetwork(of stacks.Network) stacks.Design {
	changed := design.Live
	changed.Network = &of
	return changed
}

// One field makes a stack more, and changes no other one. Each of its outputs is an input of another stack.
func TestNetworkIsAnotherStack(t *testing.T) {
	without := design.Live
	without.Network = nil
	others, all := synthesize(t, without), synthesize(t, withNetwork(stacks.Network{}))
	if len(all) != len(others)+1 {
		t.Fatalf("%d stacks", len(all))
	}
	for name, stack := range others {
		if all[name].Text != stack.Text {
			t.Errorf("%s has changed", name)
		}
	}
	if names := withNetwork(stacks.Network{}).Names(); names[0] != stacks.NetworkName {
		t.Errorf("the network is not deployed first: %q", names)
	}
	for output := range all["network"].Output {
		if all["global"].Variable[output] == nil && all["prod"].Variable[output] == nil {
			t.Errorf("%s is no input of another stack", output)
		}
	}
	for _, input := range []string{"vpc_id", "public_subnet_ids", "private_subnet_ids", "hosted_zone_id", "alb_certificate_arn", "cloudfront_certificate_arn", "aws_region"} {
		if all["network"].Output[input] == nil {
			t.Errorf("%s has to be copied by hand", input)
		}
	}
	// The pages are made of it, too.
	if _, err := generate.StartFlow("..", generate.Stack{Name: "network", JSON: all["network"].Stack}); err != nil {
		t.Error(err)
	}
	for _, address := range all["network"].Managed() {
		kind, _, _ := strings.Cut(address, ".")
		tags, ok := all["network"].At(address)["tags"].(map[string]any)
		if untagged := kind == "aws_route53_record" || strings.HasSuffix(kind, "_association") || strings.HasSuffix(kind, "_validation"); ok == untagged || ok && tags["Environment"] != "network" {
			t.Errorf("%s has the tags %v", address, tags)
		}
	}
}

// What the ways out differ in: where the private subnets lead, and what there is to pay for.
func TestWaysOut(t *testing.T) {
	for _, c := range []struct {
		way            network.WayOut
		nats, paid     int
		private        int
		routes         map[string]string // of the private tables, by zone
		wantsEndpoints bool
	}{
		{network.NAT, 1, 0, 2, map[string]string{"a": "a", "c": "a"}, false},
		{network.NATPerZone, 2, 0, 2, map[string]string{"a": "a", "c": "c"}, false},
		{network.Endpoints, 0, 3, 2, map[string]string{"a": "", "c": ""}, true},
		{network.PublicTasks, 0, 0, 0, nil, false},
	} {
		stack := synthesize(t, withNetwork(stacks.Network{VPC: network.VPC{WayOut: c.way}, WithoutCertificates: true}))["network"]
		if got := len(stack.Resource["aws_nat_gateway"]); got != c.nats || got != len(stack.Resource["aws_eip"]) {
			t.Errorf("%s: %d NAT gateways", c.way, got)
		}
		paid := 0
		for _, endpoint := range stack.Resource["aws_vpc_endpoint"] {
			if endpoint["vpc_endpoint_type"] == "Interface" {
				paid++
			}
		}
		if paid != c.paid || (len(stack.Resource["aws_security_group"]) > 0) != c.wantsEndpoints {
			t.Errorf("%s: %d interface endpoints", c.way, paid)
		}
		if outputs := stack.Output["private_subnet_ids"]; (outputs != nil) != (c.private > 0) || len(stack.Resource["aws_subnet"]) != 2+c.private {
			t.Errorf("%s: %d subnets", c.way, len(stack.Resource["aws_subnet"]))
		}
		if stack.Output["alb_certificate_arn"] != nil || stack.Variable["domain"] != nil || len(stack.Provider["aws"]) != 1 {
			t.Errorf("%s: there is something of certificates", c.way)
		}
		for zone, nat := range c.routes {
			table := stack.At("aws_route_table.network_" + zone + "_private_route_table")
			routes, said := table["route"].([]any)
			to, _ := tfvalue.At(table, "route", "nat_gateway_id").(string)
			// A table that says nothing of its routes would keep those of an earlier way out.
			if !said || (len(routes) > 0) != (nat != "") || nat != "" && to != "${aws_nat_gateway.network_"+nat+"_nat_gateway.id}" {
				t.Errorf("%s: the private subnet of zone %s leads to %v", c.way, zone, table["route"])
			}
		}
	}
}

// The certificate of CloudFront is where CloudFront looks for it, both are proved by one record, and nobody gets one that is not issued yet.
func TestCertificatesOfTheNetwork(t *testing.T) {
	stack := synthesize(t, withNetwork(stacks.Network{WithoutVPC: true}))["network"]
	for _, address := range []string{"aws_acm_certificate.certificate_cloudfront_certificate", "aws_acm_certificate_validation.certificate_cloudfront_validation"} {
		if stack.At(address)["provider"] != "aws.us-east-1" {
			t.Errorf("%s is at %v", address, stack.At(address)["provider"])
		}
	}
	if others := len(stack.Resource["aws_vpc"]) + len(stack.Resource["aws_subnet"]); others > 0 || stack.Output["vpc_id"] != nil {
		t.Error("there is something of a VPC")
	}
	for output, validation := range map[string]string{"alb_certificate_arn": "alb_validation", "cloudfront_certificate_arn": "cloudfront_validation"} {
		if got, want := stack.Output[output]["value"], "${aws_acm_certificate_validation.certificate_"+validation+".certificate_arn}"; got != want {
			t.Errorf("%s is %v", output, got)
		}
		if !slices.Contains(stack.References("aws_acm_certificate_validation.certificate_"+validation), "aws_route53_record.certificate_record") {
			t.Errorf("%s does not wait for the record", validation)
		}
	}
}

// The roles of the pipeline know the network: what it makes, and that it is its own.
func TestTheRolesKnowTheNetwork(t *testing.T) {
	values := map[string]cty.Value{"aws_region": cty.StringVal("eu-west-1"), "hosted_zone_id": cty.StringVal("Z1"), "domain": cty.StringVal("example.com")}
	for _, way := range []network.WayOut{network.NAT, network.Endpoints} {
		stack := synthesize(t, withNetwork(stacks.Network{VPC: network.VPC{WayOut: way}}))["network"]
		pipeline := roles.Pipeline{Account: "111122223333", Repository: "shop/infra", Project: stacks.Project, StateBucket: "states", Stacks: []roles.Stack{
			{Name: "network", Synthesized: stack.Stack, Values: values, HostNames: nil},
		}}
		all, err := pipeline.Roles()
		if err != nil {
			t.Fatalf("%s: %v", way, err)
		}
		at := slices.IndexFunc(all, func(role roles.Role) bool { return role.Name == "order-bot-deploy-network" })
		owned := map[string]bool{}
		for _, statement := range all[at].Policy.Statement {
			text, err := json.Marshal(statement.Condition)
			if err != nil {
				t.Fatal(err)
			}
			for _, action := range statement.Action {
				owned[action] = owned[action] || strings.Contains(string(text), `/Environment":["network"]`) || action == "route53:ChangeResourceRecordSets" && strings.Contains(string(text), "_*.example.com")
			}
		}
		for _, action := range []string{"ec2:DeleteVpc", "ec2:CreateSubnet", "ec2:CreateRoute", "ec2:DetachInternetGateway", "acm:DeleteCertificate", "acm:RequestCertificate", "ec2:DeleteVpcEndpoints", "route53:ChangeResourceRecordSets"} {
			if !owned[action] {
				t.Errorf("%s: %s is not allowed, or for what is not the stack's: %v", way, action, slices.Sorted(maps.Keys(owned)))
			}
		}
	}
}
