package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/order-bot/infra/internal/pages"
)

var (
	// spans are the code of a page: blocks of commands, and code within sentences.
	spans = regexp.MustCompile("(?s)```sh\n(.*?)```|```.*?```|`([^`]+)`")
	// separators are what stands between two commands of a line.
	separators = regexp.MustCompile(`\n|;|&&|\|+`)
	words      = regexp.MustCompile(`(?:[^\s"]|"[^"]*")+`)
	target     = regexp.MustCompile(`(?m)^([a-z0-9./-]+):`)
	unexported = regexp.MustCompile(`(?m)^unexport (STACK .*)$`)
)

// Each command that a page shows is one that there is: its verb, its flags, its target and its variables.
func TestPagesShowCommandsThatThereAre(t *testing.T) {
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	var targets []string
	for _, match := range target.FindAllStringSubmatch(string(makefile), -1) {
		targets = append(targets, match[1])
	}
	variables := strings.Fields(unexported.FindStringSubmatch(string(makefile))[1])
	all, err := pages.All("../..")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, page := range all {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, span := range spans.FindAllStringSubmatch(string(text), -1) {
			for _, line := range separators.Split(strings.ReplaceAll(span[1]+span[2], "\\\n", " "), -1) {
				line, _, _ = strings.Cut(line, " #")
				command := words.FindAllString(line, -1)
				if len(command) < 2 {
					continue
				}
				switch command[0] {
				case "make":
					for _, word := range command[1:] {
						name, _, is := strings.Cut(word, "=")
						if is && !slices.Contains(variables, name) || !is && !slices.Contains(targets, word) {
							t.Errorf("%s: %s: the Makefile has no %s", page, line, name)
						}
					}
				case "infra":
					t.Errorf("%s: %s: the command is .bin/infra", page, line)
				case ".bin/infra":
					if command[1] == "--help" {
						continue
					}
					parser, err := newParser(t.Context())
					if err == nil {
						_, err = parser.Parse(command[1:])
					}
					if err != nil {
						t.Errorf("%s: %s: %v", page, line, err)
					}
				default:
					continue
				}
				seen++
			}
		}
	}
	if seen < 100 {
		t.Errorf("only %d commands were found", seen)
	}
}
