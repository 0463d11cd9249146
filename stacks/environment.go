package stacks

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"github.com/order-bot/infra/internal/check"
	"github.com/order-bot/infra/internal/dns"
	"github.com/order-bot/infra/internal/project"
	"github.com/order-bot/infra/modules/alarms"
	"github.com/order-bot/infra/modules/alb"
	"github.com/order-bot/infra/modules/discovery"
	"github.com/order-bot/infra/modules/ecs"
	"github.com/order-bot/infra/modules/job"
	"github.com/order-bot/infra/modules/schedule"
	"github.com/order-bot/infra/modules/securitygroup"
)

// Environment describes a copy of the services, with a load balancer and a timetable of its own. It is
// one stack.
type Environment struct {
	// Name is the name of the stack, the tag Environment, and part of all names ("order-bot-<name>-alb") and of the key of the state: a lower-case letter,
	// then lower-case letters, digits and hyphens, 16 characters at most. Not "global". Another name is another environment.
	Name string
	// Services are the backend services.
	Services []Service
	// Jobs are tasks that are started at times. Default: none.
	Jobs []Job
	// Differences are what is different here from Services, by the key of the service, such as
	// "svc": func(s *stacks.Service) { s.Task.MemoryMiB = 1024 }. Default: nothing is.
	Differences map[string]func(*Service)
	// Tags are put on all that has tags, beside Project, Environment, ManagedBy and Name. Default: none.
	Tags map[string]string
	// Cluster is what is the same for all services.
	Cluster ecs.Cluster
	// Balancer is what the load balancer itself is.
	Balancer alb.Balancer
	// Groups is what the security groups let through beside the services' ports.
	Groups securitygroup.Groups
	// Names is what is the same for the services' private names.
	Names discovery.Names
	// Alarms are who hears by mail when something breaks. Default: nobody.
	Alarms alarms.Alarms
}

// environmentInputs are what a deploy of an environment is given.
type environmentInputs struct {
	region, vpcID, hostedZoneID, certificateARN string
	publicSubnetIDs, privateSubnetIDs, cidrs    []string
	mails                                       []string // in the order of the readers of the alarms
	desiredCount                                float64
	timezone, scaleUp, scaleDown                string
	services                                    []serviceInputs // in the order of the services
	jobs                                        []serviceInputs // in the order of the jobs, for those that have variables of their own
}

// withDefaults puts the defaults where e has zero values.
func (e Environment) withDefaults() Environment {
	e.Cluster = e.Cluster.WithDefaults()
	e.Names = e.Names.WithDefaults(e.Name + "." + Project + ".internal")
	e.Alarms = e.Alarms.WithDefaults()
	// Each is made once, and then nil, for its key to be validated: a second time it would be made twice.
	differences := maps.Clone(e.Differences)
	services := make([]Service, len(e.Services))
	for i, service := range e.Services {
		if change := e.Differences[service.Key]; change != nil {
			differences[service.Key] = nil
			service = service.copied()
			change(&service)
		}
		services[i] = service.withDefaults()
	}
	e.Services = services
	jobs := make([]Job, len(e.Jobs))
	for i, job := range e.Jobs {
		jobs[i] = job.withDefaults()
	}
	e.Jobs = jobs
	e.Differences = differences
	return e
}

// prefix starts the names of everything in the environment.
func (e Environment) prefix() string { return Project + "-" + e.Name }

// inputs are the variables of the stack, and where their values will be once they are declared.
func (e Environment) inputs() (*environmentInputs, []variable) {
	in := &environmentInputs{services: make([]serviceInputs, len(e.Services)), jobs: make([]serviceInputs, len(e.Jobs))}
	all := e.shared(in)
	var domains []string
	for i, service := range e.Services {
		all = append(all, service.variables(&in.services[i], e.Name, domains, e.Balancer.WithoutDomain)...)
		for _, host := range service.hosts(e.Balancer.WithoutDomain) {
			domains = append(domains, host.variable)
		}
	}
	for i, job := range e.Jobs {
		all = append(all, job.variables(&in.jobs[i])...)
	}
	return in, all
}

