package ecs_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/order-bot/infra/fastjsii"
	"github.com/order-bot/infra/internal/check/checktest"
	"github.com/order-bot/infra/modules/ecs"
)

func TestMain(m *testing.M) { fastjsii.Main(m) }

func valid() ecs.Config {
	return ecs.Config{
		NamePrefix: "order-bot-prod",
		Cluster:    ecs.Cluster{LogRetentionDays: 30},
		Services: []ecs.Service{
			{Key: "svc", Name: "order-bot-svc", Task: ecs.Task{Port: 8000, CPU: 256, MemoryMiB: 512}, Rollout: ecs.Rollout{}.WithDefaults()},
			{Key: "mgmt", Name: "order-bot-mgmt-svc", Task: ecs.Task{Port: 8000, CPU: 256, MemoryMiB: 512}, Rollout: ecs.Rollout{}.WithDefaults()},
		},
	}
}

func TestValidate(t *testing.T) {
	type c = ecs.Config
	checktest.Run(t, valid, []checktest.Case[c]{
		{Name: "nothing", Change: func(c *c) { *c = ecs.Config{} }, Want: []string{
			"log retention: 0 days are not offered by CloudWatch Logs (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653)",
			"name prefix: is required",
		}},
		{Name: "stopped tasks that are kept", Change: func(c *c) { c.Cluster.StoppedTaskDays = 14 }},
		{Name: "retention", Change: func(c *c) { c.Cluster.LogRetentionDays, c.Cluster.StoppedTaskDays = 31, -1 }, Want: []string{
			"log retention: 31 days are not offered by CloudWatch Logs (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653)",
			"stopped task days: -1 days are not offered by CloudWatch Logs (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653)",
		}},
		{Name: "a role name that is too long after prefixing", Change: func(c *c) { c.NamePrefix = strings.Repeat("p", 51); c.Services = nil }, Want: []string{
			`role name: "` + strings.Repeat("p", 51) + `-ecs-task-exec" has 65 characters, 64 at most are allowed`,
			`role name: "` + strings.Repeat("p", 51) + `-ecs-task-role" has 65 characters, 64 at most are allowed`,
		}},
		{Name: "a shell in a container that nothing can be written to", Change: func(c *c) { c.Services[0].Task.Exec, c.Services[0].Task.Container.ReadOnly = true, true }, Want: []string{
			`service "order-bot-svc": exec: nobody can enter a container whose root file system is read-only: take Exec or ReadOnly out`,
		}},
		{Name: "a rollout that goes back by an alarm", Change: func(c *c) {
			c.Services[0].Rollout.RollbackOnAlarm, c.Services[0].Balanced, c.Services[0].Watched = true, true, true
		}},
		{Name: "a rollout that goes back by an alarm that there is not", Change: func(c *c) {
			c.Services[0].Rollout.RollbackOnAlarm, c.Services[0].Balanced = true, true
			c.Services[1].Rollout.RollbackOnAlarm, c.Services[1].Watched = true, true
			c.Services = append(c.Services, c.Services[1])
			c.Services[2].Key, c.Services[2].Name, c.Services[2].Rollout.WithoutRollback = "x", "x", true
			c.Services = append(c.Services, c.Services[1])
			c.Services[3].Key, c.Services[3].Name, c.Services[3].Rollout.IgnoreAlarm = "y", "y", true
		}, Want: []string{
			`service "order-bot-svc": rollback on alarm: there is no alarm of errors: set Alarms of the environment, or take this out where it has none (Differences)`,
			`service "order-bot-mgmt-svc": rollback on alarm: there is no alarm of errors: no load balancer counts those of a service without HTTP`,
			`service "x": rollback on alarm: the rollout is without rollback: only one of the two is possible`,
			`service "y": rollback on alarm: it stands beside ignore alarm: only one of the two is possible`,
		}},
		{Name: "an order that ECS takes", Change: func(c *c) {
			c.Services[0].Task.Container.After = map[string]string{"files": "SUCCESS", "proxy": "HEALTHY", "plain": "START"}
			c.Services[0].Task.Sidecars = []ecs.Sidecar{
				{Name: "files", Image: "a:v1", MayEnd: true}, {Name: "plain", Image: "a:v1", Container: ecs.Container{After: map[string]string{"files": "COMPLETE"}}},
				{Name: "proxy", Image: "a:v1", Container: ecs.Container{Health: ecs.ContainerHealth{Command: []string{"true"}}}},
			}
		}},
		{Name: "orders that ECS refuses", Change: func(c *c) {
			c.Services[0].Task.Container.After = map[string]string{"a": "SUCCESS", "b": "HEALTHY"}
			c.Services[0].Task.Sidecars = []ecs.Sidecar{
				{Name: "a", Image: "a:v1", Container: ecs.Container{After: map[string]string{"b": "START"}}}, {Name: "b", Image: "b:v1", Container: ecs.Container{After: map[string]string{"order-bot-svc": "START"}}},
			}
		}, Want: []string{
			`service "order-bot-svc": sidecar "a": after: "b" waits for this one, too, and so neither starts`,
			`service "order-bot-svc": sidecar "b": after: "order-bot-svc" waits for this one, too, and so neither starts`,
			`service "order-bot-svc": after: "a" is not waited for to end: the task ends with it, unless it is a sidecar that MayEnd`,
			`service "order-bot-svc": after: "a" waits for this one, too, and so neither starts`,
			`service "order-bot-svc": after: "b" has no Health, and so never is HEALTHY`,
			`service "order-bot-svc": after: "b" waits for this one, too, and so neither starts`,
		}},
		{Name: "what says something of nothing, and what is there twice", Change: func(c *c) {
			task := &c.Services[0].Task
			c.Services[0].Name = "log-router"
			task.Container.Health.IntervalSeconds = 10
			task.Volumes, task.Container.Mounts = []string{"a", "b"}, map[string]string{"a": "/data", "b": "/data"}
			task.Sidecars = []ecs.Sidecar{{Name: "one", Image: "a:v1", Port: 9000}, {Name: "two", Image: "a:v1", Port: 9000}, {Name: "three", Image: "a:v1", Port: 8000}}
			task.LogRouter = ecs.LogRouter{Image: "fluent-bit:2", Options: map[string]string{"Name": "s3", "key": "x", "a b": "y"}, Secrets: ecs.Secrets{"key": {}}}
			c.Services[1].Task.LogRouter.Options = map[string]string{"Name": "s3"}
		}, Want: []string{
			`service "log-router": log router: option: "a b" is not allowed (letters, digits and _.-)`,
			`service "log-router": log router: options: "key" is a secret, too`,
			`service "log-router": log router: its container is named "log-router", as the service is: give the service another name`,
			`service "log-router": sidecar "two": port: 9000 is that of sidecar "one": containers of a task share one network`,
			`service "log-router": sidecar "three": port: 8000 is that of the service: containers of a task share one network`,
			`service "order-bot-mgmt-svc": log router: image: is required: without it there is no log router`,
		}},
		{Name: "mounts and health checks of which nothing comes", Change: func(c *c) {
			task := &c.Services[0].Task
			task.Container.Health.IntervalSeconds = 10
			task.Volumes, task.Container.Mounts = []string{"a", "b", "c"}, map[string]string{"a": "/data", "b": "/data/", "c": "/"}
		}, Want: []string{
			`service "order-bot-svc": container health command: is required: without it there is no check`,
			`service "order-bot-svc": mounts: "/data/" is where volume "a" is: one of the two would not be seen`,
			`service "order-bot-svc": mounts: "/" is not allowed (it begins with /, is not / itself, and has no colon)`,
		}},
		{Name: "a grace that nobody grants", Change: func(c *c) { c.Services[0].Rollout.GraceSeconds = 120 }, Want: []string{
			`service "order-bot-svc": grace: no load balancer checks the health of a service without HTTP`,
		}},
		{Name: "a check in a shell, as others write it", Change: func(c *c) {
			c.Services[0].Task.Container.Health.Command = []string{"CMD-SHELL", "curl -f http://localhost/ || exit 1"}
			c.Services[1].Task.Container.Health = ecs.ContainerHealth{Command: []string{}}
		}, Want: []string{
			`service "order-bot-svc": container health command: "CMD-SHELL" is a word of ECS, and no command: begin with the command, for a shell with "sh", "-c"`,
		}},
		{Name: "actions by what they end with, and services in upper case, as IAM takes them", Change: func(c *c) {
			c.Services[0].Task.Permissions = []ecs.Permission{{Actions: []string{"s3:*Object", "SNS:Publish", "dynamodb:?et*"}, Resources: []string{"arn:aws:s3:::lake/*"}}}
		}},
		{Name: "all actions of a service", Change: func(c *c) {
			c.Services[0].Task.Permissions = []ecs.Permission{{Actions: []string{"s3:**", "s3:?*"}, Resources: []string{"arn:aws:s3:::lake/*"}}}
		}, Want: []string{
			`service "order-bot-svc": permission: action: "s3:**" is not allowed (service:Action, such as "s3:GetObject", and no * for all of a service)`,
			`service "order-bot-svc": permission: action: "s3:?*" is not allowed (service:Action, such as "s3:GetObject", and no * for all of a service)`,
		}},
		{Name: "names of variables that Terraform would read", Change: func(c *c) {
			c.Services[0].Task.Requires = []string{"${A}"}
			c.Services[0].Task.Container.Secrets = ecs.Secrets{`a"b`: {Parameter: "/a"}}
			c.Services[0].Task.Sidecars = []ecs.Sidecar{{Name: "one", Image: "a:v1", Environment: map[string]string{"%{A}": "a", "a.b[0]-c": "b"}}}
		}, Want: []string{
			`service "order-bot-svc": requires: "${A}" is not allowed (visible ASCII characters without =, ", \, $ and %)`,
			`service "order-bot-svc": sidecar "one": environment: "%{A}" is not allowed (visible ASCII characters without =, ", \, $ and %)`,
			`service "order-bot-svc": secrets: "a\"b" is not allowed (visible ASCII characters without =, ", \, $ and %)`,
		}},
		{Name: "quotes where no text of Terraform has them", Change: func(c *c) {
			c.Services[0].Task.Container.Secrets = ecs.Secrets{"A": {SecretsManager: "prod/db", JSONKey: `a"b`}, "B": {SecretsManager: "prod/db", JSONKey: "%{a}"}}
			c.Services[0].Task.Permissions = []ecs.Permission{{Actions: []string{"s3:GetObject"}, Resources: []string{`arn:aws:s3:::a"b`, "arn:aws:s3:::home/${aws:username}/*"}}}
		}, Want: []string{
			`service "order-bot-svc": secret A: JSON key: "a\"b" is not allowed (without : " and \)`,
			`service "order-bot-svc": secret B: JSON key: "%{a}" has ${ or %{, which Terraform takes for its own`,
			`service "order-bot-svc": permission: resource: "arn:aws:s3:::a\"b" is not allowed (an ARN, such as "arn:aws:s3:::bucket/*"; for actions without resources set AnyResource)`,
		}},
		{Name: "secrets that are found by no name", Change: func(c *c) {
			c.Services[0].Task.Container.Secrets = ecs.Secrets{"a:b": {}, "c:d": {Parameter: "/c/d"}, "E": {SecretsManager: "arn:aws:secretsmanager:ap-northeast-1:111122223333:secret:prod/db"}}
		}, Want: []string{
			`service "order-bot-svc": secret E: Secrets Manager: "arn:aws:secretsmanager:ap-northeast-1:111122223333:secret:prod/db" lacks the six characters at its end, and the role could not read it: give the whole ARN, or the name`,
			`service "order-bot-svc": secret a:b: no parameter may have this name (letters, digits and _.-): say which Parameter it is`,
		}},
		{Name: "rollouts in which no task can be replaced", Change: func(c *c) {
			for i := range c.Services {
				c.Services[i].Rollout = ecs.Rollout{MinimumPercent: 50, MaximumPercent: 150}.WithDefaults()
				c.Services[i].Fewest = i + 1
			}
			c.Services = append(c.Services, c.Services[1], c.Services[1])
			c.Services[2].Key, c.Services[2].Name, c.Services[2].Rollout = "x", "x", ecs.Rollout{MinimumPercent: 75, MaximumPercent: 125}.WithDefaults()
			c.Services[3].Key, c.Services[3].Name, c.Services[3].Rollout = "y", "y", ecs.Rollout{StopFirst: true, MaximumPercent: 150}.WithDefaults()
		}, Want: []string{
			`service "order-bot-svc": maximum percent: of 1 task, 50 % at least and 150 % at most let no task be replaced: AWS rounds the least up and the most down`,
			`service "x": maximum percent: of 2 tasks, 75 % at least and 125 % at most let no task be replaced: AWS rounds the least up and the most down`,
			`service "y": stop first: it is 0 and 100 percent, and stands beside 0 and 150: only one of the two is possible`,
		}},
		{Name: "what a container says beside its command", Change: func(c *c) {
			c.Services[0].Task.Container = ecs.Container{
				Init: true, Labels: map[string]string{"traefik.http.routers.a.tls.domains[0].main": "example.com"}, LogPattern: `^\d{4}-`, PullSecret: "registries/docker-hub",
			}
			c.Services[0].Task.Sidecars = []ecs.Sidecar{{Name: "agent", Image: "agent:7", MemoryMiB: 256}}
		}},
		{Name: "what no container can say", Change: func(c *c) {
			task := &c.Services[0].Task
			task.Container = ecs.Container{Labels: map[string]string{"": "a", "a b": "c"}, LogPattern: "(", PullSecret: "/registries/docker hub", Secrets: ecs.Secrets{"PullSecret": {}}}
			task.Sidecars = []ecs.Sidecar{
				{Name: "a", Image: "a:1", MemoryMiB: 5, Container: ecs.Container{PullSecret: "prod/docker-AbCdEf"}}, {Name: "b", Image: "b:1", MemoryMiB: 300}, {Name: "c", Image: "c:1", MemoryMiB: 600},
			}
			c.Services[1].Task.LogRouter = ecs.LogRouter{Image: "fluent-bit:2", Options: map[string]string{"Name": "s3"}}
			c.Services[1].Task.Container.LogPattern = "^a"
		}, Want: []string{
			`service "order-bot-svc": sidecar "a": memory: 5 is not allowed (6 to 512)`,
			`service "order-bot-svc": sidecar "c": memory: 600 is not allowed (6 to 512)`,
			`service "order-bot-svc": sidecars: their 905 MiB leave nothing of the task's 512 for the service`,
			`service "order-bot-svc": sidecar "a": secret PullSecret: Secrets Manager: "prod/docker-AbCdEf" ends like an ARN, and AWS would not find it by its name: give its ARN`,
			`service "order-bot-svc": label: is required`,
			`service "order-bot-svc": label: "a b" is not allowed (letters, digits and _./[]-)`,
			"service \"order-bot-svc\": log pattern: \"(\" is no regular expression: error parsing regexp: missing closing ): `(`",
			`service "order-bot-svc": secret PullSecret: Secrets Manager: "/registries/docker hub" is not allowed (the name of a secret, letters, digits and /_+=.@-, or its ARN)`,
			`service "order-bot-svc": secrets: "PullSecret" is the one that pulls the image: give the variable another name`,
			`service "order-bot-mgmt-svc": log pattern: the log router gets the lines: join them there`,
		}},
		{Name: "as many containers as a task may have", Change: func(c *c) {
			for i := range 9 {
				c.Services[0].Task.Sidecars = append(c.Services[0].Task.Sidecars, ecs.Sidecar{Name: fmt.Sprint("s", i), Image: "a:v1"})
			}
		}},
		{Name: "more containers than a task may have", Change: func(c *c) {
			for i := range 9 {
				c.Services[0].Task.Sidecars = append(c.Services[0].Task.Sidecars, ecs.Sidecar{Name: fmt.Sprint("s", i), Image: "a:v1"})
			}
			c.Services[0].Task.LogRouter = ecs.LogRouter{Image: "fluent-bit:2", Options: map[string]string{"Name": "s3"}}
		}, Want: []string{`service "order-bot-svc": sidecars: the task has 11 containers, 10 at most are allowed`}},
		{Name: "users", Change: func(c *c) {
			c.Services[0].Task.Container.User, c.Services[1].Task.Container.User = "1000:1000", "rabbitmq"
		}},
		{Name: "what is written as elsewhere", Change: func(c *c) {
			container := &c.Services[0].Task.Container
			container.User = "rabbit mq:"
			container.Health.Command = []string{"curl -f http://localhost/"}
			c.Services[0].Task.Volumes, container.Mounts = []string{"data"}, map[string]string{"data": "/data:ro"}
		}, Want: []string{
			`service "order-bot-svc": user: "rabbit mq:" is not allowed (a user or its number, and a group after a colon, such as 1000:1000)`,
			`service "order-bot-svc": container health command: "curl -f http://localhost/" is the name of a program here: give a word each, or begin with "sh", "-c"`,
			`service "order-bot-svc": mounts: "/data:ro" is not allowed (it begins with /, is not / itself, and has no colon)`,
		}},
		{Name: "volumes that a container only reads", Change: func(c *c) {
			task := &c.Services[0].Task
			task.Volumes, task.Container.Mounts, task.Container.ReadOnlyMounts = []string{"a", "b"}, map[string]string{"a": "/a", "b": "/b"}, []string{"b"}
		}},
		{Name: "volumes that it does not read", Change: func(c *c) {
			task := &c.Services[0].Task
			task.Volumes, task.Container.Mounts, task.Container.ReadOnlyMounts = []string{"a", "b"}, map[string]string{"a": "/a"}, []string{"a", "a", "b"}
		}, Want: []string{
			`service "order-bot-svc": read-only mounts: "a" is listed twice`,
			`service "order-bot-svc": read-only mounts: "b" is none of Mounts`,
		}},
		{Name: "a rollout with room for a second one", Change: func(c *c) { c.Services[0].Rollout.MaximumPercent = 300 }},
		{Name: "a rollout without room", Change: func(c *c) { c.Services[0].Rollout.MaximumPercent = 99 }, Want: []string{
			`service "order-bot-svc": maximum percent: 99 is not allowed (100 to 2147483647)`,
			`service "order-bot-svc": maximum percent: of 1 task, 100 % at least and 99 % at most let no task be replaced: AWS rounds the least up and the most down`,
		}},
		{Name: "how long scaling waits, and for nothing", Change: func(c *c) {
			for i := range c.Services {
				c.Services[i].MinCapacity, c.Services[i].MaxCapacity, c.Services[i].Timetable = 1, 4, true
			}
			c.Services[0].Load = ecs.Load{CPU: 60, ScaleOutSeconds: -1, ScaleInSeconds: -2}
			c.Services[1].Load = ecs.Load{ScaleOutSeconds: 60}
		}, Want: []string{
			`service "order-bot-svc": load: scale out: -1 is not allowed (1 to 2147483647)`,
			`service "order-bot-svc": load: scale in: -2 is not allowed (1 to 2147483647)`,
			`service "order-bot-mgmt-svc": load: the number of tasks follows nothing: set CPU, Memory or Requests`,
		}},
		{Name: "file systems", Change: func(c *c) {
			c.Services[0].Task.Permissions = []ecs.Permission{{Actions: []string{"elasticfilesystem:ClientMount"}, AnyResource: true}}
			c.Services[0].Task.FileSystems = map[string]ecs.FileSystem{"data": {ID: "fs-0123456789abcdef0", AccessPoint: "fsap-0123456789abcdef0", IAM: true}}
			c.Services[0].Task.Container.Mounts = map[string]string{"data": "/data"}
		}},
		{Name: "file systems that are none", Change: func(c *c) {
			c.Services[0].Task.Volumes = []string{"data"}
			c.Services[0].Task.FileSystems = map[string]ecs.FileSystem{"data": {ID: "data", AccessPoint: "fs-01234567", IAM: true}}
		}, Want: []string{
			`service "order-bot-svc": file system "data": name: it is one of Volumes, too`,
			`service "order-bot-svc": file system "data": ID: "data" is not allowed (fs- and hexadecimal digits)`,
			`service "order-bot-svc": file system "data": access point: "fs-01234567" is not allowed (fsap- and hexadecimal digits)`,
			`service "order-bot-svc": file system "data": IAM: the task role may do nothing: set Permissions, or Role`,
		}},
		{Name: "a sidecar that the load balancer reaches", Change: func(c *c) {
			c.Services[0].Balanced, c.Services[0].Front, c.Services[0].Task.Port = true, "nginx", 0
			c.Services[0].Task.Sidecars = []ecs.Sidecar{{Name: "nginx", Image: "nginx:1", Port: 80}}
		}},
		{Name: "sidecars that it cannot reach", Change: func(c *c) {
			for i, front := range []string{"none", "nginx"} {
				c.Services[i].Balanced, c.Services[i].Front = true, front
				c.Services[i].Task.Sidecars = []ecs.Sidecar{{Name: "nginx", Image: "nginx:1", Port: 80, MayEnd: true}}
			}
		}, Want: []string{
			`service "order-bot-svc": sidecar: "none" is none that has a Port, and does not end`,
			`service "order-bot-mgmt-svc": sidecar: "nginx" is none that has a Port, and does not end`,
		}},
		{Name: "policies that are too long for IAM", Change: func(c *c) {
			c.ParameterPath = "/order-bot/prod"
			all := ecs.Secrets{}
			for i := range 120 {
				all[fmt.Sprintf("SECRET_%03d", i)] = ecs.Secret{}
			}
			c.Services[0].Task.Container.Secrets = all
			c.Services[1].Task.Permissions = []ecs.Permission{{Actions: []string{"s3:GetObject"}, Resources: slices.Repeat([]string{"arn:aws:s3:::" + strings.Repeat("b", 63) + "/*"}, 130)}}
		}, Want: []string{
			`service "order-bot-mgmt-svc": permissions: the policy of the role has 10626 characters, 10240 at most are allowed: take patterns with *, or set Role`,
			`secrets of all services: the policy of the role has 11141 characters, 10240 at most are allowed: put several values into one secret of Secrets Manager, and name them by JSONKey`,
		}},
		{Name: "two services with one key", Change: func(c *c) { c.Services[1].Key = "svc" }, Want: []string{
			`service "order-bot-mgmt-svc": key: "svc" is taken by service "order-bot-svc"`,
		}},
		{Name: "two services with one name", Change: func(c *c) { c.Services[1].Name = "order-bot-svc" }, Want: []string{
			`service "order-bot-svc": name: "order-bot-svc" is taken by service "order-bot-svc"`,
		}},
		{Name: "a key that the module has itself", Change: func(c *c) { c.Services[0].Key = "cluster" }, Want: []string{
			`service "order-bot-svc": key: "cluster" is reserved`,
		}},
		{Name: "all problems of a service at once", Change: func(c *c) {
			c.Services[0] = ecs.Service{Name: "a b", Task: ecs.Task{Port: 8000, CPU: 300}, Rollout: ecs.Rollout{}.WithDefaults()}
		}, Want: []string{
			`service "a b": key: is required`,
			`service "a b": name: "a b" is not allowed (letters, digits, - and _)`,
			`service "a b": task definition family: "order-bot-prod-a b" is not allowed (letters, digits, - and _)`,
			`service "a b": CPU: 300 units are not offered by Fargate (256, 512, 1024, 2048, 4096, 8192 or 16384)`,
		}},
	})
}

