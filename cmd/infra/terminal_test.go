//go:build linux

package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// atATerminal starts a command at a terminal of its own, and returns the side of a person: what is written there is typed, and closing it
// closes the terminal. What is printed goes to out, but what a command prints right before its end may be lost with the terminal: errors go elsewhere if
// the command says so. https://man7.org/linux/man-pages/man7/pty.7.html
func atATerminal(t *testing.T, command *exec.Cmd, out io.Writer) *os.File {
	t.Helper()
	person, terminal, err := openTerminal()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = person.Close() })
	command.Stdin, command.Stdout = terminal, terminal
	if command.Stderr == nil {
		command.Stderr = terminal
	}
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	_ = terminal.Close()
	go func() { _, _ = io.Copy(out, person) }()
	return person
}

// openTerminal opens a terminal: the side of a person, and that of a program.
func openTerminal() (person, terminal *os.File, err error) {
	if person, err = os.OpenFile("/dev/ptmx", os.O_RDWR, 0); err != nil {
		return nil, nil, err
	}
	raw, err := person.SyscallConn() // and no Fd, after which a close does not end a read
	if err != nil {
		return nil, nil, err
	}
	var number int
	if err := raw.Control(func(fd uintptr) {
		_ = unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0)
		number, _ = unix.IoctlGetInt(int(fd), unix.TIOCGPTN)
	}); err != nil {
		return nil, nil, err
	}
	terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	return person, terminal, err
}

// A terminal that is closed, as by a lost SSH session, is a wish to end like any other.
func TestClosedTerminal(t *testing.T) {
	t.Parallel()
	// Who runs the tests by nohup has the signal ignored, and all its processes do. With a handler here they are as usual.
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	p := newProject(t, slow)
	command := p.command("deploy", "global", "--yes", "--skip-synth")
	var out said
	person := atATerminal(t, command, &out)
	until(t, "it has begun", &out, func() bool { return p.has("engine/begun") })
	_ = person.Close()
	if status := ends(t, command, &out); status != 1 || !p.has("engine/interrupted") || !p.has("engine/saved") || len(p.plans(t)) > 0 {
		t.Errorf("it ended with %d, told %t, saved %t, and left %q", status, p.has("engine/interrupted"), p.has("engine/saved"), p.plans(t))
	}
}

// Why a plan is refused fits into the terminal, but for what is to be copied.
func TestRefusalFits(t *testing.T) {
	t.Parallel()
	p := newProject(t, nil)
	var changes []string
	for _, name := range []string{"the_first_of_two_groups", "the_second_of_two_groups"} {
		changes = append(changes, fmt.Sprintf(`{"address": "aws_cloudwatch_log_group.%s", "mode": "managed", "type": "aws_cloudwatch_log_group", "name": %[1]q, "change": {"actions": ["delete"], "before": {}}}`, name))
	}
	writeProgram(t, p.dir+"/plan.json", `{"format_version": "1.2", "resource_changes": [`+strings.Join(changes, ",")+`]}`)
	command := p.command()
	command.Path, command.Args = "/bin/sh", []string{"sh", "-c", `stty cols 80; "$0" guard plan.json; echo ended with $?; sleep 1`, command.Path}
	command.Env = append(command.Env, "CI=", "TERM=xterm", "PATH=/usr/bin:/bin")
	var out said
	atATerminal(t, command, &out)
	until(t, "it has ended", &out, func() bool { return strings.Contains(out.String(), "ended with 2") })
	text := strings.ReplaceAll(out.String(), "\r", "")
	for line := range strings.Lines(text) {
		if len([]rune(line)) > 81 && !strings.HasPrefix(line, "  --allow aws_cloudwatch_log_group.the_first_of_two_groups --allow aws_cloudwatch_log_group.the_second_of_two_groups") {
			t.Errorf("it does not fit: %q", line)
		}
	}
	if !strings.Contains(text, "    would be destroyed: its logs are deleted; copy what is needed first (aws\n        logs create-export-task)\n") {
		t.Errorf("%s", text)
	}
}

