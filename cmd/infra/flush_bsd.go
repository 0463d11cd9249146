//go:build darwin || freebsd || netbsd || openbsd

package main

import (
	"os"

	"golang.org/x/sys/unix"
)

// fread is FREAD of <sys/fcntl.h>: what is to be read is meant, not what is to be written.
const fread = 1

// flush forgets what was typed at a terminal and not read yet.
// https://man.freebsd.org/cgi/man.cgi?query=tty&sektion=4
func flush(terminal *os.File) {
	_ = unix.IoctlSetPointerInt(int(terminal.Fd()), unix.TIOCFLUSH, fread)
}
