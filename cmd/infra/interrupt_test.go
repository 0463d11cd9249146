package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// slow is an engine that applies for half a minute.
var slow = map[string]string{"apply.slow": "3000"}

// until waits for something, and fails the test with what was said by then if it does not come.
func until(t *testing.T, what string, out *said, came func() bool) {
	t.Helper()
	for deadline := time.Now().Add(3 * time.Minute); !came(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it does not come to this: %s. It has said:\n%s", what, out)
		}
	}
}

// said is what a process has printed by now.
type said struct {
	mutex  sync.Mutex
	buffer bytes.Buffer
}

func (s *said) Write(text []byte) (int, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.buffer.Write(text)
}

func (s *said) String() string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.buffer.String()
}

// ends waits for the end of a command, and returns its exit status. It fails the test with what was said by then if it does not end.
func ends(t *testing.T, command *exec.Cmd, out *said) int {
	t.Helper()
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	select {
	case err := <-ended:
		var status *exec.ExitError
		if err != nil && !errors.As(err, &status) {
			t.Fatal(err)
		}
		return command.ProcessState.ExitCode()
	case <-time.After(3 * time.Minute):
		_ = command.Process.Kill()
		t.Fatalf("it does not end. It has said:\n%s", out)
		return 0
	}
}

// A wish to end, in each way that there is, lets the engine save, tells it once, and leaves no plan. A destroy is told as such.
func TestWishesToEnd(t *testing.T) {
	for name, c := range map[string]struct {
		verb    []string
		signals []os.Signal
		want    string
	}{
		"Ctrl-C":                   {[]string{"deploy", "global", "--yes", "--skip-synth"}, []os.Signal{os.Interrupt}, "infra: the deploy of global was interrupted. What it did by then is saved in the state, and the lock is released. Go on: ./infra deploy global\n"},
		"SIGTERM":                  {[]string{"deploy", "global", "--yes", "--skip-synth"}, []os.Signal{syscall.SIGTERM}, "infra: the deploy of global was interrupted."},
		"a terminal and its shell": {[]string{"deploy", "global", "--yes", "--skip-synth"}, []os.Signal{syscall.SIGHUP, syscall.SIGHUP, syscall.SIGTERM}, "infra: the deploy of global was interrupted."},
		"a pipeline that cancels":  {[]string{"deploy", "global", "--yes", "--skip-synth"}, []os.Signal{os.Interrupt, syscall.SIGTERM}, "infra: the deploy of global was interrupted."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProject(t, slow)
			command := p.command(c.verb...)
			var out said
			command.Stdout, command.Stderr = &out, &out
			if err := command.Start(); err != nil {
				t.Fatal(err)
			}
			until(t, "it has begun", &out, func() bool { return p.has("engine/begun") })
			for _, wish := range c.signals {
				_ = command.Process.Signal(wish)
				time.Sleep(100 * time.Millisecond)
			}
			if status := ends(t, command, &out); status != 1 || !p.has("engine/interrupted") || !p.has("engine/saved") || len(p.plans(t)) > 0 {
				t.Errorf("it ended with %d, told %t, saved %t, and left %q", status, p.has("engine/interrupted"), p.has("engine/saved"), p.plans(t))
			}
			if !strings.Contains(out.String(), c.want) {
				t.Errorf("no %q in\n%s", c.want, out.String())
			}
		})
	}
}

// An output that nobody reads any more, as after `| head`, ends nothing.
func TestClosedOutput(t *testing.T) {
	t.Parallel()
	p := newProject(t, map[string]string{"apply.slow": "100"})
	command := p.command("deploy", "global", "--yes", "--skip-synth")
	var readers []*os.File
	for _, to := range []*io.Writer{&command.Stdout, &command.Stderr} {
		reader, writer, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = writer.Close() }()
		*to, readers = writer, append(readers, reader)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	for _, writer := range []io.Writer{command.Stdout, command.Stderr} {
		_ = writer.(*os.File).Close()
	}
	if _, err := bufio.NewReader(readers[0]).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	for _, reader := range readers {
		_ = reader.Close()
	}
	// The status after the deploy fails: no AWS is there.
	if status := ends(t, command, &said{}); status != 1 || p.has("engine/interrupted") || !p.has("engine/saved") || len(p.plans(t)) > 0 {
		t.Errorf("it ended with %d, told %t, saved %t, and left %q", status, p.has("engine/interrupted"), p.has("engine/saved"), p.plans(t))
	}
}

