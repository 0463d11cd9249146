package stacks

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/order-bot/infra/internal/check"
	"github.com/order-bot/infra/modules/alb"
	"github.com/order-bot/infra/modules/ecs"
	"github.com/order-bot/infra/modules/schedule"
	"github.com/order-bot/infra/modules/securitygroup"
)

// Services are the backend services. A new service is a new entry here: its target
// group, listener rule, DNS alias, log group, task definition, ECS service, scaling,
// timetable, security group rule and variables all follow from it.
var Services = []Service{
	{
		Key:  "svc",
		Name: "order-bot-svc",
		// Names that were there before there was a rule for them.
		Variables: Variables{
			Domain:      "orderbot_domain",
			Image:       "order_bot_image",
			Port:        "order_bot_port",
			Environment: "order_bot_environment",
		},
		Alias: "orderbot_alias",
		Requires: []string{
			"HOST", "PORT", "ROOT_PATH", "IS_PRODUCTION", "DATABASE_URL", "DATABASE_SCHEMA", "SEED_MENU", "MISTRAL_API_KEY", "MISTRAL_MODEL",
		},
		Port:       8000,
		HealthPath: "/chat/menu/health",
		Priority:   20,
		CPU:        256,
		MemoryMiB:  512,
	},
	{
		Key:  "mgmt",
		Name: "order-bot-mgmt-svc",
		Variables: Variables{
			Domain:      "orderbot_mgmt_domain",
			Image:       "order_bot_mgmt_image",
			Port:        "order_bot_mgmt_port",
			Environment: "order_bot_mgmt_environment",
		},
		Alias: "orderbot_mgmt_alias",
		Requires: []string{
			"ADDRESS", "PORT", "GIN_MODE", "BLUEPRINT_DB_DATABASE", "BLUEPRINT_DB_PASSWORD", "BLUEPRINT_DB_USERNAME",
			"BLUEPRINT_DB_PORT", "BLUEPRINT_DB_HOST", "BLUEPRINT_DB_SCHEMA", "BLUEPRINT_DB_ORDER_BOT_SCHEMA",
		},
		Port:       8080,
		HealthPath: "/health",
		Priority:   10,
		CPU:        256,
		MemoryMiB:  512,
	},
}

// Service is a backend service of an environment.
type Service struct {
	// Key is the service's id in addresses, such as aws_ecs_service.ecs_<key>_service: a
	// lower-case letter, then lower-case letters and digits; not "cluster" or "region".
	// Another key is another address: the service would be destroyed and created again.
	Key string
	// Name is the name of the ECS service and its container: letters, digits, - and _.
	Name string
	// Variables are the names of the service's Terraform variables.
	// Default <key>_domain, <key>_image, <key>_port and <key>_environment.
	Variables Variables
	// Alias is the id of the DNS alias of the service's domain. Default <key>_alias.
	Alias string
	// Port is the default of the port variable: where the container listens, 1 to 65535.
	Port int
	// PreviousPort stays open to the load balancer beside the port of the variable, 1 to 65535. It is
	// for the deploy that changes the port: running tasks listen on the old one until the new tasks
	// serve. Default 0: none.
	PreviousPort int
	// Requires are the environment variables without which the container ends: names of visible
	// ASCII characters without =, each once. A plan warns when the environment lacks one of them. It
	// goes on: a service that lives without it can be deployed all the same. Default: none.
	Requires []string
	// HealthPath is what the load balancer requests to learn whether a task is healthy,
	// such as "/health". Any answer from 200 to 499 will do.
	HealthPath string
	// Priority orders the listener rules, the lowest first: 1 to 50000.
	Priority int
	// CPU is in CPU units, of which 1024 are a virtual CPU. Default 256.
	CPU int
	// MemoryMiB is in MiB, one of the sizes that Fargate offers for CPU. Default 512.
	MemoryMiB int
	// Day limits the number of tasks from scale_up_cron on, 5000 at most. Default {Min: 1, Max: 1}.
	// Another capacity takes effect when the timetable acts the next time, not at the deploy.
	Day Capacity
	// Night limits the number of tasks from scale_down_cron on. Default {Min: 0, Max: 0}: the
	// service stops. Neither limit is above that of Day. The same as Day runs the service round the clock.
	Night Capacity
}

// Capacity limits the number of tasks of a service: Min is the least number, Max the greatest.
type Capacity = schedule.Capacity

// Variables are the names of a service's Terraform variables: a lower-case letter, then lower-case
// letters, digits and _; none that Terraform keeps for itself, such as "version".
type Variables struct {
	// Domain names the host name that is routed to the service.
	Domain string
	// Image names the container image, with a tag or a digest.
	Image string
	// Port names the port where the container listens.
	Port string
	// Environment names the container's environment, a map.
	Environment string
}

// withDefaults puts the defaults where s has zero values.
func (s Service) withDefaults() Service {
	for size, fallback := range map[*int]int{&s.CPU: 256, &s.MemoryMiB: 512} {
		if *size == 0 {
			*size = fallback
		}
	}
	for _, name := range []struct {
		field  *string
		suffix string
	}{
		{&s.Variables.Domain, "_domain"},
		{&s.Variables.Image, "_image"},
		{&s.Variables.Port, "_port"},
		{&s.Variables.Environment, "_environment"},
		{&s.Alias, "_alias"},
	} {
		if *name.field == "" {
			*name.field = s.Key + name.suffix
		}
	}
	if s.Day == (Capacity{}) {
		s.Day = Capacity{Min: 1, Max: 1}
	}
	return s
}

