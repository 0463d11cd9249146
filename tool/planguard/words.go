package planguard

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/order-bot/infra/tool/terminal"
	"github.com/order-bot/infra/tool/tfvalue"
)

// said is a difference between two values, in words.
type said struct {
	// path is where it is, such as "health_check.path".
	path string
	// text is what a person reads, such as "health_check.path /a → /b". It is empty if only the deploy will know the value.
	text string
	// rank is how much it matters: the lowest comes first.
	rank int
}

// words are differences, as they are found.
type words struct {
	all []said
	// hidden are texts that are not shown where they are a whole value.
	hidden map[string]bool
}

func (w *words) say(path, format string, args ...any) {
	w.rank(rankOther, path, format, args...)
}

func (w *words) rank(rank int, path, format string, args ...any) {
	one := said{path, fmt.Sprintf(format, args...), rank}
	if !slices.ContainsFunc(w.all, func(other said) bool { return other.text == one.text && (one.text != "" || other.path == one.path) }) {
		w.all = append(w.all, one)
	}
}

// at is what is said of a path.
func (w *words) at(path string) string {
	for _, one := range w.all {
		if one.path == path {
			return one.text
		}
	}
	return ""
}

// secret is what a person reads in place of what the engine marks as sensitive.
const secret = "(sensitive)"

// later is what a person reads of a value that only the deploy will know. The engines say so, too.
const later = "known after apply"

// compare finds what differs between two values, of which marks have the same shape, and say what is sensitive. What of after only the
// deploy will know is tfvalue.Unknown{}.
// https://developer.hashicorp.com/terraform/internals/json-format (before_sensitive, after_sensitive)
func (w *words) compare(path string, before, after, beforeMarks, afterMarks any) {
	switch {
	case same(before, after):
		return
	case after == (tfvalue.Unknown{}):
		w.say(path, "")
		return
	case beforeMarks == true || afterMarks == true:
		w.say(path, "%s changed %s", path, secret)
		return
	}
	before, after = parsed(before), parsed(after)
	was, isMap := before.(map[string]any)
	will, isMapThen := after.(map[string]any)
	if (isMap || tfvalue.Size(before) == 0) && (isMapThen || tfvalue.Size(after) == 0) && (isMap || isMapThen) {
		wasMarks, _ := beforeMarks.(map[string]any)
		willMarks, _ := afterMarks.(map[string]any)
		for _, name := range union(was, will) {
			w.compare(path+"."+word(name, nil), was[name], will[name], wasMarks[name], willMarks[name])
		}
		return
	}
	old, isList := before.([]any)
	now, isListThen := after.([]any)
	if (isList || tfvalue.Size(before) == 0) && (isListThen || tfvalue.Size(after) == 0) && (isList || isListThen) {
		w.compareLists(path, old, now, beforeMarks, afterMarks)
		return
	}
	one, other := word(before, beforeMarks), word(after, afterMarks)
	switch {
	case tfvalue.Size(before) == 0:
		w.say(path, "+%s %s", path, terminal.Cut(other, longestWord))
	case tfvalue.Size(after) == 0:
		w.say(path, "-%s", path)
	default:
		one, other = cutPair(one, other, longestWord)
		w.say(path, "%s %s → %s", path, one, other)
	}
}

// compareLists says which elements go, and which are new. A list with one block before and after is that block.
func (w *words) compareLists(path string, before, after []any, beforeMarks, afterMarks any) {
	if len(before) == 1 && len(after) == 1 && blocks(before) && blocks(after) {
		w.compare(path, before[0], after[0], first(beforeMarks), first(afterMarks))
		return
	}
	if tfvalue.Holds(beforeMarks, true) || tfvalue.Holds(afterMarks, true) {
		w.say(path, "%s changed %s", path, secret)
		return
	}
	gone, added := less(before, after), less(after, before)
	if len(gone) == 0 && len(added) == 0 {
		w.say(path, "%s in another order", path)
		return
	}
	if len(gone) == 1 && len(added) == 1 && blocks(gone) && blocks(added) && rule(gone[0]) == "" {
		w.compare(path, gone[0], added[0], nil, nil)
		return
	}
	var parts []string
	for i, element := range slices.Concat(added, gone) {
		sign := "+"
		if i >= len(added) {
			sign = "-"
		}
		parts = append(parts, sign+terminal.Cut(cmp.Or(rule(element), word(element, nil)), longestWord))
	}
	const most = 8
	if more := len(parts) - most; more > 1 {
		parts = append(parts[:most], fmt.Sprintf("and %d more", more))
	}
	w.say(path, "%s %s", path, strings.Join(parts, " "))
}

// text joins what is said to one text: what matters first, and what only the deploy will know last.
func text(all []said) string {
	var parts, unknown []string
	for _, one := range slices.SortedStableFunc(slices.Values(all), func(a, b said) int { return a.rank - b.rank }) {
		if one.text == "" {
			unknown = append(unknown, one.path)
		} else {
			parts = append(parts, one.text)
		}
	}
	if len(unknown) > 0 {
		parts = append(parts, strings.Join(unknown, ", ")+" "+later)
	}
	return strings.Join(parts, ", ")
}

