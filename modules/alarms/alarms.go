// Package alarms tells people by mail when something breaks: a topic of SNS with their addresses, alarms of CloudWatch, and rules of EventBridge for
// what happens once. There are few of them, and each is quiet while the services sleep. docs/using/alarms.md says of each why it is there and what to do.
package alarms

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/order-bot/infra/internal/check"
)

// Config describes the alarms.
type Config struct {
	// NamePrefix starts the names: the topic is "<prefix>-alarms", an alarm "<prefix>-<service>-errors".
	NamePrefix string
	// Alarms is what the design says of them.
	Alarms Alarms
	// ClusterName is the name of the ECS cluster.
	ClusterName string
	// Insights tells whether the cluster has Container Insights, which counts the tasks.
	Insights bool
	// Certificate tells whether there is a certificate to watch.
	Certificate bool
	// Services are all services.
	Services []Service
	// Jobs are all jobs.
	Jobs []Job
	// Tags are put on everything that has tags.
	Tags map[string]string
}

// Service is what the alarms know of a service.
type Service struct {
	// Key is the service's id within this module. Distinct, and neither "certificate" nor "timeout" where there are alarms.
	Key string
	// Name is the name of the ECS service.
	Name string
	// Balanced tells whether a load balancer leads to it.
	Balanced bool
}

// Job is what the alarms know of a job: the name of its container, and the family of its task definitions.
type Job struct{ Name, Family string }

// Alarms are who hears by mail when something breaks, and from when on. What they cost is in docs/using/alarms.md.
type Alarms struct {
	// Readers are those who get the mails: lower-case words, such as "team". Each has an input for the address, alarm_mail_team, so that this stays out of
	// the repository. AWS sends a new address a link, and nothing else until somebody has followed it. Default: nobody, and there are no alarms.
	Readers []string
	// Errors is how many answers with a status of 5xx make an alarm: as many in five minutes, twice in a row, 1 or more. Default 10.
	Errors int
	// Minutes is for how long a service may be without a task, or without a healthy target, before there is an alarm, 1 to 60: longer than its tasks
	// take to start in the morning. Default 10.
	Minutes int
	// CertificateDays is how many days before its end a certificate makes an alarm, 1 to 59: AWS renews its own ones 60 days before. Default 30.
	// https://docs.aws.amazon.com/acm/latest/userguide/managed-renewal.html
	CertificateDays int
}

// Used tells whether there are alarms.
func (a Alarms) Used() bool { return len(a.Readers) > 0 }

// WithDefaults puts the defaults where a has zero values.
func (a Alarms) WithDefaults() Alarms {
	for value, fallback := range map[*int]int{&a.Errors: 10, &a.Minutes: 10, &a.CertificateDays: 30} {
		if *value == 0 {
			*value = fallback
		}
	}
	return a
}

// References are what only Terraform knows.
type References struct {
	// Mails are the addresses of the readers, by their words.
	Mails map[string]string
	// Balancer is what CloudWatch calls the load balancer, and TargetGroups are the target groups, by service key.
	Balancer     string
	TargetGroups map[string]string
	// CertificateARN is the certificate of the load balancer, if there is one.
	CertificateARN string
}

// Mail is what SNS takes for a mail address, for the rule of the variable that holds one.
var Mail = check.NewPattern(`^[^@\s"]+@[a-zA-Z0-9-]+(\.[a-zA-Z0-9-]+)+$`, 254, "a mail address, such as team@example.com")

// A part of the name of a variable.
var reader = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// Validate returns an error that names every field of the design that is wrong.
func (c Config) Validate() error {
	var p check.Problems
	p.Between("errors", c.Alarms.Errors, 1, 1000000)
	p.Between("minutes", c.Alarms.Minutes, 1, 60)
	p.Between("certificate days", c.Alarms.CertificateDays, 1, 59)
	validateReaders(&p, c.Alarms.Readers)
	for _, service := range c.Services {
		if c.Alarms.Used() {
			p.Key(fmt.Sprintf("service %q: key", service.Name), service.Key, "certificate", "timeout")
		}
	}
	if c.Alarms.Used() && !c.Insights {
		p.Addf("readers", "alarms need Container Insights, which counts the tasks: take WithoutInsights out of the cluster")
	}
	if pattern := c.jobPattern(); c.Alarms.Used() && len(pattern) > longestPattern {
		p.Addf("jobs", "the names of all jobs are too long for one rule of EventBridge by %d characters", len(pattern)-longestPattern)
	}
	return check.Prefix("alarms", p.Err())
}

func validateReaders(p *check.Problems, readers []string) {
	for i, word := range readers {
		p.Name("reader", word, 32, reader, "a lower-case letter, then lower-case letters, digits and _")
		if slices.Index(readers, word) < i {
			p.Addf("reader", "%q is there twice", word)
		}
	}
}

// Outputs are what others need of the alarms.
type Outputs struct {
	// Errors are the names of the alarms of errors, by service key.
	Errors map[string]string
}

// New creates the alarms, and whom they tell, in scope, under id. Without readers it creates nothing. cfg has passed Validate.
func New(scope constructs.Construct, id string, cfg Config, refs References) Outputs {
	outputs := Outputs{Errors: map[string]string{}}
	if !cfg.Alarms.Used() {
		return outputs
	}
	this := constructs.NewConstruct(scope, jsii.String(id))
	to := newTopic(this, topic{arn: "", policy: nil, prefix: cfg.NamePrefix, tags: cfg.Tags, provider: nil}, cfg.Alarms.Readers, refs.Mails)
	newDeploymentRule(this, cfg, to)
	if len(cfg.Jobs) > 0 {
		newJobRule(this, cfg, to)
	}
	newBalancerAlarms(this, cfg, refs, to)
	for _, service := range cfg.Services {
		outputs.Errors[service.Key] = newServiceAlarms(constructs.NewConstruct(this, jsii.String(service.Key)), cfg, service, refs, to)
	}
	if cfg.Certificate {
		newCertificateAlarm(this, "load balancer", refs.CertificateARN, cfg.Alarms.CertificateDays, to)
	}
	return outputs
}
