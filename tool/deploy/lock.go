package deploy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/order-bot/infra/internal/replace"
	"github.com/order-bot/infra/tool/engine"
)

// lockVariable says whether the checksums of the provider are compared: "required" wants them to be there, "none" compares nothing, as
// for a provider that a mirror has built. Default: they are compared where they are.
const lockVariable = "INFRA_PROVIDER_LOCK"

// lockName is what the engines call the file with the checksums of the providers.
// https://developer.hashicorp.com/terraform/language/files/dependency-lock
const lockName = ".terraform.lock.hcl"

// lockFile is the committed file with the checksums of the stack's provider, for an engine: each of them has
// a registry of its own, and wants no other provider in the file.
func (s *Stack) lockFile(path string) string {
	return filepath.Join(s.project, "locks", s.Name+"."+engine.Kind(path)+".lock.hcl")
}

// useLock puts the committed checksums where the engine looks for them, and tells whether there are any to compare.
func (s *Stack) useLock(path string) (compare bool, err error) {
	mode := os.Getenv(lockVariable)
	switch mode {
	case "none":
		return false, nil
	case "", "required":
	default:
		return false, fmt.Errorf("%s: %q is neither required nor none", lockVariable, mode)
	}
	file := s.lockFile(path)
	text, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		if mode == "required" {
			return false, fmt.Errorf("locks/%s is missing, and %s wants the provider's checksums: `./infra lock` writes it", filepath.Base(file), lockVariable)
		}
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, replace.File(filepath.Join(s.Dir, lockName), text, 0o600)
}

// Lock asks the registry, or a mirror in a directory, for the checksums of the provider for platforms such as "linux_amd64", and writes them
// into the folder locks: a file for each engine of this machine, or only for the one that TERRAFORM_BINARY_NAME names. It
// returns the files' paths.
func (s *Stack) Lock(ctx context.Context, platforms []string, mirror string) ([]string, error) {
	engines, err := engine.Find()
	if err != nil {
		return nil, err
	}
	if os.Getenv(engine.Variable) != "" {
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
	scratch, err := s.newScratch(path, Options{})
	if err != nil {
		return "", err
	}
	defer scratch.remove()
	if err := scratch.Run(ctx, io.Discard, arguments...); err != nil {
		return "", errors.Join(s.failed(ctx, "providers lock", nil, err), fmt.Errorf("locks/%s was not written", filepath.Base(s.lockFile(path))))
	}
	text, err := os.ReadFile(filepath.Join(scratch.Dir, lockName))
	if err != nil {
		return "", err
	}
	file := s.lockFile(path)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return "", err
	}
	return file, replace.File(file, text, 0o644)
}
