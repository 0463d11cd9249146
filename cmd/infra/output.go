package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/order-bot/infra/tool/terminal"
)

// stdout is standard output, to which all is written but questions. If nobody reads it any more, as after `| head` or behind a terminal that was
// closed, that ends nothing: what has begun goes on to its end, and saves.
var stdout = terminal.NewLive(printed, os.Stderr)

// printed is what stdout writes to.
var printed = &lasting{to: os.Stdout, notes: os.Stderr}

// say writes a text to standard output, in lines that fit into a terminal.
func say(format string, args ...any) {
	_, _ = io.WriteString(stdout, terminal.Fit(stdout, fmt.Sprintf(format, args...)))
}

// note writes a text beside the output, in lines that fit into a terminal: a program that reads the output does not get it.
func note(text string) { fmt.Fprint(stdout.Notes(), terminal.Fit(os.Stderr, text)) }

// waitFor says at the end of the output what is waited for, until the function is called that it returns.
func waitFor(what string) (done func()) {
	before, since := stdout.Wait(what, time.Now())
	return func() { stdout.Wait(before, since) }
}

// lasting is a writer that goes on where nobody reads any more. It says so once. Everything else that keeps it from writing is an error.
type lasting struct {
	to, notes io.Writer
	said      sync.Once
	// lost is the first error, for who does not look at each.
	lost atomic.Pointer[error]
}

func (l *lasting) Write(text []byte) (int, error) {
	written, err := l.to.Write(text)
	if err != nil && !unread(err) {
		err = fmt.Errorf("what this prints cannot be written: %w", err)
		l.lost.CompareAndSwap(nil, &err)
	}
	if !unread(err) {
		return written, err
	}
	l.said.Do(func() { fmt.Fprintln(l.notes, "infra: nobody reads what this prints any more. It goes on to its end.") })
	return len(text), nil
}

// unread tells whether nobody reads any more what could not be written: a pipe, or a terminal.
func unread(err error) bool { return errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.EIO) }

// Fd is that of what it writes to, for who asks whether that is a terminal, and how wide it is.
func (l *lasting) Fd() uintptr {
	if file, is := l.to.(*os.File); is {
		return file.Fd()
	}
	return ^uintptr(0)
}
