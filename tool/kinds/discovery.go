package kinds

// discovery are the types of Cloud Map.
var discovery = []Kind{
	{
		Type:     "aws_service_discovery_private_dns_namespace",
		None:     "Label Detail Options Unreadable Harmless Replaced Held Expires Losses Protections Foresee ByPrefix",
		Monthly:  flat(hostedZoneMonthly),
		Title:    "namespace",
		Step:     Names,
		Tagged:   true,
		Identity: []Part{{Attribute: "name", Same: exactly}, {Attribute: "vpc", Same: exactly}},
		Unique:   "name",
		Home:     "modules/discovery/discovery.go",
		Instead:  "the services do not find one another by their private names any more",
		Read:     []Right{may(anything, "servicediscovery:GetNamespace", "servicediscovery:ListNamespaces", "servicediscovery:ListTagsForResource")},
		// AWS makes up the ids of namespaces, and those of their hosted zones.
		// https://docs.aws.amazon.com/cloud-map/latest/dg/security_iam_service-with-iam.html
		Write: []Right{may(anything,
			"servicediscovery:CreatePrivateDnsNamespace", "servicediscovery:UpdatePrivateDnsNamespace", "servicediscovery:DeleteNamespace", "servicediscovery:GetOperation",
			"servicediscovery:TagResource", "servicediscovery:UntagResource")},
		Called: map[string][]Right{
			"servicediscovery:CreatePrivateDnsNamespace": {may(anything,
				"route53:CreateHostedZone", "route53:GetHostedZone", "route53:ListHostedZonesByName", "ec2:DescribeVpcs", "ec2:DescribeRegions")},
			"servicediscovery:DeleteNamespace": {may(anything, "route53:DeleteHostedZone")},
		},
	},
	{
		Type:     "aws_service_discovery_service",
		None:     "Label Detail Options Unreadable Harmless Replaced Held Expires Losses Protections Foresee Called ByPrefix Monthly",
		Title:    "private name",
		Step:     Names,
		Tagged:   true,
		Identity: []Part{{Attribute: "namespace_id", Same: exactly}, {Attribute: "name", Same: exactly}},
		Unique:   "name",
		Home:     "modules/discovery/discovery.go",
		Instead:  "the others do not find the service by its private name any more",
		Read:     []Right{may(anything, "servicediscovery:GetService", "servicediscovery:ListServices", "servicediscovery:ListTagsForResource")},
		Write: []Right{may(anything,
			"servicediscovery:CreateService", "servicediscovery:UpdateService", "servicediscovery:DeleteService", "servicediscovery:ListInstances", "servicediscovery:DeregisterInstance",
			"servicediscovery:TagResource", "servicediscovery:UntagResource")},
	},
}
