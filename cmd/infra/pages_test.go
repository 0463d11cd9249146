package main

import (
	"go/scanner"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/order-bot/infra/internal/pages"
)

var (
	// spans are the code of a page: blocks of commands, and code within sentences.
	spans = regexp.MustCompile("(?s)```sh\n(.*?)```|```.*?```|`([^`]+)`")
	// separators are what stands between two commands of a line.
	separators = regexp.MustCompile(`\n|;|&&|\|+`)
	words      = regexp.MustCompile(`(?:[^\s"]|"[^"]*")+`)
	target     = regexp.MustCompile(`(?m)^([a-z0-9./-]+):`)
	asked      = regexp.MustCompile(`\$\(value ([A-Z_]+)\)`)
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
	var variables []string
	for _, match := range asked.FindAllStringSubmatch(string(makefile), -1) {
		variables = append(variables, match[1])
	}
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
				case "infra", ".bin/infra":
					t.Errorf("%s: %s: the command is ./infra", page, line)
				case "./infra":
					if command[1] == "--help" {
						continue
					}
					parser, err := newParser(t.Context())
					if err != nil {
						t.Fatal(err)
					}
					isVerb := func(verb *kong.Node) bool { return verb.Name == command[1] }
					if len(command) == 2 && slices.ContainsFunc(parser.Model.Children, isVerb) {
						break // a sentence about the verb
					}
					if _, err := parser.Parse(command[1:]); err != nil {
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

var (
	// page is what a text calls a page of this project.
	page = regexp.MustCompile(`[a-z_]+\.md\b|\bdocs/[\w-]`)
	// own is what the names of this project's design are made of.
	own = regexp.MustCompile(`order.?bot`)
)

// A message says the thing itself: the command also serves a project that has no such pages, and other names. An address of the web says where else it
// stands. The local AWS, and its programs on this machine, are this project's.
func TestTextsNameNoPageAndNoDesign(t *testing.T) {
	seen := 0
	for _, directory := range []string{".", "../../internal", "../../tool"} {
		if err := filepath.WalkDir(directory, func(path string, _ fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			var s scanner.Scanner
			s.Init(token.NewFileSet().AddFile(path, -1, len(text)), text, nil, 0)
			for _, kind, literal := s.Scan(); kind != token.EOF; _, kind, literal = s.Scan() {
				if kind != token.STRING {
					continue
				}
				seen++
				for _, word := range strings.Fields(literal) {
					if page.MatchString(word) && !strings.Contains(word, "https://") {
						t.Errorf("%s: %s names a page: say what stands there", path, literal)
					}
					if own.MatchString(word) && !strings.Contains(word, "github.com/") && !strings.Contains(path, "/venv/") {
						t.Errorf("%s: %s is of one design: take it from infra.json", path, literal)
					}
				}
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	if seen < 3000 {
		t.Errorf("only %d texts were found", seen)
	}
}
