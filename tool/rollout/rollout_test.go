package rollout

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/order-bot/infra/tool/tfstate"
)

// A service that is gone, or at which nobody may look, keeps nobody from the others.
func TestOf(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		switch text := string(body); {
		case strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".ListTasks"):
			fmt.Fprint(w, `{"taskArns": []}`)
		case strings.Contains(text, "denied"):
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"__type": "AccessDeniedException", "message": "no"}`)
		case strings.Contains(text, "no-cluster"):
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"__type": "ClusterNotFoundException", "message": "Cluster not found."}`)
		case strings.Contains(text, "gone"):
			fmt.Fprint(w, `{"services": [], "failures": [{"reason": "MISSING"}]}`)
		default:
			fmt.Fprint(w, `{"services": [{"status": "ACTIVE", "taskDefinition": "arn:aws:ecs:r:1:task-definition/f:1", "deployments": [{"status": "PRIMARY", "rolloutState": "COMPLETED"}]}]}`)
		}
	}))
	defer server.Close()
	config := aws.Config{BaseEndpoint: &server.URL, Region: "eu-west-1", Credentials: credentials.NewStaticCredentialsProvider("key", "secret", ""), RetryMaxAttempts: 1}
	of := func(services ...string) (string, error) {
		t.Helper()
		var text []string
		for _, service := range services {
			name, cluster, _ := strings.Cut(service, "@")
			text = append(text, fmt.Sprintf(`{"mode": "managed", "type": "aws_ecs_service", "name": %q, "instances": [{"attributes": {"name": %q, "cluster": "arn:aws:ecs:eu-west-1:1:cluster/%s"}}]}`, name, name, cluster))
		}
		text = append(text, `{"mode": "managed", "type": "aws_ecs_task_definition", "name": "f", "instances": [{"attributes": {"family": "f", "arn": "arn:aws:ecs:r:1:task-definition/f:1"}}]}`)
		state, err := tfstate.Read([]byte(`{"version": 4, "resources": [` + strings.Join(text, ",") + `]}`))
		if err != nil {
			t.Fatal(err)
		}
		found, err := Of(t.Context(), config, state)
		var all []string
		for _, is := range found {
			all = append(all, is.Name+" "+string(is.State))
		}
		return strings.Join(all, ", "), err
	}
	if got, err := of("denied@c", "gone@c", "lost@no-cluster", "up@c"); err != nil || got != "denied not seen, gone missing, lost missing, up steady" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := of("denied-1@c", "denied-2@c"); err == nil || !strings.Contains(err.Error(), "service denied-1: ") || !strings.Contains(err.Error(), "service denied-2: ") {
		t.Errorf("nothing can be seen: %v", err)
	}
}

// Of the tasks that stopped, a person reads those with which something was wrong, and in the sentence the last one of what was deployed.
func TestReasonIsNotThatOfReplacedTasks(t *testing.T) {
	const task = `{"taskArn": "arn:aws:ecs:r:1:task/c/%d", "taskDefinitionArn": "arn:aws:ecs:r:1:task-definition/f:%d", "lastStatus": "STOPPED", "stoppedAt": %d, "stoppedReason": %q}`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		switch _, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), "."); operation {
		case "ListTasks":
			fmt.Fprint(w, `{"taskArns": ["arn:aws:ecs:r:1:task/c/1"]}`)
		case "DescribeTasks":
			fmt.Fprintf(w, `{"tasks": [`+task+","+task+","+task+`]}`,
				1, 2, 1764380000, "CannotPullContainerError: not found", 2, 1, 1764380001, "Task failed ELB health checks", 3, 2, 1764380002, "Scaling activity initiated by (deployment ecs-svc/1)")
		default:
			fmt.Fprint(w, `{"services": [{"status": "ACTIVE", "taskDefinition": "arn:aws:ecs:r:1:task-definition/f:1", "deployments": [{"status": "PRIMARY", "rolloutState": "COMPLETED", "rolloutStateReason": "ECS deployment ecs-svc/1 completed."}]}]}`)
		}
	}))
	defer server.Close()
	config := aws.Config{BaseEndpoint: &server.URL, Region: "eu-west-1", Credentials: credentials.NewStaticCredentialsProvider("key", "secret", ""), RetryMaxAttempts: 1}
	state, err := tfstate.Read([]byte(`{"version": 4, "resources": [
		{"mode": "managed", "type": "aws_ecs_service", "name": "s", "instances": [{"attributes": {"name": "s", "cluster": "arn:aws:ecs:eu-west-1:1:cluster/c"}}]},
		{"mode": "managed", "type": "aws_ecs_task_definition", "name": "f", "instances": [{"attributes": {"family": "f", "arn": "arn:aws:ecs:r:1:task-definition/f:2"}}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	found, err := Of(t.Context(), config, state)
	if err != nil || len(found) != 1 {
		t.Fatalf("%v, %v", found, err)
	}
	if got := found[0]; len(got.Stopped) != 2 || got.Stopped[0].StoppedReason != "Task failed ELB health checks" ||
		got.Reason != "ECS deployment ecs-svc/1 completed. The last task of f:2 stopped: CannotPullContainerError: not found" {
		t.Errorf("%q, of %v", got.Reason, got.Stopped)
	} else if text := got.String(); !strings.HasPrefix(text, "s does not run what was deployed, f:2, but f:1. The new tasks failed and ECS went back. Now 0 of 0 tasks run. ") {
		t.Errorf("where a task of it stopped: %s", text)
	} else if got.Stopped = nil; !strings.Contains(got.String(), "Either the new tasks failed and ECS went back, or the deploy ended before it changed the service: then deploy again. ") {
		t.Errorf("where none stopped: %s", got)
	} else if got.Primary.RolloutState = "IN_PROGRESS"; !strings.Contains(got.String(), " A rollout of that one is in progress: another deploy is at it, or ECS goes back. ") {
		t.Errorf("where somebody deploys: %s", got)
	}
}
