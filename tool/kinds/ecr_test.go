package kinds

import (
	"fmt"
	"strings"
	"testing"

	"github.com/order-bot/infra/tool/tfvalue"
)

// policy is a lifecycle policy with rules such as "any 20", "untagged 1d", "prod* 10": which images, and how many or how old
// they may be. Tags with "+" between have to be there all.
func policy(rules ...string) any {
	if len(rules) == 0 {
		return nil
	}
	var texts []string
	for i, rule := range rules {
		which, limit, _ := strings.Cut(rule, " ")
		selection := fmt.Sprintf(`"tagStatus":%q`, which)
		if which != "any" && which != "untagged" {
			selection = fmt.Sprintf(`"tagStatus":"tagged","tagPatternList":["%s"]`, strings.ReplaceAll(which, "+", `","`))
			if prefix, is := strings.CutSuffix(which, "*"); is && !strings.ContainsAny(prefix, "*+") {
				selection = fmt.Sprintf(`"tagStatus":"tagged","tagPrefixList":[%q]`, prefix)
			}
		}
		count := `"countType":"imageCountMoreThan","countNumber":` + limit
		if days, is := strings.CutSuffix(limit, "d"); is {
			count = `"countType":"sinceImagePushed","countUnit":"days","countNumber":` + days
		}
		texts = append(texts, fmt.Sprintf(`{"rulePriority":%d,"selection":{%s,%s},"action":{"type":"expire"}}`, i+1, selection, count))
	}
	return `{"rules":[` + strings.Join(texts, ",") + `]}`
}

func TestMoreImagesGo(t *testing.T) {
	none := []string{}
	for _, c := range []struct {
		before, after []string
		want          bool
	}{
		{[]string{"any 20"}, []string{"any 20"}, false},
		{[]string{"any 20"}, []string{"any 30"}, false},
		{[]string{"any 20"}, []string{"any 19"}, true},
		{[]string{"untagged 20"}, []string{"any 20"}, true},
		{[]string{"any 20"}, []string{"untagged 20"}, false},
		{[]string{"any 20"}, []string{"untagged 19"}, true},
		{[]string{"any 90d"}, []string{"any 1d"}, true},
		{[]string{"any 1d"}, []string{"any 90d"}, false},
		{[]string{"any 90d"}, []string{"any 20"}, true}, // of two kinds, nobody can tell
		{[]string{"any 20"}, []string{"any 90d"}, true},
		{none, []string{"any 9999"}, true},
		{[]string{"any 20"}, none, false},
		{none, none, false},

		// A rule of a lower number shields what it is for from those after it.
		{[]string{"any 20"}, []string{"prod* 999", "any 20"}, false},
		{[]string{"prod* 999", "any 20"}, []string{"any 20"}, true},
		{[]string{"prod* 999", "any 20"}, []string{"prod* 999", "any 30"}, false},
		{[]string{"prod* 999", "any 20"}, []string{"prod* 998", "any 30"}, true},
		{[]string{"prod* 999", "any 20"}, []string{"production* 999", "any 20"}, true}, // prod-1 is shielded no more
		{[]string{"production* 999", "any 20"}, []string{"prod* 999", "any 20"}, true}, // prod-1 counts, too, for production-1
		{[]string{"production* 9d", "any 1d"}, []string{"prod* 9d", "any 1d"}, false},
		{[]string{"prod* 999", "any 20"}, []string{"dev* 999", "any 20"}, true},
		{[]string{"untagged 1d", "any 20"}, []string{"untagged 7d", "any 20"}, false},
		{[]string{"untagged 7d", "any 20"}, []string{"untagged 1d", "any 20"}, true},
		{[]string{"any 20"}, []string{"untagged 1d", "any 20"}, true},

		// An image has several tags: it may match both.
		{[]string{"dev* 10"}, []string{"prod* 10"}, true},
		{[]string{"dev* 10"}, []string{"dev-* 10"}, false},
		{[]string{"dev* 10d"}, []string{"dev*+test* 10d"}, false},
		{[]string{"dev*+test* 10"}, []string{"dev* 10"}, true},
		{[]string{"*dev* 10"}, []string{"a*dev*b 10"}, false},
		{[]string{"a*dev*b 10"}, []string{"*dev* 10"}, true},
		{[]string{"untagged 10"}, []string{"dev* 10"}, true},
	} {
		if got := moreImagesGo(policy(c.before...), policy(c.after...)); got != c.want {
			t.Errorf("from %q to %q: %v", c.before, c.after, got)
		}
	}
	strange := `{"rules":[{"rulePriority":1,"selection":{"tagStatus":"any","storageClass":"archive","countType":"sinceImageTransitioned","countUnit":"days","countNumber":90},"action":{"type":"expire"}}]}`
	for _, c := range []struct {
		what          string
		before, after any
		want          bool
	}{
		{"what nobody knows", policy("any 20"), strange, true},
		{"what nobody knows, as it was", strange, " " + strange, false},
		{"what nobody knew, and now no policy", strange, nil, false},
		{"what only the deploy will know", policy("any 20"), tfvalue.Unknown{}, true},
		{"no JSON", policy("any 20"), "rules", true},
		{"two rules of one number", policy("any 20"), strings.Replace(policy("prod* 20", "any 20").(string), `"rulePriority":2`, `"rulePriority":1`, 1), true},
		{"moved to another storage", policy("any 20"), strings.Replace(policy("any 20").(string), `"expire"`, `"transition"`, 1), true},
	} {
		if got := moreImagesGo(c.before, c.after); got != c.want {
			t.Errorf("%s: %v", c.what, got)
		}
	}
}
