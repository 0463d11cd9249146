package ecs

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/order-bot/infra/internal/check"
)

// Task is what a service runs on Fargate: its container, and others beside it.
type Task struct {
	// Port is the default of the port variable: where the container listens, 1 to 65535. Default 0, for a service without HTTP
	// only: it listens nowhere, and has no variable.
	Port int
	// Requires are the environment variables without which the container ends: names of visible ASCII characters without =, ", \, $ and %, each once. A plan warns when
	// the environment lacks one of them. Default: none.
	Requires []string
	// CPU is in CPU units, of which 1024 are a virtual CPU: 256, 512, 1024, 2048, 4096, 8192 or 16384. Default 256.
	CPU int
	// MemoryMiB is in MiB, one of the sizes that Fargate offers for CPU. Default 512. The size is that of all containers together.
	MemoryMiB int
	// StorageGiB is the disk of a task, which its containers share, 21 to 200 GiB. It is gone with the task. Each GiB over 20 costs about $0.10 a month.
	// Default 20, which is Fargate's.
	// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-task-storage.html
	StorageGiB int
	// ARM64 runs the task on Graviton processors, for about a fifth less. The image has to be built for them; a plan looks. Default: X86_64.
	// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-arm64.html
	ARM64 bool
	// Container is what else there is to say of the service's container. Default: what its image says.
	Container Container
	// Sidecars are containers beside it, which start and stop with it: 9 at most, or 8 with LogRouter. Default: none.
	Sidecars []Sidecar
	// LogRouter sends what the containers write elsewhere than to CloudWatch Logs. Default: to CloudWatch Logs.
	LogRouter LogRouter
	// Volumes are directories, empty at first, that the containers of a task share: lower-case words, which Mounts name. Default: none.
	// What is in them is gone with the task.
	Volumes []string
	// FileSystems are volumes that several tasks share and that outlive them, of EFS, by the name that Mounts have. Default: none.
	FileSystems map[string]FileSystem
	// Permissions are what the application may do in AWS. The service then has a task role of its own. Default: nothing.
	Permissions []Permission
	// Role is the name of a role that exists already, which the application has instead. Not with Permissions or Exec. Default: none.
	Role string
	// Exec lets people open a shell in a running container (docs/using/operating.md). The service then has a task role of its own. Sessions are logged
	// among the service's logs, if the image has script and cat. Not with ReadOnly. Default: nobody can.
	// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html
	Exec bool
	// LogRetentionDays is how long the service's logs are kept, in days. Default: Cluster.LogRetentionDays.
	LogRetentionDays int
	// SecurityGroupIDs are more security groups of the tasks, four at most, such as "sg-0123456789abcdef0". Default: none.
	SecurityGroupIDs []string
}

// FileSystem is a file system of EFS that is there already, with a mount target in each zone of the tasks whose security group lets the app group in
// at port 2049. With Groups.Egress, that port has to be there, too. No deploy deletes what is in it. Connections are encrypted.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/efs-volumes.html
type FileSystem struct {
	// ID is its id, such as "fs-0123456789abcdef0".
	ID string
	// AccessPoint is the id of an access point, which says the directory and the user, such as "fsap-0123456789abcdef0". Default: the root directory.
	AccessPoint string
	// IAM has EFS ask whether the task role may: Permissions, or those of Role, then have elasticfilesystem:ClientMount and ClientWrite. Default: whoever
	// reaches it may, as far as its own policy says nothing else.
	// https://docs.aws.amazon.com/efs/latest/ug/iam-access-control-nfs-efs.html
	IAM bool
}

// LogRouter is a container of Fluent Bit, which the task's other containers write to. Its own log goes to CloudWatch Logs.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_firelens.html
type LogRouter struct {
	// Image is Fluent Bit's, such as "public.ecr.aws/aws-observability/aws-for-fluent-bit:2.32.0". Default "": no log router.
	Image string
	// Options say where the logs go, as Fluent Bit's output does: {"Name": "s3", "bucket": "logs", "region": "ap-northeast-1"}. What that needs is among
	// the service's Permissions. No secrets: they stand in the repository.
	Options map[string]string
	// Secrets are more options, whose values ECS reads when a task starts, such as "apikey". Default: none.
	Secrets Secrets
}

// logRouterName is the name of the log router's container.
const logRouterName = "log-router"

// Sidecar is a container beside that of the service.
type Sidecar struct {
	// Name is the container's name: letters, digits, - and _.
	Name string
	// Image is the container's image, with a tag or a digest.
	Image string
	// Port is where it listens, for the other containers of the task, at localhost, or for the load balancer (HTTP.Sidecar). Default 0: nowhere.
	Port int
	// Environment is its environment. It is no place for secrets, as it stands in the repository. Default: none.
	Environment map[string]string
	// MemoryMiB is how much of the task's memory it may have at most, 6 or more: a container that needs more is ended. Default: what the task has.
	// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
	MemoryMiB int
	// MayEnd lets the task go on when this container ends. Default: it does not, and all containers are stopped.
	MayEnd bool
	// Container is what else there is to say of it.
	Container Container
}

