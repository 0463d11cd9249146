package stacks_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/order-bot/infra/fastjsii"
	"github.com/order-bot/infra/internal/check/checktest"
	"github.com/order-bot/infra/modules/alb"
	"github.com/order-bot/infra/modules/ecr"
	"github.com/order-bot/infra/modules/ecs"
	"github.com/order-bot/infra/modules/job"
	"github.com/order-bot/infra/modules/network"
	"github.com/order-bot/infra/modules/schedule"
	"github.com/order-bot/infra/modules/securitygroup"
	"github.com/order-bot/infra/stacks"
)

func TestMain(m *testing.M) { fastjsii.Main(m) }

// valid is a design of its own: what is wrong here is not a matter of the design that is live.
func valid() stacks.Design {
	return stacks.Design{
		Global: stacks.Global{ECR: ecr.Config{Repositories: []string{"order-bot-svc"}}},
		Environments: []stacks.Environment{{Name: "prod", Services: []stacks.Service{
			{Key: "svc", Name: "order-bot-svc", Task: ecs.Task{Port: 8000}, HTTP: alb.HTTP{Priority: 20, Health: alb.Health{Path: "/health"}},
				Variables: stacks.Variables{Domain: "orderbot_domain", Image: "order_bot_image", Port: "order_bot_port", Environment: "order_bot_environment"}, Alias: "orderbot_alias"},
			{Key: "mgmt", Name: "order-bot-mgmt-svc", Task: ecs.Task{Port: 8080}, HTTP: alb.HTTP{Priority: 10, Health: alb.Health{Path: "/health"}}},
		}}},
	}
}

