// Package terminal tells what the terminal is like in which a person reads.
package terminal

import (
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/mitchellh/go-wordwrap"
	"golang.org/x/term"
)

// The narrowest and the widest line that is written for a person, in characters. A longer one is hard to follow with the eyes.
const (
	narrowest = 60
	widest    = 200
)

// Width returns how many characters are in a line of w, from 60 to 200. It is 0 if w is no terminal that somebody looks at, so that a line may be of
// any length.
func Width(w io.Writer) int {
	if !interactive(w) {
		return 0
	}
	file, _ := w.(interface{ Fd() uintptr })
	width, _, err := term.GetSize(int(file.Fd()))
	if err != nil || width <= 0 {
		return 0
	}
	return min(max(width, narrowest), widest)
}

// whole is what stays in one line: what is around an arrow, and a command or what is added to one, which somebody may copy.
var whole = regexp.MustCompile(` → |--allow \S+( --allow \S+)*|(\./infra|make) [a-z][a-z-]*( [a-z][a-z0-9-]*)?( --\S+)*`)

// Wrap breaks a text between words, so that no line has more than width characters, unless one word has. Lines after the first one begin with
// indent spaces. What is around an arrow stays together, and so do commands. Of a width of 0, the text stays as it is.
func Wrap(text string, width, indent int) string {
	if width == 0 || utf8.RuneCountInString(text) <= width {
		return text
	}
	const joined = "\ue000" // a character of no meaning, which is no space for the library
	text = whole.ReplaceAllStringFunc(text, func(part string) string { return strings.ReplaceAll(part, " ", joined) })
	text = wordwrap.WrapString(text, uint(max(width-indent, narrowest/3)))
	return strings.ReplaceAll(strings.ReplaceAll(text, joined, " "), "\n", "\n"+strings.Repeat(" ", indent))
}

// Fit breaks each line of a text for w, if that is a terminal.
func Fit(w io.Writer, text string) string {
	sheet := For(w)
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		words := strings.TrimLeft(line, " ")
		sheet.Line(len(line)-len(words), "%s", words)
	}
	return sheet.String()
}