// rule is a rule of a security group in a few words, such as "tcp 443 from 0.0.0.0/0"; empty if the value is none.
func rule(value any) string {
	fields, _ := value.(map[string]any)
	protocol, is := fields["protocol"].(string)
	if _, has := fields["from_port"]; !is || !has {
		return ""
	}
	ports := word(fields["from_port"], nil)
	if to := word(fields["to_port"], nil); to != ports {
		ports += "-" + to
	}
	rule := protocol + " " + ports
	if protocol == "-1" { // all of them: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html
		rule = "all ports"
	}
	var others []string
	for _, name := range []string{"cidr_blocks", "ipv6_cidr_blocks", "prefix_list_ids", "security_groups"} {
		switch list := fields[name].(type) {
		case []any:
			for _, one := range list {
				others = append(others, word(one, nil))
			}
		case tfvalue.Unknown:
			others = append(others, later)
		}
	}
	if fields["self"] == true {
		others = append(others, "itself")
	}
	if len(others) > 0 {
		rule += " for " + strings.Join(others, ", ")
	}
	return rule
}

// rules tells whether a list has rules of a security group. Their order means nothing.
func rules(list []any) bool {
	return len(list) > 0 && !slices.ContainsFunc(list, func(element any) bool { return rule(element) == "" })
}

// same compares two values of an attribute. The state has a rule of a security group without a description with null or "" there, and
// the list in another order for that.
func same(a, b any) bool {
	one, other := tfvalue.List(a), tfvalue.List(b)
	if rules(one) && rules(other) {
		return len(less(one, other)) == 0 && len(less(other, one)) == 0
	}
	return tfvalue.Same(a, b)
}

// longestWord is how many characters of a value a person reads.
const longestWord = 48

// word writes a value.
func word(value, marks any) string {
	if tfvalue.Holds(marks, true) {
		return secret
	}
	switch value := value.(type) {
	case nil:
		return "null"
	case tfvalue.Unknown:
		return later
	case string:
		plain := value != "" && !strings.ContainsFunc(value, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) || r == '"' })
		if plain {
			return value
		}
		return strconv.Quote(value)
	case float64:
		return strconv.FormatFloat(value, 'f', -1, 64)
	case []any:
		var parts []string
		for _, element := range value {
			parts = append(parts, word(element, nil))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case map[string]any:
		var parts []string
		for _, name := range slices.Sorted(maps.Keys(value)) {
			if tfvalue.Size(value[name]) > 0 || value[name] == (tfvalue.Unknown{}) {
				parts = append(parts, name+" "+word(value[name], nil))
			}
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return fmt.Sprint(value)
}

// cutPair shortens two texts, so that what differs stays to be seen.
func cutPair(one, other string, longest int) (string, string) {
	short, shortOther := terminal.Cut(one, longest), terminal.Cut(other, longest)
	if short != shortOther {
		return short, shortOther
	}
	// They differ in the middle: what both begin with is left out.
	a, b := []rune(one), []rune(other)
	same := 0
	for same < len(a) && same < len(b) && a[same] == b[same] {
		same++
	}
	from := max(0, same-longest/4)
	return "…" + terminal.Cut(string(a[from:]), longest), "…" + terminal.Cut(string(b[from:]), longest)
}

// parsed is what a JSON text holds, such as a policy, and any other value as it is.
func parsed(value any) any {
	text, is := value.(string)
	if !is || !strings.HasPrefix(text, "{") && !strings.HasPrefix(text, "[") {
		return value
	}
	var inside any
	if json.Unmarshal([]byte(text), &inside) != nil {
		return value
	}
	return inside
}

// union are the names of maps, sorted.
func union[M ~map[string]V, V any](all ...M) []string {
	every := M{}
	for _, one := range all {
		maps.Copy(every, one)
	}
	return slices.Sorted(maps.Keys(every))
}

// less are the elements of a list that another one has not.
func less(list, other []any) []any {
	rest := slices.Clone(other)
	var left []any
	for _, element := range list {
		if at := slices.IndexFunc(rest, func(one any) bool { return tfvalue.Same(one, element) }); at >= 0 {
			rest = slices.Delete(rest, at, at+1)
		} else {
			left = append(left, element)
		}
	}
	return left
}

// first is the first element of a list of marks.
func first(marks any) any {
	if list, is := marks.([]any); is && len(list) > 0 {
		return list[0]
	}
	return marks
}

// both are the marks of two.
func both(marks, others any) any {
	switch one := marks.(type) {
	case map[string]any:
		if other, is := others.(map[string]any); is {
			all := map[string]any{}
			for _, name := range union(one, other) {
				all[name] = both(one[name], other[name])
			}
			return all
		}
	case []any:
		if other, is := others.([]any); is {
			all := slices.Clone(one)
			for i, mark := range other {
				if i < len(all) {
					all[i] = both(all[i], mark)
				} else {
					all = append(all, mark)
				}
			}
			return all
		}
	}
	if marks == true || others == true {
		return true
	}
	if marks == nil || marks == false {
		return others
	}
	return marks
}