// WithDefaults puts the defaults where t has zero values.
func (t Task) WithDefaults() Task {
	if t.CPU == 0 {
		t.CPU = 256
	}
	if t.MemoryMiB == 0 {
		t.MemoryMiB = 512
	}
	return t
}

// ownRole tells whether the service has a task role of its own.
func (t Task) ownRole() bool { return len(t.Permissions) > 0 || t.Exec }

// named tells whether something in the task is named by an ARN of the account.
func (t Task) named() bool {
	if t.Exec || t.Role != "" {
		return true
	}
	for _, container := range t.containers("") {
		if len(container.allSecrets()) > 0 {
			return true
		}
	}
	return false
}

// Sidecar is the sidecar of that name, or one that says nothing.
func (t Task) Sidecar(name string) Sidecar {
	for _, sidecar := range t.Sidecars {
		if sidecar.Name == name {
			return sidecar
		}
	}
	return Sidecar{}
}

// containers are what all containers of the task say, that of the service under name.
func (t Task) containers(name string) map[string]Container {
	all := map[string]Container{name: t.Container}
	for _, sidecar := range t.Sidecars {
		all[sidecar.Name] = sidecar.Container
	}
	if t.LogRouter.Image != "" {
		all[logRouterName] = Container{Secrets: t.LogRouter.Secrets}
	}
	return all
}

var (
	// https://docs.fluentbit.io/manual/data-pipeline/outputs
	optionName = regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)
	// https://docs.aws.amazon.com/efs/latest/ug/API_CreateMountTarget.html
	fileSystemID = regexp.MustCompile(`^fs-[0-9a-f]{8,40}$`)
	// https://docs.aws.amazon.com/efs/latest/ug/API_DescribeAccessPoints.html
	accessPointID = regexp.MustCompile(`^fsap-[0-9a-f]{8,40}$`)

	securityGroupID = regexp.MustCompile(`^sg-([0-9a-f]{8}|[0-9a-f]{17})$`)
)

// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html
const mostContainers = 10

// A service has five security groups at most, of which one is that of all services.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_AwsVpcConfiguration.html
const mostSecurityGroups = 4

