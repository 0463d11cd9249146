package kinds

import (
	"slices"
	"testing"

	"github.com/order-bot/infra/tool/aws/ecs"
)

func TestWhatStaysInACluster(t *testing.T) {
	const noServices, noTasks = ", and AWS deletes no cluster that has services. ", ", and AWS deletes no cluster that runs tasks. "
	services := []ecs.Service{
		{Name: "svc", Status: ecs.Active},
		{Name: "left", Status: "DRAINING"}, // by a destroy that was killed
		{Name: "other", Status: ecs.Active},
	}
	for _, c := range []struct {
		services []ecs.Service
		group    string
		want     []string
	}{
		{services[:2], "service:svc", nil},
		{services[:2], "service:left", nil},
		{services[:2], "family:report", []string{
			"it runs the task 1a2b (family:report), which is of no service" + noTasks + "Wait until it ends, or stop it: aws ecs stop-task --cluster prod-cluster --task 1a2b",
		}},
		{nil, "service:svc", []string{ // a group that somebody has made up
			"it runs the task 1a2b (service:svc), which is of no service" + noTasks + "Wait until it ends, or stop it: aws ecs stop-task --cluster prod-cluster --task 1a2b",
		}},
		{services, "service:other", []string{
			"it has the service other, which is not in this state" + noServices + "Delete it, if it may go: aws ecs delete-service --cluster prod-cluster --service other --force",
		}},
	} {
		task := ecs.Task{ARN: "arn:aws:ecs:ap-northeast-1:123456789012:task/prod-cluster/1a2b", Group: c.group}
		if got := staying("prod-cluster", []string{"svc"}, c.services, []ecs.Task{task}); !slices.Equal(got, c.want) {
			t.Errorf("a task of %s: got %q, want %q", c.group, got, c.want)
		}
	}
}
