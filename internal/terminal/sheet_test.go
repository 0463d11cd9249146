package terminal

import "testing"

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
		sheet.Rows(2, rows)
		if got := sheet.String(); got != c.want {
			t.Errorf("%s:\n%s\nnot\n%s", name, got, c.want)
		}
	}
	sheet := Sheet{Width: 60}
	sheet.Line(2, "%s", "one two three four five six seven eight nine ten eleven twelve")
	sheet.Line(0, "")
	if got, want := sheet.String(), "  one two three four five six seven eight nine ten\n      eleven twelve\n\n"; got != want {
		t.Errorf("%q, not %q", got, want)
	}
}