// variables are the service's variables in an environment; its domain differs from those of the services before it.
func (s Service) variables(environmentName string, domainsBefore []string) []variable {
	domain := variable{
		name: s.Variables.Domain, kind: text, example: fmt.Sprintf("%s-%s.example.com", s.Key, environmentName), // one label, which a wildcard covers
		description: fmt.Sprintf("Host name of %s, in the hosted zone and covered by the load balancer's certificate.", s.Name),
		rules:       []rule{domainRule(alb.DomainPattern, alb.LongestDomain, alb.DomainAllowed)},
	}
	if len(domainsBefore) > 0 {
		domain.rules = append(domain.rules, differsRule(domainsBefore))
	}
	environment := fmt.Sprintf("Environment variables of the container of %s. Sensitive: they carry passwords.", s.Name)
	if len(s.Requires) > 0 {
		environment += " The container ends without " + strings.Join(s.Requires, ", ") + "."
	}
	return []variable{
		domain,
		{
			name: s.Variables.Image, kind: text, example: fmt.Sprintf("111122223333.dkr.ecr.ap-northeast-1.amazonaws.com/%s:v1", s.Name),
			description: fmt.Sprintf("Container image of %s, with a tag or a digest.", s.Name),
			rules:       []rule{imageRule},
		},
		{
			name: s.Variables.Port, kind: number, fallback: s.Port,
			description: fmt.Sprintf("Port on which the container of %s listens.", s.Name),
			rules:       []rule{portRule, portOfRule(s.Variables.Environment)},
		},
		{
			name: s.Variables.Environment, kind: textMap, sensitive: true, example: s.exampleEnvironment(),
			description: environment,
			rules:       environmentRules,
		},
	}
}

// exampleEnvironment has a made-up value for each variable that the container requires.
func (s Service) exampleEnvironment() map[string]string {
	all := map[string]string{}
	for _, name := range s.Requires {
		all[name] = "change-me"
	}
	all["PORT"] = strconv.Itoa(s.Port)
	return all
}

var (
	// A subset of what Terraform allows, so that TF_VAR_<name> is a name in any shell.
	idPattern       = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	requiredPattern = regexp.MustCompile(ecs.EnvironmentNamePattern)
)

// Names that Terraform keeps for the arguments of a module block.
// https://developer.hashicorp.com/terraform/language/block/variable
var reservedVariables = []string{"source", "version", "providers", "count", "for_each", "lifecycle", "depends_on", "locals"}

// validateServices refuses ports that are none or too many, more tasks than a service takes, and ids of variables and
// aliases that Terraform would not take, or that something else in the stack has.
func validateServices(services []Service) error {
	taken := map[string]string{}
	for _, id := range []string{"aws", variableScope, "security_group", "alb", "ecs", "schedule", "alb_dns_name", "app_security_group_id", "ecs_cluster_name"} {
		taken[id] = "the stack"
	}
	for _, v := range (Environment{}).variables() {
		taken[v.name] = "the stack"
	}

	var p check.Problems
	ports := map[int]bool{}
	for _, service := range services {
		label := fmt.Sprintf("service %q", service.Name)
		p.Port(label+": port", service.Port)
		ports[service.Port] = true
		if service.PreviousPort != 0 {
			p.Port(label+": previous port", service.PreviousPort)
			ports[service.PreviousPort] = true
		}
		for _, limits := range []struct {
			time string
			Capacity
		}{{"day", service.Day}, {"night", service.Night}} {
			if limits.Max > ecs.MostTasks {
				p.Addf(label+": "+limits.time+": max", "%d is not allowed (%d at most)", limits.Max, ecs.MostTasks)
			}
		}
		for i, name := range service.Requires {
			if !requiredPattern.MatchString(name) {
				p.Addf(label+": requires", "%q is not allowed (%s)", name, ecs.EnvironmentNameAllowed)
			}
			if slices.Contains(service.Requires[:i], name) {
				p.Addf(label+": requires", "%q is listed twice", name)
			}
		}
		var key check.Problems
		key.Key("key", service.Key)
		for _, id := range []string{
			service.Variables.Domain, service.Variables.Image, service.Variables.Port, service.Variables.Environment, service.Alias,
		} {
			if key.Err() != nil && strings.HasPrefix(id, service.Key+"_") {
				continue // it follows from a wrong key, which is reported itself
			}
			if !idPattern.MatchString(id) {
				p.Addf(label, "variable or alias %q is not allowed (a lower-case letter, then lower-case letters, digits and _)", id)
			}
			if id != service.Alias && slices.Contains(reservedVariables, id) {
				p.Addf(label, "variable %q is not allowed (Terraform keeps the name for itself)", id)
			}
			if owner := taken[id]; owner != "" {
				p.Addf(label, "variable or alias %q is taken by %s", id, owner)
			}
			taken[id] = label
		}
	}
	if len(ports) > securitygroup.MostPorts {
		p.Addf("service ports", "%d different ones are too many for one security group, %d at most are allowed", len(ports), securitygroup.MostPorts)
	}
	return p.Err()
}
