package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/order-bot/infra/tool/deploy"
	"github.com/order-bot/infra/tool/engine"
)

// cancelling is how long after the first wish to end a SIGTERM is still the same wish: GitHub sends SIGINT and SIGTERM to a job that is
// cancelled, the second one 7.5 s after the first, and kills it 2.5 s later. A session that ends sends SIGHUP and SIGTERM.
// https://docs.github.com/en/actions/reference/workflow-cancellation-reference
const cancelling = 10 * time.Second

// stuck is how long a verb may take to end by itself if no engine runs. One that reads a pipe, or from a mount that is dead, never does.
const stuck = 3 * time.Second

// unfinished counts what ends by itself after the first wish to end, and has to: a task that somebody would pay for goes on otherwise.
var unfinished atomic.Int32

// finishing gives a verb its time to end what it has begun in AWS, until the function is called that it returns. It has to end soon.
func finishing() (done func()) {
	unfinished.Add(1)
	return func() { unfinished.Add(-1) }
}

// untilInterrupted returns a context that ends with the first Ctrl-C, SIGTERM, or SIGHUP, which a terminal sends that is closed: the
// engine then ends what it has begun, saves the state and releases the lock. The second one asks whether to end at once, without that.
// Where nobody can be asked, it ends at once. A second SIGHUP says nothing new: the terminal and the shell send one each.
func untilInterrupted() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	// An output that nobody reads ends nothing. Without this, Go ends the process: https://pkg.go.dev/os/signal#hdr-SIGPIPE
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	signals := make(chan os.Signal, 1)
	for _, wish := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		if !signal.Ignored(wish) { // as after nohup
			signal.Notify(signals, wish)
		}
	}
	go func() {
		first := <-signals
		since := time.Now()
		stdout.Clear()
		if engine.Running() {
			fmt.Fprintln(os.Stderr, "infra: interrupted; what is running is told to end. That may take minutes: the state is saved, and its lock released.")
		} else {
			fmt.Fprintln(os.Stderr, "infra: interrupted")
		}
		cancel()
		go endWhenStuck()
		for next := range signals {
			if next == syscall.SIGHUP || first != syscall.SIGTERM && next == syscall.SIGTERM && time.Since(since) < cancelling {
				continue
			}
			if asking() {
				if ask("\ninfra: End it at once? What was created since the state was last saved is then missing in it, and the lock stays. Type yes to end it: ", nil) != "yes" {
					continue
				}
			}
			end("ended at once. The verb unlock releases the lock, and recover imports what was not saved.")
		}
	}()
	return ctx, cancel
}

// endWhenStuck ends the process when no engine has run for a while, which may have to save, nothing else has to finish, and it has not ended by itself.
func endWhenStuck() {
	for idle := time.Duration(0); idle < stuck; time.Sleep(stuck / 10) {
		if idle += stuck / 10; engine.Running() || unfinished.Load() > 0 {
			idle = 0
		}
	}
	end("ended, as it does not end by itself. Nothing was running that had to be saved.")
}

// end ends the process. Plans hold secrets, so none is left.
func end(why string) {
	deploy.RemovePlans()
	stdout.Clear()
	fmt.Fprintln(os.Stderr, "infra:", why)
	os.Exit(1)
}
