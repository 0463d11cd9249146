// Package engine finds Terraform and OpenTofu on this machine, and runs them.
package engine

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-exec/tfexec"
)

// Find returns the paths of the engines: the one that TERRAFORM_BINARY_NAME names, which is
// the variable of the cdktf CLI, then tofu and terraform on the PATH. The first is the one
// to use where one is enough. It returns an error that says what to do if there is none.
func Find() ([]string, error) {
	var found []string
	for _, name := range []string{os.Getenv("TERRAFORM_BINARY_NAME"), "tofu", "terraform"} {
		if name == "" {
			continue
		}
		path, err := exec.LookPath(name)
		if err != nil {
			if name == os.Getenv("TERRAFORM_BINARY_NAME") {
				return nil, errors.New("TERRAFORM_BINARY_NAME names " + name + ", which is not there: install it or unset the variable")
			}
			continue
		}
		if path, err = filepath.Abs(path); err != nil {
			return nil, err
		}
		if !slices.Contains(found, path) {
			found = append(found, path)
		}
	}
	if len(found) == 0 {
		return nil, errors.New("neither tofu nor terraform is on the PATH: install OpenTofu (https://opentofu.org/docs/intro/install) or Terraform (https://developer.hashicorp.com/terraform/install), 1.10 or newer")
	}
	return found, nil
}

// Terraform is an engine in a directory.
type Terraform = tfexec.Terraform

// Open readies the engine at path for the configuration in dir, with an environment of
// entries NAME=value, less what terraform-exec sets itself. Without an environment it is this
// process's own, with its TF_VAR_*.
func Open(path, dir string, environment []string) (*Terraform, error) {
	tf, err := tfexec.NewTerraform(dir, path)
	if err != nil {
		return nil, err
	}
	// Interrupted, it finishes what it has begun, saves the state and releases the lock, however long that takes.
	if runtime.GOOS != "windows" {
		if err := tf.SetWaitDelay(0); err != nil {
			return nil, err
		}
	}
	if environment == nil {
		return tf, nil
	}
	variables := map[string]string{}
	for _, entry := range environment {
		name, value, _ := strings.Cut(entry, "=")
		if len(tfexec.ProhibitedEnv(map[string]string{name: value})) == 0 {
			variables[name] = value
		}
	}
	if err := tf.SetEnv(variables); err != nil {
		return nil, err
	}
	return tf, nil
}
