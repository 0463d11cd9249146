package stacks

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
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
	// Key is the service's id in addresses, such as aws_ecs_service.ecs_<key>_service: a lower-case letter, then lower-case letters and digits; not
	// "cluster" or "region". With another key, the service would be destroyed and created again.
	Key string
	// Name is the name of the ECS service and its container: letters, digits, - and _, 200 at most.
	Name string
	// Variables are the names of the service's Terraform variables.
	// Default <key>_domain, <key>_image, <key>_port and <key>_environment.
	Variables Variables
	// Alias is the id of the DNS alias of the service's domain. Default <key>_alias.
	Alias string
	// AliasByLabel names the DNS aliases in Terraform by the first label of the domain, such as "api" of "api.example.com". Set it where the state that
	// you adopt has the label. The domain's other labels have to be the hosted zone. Default: by the whole domain.
	AliasByLabel bool
	// ImageOf is the key of another service, whose image, environment and secrets this one has, for another command of the same program: a worker beside
	// an API. A deploy or rollback of the other service gives both the new image. Default: it has its own.
	ImageOf string
	// Task is what the service runs.
	Task ecs.Task
	// HTTP is how it is reached through the load balancer, by its host name. Default: not at all, for a worker.
	HTTP alb.HTTP
	// Hours are how many tasks run by day and by night. Default: one by day, none by night.
	Hours schedule.Hours
	// Load is what the number of tasks follows, between the limits of Hours. Default: nothing.
	Load ecs.Load
	// Rollout is how new tasks take the place of old ones. Default: the new ones run first, and a bad image goes back by itself.
	Rollout ecs.Rollout
	// Spot is the share of tasks on capacity that AWS may take back. Default: none.
	Spot ecs.Spot
	// Network is who reaches it, beside the load balancer at its port. Default: nobody.
	Network securitygroup.Network
	// PrivateName is a name by which the other services of the environment reach it at its port, such as "api", for
	// api.<environment>.order-bot.internal. A namespace costs about $0.50 a month. Default: none.
	PrivateName string
	// Tags are put on what is made for the service in ECS and CloudWatch Logs, beside those of all. Default: none.
	Tags map[string]string
}

