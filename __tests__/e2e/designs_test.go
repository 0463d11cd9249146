package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// scratch is a copy of the project whose design someone changes, as the pages tell.
type scratch struct {
	dir string
	// demo tells whether lines run in a terminal that works with the demo.
	demo bool
}

// edit changes a file, and what is changed has to be there.
func (s *scratch) edit(t *testing.T, name string, change func(string) string) {
	t.Helper()
	path := filepath.Join(s.dir, name)
	before := string(must[[]byte](t)(os.ReadFile(path)))
	after := change(before)
	if after == before {
		t.Fatalf("%s: nothing changed", name)
	}
	if err := os.WriteFile(path, []byte(after), 0o600); err != nil {
		t.Fatal(err)
	}
}

// try runs a line in the copy.
func (s *scratch) try(t *testing.T, line string) (string, error) {
	t.Helper()
	if s.demo {
		line = ". .demo/environment\n" + line
	}
	command := exec.CommandContext(t.Context(), "bash", "-e", "-c", line)
	command.Dir = s.dir
	command.Env = append(os.Environ(), "TERRAFORM_BINARY_NAME="+engines[0], "AWS_PROVIDER_VERSION="+providerVersion(), "INFRA_YES=true",
		"GOFLAGS="+goFlags+" -skip=^TestOptions$") // they know nothing of the live design
	output, err := command.CombinedOutput()
	return string(output), err
}

// run runs a line in the copy, which has to succeed.
func (s *scratch) run(t *testing.T, line string) string {
	t.Helper()
	output, err := s.try(t, line)
	if err != nil {
		t.Fatalf("%s: %v\n%s", line, err, output)
	}
	return output
}

// updated runs what the README says after a change of the design. What is generated is written by one
// command, and then nothing is red.
func (s *scratch) updated(t *testing.T) {
	t.Helper()
	s.run(t, "gofmt -w design && make update && git add -A")
	// The tests of the program and its fast start know nothing of the design. Neither do those of the command and of the other packages.
	s.run(t, "make docs && git diff --exit-code && go vet ./... && go test ./stacks ./policy ./__tests__")
	s.run(t, "make policy")
}

