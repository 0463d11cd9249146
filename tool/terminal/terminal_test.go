package terminal

import (
	"os"
	"strings"
	"testing"
)

func TestWrap(t *testing.T) {
	for name, c := range map[string]struct {
		text          string
		width, indent int
		want          string
	}{
		"no width":             {strings.Repeat("word ", 50), 0, 4, strings.Repeat("word ", 50)},
		"it fits":              {"one two", 7, 2, "one two"},
		"two lines":            {"one two three four five six seven", 24, 4, "one two three four\n    five six seven"},
		"an arrow":             {"one two three 512 → 1024", 22, 2, "one two three\n  512 → 1024"},
		"a command":            {"Put in an image that works: ./infra deploy prod --recover. Nothing else", 40, 2, "Put in an image that works:\n  ./infra deploy prod --recover. Nothing\n  else"},
		"a sentence":           {"Put in an image that works: ./infra deploy prod. Nothing else", 40, 2, "Put in an image that works:\n  ./infra deploy prod. Nothing else"},
		"what is to be copied": {"add this: --allow aws_lb.a --allow aws_lb.b", 24, 2, "add this:\n  --allow aws_lb.a --allow aws_lb.b"},
		"a long one":           {strings.Repeat("x", 30) + " y", 24, 2, strings.Repeat("x", 30) + "\n  y"},
	} {
		if got := Wrap(c.text, c.width, c.indent); got != c.want {
			t.Errorf("%s:\n%s\nnot\n%s", name, got, c.want)
		}
	}
}

// What is no terminal has lines of any length.
func TestWidth(t *testing.T) {
	file, err := os.Create(t.TempDir() + "/file")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	if text := "infra: " + strings.Repeat("word ", 50) + "\n  more\n"; Fit(file, text) != strings.ReplaceAll(text, " \n", "\n") {
		t.Errorf("%q", Fit(file, text))
	}
	if Width(file) != 0 || Width(&strings.Builder{}) != 0 {
		t.Error("a file has a width")
	}
}
