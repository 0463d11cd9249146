//go:build unix

package main

import "syscall"

// become lets this process be another program, which has the terminal and its signals from then on.
func become(path string, arguments, environment []string) error {
	return syscall.Exec(path, arguments, environment)
}
