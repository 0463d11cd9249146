package kinds

import (
	"cmp"
	"context"

	"github.com/order-bot/infra/tool/aws/servicediscovery"
	"github.com/order-bot/infra/tool/iampolicy"
	"github.com/order-bot/infra/tool/tfvalue"
)

// discoveryTypes are the types of Cloud Map.
var discoveryTypes = []Kind{
	{
		Type:     "aws_service_discovery_private_dns_namespace",
		Monthly:  flat(hostedZoneMonthly),
		Title:    "namespace",
		Identity: []Part{{Attribute: "name", Same: exactly}, {Attribute: "vpc", Same: exactly}},
		Unique:   "name",
		Find:     findNamespace,
		Home:     "modules/discovery/discovery.go",
		Instead:  "the services do not find one another by their private names any more",
		Read:     []Right{may(anything, "servicediscovery:GetNamespace", "servicediscovery:ListNamespaces", "servicediscovery:ListTagsForResource")},
		Write: []Right{
			may(anything, "servicediscovery:GetOperation"), may(newPrivateName, "servicediscovery:CreatePrivateDnsNamespace", "servicediscovery:TagResource"),
			may(privateNames, "servicediscovery:UpdatePrivateDnsNamespace", "servicediscovery:DeleteNamespace"),
			may(tagsOfPrivateNames, "servicediscovery:TagResource", "servicediscovery:UntagResource"),
		},
		// https://docs.aws.amazon.com/cloud-map/latest/dg/cloud-map-api-permissions-ref.html
		Called: map[string][]Right{
			"servicediscovery:CreatePrivateDnsNamespace": {may(anything,
				"route53:CreateHostedZone", "route53:GetHostedZone", "route53:ListHostedZonesByName", "ec2:DescribeVpcs", "ec2:DescribeRegions")},
			"servicediscovery:DeleteNamespace": {may(anything, "route53:DeleteHostedZone")},
		},
	},
	{
		Type:     "aws_service_discovery_service",
		Title:    "private name",
		Identity: []Part{{Attribute: "namespace_id", Beside: "dns_config", Whole: inOneNamespace}, {Attribute: "name", Same: exactly}},
		Unique:   "name",
		Find:     findPrivateName,
		Home:     "modules/discovery/discovery.go",
		Instead:  "the others do not find the service by its private name any more",
		Read:     []Right{may(anything, "servicediscovery:GetService", "servicediscovery:ListServices", "servicediscovery:ListTagsForResource")},
		Write: []Right{
			may(anything, "servicediscovery:GetOperation"), may(newPrivateName, "servicediscovery:CreateService", "servicediscovery:TagResource"),
			may(privateNames, "servicediscovery:UpdateService", "servicediscovery:DeleteService", "servicediscovery:ListInstances", "servicediscovery:DeregisterInstance"),
			may(tagsOfPrivateNames, "servicediscovery:TagResource", "servicediscovery:UntagResource"),
		},
		// For tasks that ECS has not taken out. A private name has no health checks of Route 53.
		// https://docs.aws.amazon.com/cloud-map/latest/dg/access-control-managing-permissions.html
		Called: map[string][]Right{"servicediscovery:DeregisterInstance": {may(privateRecords, "route53:ChangeResourceRecordSets")}},
	},
}

// What is of Cloud Map is known by the tags of the stack: AWS makes up the ids.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscloudmap.html
var (
	privateNames   = on("PrivateNames", "*").tagged("aws:ResourceTag")
	newPrivateName = on("NewPrivateName", "*").tagged("aws:RequestTag") // in the call that creates it
	// tagsOfPrivateNames are all tags but those that say whose something is: AWS lets nobody say what is tagged.
	tagsOfPrivateNames = on("TagsOfPrivateNames", "*").when(iampolicy.Condition{"ForAllValues:StringNotEquals": {"aws:TagKeys": {"Project", "Environment"}}})
)

// privateRecords are the addresses of tasks in the zones of the stack's namespaces.
func privateRecords(s Scope) iampolicy.Statement {
	names := arns(s, s.Names("aws_service_discovery_private_dns_namespace", "name"), "*.NAME")
	return iampolicy.Allow("PrivateRecords", []string{"arn:aws:route53:::hostedzone/*"}, recordsLike("A", names))
}

// inOneNamespace tells whether two names are in one namespace, which one that is still to be created says in its DNS settings alone.
func inOneNamespace(a, b map[string]any) bool {
	namespace := func(of map[string]any) string {
		return cmp.Or(text(tfvalue.At(of, "dns_config", "namespace_id")), text(of["namespace_id"]))
	}
	return namespace(a) != "" && namespace(a) == namespace(b)
}

// findNamespace: by name. AWS takes a name once in a VPC. Imported by ID:VPC (service_discovery_private_dns_namespace.html.markdown).
func findNamespace(ctx context.Context, f *Search, r Resource) (*Found, error) {
	all, err := servicediscovery.New(f.Config).PrivateNamespaces(ctx)
	if err != nil {
		return nil, err
	}
	return f.named(ctx, r, all, func(id string) string { return id + ":" + f.Value(r, "vpc") })
}

// findPrivateName: by name in its namespace. Imported by its id (service_discovery_service.html.markdown).
func findPrivateName(ctx context.Context, f *Search, r Resource) (*Found, error) {
	id := f.Value(r, "dns_config", "namespace_id")
	if id == "" {
		return nil, nil
	}
	all, err := servicediscovery.New(f.Config).Names(ctx, id)
	if err != nil {
		return nil, err
	}
	return f.named(ctx, r, all, func(id string) string { return id })
}

// named is the one of all that has the name of a resource, and its tags.
func (f *Search) named(ctx context.Context, r Resource, all []servicediscovery.Named, imported func(id string) string) (*Found, error) {
	for _, one := range all {
		if one.Name != f.Value(r, "name") {
			continue
		}
		return f.taggedIn(ctx, servicediscovery.New(f.Config), one.ARN, r, &Found{ID: imported(one.ID), Values: map[string]string{"id": one.ID, "arn": one.ARN}})
	}
	return nil, nil
}
