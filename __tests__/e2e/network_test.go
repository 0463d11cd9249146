package e2e

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/order-bot/infra/__tests__/options"
	"github.com/order-bot/infra/localaws"
	networks "github.com/order-bot/infra/modules/network"
	"github.com/order-bot/infra/stacks"
	"github.com/order-bot/infra/tool/planguard"
)

// waysOut are those of the network, in an order in which each one changes the one before.
var waysOut = []networks.WayOut{networks.PublicTasks, networks.NAT, networks.NATPerZone, networks.Endpoints}

// takesAway is what the guard does not let go unasked: the ways out that tasks use.
var takesAway = map[networks.WayOut][]string{networks.Endpoints: {
	"aws_eip.network_a_nat_address", "aws_eip.network_c_nat_address", "aws_nat_gateway.network_a_nat_gateway", "aws_nat_gateway.network_c_nat_gateway",
	"aws_route_table.network_a_private_route_table", "aws_route_table.network_c_private_route_table",
}}

// networkOf is a design with a network of its own.
func networkOf(way networks.WayOut) stacks.Design {
	design := *options.New()
	design.Network = &stacks.Network{VPC: networks.VPC{WayOut: way}, WithoutCertificates: true}
	return design
}

// Each way out is deployed, as a change of the one before, and leaves nothing to do. At last all of it is destroyed. The role of the pipeline may do all
// of that.
func TestWaysOutOfTheNetwork(t *testing.T) {
	t.Parallel()
	designs := synthesizeApart(t, "network")
	stack := func(way networks.WayOut) string {
		return filepath.Join(designs, string(way), "stacks", stacks.NetworkName)
	}
	rights, gate, values := &rights{}, newGate(t, local.Endpoint), map[string]any{"aws_region": "ap-northeast-1"}
	behind := *local
	gate.record, behind.Endpoint = rights.record, gate.URL
	tf := workspaceIn(t, &behind, engines[0], stack(waysOut[0]), localaws.Target{LocalState: true, Variables: values})
	for i, way := range waysOut {
		if i > 0 {
			copyFile(t, filepath.Join(stack(way), "cdk.tf.json"), filepath.Join(tf.WorkingDir(), "cdk.tf.json"))
		}
		rights.of(t, stacks.NetworkName, tf.WorkingDir(), values)
		text := must[[]byte](t)(json.Marshal(plan(t, tf)))
		var refused []string
		for _, refusal := range must[*planguard.Report](t)(planguard.Read(bytes.NewReader(text))).Refused(nil) {
			refused = append(refused, refusal.Address)
		}
		same(t, "what the guard refuses of "+string(way), strings.Join(refused, "\n"), strings.Join(takesAway[way], "\n"))
		if err := tf.Apply(t.Context()); err != nil {
			t.Fatalf("%s: %v", way, err)
		}
		for _, change := range plan(t, tf).ResourceChanges {
			if !change.Change.Actions.NoOp() {
				t.Errorf("%s: still to do: %s %v", way, change.Address, change.Change.Actions)
			}
		}
	}
	if err := tf.Destroy(t.Context()); err != nil {
		t.Fatal(err)
	}
	rights.check(t, 35)
}

// From an empty account, as the page tells: one field makes the network, whose outputs become the inputs of the others. They run in it, and it cannot be
// destroyed while they do.
func TestFromAnEmptyAccount(t *testing.T) {
	t.Parallel()
	s := &scratch{dir: clone(t)}
	s.edit(t, "design/design.go", func(text string) string {
		return strings.Replace(text, "stacks.Design{\n", "stacks.Design{\n\tNetwork: &stacks.Network{},\n", 1)
	})
	s.updated(t)
	s.stopped(t)
	output := s.run(t, "make demo")
	has(t, "the demo", output, "Deploying network …", "prod.tfvars:\n  + alb_certificate_arn = \"arn:aws:acm:ap-northeast-1:", "Deploying prod …")
	s.demo = true
	has(t, "the network", s.run(t, "./infra status network"), "10.0.0.0/16", "example.com in us-east-1, ISSUED", "network is as it should be.")
	has(t, "prod", s.run(t, "./infra status prod"), "prod is as it should be.")
	vpc := strings.TrimSpace(s.run(t, "grep -o 'vpc-[0-9a-f]*' .demo/prod.tfvars"))
	has(t, "the check of prod", s.run(t, "./infra check prod"), "*.example.com, example.com, issued", "the tasks can pull their images")
	for _, stack := range []string{"network", "global", "prod"} {
		has(t, "a plan of "+stack, s.run(t, "./infra plan "+stack), "No changes.")
	}
	has(t, "filled already", s.run(t, "./infra fill global prod"), "global.tfvars has all of it already.", "prod.tfvars has all of it already.")

	// Another value is not overwritten unless somebody says so, and what is beside it stays.
	file := filepath.Join(s.dir, ".demo", "prod.tfvars")
	text := string(must[[]byte](t)(os.ReadFile(file)))
	other := "# ours\n" + strings.Replace(text, vpc, "vpc-0aaaaaaaaaaaaaaa0", 1)
	if err := os.WriteFile(file, []byte(other), 0o600); err != nil {
		t.Fatal(err)
	}
	refused, err := s.try(t, "./infra fill prod")
	if err == nil {
		t.Error("another value is overwritten")
	}
	has(t, "another value", refused, "~ vpc_id = \"vpc-0aaaaaaaaaaaaaaa0\" → \""+vpc+"\"", "prod.tfvars has another value for vpc_id, and is left as it is")
	s.run(t, "./infra fill prod --overwrite")
	same(t, "the file", string(must[[]byte](t)(os.ReadFile(file))), "# ours\n"+text)

	refused, err = s.try(t, "./infra destroy network --confirm network")
	if err == nil {
		t.Error("the network is destroyed under prod")
	}
	has(t, "its destroy", refused, "aws_acm_certificate.certificate_alb_certificate: it is used by arn:aws:elasticloadbalancing:",
		"aws_acm_certificate.certificate_cloudfront_certificate: it is used by arn:aws:cloudfront:", "aws_vpc.network_vpc: it has security groups", "order-bot-prod-app-sg")
	has(t, "prod after it", s.run(t, "./infra status prod"), "prod is as it should be.")
	has(t, "prod is destroyed", s.run(t, "./infra destroy prod --confirm prod"), "aws_lb.alb_load_balancer")
	destroyed, err := s.try(t, "./infra destroy network --confirm network")
	if err == nil || strings.Contains(destroyed, "aws_vpc.network_vpc: it has") {
		t.Errorf("the network is held by %s", destroyed)
	}
	has(t, "what still holds it", destroyed, "aws_acm_certificate.certificate_cloudfront_certificate: it is used by")
	s.demo = false
	s.run(t, "make demo-down")
}
