package e2e

import (
	"strings"

	"github.com/hashicorp/terraform-exec/tfexec"
)

// openEngine readies the engine at path for the configuration in dir, with an environment of entries NAME=value, less what
// terraform-exec sets itself.
func openEngine(path, dir string, environment []string) (*tfexec.Terraform, error) {
	tf, err := tfexec.NewTerraform(dir, path)
	if err != nil {
		return nil, err
	}
	// Interrupted, it finishes what it has begun, saves the state and releases the lock, however long that takes.
	if err := tf.SetWaitDelay(0); err != nil {
		return nil, err
	}
	variables := map[string]string{}
	for _, entry := range environment {
		name, value, _ := strings.Cut(entry, "=")
		if len(tfexec.ProhibitedEnv(map[string]string{name: value})) == 0 {
			variables[name] = value
		}
	}
	return tf, tf.SetEnv(variables)
}
