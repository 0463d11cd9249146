package deploy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/order-bot/infra/internal/engine"
)

// lockVariable says whether the checksums of the provider are compared: "required" wants them to be there, "none" compares nothing, as
// for a provider that a mirror has built. Default: they are compared where they are.
const lockVariable = "INFRA_PROVIDER_LOCK"

// lockName is what the engines call the file with the checksums of the providers.
// https://developer.hashicorp.com/terraform/language/files/dependency-lock
const lockName = ".terraform.lock.hcl"

// lockFile is the committed file with the checksums of the stack's provider, for an engine: each of them has
// a registry of its own, and wants no other provider in the file.
func (s *Stack) lockFile(engine string) string {
	kind := "terraform"
	if strings.Contains(filepath.Base(engine), "tofu") {
		kind = "tofu"
	}
	return filepath.Join(s.project, "locks", s.Name+"."+kind+".lock.hcl")
}

// useLock puts the committed checksums where the engine looks for them, and tells whether there are any to compare.
func (s *Stack) useLock(engine string) (compare bool, err error) {
	mode := os.Getenv(lockVariable)
	switch mode {
	case "none":
		return false, nil
	case "", "required":
	default:
		return false, fmt.Errorf("%s: %q is neither required nor none", lockVariable, mode)
	}
	file := s.lockFile(engine)
	text, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		if mode == "required" {
			return false, fmt.Errorf("locks/%s is missing, and %s wants the provider's checksums: `make lock` writes it", filepath.Base(file), lockVariable)
		}
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, os.WriteFile(filepath.Join(s.Dir, lockName), text, 0o600)
}

// initComparing initializes, and lets the engine refuse a provider that has other checksums than the committed ones.
func (s *Stack) initComparing(ctx context.Context, tf *engine.Terraform) error {
	err := s.run(ctx, tf, "init", "-no-color", "-input=false", "-lockfile=readonly")
	if err != nil && ctx.Err() == nil {
		return errors.Join(s.failed(ctx, "init", nil, err), fmt.Errorf("the provider was compared with locks/%s: docs/pipeline.md says what to do where a mirror has another build", filepath.Base(s.lockFile(tf.ExecPath()))))
	}
	return s.failed(ctx, "init", nil, err)
}

// Lock asks the registry, or a mirror in a directory, for the checksums of the provider for platforms such as "linux_amd64", and writes them
// into the folder locks: a file for each engine of this machine, or only for the one that TERRAFORM_BINARY_NAME names. It
// returns the files' paths.
func (s *Stack) Lock(ctx context.Context, platforms []string, mirror string) ([]string, error) {
	engines, err := engine.Find()
	if err != nil {
		return nil, err
	}
	if os.Getenv("TERRAFORM_BINARY_NAME") != "" {
		engines = engines[:1]
	}
	arguments := []string{"providers", "lock", "-no-color"}
	if mirror != "" {
		arguments = append(arguments, "-fs-mirror="+mirror)
	}
	for _, platform := range platforms {
		arguments = append(arguments, "-platform="+platform)
	}
	var files []string
	var problems []error
	for _, path := range engines {
		file, err := s.lockFor(ctx, path, arguments)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		files = append(files, file)
	}
	return files, errors.Join(problems...)
}

// lockFor writes the file of one engine.
func (s *Stack) lockFor(ctx context.Context, path string, arguments []string) (string, error) {
	tf, err := engine.Open(path, s.Dir, nil)
	if err != nil {
		return "", err
	}
	written := filepath.Join(s.Dir, lockName)
	if err := os.RemoveAll(written); err != nil { // it may be of another engine, or version
		return "", err
	}
	if err := s.run(ctx, tf, arguments...); err != nil {
		return "", errors.Join(s.failed(ctx, "providers lock", nil, err), fmt.Errorf("locks/%s was not written", filepath.Base(s.lockFile(path))))
	}
	text, err := os.ReadFile(written)
	if err != nil {
		return "", err
	}
	file := s.lockFile(path)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return "", err
	}
	return file, os.WriteFile(file, text, 0o644)
}

// run runs the engine where its library has no options for it.
func (s *Stack) run(ctx context.Context, tf *engine.Terraform, arguments ...string) error {
	command := exec.CommandContext(ctx, tf.ExecPath(), arguments...)
	command.Dir = s.Dir
	var problems bytes.Buffer
	command.Stderr = &problems
	if err := command.Run(); err != nil {
		return fmt.Errorf("%w\n\n%s", err, problems.String())
	}
	return nil
}
