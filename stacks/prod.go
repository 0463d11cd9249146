package stacks

import (
	"errors"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"github.com/order-bot/infra/internal/check"
	"github.com/order-bot/infra/internal/dns"
	"github.com/order-bot/infra/modules/alb"
	"github.com/order-bot/infra/modules/ecs"
	"github.com/order-bot/infra/modules/schedule"
	"github.com/order-bot/infra/modules/securitygroup"
)

// prodPrefix starts the names of everything in prod.
const prodPrefix = project + "-prod"

// Prod describes the stack of the production services.
type Prod struct {
	// State is where the stack's Terraform state is.
	State State
	// Services are the backend services.
	Services []Service
}

func (p Prod) variables() []variable {
	all := []variable{
		{name: "aws_region", kind: text, description: "AWS region of the stack.", rules: []rule{regionRule}},
		{name: "vpc_id", kind: text, description: "VPC of the load balancer and the services.", rules: []rule{vpcRule}},
		{name: "public_subnet_ids", kind: textList, description: "Public subnets of the load balancer, in two availability zones at least.", rules: []rule{subnetsRule(2, 0)}},
		{name: "private_subnet_ids", kind: textList, description: "Private subnets of the services, with a way out to pull images.", rules: []rule{subnetsRule(1, ecs.MostSubnets)}},
		{name: "hosted_zone_id", kind: text, description: "Route 53 hosted zone of the services' domains.", rules: []rule{zoneRule}},
		{name: "alb_certificate_arn", kind: text, description: "ACM certificate of the services' domains, in aws_region.", rules: certificateRules("var.aws_region", "aws_region, where the load balancer looks for it")},
		{name: "default_desired_count", kind: number, fallback: 1, description: "Number of tasks a service is created with; from then on the timetable sets it.", rules: []rule{countRule}},
		{name: "alb_ingress_cidrs", kind: textList, fallback: []string{"0.0.0.0/0"}, description: "IPv4 ranges that may reach the load balancer.", rules: []rule{cidrsRule}},
		{name: "autoscaling_timezone", kind: text, fallback: "Asia/Tokyo", description: "Time zone of the timetable.", rules: []rule{timezoneRule}},
		{name: "scale_up_cron", kind: text, fallback: "cron(0 10 * * ? *)", description: "When the services start.", rules: []rule{expressionRule}},
		{name: "scale_down_cron", kind: text, fallback: "cron(0 18 * * ? *)", description: "When the services stop.", rules: []rule{expressionRule, differsRule([]string{"scale_up_cron"})}},
	}
	var domains []string
	for _, service := range p.services() {
		all = append(all, service.variables(domains)...)
		domains = append(domains, service.Variables.Domain)
	}
	return all
}

// services are the services with their defaults.
func (p Prod) services() []Service {
	all := make([]Service, len(p.Services))
	for i, service := range p.Services {
		all[i] = service.withDefaults()
	}
	return all
}

func (p Prod) securityGroups(in inputs) securitygroup.Config {
	cfg := securitygroup.Config{
		NamePrefix:    prodPrefix,
		VPCID:         in.text("vpc_id"),
		IngressCIDRs:  in.list("alb_ingress_cidrs"),
		ServicePorts:  map[string]float64{},
		PreviousPorts: map[string]int{},
		Tags:          tagsOf("prod"),
	}
	for _, service := range p.services() {
		cfg.ServicePorts[service.Name] = in.number(service.Variables.Port)
		if service.PreviousPort != 0 {
			cfg.PreviousPorts[service.Name] = service.PreviousPort
		}
	}
	return cfg
}

