package ecs

import (
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/order-bot/infra/internal/check"
)

// Container is what there is to say of a container beside its image, port and environment. The zero value leaves all to the image.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
type Container struct {
	// Command is what the container runs, a word each: the image's CMD. Default: that of the image.
	Command []string
	// EntryPoint is what Command is given to: the image's ENTRYPOINT. Default: that of the image.
	EntryPoint []string
	// User is the user that runs it, such as "1000:1000". Default: that of the image.
	User string
	// WorkingDirectory is where it runs, such as "/app". Default: that of the image.
	WorkingDirectory string
	// ReadOnly makes the root file system read-only; volumes can be written, but for ReadOnlyMounts. Default: it can be written.
	ReadOnly bool
	// StopSeconds is how long the container may take to end after SIGTERM, 1 to 120. Default 30, which is AWS's.
	StopSeconds int
	// OpenFiles is how many files and connections the container may have open, 1024 to 1048576. Default 65535, which is Fargate's.
	// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html
	OpenFiles int
	// Init runs a process before the command that passes signals on and ends what the command leaves behind, as docker run --init does. With
	// Exec, the service's own container has it. Default: the command is the first process.
	// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_LinuxParameters.html
	Init bool
	// Labels are labels of the container, which other programs read, by name, such as "com.datadoghq.tags.service" for Datadog's agent: letters, digits and
	// _./[]-. Default: none.
	Labels map[string]string
	// LogPattern is how the first line of a log event begins, a regular expression such as "^\d{4}-\d{2}-\d{2}": the lines that follow it, such as those of a
	// stack trace, belong to it. Not with LogRouter. Default: each line is an event.
	// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specify-log-config.html
	LogPattern string
	// PullSecret is a secret of Secrets Manager, its name or its ARN, with which ECS pulls the image from a registry that asks who you are, other than ECR:
	// {"username": "...", "password": "..."}. Default: the registry does not ask, or is ECR.
	// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/private-auth.html
	PullSecret string
	// Health is a command that tells whether it is healthy. Default: none.
	Health ContainerHealth
	// Secrets are environment variables whose values ECS reads when a task starts. Default: none.
	Secrets Secrets
	// After are the containers that come first, by name: START, COMPLETE (it has ended), SUCCESS (it has ended well) or HEALTHY. Default: none.
	After map[string]string
	// Mounts are where the task's volumes are seen, by volume, such as "/data". Default: nowhere.
	Mounts map[string]string
	// ReadOnlyMounts are the volumes among Mounts that the container only reads. Default: it writes, too.
	ReadOnlyMounts []string
}

// ContainerHealth is a health check in the container. ECS stops a task whose essential container is unhealthy.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html
type ContainerHealth struct {
	// Command is what is run, a word each, such as "curl", "-f", "http://localhost:8000/health". Exit status 0 is healthy. Default: no check.
	Command []string
	// IntervalSeconds is the time from one to the next, 5 to 300. Default 30.
	IntervalSeconds int
	// TimeoutSeconds is how long one may take, 2 to 60. Default 5.
	TimeoutSeconds int
	// Retries is how many have to fail, 1 to 10. Default 3.
	Retries int
	// StartSeconds is how long failures do not count at the start, 0 to 300. Default 0.
	StartSeconds int
}

func (h ContainerHealth) withDefaults() ContainerHealth {
	for value, fallback := range map[*int]int{&h.IntervalSeconds: 30, &h.TimeoutSeconds: 5, &h.Retries: 3} {
		if *value == 0 {
			*value = fallback
		}
	}
	return h
}

// pullSecret is what the secret that pulls the image is called beside the others.
const pullSecret = "PullSecret"

// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
var user = regexp.MustCompile(`^[^\s:]+(:[^\s:]+)?$`)

var labelName = regexp.MustCompile(`^[A-Za-z0-9_./\[\]-]+$`)

// allSecrets are its secrets, and that which pulls its image.
func (c Container) allSecrets() Secrets {
	if c.PullSecret == "" {
		return c.Secrets
	}
	all := Secrets{pullSecret: {SecretsManager: c.PullSecret}}
	maps.Copy(all, c.Secrets)
	return all
}

