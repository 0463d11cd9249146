package terminal

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Sheet is a text whose lines fit into a terminal. The zero value is empty, and has lines of any length.
type Sheet struct {
	// Width is how many characters are in a line; 0 stands for any number.
	Width int

	text strings.Builder
}

// roomy is how many characters the last column of a table needs at least beside the others.
const roomy = 40

// Line writes a text behind indent spaces. What does not fit goes on in lines that begin four characters further on.
func (s *Sheet) Line(indent int, format string, args ...any) {
	s.line(indent, 4, fmt.Sprintf(format, args...))
}

func (s *Sheet) line(indent, hanging int, text string) {
	width := 0
	if s.Width > 0 {
		width = max(s.Width-indent, narrowest/3)
	}
	begin := strings.Repeat(" ", indent)
	for line := range strings.Lines(Wrap(text, width, hanging) + "\n") {
		s.text.WriteString(strings.TrimRight(begin+line, " \n") + "\n")
	}
}

// Rows writes a table behind indent spaces. What does not fit into the last column goes on below it, or begins a line of its own where the other
// columns leave too little room.
func (s *Sheet) Rows(indent int, rows [][]string) {
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
		var others strings.Builder
		last := row[len(row)-1]
		for i, cell := range row[:len(row)-1] {
			fmt.Fprintf(&others, "%-*s  ", widths[i], cell)
		}
		used := utf8.RuneCountInString(others.String())
		switch room := s.Width - indent - used; {
		case s.Width == 0 || utf8.RuneCountInString(last) <= room:
			s.line(indent, 4, others.String()+last)
		case room >= roomy:
			begin := others.String()
			for line := range strings.Lines(Wrap(last, room, 0)) {
				s.line(indent, 0, begin+strings.TrimSuffix(line, "\n"))
				begin = strings.Repeat(" ", used)
			}
		default:
			s.line(indent, 4, others.String())
			s.line(indent+widths[0]+2, 4, last)
		}
	}
}

// String is the text.
func (s *Sheet) String() string { return s.text.String() }
