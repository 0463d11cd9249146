package stackhcl

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"

	"github.com/order-bot/infra/tool/stackjson"
)

// Each part of the JSON has its form in HCL. Where an expectation begins with a comment of a name, that is the file's.
func TestFiles(t *testing.T) {
	for _, c := range []struct{ name, stack, want string }{
		{"terraform and providers", `{"terraform": {
				"required_version": ">= 1.10.0",
				"required_providers": {"aws": {"source": "hashicorp/aws", "version": "5.99.1"}},
				"backend": {"s3": {"bucket": "states", "use_lockfile": true}}},
			"provider": {"aws": [{"region": "${var.region}"}, {"alias": "us", "region": "us-east-1", "default_tags": [{"tags": {"A": "b"}}]}]}}`, `
# providers.tf
provider "aws" {
  region = var.region
}

provider "aws" {
  alias  = "us"
  region = "us-east-1"

  default_tags {
    tags = {
      A = "b"
    }
  }
}
# terraform.tf
terraform {
  required_version = ">= 1.10.0"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.99.1"
    }
  }

  backend "s3" {
    bucket       = "states"
    use_lockfile = true
  }
}
`},
		{"a variable: its description and default stand for themselves, its rules are expressions", `{"variable": {"port": {
			"type": "object({number = number})", "description": "The \"port\" ${x}.", "default": {"number": 1.50, "text": "${no}", "none": null},
			"nullable": false, "sensitive": true, "validation": [
				{"condition": "${var.port.number >= 1}", "error_message": "port must not be ${var.port.number}: it is \"low\"."},
				{"condition": "${length(var.port.text) >= 1111111111111111 && can(regex(\"^\\\\d+$\", var.port.text)) && (var.port.number < 1 || var.port.number > 2)}", "error_message": "port must be another one."}]},
			"any": {"default": null}}}`, `
# variables.tf
variable "any" {
  default = null
}

variable "port" {
  description = "The \"port\" $${x}."
  type        = object({ number = number })
  default = {
    none   = null
    number = 1.50
    text   = "$${no}"
  }
  nullable  = false
  sensitive = true

  validation {
    condition     = var.port.number >= 1
    error_message = "port must not be ${var.port.number}: it is \"low\"."
  }

  validation {
    condition = (
      length(var.port.text) >= 1111111111111111 &&
      can(regex("^\\d+$", var.port.text)) &&
      (var.port.number < 1 || var.port.number > 2)
    )
    error_message = "port must be another one."
  }
}
`},
		{"a resource: arguments, blocks, lifecycle, depends_on", `{"resource": {"aws_ecs_service": {"ecs_svc-1_service": {
			"//": {"metadata": {"path": "prod/ecs/svc-1/service"}},
			"name": "svc-1", "count": "${var.on ? 1 : 0}", "provider": "aws.us", "tags": {"a b": "${var.c}", "Name": "svc"}, "none": null,
			"network_configuration": {"subnets": "${var.subnets}", "security_groups": ["${aws_security_group.a.id}", "sg-${var.b}"]},
			"load_balancer": [{"container_port": 1}, {"container_port": 2}],
			"triggers": {"image": "${var.image}"},
			"depends_on": ["aws_lb_listener_rule.a", "data.aws_region.b"],
			"lifecycle": {
				"create_before_destroy": true, "ignore_changes": ["desired_count", "tags[\"x\"]"], "replace_triggered_by": ["aws_ecs_cluster.c.id"],
				"precondition": {"condition": "${var.a}", "error_message": "A."}, "postcondition": [{"condition": "${self.b}", "error_message": "B ${self.b}."}]}}},
			"aws_lb": {"all": {"//": {"metadata": {"path": "prod/all"}}, "lifecycle": {"ignore_changes": "all", "prevent_destroy": true}}}}}`, `
# ecs.tf
# ECS service: svc-1
resource "aws_ecs_service" "ecs_svc-1_service" {
  provider = aws.us
  count    = var.on ? 1 : 0
  name     = "svc-1"
  triggers = {
    image = var.image
  }
  tags = {
    Name  = "svc"
    "a b" = var.c
  }

  load_balancer {
    container_port = 1
  }

  load_balancer {
    container_port = 2
  }

  network_configuration {
    security_groups = [aws_security_group.a.id, "sg-${var.b}"]
    subnets         = var.subnets
  }

  lifecycle {
    create_before_destroy = true
    ignore_changes        = [desired_count, tags["x"]]
    replace_triggered_by  = [aws_ecs_cluster.c.id]

    precondition {
      condition     = var.a
      error_message = "A."
    }

    postcondition {
      condition     = self.b
      error_message = "B ${self.b}."
    }
  }

  depends_on = [aws_lb_listener_rule.a, data.aws_region.b]
}
# main.tf
# Load balancer
resource "aws_lb" "all" {
  lifecycle {
    prevent_destroy = true
    ignore_changes  = all
  }
}
`},
		{"a security group, whose rules are a list, and a type that is not known", `{"resource": {
			"aws_security_group": {"a": {"ingress": [{"self": null, "to_port": 80}], "egress": []}},
			"aws_other": {"b": {"settings": {"c": {"d": 1}}}}}}`, `
# main.tf
# Other
resource "aws_other" "b" {
  settings {
    c {
      d = 1
    }
  }
}

# Security group
resource "aws_security_group" "a" {
  egress = []
  ingress = [
    {
      self    = null
      to_port = 80
    },
  ]
}
`},
		{"what is needed stands first, and modules have files of their own, but for names that would override", `{
			"data": {"aws_region": {"z": {"//": {"metadata": {"path": "prod/net/z"}}}}},
			"resource": {
				"aws_lb": {"a": {"//": {"metadata": {"path": "prod/net/a"}}, "name": "${data.aws_region.z.name}"}},
				"aws_sns_topic": {"t": {"//": {"metadata": {"path": "prod/x_override/t"}}}}}}`, `
# main.tf
# Topic
resource "aws_sns_topic" "t" {
}
# net.tf
# Region
data "aws_region" "z" {}

# Load balancer: data.aws_region.z.name
resource "aws_lb" "a" {
  name = data.aws_region.z.name
}
`},
		{"moved, imported, removed, checked, locals and outputs", `{
			"moved": [{"from": "module.a.aws_lb.b[\"c\"]", "to": "aws_lb.b-c"}],
			"import": [{"to": "aws_lb.b", "id": "arn:${var.a}"}],
			"removed": {"from": "aws_lb.d", "lifecycle": {"destroy": false}},
			"check": {"a": {"assert": [{"condition": "${var.a == \"\"}", "error_message": "A."}]}},
			"locals": {"a": ["${var.b}", {"c": "d"}]},
			"output": {"a": {"value": "${aws_lb.b.arn}", "description": "${A}", "sensitive": true, "depends_on": ["aws_lb.b"], "precondition": {"condition": true, "error_message": "A."}}}}`, `
# checks.tf
check "a" {
  assert {
    condition     = var.a == ""
    error_message = "A."
  }
}
# imports.tf
import {
  to = aws_lb.b
  id = "arn:${var.a}"
}
# locals.tf
locals {
  a = [
    var.b,
    {
      c = "d"
    },
  ]
}
# moved.tf
# What a state has at an address of before is now at the new one. A block can go when no state has the old address any more.
moved {
  from = module.a.aws_lb.b["c"]
  to   = aws_lb.b-c
}
# outputs.tf
output "a" {
  description = "$${A}"
  value       = aws_lb.b.arn
  sensitive   = true

  precondition {
    condition     = true
    error_message = "A."
  }

  depends_on = [aws_lb.b]
}
# removed.tf
removed {
  from = aws_lb.d

  lifecycle {
    destroy = false
  }
}
`},
	} {
		files, err := Files("prod", []byte(c.stack))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		var got strings.Builder
		for _, name := range slices.Sorted(maps.Keys(files)) {
			if formatted := hclwrite.Format(files[name]); string(formatted) != string(files[name]) {
				t.Errorf("%s: fmt changes %s to\n%s", c.name, name, formatted)
			}
			got.WriteString("\n# " + name + "\n" + strings.TrimSuffix(string(files[name]), "\n"))
		}
		if got.String()+"\n" != c.want {
			t.Errorf("%s:\n%s", c.name, got.String())
		}
	}
}