func TestImages(t *testing.T) {
	pattern := ecs.Image
	digest := "@sha256:" + strings.Repeat("0a", 32)
	for image, allowed := range map[string]bool{
		"111122223333.dkr.ecr.ap-northeast-1.amazonaws.com/order-bot-svc:v1":            true,
		"111122223333.dkr.ecr.ap-northeast-1.amazonaws.com/team/order-bot_svc:v1_A.b-c": true,
		"nginx:1":                               true,
		"localhost:5000/a/b" + digest:           true,
		"public.ecr.aws/x/y:v1" + digest:        true,
		"a__b.c---d:v1":                         true,
		strings.Repeat("a", 252) + ":v1":        true,
		strings.Repeat("a", 255) + digest:       true,
		strings.Repeat("a", 253) + ":v1":        false,
		strings.Repeat("a", 256) + digest:       false,
		"https://registry.example.com/a:v1":     false,
		"Order-Bot:v1":                          false,
		"registry.example.com/Order-Bot:v1":     false,
		"order-bot":                             false,
		"localhost:5000/order-bot":              false,
		"order-bot:":                            false,
		"order-bot:-v1":                         false,
		"order-bot:" + strings.Repeat("v", 129): false,
		"order bot:v1":                          false,
		"order-bot:v1\n":                        false,
		"order-bot/:v1":                         false,
		"-order-bot:v1":                         false,
		"a..b/c:v1":                             false,
		"a..b:v1":                               false,
		"order-bot@sha256:12":                   false,
		digest:                                  false,
	} {
		name, _, _ := strings.Cut(image, "@")
		if got := pattern.MatchString(image) && len(name) <= ecs.LongestImage; got != allowed {
			t.Errorf("%q: %v", image, got)
		}
	}
}

