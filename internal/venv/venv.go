// Package venv installs programs that are written in Python, each with an environment of
// its own in the user's cache directory.
package venv

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gofrs/flock"
)

// Install writes files, by path and of which one is requirements.txt, into a directory for this
// name, these paths and this content, with the requirements installed in venv beside them, and
// returns the directory. Where that has been done before, it does nothing. What has the same requirements shares
// one environment, as to install it takes a minute. It returns an error if Python 3.11
// or newer or one of the packages is missing.
func Install(ctx context.Context, name string, files map[string][]byte) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	cache = filepath.Join(cache, "order-bot-infra")
	home := filepath.Join(cache, name+"-"+digestOf(files))
	if installed(home) {
		return home, nil
	}
	if err := checkVersion(ctx); err != nil {
		return "", err
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", err
	}
	lock := flock.New(filepath.Join(cache, "lock")) // of two processes that install at the same time, one waits
	if err := lock.Lock(); err != nil {
		return "", err
	}
	err = install(ctx, home, filepath.Join(cache, "venv-"+digestOf(map[string][]byte{name: files["requirements.txt"]})), files)
	return home, errors.Join(err, lock.Unlock())
}

// install writes the files to home, and installs their requirements into the environment packages, as far as that was not done before.
func install(ctx context.Context, home, packages string, files map[string][]byte) error {
	if installed(home) {
		return nil
	}
	for file, text := range files {
		path := filepath.Join(home, filepath.FromSlash(file))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			return err
		}
	}
	if !installed(packages) {
		// What is used is compiled when it is. To compile all of it takes a quarter of the time, and of the space.
		for _, step := range [][]string{
			{"python3", "-m", "venv", "--clear", packages},
			{filepath.Join(packages, "bin", "python"), "-m", "pip", "install", "--quiet", "--no-compile", "--requirement", filepath.Join(home, "requirements.txt")},
		} {
			if out, err := exec.CommandContext(ctx, step[0], step[1:]...).CombinedOutput(); err != nil {
				return fmt.Errorf("%s: %w\n%s", strings.Join(step, " "), err, out)
			}
		}
		if err := os.WriteFile(ready(packages), nil, 0o600); err != nil {
			return err
		}
	}
	venv := filepath.Join(home, "venv")
	if err := os.RemoveAll(venv); err != nil { // of an installation that was interrupted
		return err
	}
	if err := os.Symlink(packages, venv); err != nil {
		return err
	}
	return os.WriteFile(ready(home), nil, 0o600)
}

// ready is the file that tells that a directory is complete.
func ready(dir string) string { return filepath.Join(dir, "ready") }

func installed(dir string) bool {
	_, err := os.Stat(ready(dir))
	return err == nil
}

// digestOf stands for files, their paths and what is in them.
func digestOf(files map[string][]byte) string {
	digest := sha256.New()
	for _, file := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(digest, "%s %d\n%s", file, len(files[file]), files[file])
	}
	return hex.EncodeToString(digest.Sum(nil)[:6])
}

// checkVersion returns an error unless python3 is one that the pinned packages can be installed on.
func checkVersion(ctx context.Context) error {
	out, err := exec.CommandContext(ctx, "python3", "-c", "import sys; print('%d.%d' % sys.version_info[:2]); sys.exit(sys.version_info < (3, 11))").Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return fmt.Errorf("python3 is Python %s: install 3.11 or newer", strings.TrimSpace(string(out)))
	}
	if err != nil {
		return fmt.Errorf("%w: install Python 3.11 or newer, with venv", err)
	}
	return nil
}
