package kinds

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-bot/infra/tool/aws/ec2"
	"github.com/order-bot/infra/tool/stackjson"
)

// What has no name is known by its tags. Two that have them are for a person to decide.
func TestByName(t *testing.T) {
	tags := func(name, environment string) map[string]string {
		return map[string]string{"Name": name, "Project": "order-bot", "Environment": environment}
	}
	r := Resource{"aws_vpc.a", "aws_vpc"}
	f := &Search{Stack: &stackjson.Stack{}, Planned: map[string]map[string]any{r.Address: {"tags": map[string]any{"Name": "net", "Project": "order-bot", "Environment": "network"}}}}
	for _, c := range []struct {
		what           string
		all            []object
		found, refused string
	}{
		{"nothing", nil, "", ""},
		{"another name", []object{{"vpc-1", tags("other", "network")}}, "", ""},
		{"ours", []object{{"vpc-0", tags("other", "network")}, {"vpc-1", tags("net", "network")}}, "vpc-1", ""},
		{"another stack's", []object{{"vpc-1", tags("net", "prod")}}, "", "it is not this stack's"},
		{"two", []object{{"vpc-1", tags("net", "network")}, {"vpc-2", tags("net", "network")}}, "", "there are 2 with the tag Name=net: delete those that nothing uses"},
	} {
		found, err := f.byName(r, c.all)
		id, refused := "", ""
		if found != nil {
			id = found.ID
		}
		if err != nil {
			refused = err.Error()
		}
		if id != c.found || !strings.Contains(refused, c.refused) || (refused == "") != (c.refused == "") {
			t.Errorf("%s: %q, %q", c.what, id, refused)
		}
	}
}

// A certificate is looked for where its provider is.
func TestRegionOf(t *testing.T) {
	f := &Search{Config: aws.Config{Region: "eu-west-1"}, Stack: &stackjson.Stack{
		Provider: map[string][]map[string]any{"aws": {{"region": "${var.aws_region}"}, {"alias": "us-east-1", "region": "us-east-1"}}},
		Resource: map[string]map[string]map[string]any{"aws_acm_certificate": {"here": {}, "there": {"provider": "aws.us-east-1"}}},
	}}
	for name, want := range map[string]string{"here": "eu-west-1", "there": "us-east-1"} {
		if got := f.regionOf(Resource{"aws_acm_certificate." + name, "aws_acm_certificate"}); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// The record by which AWS sees that a domain is ours is the same for every certificate of it. Another value is somebody else's.
func TestProof(t *testing.T) {
	f := &Search{Stack: &stackjson.Stack{}, Planned: map[string]map[string]any{"aws_route53_record.a": {"name": "_x.example.com"}}}
	r := Resource{"aws_route53_record.a", "aws_route53_record"}
	if found, err := f.proof(r, "id", "_y.acm.aws.", []string{"_Y.acm.aws"}); err != nil || found == nil || found.Values["fqdn"] != "_x.example.com" {
		t.Errorf("the same value: %+v, %v", found, err)
	}
	for _, values := range [][]string{nil, {"_z.acm.aws"}, {"_y.acm.aws", "_z.acm.aws"}} {
		if found, err := f.proof(r, "id", "_y.acm.aws.", values); found != nil || err == nil {
			t.Errorf("%q is taken for the proof", values)
		}
	}
}

// What goes with the VPC is in nobody's way; what stays is named, also where it is much.
func TestLeftInNetwork(t *testing.T) {
	goes := Gone{
		"aws_nat_gateway":    {"a": {"network_interface_id": "eni-nat"}},
		"aws_vpc_endpoint":   {"b": {"network_interface_ids": []any{"eni-end"}}},
		"aws_security_group": {"c": {"id": "sg-own"}},
	}
	own := []ec2.NetworkInterface{{NetworkInterfaceID: "eni-nat", VpcID: "vpc-1"}, {NetworkInterfaceID: "eni-end", VpcID: "vpc-1"}, {NetworkInterfaceID: "eni-other", VpcID: "vpc-2"}}
	groups := []ec2.SecurityGroup{{GroupID: "sg-0", GroupName: "default", VpcID: "vpc-1"}, {GroupID: "sg-own", GroupName: "x", VpcID: "vpc-1"}, {GroupID: "sg-2", GroupName: "y", VpcID: "vpc-2"}}
	if found := leftInNetwork("vpc-1", goes, own, groups); len(found) > 0 {
		t.Errorf("in the way: %q", found)
	}
	faces := slices.Clone(own)
	for _, id := range []string{"1", "2", "3", "4", "5", "6", "7"} {
		faces = append(faces, ec2.NetworkInterface{NetworkInterfaceID: "eni-" + id, VpcID: "vpc-1", Description: "ELB app/a"})
	}
	groups = append(groups, ec2.SecurityGroup{GroupID: "sg-3", GroupName: "order-bot-prod-app-sg", VpcID: "vpc-1"})
	want := []string{
		"it has network interfaces that are not in this state: eni-1 ELB app/a, eni-2 ELB app/a, eni-3 ELB app/a, eni-4 ELB app/a, eni-5 ELB app/a and 2 more. Destroy first what they are of, such as another stack: AWS deletes no VPC that has any",
		"it has security groups that are not in this state: sg-3 order-bot-prod-app-sg. Destroy the stacks that they are of, or delete them: AWS deletes no VPC that has any",
	}
	if found := leftInNetwork("vpc-1", goes, faces, groups); !slices.Equal(found, want) {
		t.Errorf("got %q", found)
	}
}
