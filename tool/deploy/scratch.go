package deploy

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/order-bot/infra/tool/engine"
)

// The files of a scratch directory. The engines merge one of the last name into the stack:
// https://developer.hashicorp.com/terraform/language/files/override
const (
	design    = "cdk.tf.json"
	imports   = "imports.tf.json"
	untouched = "untouched_override.tf.json"
)

// passing are the files that a scratch directory has for one plan only.
var passing = []string{imports, untouched}

// unsaved is the file into which an engine writes a state that it cannot save.
// https://developer.hashicorp.com/terraform/cli/commands/state/push
const unsaved = "errored.tfstate"

// scratch is a directory of its own in which an engine works with a stack, for one thing that is done. What is synthesized stays as it is
// meanwhile, and what lies beside it by chance is not part of the stack.
type scratch struct {
	engine.Engine
	stack string // its directory
}

// longestDeploy is more than any deploy takes.
const longestDeploy = 12 * time.Hour

// scratch creates a scratch directory, with the engine initialized, and with what a plan is limited to.
func (s *Stack) scratch(ctx context.Context, options Options) (*scratch, error) {
	engines, err := engine.Find()
	if err != nil {
		return nil, err
	}
	s.kind = engine.Kind(engines[0])
	s.warn(s.kind)
	w, err := s.newScratch(engines[0], options)
	if err != nil {
		return nil, err
	}
	if err := s.initialize(ctx, w, false); err != nil {
		w.remove()
		return nil, err
	}
	return w, nil
}

func (s *Stack) newScratch(path string, options Options) (*scratch, error) {
	s.sweep()
	dir, err := os.MkdirTemp(s.Dir, "plan-") // with mode 0700: a plan holds secrets
	if err != nil {
		return nil, err
	}
	w := &scratch{engine.Engine{Path: path, Dir: dir, DataDir: s.dataDir()}, s.Dir}
	inUse.Store(w, nil)
	if err := s.fillScratch(w, options); err != nil {
		w.remove()
		return nil, err
	}
	return w, nil
}

// fillScratch writes the stack, what belongs to it beside its JSON, and what a plan is limited to.
func (s *Stack) fillScratch(w *scratch, options Options) error {
	text, err := os.ReadFile(filepath.Join(w.stack, design))
	if err != nil {
		return err
	}
	if len(options.Targets) > 0 {
		if text, err = withoutConditions(text); err != nil {
			return fmt.Errorf("%s: %w", filepath.Join(w.stack, design), err)
		}
	}
	if err := os.WriteFile(filepath.Join(w.Dir, design), text, 0o600); err != nil {
		return err
	}
	if assets := filepath.Join(w.stack, "assets"); exists(assets) { // of the framework, whose paths are from here
		if err := os.Symlink(assets, filepath.Join(w.Dir, "assets")); err != nil {
			return err
		}
	}
	beside, err := s.beside()
	for _, name := range beside {
		err = errors.Join(err, copied(filepath.Join(w.stack, name), filepath.Join(w.Dir, name)))
	}
	if err != nil {
		return err
	}
	files := map[string]any{}
	if len(options.Imports) > 0 {
		files[imports] = map[string]any{"import": options.Imports}
	}
	if len(options.Untouched) > 0 {
		files[untouched] = map[string]any{"resource": leftUntouched(options.Untouched)}
	}
	for name, content := range files {
		text, err := json.MarshalIndent(content, "", "  ")
		if err == nil {
			err = os.WriteFile(filepath.Join(w.Dir, name), append(text, '\n'), 0o600)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// remove removes the directory. A state that the engine could not save is kept beside the stack.
func (w *scratch) remove() {
	inUse.Delete(w)
	_ = os.Rename(filepath.Join(w.Dir, unsaved), filepath.Join(w.stack, unsaved))
	_ = os.RemoveAll(w.Dir)
}

// inUse are the scratch directories of this process.
var inUse sync.Map

// RemovePlans removes all that this process works with at this moment, for one that ends before it is done: plans hold secrets.
func RemovePlans() {
	inUse.Range(func(w, _ any) bool { w.(*scratch).remove(); return true })
}

// sweep removes what commands that were killed have left.
func (s *Stack) sweep() {
	entries, _ := os.ReadDir(s.Dir) // and no glob: the path may hold what would be a pattern
	for _, entry := range entries {
		if info, err := entry.Info(); err == nil && strings.HasPrefix(entry.Name(), "plan-") && time.Since(info.ModTime()) > longestDeploy {
			(&scratch{engine.Engine{Dir: filepath.Join(s.Dir, entry.Name())}, s.Dir}).remove()
		}
	}
}

// leftUntouched are the settings of resources, by type and name, that let a plan leave them as they are.
func leftUntouched(addresses []string) map[string]map[string]any {
	all := map[string]map[string]any{}
	for _, address := range addresses {
		kind, name, _ := strings.Cut(address, ".")
		if all[kind] == nil {
			all[kind] = map[string]any{}
		}
		all[kind][name] = map[string]any{"lifecycle": map[string]any{"ignore_changes": "all"}}
	}
	return all
}

// withoutConditions takes the conditions of outputs and resources out of a stack's JSON. OpenTofu ends with a crash where a plan is
// limited to some addresses, and a condition of an output is about others, too. And what is left untouched need not be as it should be.
func withoutConditions(text []byte) ([]byte, error) {
	var stack map[string]any
	numbers := json.NewDecoder(bytes.NewReader(text))
	numbers.UseNumber() // which keeps them as they are written
	if err := numbers.Decode(&stack); err != nil {
		return nil, err
	}
	without(stack, "precondition", "postcondition")
	return json.MarshalIndent(stack, "", "  ")
}

// without deletes the fields of these names, at any depth.
func without(value any, names ...string) {
	switch value := value.(type) {
	case []any:
		for _, element := range value {
			without(element, names...)
		}
	case map[string]any:
		for _, name := range names {
			delete(value, name)
		}
		for _, field := range value {
			without(field, names...)
		}
	}
}
