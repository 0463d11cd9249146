// Package discovery gives services private names, by which the others of the environment reach them: a namespace of Cloud Map, which is a
// private hosted zone, and in it a name for each service. ECS registers the tasks there.
package discovery

import (
	"cmp"
	"regexp"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/servicediscoveryprivatednsnamespace"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/servicediscoveryservice"

	"github.com/order-bot/infra/internal/check"
	"github.com/order-bot/infra/modules/internal/tags"
)

// Config describes the private names.
type Config struct {
	// Names is what is the same for all names.
	Names Names
	// Services are those that have a name.
	Services []Service
	// Tags are put on everything.
	Tags map[string]string
}

// Names is what is the same for all private names of an environment.
type Names struct {
	// Namespace ends the names: a domain name of lower-case letters, digits, hyphens and dots, 1,017 characters at most. Set it for a new environment, or
	// for one whose state you adopt: AWS deletes no namespace that has names. Default "<environment>.order-bot.internal".
	Namespace string
	// Description is that of the namespace. Default "Private names of the services".
	Description string
	// TTLSeconds is for how long a client keeps an address of a task that has stopped, 1 to 300. Default 10.
	TTLSeconds int
	// WithoutHealth has ECS not say there which tasks are healthy: an address is known as soon as the task runs. Set it for new names, or for those whose
	// state you adopt: AWS changes that of no name. Default: ECS says it.
	// https://docs.aws.amazon.com/cloud-map/latest/api/API_HealthCheckCustomConfig.html
	WithoutHealth bool
	// NameContainer notes the service's container where its tasks register, which changes nothing for names of this kind. Set it where the state that you
	// adopt has it: ECS starts new tasks for a change of it. Default: the container is not noted.
	// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceRegistry.html
	NameContainer bool
}

// WithDefaults puts the defaults where n has zero values. namespace is the default of Namespace.
func (n Names) WithDefaults(namespace string) Names {
	n.Namespace = cmp.Or(n.Namespace, namespace)
	n.Description = cmp.Or(n.Description, "Private names of the services")
	n.TTLSeconds = cmp.Or(n.TTLSeconds, 10)
	return n
}

// Service is what a namespace knows of a service.
type Service struct {
	// Key is the service's id within this module. Distinct, and not "namespace".
	Key string
	// Name is the service's name, by which a problem with it is reported.
	Name string
	// Label is its name within the namespace, such as "api": 63 lower-case letters, digits and hyphens at most. Distinct.
	Label string
}

// References are what only Terraform knows.
type References struct {
	// VPCID is the network in which the names are known.
	VPCID string
}

// https://docs.aws.amazon.com/cloud-map/latest/api/API_CreateService.html
// https://docs.aws.amazon.com/cloud-map/latest/api/API_CreatePrivateDnsNamespace.html
var namespaceName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$`)

var label = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`)

// Validate returns an error that names every field of the design that is wrong.
func (c Config) Validate() error {
	var p check.Problems
	if len(c.Services) > 0 { // else there is no namespace
		p.Name("names: namespace", c.Names.Namespace, 1017, namespaceName, "labels of lower-case letters, digits and hyphens, parted by dots")
	}
	p.Between("names: TTL", c.Names.TTLSeconds, 1, 300)
	if longest := 1024; len(c.Names.Description) > longest {
		p.Addf("names: description", "%d characters are too many, %d at most are allowed", len(c.Names.Description), longest)
	}
	p.Plain("names: description", c.Names.Description)
	var owners, names []string
	for _, service := range c.Services {
		owner := "service \"" + service.Name + "\""
		p.Key(owner+": key", service.Key, "namespace")
		p.Name(owner+": private name", service.Label, 63, label, "lower-case letters, digits and hyphens, no hyphen at an end")
		owners, names = append(owners, owner), append(names, service.Label)
	}
	check.Distinct(&p, "private name", owners, names)
	return p.Err()
}

// New creates the namespace and its names in scope, under id, and returns the ARNs of the names by service key. Without services it creates
// nothing. cfg has passed Validate.
func New(scope constructs.Construct, id string, cfg Config, refs References) map[string]string {
	if len(cfg.Services) == 0 {
		return nil
	}
	this := constructs.NewConstruct(scope, jsii.String(id))
	namespace := servicediscoveryprivatednsnamespace.NewServiceDiscoveryPrivateDnsNamespace(this, jsii.String("namespace"), &servicediscoveryprivatednsnamespace.ServiceDiscoveryPrivateDnsNamespaceConfig{
		Name:        jsii.String(cfg.Names.Namespace),
		Description: jsii.String(cfg.Names.Description),
		Vpc:         jsii.String(refs.VPCID),
		Tags:        tags.Map(cfg.Tags),
	})
	names := map[string]string{}
	for _, service := range cfg.Services {
		within := constructs.NewConstruct(this, jsii.String(service.Key))
		names[service.Key] = *newName(within, cfg, service, *namespace.Id()).Arn()
	}
	return names
}

func newName(scope constructs.Construct, cfg Config, service Service, namespaceID string) servicediscoveryservice.ServiceDiscoveryService {
	config := &servicediscoveryservice.ServiceDiscoveryServiceConfig{
		Name: jsii.String(service.Label),
		DnsConfig: &servicediscoveryservice.ServiceDiscoveryServiceDnsConfig{
			NamespaceId:   jsii.String(namespaceID),
			DnsRecords:    []servicediscoveryservice.ServiceDiscoveryServiceDnsConfigDnsRecords{{Ttl: jsii.Number(cfg.Names.TTLSeconds), Type: jsii.String("A")}},
			RoutingPolicy: jsii.String("MULTIVALUE"),
		},
		// AWS deletes no name that tasks still have, such as after a deploy that was killed.
		ForceDestroy: true,
		Tags:         tags.Map(cfg.Tags),
	}
	if !cfg.Names.WithoutHealth {
		// AWS takes no other number than 1.
		config.HealthCheckCustomConfig = &servicediscoveryservice.ServiceDiscoveryServiceHealthCheckCustomConfig{FailureThreshold: jsii.Number(1)}
	}
	return servicediscoveryservice.NewServiceDiscoveryService(scope, jsii.String("service"), config)
}
