//go:build !unix

package emulator

import "syscall"

// ownSession has nothing to do where there are no sessions.
func ownSession() *syscall.SysProcAttr { return nil }
