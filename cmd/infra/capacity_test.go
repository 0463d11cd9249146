package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
)

// Who interrupts a command while AWS is asked for something reads what may have been done, and what to do.
func TestInterruptedByHand(t *testing.T) {
	for verb, c := range map[string]struct{ last, want string }{
		"scale global s 2 --yes": {"PutScheduledAction", "infra: s: interrupted, perhaps half-way. Do the same once more: it does what is missing\n"},
		"restart global s --yes": {"UpdateService", "infra: interrupted while it asked for new tasks. Whether they come: ./infra status global\n"},
	} {
		t.Run(c.last, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Bool
			release := make(chan struct{})
			aws := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				answer := `{}`
				switch _, action, _ := strings.Cut(r.Header.Get("X-Amz-Target"), "."); action {
				case "DescribeServices":
					answer = `{"services": [{"serviceName": "s", "serviceArn": "arn:aws:ecs:eu-west-1:1:service/c/s", "status": "ACTIVE", "desiredCount": 1,
						"taskDefinition": "arn:aws:ecs:eu-west-1:1:task-definition/f:1", "deployments": [{"status": "PRIMARY", "rolloutState": "COMPLETED"}]}]}`
				case "DescribeScheduledActions":
					answer = `{"ScheduledActions": [{"ScheduledActionName": "up", "Schedule": "cron(0 10 * * ? *)", "Timezone": "Asia/Tokyo", "ResourceId": "service/c/s",
						"ScalableDimension": "ecs:service:DesiredCount", "ServiceNamespace": "ecs", "ScalableTargetAction": {"MinCapacity": 1, "MaxCapacity": 1}}]}`
				case c.last:
					asked.Store(true)
					<-release
				}
				w.Header().Set("Content-Type", "application/x-amz-json-1.1")
				_, _ = w.Write([]byte(answer))
			}))
			defer aws.Close()
			defer close(release)
			command := newProject(t, loggingService).command(strings.Fields(verb)...)
			command.Env = append(command.Env, "AWS_ENDPOINT_URL="+aws.URL)
			var out said
			command.Stdout, command.Stderr = &out, &out
			if err := command.Start(); err != nil {
				t.Fatal(err)
			}
			until(t, "it asks for "+c.last, &out, asked.Load)
			_ = command.Process.Signal(syscall.SIGTERM)
			if status := ends(t, command, &out); status != 1 || !strings.HasSuffix(out.String(), c.want) {
				t.Errorf("it ended with %d:\n%s", status, out.String())
			}
		})
	}
}