// validate looks at the container of that name, beside the others of its task and with its volumes.
func (c Container) validate(name string, containers, volumes []string) error {
	var p check.Problems
	if c.User != "" && !user.MatchString(c.User) {
		p.Addf("user", "%q is not allowed (a user or its number, and a group after a colon, such as 1000:1000)", c.User)
	}
	if c.WorkingDirectory != "" && !strings.HasPrefix(c.WorkingDirectory, "/") {
		p.Addf("working directory", "%q is not allowed (it begins with /)", c.WorkingDirectory)
	}
	if c.StopSeconds != 0 {
		p.Between("stop", c.StopSeconds, 1, 120)
	}
	if c.OpenFiles != 0 {
		p.Between("open files", c.OpenFiles, 1024, 1048576)
	}
	if health := c.Health.withDefaults(); len(health.Command) > 0 {
		if word := health.Command[0]; slices.Contains([]string{"CMD", "CMD-SHELL", "NONE"}, word) {
			p.Addf("container health command", "%q is a word of ECS, and no command: begin with the command, for a shell with \"sh\", \"-c\"", word)
		}
		if strings.Contains(health.Command[0], " ") {
			p.Addf("container health command", "%q is the name of a program here: give a word each, or begin with \"sh\", \"-c\"", health.Command[0])
		}
		p.Between("container health interval", health.IntervalSeconds, 5, 300)
		p.Between("container health timeout", health.TimeoutSeconds, 2, 60)
		p.Between("container health retries", health.Retries, 1, 10)
		p.Between("container health start", health.StartSeconds, 0, 300)
	} else if h := c.Health; h.IntervalSeconds != 0 || h.TimeoutSeconds != 0 || h.Retries != 0 || h.StartSeconds != 0 {
		p.Addf("container health command", "is required: without it there is no check")
	}
	for _, label := range slices.Sorted(maps.Keys(c.Labels)) {
		p.Name("label", label, 255, labelName, "letters, digits and _./[]-")
	}
	if _, err := regexp.Compile(c.LogPattern); err != nil {
		p.Addf("log pattern", "%q is no regular expression: %v", c.LogPattern, err)
	}
	if c.PullSecret != "" {
		p.Join(Secrets{pullSecret: {SecretsManager: c.PullSecret}}.validate())
		if _, twice := c.Secrets[pullSecret]; twice {
			p.Addf("secrets", "%q is the one that pulls the image: give the variable another name", pullSecret)
		}
	}
	p.Join(c.Secrets.validate())
	for _, other := range slices.Sorted(maps.Keys(c.After)) {
		if other == name || !slices.Contains(containers, other) {
			p.Addf("after", "%q is no other container of the task", other)
		}
		if condition := c.After[other]; !slices.Contains([]string{"START", "COMPLETE", "SUCCESS", "HEALTHY"}, condition) {
			p.Addf("after", "%q is not allowed (START, COMPLETE, SUCCESS or HEALTHY)", condition)
		}
	}
	for i, volume := range c.ReadOnlyMounts {
		if c.Mounts[volume] == "" {
			p.Addf("read-only mounts", "%q is none of Mounts", volume)
		}
		if slices.Contains(c.ReadOnlyMounts[:i], volume) {
			p.Addf("read-only mounts", "%q is listed twice", volume)
		}
	}
	taken := map[string]string{}
	for _, volume := range slices.Sorted(maps.Keys(c.Mounts)) {
		at := path.Clean(c.Mounts[volume])
		if other := taken[at]; other != "" {
			p.Addf("mounts", "%q is where volume %q is: one of the two would not be seen", c.Mounts[volume], other)
		}
		taken[at] = volume
		if !slices.Contains(volumes, volume) {
			p.Addf("mounts", "%q is no volume of the task", volume)
		}
		if !strings.HasPrefix(at, "/") || at == "/" || strings.Contains(at, ":") {
			p.Addf("mounts", "%q is not allowed (it begins with /, is not / itself, and has no colon)", c.Mounts[volume])
		}
	}
	return p.Err()
}

// addTo writes into a container definition what is said; a key that is not there is the image's, or AWS's, own.
func (c Container) addTo(definition map[string]any, common shared, service string) {
	for key, words := range map[string][]string{"command": c.Command, "entryPoint": c.EntryPoint} {
		if len(words) > 0 {
			definition[key] = literals(words)
		}
	}
	for key, text := range map[string]string{"user": c.User, "workingDirectory": c.WorkingDirectory} {
		if text != "" {
			definition[key] = literal(text)
		}
	}
	if c.ReadOnly {
		definition["readonlyRootFilesystem"] = true
	}
	if c.StopSeconds != 0 {
		definition["stopTimeout"] = c.StopSeconds
	}
	if c.OpenFiles != 0 {
		definition["ulimits"] = []any{map[string]any{"name": "nofile", "softLimit": c.OpenFiles, "hardLimit": c.OpenFiles}}
	}
	if c.Init {
		definition["linuxParameters"] = map[string]any{"initProcessEnabled": true}
	}
	if len(c.Labels) > 0 {
		labels := map[string]any{}
		for name, value := range c.Labels {
			labels[name] = literal(value)
		}
		definition["dockerLabels"] = labels
	}
	if c.LogPattern != "" {
		definition["logConfiguration"].(map[string]any)["options"].(map[string]any)["awslogs-multiline-pattern"] = literal(c.LogPattern)
	}
	if c.PullSecret != "" {
		definition["repositoryCredentials"] = map[string]any{"credentialsParameter": c.PullSecret}
	}
	if health := c.Health.withDefaults(); len(health.Command) > 0 {
		check := map[string]any{
			"command": append([]string{"CMD"}, literals(health.Command)...), "interval": health.IntervalSeconds, "timeout": health.TimeoutSeconds, "retries": health.Retries,
		}
		if health.StartSeconds != 0 {
			check["startPeriod"] = health.StartSeconds
		}
		definition["healthCheck"] = check
	}
	if secrets := c.Secrets.list(common, service); secrets != nil {
		definition["secrets"] = secrets
	}
	var after []any
	for _, name := range slices.Sorted(maps.Keys(c.After)) {
		after = append(after, map[string]any{"containerName": name, "condition": c.After[name]})
	}
	if after != nil {
		definition["dependsOn"] = after
	}
	mounts := []any{}
	for _, volume := range slices.Sorted(maps.Keys(c.Mounts)) {
		mounts = append(mounts, map[string]any{"sourceVolume": volume, "containerPath": literal(c.Mounts[volume]), "readOnly": slices.Contains(c.ReadOnlyMounts, volume)})
	}
	definition["mountPoints"] = mounts
}

// literal is a text of the design as the framework has to get it, to become that very text within jsonencode(…): it escapes ${ and the end of a line
// itself, and nothing else that means something in a text of Terraform.
// https://developer.hashicorp.com/terraform/language/expressions/strings
func literal(text string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "%{", "%%{", "\r", `\r`, "\t", `\t`).Replace(text)
}

func literals(texts []string) []string {
	all := make([]string, len(texts))
	for i, text := range texts {
		all[i] = literal(text)
	}
	return all
}
