package deploy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/order-bot/infra/internal/replace"
)

// initialize installs the provider and connects the state. It does nothing if that was done for the
// same settings before, unless it is told to do it anyway. What it installs is kept beside the stack, for all scratch directories and for
// who works there by hand.
func (s *Stack) initialize(ctx context.Context, scratch *scratch, anyway bool) error {
	compare, err := s.useLock(scratch.Path)
	if err != nil {
		return err
	}
	beside, within := filepath.Join(s.Dir, lockName), filepath.Join(scratch.Dir, lockName)
	if err := copied(beside, within); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	note := filepath.Join(scratch.DataDir, "infra-initialized")
	if now, err := scratch.fingerprint(); err != nil {
		return err
	} else if noted, err := os.ReadFile(note); !anyway && err == nil && string(noted) == now {
		return nil
	}
	defer s.waiting("installing the AWS provider")()
	arguments := []string{"init", "-no-color", "-input=false"}
	if compare {
		arguments = append(arguments, "-lockfile=readonly")
	}
	if err := scratch.Run(ctx, io.Discard, arguments...); err != nil {
		if err = s.failed(ctx, "init", nil, err); compare && ctx.Err() == nil {
			err = errors.Join(err, fmt.Errorf("the provider was compared with locks/%s. Where a mirror in the directory DIR has another build, this writes its checksums: ./infra lock --mirror DIR", filepath.Base(s.lockFile(scratch.Path))))
		}
		return err
	}
	if err := copied(within, beside); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	now, err := scratch.fingerprint() // the lock file is there now
	if err != nil {
		return err
	}
	return replace.File(note, []byte(now), 0o600)
}

// fingerprint stands for what an initialization depends on.
func (w *scratch) fingerprint() (string, error) {
	parts := []string{w.Path, os.Getenv("TF_CLI_CONFIG_FILE")}
	entries, err := os.ReadDir(w.Dir)
	if err != nil {
		return "", err
	}
	for _, entry := range entries {
		name := entry.Name()
		if slices.Contains(passing, name) || !strings.HasSuffix(name, ".tf.json") && !strings.HasSuffix(name, ".tf") && name != lockName {
			continue
		}
		text, err := os.ReadFile(filepath.Join(w.Dir, name))
		if err != nil {
			return "", err
		}
		if name == design { // the rest of it changes all the time
			var stack struct{ Terraform json.RawMessage }
			if err := json.Unmarshal(text, &stack); err != nil {
				return "", fmt.Errorf("%s: %w", name, err)
			}
			text = stack.Terraform
		}
		parts = append(parts, name, string(text))
	}
	all, err := json.Marshal(parts)
	return string(all), err
}

// copied copies a file that only its owner can read, whole or not at all.
func copied(from, to string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return replace.File(to, text, 0o600)
}