// Problems are reported by stack and service, in one line each, of all modules at once.
func TestValidateServices(t *testing.T) {
	type c = stacks.Environment
	cases := []checktest.Case[c]{
		{Name: "no services", Change: func(c *c) { c.Services = nil }},
		{Name: "memory that Fargate does not have", Change: func(c *c) { c.Services[0].Task.MemoryMiB = 300 }, Want: []string{
			`prod: service "order-bot-svc": memory: 300 MiB is not offered for 256 CPU units (512, 1024 or 2048)`,
		}},
		{Name: "two services with one key", Change: func(c *c) { c.Services[1].Key = "svc" }, Want: []string{
			`prod: service "order-bot-mgmt-svc": key: "svc" is taken by service "order-bot-svc"`,
		}},
		{Name: "two services with one name", Change: func(c *c) { c.Services[1].Name = "order-bot-svc" }, Want: []string{
			`prod: service "order-bot-svc": name: "order-bot-svc" is taken by service "order-bot-svc"`,
		}},
		{Name: "two services with one priority", Change: func(c *c) { c.Services[1].HTTP.Priority = 20 }, Want: []string{
			`prod: service "order-bot-mgmt-svc": priority: 20 is taken by service "order-bot-svc"`,
		}},
		{Name: "two services with one variable", Change: func(c *c) { c.Services[1].Variables.Image = "order_bot_image" }, Want: []string{
			`prod: service "order-bot-mgmt-svc": variable or alias "order_bot_image" is taken by service "order-bot-svc"`,
		}},
		{Name: "a variable of the stack", Change: func(c *c) { c.Services[0].Variables.Domain = "vpc_id" }, Want: []string{
			`prod: service "order-bot-svc": variable or alias "vpc_id" is taken by the stack`,
		}},
		{Name: "names that Terraform keeps for itself", Change: func(c *c) {
			c.Services[0].Variables = stacks.Variables{Domain: "source", Image: "version", Port: "count", Environment: "locals"}
			c.Services[0].Alias = "lifecycle" // a resource may have the name
			c.Services[1].Variables = stacks.Variables{Domain: "providers", Image: "for_each", Port: "lifecycles", Environment: "depends_on"}
		}, Want: []string{
			`prod: service "order-bot-svc": variable "source" is not allowed (Terraform keeps the name for itself)`,
			`prod: service "order-bot-svc": variable "version" is not allowed (Terraform keeps the name for itself)`,
			`prod: service "order-bot-svc": variable "count" is not allowed (Terraform keeps the name for itself)`,
			`prod: service "order-bot-svc": variable "locals" is not allowed (Terraform keeps the name for itself)`,
			`prod: service "order-bot-mgmt-svc": variable "providers" is not allowed (Terraform keeps the name for itself)`,
			`prod: service "order-bot-mgmt-svc": variable "for_each" is not allowed (Terraform keeps the name for itself)`,
			`prod: service "order-bot-mgmt-svc": variable "depends_on" is not allowed (Terraform keeps the name for itself)`,
		}},
		{Name: "a name that Terraform would not take", Change: func(c *c) { c.Services[0].Variables.Domain = "1 domain" }, Want: []string{
			`prod: service "order-bot-svc": variable or alias "1 domain" is not allowed (a lower-case letter, then lower-case letters, digits and _)`,
		}},
		{Name: "a key that is none, from which variables and the alias follow", Change: func(c *c) {
			c.Services[0].Key, c.Services[0].Variables, c.Services[0].Alias = "Svc", stacks.Variables{Image: "Image"}, ""
		}, Want: []string{
			`prod: service "order-bot-svc": variable or alias "Image" is not allowed (a lower-case letter, then lower-case letters, digits and _)`,
			`prod: service "order-bot-svc": key: "Svc" is not allowed (a lower-case letter, then lower-case letters and digits)`,
		}},
		{Name: "a target group name that is too long after prefixing", Change: func(c *c) { c.Services[0].Key = "extraordinarily" }, Want: []string{
			`prod: service "order-bot-svc": target group name: "order-bot-prod-extraordinarily-tg" has 33 characters, 32 at most are allowed`,
		}},
		{Name: "a health path without /", Change: func(c *c) { c.Services[0].HTTP.Health.Path = "health" }, Want: []string{
			`prod: service "order-bot-svc": health path: "health" is not allowed ("/", then visible ASCII characters)`,
		}},
		{Name: "a night above the day", Change: func(c *c) { c.Services[0].Hours.Night = schedule.Capacity{Min: 2, Max: 2} }, Want: []string{
			`prod: service "order-bot-svc": night: min: 2 is above the day's, 1`,
			`prod: service "order-bot-svc": night: max: 2 is above the day's, 1`,
		}},
		{Name: "hours in which the number of tasks stays what it is, or a rollout would", Change: func(c *c) {
			c.Services[0].Hours.Always = schedule.Capacity{Min: 1, Max: 4}
			c.Services[1].Hours.Always, c.Services[1].Load = schedule.Capacity{Min: 0, Max: 4}, ecs.Load{CPU: 60}
			busy := c.Services[1]
			busy.Key, busy.Name, busy.HTTP.Priority = "busy", "busy", 30
			busy.Hours, busy.Rollout = schedule.Hours{Day: schedule.Capacity{Min: 1, Max: 4}}, ecs.Rollout{MinimumPercent: 50, MaximumPercent: 150}
			same := busy
			same.Key, same.Name, same.HTTP.Priority, same.Load = "same", "same", 40, ecs.Load{CPU: 60}
			same.Hours, same.Rollout = schedule.Hours{Day: schedule.Capacity{Min: 2, Max: 2}, Night: schedule.Capacity{Min: 2, Max: 2}}, ecs.Rollout{}
			c.Services = append(c.Services, busy, same)
		}, Want: []string{
			`prod: service "order-bot-svc": always: nothing sets the number of tasks between 1 and 4: give Load, or the same number twice`,
			`prod: service "order-bot-mgmt-svc": load: the hours allow no task at all, of which nothing could be measured, and so none would ever start: raise Min`,
			`prod: service "busy": maximum percent: of 1 task, 50 % at least and 150 % at most let no task be replaced: AWS rounds the least up and the most down`,
			`prod: service "same": load: the hours allow 2 tasks, no more and no fewer: raise Max`,
		}},
		{Name: "more tasks than a service takes", Change: func(c *c) {
			c.Services[0].Hours.Day, c.Services[0].Hours.Night = schedule.Capacity{Min: 1, Max: 5002}, schedule.Capacity{Min: 0, Max: 5001}
		}, Want: []string{
			`prod: service "order-bot-svc": day: max: 5002 is not allowed (5000 at most)`,
			`prod: service "order-bot-svc": night: max: 5001 is not allowed (5000 at most)`,
		}},
		{Name: "as many tasks as a service takes", Change: func(c *c) { c.Services[0].Hours.Day = schedule.Capacity{Min: 5000, Max: 5000} }},
		{Name: "more ports", Change: func(c *c) {
			c.Services[0].PrivateName, c.Services[0].Network.MorePorts = "svc", []int{9000, 9090}
		}},
		{Name: "more ports that nobody reaches, that are none, and that are there", Change: func(c *c) {
			c.Services[0].Network.MorePorts = []int{9000}
			c.Services[1].PrivateName, c.Services[1].Network.MorePorts = "mgmt", []int{c.Services[1].Task.Port, 9000, 9000, 65536}
		}, Want: []string{
			`prod: service "order-bot-svc": more ports: the other services reach them by its private name: set PrivateName`,
			`prod: service "order-bot-mgmt-svc": more ports: 8080 is open to the other services already`,
			`prod: service "order-bot-mgmt-svc": more ports: 9000 is open to the other services already`,
			`prod: service "order-bot-mgmt-svc": more ports: 65536 is not a port (a whole number from 1 to 65535)`,
		}},
		{Name: "a previous port that is none", Change: func(c *c) { c.Services[0].Network.PreviousPort = 65536 }, Want: []string{
			`prod: service "order-bot-svc": previous port: 65536 is not a port (a whole number from 1 to 65535)`,
		}},
		{Name: "required variables of which one is none and one is there twice", Change: func(c *c) {
			c.Services[0].Task.Requires = []string{"DATABASE_URL", "A=B", "DATABASE_URL"}
		}, Want: []string{
			`prod: service "order-bot-svc": requires: "A=B" is not allowed (visible ASCII characters without =, ", \, $ and %)`,
			`prod: service "order-bot-svc": requires: "DATABASE_URL" is listed twice`,
		}},
		{Name: "a new service of which only the key is given", Change: func(c *c) {
			c.Services = append(c.Services, stacks.Service{Key: "unfinished"})
		}, Want: []string{
			`prod: service "": name: is required`,
		}},
		{Name: "more ports than a security group takes", Change: func(c *c) { c.Services = services(60) }, Want: []string{
			"prod: service ports: 61 inbound rules are too many for one security group, 60 at most are allowed: a rule for each port that the load balancer reaches, and for each that services reach",
		}},
		{Name: "as many ports, of which each is open to two", Change: func(c *c) {
			c.Services = services(30)
			for i := range c.Services {
				c.Services[i].PrivateName = c.Services[i].Key
			}
		}, Want: []string{
			"prod: service ports: 61 inbound rules are too many for one security group, 60 at most are allowed: a rule for each port that the load balancer reaches, and for each that services reach",
		}},
		{Name: "more ranges than a security group takes", Change: func(c *c) {
			c.Groups.Egress = slices.Repeat([]securitygroup.Egress{{Port: 443, CIDR: "0.0.0.0/0"}}, 60)
		}, Want: []string{"prod: egress: 60 are too many for one security group, 59 at most are allowed"}},
		{Name: "outbound rules by which no task starts", Change: func(c *c) { c.Groups.Egress = []securitygroup.Egress{{Port: 5432, CIDR: "10.0.0.0/8"}} }, Want: []string{
			"prod: egress: no task could pull its image, or write logs: add port 443, or set Endpoints where endpoints are in the app group",
		}},
		{Name: "outbound rules by which no file system is reached", Change: func(c *c) {
			c.Groups.Egress = []securitygroup.Egress{{Port: 443, CIDR: "0.0.0.0/0"}}
			c.Services[0].Task.FileSystems = map[string]ecs.FileSystem{"files": {ID: "fs-0123456789abcdef0"}}
			c.Services[1].Task.FileSystems, c.Services[1].Task.SecurityGroupIDs = c.Services[0].Task.FileSystems, []string{"sg-0123456789abcdef0"}
		}, Want: []string{
			`prod: egress: no task of service "order-bot-svc" could mount its file systems: add port 2049`,
		}},
		{Name: "outbound rules by which one is", Change: func(c *c) {
			c.Groups.Egress = []securitygroup.Egress{{Port: 443, CIDR: "0.0.0.0/0"}, {Port: 2049, CIDR: "10.0.0.0/16"}}
			c.Services[0].Task.FileSystems = map[string]ecs.FileSystem{"files": {ID: "fs-0123456789abcdef0"}}
		}},
		{Name: "an internal load balancer", Change: func(c *c) { c.Balancer.Internal = true }},
		{Name: "an internal load balancer without private subnets", Change: func(c *c) { c.Balancer.Internal, c.Cluster.PublicTasks = true, true }, Want: []string{
			"prod: balancer: it is internal, and in private subnets, of which there are none with PublicTasks: one of the two",
		}},
		{Name: "the same with endpoints", Change: func(c *c) {
			c.Groups = securitygroup.Groups{Endpoints: true, Egress: []securitygroup.Egress{{Port: 5432, CIDR: "10.0.0.0/8"}}}
		}},
		{Name: "keys that modules have themselves", Change: func(c *c) {
			c.Alarms.Readers = []string{"team"}
			c.Services[0].Key, c.Services[0].PrivateName, c.Services[1].Key = "namespace", "a", "timeout"
			c.Jobs = []stacks.Job{{Key: "policy", Name: "policy", Schedule: job.Schedule{Expression: "rate(1 hour)"}}}
		}, Want: []string{
			`prod: service "order-bot-svc": key: "namespace" is reserved`,
			`prod: job "policy": key: "policy" is reserved`,
			`prod: alarms: service "order-bot-mgmt-svc": key: "timeout" is reserved`,
		}},
		{Name: "a worker with the image of a service", Change: func(c *c) {
			c.Services = append(c.Services, stacks.Service{Key: "worker", Name: "worker", ImageOf: "svc", Task: ecs.Task{Container: ecs.Container{Command: []string{"work"}}}})
		}},
		{Name: "services with images that they cannot have", Change: func(c *c) {
			c.Services[0].ImageOf, c.Services[0].Task.Container.Command = "svc", []string{"serve"}
			c.Services[1].ImageOf, c.Services[1].Task.Container.Secrets, c.Services[1].Task.Requires = "svc", ecs.Secrets{"A": {}}, []string{"B"}
			c.Services[1].Task.Container.PullSecret = "registries/docker-hub"
			c.Services = append(c.Services, stacks.Service{Key: "worker", Name: "worker", ImageOf: "none", Variables: stacks.Variables{Image: "an_image"}, Task: ecs.Task{Container: ecs.Container{EntryPoint: []string{"work"}}}})
		}, Want: []string{
			`prod: service "order-bot-svc": image of: no other service with the key "svc" has an image of its own`,
			`prod: service "order-bot-svc": variables: image and environment have no names here: they are those of the service "svc"`,
			`prod: service "order-bot-mgmt-svc": image of: no other service with the key "svc" has an image of its own`,
			`prod: service "order-bot-mgmt-svc": command: is required with the image of the service "svc": it would run the service itself`,
			`prod: service "order-bot-mgmt-svc": secrets: are those of the service "svc": a new one is one of the service, too`,
			`prod: service "order-bot-mgmt-svc": pull secret: is that of the service "svc", whose image it pulls`,
			`prod: service "order-bot-mgmt-svc": requires: is what the service "svc" says: with its image goes its environment`,
			`prod: service "worker": image of: no other service with the key "none" has an image of its own`,
			`prod: service "worker": variables: image and environment have no names here: they are those of the service "none"`,
		}},
		{Name: "tags", Change: func(c *c) {
			c.Tags, c.Services[0].Tags = map[string]string{"CostCenter": "42", "Team": ""}, map[string]string{"CostCenter": "43", "a b": "x@y"}
		}},
		{Name: "tags that AWS refuses, or that are there", Change: func(c *c) {
			c.Tags = map[string]string{"project": "x", "Environment": "staging", "Cost": "1", "cost": "2", "$": "${x}"}
			c.Services[0].Tags = map[string]string{"COST": "3", "Name": "x"}
			c.Jobs = []stacks.Job{{Key: "report", Name: "report", Schedule: job.Schedule{Expression: "rate(1 hour)"}, Tags: map[string]string{"aws:x": strings.Repeat("v", 257)}}}
		}, Want: []string{
			`prod: tag: "$" is not allowed (letters, digits, spaces and _.:/=+-@)`,
			`prod: tag "$": "${x}" is not allowed (letters, digits, spaces and _.:/=+-@)`,
			`prod: tag: "Cost" and "cost" are the same for IAM`,
			`prod: tag: "Environment" is one that the stack has itself (Environment, ManagedBy, Project, Name)`,
			`prod: tag: "project" is one that the stack has itself (Environment, ManagedBy, Project, Name)`,
			`prod: service "order-bot-svc": tag: "COST" and "Cost" are the same for IAM`,
			`prod: service "order-bot-svc": tag: "COST" and "cost" are the same for IAM`,
			`prod: service "order-bot-svc": tag: "Name" is one that the stack has itself (Environment, ManagedBy, Project, Name)`,
			`prod: job "report": tag "aws:x": "` + strings.Repeat("v", 257) + `" has 257 characters, 256 at most are allowed`,
			`prod: job "report": tag: "aws:x" must not start with "aws:", which AWS keeps for itself`,
		}},
		{Name: "as many ports as a security group takes", Change: func(c *c) { c.Services = services(59) }},
		{Name: "a retention that is not offered", Change: func(c *c) { c.Cluster.LogRetentionDays = 31 }, Want: []string{
			"prod: log retention: 31 days are not offered by CloudWatch Logs (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653)",
		}},
	}
	var all []checktest.Case[stacks.Design]
	for _, of := range cases {
		all = append(all, checktest.Case[stacks.Design]{Name: of.Name, Want: of.Want, Change: func(d *stacks.Design) { of.Change(&d.Environments[0]) }})
	}
	checktest.Run(t, valid, all)
}

