// Package check collects what is wrong with a configuration, so that a person
// sees every problem at once, one line each, before anything is built.
package check

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Problems collects problems. The zero value holds none and is ready to use.
type Problems struct {
	errs []error
}

// Addf records that field has a problem, which the format and its arguments describe.
func (p *Problems) Addf(field, format string, args ...any) {
	p.errs = append(p.errs, fmt.Errorf("%s: %s", field, fmt.Sprintf(format, args...)))
}

// Add records all problems of err under prefix; a nil err holds none.
func (p *Problems) Add(prefix string, err error) {
	if err := Prefix(prefix, err); err != nil {
		p.errs = append(p.errs, err)
	}
}

// Join records all problems of err as they are; a nil err holds none.
func (p *Problems) Join(err error) { p.errs = append(p.errs, leaves(err)...) }

// Err returns all problems in the order in which they were recorded, or nil.
func (p *Problems) Err() error {
	return errors.Join(p.errs...)
}

// Required records that field is missing if value is empty.
func (p *Problems) Required(field, value string) {
	if value == "" {
		p.Addf(field, "is required")
	}
}

// Name records what AWS would refuse in a name: it has 1 to longest characters and
// matches pattern, which allowed puts in words.
func (p *Problems) Name(field, value string, longest int, pattern *regexp.Regexp, allowed string) {
	switch length := utf8.RuneCountInString(value); {
	case value == "":
		p.Addf(field, "is required")
	case length > longest:
		p.Addf(field, "%q has %d characters, %d at most are allowed", value, length, longest)
	case !pattern.MatchString(value):
		p.Addf(field, "%q is not allowed (%s)", value, allowed)
	}
}

// Pattern is what a text has to be: one value for the design, which Go checks, and for the inputs, which Terraform checks. The regular expressions of
// both are one dialect, RE2.
type Pattern struct {
	*regexp.Regexp
	// Longest is how many characters there are at most.
	Longest int
	// Allowed says both in words.
	Allowed string
}

// NewPattern returns a pattern. It panics if the expression is none.
func NewPattern(expression string, longest int, allowed string) Pattern {
	return Pattern{regexp.MustCompile(expression), longest, allowed}
}

// Matches records what a pattern does not allow, as Name does.
func (p *Problems) Matches(field, value string, pattern Pattern) {
	p.Name(field, value, pattern.Longest, pattern.Regexp, pattern.Allowed)
}

// Plain records that Terraform would take a part of value for its own: a text of the design stands for itself.
func (p *Problems) Plain(field, value string) {
	if strings.Contains(value, "${") || strings.Contains(value, "%{") {
		p.Addf(field, "%q has ${ or %%{, which Terraform takes for its own", value)
	}
}

// Port records that value is not a TCP port.
func (p *Problems) Port(field string, value int) {
	if value < 1 || value > 65535 {
		p.Addf(field, "%d is not a port (a whole number from 1 to 65535)", value)
	}
}

// Between records that value is not in a range.
func (p *Problems) Between(field string, value, least, most int) {
	if value < least || value > most {
		p.Addf(field, "%d is not allowed (%d to %d)", value, least, most)
	}
}

var keyPattern = regexp.MustCompile(`^[a-z][a-z0-9]*$`)

// Key records that a service's key is not a lower-case word, or that it is reserved
// because the module has a construct of that id beside its services. A key becomes
// part of addresses, whose parts "_" joins, so it holds no "_" itself.
func (p *Problems) Key(field, key string, reserved ...string) {
	p.Name(field, key, 32, keyPattern, "a lower-case letter, then lower-case letters and digits")
	if slices.Contains(reserved, key) {
		p.Addf(field, "%q is reserved", key)
	}
}

// Distinct records each of values that an earlier one equals; owners are whose values
// they are, in the same order.
func Distinct[T comparable](p *Problems, field string, owners []string, values []T) {
	for i, value := range values {
		if first := slices.Index(values, value); first < i {
			p.Addf(owners[i]+": "+field, "%#v is taken by %s", value, owners[first])
		}
	}
}

// Prefix puts "prefix: " before each problem of err. A nil err stays nil.
func Prefix(prefix string, err error) error {
	var errs []error
	for _, leaf := range leaves(err) {
		errs = append(errs, fmt.Errorf("%s: %w", prefix, leaf))
	}
	return errors.Join(errs...)
}

// Lines returns the problems of err as lines, in order, each once.
func Lines(err error) []string {
	var lines []string
	for _, leaf := range leaves(err) {
		if line := leaf.Error(); !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return lines
}

// leaves returns the errors that errors.Join has joined into err.
func leaves(err error) []error {
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var all []error
	for _, e := range joined.Unwrap() {
		all = append(all, leaves(e)...)
	}
	return all
}
