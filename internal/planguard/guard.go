package planguard

import (
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
)

// What Guard returns, for a program to exit with.
const (
	Passed     = 0
	Unreadable = 1
	Refused    = 2
)

// An address as the engines write it, such as module.a["b"].aws_lb.this[0] or
// "aws_lb.this (deposed 1a2b)".
var address = regexp.MustCompile(`^(module\.[\w-]+(\[[^\]]+\])?\.)*(data\.)?[a-z][a-z0-9_]*\.[A-Za-z_][\w-]*(\[[^\]]+\])?( \(deposed [0-9a-f]+\))?$`)

var wholeModule = regexp.MustCompile(`^module\.[\w-]+(\[[^\]]+\])?$`)

// IsAddress tells whether text looks like the address of a resource.
func IsAddress(text string) bool {
	return address.MatchString(text) && !wholeModule.MatchString(text)
}

// Guard reads a plan from file, or from stdin if file is empty or "-". It writes to stdout
// what the plan will do, and to stderr what of it is refused, less what allowed names.
func Guard(file string, allowed []string, stdin io.Reader, stdout, stderr io.Writer) (status int) {
	if file != "" && file != "-" {
		opened, err := os.Open(file)
		if err != nil {
			fmt.Fprintln(stderr, "guard: unreadable plan:", err)
			return Unreadable
		}
		defer func() { _ = opened.Close() }()
		stdin = opened
	}
	report, err := Read(stdin)
	if err == nil {
		err = report.Write(stdout)
	}
	if err != nil {
		fmt.Fprintln(stderr, "guard:", err)
		return Unreadable
	}
	if report.Refuse(allowed, stderr) {
		return Refused
	}
	return Passed
}

// Refuse tells whether the plan must not be applied, and writes why to w.
func (r *Report) Refuse(allowed []string, w io.Writer) bool {
	refused := r.Refused(allowed)
	for _, address := range r.Unused(allowed) {
		fmt.Fprintf(w, "guard: --allow %s has no effect: the guard refuses nothing there, or only what AWS would refuse, too\n", address)
	}
	never := func(r Refusal) bool { return r.Never }
	list(w, "AWS would stop half-way", slices.DeleteFunc(slices.Clone(refused), func(r Refusal) bool { return !never(r) }))
	if list(w, "something would be lost", slices.DeleteFunc(slices.Clone(refused), never)) {
		var addresses []string
		for _, refusal := range refused {
			if address, _, _ := strings.Cut(refusal.Address, " (deposed "); !refusal.Never && !slices.Contains(addresses, address) {
				addresses = append(addresses, address)
			}
		}
		fmt.Fprintf(w, "If that is what you want, add this to make plan and make deploy:\n  ALLOW=\"%s\"\nWithout make, it is --allow ADDRESS for each.\n", strings.Join(addresses, " "))
	}
	return len(refused) > 0
}

// list writes why a plan is refused, and tells whether there is anything to write.
func list(w io.Writer, title string, refused []Refusal) bool {
	if len(refused) == 0 {
		return false
	}
	fmt.Fprintf(w, "\nguard: refused, because %s:\n", title)
	for _, refusal := range refused {
		fmt.Fprintf(w, "  %s\n    %s\n", refusal.Address, refusal.Reason)
	}
	return true
}
