package planguard

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Longest is how long a comment on GitHub may be, less what a workflow adds: 65,536 characters.
// https://docs.github.com/en/rest/issues/comments
const Longest = 60_000

// Page is a plan for people who read it on GitHub.
type Page struct {
	// Stack is the stack's name, Digest stands for what the plan does.
	Stack, Digest string
	// Report says what the plan does to resources.
	Report *Report
	// Outputs are the names of those that change.
	Outputs []string
	// Refused says why the plan is refused; empty if it is not.
	Refused string
	// Notes are what to know of the inputs, a line each; may be empty.
	Notes string
	// Whole is the whole plan in the engine's words; may be empty.
	Whole string
}

// Markdown writes the page: the sum, the table, what is refused, and the whole plan. Where that is more than GitHub takes, it is
// cut, and says so.
func (p Page) Markdown() string {
	var table, page strings.Builder
	_ = p.Report.Write(&table) // a strings.Builder takes everything
	fmt.Fprintf(&page, "### What a deploy of `%s` would do\n\n", p.Stack)
	if sum := p.Report.Sum(); len(p.Report.Changes) > 0 {
		page.WriteString("**" + sum + "**\n\n") // also here, as a table that is cut lacks its end
	}
	page.WriteString(fenced(shortened(table.String(), Longest/3) + shortened(OutputsThatChange(p.Outputs), Longest/12)))
	if p.Notes != "" {
		page.WriteString("\n" + fenced(shortened(p.Notes, Longest/12)))
	}
	if p.Refused != "" {
		page.WriteString("\n**Refused.**\n\n" + fenced(shortened(strings.TrimSpace(p.Refused)+"\n", Longest/6)))
		page.WriteString("\nIf something would be lost or not work, and that is meant, run *Deploy* by hand on `main`, with the addresses in *allow*.\n")
	}
	fmt.Fprintf(&page, "\nDigest: `%s`\n", p.Digest)
	if p.Whole != "" {
		const before, after = "\n<details><summary>The whole plan</summary>\n\n", "\n</details>\n"
		room := Longest - page.Len() - len(before) - len(after)
		page.WriteString(before + fenced(shortened(strings.TrimSpace(p.Whole)+"\n", room-200)) + after)
	}
	return page.String()
}

// OutputsThatChange is a line that names outputs; empty if there are none.
func OutputsThatChange(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return fmt.Sprintf("Outputs that change: %s.\n", strings.Join(names, ", "))
}

// shortened cuts a text after a whole line where it is longer than that many bytes, and says so.
func shortened(text string, longest int) string {
	if len(text) <= longest {
		return text
	}
	kept := text[:longest]
	if end := strings.LastIndexByte(kept, '\n'); end > 0 {
		kept = kept[:end+1]
	} else {
		for !utf8.ValidString(kept) {
			kept = kept[:len(kept)-1]
		}
		kept += "\n"
	}
	return fmt.Sprintf("%s… cut here: %d of %d lines are shown. The log of the job has all.\n", kept, strings.Count(kept, "\n"), strings.Count(text, "\n"))
}

var backquotes = regexp.MustCompile("`{3,}")

// fenced writes a text as a block in which nothing is markup, whatever the text holds.
func fenced(text string) string {
	fence := "```"
	for _, run := range backquotes.FindAllString(text, -1) {
		fence = strings.Repeat("`", max(len(fence), len(run)+1))
	}
	return fence + "text\n" + text + fence + "\n"
}
