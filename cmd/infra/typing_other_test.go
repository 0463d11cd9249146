//go:build !linux

package main

// typing needs a terminal, which the tests open on Linux only: scripts with it begin with [!linux] skip.
func typing() {}
