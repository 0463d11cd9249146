package dialect

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

func TestCommand(t *testing.T) {
	for _, c := range []struct {
		made string
		verb string
		more []string
		want string
	}{
		{"", "deploy", nil, ".bin/infra deploy prod"},
		{"yes", "deploy", nil, "make deploy STACK=prod"},
		{"yes", "deploy", []string{"--recover"}, ".bin/infra deploy prod --recover"},
		{"yes", "check", nil, ".bin/infra check prod"},
	} {
		t.Setenv(Variable, c.made)
		if got := Command(c.verb, "prod", c.more...); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}

// Each verb that is named with make has its target, which says that make is used.
func TestTargets(t *testing.T) {
	text, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	spoken := regexp.MustCompile(`(?m)^(.*): export ` + Variable + ` := yes$`).FindSubmatch(text)
	if spoken == nil {
		t.Fatal("the Makefile does not say that make is used")
	}
	for _, verb := range targets {
		if !regexp.MustCompile(`(?m)^` + verb + `:.*\n\t@exec \.bin/infra ` + verb + ` -- .*INFRA_STACK`).Match(text) {
			t.Errorf("there is no make %s", verb)
		}
		if !strings.Contains(" "+string(spoken[1])+" ", " "+verb+" ") {
			t.Errorf("make %s does not say that it is make", verb)
		}
	}
}
