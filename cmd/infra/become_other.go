//go:build !unix

package main

import "errors"

// become is not possible on this system.
func become(string, []string, []string) error {
	return errors.New("a session needs Linux or macOS; on Windows, the Windows Subsystem for Linux")
}
