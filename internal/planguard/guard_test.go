package planguard_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/order-bot/infra/internal/planguard"
)

// A plan with one of everything, by hand; the password must never show.
const plan = `{"format_version":"1.2","terraform_version":"1.11.4","planned_values":{"root_module":{}},"resource_changes":[
 {"address":"aws_lb.alb","mode":"managed","type":"aws_lb","name":"alb","change":{"actions":["no-op"],"before":{"name":"a"},"after":{"name":"a"}}},
 {"address":"aws_lb.moved","previous_address":"module.alb.aws_lb.this","mode":"managed","type":"aws_lb","name":"moved","change":{"actions":["no-op"],"before":{},"after":{}}},
 {"address":"aws_ecr_repository.a-b","mode":"managed","type":"aws_ecr_repository","name":"a-b","change":{"actions":["create"],"before":null,"after":{}}},
 {"address":"aws_ecs_service.svc","previous_address":"module.ecs.aws_ecs_service.svc","mode":"managed","type":"aws_ecs_service","name":"svc","change":{"actions":["update"],
   "before":{"name":"x","password":"hunter2","load_balancer":[{"port":1}],"tag":"1"},"after":{"name":"x","password":"hunter3","tag":"1"},"after_unknown":{"load_balancer":[{"port":true}],"name":false},
   "before_sensitive":{"password":true},"after_sensitive":{"password":true}}},
 {"address":"aws_ecs_task_definition.svc","mode":"managed","type":"aws_ecs_task_definition","name":"svc","change":{"actions":["delete","create"],"before":{},"after":{},"replace_paths":[["container_definitions"]]}},
 {"address":"aws_ecs_task_definition.mark","mode":"managed","type":"aws_ecs_task_definition","name":"mark","change":{"actions":["update"],"before":{"a":1},"after":{"a":1},"before_sensitive":{},"after_sensitive":{"a":true}}},
 {"address":"data.aws_region.here","mode":"data","type":"aws_region","name":"here","change":{"actions":["read"],"before":null,"after":{}}}
 EXTRA
]}`

const destructive = `,
 {"address":"aws_s3_bucket.frontend","mode":"managed","type":"aws_s3_bucket","name":"frontend","change":{"actions":["delete"],"before":{},"after":null}},
 {"address":"aws_ecs_task_definition.old","mode":"managed","type":"aws_ecs_task_definition","name":"old","change":{"actions":["delete"],"before":{},"after":null}},
 {"address":"aws_lb_target_group.tg","mode":"managed","type":"aws_lb_target_group","name":"tg","change":{"actions":["create","delete"],"before":{},"after":{},"replace_paths":[["name"],["health_check",0,"path"]]}},
 {"address":"aws_lb.gone","mode":"managed","type":"aws_lb","name":"gone","deposed":"1a2b","change":{"actions":["delete"],"before":{},"after":null}}`

// guard reads the plan from a file or, if that is empty, from stdin.
func guard(file, stdin string, allowed ...string) (status int, stdout, stderr string) {
	var out, err bytes.Buffer
	status = planguard.Guard(file, allowed, strings.NewReader(stdin), &out, &err)
	return status, out.String(), err.String()
}

func TestNothingDestroyed(t *testing.T) {
	status, out, errOut := guard("", strings.Replace(plan, "EXTRA", "", 1))
	want := `replace  aws_ecs_task_definition.svc   because of container_definitions; a new revision; the old one stays
change   aws_ecs_service.svc           load_balancer, password; from module.ecs.aws_ecs_service.svc
change   aws_ecs_task_definition.mark  (sensitivity only)
create   aws_ecr_repository.a-b        
move     aws_lb.moved                  from module.alb.aws_lb.this

1 to replace, 2 to change, 1 to create, 1 to move.
`
	if status != 0 || out != want || errOut != "" {
		t.Errorf("status %d, stderr %q, stdout:\n%s\nwant:\n%s", status, errOut, out, want)
	}
}

