// Package observe asks AWS how a stack stands. What to ask for, it takes from the stack's
// Terraform state.
package observe

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-bot/infra/internal/check"
	"github.com/order-bot/infra/tool/aws/applicationautoscaling"
	"github.com/order-bot/infra/tool/aws/awsapi"
	"github.com/order-bot/infra/tool/aws/cloudfront"
	"github.com/order-bot/infra/tool/aws/ecs"
	"github.com/order-bot/infra/tool/aws/elb"
	"github.com/order-bot/infra/tool/aws/route53"
	"github.com/order-bot/infra/tool/aws/s3"
	"github.com/order-bot/infra/tool/rollout"
	"github.com/order-bot/infra/tool/stackjson"
	"github.com/order-bot/infra/tool/status"
	"github.com/order-bot/infra/tool/tfstate"
)

// As many events and stopped tasks as a person wants to read.
const most = 3

// Stack returns how a stack stands. services are its services, from package rollout. What cannot be looked at keeps nobody from the rest: it
// is said. It returns an error if ctx ends, or if nothing at all can be looked at.
func Stack(ctx context.Context, config aws.Config, name string, state *tfstate.State, services []rollout.Service, backend stackjson.Backend) (*status.Report, error) {
	report := &status.Report{Stack: name}
	unseen := func(what string, err error) {
		for _, line := range check.Lines(err) {
			report.Unseen = append(report.Unseen, what+": "+line)
		}
	}
	hosts := hostsByTargetGroup(state)
	older, err := kept(ctx, config, state)
	unseen("why tasks stopped more than an hour ago", err)
	for _, service := range services {
		if service.State == rollout.Missing || service.State == rollout.Unseen {
			report.Services = append(report.Services, status.Service{Name: service.Name, Rollout: string(service.State), Sentence: service.String()})
			continue
		}
		for _, task := range older["service:"+service.Name] {
			service.Stopped = withTask(service.Stopped, task)
		}
		slices.SortStableFunc(service.Stopped, func(a, b ecs.Task) int { return b.Stopped.Compare(a.Stopped.Time) })
		config := rollout.In(config, service.ECS.ARN)
		observed, err := observeService(ctx, config, service, hosts)
		if err != nil {
			service.State, service.Reason = rollout.Unseen, err.Error()
			report.Services = append(report.Services, status.Service{Name: service.Name, Rollout: status.Unseen, Sentence: service.String()})
			continue
		}
		running, err := runningDigests(ctx, config, service)
		unseen("which images the tasks of "+service.Name+" run", err)
		var not []string
		observed.Repositories, not = repositories(ctx, config, observed.Images, running)
		report.Unseen = append(report.Unseen, not...)
		observed.Kept = older != nil
		report.Services = append(report.Services, observed)
	}
	report.Jobs, err = jobs(ctx, config, state, older)
	unseen("the last runs of the jobs", err)
	for _, attributes := range state.Resources("aws_cloudfront_distribution") {
		if report.Frontend, err = frontend(ctx, config, fmt.Sprint(attributes["id"])); err != nil && len(services) == 0 {
			return nil, err // there is nothing else
		}
	}
	report.Network, err = networkOf(ctx, config, state)
	unseen("the VPC", err)
	report.Certificates, err = certificates(ctx, config, state)
	unseen("the certificates", err)
	report.Alarms, err = alarmsOf(ctx, config, state)
	unseen("the alarms", err)
	report.Records, err = records(ctx, route53.New(everywhere(config)), state)
	unseen("where the host names lead", err)
	if report.Lock, err = Lock(ctx, config, backend); err != nil && len(services) == 0 && report.Frontend == nil {
		return nil, fmt.Errorf("the lock of the state: %w", err)
	}
	unseen("the lock of the state", err)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	report.Judge(time.Now())
	return report, nil
}

// runningDigests are the digests of the images that the tasks of a service's revision run, by image.
func runningDigests(ctx context.Context, config aws.Config, service rollout.Service) (map[string]string, error) {
	digests := map[string]string{}
	tasks, err := ecs.New(config).Tasks(ctx, service.ECS.Cluster, service.Name, "RUNNING")
	for _, task := range tasks {
		if task.TaskDefinition != service.ECS.TaskDefinition {
			continue // which is being replaced
		}
		for _, container := range task.Containers {
			if container.ImageDigest != "" {
				digests[container.Image] = container.ImageDigest
			}
		}
	}
	return digests, err
}

// Denied tells whether AWS does not let these credentials look. Its services have several words for that: to a HEAD, S3 answers with that of HTTP alone.
func Denied(err error) bool {
	return awsapi.IsCode(err, "AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationErrorException", "Forbidden")
}

// Services returns the names of the services.
func Services(state *tfstate.State) (all []string) {
	for _, attributes := range state.Resources("aws_ecs_service") {
		all = append(all, fmt.Sprint(attributes["name"]))
	}
	return all
}