func TestNamesOfEnvironmentVariables(t *testing.T) {
	pattern := ecs.EnvironmentName
	for name, allowed := range map[string]bool{
		"PORT": true, "spring.profiles.active": true, "A-B": true, "1ST": true, "": false, "A B": false, "A=B": false,
	} {
		if pattern.MatchString(name) != allowed {
			t.Errorf("%q: %v", name, !allowed)
		}
	}
}

// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-cpu-memory-error.html
func TestFargateSizes(t *testing.T) {
	offered := map[int][]int{
		256:   {512, 1024, 2048},
		512:   {1024, 2048, 3072, 4096},
		1024:  {2048, 3072, 4096, 5120, 6144, 7168, 8192},
		2048:  steps(4096, 16384, 1024),
		4096:  steps(8192, 30720, 1024),
		8192:  steps(16384, 61440, 4096),
		16384: steps(32768, 122880, 8192),
	}
	for cpu, sizes := range offered {
		for memory := 256; memory <= 131072; memory += 256 {
			cfg := valid()
			cfg.Services[0].Task.CPU, cfg.Services[0].Task.MemoryMiB = cpu, memory
			if err := cfg.Validate(); (err == nil) != slices.Contains(sizes, memory) {
				t.Errorf("%d CPU units and %d MiB: %v", cpu, memory, err)
			}
		}
	}
}

func TestFargateSizesInWords(t *testing.T) {
	for _, c := range []struct {
		cpu, memory int
		want        string
	}{
		{256, 300, "300 MiB is not offered for 256 CPU units (512, 1024 or 2048)"},
		{1024, 1024, "1024 MiB is not offered for 1024 CPU units (2048 to 8192 in steps of 1024)"},
		{8192, 17408, "17408 MiB is not offered for 8192 CPU units (16384 to 61440 in steps of 4096)"},
	} {
		cfg := valid()
		cfg.Services[0].Task.CPU, cfg.Services[0].Task.MemoryMiB = c.cpu, c.memory
		want := `service "order-bot-svc": memory: ` + c.want
		if got := fmt.Sprint(cfg.Validate()); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func steps(least, greatest, step int) (all []int) {
	for size := least; size <= greatest; size += step {
		all = append(all, size)
	}
	return all
}
