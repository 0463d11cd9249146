// Command planguard shows what a plan will do, and refuses one that destroys or replaces
// anything that was not allowed by name.
//
//	go build -o .bin/planguard ./cmd/planguard
//	terraform show -json plan | .bin/planguard [--allow ADDRESS]... [FILE]
//
// Exit status 0: nothing is destroyed or replaced, or all that is has been allowed; task
// definitions, which are replaced by each new revision, need no permission. 2: something
// is. 1: the plan cannot be read.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/order-bot/infra/internal/planguard"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	var allowed []string
	flags := flag.NewFlagSet("planguard", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprintln(stderr, "usage: planguard [--allow ADDRESS]... [FILE]\n\nReads a plan, as `show -json` prints it, from FILE or standard input.")
		flags.PrintDefaults()
	}
	flags.Func("allow", "destroy or replace the resource at `ADDRESS` on purpose; may be repeated", func(address string) error {
		allowed = append(allowed, address)
		return nil
	})
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 1
	}
	if flags.NArg() > 1 {
		fmt.Fprintf(stderr, "planguard: one FILE at most, not %q\n", flags.Args())
		return 1
	}

	if name := flags.Arg(0); name != "" && name != "-" {
		file, err := os.Open(name)
		if err != nil {
			fmt.Fprintln(stderr, "planguard: unreadable plan:", err)
			return 1
		}
		defer func() { _ = file.Close() }()
		stdin = file
	}
	report, err := planguard.Read(stdin)
	if err != nil {
		fmt.Fprintln(stderr, "planguard:", err)
		return 1
	}
	if err := report.Write(stdout); err != nil {
		fmt.Fprintln(stderr, "planguard:", err)
		return 1
	}
	refused := report.Refused(allowed)
	for _, address := range report.Unused(allowed) {
		fmt.Fprintf(stderr, "planguard: --allow %s: the plan does nothing there that could be allowed\n", address)
	}
	if len(refused) == 0 {
		return 0
	}
	never := func(r planguard.Refusal) bool { return r.Never }
	list(stderr, "AWS would stop half-way", slices.DeleteFunc(slices.Clone(refused), func(r planguard.Refusal) bool { return !never(r) }))
	if list(stderr, "something would be lost", slices.DeleteFunc(refused, never)) {
		fmt.Fprintln(stderr, "If that is what you want, say so with --allow ADDRESS for each.")
	}
	return 2
}

// list writes why a plan is refused, and tells whether there is anything to write.
func list(w io.Writer, title string, refused []planguard.Refusal) bool {
	if len(refused) == 0 {
		return false
	}
	fmt.Fprintf(w, "\nplanguard: refused, because %s:\n", title)
	for _, refusal := range refused {
		fmt.Fprintf(w, "  %s\n    %s\n", refusal.Address, refusal.Reason)
	}
	return true
}