func services(count int) (all []stacks.Service) {
	for i := range count {
		all = append(all, stacks.Service{Key: fmt.Sprintf("s%d", i), Name: fmt.Sprintf("service-%d", i), Task: ecs.Task{Port: 8000 + i}, HTTP: alb.HTTP{Priority: i + 1, Health: alb.Health{Path: "/"}}})
	}
	return all
}

// A job is looked at beside the services, with which it shares keys, names, variables and prefixes.
func TestValidateJobs(t *testing.T) {
	type c = stacks.Environment
	with := func(jobs ...stacks.Job) func(*c) { return func(c *c) { c.Jobs = jobs } }
	hourly := job.Schedule{Expression: "rate(1 hour)"}
	command := ecs.Task{Container: ecs.Container{Command: []string{"report"}}}
	cases := []checktest.Case[c]{
		{Name: "one of its own, and one of a service", Change: with(
			stacks.Job{Key: "report", Name: "report", Schedule: hourly}, stacks.Job{Key: "purge", Name: "purge", Service: "svc", Task: command, Schedule: hourly},
		)},
		{Name: "the key and the name of a service", Change: with(stacks.Job{Key: "svc", Name: "order-bot-svc", Task: command, Service: "mgmt", Schedule: hourly}), Want: []string{
			`prod: job "order-bot-svc": key: "svc" is taken by service "order-bot-svc"`, `prod: job "order-bot-svc": name: "order-bot-svc" is taken by service "order-bot-svc"`,
		}},
		{Name: "all problems at once", Change: with(stacks.Job{
			Key: "report", Name: "report", Service: "none", Task: ecs.Task{Port: 8000, MemoryMiB: 300, Requires: []string{"A"}, Container: ecs.Container{Secrets: ecs.Secrets{"A": {}}}},
		}), Want: []string{
			`prod: job "report": port: 8000 is of no use: nobody reaches a job`,
			`prod: job "report": service: no service has the key "none"`,
			`prod: job "report": command: is required with the image of the service "none": it would run the service itself`,
			`prod: job "report": secrets: are those of the service "none": a new one is one of the service, too`,
			`prod: job "report": requires: is what the service "none" says: with its image goes its environment`,
			`prod: job "report": memory: 300 MiB is not offered for 256 CPU units (512, 1024 or 2048)`,
			`prod: job "report": schedule: expression: is required`,
		}},
		{Name: "one before a service", Change: with(stacks.Job{Key: "migrate", Name: "migrate", Before: "svc", Task: command}, stacks.Job{Key: "seed", Name: "seed", Before: "svc", Service: "svc", Task: command})},
		{Name: "one before a service, with what is the deploy's", Change: with(stacks.Job{Key: "migrate", Name: "migrate", Before: "svc", Service: "mgmt", Schedule: hourly}), Want: []string{
			`prod: job "migrate": service: "mgmt" is not allowed beside Before: "svc" (a job that runs before a service has its image)`,
			`prod: job "migrate": schedule: is not allowed beside Before: a deploy runs the job, and nothing else does`,
			`prod: job "migrate": command: is required with the image of the service "mgmt": it would run the service itself`,
		}},
		{Name: "one of a worker that has the image of another service", Change: func(c *c) {
			c.Services = append(c.Services, stacks.Service{Key: "worker", Name: "worker", ImageOf: "svc", Task: command})
			c.Jobs = []stacks.Job{{Key: "report", Name: "report", Service: "worker", Task: command, Schedule: hourly}}
		}, Want: []string{`prod: job "report": service: "worker" has the image of "svc": name that one`}},
		{Name: "one before no service", Change: with(stacks.Job{Key: "migrate", Name: "migrate", Before: "none", Task: command}), Want: []string{`prod: job "migrate": service: no service has the key "none"`}},
		{Name: "a variable that a service has", Change: func(c *c) {
			c.Services[1].Variables.Image = "report_image"
			c.Jobs = []stacks.Job{{Key: "report", Name: "report", Schedule: hourly}}
		}, Want: []string{`prod: job "report": variable or alias "report_image" is taken by service "order-bot-mgmt-svc"`}},
	}
	for _, c := range cases {
		checktest.Run(t, valid, []checktest.Case[stacks.Design]{{Name: c.Name, Change: func(d *stacks.Design) { c.Change(&d.Environments[0]) }, Want: c.Want}})
	}
	checktest.Run(t, valid, []checktest.Case[stacks.Design]{{Name: "a name as that of another environment", Change: func(d *stacks.Design) {
		d.Environments = append(d.Environments, stacks.Environment{Name: "prod-eu"})
		d.Environments[0].Jobs = []stacks.Job{{Key: "report", Name: "eu-report", Schedule: hourly}}
	}, Want: []string{
		`prod: job "eu-report": schedule name: "order-bot-prod-eu-report" begins as the names of environment "prod-eu" do`,
		`prod: job "eu-report": task definition family: "order-bot-prod-eu-report" begins as the names of environment "prod-eu" do`,
	}}})
}

