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
	// Task is what the service runs.
	Task ecs.Task
	// HTTP is how it is reached, by its host name.
	HTTP alb.HTTP
	// Hours are how many tasks run by day and by night. Default: one by day, none by night.
	Hours schedule.Hours
	// Network is who reaches it, beside the load balancer at its port. Default: nobody.
	Network securitygroup.Network
}

// serviceInputs are what a deploy is given of a service.
type serviceInputs struct {
	domain, image string
	port          float64
	environment   map[string]string
}

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
	s.Task, s.Hours = s.Task.WithDefaults(), s.Hours.WithDefaults()
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
	return s
}

// variables are the service's variables in an environment, whose values will be in in; its domain differs from those of the services before it.
func (s Service) variables(in *serviceInputs, environmentName string, domainsBefore []string) []variable {
	domain := variable{
		name: s.Variables.Domain, value: &in.domain, example: fmt.Sprintf("%s-%s.example.com", s.Key, environmentName), // one label, which a wildcard covers
		description: fmt.Sprintf("Host name of %s, in the hosted zone and covered by the load balancer's certificate.", s.Name),
		rules:       []rule{domainRule(alb.DomainPattern, alb.LongestDomain, alb.DomainAllowed)},
	}
	if len(domainsBefore) > 0 {
		domain.rules = append(domain.rules, differsRule(domainsBefore))
	}
	environment := fmt.Sprintf("Environment variables of the container of %s. Sensitive: they carry passwords.", s.Name)
	if len(s.Task.Requires) > 0 {
		environment += " The container ends without " + strings.Join(s.Task.Requires, ", ") + "."
	}
	return []variable{
		domain,
		{
			name: s.Variables.Image, value: &in.image, example: fmt.Sprintf("111122223333.dkr.ecr.ap-northeast-1.amazonaws.com/%s:v1", s.Name),
			description: fmt.Sprintf("Container image of %s, with a tag or a digest.", s.Name),
			rules:       []rule{imageRule},
		},
		{
			name: s.Variables.Port, value: &in.port, fallback: s.Task.Port,
			description: fmt.Sprintf("Port on which the container of %s listens.", s.Name),
			rules:       []rule{portRule, portOfRule(s.Variables.Environment)},
		},
		{
			name: s.Variables.Environment, value: &in.environment, sensitive: true, example: s.exampleEnvironment(),
			description: environment,
			rules:       environmentRules,
		},
	}
}

// exampleEnvironment has a made-up value for each variable that the container requires.
func (s Service) exampleEnvironment() map[string]string {
	all := map[string]string{}
	for _, name := range s.Task.Requires {
		all[name] = "change-me"
	}
	all["PORT"] = strconv.Itoa(s.Task.Port)
	return all
}

// A subset of what Terraform allows, so that TF_VAR_<name> is a name in any shell.
var idPattern = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// Names that Terraform keeps for the arguments of a module block.
// https://developer.hashicorp.com/terraform/language/block/variable
var reservedVariables = []string{"source", "version", "providers", "count", "for_each", "lifecycle", "depends_on", "locals"}

// validateServices refuses ids of variables and aliases that Terraform would not take, or that something else in the stack has.
func validateServices(services []Service) error {
	taken := map[string]string{}
	for _, id := range []string{"aws", variableScope, "security_group", "alb", "ecs", "schedule", "alb_dns_name", "app_security_group_id", "ecs_cluster_name"} {
		taken[id] = "the stack"
	}
	_, variables := (Environment{}).inputs()
	for _, v := range variables {
		taken[v.name] = "the stack"
	}

	var p check.Problems
	for _, service := range services {
		label := fmt.Sprintf("service %q", service.Name)
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
	return p.Err()
}
