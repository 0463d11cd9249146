// Package realservices has services of other teams, as entries of a design: what they set is what is set here, under made-up names.
// They are the measure of what a service can be. Tests synthesize all of them, and deploy some.
package realservices

import (
	"slices"

	"github.com/order-bot/infra/modules/alb"
	"github.com/order-bot/infra/modules/ecr"
	"github.com/order-bot/infra/modules/ecs"
	"github.com/order-bot/infra/modules/job"
	"github.com/order-bot/infra/modules/schedule"
	"github.com/order-bot/infra/modules/securitygroup"
	"github.com/order-bot/infra/stacks"
)

// always is one task, round the clock.
var always = schedule.Hours{Always: schedule.Capacity{Min: 1, Max: 1}}

// between lets the load decide, round the clock.
func between(least, most int) schedule.Hours {
	return schedule.Hours{Always: schedule.Capacity{Min: least, Max: most}}
}

// readsQueue is a permission of an application.
var readsQueue = ecs.Permission{
	Actions: []string{"sqs:ReceiveMessage", "sqs:DeleteMessage"}, Resources: []string{"arn:aws:sqs:ap-northeast-1:111122223333:orders"},
}

// Public are those that run without a NAT gateway.
var Public = []stacks.Service{
	{
		Key: "r2", Name: "shop-api",
		Task: ecs.Task{
			Port: 3000, CPU: 512, MemoryMiB: 1024, Exec: true,
			Container:   ecs.Container{Secrets: ecs.Secrets{"DATABASE_URL": {}, "API_KEY": {Parameter: "/shop/api-key"}}},
			Permissions: []ecs.Permission{{Actions: []string{"s3:GetObject", "s3:PutObject"}, Resources: []string{"arn:aws:s3:::shop-uploads/*"}}},
		},
		HTTP:  alb.HTTP{Priority: 1, Health: alb.Health{Path: "/healthz", Codes: "200", IntervalSeconds: 15, TimeoutSeconds: 10}, DomainOf: "r4", Paths: []string{"/api/*"}},
		Hours: between(1, 4), Load: ecs.Load{CPU: 70, Requests: 1000},
	},
	{
		Key: "r3", Name: "thumbnails",
		Task: ecs.Task{
			CPU: 1024, MemoryMiB: 2048, Exec: true, LogRetentionDays: 14,
			Container: ecs.Container{
				Secrets: ecs.Secrets{"QUEUE_TOKEN": {}},
				Health:  ecs.ContainerHealth{Command: []string{"node", "healthy.js"}, StartSeconds: 20},
			},
			Permissions: []ecs.Permission{readsQueue},
		},
		Hours: between(1, 10), Load: ecs.Load{CPU: 60, Memory: 80}, Spot: ecs.Spot{Weight: 3, OnDemandWeight: 1, OnDemandBase: 1},
	},
	{
		Key: "r4", Name: "shop-web",
		Task: ecs.Task{
			Port: 8080, CPU: 512, MemoryMiB: 1024, Exec: true,
			Container: ecs.Container{Secrets: ecs.Secrets{"SESSION_KEY": {SecretsManager: "shop/session"}}},
		},
		HTTP: alb.HTTP{
			Priority: 2, Health: alb.Health{Path: "/up", Codes: "200-299", Healthy: 3, Unhealthy: 5}, MoreDomains: []string{"www"}, DrainSeconds: 30,
		},
		Rollout: ecs.Rollout{GraceSeconds: 120}, Hours: always,
	},
	{
		Key: "r8", Name: "indexer",
		Task:  ecs.Task{CPU: 2048, MemoryMiB: 4096, Container: ecs.Container{Secrets: ecs.Secrets{"SEARCH_URL": {}}}},
		Hours: between(2, 6), Load: ecs.Load{Memory: 75},
	},
	{
		Key: "r9", Name: "importer",
		Task: ecs.Task{CPU: 512, MemoryMiB: 1024, Exec: true, Container: ecs.Container{Secrets: ecs.Secrets{"DATABASE_URL": {}}}},
		// A job that must not run twice.
		Rollout: ecs.Rollout{StopFirst: true}, Spot: ecs.Spot{Weight: 1}, Hours: between(1, 2), Load: ecs.Load{CPU: 50},
	},
	{
		Key: "r12", Name: "status-page", Task: ecs.Task{Port: 8000}, HTTP: alb.HTTP{Priority: 12, Health: alb.Health{Path: "/"}}, Hours: always,
	},
	{
		Key: "r14", Name: "metrics",
		Task: ecs.Task{
			Container: ecs.Container{Secrets: ecs.Secrets{"RELEASE": {Parameter: "/metrics/release"}}, Mounts: map[string]string{"shared": "/shared"}},
			Volumes:   []string{"shared"},
			Sidecars: []ecs.Sidecar{{
				Name: "collector", Image: "public.ecr.aws/example/collector:0.40", Environment: map[string]string{"INTERVAL": "60"}, MayEnd: true,
				Container: ecs.Container{Mounts: map[string]string{"shared": "/in"}, Secrets: ecs.Secrets{"TOKEN": {Parameter: "/metrics/token"}}},
			}},
		},
		Hours: always,
	},
	{
		Key: "r15", Name: "tick", Task: ecs.Task{Container: ecs.Container{Command: []string{"./tick", "--every", "10s"}, EntryPoint: []string{"/bin/sh", "-c"}}},
		Rollout: ecs.Rollout{MinimumPercent: 50, MaximumPercent: 150}, Hours: schedule.Hours{Always: schedule.Capacity{Min: 2, Max: 2}},
	},
	{
		Key: "r18", Name: "crawler",
		Task: ecs.Task{
			CPU: 4096, MemoryMiB: 8192, ARM64: true, Exec: true, Permissions: []ecs.Permission{readsQueue},
			Container: ecs.Container{
				Command: []string{"crawl"}, StopSeconds: 120, Secrets: ecs.Secrets{"PROXY": {}}, After: map[string]string{"router": "START"},
			},
			Sidecars: []ecs.Sidecar{{Name: "router", Image: "public.ecr.aws/aws-observability/aws-for-fluent-bit:arm64-2.32.0", Container: ecs.Container{User: "0"}}},
		},
		Spot: ecs.Spot{Weight: 1}, Hours: always,
	},
	{
		Key: "r21", Name: "greeter", Task: ecs.Task{Port: 8000, ARM64: true}, HTTP: alb.HTTP{Priority: 21, Health: alb.Health{Path: "/"}}, Hours: always,
	},
	{
		Key: "keycloak", Name: "keycloak",
		Task: ecs.Task{
			Port: 8080, CPU: 1024, MemoryMiB: 2048,
			Container: ecs.Container{Command: []string{"start"}, Secrets: ecs.Secrets{"KC_DB_PASSWORD": {}}},
		},
		// Its management interface is at a port that clients do not reach.
		HTTP:    alb.HTTP{Priority: 41, Health: alb.Health{Path: "/health/ready", Port: 9000, Codes: "200"}, StickySeconds: 86400},
		Rollout: ecs.Rollout{GraceSeconds: 180}, Hours: always,
	},
	{
		Key: "bench", Name: "benchmarker", Task: ecs.Task{CPU: 4096, MemoryMiB: 8192, Container: ecs.Container{Init: true, StopSeconds: 120, OpenFiles: 10000}},
		Rollout: ecs.Rollout{MaximumPercent: 300}, Hours: schedule.Hours{Always: schedule.Capacity{Min: 3, Max: 3}},
	},
	{
		Key: "ai", Name: "ai", Task: ecs.Task{CPU: 1024, MemoryMiB: 2048}, Hours: between(1, 4), Load: ecs.Load{CPU: 60, ScaleOutSeconds: 60, ScaleInSeconds: 300},
	},
	{
		Key: "r27", Name: "forms", Task: ecs.Task{Port: 8000}, HTTP: alb.HTTP{Priority: 27, Health: alb.Health{Path: "/"}}, Hours: always,
	},
}

