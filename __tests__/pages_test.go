package tests

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/order-bot/infra/design"
	"github.com/order-bot/infra/internal/pages"
)

var (
	code    = regexp.MustCompile("(?ms)^ *```.*?^ *```$")
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
	dropped = regexp.MustCompile(`[^\p{L}\p{N}_ -]`) // from a heading, to make its anchor
)

// text returns a page without its code blocks.
func text(t *testing.T, page string) string {
	t.Helper()
	all, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	return code.ReplaceAllString(string(all), "")
}

// anchors returns the anchors of a page's headings.
func anchors(t *testing.T, page string) (all []string) {
	t.Helper()
	for _, match := range heading.FindAllStringSubmatch(text(t, page), -1) {
		all = append(all, strings.ReplaceAll(dropped.ReplaceAllString(strings.ToLower(match[1]), ""), " ", "-"))
	}
	return all
}

// A link within the project leads to a file that is there, and to a heading in it.
func TestLinksLeadSomewhere(t *testing.T) {
	all, err := pages.All("..")
	if err != nil {
		t.Fatal(err)
	}
	links := 0
	for _, page := range all {
		for _, match := range link.FindAllStringSubmatch(text(t, page), -1) {
			if strings.HasPrefix(match[1], "https://") {
				continue
			}
			links++
			file, anchor, _ := strings.Cut(match[1], "#")
			target := page
			if file != "" {
				target = filepath.Join(filepath.Dir(page), file)
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s: %s: there is no such file", page, match[1])
			} else if anchor != "" && !slices.Contains(anchors(t, target), anchor) {
				t.Errorf("%s: %s: there is no such heading", page, match[1])
			}
		}
	}
	if links < 50 {
		t.Errorf("only %d links were found", links)
	}
}

// A page that a comment, a message or a workflow names is there.
func TestNamesOfPagesAreRight(t *testing.T) {
	// Of an address of the web, only the end looks so.
	named := regexp.MustCompile(`(^|[^\w/])(docs/[\w/-]+\.md)\b`)
	names := 0
	if err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !entry.Type().IsRegular() && !entry.IsDir() {
			return nil // such as a link to node_modules
		}
		if entry.IsDir() {
			switch name := entry.Name(); {
			case name == "..", name == ".github":
				return nil
			case strings.HasPrefix(name, "."), name == "node_modules", name == "cdktf.out":
				return fs.SkipDir
			}
			return nil
		}
		if !slices.Contains([]string{".go", ".md", ".sh", ".yml", ".py", ".tfvars", ""}, filepath.Ext(path)) {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, match := range named.FindAllSubmatch(text, -1) {
			names++
			if _, err := os.Stat(filepath.Join("..", string(match[2]))); err != nil {
				t.Errorf("%s: %s: there is no such page", path, match[2])
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if names < 20 {
		t.Errorf("only %d names were found", names)
	}
}

// Prose is wrapped at 160 columns, but for that of generated pages, and of tables.
func TestProseIsWrapped(t *testing.T) {
	all, err := pages.All("..")
	if err != nil {
		t.Fatal(err)
	}
	lines := 0
	for _, page := range all {
		if strings.HasSuffix(page, "/options.md") {
			continue
		}
		for line := range strings.Lines(text(t, page)) {
			if strings.HasPrefix(line, "|") {
				continue
			}
			lines++
			if line = strings.TrimSpace(line); utf8.RuneCountInString(line) > 160 {
				t.Errorf("%s: %s…: more than 160 columns", page, line[:60])
			}
		}
	}
	if lines < 1000 {
		t.Errorf("only %d lines were found", lines)
	}
}

// The examples give a value to each input that needs one, and the applications all that they need.
func TestExamples(t *testing.T) {
	required := map[string][]string{}
	ports := map[string]string{}
	for _, environment := range design.Live.Environments {
		for _, service := range environment.Services {
			variable := cmp.Or(service.Variables.Environment, service.Key+"_environment")
			required[variable], ports[variable] = append(service.Task.Requires, "PORT"), portVariable(service)
		}
	}
	for _, stack := range design.Live.Names() {
		file := "../examples/" + stack + ".tfvars"
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		parsed, problems := hclsyntax.ParseConfig(source, file, hcl.InitialPos)
		if problems.HasErrors() {
			t.Fatal(problems)
		}
		given, problems := parsed.Body.JustAttributes()
		if problems.HasErrors() {
			t.Fatal(problems)
		}
		variables := synthesized(t)[stack].Variable
		for name, variable := range variables {
			if _, optional := variable["default"]; !optional && given[name] == nil {
				t.Errorf("%s: %s has no value: make update", file, name)
			}
		}
		for name, attribute := range given {
			if variables[name] == nil {
				t.Errorf("%s: %s is no variable of the stack: make update", file, name)
				continue
			}
			environment := required[name]
			if environment == nil {
				continue
			}
			value, problems := attribute.Expr.Value(nil)
			if problems.HasErrors() {
				t.Fatal(problems)
			}
			for _, key := range environment {
				if !value.Type().HasAttribute(key) || value.GetAttr(key).Type().FriendlyName() != "string" {
					t.Fatalf("%s: %s has no text %s", file, name, key)
				}
			}
			port := ports[name]
			if want := fmt.Sprint(variables[port]["default"]); value.GetAttr("PORT").AsString() != want {
				t.Errorf("%s: PORT of %s is not %s, the default of %s", file, name, want, port)
			}
		}
	}
}