func TestValidateEnvironments(t *testing.T) {
	type c = stacks.Design
	checktest.Run(t, valid, []checktest.Case[c]{
		{Name: "a second one", Change: func(c *c) {
			c.Environments = append(c.Environments, stacks.Environment{Name: "staging", Services: c.Environments[0].Services})
		}},
		{Name: "one with a difference", Change: func(c *c) {
			c.Environments[0].Differences = map[string]func(*stacks.Service){"mgmt": func(s *stacks.Service) { s.Task.MemoryMiB = 300 }}
		}, Want: []string{
			`prod: service "order-bot-mgmt-svc": memory: 300 MiB is not offered for 256 CPU units (512, 1024 or 2048)`,
		}},
		{Name: "one with a difference that changes a map and a list where they are", Change: func(c *c) {
			shared := c.Environments[0].Services
			shared[0].Task.Container.Secrets, shared[0].Task.Sidecars = ecs.Secrets{"A": {}}, []ecs.Sidecar{{Name: "proxy", Image: "proxy:v1"}}
			c.Environments = append([]stacks.Environment{{Name: "staging", Services: shared, Differences: map[string]func(*stacks.Service){"svc": func(s *stacks.Service) {
				s.Task.Container.Secrets["a b"] = ecs.Secret{Parameter: "/a"}
				s.Task.Sidecars[0].Image = "proxy"
			}}}}, c.Environments...)
		}, Want: []string{
			`staging: service "order-bot-svc": sidecar "proxy": image: "proxy" is not allowed (` + ecs.Image.Allowed + `)`,
			`staging: service "order-bot-svc": secrets: "a b" is not allowed (visible ASCII characters without =, ", \, $ and %)`,
		}},
		{Name: "one with a difference of a service that it does not have", Change: func(c *c) {
			c.Environments[0].Differences = map[string]func(*stacks.Service){"mgnt": func(*stacks.Service) {}, "svc": func(s *stacks.Service) { s.Key = "order" }}
		}, Want: []string{
			`prod: differences: no service has the key "mgnt"`,
			`prod: differences: they give "svc" another key, and a service of another key is another service`,
		}},
		{Name: "one twice", Change: func(c *c) { c.Environments = append(c.Environments, c.Environments[0]) }, Want: []string{
			`environment "prod": another stack has this name`,
		}},
		{Name: "two of which one's name begins as the other one's", Change: func(c *c) {
			c.Environments = append(c.Environments, stacks.Environment{Name: "prod-eu", Services: c.Environments[0].Services})
		}},
		{Name: "names of one environment in another one", Change: func(c *c) {
			eu := stacks.Environment{Name: "prod-eu", Services: c.Environments[0].Services}
			c.Environments = []stacks.Environment{eu, {Name: "prod", Services: []stacks.Service{
				{Key: "eu", Name: "eu-order-bot-svc", Task: ecs.Task{Port: 8000}, HTTP: alb.HTTP{Priority: 1, Health: alb.Health{Path: "/"}}}, {Key: "europe", Name: "europe", Task: ecs.Task{Port: 8000}, HTTP: alb.HTTP{Priority: 2, Health: alb.Health{Path: "/"}}},
			}}}
		}, Want: []string{
			`prod: service "eu-order-bot-svc": target group name: "order-bot-prod-eu-tg" begins as the names of environment "prod-eu" do`,
			`prod: service "eu-order-bot-svc": task definition family: "order-bot-prod-eu-order-bot-svc" begins as the names of environment "prod-eu" do`,
		}},
		{Name: "a key that only names of a service with HTTP, or with a role, would have", Change: func(c *c) {
			c.Environments = []stacks.Environment{{Name: "prod-eu"}, {Name: "prod", Services: []stacks.Service{{Key: "eu", Name: "mailer"}}}}
		}},
		{Name: "a role as those of another environment", Change: func(c *c) {
			c.Environments = []stacks.Environment{{Name: "prod-eu"}, {Name: "prod", Services: []stacks.Service{{Key: "eu", Name: "mailer", Task: ecs.Task{Exec: true}}}}}
		}, Want: []string{
			`prod: service "mailer": role name: "order-bot-prod-eu-task" begins as the names of environment "prod-eu" do`,
		}},
		{Name: "moves", Change: func(c *c) {
			c.Moves = []map[string][]stacks.Move{{"prod": {{From: "aws_a.a", To: "aws_a.b"}}}, {"prod": {{From: "aws_a.c", To: "aws_a.d"}}, "global": {{From: "aws_a.a", To: "aws_a.b"}}}}
		}},
		{Name: "moves that would do nothing, or that Terraform refuses", Change: func(c *c) {
			c.Moves = []map[string][]stacks.Move{{"prod": {{From: "aws_a.a", To: "aws_a.b"}}}, {"prdo": nil, "prod": {{From: "aws_a.a", To: "aws_a.c"}, {From: "aws_a.d", To: "aws_a.c"}}}}
		}, Want: []string{
			`moves: there is no stack "prdo" (global, prod): correct the name, or take its rows out if the stack is gone`,
			`moves: prod: "aws_a.a" is moved twice`,
			`moves: prod: two are moved to "aws_a.c"`,
		}},
		{Name: "the name of the shared stack", Change: func(c *c) { c.Environments[0].Name = "global" }, Want: []string{
			`environment "global": another stack has this name`,
		}},
		{Name: "a name that is in no other name", Change: func(c *c) { c.Environments[0].Name = "Prod_1"; c.Environments[0].Services = nil }, Want: []string{
			`Prod_1: name: "Prod_1" is not allowed (a lower-case letter, then lower-case letters, digits and hyphens)`,
			`Prod_1: load balancer name: "order-bot-Prod_1-alb" is not allowed (letters, digits and hyphens, no hyphen at an end)`,
		}},
		{Name: "no name", Change: func(c *c) { c.Environments[0].Name = ""; c.Environments[0].Services = nil }, Want: []string{
			`environment "": name: is required`,
		}},
	})
}

