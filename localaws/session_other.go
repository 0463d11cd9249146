//go:build !unix

package localaws

import "syscall"

// ownSession has nothing to do where there are no sessions.
func ownSession() *syscall.SysProcAttr { return nil }
