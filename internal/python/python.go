// Package python installs programs that are written in Python, each with an environment of
// its own in the user's cache directory.
package python

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Install writes files, of which one is requirements.txt, into a directory for this name and
// this content, with the requirements installed in venv beside them, and returns the
// directory. Where that has been done before, it does nothing. It returns an error if Python 3
// or one of the packages is missing.
func Install(ctx context.Context, name string, files map[string][]byte) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	digest := sha256.New()
	for _, file := range slices.Sorted(maps.Keys(files)) {
		digest.Write(files[file])
	}
	home := filepath.Join(cache, "order-bot-infra", name+"-"+hex.EncodeToString(digest.Sum(nil)[:6]))
	ready := filepath.Join(home, "ready")
	if _, err := os.Stat(ready); err == nil {
		return home, nil
	}
	if err := os.MkdirAll(home, 0o755); err != nil {
		return "", err
	}
	for file, text := range files {
		if err := os.WriteFile(filepath.Join(home, file), text, 0o600); err != nil {
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
