// Package dns holds what all aliases of the stacks have in common.
package dns

import (
	"github.com/aws/jsii-runtime-go"
	"github.com/hashicorp/terraform-cdk-go/cdktf"
)

// AliasLifecycle is how an alias changes: one of another name is created before the old one is
// deleted. A name outside the hosted zone fails the deploy: the provider appends the zone to it,
// and Route 53 then has a record of quite another name.
// https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/route53_record (name, fqdn)
func AliasLifecycle() *cdktf.TerraformResourceLifecycle {
	return &cdktf.TerraformResourceLifecycle{
		CreateBeforeDestroy: jsii.Bool(true),
		Postcondition: &[]*cdktf.Postcondition{{
			Condition:    "${self.fqdn == self.name}",
			ErrorMessage: jsii.String("${self.name} is not in the hosted zone: Route 53 now has ${self.fqdn}. Deploy again with a name in the zone, or with the zone of the name; that deletes the wrong record."),
		}},
	}
}
