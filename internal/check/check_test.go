package check_test

import (
	"errors"
	"regexp"
	"slices"
	"testing"

	"github.com/order-bot/infra/internal/check"
)

func TestProblemsAreLinesInOrderEachOnce(t *testing.T) {
	var inner, outer check.Problems
	inner.Addf("memory", "%d MiB is too much", 7)
	inner.Required("image", "")
	outer.Add(`service "a"`, inner.Err())
	outer.Add(`service "b"`, nil)
	outer.Addf("zone", "is odd")

	err := check.Prefix("prod", errors.Join(outer.Err(), outer.Err()))
	want := []string{
		`prod: service "a": memory: 7 MiB is too much`,
		`prod: service "a": image: is required`,
		`prod: zone: is odd`,
	}
	if got := check.Lines(err); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestNoProblemIsNoError(t *testing.T) {
	var p check.Problems
	p.Add("x", nil)
	if p.Err() != nil || check.Prefix("x", nil) != nil || check.Lines(nil) != nil {
		t.Error("an error without a problem")
	}
}

func TestValues(t *testing.T) {
	name := regexp.MustCompile("^[a-zé]+$")
	for _, c := range []struct {
		name string
		add  func(*check.Problems)
		want []string
	}{
		{"required", func(p *check.Problems) { p.Required("f", "") }, []string{"f: is required"}},
		{"empty name", func(p *check.Problems) { p.Name("f", "", 3, name, "letters") }, []string{"f: is required"}},
		{"characters, not bytes, are counted", func(p *check.Problems) { p.Name("f", "ééé", 3, name, "letters") }, nil},
		{"long name", func(p *check.Problems) { p.Name("f", "abcd", 3, name, "letters") }, []string{`f: "abcd" has 4 characters, 3 at most are allowed`}},
		{"odd name", func(p *check.Problems) { p.Name("f", "a1", 3, name, "letters") }, []string{`f: "a1" is not allowed (letters)`}},
		{"lowest port", func(p *check.Problems) { p.Port("f", 1) }, nil},
		{"no port", func(p *check.Problems) { p.Port("f", 0) }, []string{"f: 0 is not a port (a whole number from 1 to 65535)"}},
		{"high port", func(p *check.Problems) { p.Port("f", 65536) }, []string{"f: 65536 is not a port (a whole number from 1 to 65535)"}},
		{"key", func(p *check.Problems) { p.Key("f", "svc2") }, nil},
		{"key with _", func(p *check.Problems) { p.Key("f", "a_b") }, []string{`f: "a_b" is not allowed (a lower-case letter, then lower-case letters and digits)`}},
		{"reserved key", func(p *check.Problems) { p.Key("f", "a", "a") }, []string{`f: "a" is reserved`}},
		{"distinct", func(p *check.Problems) {
			check.Distinct(p, "priority", []string{"x", "y", "z"}, []int{1, 2, 1})
		}, []string{"z: priority: 1 is taken by x"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var p check.Problems
			c.add(&p)
			if got := check.Lines(p.Err()); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