// Plain are those without a domain of their own, which the load balancer tells apart by path, and which reach one another by private names.
var Plain = []stacks.Service{
	{
		Key: "r1", Name: "orders",
		Task: ecs.Task{Port: 8000, Exec: true, Container: ecs.Container{Secrets: ecs.Secrets{"DATABASE_URL": {}}}},
		HTTP: alb.HTTP{Priority: 1, Health: alb.Health{Path: "/orders/health"}, Paths: []string{"/orders/*"}}, PrivateName: "orders", Hours: always,
	},
	{
		Key: "r5", Name: "stock",
		Task: ecs.Task{Port: 8001, Exec: true, Container: ecs.Container{Secrets: ecs.Secrets{"DATABASE_URL": {}}}},
		HTTP: alb.HTTP{Priority: 5, Health: alb.Health{Path: "/stock/health"}, Paths: []string{"/stock/*"}}, PrivateName: "stock", Hours: always,
	},
	{
		Key: "r7", Name: "front", Task: ecs.Task{Port: 8002, Exec: true}, HTTP: alb.HTTP{Priority: 1000, Health: alb.Health{Path: "/"}, Paths: []string{"/*"}},
		PrivateName: "front", Hours: always,
	},
	{
		Key: "r17", Name: "worker",
		Task: ecs.Task{
			Port: 9000, CPU: 1024, MemoryMiB: 2048, Exec: true,
			Container: ecs.Container{Command: []string{"work"}, Secrets: ecs.Secrets{"TOKEN": {}}, After: map[string]string{"proxy": "HEALTHY"}},
			Sidecars: []ecs.Sidecar{{
				Name: "proxy", Image: "public.ecr.aws/example/proxy:1.2", Port: 9001, Container: ecs.Container{Health: ecs.ContainerHealth{Command: []string{"/healthy"}}},
			}},
			LogRouter:   ecs.LogRouter{Image: "public.ecr.aws/aws-observability/aws-for-fluent-bit:2.32.0", Options: map[string]string{"Name": "s3", "bucket": "logs", "region": "ap-northeast-1"}},
			Permissions: []ecs.Permission{{Actions: []string{"s3:PutObject"}, Resources: []string{"arn:aws:s3:::logs/*"}}},
		},
		HTTP: alb.HTTP{Priority: 17, Health: alb.Health{Path: "/work/health"}, Paths: []string{"/work/*"}, Sidecar: "proxy"}, Spot: ecs.Spot{Weight: 1},
		Hours: schedule.Hours{Always: schedule.Capacity{Min: 3, Max: 3}},
	},
	{
		Key: "r30", Name: "cache", Task: ecs.Task{Port: 6379}, PrivateName: "cache", Rollout: ecs.Rollout{ZoneRebalancing: true}, Hours: always,
	},
	{
		// Rows and vectors, at a port each.
		Key: "vectors", Name: "vectors", Task: ecs.Task{Port: 6333, CPU: 512, MemoryMiB: 1024}, PrivateName: "vectors", Network: securitygroup.Network{MorePorts: []int{6334}}, Hours: always,
	},
}

