package terminal

import (
	"io"
	"os"

	"github.com/fatih/color"
	"golang.org/x/term"
)

// Style is how a text looks where there are colours. The colours are those of the terminal's own palette, which can be read on a light and on a
// dark ground.
type Style int

// The styles.
const (
	Plain   Style = iota
	Title         // what is below belongs to it
	Good          // as it should be, or new
	Careful       // something changes
	Bad           // something is lost, or does not work
)

var looks = map[Style]*color.Color{
	Title: color.New(color.Bold), Good: color.New(color.FgGreen), Careful: color.New(color.FgYellow), Bad: color.New(color.FgRed, color.Bold),
}

// Colours tells whether w is a terminal that shows colours, and nobody has switched them off: NO_COLOR does (https://no-color.org), and CI, which
// the services set that run pipelines.
func Colours(w io.Writer) bool { return interactive(w) && os.Getenv("NO_COLOR") == "" }

// interactive tells whether w is a terminal that somebody looks at, and that can take back what it shows.
func interactive(w io.Writer) bool {
	file, is := w.(interface{ Fd() uintptr })
	return is && term.IsTerminal(int(file.Fd())) && os.Getenv("CI") == "" && os.Getenv("TERM") != "dumb"
}

// paint is a text in a style, if there are colours.
func (s *Sheet) paint(text string, style Style) string {
	look := looks[style]
	if !s.Colours || look == nil || text == "" {
		return text
	}
	look.EnableColor() // that there are colours has been found out
	return look.Sprint(text)
}
