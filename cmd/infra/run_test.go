package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// aService is a state with a service.
var aService = map[string]string{
	"state-pull": `{"version": 4, "resources": [{"mode": "managed", "type": "aws_ecs_service", "name": "s", "instances": [{"attributes": {"name": "svc", "cluster": "arn:aws:ecs:eu-west-1:1:cluster/c"}}]}]}`,
}

// A task that was started is stopped after Ctrl-C, however long AWS takes for its answer: one that goes on costs money.
func TestRunInterrupted(t *testing.T) {
	t.Parallel()
	var looks, stops atomic.Int32
	answers := map[string]string{
		"DescribeServices":       `{"services": [{"serviceName": "svc", "clusterArn": "arn:aws:ecs:eu-west-1:1:cluster/c", "status": "ACTIVE", "taskDefinition": "arn:x/prod-svc:12", "launchType": "FARGATE"}]}`,
		"DescribeTaskDefinition": `{"taskDefinition": {"status": "ACTIVE", "containerDefinitions": [{"name": "svc", "image": "r/svc:v5"}]}}`,
		"RunTask":                `{"tasks": [{"taskArn": "arn:task/c/abc", "lastStatus": "PROVISIONING"}]}`,
		"DescribeTasks":          `{"tasks": [{"taskArn": "arn:task/c/abc", "lastStatus": "RUNNING"}]}`,
		"StopTask":               `{}`,
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, action, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		switch action {
		case "DescribeTasks":
			looks.Add(1)
		case "StopTask":
			time.Sleep(2 * stuck)
			stops.Add(1)
		}
		if answers[action] == "" {
			t.Errorf("%s was asked for", action)
		}
		fmt.Fprint(w, answers[action])
	}))
	defer server.Close()
	p := newProject(t, aService)
	command := p.command("run", "global", "svc", "--yes", "--", "sleep", "600")
	command.Env = append(command.Env, "AWS_ENDPOINT_URL="+server.URL)
	var out said
	command.Stdout, command.Stderr = &out, &out
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	until(t, "it runs", &out, func() bool { return looks.Load() > 0 })
	_ = command.Process.Signal(os.Interrupt)
	const want = "infra: The task is stopped: its containers get SIGTERM, and SIGKILL half a minute later.\n"
	if status := ends(t, command, &out); status != 1 || stops.Load() != 1 || !strings.Contains(out.String(), "infra: interrupted\n") || !strings.HasSuffix(out.String(), want) {
		t.Errorf("it ended with %d, and %d tasks were stopped:\n%s", status, stops.Load(), out.String())
	}
}

// What follows -- is the command, whatever it looks like.
func TestCommandOfARun(t *testing.T) {
	t.Setenv("INFRA_YES", "false") // where the tests run, it may be another
	for _, c := range []struct {
		args, command []string
		yes           bool
	}{
		{args: []string{"report"}},
		{args: []string{"svc", "--yes", "--", "ls", "-l", "--yes=no", "--"}, command: []string{"ls", "-l", "--yes=no", "--"}, yes: true},
		{args: []string{"svc", "--", "sh", "-c", "a && b"}, command: []string{"sh", "-c", "a && b"}},
	} {
		parser, err := newParser(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parser.Parse(append([]string{"run", "prod"}, c.args...)); err != nil {
			t.Errorf("%q: %v", c.args, err)
			continue
		}
		run := parser.Model.Target.Addr().Interface().(*commands).Run
		if run.Stack != "prod" || run.Name != c.args[0] || !slices.Equal(run.Command, c.command) || run.Yes != c.yes {
			t.Errorf("%q: %+v", c.args, run)
		}
		if (run.Command == nil) != (c.command == nil) {
			t.Errorf("%q: the command is %#v", c.args, run.Command)
		}
	}
}

// Who forgets what comes before a command is told.
func TestCommandWithoutDashes(t *testing.T) {
	for _, c := range []struct {
		args []string
		told bool
	}{
		{[]string{"run", "prod", "svc", "ls", "-l"}, true},
		{[]string{"exec", "prod", "svc", "ls", "-l"}, true},
		{[]string{"run", "prod", "svc", "-x", "--", "ls"}, false},
		{[]string{"run", "prod", "svc"}, false},
		{[]string{"plan", "prod", "-l", "-x"}, false},
	} {
		want := "./infra --help lists all verbs"
		if c.told {
			want = "the words of a command come after --, such as ./infra " + c.args[0] + " STACK SERVICE -- ls -l"
		}
		if got := hint(errors.New("unexpected argument"), c.args); got != want {
			t.Errorf("%q: %s", c.args, got)
		}
	}
}
