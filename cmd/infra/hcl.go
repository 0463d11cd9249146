package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/order-bot/infra/internal/check"
	"github.com/order-bot/infra/internal/replace"
	"github.com/order-bot/infra/tool/stackhcl"
)

// hclCommand writes a stack in Terraform's own language.
type hclCommand struct {
	one
	Dir       string `arg:"" help:"The directory to write to. It must not exist yet, or be empty."`
	SkipSynth bool   `help:"Do not synthesize again: use the JSON that is already there."`
}

// Run synthesizes, and writes the stack's files: all of them, or none.
func (c hclCommand) Run(ctx context.Context) error {
	stack, err := c.open(ctx)
	if err := errors.Join(err, c.free()); err != nil {
		return err
	}
	if !c.SkipSynth {
		if err := synthesize(ctx, stack); err != nil {
			return err
		}
	}
	text, err := os.ReadFile(filepath.Join(stack.Dir, "cdk.tf.json"))
	if err != nil {
		return err
	}
	files, err := stackhcl.Files(c.Stack, text)
	if err != nil {
		return check.Prefix(c.Stack, err)
	}
	if err := c.write(files); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintln(stdout, filepath.Join(c.Dir, name))
	}
	return nil
}

// free returns an error if there is something at the directory's path already.
func (c hclCommand) free() error {
	there, err := os.Lstat(c.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if !there.IsDir() {
		return fmt.Errorf("%s is there already, and is no directory: name another one", c.Dir)
	}
	entries, err := os.ReadDir(c.Dir)
	if err == nil && len(entries) > 0 {
		err = fmt.Errorf("%s is there already, and is left as it is, as there is something in it: name another directory", c.Dir)
	}
	return err
}

// write writes the files aside, and then gives their directory its name.
func (c hclCommand) write(files map[string][]byte) error {
	dir := filepath.Clean(c.Dir)
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	aside, err := os.MkdirTemp(filepath.Dir(dir), "."+filepath.Base(dir)+"-*")
	if err != nil {
		return err
	}
	err = os.Chmod(aside, 0o755)
	for name, text := range files {
		err = errors.Join(err, replace.File(filepath.Join(aside, name), text, 0o644))
	}
	if err == nil {
		err = os.Remove(dir) // an empty one
		if errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
	}
	if err == nil {
		err = os.Rename(aside, dir)
	}
	if err != nil {
		_ = os.RemoveAll(aside)
	}
	return err
}
