// Package options has a design for each option: how it is written, and, in ../__snapshots__/options, what it changes in the JSON
// of its stack. The end-to-end tests deploy each of them, and go back.
package options

import (
	"slices"
	"strings"

	"github.com/order-bot/infra/modules/alarms"
	"github.com/order-bot/infra/modules/alb"
	"github.com/order-bot/infra/modules/discovery"
	"github.com/order-bot/infra/modules/ecr"
	"github.com/order-bot/infra/modules/ecs"
	jobs "github.com/order-bot/infra/modules/job"
	"github.com/order-bot/infra/modules/s3"
	"github.com/order-bot/infra/modules/schedule"
	"github.com/order-bot/infra/modules/securitygroup"
	"github.com/order-bot/infra/stacks"
	hcl "github.com/order-bot/infra/stacks/adoption"
)

// Recorded is the design that the options change, as it was when they were written. The design that is live may have other services by now.
var Recorded = stacks.Design{
	Global: stacks.Global{ECR: ecr.Config{Repositories: []string{"order-bot-svc", "order-bot-mgmt-svc", "order-bot-frontend"}}},
	Environments: []stacks.Environment{{Name: "prod", Services: []stacks.Service{
		{
			Key: "svc", Name: "order-bot-svc", Alias: "orderbot_alias", HTTP: alb.HTTP{Priority: 20, Health: alb.Health{Path: "/chat/menu/health"}},
			Variables: stacks.Variables{Domain: "orderbot_domain", Image: "order_bot_image", Port: "order_bot_port", Environment: "order_bot_environment"},
			Task:      ecs.Task{Port: 8000, Requires: []string{"HOST", "PORT", "ROOT_PATH", "IS_PRODUCTION", "DATABASE_URL", "DATABASE_SCHEMA", "SEED_MENU", "MISTRAL_API_KEY", "MISTRAL_MODEL"}},
		},
		{
			Key: "mgmt", Name: "order-bot-mgmt-svc", Alias: "orderbot_mgmt_alias", Task: ecs.Task{Port: 8080}, HTTP: alb.HTTP{Priority: 10, Health: alb.Health{Path: "/health"}},
			Variables: stacks.Variables{Domain: "orderbot_mgmt_domain", Image: "order_bot_mgmt_image", Port: "order_bot_mgmt_port", Environment: "order_bot_mgmt_environment"},
		},
	}}},
	Moves: []map[string][]stacks.Move{hcl.Moves},
}

// New is the recorded design, to be changed.
func New() *stacks.Design {
	design := Recorded
	design.Global.ECR.Repositories = slices.Clone(design.Global.ECR.Repositories)
	design.Environments = slices.Clone(design.Environments)
	design.Environments[0].Services = slices.Clone(design.Environments[0].Services)
	return &design
}

// Option is a change of the recorded design.
type Option struct {
	// Of is the field that it changes, such as "HTTP.Priority". What says more, where one change is not enough.
	Of, What string
	// Also are more fields that it changes.
	Also []string
	// Design makes the change.
	Design func(*stacks.Design)
}

// Name is what the option is called.
func (o Option) Name() string { return strings.TrimSpace(o.Of + " " + o.What) }

// BucketOfLogs is there before a design names it.
const BucketOfLogs = "order-bot-logs"

// svc changes the first service.
func svc(change func(*stacks.Service)) func(*stacks.Design) {
	return func(d *stacks.Design) { change(&d.Environments[0].Services[0]) }
}

// mgmtSvc changes the second service.
func mgmtSvc(change func(*stacks.Service)) func(*stacks.Design) {
	return func(d *stacks.Design) { change(&d.Environments[0].Services[1]) }
}

// exchanged lets the two services exchange something.
func exchanged[T any](of func(*stacks.Service) *T) func(*stacks.Design) {
	return func(d *stacks.Design) {
		a, b := of(&d.Environments[0].Services[0]), of(&d.Environments[0].Services[1])
		*a, *b = *b, *a
	}
}