// PlainJobs are those among them that are started at times.
var PlainJobs = []stacks.Job{
	{
		Key: "r11", Name: "nightly",
		Task: ecs.Task{
			Exec: true, LogRetentionDays: 14,
			Container: ecs.Container{Command: []string{"./nightly", "--all"}, EntryPoint: []string{"/bin/sh", "-c"}, Secrets: ecs.Secrets{"DATABASE_URL": {}}},
		},
		Schedule: job.Schedule{Expression: "cron(30 3 * * ? *)", Timezone: "Asia/Tokyo"}, Spot: true,
	},
}

// Private are those that run in private subnets.
var Private = []stacks.Service{
	{
		Key: "r13", Name: "billing", Task: ecs.Task{Port: 8000, Role: "billing-task"}, HTTP: alb.HTTP{Priority: 13, Health: alb.Health{Path: "/health"}},
		Rollout: ecs.Rollout{WithoutRollback: true}, Hours: always,
	},
	{
		Key: "r19", Name: "reports",
		Task: ecs.Task{Port: 8000, CPU: 1024, MemoryMiB: 4096, Role: "reports-task", Container: ecs.Container{Command: []string{"gunicorn", "reports.wsgi"}}},
		HTTP: alb.HTTP{Priority: 19, Health: alb.Health{Path: "/health"}}, Rollout: ecs.Rollout{WithoutRollback: true}, Hours: always,
	},
	{
		Key: "r20", Name: "accounts",
		Task: ecs.Task{
			Port: 8000, Exec: true, SecurityGroupIDs: []string{"sg-0123456789abcdef0"}, Permissions: []ecs.Permission{readsQueue},
			Container: ecs.Container{Secrets: ecs.Secrets{"DATABASE_URL": {}}},
		},
		HTTP: alb.HTTP{Priority: 20, Health: alb.Health{Path: "/health"}}, Rollout: ecs.Rollout{GraceSeconds: 300, WithoutRollback: true}, Tags: map[string]string{"Team": "accounts"},
		Hours: always,
	},
	{
		Key: "r22", Name: "ledger",
		Task: ecs.Task{
			Port: 8000, CPU: 512, MemoryMiB: 2048, Permissions: []ecs.Permission{readsQueue},
			Container: ecs.Container{Secrets: ecs.Secrets{"DB_PASSWORD": {SecretsManager: "ledger/db", JSONKey: "password"}}},
		},
		HTTP: alb.HTTP{Priority: 22, Health: alb.Health{Path: "/health"}}, Rollout: ecs.Rollout{ZoneRebalancing: true, WithoutRollback: true}, Tags: map[string]string{"Team": "ledger"},
		Hours: always,
	},
	{
		Key: "r24", Name: "gateway",
		Task: ecs.Task{
			Port: 8000, Role: "gateway-task",
			Container: ecs.Container{ReadOnly: true, Secrets: ecs.Secrets{"SIGNING_KEY": {KMSKeyARN: "arn:aws:kms:ap-northeast-1:111122223333:key/11111111-2222-3333-4444-555555555555"}}},
		},
		HTTP: alb.HTTP{Priority: 24, Health: alb.Health{Path: "/health"}}, Tags: map[string]string{"Team": "gateway"}, Hours: always,
	},
	{
		Key: "r25", Name: "search",
		Task: ecs.Task{
			Port: 8000, CPU: 2048, MemoryMiB: 8192, Exec: true, SecurityGroupIDs: []string{"sg-0123456789abcdef0"}, Permissions: []ecs.Permission{readsQueue},
			Container: ecs.Container{Secrets: ecs.Secrets{"INDEX_URL": {}}, After: map[string]string{"assets": "SUCCESS"}, Mounts: map[string]string{"assets": "/assets"}},
			Volumes:   []string{"assets"},
			Sidecars: []ecs.Sidecar{{
				Name: "assets", Image: "111122223333.dkr.ecr.ap-northeast-1.amazonaws.com/search-assets:v7", MayEnd: true, Container: ecs.Container{Mounts: map[string]string{"assets": "/out"}},
			}},
		},
		HTTP: alb.HTTP{Priority: 25, Health: alb.Health{Path: "/health"}}, Rollout: ecs.Rollout{GraceSeconds: 600, WithoutRollback: true},
		Spot: ecs.Spot{Weight: 1}, Tags: map[string]string{"Team": "search"}, Hours: always,
	},
	{
		Key: "transfer", Name: "transfer",
		Task: ecs.Task{
			Port: 9000, CPU: 1024, MemoryMiB: 3072, Volumes: []string{"sensor"},
			Container: ecs.Container{
				EntryPoint: []string{"/sensor/sensor", "daemon", "--", "/bin/sh", "-c", "transfer -Dsecret.key=$SECRET_KEY"}, LogPattern: `^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}`,
				Secrets: ecs.Secrets{"SECRET_KEY": {Parameter: "/transfer/key"}}, After: map[string]string{"sensor": "COMPLETE"}, Mounts: map[string]string{"sensor": "/sensor"},
				PullSecret: "registries/docker-hub",
			},
			Sidecars: []ecs.Sidecar{
				{Name: "sensor", Image: "registry.example.com/sensor:v1", MayEnd: true, Container: ecs.Container{PullSecret: "registries/sensor", Mounts: map[string]string{"sensor": "/sensor"}}},
				{Name: "collector", Image: "public.ecr.aws/example/collector:0.40", MemoryMiB: 512, Container: ecs.Container{Labels: map[string]string{"com.datadoghq.tags.service": "transfer"}}},
			},
		},
		HTTP: alb.HTTP{Priority: 9, Health: alb.Health{Path: "/"}}, Hours: always,
	},
	{
		Key: "r26", Name: "intake",
		Task: ecs.Task{
			Port: 8443, Permissions: []ecs.Permission{{Actions: []string{"s3:PutObject"}, Resources: []string{"arn:aws:s3:::intake/*"}}},
			Container: ecs.Container{Command: []string{"serve"}, User: "1000:1000", WorkingDirectory: "/srv"},
		},
		HTTP: alb.HTTP{Priority: 26, Health: alb.Health{Path: "/health"}, HTTPS: true}, Hours: always,
	},
}

