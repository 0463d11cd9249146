package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
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

func guard(t *testing.T, stdin string, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	status = run(args, strings.NewReader(stdin), &out, &err)
	return status, out.String(), err.String()
}

func TestNothingDestroyed(t *testing.T) {
	status, out, errOut := guard(t, strings.Replace(plan, "EXTRA", "", 1))
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
	status, out, errOut := guard(t, text)
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
planguard: refused, because something would be lost:
  aws_ecs_task_definition.old
    would be destroyed
  aws_lb.gone (deposed 1a2b)
    would be destroyed
  aws_lb_target_group.tg
    would be replaced
  aws_s3_bucket.frontend
    would be destroyed: AWS deletes no bucket that holds files; for another name, create the new bucket beside the old one, copy the files, and switch (docs/changing.md)
If that is what you want, say so with --allow ADDRESS for each.
`
	if status != 2 || errOut != wantErr {
		t.Errorf("status %d, stderr:\n%s", status, errOut)
	}
	if strings.Contains(out+errOut, "hunter") {
		t.Error("a sensitive value is shown")
	}

	status, _, errOut = guard(t, text, "--allow", "aws_s3_bucket.frontend", "--allow", "aws_lb_target_group.tg", "--allow=aws_lb.gone")
	if status != 2 || !strings.Contains(errOut, "  aws_ecs_task_definition.old\n") || strings.Contains(errOut, "frontend") {
		t.Errorf("status %d, stderr:\n%s", status, errOut)
	}
	status, _, errOut = guard(t, text, "--allow", "aws_s3_bucket.frontend", "--allow", "aws_lb_target_group.tg", "--allow", "aws_lb.gone (deposed 1a2b)", "--allow", "aws_ecs_task_definition.old")
	if status != 0 || errOut != "" {
		t.Errorf("status %d, stderr:\n%s", status, errOut)
	}
}

func TestAllowOfSomethingElse(t *testing.T) {
	status, _, errOut := guard(t, strings.Replace(plan, "EXTRA", "", 1), "--allow", "aws_s3_bucket.frontnd")
	if want := "planguard: --allow aws_s3_bucket.frontnd: the plan does nothing there that could be allowed\n"; status != 0 || errOut != want {
		t.Errorf("status %d, stderr %q", status, errOut)
	}
}

// What the guard does not know it does not let pass.
func TestUnknownAction(t *testing.T) {
	for _, actions := range []string{`["create","forget"]`, `["obliterate"]`, `["forget"]`} {
		status, out, errOut := guard(t, `{"format_version":"1.2","planned_values":{},"resource_changes":[
			{"address":"aws_s3_bucket.b","mode":"managed","type":"aws_s3_bucket","name":"b","change":{"actions":`+actions+`,"before":{},"after":{}}}]}`)
		if status != 2 || !strings.Contains(errOut, "  aws_s3_bucket.b\n") || !strings.Contains(out, "aws_s3_bucket.b") {
			t.Errorf("%s: status %d, stdout %q, stderr %q", actions, status, out, errOut)
		}
	}
}

func TestNoChanges(t *testing.T) {
	status, out, _ := guard(t, `{"format_version":"1.2","planned_values":{"root_module":{}}}`)
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
	if status, _, errOut := guard(t, "", file); status != 2 {
		t.Errorf("status %d, stderr %q", status, errOut)
	}
}

func TestUnreadable(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing")
	for name, c := range map[string]struct {
		stdin string
		args  []string
		want  string
	}{
		"empty":           {"", nil, "planguard: unreadable plan: unexpected end of JSON input\n"},
		"cut off":         {`{"format_version":"1.2","resource_ch`, nil, "planguard: unreadable plan: unexpected end of JSON input\n"},
		"no plan":         {`{"format_version":"1.0","values":{}}`, nil, "planguard: unreadable plan: this is the JSON of something else; make it with `show -json PLANFILE`\n"},
		"other version":   {`{"format_version":"9.0"}`, nil, "planguard: unreadable plan: unsupported plan format version"},
		"failed half-way": {`{"format_version":"1.2","planned_values":{},"errored":true}`, nil, "planguard: unreadable plan: planning failed half-way"},
		"no file":         {"", []string{missing}, "planguard: unreadable plan: open " + missing + ": no such file or directory\n"},
		"two files":       {"", []string{"a", "b"}, `planguard: one FILE at most, not ["a" "b"]`},
		"unknown flag":    {"", []string{"--alow", "x"}, "flag provided but not defined: -alow"},
	} {
		status, out, errOut := guard(t, c.stdin, c.args...)
		if status != 1 || out != "" || !strings.HasPrefix(errOut, c.want) {
			t.Errorf("%s: status %d, stdout %q, stderr %q", name, status, out, errOut)
		}
	}
}
