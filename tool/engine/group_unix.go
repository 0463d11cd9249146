//go:build unix && !linux

package engine

import "syscall"

// ownGroup puts a process into a group of its own, which the signals of the terminal do not reach.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}

// endGroup ends what a process that was killed has started: a provider does not end by itself.
func endGroup(leader int) { _ = syscall.Kill(-leader, syscall.SIGKILL) }