// shared are the variables that all services share.
func (e Environment) shared(in *environmentInputs) []variable {
	all := []variable{
		{name: "aws_region", value: &in.region, example: "ap-northeast-1", description: "AWS region of the stack.", rules: []rule{regionRule}},
		{name: "vpc_id", value: &in.vpcID, example: "vpc-0123456789abcdef0", description: "VPC of the load balancer and the services.", rules: []rule{vpcRule}},
	}
	public := variable{
		name: "public_subnet_ids", value: &in.publicSubnetIDs, example: []string{"subnet-0a0a0a0a0a0a0a0a0", "subnet-0b0b0b0b0b0b0b0b0"},
		description: "Public subnets of the load balancer, in two availability zones at least.", rules: []rule{subnetsRule(2, 0)},
	}
	private := variable{
		name: "private_subnet_ids", value: &in.privateSubnetIDs, example: []string{"subnet-0c0c0c0c0c0c0c0c0", "subnet-0d0d0d0d0d0d0d0d0"},
		description: "Private subnets of the services, with a way out to pull images.", rules: []rule{subnetsRule(1, ecs.MostSubnets)},
	}
	switch both := []rule{subnetsRule(2, ecs.MostSubnets)}; {
	case e.Cluster.PublicTasks:
		public.description, public.rules = "Public subnets of the load balancer and the services, in two availability zones at least.", both
		all = append(all, public)
	case e.Balancer.Internal:
		private.description, private.rules = "Private subnets of the load balancer and the services, in two availability zones at least, with a way out to pull images.", both
		all = append(all, private)
	default:
		all = append(all, public, private)
	}
	if !e.Balancer.WithoutDomain {
		all = append(all, e.domainVariables(in)...)
	}
	all = append(all,
		variable{
			name: "default_desired_count", value: &in.desiredCount, fallback: 1,
			description: "Number of tasks a service is created with; from then on the timetable sets it.", rules: []rule{countRule},
		},
		variable{name: "alb_ingress_cidrs", value: &in.cidrs, fallback: []string{"0.0.0.0/0"}, description: "IPv4 ranges that may reach the load balancer.", rules: []rule{cidrsRule}},
	)
	var mails []variable
	in.mails, mails = mailVariables(e.Alarms.Readers)
	all = append(all, mails...)
	if len(e.Services) > 0 && !slices.ContainsFunc(e.Services, func(service Service) bool { return service.Hours.Shared() }) {
		return all
	}
	return append(all,
		variable{name: "autoscaling_timezone", value: &in.timezone, fallback: "Asia/Tokyo", description: "Time zone of the timetable.", rules: []rule{timezoneRule}},
		variable{name: "scale_up_cron", value: &in.scaleUp, fallback: "cron(0 10 * * ? *)", description: "When the services start.", rules: []rule{expressionRule}},
		variable{
			name: "scale_down_cron", value: &in.scaleDown, fallback: "cron(0 18 * * ? *)",
			description: "When the services stop.", rules: []rule{expressionRule, differsRule([]string{"scale_up_cron"})},
		},
	)
}

// mailVariables are the variables of the addresses of the readers of alarms, and where their values will be, in the same order.
func mailVariables(readers []string) (mails []string, all []variable) {
	mails = make([]string, len(readers))
	for i, reader := range readers {
		all = append(all, variable{
			name: "alarm_mail_" + reader, value: &mails[i], example: reader + "@example.com",
			description: fmt.Sprintf("Mail address that the alarms go to (%s).", reader), rules: []rule{domainRule(alarms.Mail)},
		})
	}
	return mails, all
}

// byReader are the addresses of readers, which are in the same order, by reader.
func byReader(readers, mails []string) map[string]string {
	all := map[string]string{}
	for i, reader := range readers {
		all[reader] = mails[i]
	}
	return all
}

// domainVariables are those of an environment with a domain.
func (e Environment) domainVariables(in *environmentInputs) []variable {
	return []variable{
		{name: "hosted_zone_id", value: &in.hostedZoneID, example: "Z0123456789ABCDEFGHIJ", description: "Route 53 hosted zone of the services' domains.", rules: []rule{zoneRule}},
		{
			name: "alb_certificate_arn", value: &in.certificateARN, example: "arn:aws:acm:ap-northeast-1:123456789012:certificate/66666666-7777-8888-9999-000000000000",
			description: "ACM certificate of the services' domains, in aws_region.", rules: certificateRules("var.aws_region", "aws_region, where the load balancer looks for it"),
		},
	}
}

