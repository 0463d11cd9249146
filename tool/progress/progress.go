// Package progress reads what an engine prints with -json, a message a line, and says it to a
// person: what is being done, warnings, and in the end all errors.
// https://developer.hashicorp.com/terraform/internals/machine-readable-ui
package progress

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/order-bot/infra/tool/terminal"
)

// Log is the writer to which an engine's messages go. The zero value with a W is ready to use.
type Log struct {
	// W is where a person reads.
	W io.Writer
	// Brief leaves out what begins: each resource has one line, when it is done.
	Brief bool
	// Expect are the actions that end the work at each resource, by address: "create", "update" or "delete". With them it is said how much is done.
	Expect map[string]string
	// Wait is called with what is waited for, and since when. Optional.
	Wait func(what string, since time.Time)
	// Working is called when the engine begins to work at a resource, and when it has ended to. Optional.
	Working func(address string, begins bool)

	works    []work          // what has begun, in that order
	finished map[string]bool // addresses
	rest     []byte
	warnings []string
	errors   []failure
}

// failure is an error, and the resource that it is about, if the engine says which.
type failure struct {
	address string
	error
}

// work is what the engine does at a resource.
type work struct {
	address, verb string
	since         time.Time
}

// message is one line of the engine.
type message struct {
	Type       string
	Diagnostic struct {
		Severity, Summary, Detail, Address string
		Range                              struct{ Filename string }
	}
	Hook struct {
		Resource struct {
			Addr string
			Type string `json:"resource_type"`
		}
		Action  string
		Elapsed float64 `json:"elapsed_seconds"`
	}
}

// Write takes whole lines and parts of lines.
func (l *Log) Write(text []byte) (int, error) {
	l.rest = append(l.rest, text...)
	for {
		line, rest, whole := bytes.Cut(l.rest, []byte("\n"))
		if !whole {
			return len(text), nil
		}
		l.line(line)
		l.rest = slices.Clone(rest)
	}
}

// Err returns all errors that the engine has told, or nil.
func (l *Log) Err() error {
	var all []error
	for _, failure := range l.errors {
		all = append(all, failure.error)
	}
	return errors.Join(all...)
}

// Forget forgets the errors of which more is known: those of a resource, and those whose text has a part.
func (l *Log) Forget(address, part string) {
	l.errors = slices.DeleteFunc(l.errors, func(f failure) bool {
		return f.address == address || strings.Contains(f.Error(), address) || strings.Contains(f.Error(), part)
	})
}

// doing and done are what a person reads of an action. Reading is none that a person waits for.
var (
	doing = map[string]string{"create": "creating", "update": "changing", "delete": "destroying"}
	done  = map[string]string{"create": "created", "update": "changed", "delete": "destroyed"}
)

func (l *Log) line(line []byte) {
	var is message
	if json.Unmarshal(line, &is) != nil {
		if text := strings.TrimSpace(string(line)); text != "" {
			fmt.Fprintln(l.W, text)
		}
		return
	}
	resource := is.Hook.Resource.Addr
	if is.Hook.Resource.Type == "aws_ecs_task_definition" && is.Hook.Action == "delete" && l.Expect[resource] != "delete" {
		is.Hook.Action = "" // only the state forgets what another one replaces: the revision stays registered
	}
	if begins := is.Type == "apply_start"; l.Working != nil && (begins || is.Type == "apply_complete" || is.Type == "apply_errored") {
		l.Working(resource, begins)
	}
	switch is.Type {
	case "diagnostic":
		l.diagnostic(is)
	case "apply_start":
		if verb := doing[is.Hook.Action]; verb != "" {
			if !l.Brief {
				l.say("%s: %s …", resource, verb)
			}
			l.works = append(l.works, work{resource, verb, time.Now()})
		}
		l.wait()
	case "apply_complete":
		if verb := done[is.Hook.Action]; verb != "" {
			l.ends(resource, is.Hook.Action)
			l.say("%s: %s after %d s%s", resource, verb, int(is.Hook.Elapsed), l.howMuch(", "))
		}
	case "apply_errored":
		l.ends(resource, "")
		l.say("%s: failed after %d s", resource, int(is.Hook.Elapsed))
	}
}

// say writes a text in lines that fit into a terminal.
func (l *Log) say(format string, args ...any) {
	fmt.Fprint(l.W, terminal.Fit(l.W, fmt.Sprintf(format, args...)))
}

// ends notes that the engine has ended an action at a resource.
func (l *Log) ends(address, action string) {
	l.works = slices.DeleteFunc(l.works, func(w work) bool { return w.address == address })
	if action != "" && l.Expect[address] == action {
		if l.finished == nil {
			l.finished = map[string]bool{}
		}
		l.finished[address] = true
	}
	l.wait()
}

// howMuch says how much is done, such as "12 of 27", behind a text; it is empty if nobody knows how much there is.
func (l *Log) howMuch(before string) string {
	if len(l.Expect) == 0 {
		return ""
	}
	return fmt.Sprintf("%s%d of %d", before, len(l.finished), len(l.Expect))
}

// wait says what is waited for: the work that has begun first.
func (l *Log) wait() {
	if l.Wait == nil {
		return
	}
	if len(l.works) == 0 {
		l.Wait(strings.TrimSpace(l.howMuch("")+" done"), time.Now())
		return
	}
	oldest := l.works[0]
	what := fmt.Sprintf("%s %s", oldest.verb, oldest.address)
	if more := len(l.works) - 1; more > 0 {
		what += fmt.Sprintf(" and %d more", more)
	}
	if done := l.howMuch(""); done != "" {
		what = done + " done, " + what
	}
	l.Wait(what, oldest.since)
}

// The place in the generated JSON helps nobody, and neither does how to answer an engine's own options.
var noise = regexp.MustCompile(`This was checked by the validation rule at [^\n]*| declared at \S*cdk\.tf\.json:[\d,-]+`)

// targeting are warnings of a plan that is limited to some addresses. Whoever limits it says so better.
var targeting = []string{"Resource targeting is in effect", "Applied changes may be incomplete"}

// encryption is the variable of the environment that stands for a file of the configuration. No other error has its place: that of a file is in generated
// JSON.
const encryption = "TF_ENCRYPTION"

// halted is an error of each resource that an engine which was told to end did not begin. Whoever told it says so better.
const halted = "execution halted"

func (l *Log) diagnostic(is message) {
	text := is.Diagnostic.Summary
	if is.Diagnostic.Range.Filename == encryption {
		text = encryption + ": " + text
	}
	if is.Diagnostic.Address != "" && !strings.Contains(is.Diagnostic.Detail+text, is.Diagnostic.Address) {
		text = is.Diagnostic.Address + ": " + text
	}
	for line := range strings.Lines(noise.ReplaceAllString(is.Diagnostic.Detail, "")) {
		if line = strings.TrimSpace(line); line != "" {
			text += "\n  " + line
		}
	}
	if text == halted {
		return
	}
	if is.Diagnostic.Severity == "error" {
		l.errors = append(l.errors, failure{is.Diagnostic.Address, errors.New(text)})
		return
	}
	if slices.Contains(targeting, is.Diagnostic.Summary) {
		return
	}
	if !slices.Contains(l.warnings, text) {
		l.warnings = append(l.warnings, text)
		l.say("warning: %s", text)
	}
}
