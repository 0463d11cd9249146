// Package discovery gives services private names, by which the others of the environment reach them: a namespace of Cloud Map, which is a
// private hosted zone, and in it a name for each service. ECS registers the tasks there.
package discovery

import (
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
	// Namespace ends the names, such as "prod.order-bot.internal".
	Namespace string
	// Services are those that have a name.
	Services []Service
	// Tags are put on everything.
	Tags map[string]string
}

// Service is what a namespace knows of a service.
type Service struct {
	// Key is the service's id within this module. Distinct.
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
var label = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`)

// Validate returns an error that names every field of the design that is wrong.
func (c Config) Validate() error {
	var p check.Problems
	var owners, names []string
	for _, service := range c.Services {
		owner := "service \"" + service.Name + "\""
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
		Name:        jsii.String(cfg.Namespace),
		Description: jsii.String("Private names of the services"),
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
	return servicediscoveryservice.NewServiceDiscoveryService(scope, jsii.String("service"), &servicediscoveryservice.ServiceDiscoveryServiceConfig{
		Name: jsii.String(service.Label),
		DnsConfig: &servicediscoveryservice.ServiceDiscoveryServiceDnsConfig{
			NamespaceId: jsii.String(namespaceID),
			// A client keeps an address of a task that has stopped for as long: seconds.
			DnsRecords:    []servicediscoveryservice.ServiceDiscoveryServiceDnsConfigDnsRecords{{Ttl: jsii.Number(10), Type: jsii.String("A")}},
			RoutingPolicy: jsii.String("MULTIVALUE"),
		},
		// ECS says which tasks are healthy. AWS takes no other number than 1.
		// https://docs.aws.amazon.com/cloud-map/latest/api/API_HealthCheckCustomConfig.html
		HealthCheckCustomConfig: &servicediscoveryservice.ServiceDiscoveryServiceHealthCheckCustomConfig{FailureThreshold: jsii.Number(1)},
		// AWS deletes no name that tasks still have, such as after a deploy that was killed.
		ForceDestroy: true,
		Tags:         tags.Map(cfg.Tags),
	})
}