// ClusterOf returns the cluster of a service, by the name of that; "" if the state has no such service.
func ClusterOf(state *tfstate.State, service string) string {
	for _, attributes := range state.Resources("aws_ecs_service") {
		if attributes["name"] == service {
			return fmt.Sprint(attributes["cluster"])
		}
	}
	return ""
}

// LogGroups returns the names of the log groups of the services and jobs, by their names.
func LogGroups(state *tfstate.State) map[string]string {
	groups := map[string]string{}
	for _, attributes := range state.Resources("aws_ecs_service") {
		if _, definition := definitionOf(state, ecs.Family(fmt.Sprint(attributes["task_definition"]))); definition.logGroup() != "" {
			groups[fmt.Sprint(attributes["name"])] = definition.logGroup()
		}
	}
	for _, job := range Jobs(state) {
		if job.logGroup != "" {
			groups[job.Name] = job.logGroup
		}
	}
	return groups
}

// containers are those of a task definition.
type containers []struct {
	Name, Image      string
	LogConfiguration struct{ Options map[string]string }
}

// logGroup is where they log; empty if that is not CloudWatch Logs.
func (c containers) logGroup() (group string) {
	for _, container := range c {
		group = cmp.Or(container.LogConfiguration.Options["awslogs-group"], group)
	}
	return group
}

// definitionOf is the task definition of a family in a state, and its address.
func definitionOf(state *tfstate.State, family string) (address string, all containers) {
	for address, attributes := range state.Resources("aws_ecs_task_definition") {
		if attributes["family"] == family && json.Unmarshal([]byte(fmt.Sprint(attributes["container_definitions"])), &all) == nil {
			return address, all
		}
	}
	return "", nil
}

// Running is a service or a job of a stack, and the image that it runs.
type Running struct {
	// Image is that of its container.
	Image string
	// Addresses are what a deploy of another image changes: the service or the schedule, and its task definition.
	Addresses []string
}

// Images returns the images that the services and jobs of a state run, by their names. Of a service, that is the image that ECS went back to,
// if it did. A service that ECS does not have is left out. It returns an error that names all services of which ECS does not tell, beside the
// others.
func Images(ctx context.Context, config aws.Config, state *tfstate.State) (map[string]Running, error) {
	all := map[string]Running{}
	for _, job := range Jobs(state) {
		all[job.Name] = Running{job.image, job.addresses}
	}
	var problems []error
	client := ecs.New(In(config, state))
	for address, attributes := range state.Resources("aws_ecs_service") {
		name, cluster := fmt.Sprint(attributes["name"]), fmt.Sprint(attributes["cluster"])
		service, err := client.Service(ctx, cluster, name)
		if err == nil && service.Status != ecs.Active {
			continue
		}
		var definition ecs.TaskDefinition
		if err == nil {
			definition, err = client.TaskDefinition(ctx, service.TaskDefinition)
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("service %s: %w", name, err))
			continue
		}
		running := Running{Image: definition.Container(name).Image, Addresses: []string{address}}
		for other, attributes := range state.Resources("aws_ecs_task_definition") {
			if attributes["family"] == definition.Family {
				running.Addresses = append(running.Addresses, other)
			}
		}
		all[name] = running
	}
	return all, errors.Join(problems...)
}

// In returns the configuration for the region in which a stack's services are.
func In(config aws.Config, state *tfstate.State) aws.Config {
	for _, attributes := range state.Resources("aws_ecs_cluster") {
		return rollout.In(config, fmt.Sprint(attributes["arn"]))
	}
	return config
}

// Location returns the time zone of a stack's timetable, in which a person reads all times, or the machine's own if it has none.
func Location(state *tfstate.State) *time.Location {
	for _, action := range state.Resources("aws_appautoscaling_scheduled_action") {
		if location, err := time.LoadLocation(fmt.Sprint(action["timezone"])); err == nil && action["timezone"] != "" {
			return location
		}
	}
	return time.Local
}

// hostsByTargetGroup are the host names for which the load balancer forwards to a target group, by its ARN.
func hostsByTargetGroup(state *tfstate.State) map[string][]string {
	hosts := map[string][]string{}
	for _, rule := range state.Resources("aws_lb_listener_rule") {
		for _, action := range list(rule["action"]) {
			group := fmt.Sprint(action["target_group_arn"])
			hosts[group] = append(hosts[group], hostsOf(rule)...)
		}
	}
	return hosts
}

// hostsOf are the host names that a listener rule is for.
func hostsOf(rule map[string]any) (hosts []string) {
	for _, condition := range list(rule["condition"]) {
		for _, header := range list(condition["host_header"]) {
			hosts = append(hosts, texts(header["values"])...)
		}
	}
	return hosts
}

// texts are the elements of a list of texts.
func texts(value any) (all []string) {
	elements, _ := value.([]any)
	for _, element := range elements {
		all = append(all, fmt.Sprint(element))
	}
	return all
}

