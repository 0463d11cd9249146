package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// typing is a person at a terminal, for scripts: typing QUESTION ANSWER … -- COMMAND … runs a command, and types each answer as soon as the question
// stands in what it prints. It ends as the command does, or with 98 if a question does not come.
func typing() {
	at := slices.Index(os.Args, "--")
	answers := os.Args[1:at]
	person, terminal, err := openTerminal()
	must(err)
	command := exec.Command(os.Args[at+1], os.Args[at+2:]...)
	var mutex sync.Mutex
	said := ""
	hear := func(to io.Writer) io.Writer {
		return heard(func(text []byte) (int, error) {
			mutex.Lock()
			defer mutex.Unlock()
			if said += string(text); len(answers) > 0 {
				if _, after, is := strings.Cut(said, answers[0]); is {
					_, _ = person.WriteString(answers[1] + "\n")
					said, answers = after, answers[2:]
				}
			}
			return to.Write(text)
		})
	}
	command.Stdin, command.Stdout, command.Stderr = terminal, hear(os.Stdout), hear(os.Stderr)
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	must(command.Start())
	// A question that is not the one that is waited for gets no answer.
	time.AfterFunc(time.Minute, func() { _ = command.Process.Kill() })
	err = command.Wait()
	var ended *exec.ExitError
	switch {
	case len(answers) > 0:
		fmt.Fprintf(os.Stderr, "typing: it does not ask %q\n", answers[0])
		os.Exit(98)
	case errors.As(err, &ended):
		os.Exit(ended.ExitCode())
	}
	must(err)
	os.Exit(0)
}

// must ends it where it cannot play its part.
func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "typing:", err)
		os.Exit(98)
	}
}

// heard is a writer.
type heard func([]byte) (int, error)

func (h heard) Write(text []byte) (int, error) { return h(text) }