// A value means in HCL what it means in the JSON.
func TestPieces(t *testing.T) {
	long := strings.Repeat("x", 90)
	for _, c := range []struct {
		value any
		form  form
		want  string
	}{
		{`a "b" \d`, template, `"a \"b\" \\d"`},
		{"a\nb", template, `"a\nb"`},
		{"a \"b\" \\d\n  ${var.c}\n", template, "<<EOT\na \"b\" \\d\n  ${var.c}\nEOT"},
		{"\x01\t", template, `"\u0001\t"`},
		{"${var.a}", template, "var.a"},
		{"${ var.a }", template, "var.a"},
		{"${var.a}${var.b}", template, `"${var.a}${var.b}"`},
		{"${~ var.a ~}", template, `"${~ var.a ~}"`},
		{`$${a} %%{b} ${f("c", "d\\e")} "f"`, template, `"$${a} %%{b} ${f("c", "d\\e")} \"f\""`},
		{`%{ if var.a }"b"%{ endif }`, template, `"%{ if var.a }\"b\"%{ endif }"`},
		{"${var.a}", literal, `"$${var.a}"`},
		{"list(string)", reference, "list(string)"},
		{map[string]any{"a-b": true, "for": nil, "null": "x", "${var.a}": []any{}, "c.d": "e"}, template, "{\n\"${var.a}\" = []\na-b = true\n\"c.d\" = \"e\"\n\"for\" = null\n\"null\" = \"x\"\n}"},
		{"${jsonencode({\"Action\" = [\"s3:GetObject\"], (var.a) = \"b${var.c}\", \"d e\" = {}})}", template, `jsonencode({ Action = ["s3:GetObject"], (var.a) = "b${var.c}", "d e" = {} })`},
		{`${merge({"a" = "` + long + `"}, var.b...)}`, template, "merge({\na = \"" + long + "\"\n}, var.b...)"},
		{`${length(["` + long + `"]) == 0}`, template, "length([\n\"" + long + "\",\n]) == 0"},
		{`{"a":[1,"${var.b}"],"c":"<"}`, template, `"{\"a\":[1,\"${var.b}\"],\"c\":\"<\"}"`}, // not known before the plan
		{`{"a":[1,"$${var.b}"]}`, template, "jsonencode({\na = [1, \"$${var.b}\"]\n})"},
		{`{"c":1,"a":1}`, template, `"{\"c\":1,\"a\":1}"`}, // jsonencode would sort it
		{`{"a":"<"}`, template, `"{\"a\":\"<\"}"`},         // jsonencode would escape it
		{`{"a":1} `, template, `"{\"a\":1} "`},
		{`[not JSON]`, template, `"[not JSON]"`},
	} {
		got, err := pieceOf(c.value, c.form)
		if err != nil || got.text() != c.want {
			t.Errorf("%q:\n%s\nwant:\n%s\n%v", c.value, got.text(), c.want, err)
		}
		if _, problems := hclsyntax.ParseConfig([]byte("a = "+got.text()+"\n"), "", hcl.InitialPos); problems.HasErrors() {
			t.Errorf("%q: %v", c.value, problems)
		}
	}
}

