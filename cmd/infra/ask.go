package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"

	"github.com/mattn/go-isatty"
)

// asking tells whether someone can be asked.
func asking() bool { return isatty.IsTerminal(os.Stdin.Fd()) }

// lines are what is typed, without the spaces around it. One reader for all: a question that nobody waits for
// any more must not take the answer to the next one.
var lines = sync.OnceValue(func() <-chan string {
	typed := make(chan string)
	go func() {
		defer close(typed)
		for input := bufio.NewScanner(os.Stdin); input.Scan(); {
			typed <- strings.TrimSpace(input.Text())
		}
	}()
	return typed
})

// confirm asks, unless the answer was given before, and returns an error that says what was not done unless the
// wanted answer is typed.
func confirm(ctx context.Context, given bool, question, want, otherwise string) error {
	if given {
		return nil
	}
	fmt.Print("\n", question)
	select {
	case answer := <-lines():
		if answer == want {
			return nil
		}
	case <-ctx.Done():
	}
	return errors.New(otherwise)
}
