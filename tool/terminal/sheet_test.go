package terminal

import (
	"strings"
	"testing"
)

func TestSheet(t *testing.T) {
	rows := [][]string{{"event", "2026-11-29 06:21 JST", "(service order-bot-svc) has reached a steady state, after a while"}, {"url", "", ""}}
	for name, c := range map[string]struct {
		width int
		want  string
	}{
		"no terminal":       {0, "  event  2026-11-29 06:21 JST  (service order-bot-svc) has reached a steady state, after a while\n  url\n"},
		"a wide terminal":   {80, "  event  2026-11-29 06:21 JST  (service order-bot-svc) has reached a steady\n                               state, after a while\n  url\n"},
		"a narrow one":      {60, "  event  2026-11-29 06:21 JST\n         (service order-bot-svc) has reached a steady\n             state, after a while\n  url\n"},
		"one that has room": {200, "  event  2026-11-29 06:21 JST  (service order-bot-svc) has reached a steady state, after a while\n  url\n"},
	} {
		sheet := Sheet{Width: c.width}
		sheet.Rows(2, nil, rows)
		if got := sheet.String(); got != c.want {
			t.Errorf("%s:\n%s\nnot\n%s", name, got, c.want)
		}
	}
	sheet := Sheet{Width: 60}
	sheet.Rows(0, nil, [][]string{{"destroy", strings.Repeat("x", 60), ""}, {"destroy", "b", ""}})
	if got, want := sheet.String(), "destroy  "+strings.Repeat("x", 60)+"\ndestroy  b\n"; got != want {
		t.Errorf("%q, not %q", got, want)
	}
	sheet = Sheet{Width: 60}
	sheet.Line(2, "%s", "one two three four five six seven eight nine ten eleven twelve")
	sheet.Line(0, "")
	if got, want := sheet.String(), "  one two three four five six seven eight nine ten\n      eleven twelve\n\n"; got != want {
		t.Errorf("%q, not %q", got, want)
	}
}

// Colours are around words, and take no room.
func TestSheetInColours(t *testing.T) {
	sheet := Sheet{Width: 60, Colours: true}
	sheet.Styled(Title, 2, "order-bot-svc")
	sheet.Rows(2, map[string]Style{"create": Good, "destroy": Bad}, [][]string{{"create", "a", "x"}, {"destroy", "b", strings.Repeat("word ", 11)}, {"move", "c", ""}})
	const want = "  \x1b[1morder-bot-svc\x1b[22m\n  \x1b[32mcreate\x1b[0m   a  x\n  \x1b[31;1mdestroy\x1b[0;22m  b  word word word word word word word word word\n              word word\n  move     c\n"
	if got := sheet.String(); got != want {
		t.Errorf("%q, not %q", got, want)
	}
	plain := Sheet{Width: 60}
	plain.Styled(Bad, 2, "order-bot-svc")
	if plain.String() != "  order-bot-svc\n" {
		t.Errorf("%q", plain.String())
	}
}

func TestColours(t *testing.T) {
	if Colours(&strings.Builder{}) {
		t.Error("a text has colours")
	}
}