func (e Environment) securityGroups() securitygroup.Config {
	cfg := securitygroup.Config{NamePrefix: e.prefix(), Groups: e.Groups, Services: make([]securitygroup.Service, 0, len(e.Services)), Tags: e.tags()}
	for _, service := range e.Services {
		if private := service.PrivateName != ""; service.HTTP.Used() || private {
			cfg.Services = append(cfg.Services, securitygroup.Service{
				Key: service.Key, Name: service.Name, Port: service.Task.Port, Balanced: service.HTTP.Used(), FrontPort: service.frontPort(),
				HealthPort: service.HTTP.Health.Port, Private: private, Network: service.Network,
			})
		}
	}
	return cfg
}

func (e Environment) alb() alb.Config {
	cfg := alb.Config{NamePrefix: e.prefix(), Balancer: e.Balancer, Services: []alb.Service{}, Watched: e.Alarms.Used(), Tags: e.tags()}
	for _, service := range e.Services {
		if service.HTTP.Used() {
			cfg.Services = append(cfg.Services, alb.Service{Key: service.Key, Name: service.Name, HTTP: service.HTTP, Counted: service.Load.Requests > 0})
		}
	}
	return cfg
}

func (e Environment) ecs() ecs.Config {
	cfg := ecs.Config{
		NamePrefix: e.prefix(), ParameterPath: "/" + Project + "/" + e.Name, Cluster: e.Cluster, Services: make([]ecs.Service, 0, len(e.Services)+len(e.Jobs)), Tags: e.tags(),
	}
	for _, service := range e.Services {
		limits := service.Hours.Limits()
		cfg.Services = append(cfg.Services, ecs.Service{
			Key: service.Key, Name: service.Name, Task: e.taskWith(service.Task, service.ImageOf, cfg.ParameterPath), Job: false,
			Rollout: service.Rollout, Spot: service.Spot, Load: service.Load,
			Balanced: service.HTTP.Used(), Front: service.HTTP.Sidecar, Watched: e.Alarms.Used(), NameContainer: e.Names.NameContainer,
			Timetable: service.Hours.Timetable(), MinCapacity: limits.Min, MaxCapacity: limits.Max, Fewest: service.Hours.Fewest(service.Load.Used()), Tags: service.Tags,
		})
	}
	for _, job := range e.Jobs {
		cfg.Services = append(cfg.Services, e.taskOf(job, cfg.ParameterPath))
	}
	return cfg
}

func (e Environment) discovery() discovery.Config {
	cfg := discovery.Config{Names: e.Names, Services: []discovery.Service{}, Tags: e.tags()}
	for _, service := range e.Services {
		if service.PrivateName != "" {
			cfg.Services = append(cfg.Services, discovery.Service{Key: service.Key, Name: service.Name, Label: service.PrivateName})
		}
	}
	return cfg
}

func (e Environment) alarms() alarms.Config {
	of := e.ecs()
	cfg := alarms.Config{
		NamePrefix: e.prefix(), Alarms: e.Alarms, ClusterName: of.ClusterName(), Insights: !e.Cluster.WithoutInsights, Certificate: !e.Balancer.WithoutDomain,
		Services: []alarms.Service{}, Jobs: []alarms.Job{}, Tags: e.tags(),
	}
	for _, service := range of.Services {
		if service.Job {
			cfg.Jobs = append(cfg.Jobs, alarms.Job{Name: service.Name, Family: of.Family(service)})
		} else {
			cfg.Services = append(cfg.Services, alarms.Service{Key: service.Key, Name: service.Name, Balanced: service.Balanced})
		}
	}
	return cfg
}

func (e Environment) schedule() schedule.Config {
	cfg := schedule.Config{Services: map[string]schedule.Hours{}}
	for _, service := range e.Services {
		cfg.Services[service.Name] = service.Hours
	}
	return cfg
}

// tags are those of the environment's resources.
func (e Environment) tags() map[string]string {
	all := tagsOf(e.Name)
	maps.Copy(all, e.Tags)
	return all
}

var environmentName = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)

