package ecs

import (
	"slices"
	"strconv"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/ecscluster"

	"github.com/order-bot/infra/internal/check"
	"github.com/order-bot/infra/modules/internal/tags"
)

// Cluster is what is the same for all services of an environment.
type Cluster struct {
	// LogRetentionDays is how long logs are kept, in days: a value that CloudWatch Logs offers, such
	// as 7, 30 or 365. Default 30.
	LogRetentionDays int
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
	if !slices.Contains(retentions, c.LogRetentionDays) {
		p.Addf("log retention", "%d days are not offered by CloudWatch Logs (%s)", c.LogRetentionDays, oneOf(retentions))
	}
	return p.Err()
}

func newCluster(scope constructs.Construct, cfg Config) ecscluster.EcsCluster {
	return ecscluster.NewEcsCluster(scope, jsii.String("cluster"), &ecscluster.EcsClusterConfig{
		Name: jsii.String(cfg.clusterName()),
		Setting: []ecscluster.EcsClusterSetting{{
			Name:  jsii.String("containerInsights"),
			Value: jsii.String("enabled"),
		}},
		Tags: tags.Map(cfg.Tags),
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
