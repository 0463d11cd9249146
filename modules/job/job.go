// Package job starts tasks at times: a schedule of EventBridge Scheduler for each job, and one role by which the schedules may start them.
package job

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"github.com/order-bot/infra/internal/check"
)

// Config describes the jobs.
type Config struct {
	// NamePrefix starts the names: "<prefix>-jobs" and "<prefix>-<job>".
	NamePrefix string
	// Jobs are what is started at times. Default: none, and then the module makes nothing.
	Jobs []Job
	// PublicTasks gives the tasks an address of their own, as those of the services have where there is no NAT gateway.
	PublicTasks bool
	// ManagedTags lets ECS tag the tasks with their cluster.
	ManagedTags bool
	// Tags are put on the role. A schedule has no tags.
	Tags map[string]string
}

// Job is a task that is started at times.
type Job struct {
	// Key is the job's id within this module. Distinct, and neither "role" nor "policy".
	Key string
	// Name is the job's name, of which the schedule's follows: letters, digits, - and _, for 64 characters with the prefix.
	Name string
	// Schedule is when it is started.
	Schedule Schedule
	// Before is the name of the service before which a deploy runs it, which the schedule then says. Default: no deploy runs it.
	Before string
	// Spot runs it on capacity that AWS may take back.
	Spot bool
	// Role is the name of the role of its application, if that is one of its own.
	Role string
	// Exec lets people open a shell in it.
	Exec bool
	// SecurityGroupIDs are more security groups of its tasks.
	SecurityGroupIDs []string
}

// References are what only Terraform knows.
type References struct {
	// ClusterARN is where the tasks run.
	ClusterARN string
	// SubnetIDs are the subnets of the tasks.
	SubnetIDs []string
	// SecurityGroupID is the tasks' security group.
	SecurityGroupID string
	// Account is the AWS account, whose schedules alone may use the role.
	Account string
	// Jobs are those of each job, by its key.
	Jobs map[string]TaskReferences
}

// TaskReferences are what only Terraform knows of a job.
type TaskReferences struct {
	// TaskDefinitionARN is the revision that is started, and AnyRevisionARN the pattern of all revisions.
	TaskDefinitionARN, AnyRevisionARN string
	// RoleARNs are the roles that a task gets.
	RoleARNs []string
	// First is what has to be there before a task starts.
	First []cdktf.ITerraformDependable
}

var (
	// https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html
	scheduleName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
	// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
	roleName = regexp.MustCompile(`^[A-Za-z0-9_+=,.@-]+$`)
)

// Validate returns an error that names every field of the design that is wrong.
func (c Config) Validate() error {
	var p check.Problems
	if len(c.Jobs) > 0 {
		p.Name("role name", c.roleName(), 64, roleName, "letters, digits and _+=,.@-")
	}
	if length := c.policyLength(); len(c.Jobs) > 0 && length > longestPolicy {
		p.Addf("jobs", "%d are too many: the policy of the role that starts them has %d characters, %d at most are allowed", len(c.Jobs), length, longestPolicy)
	}
	for _, job := range c.Jobs {
		label := fmt.Sprintf("job %q", job.Name)
		var of check.Problems
		of.Key("key", job.Key, "role", "policy")
		of.Name("schedule name", c.scheduleName(job), 64, scheduleName, "letters, digits, - and _")
		of.Join(job.Schedule.validate())
		p.Add(label, of.Err())
	}
	return p.Err()
}

// New creates the schedules and their role in scope, under id. Without jobs it creates nothing. cfg has passed Validate.
func New(scope constructs.Construct, id string, cfg Config, refs References) {
	if len(cfg.Jobs) == 0 {
		return
	}
	this := constructs.NewConstruct(scope, jsii.String(id))
	role, policy := newRole(this, cfg, refs)
	for _, job := range cfg.Jobs {
		within := constructs.NewConstruct(this, jsii.String(job.Key))
		newSchedule(within, cfg, job, refs, *role.Arn(), append(slices.Clone(refs.Jobs[job.Key].First), policy))
	}
}

func (c Config) roleName() string { return c.NamePrefix + "-jobs" }

func (c Config) scheduleName(j Job) string { return c.NamePrefix + "-" + j.Name }
