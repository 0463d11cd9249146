package fastjsii

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// oldestNode is the oldest Node for which all of this is tried. boot/gate.js says the same.
const oldestNode = 20

// Explain returns a better error than err, with which the framework failed, if the directory for temporary files is the reason, or Node: it
// is not there, or too old.
func Explain(err error) error {
	if problem := (*fs.PathError)(nil); errors.As(err, &problem) && strings.HasPrefix(problem.Path, os.TempDir()) {
		return fmt.Errorf("%w: make room in %s, or name another directory in TMPDIR", err, os.TempDir())
	}
	node := exec.Command(cmp.Or(os.Getenv("JSII_NODE"), "node"), "--version") // as jsii finds it
	node.Env = append(os.Environ(), "NODE_OPTIONS=")
	text, problem := node.Output()
	if errors.Is(problem, exec.ErrNotFound) {
		return fmt.Errorf("there is no Node on the PATH: install Node %d or newer (https://nodejs.org)", oldestNode)
	}
	version := strings.TrimSpace(string(text))
	major, _, _ := strings.Cut(strings.TrimPrefix(version, "v"), ".")
	if number, problem := strconv.Atoi(major); problem == nil && number < oldestNode {
		return fmt.Errorf("this is Node %s: install Node %d or newer (https://nodejs.org)", version, oldestNode)
	}
	return err
}
