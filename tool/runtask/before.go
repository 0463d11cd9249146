package runtask

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/order-bot/infra/tool/aws/ecs"
)

// mostLines is how many of the last lines of a log are told with a failure.
const mostLines = 10

// Failed is a job that a deploy ran before it went on, and that did not end with exit code 0.
type Failed struct {
	// Job is the name of the job, Revision the one that ran, and Code its exit code.
	Job, Revision string
	Code          int
	// Log are the last lines that it logged.
	Log []string
}

func (f *Failed) Error() string {
	text := fmt.Sprintf("the job %s, %s, ended with exit code %d", f.Job, f.Revision, f.Code)
	if len(f.Log) > 0 {
		text += "\n  The last lines of its log:\n    " + strings.Join(f.Log, "\n    ")
	}
	return text
}

// RunBefore runs the task, a job, and returns a *Failed if that ends otherwise than with exit code 0. It starts none while another one of the job
// goes on, as after a deploy that was killed. In all else it is as Run.
func (t Task) RunBefore(ctx context.Context, aws AWS, to Output) error {
	running, err := aws.Tasks(ctx, t.run.Cluster, "", ecs.Running)
	if err != nil {
		return fmt.Errorf("whether another run of the job %s goes on: %w", t.Of, err)
	}
	at := slices.IndexFunc(running, func(task ecs.Task) bool {
		return ecs.Family(task.TaskDefinition) == ecs.Family(t.run.TaskDefinition)
	})
	if at >= 0 {
		other := course{Task: t, arn: running[at].ARN}
		return fmt.Errorf("a run of the job %s goes on already, the task %s. Wait for its end, or stop it: %s", t.Of, running[at].ID(), other.stopCommand())
	}
	t.run.StartedBy = "infra-deploy"
	last := &lastLines{}
	to.Log = io.MultiWriter(to.Log, last)
	code, err := t.Run(ctx, aws, to)
	if err != nil {
		return fmt.Errorf("the job %s: %w", t.Of, err)
	}
	if code != 0 {
		return &Failed{Job: t.Of, Revision: t.Revision(), Code: code, Log: last.lines}
	}
	return nil
}

// lastLines keeps the last lines of what is written to it, a line or several at a time.
type lastLines struct{ lines []string }

func (l *lastLines) Write(text []byte) (int, error) {
	for line := range strings.Lines(string(text)) {
		l.lines = append(l.lines, strings.TrimRight(line, "\n"))
	}
	l.lines = l.lines[max(0, len(l.lines)-mostLines):]
	return len(text), nil
}