// PrivateJobs are those among them that are started at times.
var PrivateJobs = []stacks.Job{
	{
		Key: "r28", Name: "statements",
		Task: ecs.Task{
			Permissions: []ecs.Permission{{Actions: []string{"s3:PutObject"}, Resources: []string{"arn:aws:s3:::statements/*"}}},
			Container:   ecs.Container{Command: []string{"python", "statements.py"}, Secrets: ecs.Secrets{"DB_PASSWORD": {SecretsManager: "ledger/db", JSONKey: "password"}}},
		},
		Schedule: job.Schedule{Expression: "rate(12 hours)"}, Tags: map[string]string{"Team": "ledger"},
	},
	{
		Key: "tidy", Name: "transfer-tidy", Service: "transfer", Task: ecs.Task{Container: ecs.Container{Command: []string{"tidy"}}, Permissions: []ecs.Permission{readsQueue}},
		Schedule: job.Schedule{Expression: "cron(0 4 * * ? *)", Timezone: "UTC"},
	},
}

// Design has all of them: an environment without NAT, one without a domain, and one with private subnets.
var Design = stacks.Design{
	Global: stacks.Global{ECR: ecr.Config{Repositories: []string{"shop"}}},
	Environments: []stacks.Environment{
		{Name: "public", Services: Public, Cluster: ecs.Cluster{PublicTasks: true, WithoutInsights: true, ManagedTags: true}},
		{
			Name: "plain", Services: Plain, Jobs: PlainJobs, Balancer: alb.Balancer{WithoutDomain: true}, Cluster: ecs.Cluster{PublicTasks: true, ManagedTags: true},
			Groups: securitygroup.Groups{Egress: []securitygroup.Egress{{Port: 443, CIDR: "0.0.0.0/0"}}},
		},
		{Name: "private", Services: Private, Jobs: PrivateJobs, Groups: securitygroup.Groups{Endpoints: true}, Balancer: alb.Balancer{Internal: true}, Tags: map[string]string{"CostCenter": "shop"}},
	},
}

