// Package asprogram lets a test program be the program that it tests, for tests of a whole process that synthesizes.
package asprogram

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Variable says in the environment of a test program which program it is, for its TestMain.
const Variable = "TEST_IS_THE_PROGRAM"

// Command is this test program in a directory, as the program of that name.
func Command(dir, which string, environment ...string) *exec.Cmd {
	command := exec.Command(os.Args[0])
	command.Dir = dir
	command.Env = append(append(os.Environ(), Variable+"="+which, "NODE_OPTIONS=", "CDKTF_OUTDIR="), environment...)
	return command
}

// StackFile is where a program in a directory writes a stack.
func StackFile(dir, name string) string {
	return filepath.Join(dir, "cdktf.out", "stacks", name, "cdk.tf.json")
}

// Run runs a Command and returns what it printed and its exit status. It fails the test if a temporary file or folder is left behind.
func Run(t *testing.T, dir, which string, environment ...string) (output string, status int) {
	t.Helper()
	temp := t.TempDir()
	command := Command(dir, which, append(environment, "TMPDIR="+temp)...)
	out, err := command.CombinedOutput()
	if err != nil && command.ProcessState == nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(temp); len(left) > 0 {
		t.Errorf("left behind in the temp directory: %v", left)
	}
	return string(out), command.ProcessState.ExitCode()
}
