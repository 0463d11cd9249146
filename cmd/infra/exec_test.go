//go:build linux

package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// ofExec are the answers of an ECS with a service that can be entered.
var ofExec = map[string]string{
	"DescribeServices": `{"services": [{"serviceName": "svc", "clusterArn": "arn:aws:ecs:eu-west-1:1:cluster/c", "status": "ACTIVE", "desiredCount": 1, "enableExecuteCommand": true}]}`,
	"ListTasks":        `{"taskArns": ["arn:aws:ecs:eu-west-1:1:task/c/abc"]}`,
	"DescribeTasks": `{"tasks": [{"taskArn": "arn:aws:ecs:eu-west-1:1:task/c/abc", "lastStatus": "RUNNING", "enableExecuteCommand": true, "createdAt": 1, "containers": [
		{"name": "svc", "runtimeId": "abc-1", "managedAgents": [{"name": "ExecuteCommandAgent", "lastStatus": "RUNNING"}]}]}]}`,
	"ExecuteCommand": `{"session": {"sessionId": "s", "streamUrl": "wss://x", "tokenValue": "secret"}}`,
}

// execProject is a project with that service, and a plugin on the PATH that does something.
func execProject(t *testing.T, plugin string) (p *fakeProject, endpoint string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, action, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		fmt.Fprint(w, ofExec[action])
	}))
	t.Cleanup(server.Close)
	p = newProject(t, aService)
	script := "#!/bin/sh\nif [ \"$*\" = --version ]; then echo 1.2.707.0; exit; fi\n" + plugin
	writeProgram(t, filepath.Join(p.dir, ".programs", "session-manager-plugin"), script)
	return p, "AWS_ENDPOINT_URL=" + server.URL
}

// The session has the terminal: what is typed, and Ctrl-C. It ends as the plugin does.
func TestExec(t *testing.T) {
	t.Parallel()
	p, endpoint := execProject(t, `
printf '%s\n' "$@" >"$WORK/arguments"
echo "$AWS_SSM_START_SESSION_RESPONSE" >"$WORK/session"
trap 'touch "$WORK/told"' INT
touch "$WORK/begun"
until read -r line; do :; done # that a signal ends it is no line
echo "$line" >"$WORK/line"
exit 42
`)
	command := p.command("exec", "global", "svc", "--", "sh", "-c", "a && b")
	command.Env = append(command.Env, endpoint)
	var out said
	person := atATerminal(t, command, &out)
	until(t, "it says where", &out, func() bool { return strings.Contains(out.String(), "A session in the container svc of the task abc,") })
	until(t, "it has begun", &out, func() bool { return p.has("begun") })
	until(t, "it is told", &out, func() bool {
		_, _ = person.WriteString("\x03") // again: a shell that is about to read runs no trap before it has read
		return p.has("told")
	})
	_, _ = person.WriteString("exit\n")
	if status := ends(t, command, &out); status != 42 || strings.Contains(out.String(), "interrupted") {
		t.Errorf("it ended with %d:\n%s", status, out.String())
	}
	for file, want := range map[string]string{
		"arguments": "AWS_SSM_START_SESSION_RESPONSE\neu-west-1\nStartSession\n\n{\"Target\":\"ecs:c_abc_abc-1\"}\nhttps://ssm.eu-west-1.amazonaws.com\n",
		"session":   `{"sessionId": "s", "streamUrl": "wss://x", "tokenValue": "secret"}` + "\n",
		"line":      "exit\n",
	} {
		if text, err := os.ReadFile(filepath.Join(p.dir, file)); err != nil || string(text) != want {
			t.Errorf("%s: %q, %v", file, text, err)
		}
	}
}
