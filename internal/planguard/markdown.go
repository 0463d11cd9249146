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

// Markdown writes what a plan would do for people who read it on GitHub: the table, what is refused, and the whole plan
// in the engine's words. Where that is more than GitHub takes, it is cut, and says so.
func (r *Report) Markdown(stack, digest, whole string, allowed []string) string {
	var table, refused strings.Builder
	_ = r.Write(&table) // a strings.Builder takes everything
	var page strings.Builder
	fmt.Fprintf(&page, "### What a deploy of `%s` would do\n\n", stack)
	page.WriteString(fenced(shortened(table.String(), Longest/3)))
	if r.Refuse(allowed, &refused) {
		page.WriteString("\n**Refused.**\n\n" + fenced(shortened(strings.TrimSpace(refused.String())+"\n", Longest/6)))
		page.WriteString("\nIf that is meant, run *Deploy* by hand on `main`, with the addresses in *allow*.\n")
	}
	fmt.Fprintf(&page, "\nDigest: `%s`\n", digest)
	if whole != "" {
		const before, after = "\n<details><summary>The whole plan</summary>\n\n", "\n</details>\n"
		room := Longest - page.Len() - len(before) - len(after)
		page.WriteString(before + fenced(shortened(strings.TrimSpace(whole)+"\n", room-200)) + after)
	}
	return page.String()
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
