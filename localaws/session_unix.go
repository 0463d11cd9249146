//go:build unix

package localaws

import "syscall"

// ownSession keeps a process alive when the terminal that started it is closed or interrupted.
func ownSession() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setsid: true}
}