// broken runs a line while the demo has a broken image for a service: it has to fail, and to say why.
func (s *scratch) broken(t *testing.T, line, variable, service, why string) {
	t.Helper()
	values := filepath.Join(s.dir, ".demo", "prod.tfvars")
	if err := os.WriteFile(values, fmt.Appendf(nil, "%s = %q", variable, service+":broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	output, err := s.try(t, line)
	if err == nil {
		t.Errorf("%s of a broken image is green", line)
	}
	has(t, "a broken image", output, why)
	if err := os.Remove(values); err != nil {
		t.Fatal(err)
	}
}

// stopped stops the demo when the test ends.
func (s *scratch) stopped(t *testing.T) {
	t.Cleanup(func() {
		command := exec.Command(filepath.Join(s.dir, ".bin", "infra"), "demo", "down")
		command.Dir = s.dir
		_ = command.Run() // a test that went well has stopped it
	})
}

var (
	// newService is the entry that the README shows.
	newService = regexp.MustCompile("(?s)   ```go\n(.*?)   ```\n")
	// mgmt is the second entry of the live design.
	mgmt = regexp.MustCompile(`(?s)\t\{\n\t\tKey:  "mgmt",\n.*?\n\t\},\n`)
)

// serviceEntry is the entry of the README for another service.
func serviceEntry(t *testing.T, key, port, priority string) string {
	t.Helper()
	match := newService.FindStringSubmatch(string(must[[]byte](t)(os.ReadFile(filepath.Join("..", "..", "README.md")))))
	if match == nil {
		t.Fatal("the README shows no entry")
	}
	return strings.NewReplacer("report", key, "9000", port, "30", priority).Replace(match[1])
}

// cdktfInPath puts both CLIs on the PATH of a line: one is the project's, the other one that of these tests.
var cdktfInPath = func() string {
	here, err := filepath.Abs("node_modules")
	if err != nil {
		panic(err)
	}
	project := filepath.Join(filepath.Dir(here), "..", "..", "node_modules")
	return "PATH=" + filepath.Join(project, ".bin") + ":" + filepath.Join(here, ".bin") + ":$PATH "
}()

// Three more services, one more repository and one more environment: one entry each. A broken image of the third
// service and its repair, the evening, and the end of the demo.
func TestMoreServices(t *testing.T) {
	t.Parallel()
	s := &scratch{dir: clone(t)}
	s.edit(t, "design/services.go", func(text string) string {
		return mgmt.ReplaceAllStringFunc(text, func(entry string) string {
			return entry + serviceEntry(t, "report", "9000", "30") + serviceEntry(t, "search", "9000", "40") + serviceEntry(t, "mail", "9100", "50")
		})
	})
	s.edit(t, "design/repositories.go", func(text string) string { return strings.Replace(text, "{", `{"order-bot-report-svc", `, 1) })
	s.edit(t, "design/environments.go", func(text string) string {
		return strings.Replace(text, "\n}", "\n\t{Name: \"staging\", Services: Services},\n}", 1)
	})
	s.updated(t)
	s.run(t, `test -z "$(gofmt -l design)"`)
	if text := s.run(t, "git diff --cached --stat"); !strings.Contains(text, "staging_1.snap.json") || !strings.Contains(text, "examples/staging.tfvars") {
		t.Errorf("what changed:\n%s", text)
	}

	s.stopped(t)
	has(t, "the demo", s.run(t, "make demo"), "Deploying global …", "Deploying prod …", "Deploying staging …", "aws_ecs_service.ecs_mail_service: created after ", ". .demo/environment")
	s.demo = true
	// Both CLIs work in that terminal as they are typed, on what the command has deployed: one here, the other one below.
	has(t, "cdktn diff", s.run(t, cdktfInPath+"cdktn diff prod"), "No changes.")
	has(t, "status", s.run(t, "./infra status staging"), "order-bot-mail-svc\n", "order-bot-search-svc\n", "staging is as it should be.")
	s.broken(t, "./infra deploy prod", "report_image", "order-bot-report-svc", "order-bot-report-svc does not run what was deployed")
	has(t, "its repair", s.run(t, cdktfInPath+"cdktf deploy prod --auto-approve"), "Apply complete!")
	has(t, "a plan of what cdktf has deployed", s.run(t, "./infra plan prod"), "No changes.")
	has(t, "prod after it", s.run(t, "./infra status prod"), "prod is as it should be.")
	has(t, "the evening", s.run(t, "./infra demo at 18:00"), "order-bot-mail-svc-scale-down")
	night := s.run(t, "./infra status prod --wait")
	has(t, "a night", night, "prod is as it should be.")
	// The local AWS knows that it is evening, the command only what time it is here.
	if asleep := regexp.MustCompile(`(?m)^  tasks +(0 of 0 run|asleep until .*)$`).FindAllString(night, -1); len(asleep) != 5 {
		t.Errorf("asleep are %d services:\n%s", len(asleep), night)
	}
	s.demo = false

	// Whatever the code looks like by then.
	s.edit(t, "cmd/infra/main.go", func(text string) string { return "not Go\n" + text })
	has(t, "the end", s.run(t, "make demo-down"), "The local AWS is stopped")
}

// One service, and then a second one in the demo that runs, whose image is broken at first, and which goes again.
func TestFewerServices(t *testing.T) {
	t.Parallel()
	s := &scratch{dir: clone(t)}
	removed := ""
	s.edit(t, "design/services.go", func(text string) string {
		removed = mgmt.FindString(text)
		return mgmt.ReplaceAllString(text, "")
	})
	s.updated(t)

	s.stopped(t)
	if output := s.run(t, "make demo"); strings.Contains(output, "mgmt_service") {
		t.Errorf("the service that was removed is deployed:\n%s", output)
	}
	s.edit(t, "design/services.go", func(text string) string { return strings.Replace(text, "\t{\n", removed+"\t{\n", 1) })
	s.broken(t, "make demo", "order_bot_mgmt_image", "order-bot-mgmt-svc", "order-bot-mgmt-svc does not run what was deployed: CannotPullContainerError")
	has(t, "the demo that runs", s.run(t, "make demo"), "aws_ecs_service.ecs_mgmt_service: created after ")
	s.demo = true
	has(t, "status", s.run(t, "./infra status prod"), "order-bot-mgmt-svc\n", "prod is as it should be.")

	// In that terminal, too, what is generated is made from the project itself.
	s.run(t, "make update && grep -q order_bot_mgmt_image docs/using/inputs.md && grep -q mgmt_service __tests__/testdata/addresses.txt")

	// Removed again, with the permission that the guard prints.
	s.edit(t, "design/services.go", func(text string) string { return strings.Replace(text, removed, "", 1) })
	output, err := s.try(t, "./infra plan prod")
	match := regexp.MustCompile(`(?m)^  (--allow aws_.+)$`).FindStringSubmatch(output)
	if err == nil || match == nil {
		t.Fatalf("the plan without the service: %v\n%s", err, output)
	}
	has(t, "the removal", s.run(t, "./infra deploy prod "+match[1]), "aws_ecs_service.ecs_mgmt_service: destroyed after ", "prod is as it should be.")
}