// validate returns an error that names everything that is wrong with the design, before anything is built. The variables'
// rules check the inputs.
func (e Environment) validate() error {
	var p check.Problems
	p.Name("name", e.Name, 16, environmentName, "a lower-case letter, then lower-case letters, digits and hyphens")
	if e.Balancer.Internal && e.Cluster.PublicTasks {
		p.Addf("balancer", "it is internal, and in private subnets, of which there are none with PublicTasks: one of the two")
	}
	label := e.Name
	if label == "" {
		label = `environment ""`
	}
	return check.Prefix(label, errors.Join(
		p.Err(),
		e.validateDifferences(),
		e.validateTags(),
		e.validateServices(),
		e.validateEgress(),
		e.securityGroups().Validate(),
		e.alb().Validate(),
		e.discovery().Validate(),
		e.ecs().Validate(),
		e.schedule().Validate(),
		e.jobs().Validate(),
		e.alarms().Validate(),
	))
}

// validateEgress refuses outbound rules by which no task would start, unless those of other groups may be wider.
func (e Environment) validateEgress() error {
	var p check.Problems
	within := func(task ecs.Task) bool { return len(task.SecurityGroupIDs) == 0 }
	shut := slices.ContainsFunc(e.Services, func(of Service) bool { return within(of.Task) }) || slices.ContainsFunc(e.Jobs, func(of Job) bool { return within(of.Task) })
	https := func(of securitygroup.Egress) bool { return of.Port == 443 }
	if len(e.Groups.Egress) > 0 && !e.Groups.Endpoints && !slices.ContainsFunc(e.Groups.Egress, https) && shut {
		p.Addf("egress", "no task could pull its image, or write logs: add port 443, or set Endpoints where endpoints are in the app group")
	}
	// https://docs.aws.amazon.com/efs/latest/ug/network-access.html
	nfs := func(of securitygroup.Egress) bool { return of.Port == 2049 }
	for _, of := range e.ecs().Services {
		if len(of.Task.FileSystems) > 0 && within(of.Task) && len(e.Groups.Egress) > 0 && !slices.ContainsFunc(e.Groups.Egress, nfs) {
			p.Addf("egress", "no task of %s could mount its file systems: add port 2049", of.Label())
		}
	}
	return p.Err()
}

// validateDifferences refuses differences of a service that there is not, and one that makes another service of it.
func (e Environment) validateDifferences() error {
	var p check.Problems
	for _, key := range slices.Sorted(maps.Keys(e.Differences)) {
		switch {
		case e.Differences[key] != nil:
			p.Addf("differences", "no service has the key %q", key)
		case e.at(key) < 0:
			p.Addf("differences", "they give %q another key, and a service of another key is another service", key)
		}
	}
	return p.Err()
}

// validateBeside refuses names in e that begin as the names of another environment do. The service "eu-svc" of "prod" and the service "svc" of
// "prod-eu" would have one task definition family. And the policies of the pipeline's roles tell by the beginning of a name whose it is.
func (e Environment) validateBeside(other Environment) error {
	if !strings.HasPrefix(other.prefix(), e.prefix()+"-") {
		return nil
	}
	var p check.Problems
	take := func(label, what, name string) {
		if strings.HasPrefix(name, other.prefix()+"-") {
			p.Addf(label+": "+what, "%q begins as the names of environment %q do", name, other.Name)
		}
	}
	balancer, cluster := e.alb(), e.ecs()
	for _, service := range balancer.Services {
		take(fmt.Sprintf("service %q", service.Name), "target group name", balancer.TargetGroupName(service))
	}
	for _, job := range e.Jobs {
		take(fmt.Sprintf("job %q", job.Name), "schedule name", e.prefix()+"-"+job.Name)
	}
	for _, service := range cluster.Services {
		take(service.Label(), "task definition family", cluster.Family(service))
		take(service.Label(), "role name", cluster.RoleName(service))
	}
	return check.Prefix(e.Name, p.Err())
}