// What there is no way to write is named, all of it at once, and nothing is written.
func TestWhatIsNotWritten(t *testing.T) {
	files, err := Files("prod", []byte(`{
		"module": {"a": {}}, "terraform": {"cloud": {}}, "variable": {"a": {"secret": true, "validation": [{"message": "b"}]}}, "check": {"a": {"data": {}}},
		"output": {"a": {"value": "${"}}, "removed": ["a"],
		"resource": {"aws_lb": {"a": {"provisioner": [{}], "connection": {}, "depends_on": ["not one"], "lifecycle": {"other": 1}}}}}`))
	if files != nil {
		t.Errorf("%v", files)
	}
	for _, want := range []string{
		"module: there", "terraform.cloud: there", "variable.a.secret: there", "variable.a.validation.message: there", "check.a.data: there", "output.a.value: ", "removed: there",
		"aws_lb.a.provisioner: there", "aws_lb.a.connection: there", `aws_lb.a.depends_on: "not one" is no expression`, "aws_lb.a.lifecycle.other: there",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("it does not say %s:\n%v", want, err)
		}
	}
	if _, err := Files("prod", []byte(`{`)); err == nil {
		t.Error("broken JSON is written")
	}
}

// The stacks' own HCL has each element and each move of the JSON, and is as fmt would have it.
func TestTheStacks(t *testing.T) {
	for _, stack := range []string{"global", "prod"} {
		text, err := os.ReadFile("../../__tests__/__snapshots__/" + stack + "_1.snap.json")
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := stackjson.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		files, err := Files(stack, text)
		if err != nil {
			t.Fatal(err)
		}
		var addresses []string
		moves := 0
		for name, text := range files {
			if formatted := hclwrite.Format(text); string(formatted) != string(text) {
				t.Errorf("fmt changes %s of %s to\n%s", name, stack, formatted)
			}
			file, problems := hclwrite.ParseConfig(text, name, hcl.InitialPos)
			if problems.HasErrors() {
				t.Fatal(problems)
			}
			for _, block := range file.Body().Blocks() {
				switch block.Type() {
				case "resource":
					addresses = append(addresses, strings.Join(block.Labels(), "."))
				case "data":
					addresses = append(addresses, "data."+strings.Join(block.Labels(), "."))
				case "moved":
					moves++
				}
			}
		}
		slices.Sort(addresses)
		want := slices.Sorted(slices.Values(append(parsed.Managed(), parsed.DataSources()...)))
		if !slices.Equal(addresses, want) || len(want) == 0 {
			t.Errorf("%s has %q, not %q", stack, addresses, want)
		}
		if moves != len(parsed.Moved) || moves == 0 {
			t.Errorf("%s has %d moves, not %d", stack, moves, len(parsed.Moved))
		}
	}
}