// What the engine does, and a warning of it, fit into the terminal.
func TestWarningFits(t *testing.T) {
	t.Parallel()
	p := newProject(t, map[string]string{"plan": `{"type":"apply_start","hook":{"resource":{"addr":"aws_appautoscaling_scheduled_action.schedule_order-bot-mgmt-svc_scale_down"},"action":"create"}}
{"type":"diagnostic","diagnostic":{"severity":"warning","summary":"Check block assertion failed","detail":"VARIABLE_1, VARIABLE_2, VARIABLE_3, VARIABLE_4, VARIABLE_5, VARIABLE_6, VARIABLE_7, VARIABLE_8, VARIABLE_9, "}}
`})
	command := p.command()
	command.Path, command.Args = "/bin/sh", []string{"sh", "-c", `stty cols 80; "$0" plan global --skip-synth; echo ended; sleep 1`, command.Path}
	command.Env = append(command.Env, "CI=", "TERM=xterm")
	var out said
	atATerminal(t, command, &out)
	until(t, "it has ended", &out, func() bool { return strings.Contains(out.String(), "ended") })
	text := strings.ReplaceAll(out.String(), "\r\n", "\n")
	if want := "scale_down:\n    creating …\n"; !strings.Contains(text, want) {
		t.Errorf("%q", text)
	}
	if want := "warning: Check block assertion failed\n  VARIABLE_1, VARIABLE_2, VARIABLE_3, VARIABLE_4, VARIABLE_5, VARIABLE_6,\n      VARIABLE_7, VARIABLE_8, VARIABLE_9,\n"; !strings.Contains(text, want) {
		t.Errorf("%q", text)
	}
}

// Ctrl-C reaches the engine once, from the command: of two, an engine ends at once, without saving.
func TestCtrlCIsToldOnce(t *testing.T) {
	t.Parallel()
	p := newProject(t, slow)
	command := p.command("deploy", "global", "--yes", "--skip-synth")
	var out said
	person := atATerminal(t, command, &out)
	until(t, "it has begun", &out, func() bool { return p.has("engine/begun") })
	_, _ = person.WriteString("\x03")
	if status := ends(t, command, &out); status != 1 || !p.has("engine/saved") {
		t.Errorf("it ended with %d, saved %t:\n%s", status, p.has("engine/saved"), out.String())
	}
	if told, _ := os.ReadFile(p.dir + "/engine/interrupted"); string(told) != "apply\n" {
		t.Errorf("the engine is told %q", told)
	}
}

// What was typed before a question was asked is no answer to it.
func TestTypedBefore(t *testing.T) {
	t.Parallel()
	p := newProject(t, map[string]string{"plan.slow": "50"})
	const question = "Type the name of the stack to destroy all of this: "
	for name, c := range map[string]struct {
		before, after string
		destroyed     bool
	}{
		"a line":      {"global\n", "no\n", false},
		"half a line": {"glo", "bal\n", false},
		"after it":    {"\nno\n", "global\n", true},
	} {
		t.Run(name, func(t *testing.T) {
			_ = os.Remove(p.dir + "/engine/begun")
			_ = os.Remove(p.dir + "/engine/told")
			command := p.command("destroy", "global")
			var out said
			person := atATerminal(t, command, &out)
			until(t, "it plans", &out, func() bool { return p.has("engine/begun") })
			_, _ = person.WriteString(c.before)
			until(t, "it asks", &out, func() bool { return strings.Contains(out.String(), question) })
			time.Sleep(200 * time.Millisecond) // to destroy, if that was an answer
			_, _ = person.WriteString(c.after)
			status := ends(t, command, &out)
			commands, _ := os.ReadFile(p.dir + "/engine/told")
			if destroyed := strings.Contains(string(commands), "apply "); destroyed != c.destroyed || (status == 0) != c.destroyed {
				t.Errorf("destroyed %t, and it ended with %d:\n%s", destroyed, status, out.String())
			}
		})
	}
}