func TestDestroyed(t *testing.T) {
	text := strings.Replace(plan, "EXTRA", destructive, 1)
	status, out, errOut := guard("", text)
	for _, want := range []string{
		"destroy  aws_ecs_task_definition.old ", "destroy  aws_lb.gone (deposed 1a2b) ", "destroy  aws_s3_bucket.frontend ",
		"replace  aws_lb_target_group.tg        because of name, health_check[0].path\n",
		"3 to destroy, 2 to replace, 2 to change, 1 to create, 1 to move.",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	wantErr := `
guard: refused, because something would be lost:
  aws_ecs_task_definition.old
    would be destroyed
  aws_lb.gone (deposed 1a2b)
    would be destroyed
  aws_lb_target_group.tg
    would be replaced: another network, name or prefix needs a stack of its own beside this one, or a destroy and a new deploy (docs/changing.md)
  aws_s3_bucket.frontend
    would be destroyed: AWS deletes no bucket that holds files; for another name, create the new bucket beside the old one, copy the files, and switch (docs/changing.md)
If that is what you want, add this to make plan and make deploy:
  ALLOW="aws_ecs_task_definition.old aws_lb.gone aws_lb_target_group.tg aws_s3_bucket.frontend"
Without make, it is --allow ADDRESS for each.
`
	if status != 2 || errOut != wantErr {
		t.Errorf("status %d, stderr:\n%s", status, errOut)
	}
	if strings.Contains(out+errOut, "hunter") {
		t.Error("a sensitive value is shown")
	}

	status, _, errOut = guard("", text, "aws_s3_bucket.frontend", "aws_lb_target_group.tg", "aws_lb.gone")
	if status != 2 || !strings.Contains(errOut, "  aws_ecs_task_definition.old\n") || strings.Contains(errOut, "frontend") {
		t.Errorf("status %d, stderr:\n%s", status, errOut)
	}
	status, _, errOut = guard("", text, "aws_s3_bucket.frontend", "aws_lb_target_group.tg", "aws_lb.gone (deposed 1a2b)", "aws_ecs_task_definition.old")
	if status != 0 || errOut != "" {
		t.Errorf("status %d, stderr:\n%s", status, errOut)
	}
}

func TestAllowOfSomethingElse(t *testing.T) {
	status, _, errOut := guard("", strings.Replace(plan, "EXTRA", "", 1), "aws_s3_bucket.frontnd")
	if want := "guard: --allow aws_s3_bucket.frontnd has no effect: the guard refuses nothing there, or only what AWS would refuse, too\n"; status != 0 || errOut != want {
		t.Errorf("status %d, stderr %q", status, errOut)
	}
}

// What the guard does not know it does not let pass.
func TestUnknownAction(t *testing.T) {
	for _, actions := range []string{`["create","forget"]`, `["obliterate"]`, `["forget"]`} {
		status, out, errOut := guard("", `{"format_version":"1.2","planned_values":{},"resource_changes":[
			{"address":"aws_s3_bucket.b","mode":"managed","type":"aws_s3_bucket","name":"b","change":{"actions":`+actions+`,"before":{},"after":{}}}]}`)
		if status != 2 || !strings.Contains(errOut, "  aws_s3_bucket.b\n") || !strings.Contains(out, "aws_s3_bucket.b") {
			t.Errorf("%s: status %d, stdout %q, stderr %q", actions, status, out, errOut)
		}
	}
}

func TestNoChanges(t *testing.T) {
	status, out, _ := guard("", `{"format_version":"1.2","planned_values":{"root_module":{}}}`)
	if status != 0 || out != "No changes.\n" {
		t.Errorf("status %d, stdout %q", status, out)
	}
}

func TestFileAndWarningsBeforeTheJSON(t *testing.T) {
	file := filepath.Join(t.TempDir(), "plan.json")
	text := "There are some problems with the CLI configuration:\n│ Warning: {}\n\n" + strings.Replace(plan, "EXTRA", destructive, 1)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if status, _, errOut := guard(file, ""); status != 2 {
		t.Errorf("status %d, stderr %q", status, errOut)
	}
}

func TestUnreadable(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing")
	for name, c := range map[string]struct{ file, stdin, want string }{
		"empty":           {"", "", "guard: unreadable plan: unexpected end of JSON input\n"},
		"cut off":         {"", `{"format_version":"1.2","resource_ch`, "guard: unreadable plan: unexpected end of JSON input\n"},
		"no plan":         {"", `{"format_version":"1.0","values":{}}`, "guard: unreadable plan: this is the JSON of something else; make it with `show -json PLANFILE`\n"},
		"other version":   {"-", `{"format_version":"9.0"}`, "guard: unreadable plan: unsupported plan format version"},
		"failed half-way": {"-", `{"format_version":"1.2","planned_values":{},"errored":true}`, "guard: unreadable plan: planning failed half-way"},
		"no file":         {missing, "", "guard: unreadable plan: open " + missing + ": no such file or directory\n"},
	} {
		status, out, errOut := guard(c.file, c.stdin)
		if status != 1 || out != "" || !strings.HasPrefix(errOut, c.want) {
			t.Errorf("%s: status %d, stdout %q, stderr %q", name, status, out, errOut)
		}
	}
}

func TestIsAddress(t *testing.T) {
	for text, want := range map[string]bool{
		"aws_lb.alb_load_balancer":                true,
		`module.ecs.aws_ecs_service.svc["a b"]`:   true,
		`module.a["x.y"].module.b[0].aws_lb.this`: true,
		"aws_lb.gone (deposed 1a2b)":              true,
		"data.aws_region.here":                    true,
		"aws_lb":                                  false,
		"prod":                                    false,
		"":                                        false,
		"$(touch x)":                              false,
		"aws_lb.a aws_lb.b":                       false,
		"aws_s3_bucket.frontend; rm -rf /":        false,
		"--expect":                                false,
		"aws_lb.a,aws_lb.b":                       false,
		"module.ecs":                              false,
	} {
		if got := planguard.IsAddress(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// A deploy that was killed between a new alias and the end of the old one: nobody misses the old one. But it has to stay if
// nothing else stays at its address, or if it is the name that is wanted again.
func TestDeposedAlias(t *testing.T) {
	record := func(name, deposed, actions, before, after string) string {
		value := func(host string) string {
			if host == "" {
				return "null"
			}
			return `{"name":"` + host + `","type":"A","zone_id":"Z"}`
		}
		return `{"address":"aws_route53_record.` + name + `","mode":"managed","type":"aws_route53_record","name":"` + name + `","deposed":"` + deposed +
			`","change":{"actions":[` + actions + `],"before":` + value(before) + `,"after":` + value(after) + `}}`
	}
	const nothing, remove, update, replace = `"no-op"`, `"delete"`, `"update"`, `"create","delete"`
	old := record("a", "1a2b", remove, "old", "")
	for _, c := range []struct{ current, says string }{
		{record("a", "", nothing, "new", "new"), ""},
		{record("a", "", replace, "new", "newer"), ""},
		{record("b", "", nothing, "new", "new"), "would be destroyed"},
		{record("a", "", remove, "new", ""), "would be destroyed"},
		{record("a", "", replace, "new", "old"), "first deploy the name that it has now"},
		{record("a", "", nothing, "old", "old"), "has the same record and needs it: take aws_route53_record.a out of the state"},
		{record("b", "", update, "old", "old"), "aws_route53_record.b has the same record and needs it: take aws_route53_record.a out of the state"},
	} {
		status, _, errOut := guard("", `{"format_version":"1.2","planned_values":{},"resource_changes":[`+old+`,`+c.current+`]}`)
		if want := map[bool]int{true: planguard.Passed, false: planguard.Refused}[c.says == ""]; status != want || !strings.Contains(errOut, c.says) {
			t.Errorf("%s: status %d: %s", c.current, status, errOut)
		}
	}
}