// build creates the stack in scope.
func (e Environment) build(scope constructs.Construct, state project.State, moved []Move) {
	s := newStack(scope, e.Name, state, moved)
	in, variables := e.inputs()
	s.declare(variables)
	s.newProvider(in.region)
	for _, service := range e.Services {
		s.checkEnvironment(service)
	}
	for _, job := range e.Jobs {
		if job.Service == "" {
			s.checkEnvironment(job.program())
		}
	}

	ports, fronts, domains := map[string]float64{}, map[string]float64{}, map[string][]string{}
	for i, service := range e.Services {
		ports[service.Key], domains[service.Key] = in.services[i].port, in.services[i].domains
		fronts[service.Key] = cmp.Or(float64(service.frontPort()), in.services[i].port)
	}
	for _, service := range e.Services {
		if of := service.HTTP.DomainOf; of != "" && !e.Balancer.WithoutDomain {
			domains[service.Key] = append(slices.Clone(domains[of][:1]), domains[service.Key]...)
		}
	}
	groups := securitygroup.New(s, "security_group", e.securityGroups(), securitygroup.References{VPCID: in.vpcID, IngressCIDRs: in.cidrs, Ports: ports})
	front := in.publicSubnetIDs
	if e.Balancer.Internal {
		front = in.privateSubnetIDs
	}
	balancer := alb.New(s, "alb", e.alb(), alb.References{
		VPCID: in.vpcID, SubnetIDs: front, SecurityGroupID: groups.ALBID, CertificateARN: in.certificateARN, Domains: domains, Ports: fronts,
	})
	var aliases []*cdktf.Precondition
	for i, service := range e.Services {
		for j, host := range service.hosts(e.Balancer.WithoutDomain) {
			aliases = append(aliases, dns.New(s, host.alias, dns.Alias{
				ZoneID: in.hostedZoneID, Name: in.services[i].domains[j], ByLabel: service.AliasByLabel, Target: balancer.DNSName, TargetZoneID: balancer.ZoneID, EvaluateTargetHealth: true,
			}))
		}
	}
	watching := alarms.New(s, "alarms", e.alarms(), alarms.References{
		Mails: byReader(e.Alarms.Readers, in.mails), Balancer: balancer.Metrics, TargetGroups: balancer.TargetGroupMetrics, CertificateARN: in.certificateARN,
	})
	names := discovery.New(s, "discovery", e.discovery(), discovery.References{VPCID: in.vpcID})
	running := map[string]ecs.ServiceReferences{}
	for i, service := range e.Services {
		program := in.services[i]
		if at := e.at(service.ImageOf); at >= 0 {
			program = in.services[at]
		}
		running[service.Key] = ecs.ServiceReferences{
			Image: program.image, Port: in.services[i].port, Environment: program.environment,
			TargetGroupARN: balancer.TargetGroupARNs[service.Key], ListenerRule: balancer.ListenerRules[service.Key], RequestLabel: balancer.RequestLabels[service.Key],
			PrivateNameARN: names[service.Key], ErrorsAlarm: watching.Errors[service.Key],
		}
	}
	for i, job := range e.Jobs {
		of := in.jobs[i]
		if at := e.at(job.Service); at >= 0 {
			of = in.services[at]
		}
		running[job.Key] = ecs.ServiceReferences{
			Image: of.image, Environment: of.environment, Port: 0, TargetGroupARN: "", ListenerRule: nil, PrivateNameARN: "", ErrorsAlarm: "", RequestLabel: "",
		}
	}
	subnets := in.privateSubnetIDs
	if e.Cluster.PublicTasks {
		subnets = in.publicSubnetIDs
	}
	cluster := ecs.New(s, "ecs", e.ecs(), ecs.References{SubnetIDs: subnets, SecurityGroupID: groups.AppID, DesiredCount: in.desiredCount, Services: running})
	targets := map[string]schedule.Target{}
	for name, target := range cluster.ScalableTargets {
		targets[name] = schedule.Target(target)
	}
	schedule.New(s, "schedule", e.schedule(), schedule.References{Targets: targets, Timezone: in.timezone, ScaleUp: in.scaleUp, ScaleDown: in.scaleDown})
	started := map[string]job.TaskReferences{}
	for key, of := range cluster.Jobs {
		started[key] = job.TaskReferences(of)
	}
	job.New(s, "job", e.jobs(), job.References{
		ClusterARN: cluster.ClusterARN, SubnetIDs: subnets, SecurityGroupID: groups.AppID, Account: cluster.Account, Jobs: started,
	})

	s.output("alb_dns_name", "The load balancer's own host name.", balancer.DNSName, aliases...)
	s.output("app_security_group_id", "Security group of the services, which the PostgreSQL host has to be in.", groups.AppID)
	s.output("ecs_cluster_name", "Name of the ECS cluster.", cluster.ClusterName)
}
