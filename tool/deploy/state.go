package deploy

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/order-bot/infra/tool/planguard"
	"github.com/order-bot/infra/tool/tfstate"
)

// State returns what the engine knows of what was deployed.
func (s *Stack) State(ctx context.Context) (*tfstate.State, error) {
	var text []byte
	err := s.within(ctx, func(scratch *scratch) (err error) {
		text, err = s.pull(ctx, scratch)
		return err
	})
	if err != nil {
		return nil, err
	}
	return tfstate.Read(text)
}

// pull returns the text of the state; empty if nothing was ever deployed.
func (s *Stack) pull(ctx context.Context, scratch *scratch) ([]byte, error) {
	var text bytes.Buffer
	if err := scratch.Run(ctx, &text, "state", "pull"); err != nil {
		return nil, s.failed(ctx, "state pull", nil, err)
	}
	return text.Bytes(), nil
}

// Outputs returns the outputs of what was deployed, by name, as the engine writes them in JSON.
func (s *Stack) Outputs(ctx context.Context) (map[string]json.RawMessage, error) {
	var text bytes.Buffer
	if err := s.run(ctx, "output", &text, "output", "-no-color", "-json"); err != nil {
		return nil, err
	}
	var outputs map[string]struct{ Value json.RawMessage }
	if err := json.Unmarshal(text.Bytes(), &outputs); err != nil {
		return nil, fmt.Errorf("the outputs of %s: %w", s.Name, err)
	}
	values := map[string]json.RawMessage{}
	for name, output := range outputs {
		values[name] = output.Value
	}
	return values, nil
}

// within does something in a scratch directory, with the engine initialized.
func (s *Stack) within(ctx context.Context, do func(*scratch) error) error {
	defer s.waiting("working at the state of " + s.Name)()
	scratch, err := s.scratch(ctx, Options{})
	if err != nil {
		return err
	}
	defer scratch.remove()
	return do(scratch)
}

// run runs a command of the engine, of which its errors say what it was.
func (s *Stack) run(ctx context.Context, what string, out io.Writer, arguments ...string) error {
	return s.within(ctx, func(scratch *scratch) error {
		return s.failed(ctx, what, nil, scratch.Run(ctx, out, arguments...))
	})
}

// Untaint lets the engine take a resource that it created in part for whole. The next plan says what it lacks.
// AWS is not asked.
func (s *Stack) Untaint(ctx context.Context, address string, lockTimeout time.Duration) error {
	return s.run(ctx, "untaint "+address, io.Discard, "untaint", "-no-color", "-lock-timeout="+lockTimeout.String(), address)
}

// retired ends the address of what Retire has moved. No address of a stack ends with it: each construct's has its type at the end.
const retired = "_replaced"

// Retire moves what the state has for an address to another one, which no stack has, so that a plan can take in something else
// in its place. from is where the state has it, which may be an older address. The next deploy destroys it. AWS is not asked.
func (s *Stack) Retire(ctx context.Context, from, address string, lockTimeout time.Duration) error {
	return s.run(ctx, "state mv "+from, io.Discard, "state", "mv", "-lock-timeout="+lockTimeout.String(), from, address+retired)
}

// Respell lets the state write objects as the design writes them, all in one new version of it: at no time does the state lack any
// of them, or has AWS to do anything.
func (s *Stack) Respell(ctx context.Context, objects []planguard.Respelling, lockTimeout time.Duration) error {
	var changes []tfstate.Changed
	for _, object := range objects {
		changes = append(changes, tfstate.Changed{Address: object.From, Deposed: object.Deposed, Attributes: object.Attributes})
	}
	return s.within(ctx, func(scratch *scratch) error {
		text, err := s.pull(ctx, scratch)
		if err == nil {
			text, err = tfstate.With(text, changes)
		}
		if err != nil {
			return err
		}
		return s.push(ctx, scratch, text, false, lockTimeout)
	})
}

// Unlock releases the lock of the state, if it is still the one of this id.
func (s *Stack) Unlock(ctx context.Context, id string) error {
	return s.run(ctx, "force-unlock", io.Discard, "force-unlock", "-no-color", "-force", id)
}

// Push makes the text of a state the present one. Its serial has to be above that of the present state. With force
// it may be of another lineage.
func (s *Stack) Push(ctx context.Context, text []byte, force bool, lockTimeout time.Duration) error {
	return s.within(ctx, func(scratch *scratch) error { return s.push(ctx, scratch, text, force, lockTimeout) })
}

func (s *Stack) push(ctx context.Context, scratch *scratch, text []byte, force bool, lockTimeout time.Duration) error {
	const file = "pushed.tfstate"
	if err := os.WriteFile(filepath.Join(scratch.Dir, file), text, 0o600); err != nil {
		return err
	}
	return s.failed(ctx, "state push", nil, scratch.Run(ctx, io.Discard, "state", "push", fmt.Sprintf("-force=%t", force), "-lock-timeout="+lockTimeout.String(), file))
}