func (p Prod) alb(in inputs, groups *securitygroup.SecurityGroups) alb.Config {
	cfg := alb.Config{
		NamePrefix:      prodPrefix,
		VPCID:           in.text("vpc_id"),
		SubnetIDs:       in.list("public_subnet_ids"),
		SecurityGroupID: groups.ALBID,
		CertificateARN:  in.text("alb_certificate_arn"),
		Tags:            tagsOf("prod"),
	}
	for _, service := range p.services() {
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

func (p Prod) ecs(in inputs, groups *securitygroup.SecurityGroups, balancer *alb.ALB) ecs.Config {
	cfg := ecs.Config{
		NamePrefix:      prodPrefix,
		SubnetIDs:       in.list("private_subnet_ids"),
		SecurityGroupID: groups.AppID,
		DesiredCount:    in.number("default_desired_count"),
		Tags:            tagsOf("prod"),
	}
	for _, service := range p.services() {
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

func (p Prod) schedule(in inputs, cluster *ecs.ECS) schedule.Config {
	cfg := schedule.Config{
		Targets:   map[string]schedule.Target{},
		Timezone:  in.text("autoscaling_timezone"),
		ScaleUp:   in.text("scale_up_cron"),
		ScaleDown: in.text("scale_down_cron"),
	}
	for _, service := range p.services() {
		cfg.Targets[service.Name] = schedule.Target{
			ResourceID: cluster.ScalableTargets[service.Name].ResourceID,
			ID:         cluster.ScalableTargets[service.Name].ID,
			Day:        service.Day,
			Night:      service.Night,
		}
	}
	return cfg
}

// Validate returns an error that names everything that is wrong with the stack's design.
// It needs no jsii: what one module takes from another is not known yet, and stands as such.
func (p Prod) Validate() error {
	variables := p.variables()
	in := expected(variables)
	groups := &securitygroup.SecurityGroups{ALBID: unknown, AppID: unknown}
	balancer := &alb.ALB{TargetGroupARNs: map[string]string{}}
	cluster := &ecs.ECS{ScalableTargets: map[string]ecs.ScalableTarget{}}
	for _, service := range p.Services {
		balancer.TargetGroupARNs[service.Key] = unknown
		cluster.ScalableTargets[service.Name] = ecs.ScalableTarget{ResourceID: unknown, ID: unknown}
	}
	return check.Prefix("prod", errors.Join(
		validateIDs(p.services()),
		p.securityGroups(in).Validate(),
		p.alb(in, groups).Validate(),
		p.ecs(in, groups, balancer).Validate(),
		p.schedule(in, cluster).Validate(),
	))
}

// NewProd creates the stack "prod" in scope.
// It returns an error that names everything that is wrong with its design.
func NewProd(scope constructs.Construct, p Prod) error {
	if err := p.Validate(); err != nil {
		return err
	}
	s := newStack(scope, "prod", p.State, prodMoves)
	in := s.declare(p.variables())
	s.newProvider(in.text("aws_region"))

	groups, err := securitygroup.New(s, "security_group", p.securityGroups(in))
	if err != nil {
		return check.Prefix("prod", err)
	}
	balancer, err := alb.New(s, "alb", p.alb(in, groups))
	if err != nil {
		return check.Prefix("prod", err)
	}
	var aliases []*cdktf.Precondition
	for _, service := range p.services() {
		aliases = append(aliases, dns.New(s, service.Alias, dns.Alias{
			ZoneID:               in.text("hosted_zone_id"),
			Name:                 in.text(service.Variables.Domain),
			Target:               balancer.DNSName,
			TargetZoneID:         balancer.ZoneID,
			EvaluateTargetHealth: true,
		}))
	}
	cluster, err := ecs.New(s, "ecs", p.ecs(in, groups, balancer))
	if err != nil {
		return check.Prefix("prod", err)
	}
	if _, err := schedule.New(s, "schedule", p.schedule(in, cluster)); err != nil {
		return check.Prefix("prod", err)
	}

	s.output("alb_dns_name", "The load balancer's own host name.", balancer.DNSName, aliases...)
	s.output("ecs_cluster_name", "Name of the ECS cluster.", cluster.ClusterName)
	return nil
}
