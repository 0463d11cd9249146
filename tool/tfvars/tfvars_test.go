package tfvars

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/order-bot/infra/internal/check"
)

var declared = map[string][]string{
	"global": {"aws_region", "frontend_domain"},
	"prod":   {"aws_region", "alb_ingress_cidrs", "order_bot_environment"},
}

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCheck(t *testing.T) {
	for name, c := range map[string]struct {
		file, text  string
		environment []string
		want        []string
	}{
		"all is declared": {"prod.tfvars", "aws_region = \"eu-west-1\"\nalb_ingress_cidrs = [\"10.0.0.0/8\"] # ours\n", []string{"TF_VAR_frontend_domain=app.example.com", "HOME=/root"}, nil},
		"in HCL": {"prod.tfvars", "alb_ingress_cidr = [\"10.0.0.0/8\"]\nnothing_like_it = 1\n", nil, []string{
			"prod.tfvars: alb_ingress_cidr: prod has no such variable; is alb_ingress_cidrs meant?",
			"prod.tfvars: nothing_like_it: prod has no such variable",
		}},
		"in JSON":       {"prod.tfvars.json", `{"alb_ingress_cidr": [], "aws_region": ""}`, nil, []string{"prod.tfvars.json: alb_ingress_cidr: prod has no such variable; is alb_ingress_cidrs meant?"}},
		"another stack": {"prod.tfvars", `frontend_domain = ""`, nil, []string{"prod.tfvars: frontend_domain: prod has no such variable; global has one"}},
		"environment": {"prod.tfvars", "", []string{"TF_VAR_orderbot_environment={\"PASSWORD\":\"hunter2\"}", "TF_VAR_AWS_REGION=x"}, []string{
			"environment: TF_VAR_AWS_REGION: no stack has such a variable; is aws_region meant?",
			"environment: TF_VAR_orderbot_environment: no stack has such a variable; is order_bot_environment meant?",
		}},
		"no HCL":     {"prod.tfvars", "aws_region = \"hunter2\nvpc", nil, []string{"prod.tfvars: line 1: Invalid multi-line string; a text needs double quotes"}},
		"twice":      {"prod.tfvars", "aws_region = \"a\"\naws_region = \"b\"\n", nil, []string{"prod.tfvars: line 2: Attribute redefined"}},
		"a function": {"prod.tfvars", "aws_region = file(\"x\")\n", nil, []string{"prod.tfvars: line 1: Function calls not allowed in the value of aws_region; a value stands for itself"}},
		"UTF-16":     {"prod.tfvars", "\xff\xfea\x00w\x00s\x00", nil, []string{"prod.tfvars: line 1: Invalid character encoding; save the file as UTF-8"}},
		"no quotes":  {"prod.tfvars", "aws_region = hunter2\naws_regio = 1\n", nil, []string{"prod.tfvars: line 1: Variables not allowed in the value of aws_region; a text needs double quotes", "prod.tfvars: aws_regio: prod has no such variable; is aws_region meant?"}},
		"a block":    {"prod.tfvars", "aws_region {\n password = 1\n}\n", nil, []string{"prod.tfvars: line 1: Unexpected \"aws_region\" block"}},
		"no JSON":    {"prod.tfvars.json", `["hunter2"]`, nil, []string{"prod.tfvars.json: is not a JSON object of values by variable name"}},
		"one of all": {"prod.tfvars", "alb_ingres_cidrs = 1\n", []string{"TF_VAR_x=1"}, []string{"prod.tfvars: alb_ingres_cidrs: prod has no such variable; is alb_ingress_cidrs meant?", "environment: TF_VAR_x: no stack has such a variable"}},
	} {
		err := Check("prod", []string{write(t, t.TempDir(), c.file, c.text)}, c.environment, declared)
		if got := check.Lines(err); !slices.Equal(got, c.want) {
			t.Errorf("%s:\n%s\nwant:\n%s", name, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
		}
	}
}

func TestFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "Größe [1] of it")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"prod.tfvars", "prod.tfvars.json", "global.tfvars", "terraform.tfvars.json", "b.auto.tfvars", "cdk.tf.json"} {
		write(t, dir, name, "")
	}
	base := func(paths []string) string {
		var names []string
		for _, path := range paths {
			names = append(names, filepath.Base(path))
		}
		return strings.Join(names, " ")
	}
	if got := base(Files(dir, "prod")); got != "prod.tfvars prod.tfvars.json" {
		t.Error(got)
	}
}

func TestRead(t *testing.T) {
	dir := t.TempDir()
	values, err := Read([]string{
		write(t, dir, "prod.tfvars", "aws_region = \"eu-west-1\"\nzone = \"Z1\"\nlist = [\"a\"]\n"),
		write(t, dir, "prod.tfvars.json", `{"zone": "Z2 ${x}", "other": 1}`),
	})
	if err != nil || len(values) != 4 || values["aws_region"].AsString() != "eu-west-1" || values["zone"].AsString() != "Z2 ${x}" {
		t.Errorf("%v, %v", values, err)
	}
	if _, err := Read([]string{write(t, dir, "broken.tfvars", "aws_region = ")}); err == nil {
		t.Error("a broken file is no error")
	}
}

func TestGiven(t *testing.T) {
	dir := t.TempDir()
	files := []string{write(t, dir, "prod.tfvars", "a = 1\nb = 2\n"), write(t, dir, "prod.tfvars.json", `{"b": 1}`)}
	given, err := Given(files, []string{"TF_VAR_a=1", "TF_VAR_c=", "HOME=/root"})
	if err != nil || len(given) != 3 || given["a"] != "prod.tfvars" || given["b"] != "prod.tfvars.json" || given["c"] != "TF_VAR_c" {
		t.Errorf("%v, %v", given, err)
	}
}

func TestValues(t *testing.T) {
	dir := t.TempDir()
	values, err := Values(write(t, dir, "prod.tfvars", "list = [\"a\"]\nmap = { PORT = \"80\" }\nnumber = 1\n"))
	if err != nil || len(values) != 3 || string(values["list"]) != `["a"]` || string(values["map"]) != `{"PORT":"80"}` || string(values["number"]) != "1" {
		t.Errorf("%s, %v", values, err)
	}
	if values, err := Values(filepath.Join(dir, "none.tfvars")); len(values) != 0 || err != nil {
		t.Errorf("a file that is not there: %s, %v", values, err)
	}
}
