package watch

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/order-bot/infra/tool/aws/ecs"
)

// Proof is what shows that a deployment cannot work.
type Proof struct {
	// Reason says it in words that follow the service's name and a colon.
	Reason string
	// Task is the one that shows it. It is the zero value if ECS says so itself.
	Task ecs.Task
	// Container is the one whose log may say more; "" for one that never started.
	Container string
	// Alarm tells that an alarm went off, which may be after the old tasks have stopped.
	Alarm bool
}

// seen is what is known of a deployment.
type seen struct {
	// stopped are its tasks that stopped.
	stopped []ecs.Task
	// optional are the containers without which a task goes on.
	optional map[string]bool
	// refused are what the load balancer said of the tasks that answered its health checks with a wrong code, by address.
	refused map[string]string
	// container is the one that the load balancer checks.
	container string
}

// What AWS says of a task that will not start, however often ECS tries. Each of them was said of a request that was answered. Whatever else it
// says may pass: no capacity, a limit of a registry, a network that is slow or not there yet.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_cannot_pull_image.html
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/resource-initialization-error.html
var (
	imageMissing  = regexp.MustCompile(`(?i)^CannotPull\w*Error: .*(: not found\b|manifest unknown|name unknown|requested image not found|does not exist in the registry|repository does not exist|repository .* not found|invalid reference format|does not contain descriptor matching platform|no matching manifest)`)
	setUpMissing  = regexp.MustCompile(`(?i)^ResourceInitializationError: .*(ResourceNotFoundException|can't find the specified secret|invalid (ssm )?parameters?:|ParameterNotFound|did not contain json key|log group does not exist)`)
	rightMissing  = regexp.MustCompile(`(?i)^(CannotPull\w*Error|ResourceInitializationError): .*(AccessDenied|not authorized to perform|403 Forbidden|pull access denied)`)
	passes        = regexp.MustCompile(`(?i)timeout|timed out|deadline exceeded|toomanyrequests|too many requests|rate (limit|exceeded)|throttl|connection|\bEOF\b|context canceled|service unavailable|try again`)
	healthRefused = regexp.MustCompile(`(?i)failed ELB health checks`)
)

// proof returns what shows that the deployment cannot work, or nil.
func (s seen) proof() *Proof {
	tasks := slices.Clone(s.stopped)
	slices.SortFunc(tasks, func(a, b ecs.Task) int { return cmp.Or(a.Stopped.Compare(b.Stopped.Time), cmp.Compare(a.ARN, b.ARN)) })
	for i, task := range tasks {
		switch {
		case task.StopCode == ecs.TaskFailedToStart:
			reason := strings.TrimSpace(task.StoppedReason)
			if passes.MatchString(reason) {
				continue
			}
			// A right that this deploy has given takes a moment until it holds everywhere, so the next task may have it.
			// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
			again := rightMissing.MatchString(reason) && slices.ContainsFunc(tasks[:i], func(before ecs.Task) bool {
				return rightMissing.MatchString(before.StoppedReason) && follows(task, before)
			})
			if again || imageMissing.MatchString(reason) || setUpMissing.MatchString(reason) {
				return &Proof{Reason: reason, Task: task}
			}
		case task.StopCode == ecs.EssentialContainerExited:
			for _, container := range s.exited(task) {
				if slices.ContainsFunc(tasks[:i], func(before ecs.Task) bool {
					return before.StopCode == ecs.EssentialContainerExited && follows(task, before) && slices.ContainsFunc(s.exited(before), func(c ecs.RunningContainer) bool {
						return c.Name == container.Name && *c.ExitCode == *container.ExitCode
					})
				}) {
					reason := fmt.Sprintf("the container %s ended twice with exit code %d", container.Name, *container.ExitCode)
					if container.Reason != "" {
						reason += ": " + container.Reason
					}
					return &Proof{Reason: reason, Task: task, Container: container.Name}
				}
			}
		case healthRefused.MatchString(task.StoppedReason) && s.refused[task.Address()] != "":
			return &Proof{
				Reason: "its container answers, but not as the load balancer's health check wants: " + s.refused[task.Address()],
				Task:   task, Container: s.container,
			}
		}
	}
	return nil
}

// exited are the containers of a task that ended, and with which it had to stop.
func (s seen) exited(task ecs.Task) (all []ecs.RunningContainer) {
	for _, container := range task.Containers {
		if container.ExitCode != nil && !s.optional[container.Name] {
			all = append(all, container)
		}
	}
	return all
}

// follows tells whether a task was started after another one had stopped: two that run side by side may fail for what passes.
func follows(task, before ecs.Task) bool { return !task.Created.Before(before.Stopped.Time) }