// serviceInputs are what a deploy is given of a service.
type serviceInputs struct {
	image       string
	domains     []string // in the order of the hosts
	port        float64
	environment map[string]string
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

// copied is a copy that has no map and no list in common with s: what a difference puts into one is not in other environments, too.
func (s Service) copied() Service {
	text, err := json.Marshal(s)
	var made Service
	if err := errors.Join(err, json.Unmarshal(text, &made)); err != nil {
		panic(err) // all of that can be written and read
	}
	return made
}

// withDefaults puts the defaults where s has zero values.
func (s Service) withDefaults() Service {
	s.Task, s.HTTP, s.Hours, s.Rollout = s.Task.WithDefaults(), s.HTTP.WithDefaults(), s.Hours.WithDefaults(), s.Rollout.WithDefaults()
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
func (s Service) variables(in *serviceInputs, environmentName string, domainsBefore []string, withoutDomain bool) []variable {
	var all []variable
	hosts := s.hosts(withoutDomain)
	in.domains = make([]string, len(hosts))
	for i, host := range hosts {
		all = append(all, s.domainVariable(host, &in.domains[i], environmentName, domainsBefore))
		domainsBefore = append(domainsBefore, host.variable)
	}
	if s.ImageOf != "" {
		if s.Task.Port != 0 {
			all = append(all, s.portVariable(in))
		}
		return all
	}
	all = append(all, variable{
		name: s.Variables.Image, value: &in.image, example: s.exampleImage(),
		description: fmt.Sprintf("Container image of %s, with a tag or a digest.", s.Name),
		rules:       []rule{imageRule},
	})
	if s.Task.Port != 0 {
		port := s.portVariable(in)
		port.rules = append(port.rules, portOfRule(s.Variables.Environment))
		all = append(all, port)
	}
	environment := fmt.Sprintf("Environment variables of the container of %s. Sensitive: they carry passwords.", s.Name)
	if required := s.required(); len(required) > 0 {
		environment += " The container ends without " + strings.Join(required, ", ") + "."
	}
	rules := environmentRules
	if secrets := slices.Sorted(maps.Keys(s.Task.Container.Secrets)); len(secrets) > 0 {
		rules = append(slices.Clone(rules), withoutRule(secrets))
	}
	return append(all, variable{
		name: s.Variables.Environment, value: &in.environment, sensitive: true, example: s.exampleEnvironment(),
		description: environment,
		rules:       rules,
	})
}

func (s Service) portVariable(in *serviceInputs) variable {
	port := variable{
		name: s.Variables.Port, value: &in.port, fallback: s.Task.Port,
		description: fmt.Sprintf("Port on which the container of %s listens.", s.Name),
		rules:       []rule{portRule},
	}
	for _, sidecar := range s.Task.Sidecars {
		if sidecar.Port != 0 {
			port.rules = append(port.rules, rule{fmt.Sprintf("VALUE != %d", sidecar.Port), fmt.Sprintf("another port than that of the sidecar %s, as the containers of a task share one network", sidecar.Name)})
		}
	}
	return port
}

// ownDomain tells whether the service has a variable for its host name.
func (s Service) ownDomain() bool { return s.HTTP.Used() && s.HTTP.DomainOf == "" }

// host is a host name of a service: the names of its variable and of its DNS alias, and the start of its example.
type host struct{ variable, alias, example string }

// hosts are the host names that the service has of its own; none in an environment without a domain.
func (s Service) hosts(withoutDomain bool) (all []host) {
	if withoutDomain {
		return nil
	}
	if s.ownDomain() {
		all = append(all, host{s.Variables.Domain, s.Alias, s.Key})
	}
	for _, id := range s.HTTP.MoreDomains {
		all = append(all, host{s.Key + "_" + id + "_domain", s.Key + "_" + id + "_alias", s.Key + "-" + id})
	}
	return all
}

// domainVariable is the variable of a host name, which differs from those of the variables before it.
func (s Service) domainVariable(of host, value *string, environmentName string, before []string) variable {
	domain := variable{
		name: of.variable, value: value, example: fmt.Sprintf("%s-%s.example.com", of.example, environmentName), // one label, which a wildcard covers
		description: fmt.Sprintf("Host name of %s, in the hosted zone and covered by the load balancer's certificate.", s.Name),
		rules:       []rule{domainRule(alb.Domain)},
	}
	if len(before) > 0 {
		domain.rules = append(domain.rules, differsRule(before))
	}
	return domain
}

// required are the variables that the environment has to have: those that are required, and are no secrets.
func (s Service) required() (all []string) {
	for _, name := range s.Task.Requires {
		if _, secret := s.Task.Container.Secrets[name]; !secret {
			all = append(all, name)
		}
	}
	return all
}

// exampleImage is a made-up image. A service may have a name that no repository has.
func (s Service) exampleImage() string {
	const image = "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/%s:v1"
	if named := fmt.Sprintf(image, s.Name); ecs.Image.MatchString(named) {
		return named
	}
	return fmt.Sprintf(image, s.Key)
}

// exampleEnvironment has a made-up value for each variable that the container requires.
func (s Service) exampleEnvironment() map[string]string {
	all := map[string]string{}
	for _, name := range s.required() {
		all[name] = "change-me"
	}
	if s.Task.Port != 0 {
		all["PORT"] = strconv.Itoa(s.Task.Port)
	}
	return all
}

// A subset of what Terraform allows, so that TF_VAR_<name> is a name in any shell.
var idPattern = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// Names that Terraform keeps for the arguments of a module block.
// https://developer.hashicorp.com/terraform/language/block/variable
var reservedVariables = []string{"source", "version", "providers", "count", "for_each", "lifecycle", "depends_on", "locals"}

// ids are the ids in the stack that the service takes: those of its variables, and of its aliases.
func (s Service) ids(withoutDomain bool) (variables, aliases []string) {
	for _, v := range s.variables(&serviceInputs{}, "", nil, withoutDomain) {
		variables = append(variables, v.name)
	}
	for _, host := range s.hosts(withoutDomain) {
		aliases = append(aliases, host.alias)
	}
	return variables, aliases
}

// frontPort is the port on which the load balancer reaches the service, if a sidecar listens there; 0 if none does.
func (s Service) frontPort() int { return s.Task.Sidecar(s.HTTP.Sidecar).Port }

// validate refuses what only several modules together can tell.
func (s Service) validate(services []Service) error {
	var p check.Problems
	if of := s.HTTP.DomainOf; of != "" && !slices.ContainsFunc(services, func(other Service) bool { return other.Key == of && other.ownDomain() && other.Key != s.Key }) {
		p.Addf("domain of", "no other service with the key %q has a host name of its own", of)
	}
	if of := s.ImageOf; of != "" {
		if !slices.ContainsFunc(services, func(other Service) bool { return other.Key == of && other.ImageOf == "" && other.Key != s.Key }) {
			p.Addf("image of", "no other service with the key %q has an image of its own", of)
		}
		if s.Variables.Image != s.Key+"_image" || s.Variables.Environment != s.Key+"_environment" {
			p.Addf("variables", "image and environment have no names here: they are those of the service %q", of)
		}
		p.Join(validateShared(s.Task, of))
	}
	if s.PrivateName != "" && s.Task.Port == 0 {
		p.Addf("private name", "%q needs a port of the task, where others reach it", s.PrivateName)
	}
	if s.PrivateName == "" && len(s.Network.MorePorts) > 0 {
		p.Addf("more ports", "the other services reach them by its private name: set PrivateName")
	}
	if !s.HTTP.Used() && s.Network.PreviousPort != 0 {
		p.Addf("previous port", "%d is open to the load balancer, which does not reach a service without HTTP", s.Network.PreviousPort)
	}
	return p.Err()
}

// validateServices refuses what only several modules together can tell, and ids of variables and aliases that Terraform would not take, or that something else in the stack has.
func (e Environment) validateServices() error {
	taken := map[string]string{}
	for _, id := range []string{"aws", variableScope, "security_group", "alb", "discovery", "alarms", "ecs", "schedule", "job", "alb_dns_name", "app_security_group_id", "ecs_cluster_name"} {
		taken[id] = "the stack"
	}
	for _, v := range e.shared(&environmentInputs{}) {
		taken[v.name] = "the stack"
	}

	var p check.Problems
	take := func(label string, service Service) {
		var key check.Problems
		key.Key("key", service.Key)
		variables, aliases := service.ids(e.Balancer.WithoutDomain)
		for _, id := range slices.Concat(variables, aliases) {
			if key.Err() != nil && strings.HasPrefix(id, service.Key+"_") {
				continue // it follows from a wrong key, which is reported itself
			}
			if !idPattern.MatchString(id) {
				p.Addf(label, "variable or alias %q is not allowed (a lower-case letter, then lower-case letters, digits and _)", id)
			}
			if !slices.Contains(aliases, id) && slices.Contains(reservedVariables, id) {
				p.Addf(label, "variable %q is not allowed (Terraform keeps the name for itself)", id)
			}
			if owner := taken[id]; owner != "" {
				p.Addf(label, "variable or alias %q is taken by %s", id, owner)
			}
			taken[id] = label
		}
	}
	for _, service := range e.Services {
		label := fmt.Sprintf("service %q", service.Name)
		p.Add(label, service.validate(e.Services))
		take(label, service)
	}
	for _, job := range e.Jobs {
		label := fmt.Sprintf("job %q", job.Name)
		p.Add(label, job.validate(e.Services))
		if job.Service == "" {
			take(label, job.program())
		}
	}
	return p.Err()
}