// What nobody reads any more is no error, said once; a disk that is full is one.
func TestLasting(t *testing.T) {
	var notes bytes.Buffer
	for name, c := range map[string]struct {
		err  error
		want int
	}{"a pipe": {syscall.EPIPE, 3}, "a terminal": {&os.PathError{Err: syscall.EIO}, 3}, "a disk": {syscall.ENOSPC, 0}} {
		l := &lasting{to: failing{c.err}, notes: &notes}
		for range 2 {
			if n, err := l.Write([]byte("abc")); n != c.want || (err == nil) != (c.want == 3) {
				t.Errorf("%s: %d, %v", name, n, err)
			}
		}
	}
	if n := strings.Count(notes.String(), "nobody reads"); n != 2 {
		t.Errorf("it is said %d times of two", n)
	}
}

// fullDisk is a file on a disk that is full.
func fullDisk(t *testing.T) *os.File {
	t.Helper()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("this system has no /dev/full")
	}
	t.Cleanup(func() { _ = full.Close() })
	return full
}

// Who writes to a disk that is full reads what was done, and what was not.
func TestFullDisk(t *testing.T) {
	const why = "what this prints cannot be written: write /dev/stdout: no space left on device\n"
	for verb, want := range map[string]string{
		"stacks":                           "infra: it is done, but " + why,
		"plan global --skip-synth":         "infra: nothing was changed, as the plan cannot be shown: " + why,
		"deploy global --skip-synth --yes": "infra: nothing was changed, as the plan cannot be shown: " + why,
	} {
		p := newProject(t, nil)
		command := p.command(strings.Fields(verb)...)
		var out said
		command.Stdout, command.Stderr = fullDisk(t), &out
		if err := command.Run(); err == nil || out.String() != want || strings.HasPrefix(verb, "deploy") && len(p.plans(t)) > 0 {
			t.Errorf("%s: %v\n%s", verb, err, out.String())
		}
	}
}

// Who interrupts before anything is done has answered no question, also where none is asked.
func TestInterruptedBeforeTheAnswer(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	if err := confirm(ctx, true, "", "yes", "nothing was deployed"); err != nil {
		t.Error(err)
	}
	cancel()
	if err := confirm(ctx, true, "", "yes", "nothing was deployed"); err == nil || err.Error() != "nothing was deployed" {
		t.Error(err)
	}
	for want, err := range map[string]error{"prod was deployed. How it stands now: ./infra status prod": ctx.Err(), "exit status 2": exit(2)} {
		if said := (one{"prod"}).afterwards(ctx, "prod was deployed", err); said.Error() != want {
			t.Errorf("it says %q", said)
		}
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// What waits for ever, with nothing to save, ends with a signal all the same: who reads a pipe, or from a mount that is dead.
func TestStuck(t *testing.T) {
	for name, arguments := range map[string][]string{
		"a plan from a pipe": {"guard"}, "values from a mount": {"plan", "global", "--skip-synth"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProject(t, nil)
			if err := syscall.Mkfifo(filepath.Join(p.dir, "global.tfvars"), 0o600); err != nil {
				t.Fatal(err)
			}
			command := p.command(arguments...)
			var out said
			command.Stdout, command.Stderr = &out, &out
			stdin, err := command.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = stdin.Close() }()
			if err := command.Start(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
			_ = command.Process.Signal(syscall.SIGTERM)
			if status := ends(t, command, &out); status != 1 || !strings.Contains(out.String(), "infra: ended, as it does not end by itself.") {
				t.Errorf("it ended with %d:\n%s", status, out.String())
			}
		})
	}
}