// validate looks at the task of the service of that name.
func (t Task) validate(name string) error {
	var p check.Problems
	if t.Port != 0 {
		p.Port("port", t.Port)
	}
	for i, required := range t.Requires {
		p.Matches("requires", required, variableName)
		if slices.Contains(t.Requires[:i], required) {
			p.Addf("requires", "%q is listed twice", required)
		}
	}
	if t.Exec && t.Container.ReadOnly {
		p.Addf("exec", "nobody can enter a container whose root file system is read-only: take Exec or ReadOnly out")
	}
	if t.StorageGiB != 0 {
		p.Between("storage", t.StorageGiB, 21, 200)
	}
	for i, volume := range t.Volumes {
		p.Name("volume", volume, 255, serviceName, "letters, digits, - and _")
		if slices.Contains(t.Volumes[:i], volume) {
			p.Addf("volume", "%q is listed twice", volume)
		}
	}
	volumes := slices.Clone(t.Volumes)
	for _, volume := range slices.Sorted(maps.Keys(t.FileSystems)) {
		label, of := fmt.Sprintf("file system %q", volume), t.FileSystems[volume]
		p.Name(label+": name", volume, 255, serviceName, "letters, digits, - and _")
		if slices.Contains(t.Volumes, volume) {
			p.Addf(label+": name", "it is one of Volumes, too")
		}
		p.Name(label+": ID", of.ID, 128, fileSystemID, "fs- and hexadecimal digits")
		if of.AccessPoint != "" {
			p.Name(label+": access point", of.AccessPoint, 128, accessPointID, "fsap- and hexadecimal digits")
		}
		if of.IAM && len(t.Permissions) == 0 && t.Role == "" {
			p.Addf(label+": IAM", "the task role may do nothing: set Permissions, or Role")
		}
		volumes = append(volumes, volume)
	}
	names, limited := []string{name}, 0
	if t.LogRouter.Image != "" {
		p.Matches("log router: image", t.LogRouter.Image, Image)
		for _, option := range slices.Sorted(maps.Keys(t.LogRouter.Options)) {
			p.Name("log router: option", option, 255, optionName, "letters, digits and _.-")
		}
		for _, option := range slices.Sorted(maps.Keys(t.LogRouter.Secrets)) {
			if _, twice := t.LogRouter.Options[option]; twice {
				p.Addf("log router: options", "%q is a secret, too", option)
			}
		}
		if t.LogRouter.Options["Name"] == "" {
			p.Addf("log router: options", "Name is required: the output of Fluent Bit, such as s3 or http")
		}
		names = append(names, logRouterName)
		if name == logRouterName {
			p.Addf("log router", "its container is named %q, as the service is: give the service another name", logRouterName)
		}
	} else if len(t.LogRouter.Options) > 0 || len(t.LogRouter.Secrets) > 0 {
		p.Addf("log router: image", "is required: without it there is no log router")
	}
	if count := len(t.containers(name)); count > mostContainers {
		p.Addf("sidecars", "the task has %d containers, %d at most are allowed", count, mostContainers)
	}
	ports := map[int]string{t.Port: "the service"}
	for _, sidecar := range t.Sidecars {
		label := fmt.Sprintf("sidecar %q", sidecar.Name)
		p.Name(label+": name", sidecar.Name, 255, serviceName, "letters, digits, - and _")
		if slices.Contains(names, sidecar.Name) {
			p.Addf(label+": name", "another container of the task has it")
		}
		names = append(names, sidecar.Name)
		p.Matches(label+": image", sidecar.Image, Image)
		if sidecar.Port != 0 {
			p.Port(label+": port", sidecar.Port)
			if of := ports[sidecar.Port]; of != "" {
				p.Addf(label+": port", "%d is that of %s: containers of a task share one network", sidecar.Port, of)
			}
			ports[sidecar.Port] = label
		}
		if limited += sidecar.MemoryMiB; sidecar.MemoryMiB != 0 {
			p.Between(label+": memory", sidecar.MemoryMiB, 6, t.MemoryMiB)
		}
		for _, variable := range slices.Sorted(maps.Keys(sidecar.Environment)) {
			p.Matches(label+": environment", variable, variableName)
			if _, twice := sidecar.Container.Secrets[variable]; twice {
				p.Addf(label+": environment", "%q is a secret, too", variable)
			}
		}
	}
	if limited >= t.MemoryMiB && limited > 0 {
		p.Addf("sidecars", "their %d MiB leave nothing of the task's %d for the service", limited, t.MemoryMiB)
	}
	containers := t.containers(name)
	for _, container := range slices.Sorted(maps.Keys(containers)) {
		err := errors.Join(containers[container].validate(container, names, volumes), t.validateAfter(container, name))
		if t.LogRouter.Image != "" && containers[container].LogPattern != "" {
			err = errors.Join(err, errors.New("log pattern: the log router gets the lines: join them there"))
		}
		switch container {
		case name:
		case logRouterName:
			err = check.Prefix("log router", err)
		default:
			err = check.Prefix(fmt.Sprintf("sidecar %q", container), err)
		}
		p.Join(err)
	}
	for _, permission := range t.Permissions {
		p.Join(permission.validate())
	}
	if t.Role != "" {
		p.Name("role", t.Role, 64, roleName, "letters, digits and _+=,.@-")
		if t.ownRole() {
			p.Addf("role", "%q stands beside permissions or exec, which make a role of the service's own", t.Role)
		}
	}
	if t.LogRetentionDays != 0 {
		validateRetention(&p, "log retention", t.LogRetentionDays)
	}
	if len(t.SecurityGroupIDs) > mostSecurityGroups {
		p.Addf("security groups", "%d are too many, %d at most are allowed", len(t.SecurityGroupIDs), mostSecurityGroups)
	}
	for _, id := range t.SecurityGroupIDs {
		p.Name("security group", id, 20, securityGroupID, "sg- and 8 or 17 hexadecimal digits")
	}
	return errors.Join(p.Err(), validateSize(t.CPU, t.MemoryMiB))
}

// validateAfter refuses what ECS refuses of the containers that come before one of those of the service of that name.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDependency.html
func (t Task) validateAfter(container, name string) error {
	var p check.Problems
	containers, mayEnd := t.containers(name), map[string]bool{}
	for _, sidecar := range t.Sidecars {
		mayEnd[sidecar.Name] = sidecar.MayEnd
	}
	after := containers[container].After
	for _, other := range slices.Sorted(maps.Keys(after)) {
		if _, ok := containers[other]; other == container || !ok {
			continue // it is reported itself
		}
		switch after[other] {
		case "HEALTHY":
			if len(containers[other].Health.Command) == 0 {
				p.Addf("after", "%q has no Health, and so never is HEALTHY", other)
			}
		case "COMPLETE", "SUCCESS":
			if !mayEnd[other] {
				p.Addf("after", "%q is not waited for to end: the task ends with it, unless it is a sidecar that MayEnd", other)
			}
		}
		if waits(containers, other, container, map[string]bool{}) {
			p.Addf("after", "%q waits for this one, too, and so neither starts", other)
		}
	}
	return p.Err()
}

// waits tells whether a container comes after another one, or after one that does. seen are those that were looked at.
func waits(containers map[string]Container, container, other string, seen map[string]bool) bool {
	if seen[container] {
		return false
	}
	seen[container] = true
	for before := range containers[container].After {
		if before == other || waits(containers, before, other, seen) {
			return true
		}
	}
	return false
}
