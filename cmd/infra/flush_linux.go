package main

import (
	"os"

	"golang.org/x/sys/unix"
)

// flush forgets what was typed at a terminal and not read yet. https://man7.org/linux/man-pages/man3/tcflush.3.html
func flush(terminal *os.File) {
	_ = unix.IoctlSetInt(int(terminal.Fd()), unix.TCFLSH, unix.TCIFLUSH)
}
