package planguard

import (
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/order-bot/infra/tool/terminal"
)

// What Guard returns, for a program to exit with.
const (
	Passed     = 0
	Unreadable = 1
	Refused    = 2
)

// key is what tells apart the instances of one resource or module: a number, or a text as the engines write it, in which a quote has a
// backslash before it.
// https://developer.hashicorp.com/terraform/cli/state/resource-addressing
const key = `(\[(\d+|"([^"\\[:cntrl:]]|\\.)*")\])?`

// An address as the engines write it, such as module.a["b"].aws_lb.this[0] or
// "aws_lb.this (deposed 1a2b)".
var address = regexp.MustCompile(`^(module\.[\w-]+` + key + `\.)*((data|action|ephemeral)\.)?[a-z][a-z0-9_]*\.[A-Za-z_][\w-]*` + key + `( \(deposed [0-9a-f]+\))?$`)

var wholeModule = regexp.MustCompile(`^module\.[\w-]+` + key + `$`)

// IsAddress tells whether text looks like the address of a resource.
func IsAddress(text string) bool {
	return address.MatchString(text) && !wholeModule.MatchString(text)
}

// several matches one of several addresses, with spaces between. A text in quotes may hold spaces, and so may what follows an
// address of an old object.
var several = regexp.MustCompile(`("([^"\\]|\\.)*"|[^\s"]|" )+( \(deposed [0-9a-f]+\))?`)

// Addresses are those in a text, with spaces between.
func Addresses(text string) []string { return several.FindAllString(text, -1) }

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
	var why strings.Builder
	refused := report.Refuse(allowed, &why)
	_, _ = io.WriteString(stderr, terminal.Fit(stderr, why.String()))
	if refused {
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
	kinds := []struct {
		title string
		is    func(Refusal) bool
	}{
		{"the state and the design mean the same, and write it in different ways", func(r Refusal) bool { return r.Recover }},
		{"AWS would stop half-way", func(r Refusal) bool { return r.Never && !r.Recover }},
		{"the plan does not say what would happen", func(r Refusal) bool { return r.Untold }},
		{"it would not work", func(r Refusal) bool { return r.Broken && !r.Never }},
		{"something would be lost", func(r Refusal) bool { return !r.Never && !r.Recover && !r.Untold && !r.Broken }},
	}
	for _, kind := range kinds {
		list(w, kind.title, slices.DeleteFunc(slices.Clone(refused), func(r Refusal) bool { return !kind.is(r) }))
	}
	var addresses []string
	for _, refusal := range refused {
		if address := current(refusal.Address); !refusal.Never && address != WholePlan && !slices.Contains(addresses, address) {
			addresses = append(addresses, address)
		}
	}
	if len(addresses) > 0 {
		fmt.Fprint(w, "If that is what you want, add this to ./infra plan and ./infra deploy:\n ")
		for _, address := range addresses {
			fmt.Fprint(w, " --allow ", quoted(address))
		}
		fmt.Fprintln(w)
	}
	return len(refused) > 0
}

// plain needs no quotes in a shell.
var plain = regexp.MustCompile(`^[\w.-]+$`)

// quoted is an address as a shell takes it.
func quoted(address string) string {
	if plain.MatchString(address) {
		return address
	}
	return "'" + strings.ReplaceAll(address, "'", `'\''`) + "'"
}

// list writes why a plan is refused, if there is anything to write.
func list(w io.Writer, title string, refused []Refusal) {
	if len(refused) == 0 {
		return
	}
	fmt.Fprintf(w, "\nguard: refused, because %s:\n", title)
	for _, refusal := range refused {
		fmt.Fprintf(w, "  %s\n    %s\n", refusal.Address, refusal.Reason)
	}
}
