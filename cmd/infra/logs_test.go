package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// loggingService is a state with a service that logs.
var loggingService = map[string]string{"state-pull": `{"version": 4, "serial": 1, "lineage": "x", "resources": [
	{"mode": "managed", "type": "aws_ecs_service", "name": "s", "instances": [{"attributes": {
		"name": "s", "cluster": "arn:aws:ecs:eu-west-1:1:cluster/c", "task_definition": "arn:aws:ecs:eu-west-1:1:task-definition/f:1"}}]},
	{"mode": "managed", "type": "aws_ecs_task_definition", "name": "f", "instances": [{"attributes": {
		"family": "f", "arn": "arn:aws:ecs:eu-west-1:1:task-definition/f:1",
		"container_definitions": "[{\"name\": \"s\", \"logConfiguration\": {\"options\": {\"awslogs-group\": \"/ecs/s\"}}}]"}}]}]}`}

// Who reads no line is told how to look further back than now, and whose lines find no room is told that.
func TestLogs(t *testing.T) {
	answer := `{"events": []}`
	aws := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(answer)) }))
	defer aws.Close()
	p := newProject(t, loggingService)
	for since, want := range map[string]string{"15m": "--since 2h\n", "24h": "--since 240h\n"} {
		command := p.command("logs", "global", "s", "--since", since)
		command.Env = append(command.Env, "AWS_ENDPOINT_URL="+aws.URL)
		if output, err := command.CombinedOutput(); err != nil || !strings.HasSuffix(string(output), want) {
			t.Errorf("%s: %v\n%s", since, err, output)
		}
	}
	full := fullDisk(t)
	answer = `{"events": [{"timestamp": 1396035378988, "message": "one", "eventId": "1"}]}`
	command := p.command("logs", "global", "s")
	command.Env = append(command.Env, "AWS_ENDPOINT_URL="+aws.URL)
	var said bytes.Buffer
	command.Stdout, command.Stderr = full, &said
	if err := command.Run(); err == nil || !strings.Contains(said.String(), "no space left on device") {
		t.Errorf("%v: %s", err, said.String())
	}
}
