package terminal

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Sheet is a text whose lines fit into a terminal. The zero value is empty, and has lines of any length.
type Sheet struct {
	// Width is how many characters are in a line; 0 stands for any number.
	Width int
	// Colours tells whether it has colours.
	Colours bool

	text strings.Builder
}

// For returns an empty sheet that fits into w, with colours if w shows them.
func For(w io.Writer) *Sheet { return &Sheet{Width: Width(w), Colours: Colours(w)} }

// roomy is how many characters the last column of a table needs at least beside the others.
const roomy = 40

// Line writes a text behind indent spaces. What does not fit goes on in lines that begin four characters further on.
func (s *Sheet) Line(indent int, format string, args ...any) {
	s.line(indent, 4, Plain, fmt.Sprintf(format, args...))
}

// Styled is Line with a look.
func (s *Sheet) Styled(style Style, indent int, format string, args ...any) {
	s.line(indent, 4, style, fmt.Sprintf(format, args...))
}

func (s *Sheet) line(indent, hanging int, style Style, text string) {
	width := 0
	if s.Width > 0 {
		width = max(s.Width-indent, narrowest/3)
	}
	for line := range strings.Lines(Wrap(text, width, hanging) + "\n") {
		line = strings.TrimRight(line, " \n")
		word := strings.TrimLeft(line, " ")
		s.raw(indent+len(line)-len(word), s.paint(word, style))
	}
}

// raw writes a line as it is behind indent spaces.
func (s *Sheet) raw(indent int, line string) {
	s.text.WriteString(strings.TrimRight(strings.Repeat(" ", indent)+line, " ") + "\n")
}

// Rows writes a table behind indent spaces. What does not fit into the last column goes on below it, or begins a line of its own where the other
// columns leave too little room. styles are those of the words in the first column, and may be nil.
func (s *Sheet) Rows(indent int, styles map[string]Style, rows [][]string) {
	var widths []int
	for _, row := range rows {
		for i, cell := range row[:len(row)-1] {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range rows {
		last := row[len(row)-1]
		used, begin := 0, ""
		for i, cell := range row[:len(row)-1] {
			style := Plain
			if i == 0 {
				style = styles[cell]
			}
			begin += s.paint(cell, style) + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)+2)
			used += widths[i] + 2
		}
		switch room := s.Width - indent - used; {
		case s.Width == 0 || last == "" || utf8.RuneCountInString(last) <= room:
			s.raw(indent, begin+last)
		case room >= roomy:
			for line := range strings.Lines(Wrap(last, room, 0)) {
				s.raw(indent, begin+strings.TrimSuffix(line, "\n"))
				begin = strings.Repeat(" ", used)
			}
		default:
			s.raw(indent, begin)
			s.line(indent+widths[0]+2, 4, Plain, last)
		}
	}
}

// String is the text.
func (s *Sheet) String() string { return s.text.String() }
