// Package replace writes files so that whoever reads one finds all of the old text or all of the new one, also if the writer is killed.
package replace

import (
	"errors"
	"os"
	"path/filepath"
)

// File writes a file with a mode, aside and renamed.
func File(path string, text []byte, mode os.FileMode) error {
	aside, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	_, err = aside.Write(text)
	if err = errors.Join(err, aside.Chmod(mode), aside.Close()); err == nil {
		err = os.Rename(aside.Name(), path)
	}
	if err != nil {
		_ = os.Remove(aside.Name())
	}
	return err
}
