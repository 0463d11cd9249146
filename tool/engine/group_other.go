//go:build !unix

package engine

import "syscall"

// ownGroup has nothing to do where there are no groups of processes.
func ownGroup() *syscall.SysProcAttr { return nil }

// endGroup has nothing to do, either.
func endGroup(int) {}
