// Package alb routes requests by host name: one public load balancer, its listeners, and a
// listener rule and a target group for each service.
package alb

import (
	"cmp"
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/lb"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"github.com/order-bot/infra/internal/awsname"
	"github.com/order-bot/infra/internal/check"
	"github.com/order-bot/infra/modules/internal/tags"
)

// Config describes the load balancer.
type Config struct {
	// NamePrefix starts the names: the load balancer is "<prefix>-alb", a target group
	// "<prefix>-<key>-tg". Each has 32 characters at most, letters, digits and hyphens.
	NamePrefix string
	// Balancer is what the load balancer itself is.
	Balancer Balancer
	// Services are those that the load balancer routes to, 100 at most: all that use HTTP.
	Services []Service
	// Watched tells whether something asks CloudWatch for its metrics.
	Watched bool
	// Tags are put on the load balancer, beside its tag Name, and on the target groups.
	Tags map[string]string
}

// Service is what the load balancer knows of a service.
type Service struct {
	// Key is the service's id within this module. Distinct.
	Key string
	// Name is the service's name, by which a problem with it is reported.
	Name string
	// HTTP is how it is reached.
	HTTP HTTP
	// Counted tells whether something follows the number of requests to it.
	Counted bool
}

// Balancer is what the load balancer of an environment is.
type Balancer struct {
	// WithoutDomain is for a first try: services are reached by the load balancer's own name, over HTTP, and told apart by their Paths. Others can read
	// and change that on its way. There is no hosted zone, certificate, host name or DNS alias then. An environment cannot lose its domain, or get one:
	// make another environment. Default: HTTPS, by host name.
	WithoutDomain bool
	// Internal is for services that only the VPC reaches, and what is connected with it: the load balancer has no public address, and is in the private
	// subnets, so that there is no input for public ones. alb_ingress_cidrs are private ranges then. Not with PublicTasks. An environment cannot change
	// that: make another environment. Default: it is public.
	// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html
	Internal bool
	// IdleSeconds is for how long a connection may say nothing, 1 to 4000: for answers that come late, and for web sockets. The application has
	// to keep its own connections longer. Default 60, which is AWS's.
	// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html
	IdleSeconds int
	// DeletionProtection has AWS refuse to delete the load balancer. A destroy needs a deploy without it first. Default: AWS deletes it.
	DeletionProtection bool
	// LogBucket is the name of a bucket that gets a line for each request, in this region. It has to be there, with a policy that lets Elastic
	// Load Balancing write. Default: no request is logged.
	// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
	LogBucket string
	// LogPrefix is the folder in LogBucket, such as "prod": no / at an end, and not "AWSLogs". Default: none.
	LogPrefix string
}

func (b Balancer) validate() error {
	var p check.Problems
	if b.IdleSeconds != 0 {
		p.Between("idle", b.IdleSeconds, 1, 4000)
	}
	if b.LogBucket != "" {
		awsname.ValidateBucket(&p, "log bucket", b.LogBucket)
	}
	if b.LogPrefix != "" && (b.LogBucket == "" || strings.HasPrefix(b.LogPrefix, "/") || strings.HasSuffix(b.LogPrefix, "/") || strings.Contains(b.LogPrefix, "AWSLogs")) {
		p.Addf("log prefix", "%q is not allowed (a folder of the log bucket, without / at an end, and without AWSLogs)", b.LogPrefix)
	}
	p.Plain("log prefix", b.LogPrefix)
	return check.Prefix("balancer", p.Err())
}

// References are what only Terraform knows.
type References struct {
	// VPCID is the network of the target groups.
	VPCID string
	// SubnetIDs are the public subnets, or private ones where it is internal, in two zones at least.
	SubnetIDs []string
	// SecurityGroupID is the load balancer's security group.
	SecurityGroupID string
	// CertificateARN is the ACM certificate for all services' domains, in the load balancer's region. "" without a domain.
	CertificateARN string
	// Domains are the host names that are routed to the services, by service key. Each has one at least, or none without a domain.
	Domains map[string][]string
	// Ports are where the services' containers listen, by service key.
	Ports map[string]float64
}