func TestValidateGlobal(t *testing.T) {
	type c = stacks.Design
	checktest.Run(t, valid, []checktest.Case[c]{
		{Name: "repositories", Change: func(c *c) { c.Global.ECR.Repositories = []string{"Order-Bot", "x-y", "x-y"} }, Want: []string{
			`global: repository: "Order-Bot" is not allowed (2 or more lower-case letters and digits, parted by . _ - or /)`,
			`global: repository: "x-y" is listed twice`,
		}},
		{Name: "repositories with one address", Change: func(c *c) { c.Global.ECR.Repositories = []string{"team/svc", "team.svc"} }, Want: []string{
			`global: repository: "team.svc" has the address of "team/svc" (/ and . are - there)`,
		}},
	})
}

// An example is a value that its variable takes.
func TestExampleImages(t *testing.T) {
	design := valid()
	design.Environments[0].Services[0].Name = "OrderBot_-9"
	examples := design.Examples()["prod"]
	for variable, want := range map[string]string{"order_bot_image": "/svc:v1", "mgmt_image": "/order-bot-mgmt-svc:v1"} {
		if got := fmt.Sprint(examples[variable]); !strings.HasSuffix(got, want) {
			t.Errorf("%s is %s, and not %s", variable, got, want)
		}
	}
}