// list are the blocks of an attribute.
func list(value any) []map[string]any {
	var blocks []map[string]any
	elements, _ := value.([]any)
	for _, element := range elements {
		if block, is := element.(map[string]any); is {
			blocks = append(blocks, block)
		}
	}
	return blocks
}

func observeService(ctx context.Context, config aws.Config, service rollout.Service, hosts map[string][]string) (status.Service, error) {
	is := status.Service{
		Name: service.Name, Revision: service.Runs, Rollout: string(service.State), Created: service.ECS.Created.Time,
		Since: service.Primary.Updated.Time, Running: service.Running, Desired: service.Desired,
	}
	if service.State != rollout.Steady {
		is.Sentence = service.String()
	}
	is.Deployed, is.StoppedTasks = service.Deployed, len(service.Stopped)
	for _, task := range service.Stopped[:min(most, len(service.Stopped))] {
		alike := 0
		for _, other := range service.Stopped {
			if other.StoppedReason == task.StoppedReason {
				alike++
			}
		}
		is.Stopped = append(is.Stopped, status.Stopped{At: task.Stopped.Time, Reason: task.StoppedReason, Revision: ecs.LastPart(task.TaskDefinition), Alike: alike})
	}
	for _, event := range service.ECS.Events[:min(most, len(service.ECS.Events))] {
		is.Events = append(is.Events, status.Event{At: event.Created.Time, Message: event.Message})
	}
	definition, err := ecs.New(config).TaskDefinition(ctx, service.ECS.TaskDefinition)
	if err != nil {
		return is, err
	}
	for _, container := range definition.Containers {
		is.Images = append(is.Images, container.Image)
	}
	is.Worker = len(service.ECS.LoadBalancers) == 0
	for _, balancer := range service.ECS.LoadBalancers {
		for _, host := range hosts[balancer.TargetGroup] {
			is.URLs = append(is.URLs, "https://"+host)
		}
		targets, err := elb.New(config).DescribeTargetHealth(ctx, balancer.TargetGroup)
		if err != nil {
			return is, err
		}
		for _, target := range targets {
			is.Targets = append(is.Targets, status.Target{ID: fmt.Sprintf("%s:%d", target.ID, target.Port), State: target.State, Reason: target.Description})
		}
	}
	is.Timetable, err = Timetable(ctx, config, service.ECS.Cluster, service.Name)
	return is, err
}

// Timetable are the scheduled actions of a service, sorted by name.
func Timetable(ctx context.Context, config aws.Config, cluster, service string) ([]status.Action, error) {
	scheduled, err := applicationautoscaling.New(config).ScheduledActions(ctx, applicationautoscaling.ServiceIn(ecs.LastPart(cluster), service))
	if err != nil {
		return nil, err
	}
	var actions []status.Action
	for _, action := range scheduled {
		actions = append(actions, status.Action{
			Name: action.Name, Expression: action.Schedule, Zone: action.Timezone, Min: aws.ToInt(action.Limits.Min), Max: aws.ToInt(action.Limits.Max),
		})
	}
	slices.SortFunc(actions, func(a, b status.Action) int { return strings.Compare(a.Name, b.Name) })
	return actions, nil
}

func frontend(ctx context.Context, config aws.Config, id string) (*status.Frontend, error) {
	is := &status.Frontend{ID: id}
	found, err := cloudfront.New(everywhere(config)).GetDistribution(ctx, id)
	if awsapi.IsCode(err, cloudfront.NoSuchDistribution) {
		is.Gone, is.Problem = true, "the frontend is gone: the state has the distribution "+id+", and CloudFront does not. A deploy creates it again"
		return is, nil
	}
	if err != nil {
		is.Problem = "the frontend could not be looked at: " + err.Error()
		return is, fmt.Errorf("frontend: %w", err)
	}
	is.State, is.Enabled = found.Status, found.Enabled
	for _, host := range found.Aliases {
		if strings.HasPrefix(host, "*.") {
			is.Previews = host
		} else {
			is.URLs = append(is.URLs, "https://"+host)
		}
	}
	return is, nil
}

// everywhere returns the configuration for CloudFront and Route 53, which are in no region, and whose requests are signed for one all the same.
func everywhere(config aws.Config) aws.Config {
	config.Region = cmp.Or(config.Region, "us-east-1")
	return config
}

// Lock says who holds the lock of a state, which is an object beside it; nil if nobody does. It returns an
// error if AWS does not answer, or if the object is no lock.
func Lock(ctx context.Context, config aws.Config, backend stackjson.Backend) (*status.Lock, error) {
	config.Region = backend.Region
	text, err := s3.New(config).Object(ctx, s3.Bucket{Name: backend.Bucket}, backend.Key+".tflock", "")
	if awsapi.IsCode(err, s3.NoSuchKey) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var is struct {
		ID, Operation, Who string
		Created            time.Time
	}
	if err := json.Unmarshal(text, &is); err != nil {
		return nil, err
	}
	return &status.Lock{ID: is.ID, Operation: is.Operation, Who: is.Who, Since: is.Created}, nil
}
