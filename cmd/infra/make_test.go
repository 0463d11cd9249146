package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Code that does not compile keeps nobody from what helps: the command that was built last does it. What changes something needs the new one.
func TestMakeWithoutABuild(t *testing.T) {
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	dir, tools := t.TempDir(), t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, ".bin"), 0o700); err != nil {
		t.Fatal(err)
	}
	for path, text := range map[string]string{
		filepath.Join(dir, "Makefile"):      string(makefile),
		filepath.Join(tools, "go"):          "#!/bin/sh\necho './main.go:1: it does not compile' >&2\nexit 1\n",
		filepath.Join(dir, ".bin", "infra"): "#!/bin/sh\necho \"older: $*\"\n",
	} {
		if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for target, helps := range map[string]bool{"status": true, "logs": true, "unlock": true, "recover": true, "demo-down": true, "plan": false, "deploy": false} {
		command := exec.Command("make", target, "STACK=prod", "SERVICE=svc")
		command.Dir = dir
		command.Env = append(os.Environ(), "PATH="+tools+":"+os.Getenv("PATH"))
		output, err := command.CombinedOutput()
		if done := err == nil && strings.Contains(string(output), "older: "); done != helps || helps != strings.Contains(string(output), "The command cannot be built: this is the one that was built last.") {
			t.Errorf("make %s: %v\n%s", target, err, output)
		}
	}
}

// A design that does not compile keeps nobody from recovering what was deployed.
func TestRecoverWithoutASynth(t *testing.T) {
	p := newProject(t, "")
	if err := os.WriteFile(filepath.Join(p.fake, "go"), []byte("#!/bin/sh\necho 'design/services.go:1: it does not compile' >&2\nexit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	output, _ := p.command("recover", "global", "--yes").CombinedOutput()
	commands, _ := os.ReadFile(filepath.Join(p.fake, "commands"))
	if !strings.Contains(string(output), "infra: design/services.go:1: it does not compile\ninfra: the design cannot be synthesized as it is. This goes on with what was synthesized last: global\n") ||
		!strings.Contains(string(commands), "\nplan ") {
		t.Errorf("%s\nthe engine did:\n%s", output, commands)
	}
}