// The network is validated with the others, and its name is taken.
func TestValidateNetwork(t *testing.T) {
	checktest.Run(t, valid, []checktest.Case[stacks.Design]{
		{Name: "a network", Change: func(d *stacks.Design) { d.Network = &stacks.Network{} }},
		{Name: "an environment of that name without one", Change: func(d *stacks.Design) { d.Environments[0].Name = "network" }},
		{Name: "an environment of that name", Change: func(d *stacks.Design) { d.Network, d.Environments[0].Name = &stacks.Network{}, "network" }, Want: []string{
			`environment "network": another stack has this name`,
		}},
		{Name: "nothing to make", Change: func(d *stacks.Design) { d.Network = &stacks.Network{WithoutVPC: true, WithoutCertificates: true} }, Want: []string{
			"network: VPC: without it and without certificates, there is nothing to make: take Network out of the design",
		}},
		{Name: "a range that is too wide", Change: func(d *stacks.Design) { d.Network = &stacks.Network{VPC: network.VPC{CIDR: "10.0.0.0/8"}} }, Want: []string{
			"network: CIDR: /8 is not allowed (/16 to /23)",
		}},
		{Name: "a range of a VPC that there is not", Change: func(d *stacks.Design) {
			d.Network = &stacks.Network{WithoutVPC: true, VPC: network.VPC{CIDR: "10.0.0.0/16"}}
		}, Want: []string{"network: VPC: says something of a VPC that there is not (WithoutVPC)"}},
	})
}
