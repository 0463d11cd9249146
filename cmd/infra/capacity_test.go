package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// A number that is not allowed is refused with those that are.
func TestScaleTo(t *testing.T) {
	for tasks, want := range map[string]string{"-1": "infra: -1 tasks are not allowed (0 to 1000)\n", "1001": "infra: 1001 tasks are not allowed (0 to 1000)\n"} {
		if output, err := newProject(t, "").command("scale", "global", "s", tasks).CombinedOutput(); err == nil || string(output) != want {
			t.Errorf("%s: %v\n%s", tasks, err, output)
		}
	}
}

// Nobody restarts a service into the deploy of somebody else.
func TestRestartBesideADeploy(t *testing.T) {
	aws := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := `{}`
		if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".DescribeServices") {
			answer = `{"services": [{"serviceName": "s", "serviceArn": "arn:aws:ecs:eu-west-1:1:service/c/s", "status": "ACTIVE", "desiredCount": 1,
				"taskDefinition": "arn:aws:ecs:eu-west-1:1:task-definition/f:2", "deployments": [{"status": "PRIMARY", "rolloutState": "IN_PROGRESS"}]}]}`
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		_, _ = w.Write([]byte(answer))
	}))
	defer aws.Close()
	command := newProject(t, loggingService).command("restart", "global", "s", "--yes")
	command.Env = append(command.Env, "AWS_ENDPOINT_URL="+aws.URL)
	if output, err := command.CombinedOutput(); err == nil || string(output) != "infra: s is getting another revision just now, f:2, and new tasks with it. How that stands: ./infra status global\n" {
		t.Errorf("%v\n%s", err, output)
	}
}
