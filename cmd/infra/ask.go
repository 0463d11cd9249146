package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"github.com/mattn/go-isatty"
)

// asking tells whether someone can be asked.
func asking() bool { return isatty.IsTerminal(os.Stdin.Fd()) }

// answerable returns an error unless an answer was given before, or someone can be asked. say is what gives it.
func answerable(given bool, say string) error {
	if given || asking() {
		return nil
	}
	return errors.New("this is no terminal, so nobody can be asked: say " + say)
}

// keyboard is what someone types. A line answers the question that waits for one. What was typed before the question was there answers
// nothing: nobody can have meant it so.
type keyboard struct {
	from io.Reader
	// flush forgets what was typed and not read yet.
	flush func()

	start   sync.Once
	mutex   sync.Mutex
	waiting chan<- string
	ended   bool
}

// typed is the keyboard of the terminal that this process has.
var typed = &keyboard{from: os.Stdin, flush: func() { flush(os.Stdin) }}

// question returns the channel on which the next line comes that is typed from now on, without the spaces around it. It is closed if
// nobody types any more. The question before it gets no answer.
func (k *keyboard) question() <-chan string {
	k.flush()
	answer := make(chan string, 1)
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if k.ended {
		close(answer)
		return answer
	}
	k.waiting = answer
	k.start.Do(func() { go k.read() })
	return answer
}

func (k *keyboard) read() {
	for input := bufio.NewScanner(k.from); input.Scan(); {
		k.mutex.Lock()
		if k.waiting != nil {
			k.waiting <- strings.TrimSpace(input.Text())
			k.waiting = nil
		}
		k.mutex.Unlock()
	}
	k.mutex.Lock()
	defer k.mutex.Unlock()
	k.ended = true
	if k.waiting != nil {
		close(k.waiting)
		k.waiting = nil
	}
}

// ask asks, and returns the line that is typed then; nothing where the question could not be shown, or where it is withdrawn.
func ask(question string, withdrawn <-chan struct{}) string {
	defer stdout.Hold()()
	answer := typed.question()
	if _, err := fmt.Print(question); err != nil {
		return ""
	}
	select {
	case line := <-answer:
		return line
	case <-withdrawn:
		return ""
	}
}

// confirm asks, unless the answer was given before, and returns an error that says what was not done unless the
// wanted answer is typed. Who was interrupted has given none.
func confirm(ctx context.Context, given bool, question, want, otherwise string) error {
	if ctx.Err() == nil && (given || ask("\n"+question, ctx.Done()) == want) {
		return nil
	}
	return errors.New(otherwise)
}
