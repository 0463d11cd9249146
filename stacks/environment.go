package stacks

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"github.com/order-bot/infra/internal/check"
	"github.com/order-bot/infra/internal/dns"
	"github.com/order-bot/infra/internal/project"
	"github.com/order-bot/infra/modules/alb"
	"github.com/order-bot/infra/modules/ecs"
	"github.com/order-bot/infra/modules/schedule"
	"github.com/order-bot/infra/modules/securitygroup"
)

// Environment describes a copy of the services, with a load balancer and a timetable of its own. It is
// one stack.
type Environment struct {
	// Name is the name of the stack, the tag Environment, and part of all names ("order-bot-<name>-alb") and
	// of the key of the state: a lower-case letter, then lower-case letters, digits and hyphens, 16
	// characters at most. Not "global". Another name is another environment.
	Name string
	// Services are the backend services.
	Services []Service
	// LogRetentionDays is how long logs are kept, in days: a value that CloudWatch Logs offers, such
	// as 7, 30 or 365. Default 30.
	LogRetentionDays int
}

// withDefaults puts the defaults where e has zero values.
func (e Environment) withDefaults() Environment {
	if e.LogRetentionDays == 0 {
		e.LogRetentionDays = 30
	}
	services := make([]Service, len(e.Services))
	for i, service := range e.Services {
		services[i] = service.withDefaults()
	}
	e.Services = services
	return e
}

// prefix starts the names of everything in the environment.
func (e Environment) prefix() string { return Project + "-" + e.Name }

func (e Environment) variables() []variable {
	all := []variable{
		{name: "aws_region", kind: text, example: "ap-northeast-1", description: "AWS region of the stack.", rules: []rule{regionRule}},
		{name: "vpc_id", kind: text, example: "vpc-0123456789abcdef0", description: "VPC of the load balancer and the services.", rules: []rule{vpcRule}},
		{name: "public_subnet_ids", kind: textList, example: []string{"subnet-0a0a0a0a0a0a0a0a0", "subnet-0b0b0b0b0b0b0b0b0"}, description: "Public subnets of the load balancer, in two availability zones at least.", rules: []rule{subnetsRule(2, 0)}},
		{name: "private_subnet_ids", kind: textList, example: []string{"subnet-0c0c0c0c0c0c0c0c0", "subnet-0d0d0d0d0d0d0d0d0"}, description: "Private subnets of the services, with a way out to pull images.", rules: []rule{subnetsRule(1, ecs.MostSubnets)}},
		{name: "hosted_zone_id", kind: text, example: "Z0123456789ABCDEFGHIJ", description: "Route 53 hosted zone of the services' domains.", rules: []rule{zoneRule}},
		{name: "alb_certificate_arn", kind: text, example: "arn:aws:acm:ap-northeast-1:111122223333:certificate/66666666-7777-8888-9999-000000000000", description: "ACM certificate of the services' domains, in aws_region.", rules: certificateRules("var.aws_region", "aws_region, where the load balancer looks for it")},
		{name: "default_desired_count", kind: number, fallback: 1, description: "Number of tasks a service is created with; from then on the timetable sets it.", rules: []rule{countRule}},
		{name: "alb_ingress_cidrs", kind: textList, fallback: []string{"0.0.0.0/0"}, description: "IPv4 ranges that may reach the load balancer.", rules: []rule{cidrsRule}},
		{name: "autoscaling_timezone", kind: text, fallback: "Asia/Tokyo", description: "Time zone of the timetable.", rules: []rule{timezoneRule}},
		{name: "scale_up_cron", kind: text, fallback: "cron(0 10 * * ? *)", description: "When the services start.", rules: []rule{expressionRule}},
		{name: "scale_down_cron", kind: text, fallback: "cron(0 18 * * ? *)", description: "When the services stop.", rules: []rule{expressionRule, differsRule([]string{"scale_up_cron"})}},
	}
	var domains []string
	for _, service := range e.Services {
		all = append(all, service.variables(e.Name, domains)...)
		domains = append(domains, service.Variables.Domain)
	}
	return all
}

func (e Environment) securityGroups(in inputs) securitygroup.Config {
	cfg := securitygroup.Config{
		NamePrefix:    e.prefix(),
		VPCID:         in.text("vpc_id"),
		IngressCIDRs:  in.list("alb_ingress_cidrs"),
		ServicePorts:  map[string]float64{},
		PreviousPorts: map[string]int{},
		Tags:          tagsOf(e.Name),
	}
	for _, service := range e.Services {
		cfg.ServicePorts[service.Name] = in.number(service.Variables.Port)
		if service.PreviousPort != 0 {
			cfg.PreviousPorts[service.Name] = service.PreviousPort
		}
	}
	return cfg
}

func (e Environment) alb(in inputs, groups *securitygroup.SecurityGroups) alb.Config {
	cfg := alb.Config{
		NamePrefix:      e.prefix(),
		VPCID:           in.text("vpc_id"),
		SubnetIDs:       in.list("public_subnet_ids"),
		SecurityGroupID: groups.ALBID,
		CertificateARN:  in.text("alb_certificate_arn"),
		Services:        make([]alb.Service, 0, len(e.Services)),
		Tags:            tagsOf(e.Name),
	}
	for _, service := range e.Services {
		cfg.Services = append(cfg.Services, alb.Service{
			Key:        service.Key,
			Name:       service.Name,
			Domain:     in.text(service.Variables.Domain),
			Port:       in.number(service.Variables.Port),
			HealthPath: service.HealthPath,
			Priority:   service.Priority,
		})
	}
	return cfg
}

