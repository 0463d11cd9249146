package tfvars

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// A file gets what it lacks, and other values in the place of its own ones. All else stays to the byte, comments included.
func TestFill(t *testing.T) {
	values := map[string]json.RawMessage{"vpc_id": json.RawMessage(`"vpc-2"`), "subnet_ids": json.RawMessage(`["subnet-3", "subnet-4"]`), "zone": json.RawMessage(`"Z"`)}
	const example = "# The VPC.\nvpc_id = \"vpc-1\"\n\nsubnet_ids = [\"subnet-1\"]\n"
	for _, c := range []struct {
		what, file, json string
		none, empty      bool
		want             string
		changes          []string
		wrong            string
	}{
		{
			what: "no file begins with the example", none: true,
			want:    "# The VPC.\nvpc_id = \"vpc-2\"\n\nsubnet_ids = [\"subnet-3\", \"subnet-4\"]\nzone = \"Z\"\n",
			changes: []string{`~ subnet_ids = ["subnet-1"] → ["subnet-3", "subnet-4"] (example)`, `~ vpc_id = "vpc-1" → "vpc-2" (example)`, `+ zone = "Z"`},
		},
		{what: "no file, and no example", none: true, empty: true, want: "subnet_ids = [\"subnet-3\", \"subnet-4\"]\nvpc_id = \"vpc-2\"\nzone = \"Z\"\n", changes: []string{`+ subnet_ids = ["subnet-3", "subnet-4"]`, `+ vpc_id = "vpc-2"`, `+ zone = "Z"`}},
		{
			what:    "a file with comments, odd spaces and other values",
			file:    "  # mine\nimage   =  \"a:v1\" # not yet\n/* and */ vpc_id=\"vpc-9\" # ours\nsubnet_ids = [ # two\n  \"subnet-3\",\n  \"subnet-4\",\n]\nenvironment = {\n  A = \"b${1}\" // secret\n}",
			want:    "  # mine\nimage   =  \"a:v1\" # not yet\n/* and */ vpc_id=\"vpc-2\" # ours\nsubnet_ids = [ # two\n  \"subnet-3\",\n  \"subnet-4\",\n]\nenvironment = {\n  A = \"b${1}\" // secret\n}\nzone = \"Z\"\n",
			changes: []string{`~ vpc_id = "vpc-9" → "vpc-2"`, `+ zone = "Z"`},
		},
		{what: "an empty file", want: "subnet_ids = [\"subnet-3\", \"subnet-4\"]\nvpc_id = \"vpc-2\"\nzone = \"Z\"\n", changes: []string{`+ subnet_ids = ["subnet-3", "subnet-4"]`, `+ vpc_id = "vpc-2"`, `+ zone = "Z"`}},
		{what: "nothing to do", file: "zone = \"Z\"\nvpc_id = \"vpc-2\"\nsubnet_ids=[\"subnet-3\",\"subnet-4\"]", want: "zone = \"Z\"\nvpc_id = \"vpc-2\"\nsubnet_ids=[\"subnet-3\",\"subnet-4\"]"},
		{
			what: "values that hold in the JSON file", file: "zone = \"Z\"\n", json: `{"vpc_id": "vpc-2", "subnet_ids": ["subnet-3", "subnet-4"]}`, want: "zone = \"Z\"\n",
		},
		{
			what: "another value in the JSON file", file: "zone = \"Z\"\nvpc_id = \"vpc-2\"\n", json: `{"subnet_ids": ["subnet-3"]}`,
			wrong: `prod.tfvars.json: subnet_ids: its value is ["subnet-3"], and holds whatever prod.tfvars has: make it ["subnet-3","subnet-4"] there, or take it out`,
		},
		{what: "no HCL", file: "vpc_id = \"hunter2\nzone", wrong: "prod.tfvars: line 1: Invalid multi-line string"},
	} {
		dir := t.TempDir()
		if !c.none {
			write(t, dir, "prod.tfvars", c.file)
		}
		if c.json != "" {
			write(t, dir, "prod.tfvars.json", c.json)
		}
		write(t, dir, "example.tfvars", example)
		text, changes, err := Fill(dir, "prod", values, filepath.Join(dir, "example.tfvars"), c.empty)
		if c.wrong != "" {
			if err == nil || err.Error() != c.wrong {
				t.Errorf("%s: %v", c.what, err)
			}
			continue
		}
		if err != nil || string(text) != c.want {
			t.Errorf("%s: %v\ngot:\n%s\nwant:\n%s", c.what, err, text, c.want)
		}
		var said []string
		for _, change := range changes {
			line := change.String()
			if change.Example {
				line += " (example)"
			}
			said = append(said, line)
		}
		if got, want := len(said), len(c.changes); got != want {
			t.Errorf("%s: %q", c.what, said)
			continue
		}
		for i := range said {
			if said[i] != c.changes[i] {
				t.Errorf("%s: %s, not %s", c.what, said[i], c.changes[i])
			}
		}
		if is, err := os.ReadFile(filepath.Join(dir, "prod.tfvars")); err == nil && string(is) != c.file {
			t.Errorf("%s: the file was written", c.what)
		}
	}
}
