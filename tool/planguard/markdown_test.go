package planguard_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/order-bot/infra/tool/planguard"
)

func planOf(number int, action tfjson.Action) *planguard.Report {
	plan := &tfjson.Plan{}
	for i := range number {
		plan.ResourceChanges = append(plan.ResourceChanges, &tfjson.ResourceChange{
			Address: fmt.Sprintf("aws_lb.number_%04d", i), Mode: tfjson.ManagedResourceMode, Type: "aws_lb", Name: fmt.Sprintf("number_%04d", i),
			Change: &tfjson.Change{Actions: tfjson.Actions{action}, Before: map[string]any{}},
		})
	}
	return planguard.Of(plan)
}

func pageOf(report *planguard.Report, whole string, allowed []string) string {
	page := planguard.Page{Stack: "prod", Digest: "0123", Report: report, Outputs: nil, Refused: "", Whole: whole}
	if why := (&strings.Builder{}); report.Refuse(allowed, why) {
		page.Refused = why.String()
	}
	return page.Markdown()
}

// What a page says first is what is left of it, however it is cut; and outputs are changes, too.
func TestPageBegins(t *testing.T) {
	many := planguard.Page{Stack: "prod", Digest: "", Report: planOf(900, tfjson.ActionDelete), Outputs: nil, Refused: "", Whole: ""}
	if want := "### What a deploy of `prod` would do\n\n**900 to destroy.**\n\n"; !strings.HasPrefix(many.Markdown(), want) {
		t.Errorf("%.200s", many.Markdown())
	}
	outputs := planguard.Page{Stack: "prod", Digest: "", Report: planOf(0, tfjson.ActionCreate), Outputs: []string{"alb_dns_name", "frontend_url"}, Refused: "infra: --image: more", Whole: ""}
	for _, want := range []string{"Outputs that change: alb_dns_name, frontend_url.\n", "**Refused.**\n\n```text\ninfra: --image: more\n```"} {
		if !strings.Contains(outputs.Markdown(), want) {
			t.Errorf("no %q in\n%s", want, outputs.Markdown())
		}
	}
}

// Whatever a plan is, GitHub takes what is written of it, and what is left out is said.
func TestMarkdown(t *testing.T) {
	line := "  + name = \"größe\"\n"
	for name, c := range map[string]struct {
		report *planguard.Report
		whole  string
		want   []string
	}{
		"nothing":         {planOf(0, tfjson.ActionCreate), "", []string{"### What a deploy of `prod` would do\n\n```text\nNo changes.\n```\n", "Digest: `0123`"}},
		"a change":        {planOf(1, tfjson.ActionCreate), line, []string{"create  aws_lb.number_0000", "<details><summary>The whole plan</summary>\n\n```text\n+ name"}},
		"refused":         {planOf(1, tfjson.ActionDelete), "", []string{"destroy  aws_lb.number_0000", "**Refused.**\n", "guard: refused", "in *allow*"}},
		"a whole of 70 K": {planOf(1, tfjson.ActionCreate), strings.Repeat(line, 70_000/len(line)), []string{"… cut here: ", "</details>\n"}},
		"many rows":       {planOf(900, tfjson.ActionDelete), strings.Repeat(line, 70_000/len(line)), []string{"… cut here: ", "**Refused.**", "… cut here: ", "… cut here: ", "</details>\n"}},
		"one long line":   {planOf(1, tfjson.ActionCreate), strings.Repeat("ö", 70_000), []string{"… cut here: "}},
		"markup":          {planOf(1, tfjson.ActionCreate), "```\n@everyone\n`````\n", []string{"``````text\n```\n@everyone\n`````\n``````\n"}},
	} {
		page := pageOf(c.report, c.whole, nil)
		if len(page) > planguard.Longest || !utf8.ValidString(page) {
			t.Errorf("%s: %d bytes", name, len(page))
		}
		rest := page
		for _, want := range c.want {
			_, after, found := strings.Cut(rest, want)
			if !found {
				t.Fatalf("%s: no %q in\n%.3000s", name, want, page)
			}
			rest = after
		}
	}
	if allowed := pageOf(planOf(1, tfjson.ActionDelete), "", []string{"aws_lb.number_0000"}); strings.Contains(allowed, "Refused") {
		t.Error("what is allowed is refused")
	}
}
