package planguard_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/order-bot/infra/tool/planguard"
)

const digested = `{"format_version":"1.2","terraform_version":"1.11.4","timestamp":"2026-01-01T00:00:00Z","resource_changes":[
 {"address":"aws_lb.alb","mode":"managed","type":"aws_lb","name":"alb","change":{"actions":["no-op"],"before":{"name":"a"},"after":{"name":"a"}}},
 {"address":"aws_ecs_service.svc","mode":"managed","type":"aws_ecs_service","name":"svc","change":{"actions":["update"],
   "before":{"size":1,"env":{"password":"hunter2"}},"after":{"size":2,"env":{"password":"hunter3"}},"before_sensitive":{"env":true},"after_sensitive":{"env":{"password":true}}}}],
 "output_changes":{"url":{"actions":["update"],"before":"a","after":"b"},"same":{"actions":["no-op"],"before":"a","after":"a"}},
 "variables":{"region":{"value":"here"},"secret":{"value":"hunter4"}},
 "configuration":{"root_module":{"variables":{"region":{},"secret":{"sensitive":true}}}}}`

func TestDigest(t *testing.T) {
	digest := func(lineage string, replacements ...string) string {
		t.Helper()
		var plan tfjson.Plan
		if err := json.Unmarshal([]byte(strings.NewReplacer(replacements...).Replace(digested)), &plan); err != nil {
			t.Fatal(err)
		}
		digest, err := planguard.DigestOf(&plan, lineage)
		if err != nil || len(digest.Sum) != 32 {
			t.Fatal(digest, err)
		}
		return digest.Sum
	}
	for name, c := range map[string]struct {
		lineage string
		change  []string
		same    bool
	}{
		"later":                          {"l", []string{"2026-01-01", "2026-01-02"}, true},
		"another no-op":                  {"l", []string{"aws_lb.alb", "aws_lb.other"}, true},
		"an output that stays":           {"l", []string{`"same"`, `"other"`}, true},
		"another value":                  {"l", []string{`"size":2`, `"size":3`}, false},
		"another value before":           {"l", []string{`"size":1`, `"size":0`}, false},
		"another address":                {"l", []string{"aws_ecs_service.svc", "aws_ecs_service.other"}, false},
		"another action":                 {"l", []string{`"update"],` + "\n", `"delete","create"],` + "\n"}, false},
		"another output":                 {"l", []string{`"after":"b"`, `"after":"c"`}, false},
		"another variable":               {"l", []string{`"here"`, `"there"`}, false},
		"another secret":                 {"l", []string{"hunter3", "hunter5"}, false},
		"another secret variable":        {"l", []string{"hunter4", "hunter5"}, false},
		"another value, new state":       {"", []string{`"size":2`, `"size":3`}, false},
		"another variable, new state":    {"", []string{`"here"`, `"there"`}, false},
		"other secrets, without lineage": {"", []string{"hunter2", "hunter7", "hunter3", "hunter8", "hunter4", "hunter9"}, true},
	} {
		if same := digest(c.lineage) == digest(c.lineage, c.change...); same != c.same {
			t.Errorf("%s: the same digest: %v", name, same)
		}
	}
	if digest("one") == digest("other") {
		t.Error("the lineage is no key")
	}
}

// A plan without changes is not shown, and has a digest all the same.
func TestDigestOfNothing(t *testing.T) {
	first, err := planguard.DigestOf(&tfjson.Plan{}, "lineage")
	if err != nil || len(first.Sum) != 32 {
		t.Fatalf("%v, %v", first, err)
	}
	if again, _ := planguard.DigestOf(&tfjson.Plan{}, "lineage"); again.Sum != first.Sum {
		t.Errorf("%v, then %v", first, again)
	}
}

// What is different is said by name, also to a program that has only the word.
func TestDifferences(t *testing.T) {
	var plan tfjson.Plan
	of := func(replacements ...string) planguard.Digest {
		t.Helper()
		plan = tfjson.Plan{}
		if err := json.Unmarshal([]byte(strings.NewReplacer(replacements...).Replace(digested)), &plan); err != nil {
			t.Fatal(err)
		}
		digest, err := planguard.DigestOf(&plan, "lineage")
		if err != nil {
			t.Fatal(err)
		}
		return digest
	}
	word, err := of().Encode()
	if err != nil {
		t.Fatal(err)
	}
	earlier, err := planguard.ParseDigest(word)
	if err != nil || earlier.Sum != of().Sum {
		t.Fatal(earlier, err)
	}
	for name, c := range map[string]struct {
		change []string
		want   []string
	}{
		"nothing":          {nil, nil},
		"a value":          {[]string{"hunter3", "hunter5"}, []string{"aws_ecs_service.svc: another change, or other values: would change env changed (sensitive), size 1 → 2"}},
		"a variable":       {[]string{"here", "there"}, []string{"var.region: another change, or other values"}},
		"another resource": {[]string{"aws_ecs_service.svc", "aws_ecs_service.mgmt"}, []string{"aws_ecs_service.mgmt: only now: would change env changed (sensitive), size 1 → 2", "aws_ecs_service.svc: not any more"}},
	} {
		if got := of(c.change...).Differences(earlier, planguard.Of(&plan)); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
	alone, err := planguard.ParseDigest(earlier.Sum)
	if err != nil || of("here", "there").Differences(alone, planguard.Of(&plan)) != nil {
		t.Error("the sum alone", err)
	}
	for _, wrong := range []string{"", "0123", strings.ToUpper(earlier.Sum), earlier.Sum + ".", earlier.Sum + ".AAAA", earlier.Sum + ".$", word[:len(word)-20]} {
		if _, err := planguard.ParseDigest(wrong); err == nil {
			t.Errorf("%q is a digest", wrong)
		}
	}
}
