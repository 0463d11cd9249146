package inputs

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

func TestRead(t *testing.T) {
	all, err := Read(
		`{"aws_region": "eu-west-1", "order_bot_port": 8000, "subnets": ["a", "b"]}`,
		`{"order_bot_environment": {"DATABASE_URL": "postgres://50%@db", "PORT": "80", "DATABASE_SCHEMA": "order_bot", "KEY": "line one\r\nline\ttwo", "HOST": "true"}}`)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"line\ttwo", `line one`, `line one\r\nline\ttwo`, "postgres://50%@db"}; !reflect.DeepEqual(all.Secrets, want) {
		t.Errorf("secrets: %q, want %q", all.Secrets, want)
	}
	if got := all.Masks(); !strings.Contains(got, "::add-mask::postgres://50%25@db\n") || strings.Count(got, "\n") != 4 {
		t.Errorf("masks: %q", got)
	}
	if text, err := json.Marshal(all.Values); err != nil || !strings.Contains(string(text), `"order_bot_port":8000,"subnets":["a","b"]`) {
		t.Errorf("%v: %s", err, text)
	}
	if all, err := Read("", " \n"); err != nil || len(all.Values) != 0 {
		t.Errorf("nothing: %v, %v", all, err)
	}
}

// A mistake is told without the values, which may be secrets.
func TestReadSaysAllThatIsWrong(t *testing.T) {
	for name, c := range map[string]struct{ plain, secret, want string }{
		"names": {
			`{"PATH=x": "SECRET", "vpc_id": null, "both": "SECRET"}`, `{"both": "SECRET", "::add-mask": 1}`,
			"inputs: \"PATH=x\" is not the name of a variable (a-z, 0-9, _)\n" +
				"inputs: vpc_id is null; leave it out to have its default\n" +
				"secret inputs: \"::add-mask\" is not the name of a variable (a-z, 0-9, _)\n" +
				"secret inputs: both is in both",
		},
		"no objects": {`SECRET`, `["SECRET"]`, "inputs: not a JSON object of values by variable name\nsecret inputs: not a JSON object of values by variable name"},
		"null":       {`null`, ``, "inputs: not a JSON object of values by variable name"},
		"more":       {`{} SECRET`, `{}{}`, "inputs: something follows the JSON object\nsecret inputs: something follows the JSON object"},
		"twice":      {`{"a": 1, "a": 2}`, `{"m": [{"KEY": "SECRET", "KEY": "SECRET"}]}`, "inputs: \"a\" is there twice in one object\nsecret inputs: \"KEY\" is there twice in one object"},
		"surrogates": {`{"a": "SECRET\ud800"}`, `{"a": "\udc00\ud800"}`, "inputs: has half of a surrogate pair, or a byte that is not UTF-8: no character\nsecret inputs: has half of a surrogate pair, or a byte that is not UTF-8: no character"},
		"bytes":      {"{\"a\": \"SECRET\xff\"}", ``, "inputs: has half of a surrogate pair, or a byte that is not UTF-8: no character"},
		"normal form": {
			`{"a": "SECRETe\u0301"}`, `{"m": {"e\u0301": "SECRET"}}`,
			"inputs: a has text that is not in Unicode's normal form C, to which Terraform would change it\n" +
				"secret inputs: m has text that is not in Unicode's normal form C, to which Terraform would change it",
		},
	} {
		if _, err := Read(c.plain, c.secret); err == nil || err.Error() != c.want {
			t.Errorf("%s: got\n%v\nwant\n%s", name, err, c.want)
		}
	}
}

// Whole pairs, and a backslash before a u, are no half pairs.
func TestWholeSurrogatePairs(t *testing.T) {
	for _, text := range []string{`\ud83d\ude00`, `\\ud800`, `\u0041\ud83d\ude00`, `\\\ud83d\ude00`, `\u0041\u0042`} {
		if halfSurrogate(text) {
			t.Errorf("%s", text)
		}
	}
	for _, text := range []string{`\ud83d`, `\ud83d\u0041`, `\ud83d\\ude00`, `\ude00`, `\u0041\ud800`} {
		if !halfSurrogate(text) {
			t.Errorf("%s", text)
		}
	}
}