// All are the options of each stack.
var All = map[string][]Option{
	"global": {
		{Of: "ECR.KeepImages", Design: func(d *stacks.Design) { d.Global.ECR.KeepImages = 30 }},
		{Of: "ECR.KeepImages", What: "lowered", Design: func(d *stacks.Design) { d.Global.ECR.KeepImages = 10 }},
		{Of: "ECR.KeepDeployed", Design: func(d *stacks.Design) { d.Global.ECR.KeepDeployed = 50 }},
		{Of: "ECR.KeepTagged", Design: func(d *stacks.Design) { d.Global.ECR.KeepTagged = "keep-" }},
		{Of: "ECR.KeepAll", Design: func(d *stacks.Design) { d.Global.ECR.KeepAll = true }},
		{Of: "ECR.Immutable", Also: []string{"ECR.WithoutScan"}, Design: func(d *stacks.Design) {
			d.Global.ECR.Immutable, d.Global.ECR.WithoutScan = true, true
		}},
		{Of: "Global.Alarms", Also: []string{"Alarms.Readers", "Alarms.ErrorPercent", "Alarms.CertificateDays"}, Design: func(d *stacks.Design) {
			d.Global.Alarms = &alarms.Frontend{Readers: []string{"team"}, ErrorPercent: 10, CertificateDays: 14}
		}},
		{Of: "Cache.Seconds", Also: []string{"Cache.Name", "Headers.Values", "Headers.Name", "Frontend.WithoutCompression", "Frontend.ManyPages", "Frontend.LogBucket", "Frontend.LogPrefix"}, Design: func(d *stacks.Design) {
			d.Global.Frontend = s3.Config{
				ManyPages: true, LogBucket: BucketOfLogs, LogPrefix: "frontend",
				Cache: s3.Cache{Seconds: 300, Name: "five-minutes"}, WithoutCompression: true,
				Headers: s3.Headers{Values: map[string]string{"Cache-Control": "public, max-age=300"}, Name: "five-minutes"},
			}
		}},
		{Of: "Frontend.WebACLARN", Also: []string{"Frontend.IPv6", "Frontend.StrictFiles", "Frontend.RedirectDomain"}, Design: func(d *stacks.Design) {
			d.Global.Frontend = s3.Config{
				IPv6: true, StrictFiles: true, RedirectDomain: true,
				WebACLARN: "arn:aws:wafv2:us-east-1:123456789012:global/webacl/frontend/11111111-2222-3333-4444-555555555555",
			}
		}},
		{Of: "Frontend.Previews", Design: func(d *stacks.Design) { d.Global.Frontend.Previews = true }},
		{Of: "Headers.WithoutSecurity", Design: func(d *stacks.Design) { d.Global.Frontend.Headers.WithoutSecurity = true }},
		{Of: "ECR.Repositories", Design: func(d *stacks.Design) {
			d.Global.ECR.Repositories = append(d.Global.ECR.Repositories, "order-bot-report-svc")
		}},
	},
	"prod": {
		{Of: "Environment.Services", What: "one more", Design: func(d *stacks.Design) {
			d.Environments[0].Services = append(d.Environments[0].Services, stacks.Service{Key: "report", Name: "order-bot-report-svc", Task: ecs.Task{Port: 9000}, HTTP: alb.HTTP{Priority: 30, Version: "GRPC", Health: alb.Health{Path: "/grpc.health.v1.Health/Check"}}})
		}},
		{Of: "Cluster.LogRetentionDays", Design: func(d *stacks.Design) { d.Environments[0].Cluster.LogRetentionDays = 60 }},
		{Of: "Cluster.LogRetentionDays", What: "lowered", Design: func(d *stacks.Design) { d.Environments[0].Cluster.LogRetentionDays = 7 }},
		{Of: "Service.Key", Design: svc(func(s *stacks.Service) { s.Key = "order" })},
		{Of: "Service.Name", Design: svc(func(s *stacks.Service) { s.Name = "order-bot-chat-svc" })},
		{Of: "Variables.Domain", Design: svc(func(s *stacks.Service) { s.Variables.Domain = "svc_domain" })},
		{Of: "Variables.Image", Design: svc(func(s *stacks.Service) { s.Variables.Image = "svc_image" })},
		{Of: "Variables.Port", Design: svc(func(s *stacks.Service) { s.Variables.Port = "svc_port" })},
		{Of: "Variables.Environment", Design: svc(func(s *stacks.Service) { s.Variables.Environment = "svc_environment" })},
		{Of: "Service.Alias", Design: svc(func(s *stacks.Service) { s.Alias = "svc_alias" })},
		{Of: "Task.Port", Design: svc(func(s *stacks.Service) { s.Task.Port = 9000 })},
		{Of: "Network.PreviousPort", Design: svc(func(s *stacks.Service) { s.Network.PreviousPort = 8000 })},
		{Of: "Task.Requires", Design: svc(func(s *stacks.Service) { s.Task.Requires = append(slices.Clone(s.Task.Requires), "NEW") })},
		{Of: "Health.Path", Design: svc(func(s *stacks.Service) { s.HTTP.Health.Path = "/orderbot/health/chk" })},
		{Of: "HTTP.Priority", Design: svc(func(s *stacks.Service) { s.HTTP.Priority = 30 })},
		{Of: "HTTP.Priority", What: "exchanged", Design: exchanged(func(s *stacks.Service) *int { return &s.HTTP.Priority })},
		{Of: "Task.CPU", Design: svc(func(s *stacks.Service) { s.Task.CPU, s.Task.MemoryMiB = 512, 1024 })},
		{Of: "Task.MemoryMiB", Design: svc(func(s *stacks.Service) { s.Task.MemoryMiB = 1024 })},
		{Of: "Container.Command", Also: []string{
			"Container.EntryPoint", "Container.User", "Container.WorkingDirectory", "Container.ReadOnly", "Container.StopSeconds", "Container.After", "Container.Mounts",
			"ContainerHealth.Command", "ContainerHealth.IntervalSeconds", "ContainerHealth.TimeoutSeconds", "ContainerHealth.Retries", "ContainerHealth.StartSeconds",
			"Task.Sidecars", "Task.Volumes", "Task.ARM64", "Sidecar.Name", "Sidecar.Image", "Sidecar.Port", "Sidecar.Environment", "Sidecar.MayEnd",
		}, Design: svc(func(s *stacks.Service) {
			s.Task.ARM64, s.Task.Volumes = true, []string{"shared"}
			s.Task.Container = ecs.Container{
				Command: []string{"serve"}, EntryPoint: []string{"/entry"}, User: "1000:1000", WorkingDirectory: "/app", ReadOnly: true, StopSeconds: 60,
				After: map[string]string{"files": "SUCCESS"}, Mounts: map[string]string{"shared": "/data"},
				Health: ecs.ContainerHealth{Command: []string{"true"}, IntervalSeconds: 10, TimeoutSeconds: 3, Retries: 2, StartSeconds: 20},
			}
			s.Task.Sidecars = []ecs.Sidecar{{
				Name: "files", Image: "files:arm64-v1", Port: 9100, Environment: map[string]string{"A": "b"}, MayEnd: true, Container: ecs.Container{Mounts: map[string]string{"shared": "/out"}},
			}}
		})},
		{Of: "Secret.Parameter", Also: []string{
			"Secret.SecretsManager", "Secret.JSONKey", "Secret.Version", "Secret.KMSKeyARN", "Task.Exec", "Task.Permissions", "Permission.Actions", "Permission.Resources", "Permission.AnyResource",
		}, Design: mgmtSvc(func(s *stacks.Service) {
			s.Task.Exec = true
			s.Task.Permissions = []ecs.Permission{
				{Actions: []string{"s3:GetObject"}, Resources: []string{"arn:aws:s3:::uploads/*"}}, {Actions: []string{"ses:SendEmail"}, AnyResource: true},
			}
			s.Task.Container.Secrets = ecs.Secrets{
				"BY_NAME": {}, "SHARED": {Parameter: "/shared/key", KMSKeyARN: "arn:aws:kms:ap-northeast-1:123456789012:key/11111111-2222-3333-4444-555555555555"},
				"DB": {SecretsManager: "prod/db", JSONKey: "password", Version: "11111111-2222-3333-4444-555555555555"},
			}
		})},
		{Of: "Container.Init", Also: []string{"Container.Labels", "Container.LogPattern", "Container.PullSecret", "Container.ReadOnlyMounts", "Sidecar.MemoryMiB"}, Design: svc(func(s *stacks.Service) {
			s.Task.Volumes = []string{"site"}
			s.Task.Container = ecs.Container{
				Init: true, Labels: map[string]string{"com.datadoghq.ad.check_names": `["nginx"]`}, LogPattern: `^\d{4}-\d{2}-\d{2}`, PullSecret: "registries/docker-hub",
				Mounts: map[string]string{"site": "/site"},
			}
			s.Task.Sidecars = []ecs.Sidecar{{
				Name: "agent", Image: "agent:7", MemoryMiB: 128, Container: ecs.Container{Mounts: map[string]string{"site": "/site"}, ReadOnlyMounts: []string{"site"}},
			}}
		})},
		{Of: "LogRouter.Image", Also: []string{"LogRouter.Options", "LogRouter.Secrets", "Service.ImageOf"}, Design: func(d *stacks.Design) {
			svc(func(s *stacks.Service) {
				s.Task.LogRouter = ecs.LogRouter{Image: "fluent-bit:2", Options: map[string]string{"Name": "datadog"}, Secrets: ecs.Secrets{"apikey": {}}}
			})(d)
			mgmtSvc(func(s *stacks.Service) {
				s.ImageOf, s.Variables.Image, s.Variables.Environment, s.Task.Container.Command = "svc", "", "", []string{"work"}
			})(d)
		}},
		{Of: "Balancer.IdleSeconds", Also: []string{"Balancer.DeletionProtection", "Balancer.LogBucket", "Balancer.LogPrefix", "HTTP.StickySeconds"}, Design: func(d *stacks.Design) {
			d.Environments[0].Balancer = alb.Balancer{IdleSeconds: 120, DeletionProtection: true, LogBucket: BucketOfLogs, LogPrefix: "prod"}
			svc(func(s *stacks.Service) { s.HTTP.StickySeconds = 3600 })(d)
		}},
		{Of: "Balancer.Internal", Design: func(d *stacks.Design) { d.Environments[0].Balancer.Internal = true }},
		{Of: "Task.StorageGiB", Also: []string{"Container.OpenFiles"}, Design: svc(func(s *stacks.Service) { s.Task.StorageGiB, s.Task.Container.OpenFiles = 30, 100000 })},
		{Of: "HTTP.TargetGroup", Design: svc(func(s *stacks.Service) { s.HTTP.TargetGroup = "another-tg" })},
		{Of: "Service.AliasByLabel", Design: svc(func(s *stacks.Service) { s.AliasByLabel = true })},
		{Of: "Service.PrivateName", What: "with other names", Also: []string{
			"Names.Namespace", "Names.Description", "Names.TTLSeconds", "Names.WithoutHealth", "Names.NameContainer", "Network.MorePorts",
		}, Design: func(d *stacks.Design) {
			mgmtSvc(func(s *stacks.Service) { s.PrivateName, s.Network.MorePorts = "mgmt", []int{9090} })(d)
			d.Environments[0].Names = discovery.Names{Namespace: "internal", Description: "Private", TTLSeconds: 30, WithoutHealth: true, NameContainer: true}
		}},
		{Of: "Service.PrivateName", Design: mgmtSvc(func(s *stacks.Service) { s.PrivateName = "mgmt" })},
		{Of: "Groups.Endpoints", Also: []string{"Groups.Egress", "Egress.Port", "Egress.CIDR"}, Design: func(d *stacks.Design) {
			d.Environments[0].Groups = securitygroup.Groups{Endpoints: true, Egress: []securitygroup.Egress{{Port: 443, CIDR: "0.0.0.0/0"}}}
		}},
		{Of: "Task.Role", Design: svc(func(s *stacks.Service) { s.Task.Role = "shared-task" })},
		{Of: "Health.Codes", Also: []string{"Health.Port", "Health.IntervalSeconds", "Health.TimeoutSeconds", "Health.Healthy", "Health.Unhealthy", "HTTP.Paths", "HTTP.SourceIPs", "HTTP.DrainSeconds"}, Design: svc(func(s *stacks.Service) {
			s.HTTP.Health = alb.Health{Path: "/health", Port: 9000, Codes: "200-299,401", IntervalSeconds: 10, TimeoutSeconds: 4, Healthy: 3, Unhealthy: 5}
			s.HTTP.Paths, s.HTTP.SourceIPs, s.HTTP.DrainSeconds = []string{"/api/*"}, []string{"203.0.113.0/24"}, 30
		})},
		{Of: "HTTP.MoreDomains", Also: []string{"Task.FileSystems", "FileSystem.ID", "FileSystem.AccessPoint", "FileSystem.IAM"}, Design: svc(func(s *stacks.Service) {
			s.HTTP.MoreDomains = []string{"www"}
			s.Task.FileSystems = map[string]ecs.FileSystem{"files": {ID: "fs-0123456789abcdef0", AccessPoint: "fsap-0123456789abcdef0", IAM: true}, "rest": {ID: "fs-0123456789abcdef0"}}
			s.Task.Container.Mounts = map[string]string{"files": "/files", "rest": "/rest"}
			s.Task.Role = "shared-task"
		})},
		{Of: "HTTP.DomainOf", Design: mgmtSvc(func(s *stacks.Service) { s.HTTP.DomainOf, s.HTTP.Paths = "svc", []string{"/mgmt/*"} })},
		{Of: "HTTP.Balancing", Design: svc(func(s *stacks.Service) { s.HTTP.Balancing = "least_outstanding_requests" })},
		{Of: "HTTP.StickySeconds", What: "off", Design: svc(func(s *stacks.Service) { s.HTTP.StickySeconds = -1 })},
		{Of: "HTTP.HTTPS", Also: []string{"HTTP.Version"}, Design: svc(func(s *stacks.Service) { s.HTTP.HTTPS, s.HTTP.Version = true, "HTTP2" })},
		{Of: "Service.HTTP", What: "gone", Design: svc(func(s *stacks.Service) { s.HTTP = alb.HTTP{} })},
		{Of: "Rollout.MinimumPercent", Also: []string{"Rollout.MaximumPercent", "Rollout.GraceSeconds", "Rollout.ZoneRebalancing"}, Design: svc(func(s *stacks.Service) {
			s.Rollout = ecs.Rollout{MinimumPercent: 50, MaximumPercent: 300, GraceSeconds: 120, ZoneRebalancing: true}
			s.Hours.Day = schedule.Capacity{Min: 2, Max: 2}
		})},
		{Of: "Rollout.WithoutRollback", Design: svc(func(s *stacks.Service) { s.Rollout.WithoutRollback = true })},
		{Of: "Rollout.StopFirst", Design: mgmtSvc(func(s *stacks.Service) { s.Rollout.StopFirst = true })},
		{Of: "Load.CPU", Also: []string{"Load.Memory", "Load.Requests", "Load.ScaleOutSeconds", "Load.ScaleInSeconds"}, Design: svc(func(s *stacks.Service) {
			s.Hours.Day, s.Load = schedule.Capacity{Min: 1, Max: 4}, ecs.Load{CPU: 60, Memory: 70, Requests: 1000, ScaleOutSeconds: 60, ScaleInSeconds: 600}
		})},
		{Of: "Spot.Weight", Also: []string{"Spot.OnDemandWeight", "Spot.OnDemandBase"}, Design: svc(func(s *stacks.Service) { s.Spot = ecs.Spot{Weight: 3, OnDemandWeight: 1, OnDemandBase: 1} })},
		{Of: "Hours.Windows", Also: []string{"Hours.Timezone", "Window.Up", "Window.Down"}, Design: svc(func(s *stacks.Service) {
			s.Hours.Windows = []schedule.Window{{Up: "cron(0 9 ? * MON-FRI *)", Down: "cron(0 12 ? * MON-FRI *)"}, {Up: "cron(0 14 ? * MON-FRI *)", Down: "cron(0 20 ? * MON-FRI *)"}}
			s.Hours.Timezone = "Europe/Berlin"
		})},
		{Of: "Hours.Always", Design: svc(func(s *stacks.Service) { s.Hours = schedule.Hours{Always: schedule.Capacity{Min: 1, Max: 1}} })},
		{Of: "Service.Tags", Also: []string{"Task.LogRetentionDays"}, Design: svc(func(s *stacks.Service) { s.Tags, s.Task.LogRetentionDays = map[string]string{"Team": "chat"}, 60 })},
		{Of: "Environment.Jobs", Also: []string{
			"Job.Key", "Job.Name", "Job.Service", "Job.Task", "Job.Schedule", "Job.Spot", "Job.Tags",
			"Schedule.Expression", "Schedule.Timezone", "Schedule.Retries", "Schedule.MaximumAgeMinutes", "Schedule.Off",
		}, Design: func(d *stacks.Design) {
			command := func(words ...string) ecs.Task { return ecs.Task{Container: ecs.Container{Command: words}} }
			d.Environments[0].Jobs = []stacks.Job{
				{
					Key: "report", Name: "report", Service: "svc", Task: command("echo", "reported"), Spot: true, Tags: map[string]string{"Team": "chat"},
					Schedule: jobs.Schedule{Expression: "cron(44 4 * * ? *)", Timezone: "Asia/Tokyo", Retries: 1, MaximumAgeMinutes: 5},
				},
				{Key: "purge", Name: "purge", Service: "mgmt", Task: command("purge"), Schedule: jobs.Schedule{Expression: "rate(12 hours)", Off: true}},
			}
		}},
		{Of: "Environment.Alarms", Also: []string{"Alarms.Readers", "Alarms.Errors", "Alarms.Minutes", "Alarms.CertificateDays"}, Design: func(d *stacks.Design) {
			d.Environments[0].Alarms = alarms.Alarms{Readers: []string{"team"}, Errors: 20, Minutes: 3, CertificateDays: 14}
			d.Environments[0].Jobs = []stacks.Job{{
				Key: "fails", Name: "fails", Service: "svc", Task: ecs.Task{Container: ecs.Container{Command: []string{"exit", "3"}}},
				Schedule: jobs.Schedule{Expression: "cron(55 5 * * ? *)", Timezone: "Asia/Tokyo"},
			}}
		}},
		{Of: "Rollout.RollbackOnAlarm", Also: []string{"Rollout.IgnoreAlarm"}, Design: func(d *stacks.Design) {
			svc(func(s *stacks.Service) { s.Rollout.RollbackOnAlarm = true })(d)
			d.Environments[0].Alarms = alarms.Alarms{Readers: []string{"team"}}
		}},
		{Of: "Cluster.StoppedTaskDays", Design: func(d *stacks.Design) { d.Environments[0].Cluster.StoppedTaskDays = 14 }},
		{Of: "Cluster.PublicTasks", Also: []string{"Cluster.ManagedTags"}, Design: func(d *stacks.Design) {
			d.Environments[0].Cluster = ecs.Cluster{PublicTasks: true, ManagedTags: true}
		}},
		{Of: "Cluster.WithoutInsights", Design: func(d *stacks.Design) { d.Environments[0].Cluster.WithoutInsights = true }},
		{Of: "Environment.Tags", Design: func(d *stacks.Design) { d.Environments[0].Tags = map[string]string{"CostCenter": "42"} }},
		{Of: "Hours.Day", Design: svc(func(s *stacks.Service) { s.Hours.Day = schedule.Capacity{Min: 2, Max: 4} })},
		{Of: "Capacity.Min", Design: mgmtSvc(func(s *stacks.Service) { s.Hours.Night = schedule.Capacity{Min: 1, Max: 1} })},
		{Of: "Capacity.Max", Design: mgmtSvc(func(s *stacks.Service) { s.Hours.Day.Min, s.Hours.Day.Max = 1, 3 })},
		{Of: "Hours.Night", What: "and day", Design: svc(func(s *stacks.Service) {
			s.Hours.Day, s.Hours.Night = schedule.Capacity{Min: 2, Max: 4}, schedule.Capacity{Min: 1, Max: 1}
		})},
	},
}