// ALB is the outputs of this module.
type ALB struct {
	// DNSName is the load balancer's own host name, which aliases point at.
	DNSName string
	// ZoneID is the Route 53 zone of DNSName.
	ZoneID string
	// TargetGroupARNs are the target groups by service key.
	TargetGroupARNs map[string]string
	// ListenerRules are the listener rules by service key, for a service to depend on.
	ListenerRules map[string]cdktf.ITerraformDependable
	// RequestLabels are what Application Auto Scaling calls the requests to a service, by service key, of those that Config says.
	// https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PredefinedMetricSpecification.html
	RequestLabels map[string]string
	// Metrics and TargetGroupMetrics are what CloudWatch calls the load balancer and, by service key, the target groups, where it is watched.
	// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
	Metrics            string
	TargetGroupMetrics map[string]string
}

// Domain is what a host-header condition takes, for the rules of the variable that holds a domain.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_HostHeaderConditionConfig.html
var Domain = check.NewPattern(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{1,63}$`, 128,
	"a host name of 128 characters at most, in lower-case ASCII, without scheme, underscore or dot at the end, and with only letters after the last dot")

// mostServices is how many rules and how many target groups a load balancer takes.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
const mostServices = 100

// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html
var elbName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$`)

// Validate returns an error that names every field of the design that is wrong.
func (c Config) Validate() error {
	var p check.Problems
	p.Required("name prefix", c.NamePrefix)
	validateName(&p, "load balancer name", c.loadBalancerName())
	p.Join(c.Balancer.validate())
	if len(c.Services) > mostServices {
		p.Addf("services", "%d are too many for one load balancer, %d at most are allowed", len(c.Services), mostServices)
	}
	var labels []string
	var priorities []int
	for _, service := range c.Services {
		var name check.Problems
		validateName(&name, "target group name", c.TargetGroupName(service))
		p.Add(service.label(), errors.Join(name.Err(), service.HTTP.validate(c.Balancer)))
		labels = append(labels, service.label())
		priorities = append(priorities, service.HTTP.Priority)
	}
	check.Distinct(&p, "priority", labels, priorities)
	for _, service := range c.Services {
		at := slices.IndexFunc(c.Services, func(first Service) bool {
			return first.HTTP.Priority < service.HTTP.Priority && c.takesAll(first, service)
		})
		if at < 0 {
			continue
		}
		first, way := c.Services[at], "give it a lower number"
		if c.takesAll(service, first) {
			way = "give one of them other paths"
		}
		p.Addf(service.label()+": priority", "%d comes after %d of %s, whose rule takes all that this one would: %s", service.HTTP.Priority, first.HTTP.Priority, first.label(), way)
	}
	for i, service := range c.Services {
		for _, before := range c.Services[:i] {
			if c.TargetGroupName(before) == c.TargetGroupName(service) && before.Key != service.Key {
				p.Addf(service.label(), "target group name: %q is taken by %s", c.TargetGroupName(service), before.label())
			}
		}
	}
	return p.Err()
}

// takesAll tells whether the listener rule of a service takes all that the rule of another one does.
func (c Config) takesAll(first, service Service) bool {
	host := func(s Service) string {
		if c.Balancer.WithoutDomain {
			return ""
		}
		return cmp.Or(s.HTTP.DomainOf, s.Key)
	}
	if first.Key == service.Key || host(first) != host(service) || len(service.HTTP.MoreDomains) > 0 || !first.HTTP.takesSources(service.HTTP) {
		return false
	}
	if c.Balancer.WithoutDomain && (len(first.HTTP.Paths) == 0 || len(service.HTTP.Paths) == 0) {
		return false // that is reported itself
	}
	return first.HTTP.takesPaths(service.HTTP)
}