func (e Environment) ecs(in inputs, groups *securitygroup.SecurityGroups, balancer *alb.ALB) ecs.Config {
	cfg := ecs.Config{
		NamePrefix:       e.prefix(),
		SubnetIDs:        in.list("private_subnet_ids"),
		SecurityGroupID:  groups.AppID,
		DesiredCount:     in.number("default_desired_count"),
		LogRetentionDays: e.LogRetentionDays,
		Services:         make([]ecs.Service, 0, len(e.Services)),
		Tags:             tagsOf(e.Name),
	}
	for _, service := range e.Services {
		cfg.Services = append(cfg.Services, ecs.Service{
			Key:            service.Key,
			Name:           service.Name,
			Image:          in.text(service.Variables.Image),
			Port:           in.number(service.Variables.Port),
			Environment:    in.dict(service.Variables.Environment),
			CPU:            service.CPU,
			MemoryMiB:      service.MemoryMiB,
			MinCapacity:    service.Night.Min,
			MaxCapacity:    service.Day.Max,
			TargetGroupARN: balancer.TargetGroupARNs[service.Key],
			ListenerRule:   balancer.ListenerRules[service.Key],
		})
	}
	return cfg
}

func (e Environment) schedule(in inputs, cluster *ecs.ECS) schedule.Config {
	cfg := schedule.Config{
		Targets:   map[string]schedule.Target{},
		Timezone:  in.text("autoscaling_timezone"),
		ScaleUp:   in.text("scale_up_cron"),
		ScaleDown: in.text("scale_down_cron"),
	}
	for _, service := range e.Services {
		cfg.Targets[service.Name] = schedule.Target{
			ResourceID: cluster.ScalableTargets[service.Name].ResourceID,
			ID:         cluster.ScalableTargets[service.Name].ID,
			Day:        service.Day,
			Night:      service.Night,
		}
	}
	return cfg
}

var environmentName = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)

// validate returns an error that names everything that is wrong with the design. Of inputs, and of
// what one module takes from another, nothing is known here: the variables' rules check the inputs.
func (e Environment) validate() error {
	var p check.Problems
	p.Name("name", e.Name, 16, environmentName, "a lower-case letter, then lower-case letters, digits and hyphens")
	label := e.Name
	if label == "" {
		label = `environment ""`
	}
	return check.Prefix(label, errors.Join(
		p.Err(),
		validateServices(e.Services),
		e.securityGroups(nil).Validate(),
		e.alb(nil, &securitygroup.SecurityGroups{}).Validate(),
		e.ecs(nil, &securitygroup.SecurityGroups{}, &alb.ALB{}).Validate(),
		e.schedule(nil, &ecs.ECS{}).Validate(),
	))
}

// validateBeside refuses names in e that begin as the names of another environment do. The service "eu-svc" of "prod" and the service "svc" of
// "prod-eu" would have one task definition family. And the policies of the pipeline's roles tell by the beginning of a name whose it is.
func (e Environment) validateBeside(other Environment) error {
	if !strings.HasPrefix(other.prefix(), e.prefix()+"-") {
		return nil
	}
	var p check.Problems
	balancer, cluster := e.alb(nil, &securitygroup.SecurityGroups{}), e.ecs(nil, &securitygroup.SecurityGroups{}, &alb.ALB{})
	for i, service := range e.Services {
		for _, name := range []struct{ what, is string }{
			{"target group name", balancer.TargetGroupName(balancer.Services[i])}, {"task definition family", cluster.Family(cluster.Services[i])},
		} {
			if strings.HasPrefix(name.is, other.prefix()+"-") {
				p.Addf(fmt.Sprintf("service %q: %s", service.Name, name.what), "%q begins as the names of environment %q do", name.is, other.Name)
			}
		}
	}
	return check.Prefix(e.Name, p.Err())
}

// build creates the stack in scope.
func (e Environment) build(scope constructs.Construct, state project.State) {
	s := newStack(scope, e.Name, state)
	in := s.declare(e.variables())
	s.newProvider(in.text("aws_region"))

	for _, service := range e.Services {
		s.checkEnvironment(service)
	}
	groups := securitygroup.New(s, "security_group", e.securityGroups(in))
	balancer := alb.New(s, "alb", e.alb(in, groups))
	var aliases []*cdktf.Precondition
	for _, service := range e.Services {
		aliases = append(aliases, dns.New(s, service.Alias, dns.Alias{
			ZoneID:               in.text("hosted_zone_id"),
			Name:                 in.text(service.Variables.Domain),
			Target:               balancer.DNSName,
			TargetZoneID:         balancer.ZoneID,
			EvaluateTargetHealth: true,
		}))
	}
	cluster := ecs.New(s, "ecs", e.ecs(in, groups, balancer))
	schedule.New(s, "schedule", e.schedule(in, cluster))

	s.output("alb_dns_name", "The load balancer's own host name.", balancer.DNSName, aliases...)
	s.output("app_security_group_id", "Security group of the services, which the PostgreSQL host has to be in.", groups.AppID)
	s.output("ecs_cluster_name", "Name of the ECS cluster.", cluster.ClusterName)
}
