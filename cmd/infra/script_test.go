package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// Each script in testdata/script is what someone types in a project with two stacks, and what the command then says. Beside the commands of
// testscript there are:
//
//	infra VERB …                        runs the command, which has to end with 0
//	exits STATUS infra VERB …           runs it, and it has to end with that exit status
//	typing QUESTION ANSWER … -- infra … runs it at a terminal, and types each answer when its question is there
//	aws FILE                            has AWS answer as that file says, from its beginning
//
// COMMANDS is the folder that has these commands, and no engine. What a script has no file for is in testdata/project. UPDATE_SCRIPTS=1 writes what the
// command says into the files that cmp compares.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                "testdata/script",
		UpdateScripts:      os.Getenv("UPDATE_SCRIPTS") != "",
		RequireUniqueNames: true,
		Setup:              setUp,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits,
			"aws": func(ts *testscript.TestScript, _ bool, args []string) {
				ts.Value(fakeAWSKey{}).(*fakeAWS).load(ts.ReadFile(args[0]))
			},
		},
	})
}

// exits runs a command, and wants its exit status.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	status, ended := 0, (*exec.ExitError)(nil)
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &ended) {
		status = ended.ExitCode()
	} else {
		ts.Check(err)
	}
	if status != want {
		ts.Fatalf("the exit status is %d", status)
	}
}

// setUp gives a script its project, and an AWS.
func setUp(env *testscript.Env) error {
	programs, err := makeProject(env.WorkDir)
	if err != nil {
		return err
	}
	command, err := exec.LookPath("infra")
	if err != nil {
		return err
	}
	env.Setenv("COMMANDS", filepath.Dir(command))
	env.Setenv("PATH", programs+string(os.PathListSeparator)+env.Getenv("PATH"))
	env.Vars = append(append(env.Vars, noAWS...), "TZ=UTC", "TERRAFORM_BINARY_NAME=tofu")
	aws := startAWS(env)
	env.Setenv("AWS_ENDPOINT_URL", aws.url)
	env.Values[fakeAWSKey{}] = aws
	if text, err := os.ReadFile(filepath.Join(env.WorkDir, "aws")); err == nil {
		aws.load(string(text))
	}
	return nil
}

// makeProject makes a project of what a directory has already, with a design and an engine, and returns the folder of those programs.
func makeProject(dir string) (programs string, err error) {
	programs = filepath.Join(dir, ".programs")
	err = errors.Join(copyTo(dir, filepath.Join("testdata", "project")), os.Mkdir(programs, 0o700))
	for _, name := range []string{"go", "tofu"} {
		err = errors.Join(err, os.Symlink(fakes, filepath.Join(programs, name)))
	}
	return programs, err
}

// copyTo copies the files of a directory that are not there yet.
func copyTo(to, from string) error {
	return filepath.WalkDir(from, func(path string, entry os.DirEntry, err error) error {
		name, problem := filepath.Rel(from, path)
		if err := errors.Join(err, problem); err != nil {
			return err
		}
		at := filepath.Join(to, name)
		if entry.IsDir() {
			return os.MkdirAll(at, 0o755)
		}
		if _, err := os.Stat(at); err == nil {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(at, text, 0o600)
	})
}