func validateName(p *check.Problems, field, name string) {
	p.Name(field, name, 32, elbName, "letters, digits and hyphens, no hyphen at an end")
	if strings.HasPrefix(name, "internal-") {
		p.Addf(field, "%q must not start with \"internal-\", which AWS keeps for itself", name)
	}
}

// New creates the load balancer with its listeners, rules and target groups in scope, under id.
// cfg has passed Validate.
func New(scope constructs.Construct, id string, cfg Config, refs References) *ALB {
	this := constructs.NewConstruct(scope, jsii.String(id))

	balancer := newLoadBalancer(this, cfg, refs)
	var listenerARN string
	if cfg.Balancer.WithoutDomain {
		listenerARN = *newPlainListener(this, balancer).Arn()
	} else {
		listenerARN = *newHTTPSListener(this, refs.CertificateARN, balancer).Arn()
		newHTTPListener(this, balancer)
	}

	outputs := &ALB{
		DNSName:         *balancer.DnsName(),
		ZoneID:          *balancer.ZoneId(),
		TargetGroupARNs: map[string]string{},
		ListenerRules:   map[string]cdktf.ITerraformDependable{},
		RequestLabels:   map[string]string{},

		TargetGroupMetrics: map[string]string{},
	}
	if cfg.Watched {
		outputs.Metrics = *balancer.ArnSuffix()
	}
	for _, service := range cfg.Services {
		within := constructs.NewConstruct(this, jsii.String(service.Key))
		group := newTargetGroup(within, cfg, service, refs)
		groupARN := *group.Arn()
		outputs.TargetGroupARNs[service.Key] = groupARN
		if service.Counted {
			outputs.RequestLabels[service.Key] = *balancer.ArnSuffix() + "/" + *group.ArnSuffix()
		}
		if cfg.Watched {
			outputs.TargetGroupMetrics[service.Key] = *group.ArnSuffix()
		}
		outputs.ListenerRules[service.Key] = newListenerRule(within, service, refs.Domains[service.Key], listenerARN, groupARN)
	}
	return outputs
}

func (c Config) loadBalancerName() string { return c.NamePrefix + "-alb" }

// TargetGroupName is the name of a service's target group.
func (c Config) TargetGroupName(s Service) string {
	return cmp.Or(s.HTTP.TargetGroup, c.NamePrefix+"-"+s.Key+"-tg")
}

func newLoadBalancer(scope constructs.Construct, cfg Config, refs References) lb.Lb {
	config := &lb.LbConfig{
		Name:             jsii.String(cfg.loadBalancerName()),
		LoadBalancerType: jsii.String("application"),
		Internal:         cfg.Balancer.Internal,
		Subnets:          jsii.Strings(refs.SubnetIDs...),
		SecurityGroups:   jsii.Strings(refs.SecurityGroupID),
		// ELB.4: a header that HTTP does not allow can smuggle a second request past the rules.
		// https://docs.aws.amazon.com/securityhub/latest/userguide/elb-controls.html
		DropInvalidHeaderFields: true,
		Tags:                    tags.Named(cfg.Tags, cfg.loadBalancerName()),
	}
	if cfg.Balancer.IdleSeconds != 0 {
		config.IdleTimeout = jsii.Number(cfg.Balancer.IdleSeconds)
	}
	if cfg.Balancer.DeletionProtection {
		config.EnableDeletionProtection = true
	}
	if cfg.Balancer.LogBucket != "" {
		config.AccessLogs = &lb.LbAccessLogs{Bucket: jsii.String(cfg.Balancer.LogBucket), Enabled: true}
		if cfg.Balancer.LogPrefix != "" {
			config.AccessLogs.Prefix = jsii.String(cfg.Balancer.LogPrefix)
		}
	}
	return lb.NewLb(scope, jsii.String("load_balancer"), config)
}
