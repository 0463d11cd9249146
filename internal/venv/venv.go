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
)

// Install writes files, by path and of which one is requirements.txt, into a directory for this
// name, these paths and this content, with the requirements installed in venv beside them, and
// returns the directory. Where that has been done before, it does nothing. It returns an error if Python 3.11
// or newer or one of the packages is missing.
func Install(ctx context.Context, name string, files map[string][]byte) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	digest := sha256.New()
	for _, file := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(digest, "%s %d\n%s", file, len(files[file]), files[file])
	}
	home := filepath.Join(cache, "order-bot-infra", name+"-"+hex.EncodeToString(digest.Sum(nil)[:6]))
	ready := filepath.Join(home, "ready")
	if _, err := os.Stat(ready); err == nil {
		return home, nil
	}
	if err := checkVersion(ctx); err != nil {
		return "", err
	}
	if err := os.MkdirAll(home, 0o755); err != nil {
		return "", err
	}
	for file, text := range files {
		path := filepath.Join(home, filepath.FromSlash(file))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return "", err
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			return "", err
		}
	}
	venv := filepath.Join(home, "venv")
	for _, step := range [][]string{
		{"python3", "-m", "venv", "--clear", venv},
		{filepath.Join(venv, "bin", "python"), "-m", "pip", "install", "--quiet", "--requirement", filepath.Join(home, "requirements.txt")},
	} {
		if out, err := exec.CommandContext(ctx, step[0], step[1:]...).CombinedOutput(); err != nil {
			return "", fmt.Errorf("%s: %w\n%s", strings.Join(step, " "), err, out)
		}
	}
	return home, os.WriteFile(ready, nil, 0o600)
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