// Changed is the same design after a day's work on some of the services and a job.
func Changed() stacks.Design {
	changed := Design
	changed.Environments = slices.Clone(Design.Environments)
	changed.Environments[0].Differences = map[string]func(*stacks.Service){
		"r2":  func(s *stacks.Service) { s.Task.CPU, s.Task.MemoryMiB, s.HTTP.Health.Codes = 1024, 2048, "200-299" },
		"r3":  func(s *stacks.Service) { s.Load, s.Spot = ecs.Load{CPU: 50}, ecs.Spot{Weight: 1, OnDemandWeight: 1} },
		"r9":  func(s *stacks.Service) { s.Rollout = ecs.Rollout{MinimumPercent: 50} },
		"r14": func(s *stacks.Service) { s.Task.Sidecars, s.Task.Container.Mounts, s.Task.Volumes = nil, nil, nil },
	}
	changed.Environments[1].Differences = map[string]func(*stacks.Service){
		"r5": func(s *stacks.Service) { s.PrivateName = "" },
		"r7": func(s *stacks.Service) { s.HTTP.Paths = []string{"/front/*", "/"} },
	}
	changed.Environments[2].Differences = map[string]func(*stacks.Service){
		"r20": func(s *stacks.Service) { s.Task.Exec = false },
		"r22": func(s *stacks.Service) { s.Task.Container.Secrets, s.Task.Container.Command = nil, []string{"serve"} },
	}
	later := slices.Clone(PlainJobs)
	later[0].Schedule, later[0].Spot = job.Schedule{Expression: "cron(0 6 ? * MON-FRI *)", Timezone: "Asia/Tokyo", Off: true}, false
	changed.Environments[1].Jobs = later
	return changed
}
