package ecs

import (
	"slices"
	"strconv"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/ecscluster"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/ecsclustercapacityproviders"

	"github.com/order-bot/infra/internal/check"
	"github.com/order-bot/infra/modules/internal/tags"
)

// Cluster is what is the same for all services of an environment.
type Cluster struct {
	// LogRetentionDays is how long logs are kept, in days: a value that CloudWatch Logs offers, such
	// as 7, 30 or 365. Default 30.
	LogRetentionDays int
	// PublicTasks lets the tasks run in the public subnets, with an address of their own, by which they pull images: about $3.60 a month a task. Then the
	// private subnets are no input, and no NAT gateway is needed, which costs about $35 a month and more. Nobody reaches a task but through the load
	// balancer. Default: the tasks are in private subnets.
	PublicTasks bool
	// StoppedTaskDays is how long it is kept why tasks stopped, in days: a value that CloudWatch Logs offers. `./infra status` shows those of the last
	// day, and the log group /aws/events/<cluster>/stopped-tasks all, for some cents a month. Default: ECS forgets them after an hour.
	// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-errors.html
	StoppedTaskDays int
	// WithoutInsights turns Container Insights off, which costs about $0.07 a month a metric. Default: on.
	// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/ContainerInsights.html
	WithoutInsights bool
	// ManagedTags lets ECS tag new tasks with their cluster and service, for the bill to say what each costs. The tags of the service itself stay off the
	// tasks: the provider could not take that back. Default: it does not.
	// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-using-tags.html
	ManagedTags bool
}

// WithDefaults puts the defaults where c has zero values.
func (c Cluster) WithDefaults() Cluster {
	if c.LogRetentionDays == 0 {
		c.LogRetentionDays = 30
	}
	return c
}

// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
var retentions = []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}

func (c Cluster) validate() error {
	var p check.Problems
	validateRetention(&p, "log retention", c.LogRetentionDays)
	if c.StoppedTaskDays != 0 {
		validateRetention(&p, "stopped task days", c.StoppedTaskDays)
	}
	return p.Err()
}

func validateRetention(p *check.Problems, field string, days int) {
	if !slices.Contains(retentions, days) {
		p.Addf(field, "%d days are not offered by CloudWatch Logs (%s)", days, oneOf(retentions))
	}
}

func newCluster(scope constructs.Construct, cfg Config) ecscluster.EcsCluster {
	insights := "enabled"
	if cfg.Cluster.WithoutInsights {
		insights = "disabled"
	}
	return ecscluster.NewEcsCluster(scope, jsii.String("cluster"), &ecscluster.EcsClusterConfig{
		Name: jsii.String(cfg.ClusterName()),
		Setting: []ecscluster.EcsClusterSetting{{
			Name:  jsii.String("containerInsights"),
			Value: jsii.String(insights),
		}},
		Tags: tags.Map(cfg.Tags),
	})
}

// newCapacityProviders lets the cluster's services use Spot. It returns nil if none does.
func newCapacityProviders(scope constructs.Construct, cfg Config, cluster ecscluster.EcsCluster) ecsclustercapacityproviders.EcsClusterCapacityProviders {
	if !cfg.uses(func(service Service) bool { return service.Spot.used() }) {
		return nil
	}
	return ecsclustercapacityproviders.NewEcsClusterCapacityProviders(scope, jsii.String("capacity_providers"), &ecsclustercapacityproviders.EcsClusterCapacityProvidersConfig{
		ClusterName:       cluster.Name(),
		CapacityProviders: jsii.Strings("FARGATE", "FARGATE_SPOT"),
	})
}

// oneOf lists values as a person would: "512, 1024 or 2048".
func oneOf(values []int) string {
	text := strconv.Itoa(values[0])
	for i, value := range values[1:] {
		separator := ", "
		if i == len(values)-2 {
			separator = " or "
		}
		text += separator + strconv.Itoa(value)
	}
	return text
}
