package preflight

import (
	"fmt"
	"maps"
	"strings"

	"github.com/order-bot/infra/tool/kinds"
	"github.com/order-bot/infra/tool/stackjson"
	"github.com/order-bot/infra/tool/tfstate"
	"github.com/order-bot/infra/tool/tfvalue"
)

// kept looks for what AWS still has as it was, although the stack says nothing of it any more.
func kept(stack *stackjson.Stack, state *tfstate.State) []Finding {
	var findings []Finding
	for _, address := range stack.Managed() {
		kind, _, _ := strings.Cut(address, ".")
		all := kinds.Of(kind).Kept
		if len(all) == 0 {
			continue
		}
		recorded := maps.Collect(state.Resources(kind))[address]
		for _, is := range all {
			value := tfvalue.At(recorded, is.Attribute...)
			if tfvalue.At(stack.At(address), is.Attribute...) != nil || value == nil || fmt.Sprint(value) == fmt.Sprint(is.Default) {
				continue
			}
			findings = append(findings, at(address).is(Warning, "AWS keeps %s = %v, of which the design says nothing any more: %s", strings.Join(is.Attribute, "."), value, is.Way))
		}
	}
	return findings
}
