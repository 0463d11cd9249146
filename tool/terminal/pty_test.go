//go:build linux

package terminal

import (
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// A terminal has its own width, within bounds, and colours unless somebody has switched them off.
func TestTerminal(t *testing.T) {
	t.Setenv("CI", "")
	t.Setenv("NO_COLOR", "")
	t.Setenv("TERM", "xterm")
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = person.Close() }()
	if err := unix.IoctlSetPointerInt(int(person.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(int(person.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	here, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = here.Close() }()
	for columns, want := range map[uint16]int{40: 60, 80: 80, 160: 160, 500: 200, 0: 0} {
		if err := unix.IoctlSetWinsize(int(here.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 40, Col: columns}); err != nil {
			t.Fatal(err)
		}
		if got := Width(here); got != want {
			t.Errorf("%d columns: %d", columns, got)
		}
	}
	if !Colours(here) || !NewLive(here, here).terminal {
		t.Error("a terminal has no colours, or no line that is written anew")
	}
	t.Setenv("NO_COLOR", "1")
	if Colours(here) || !NewLive(here, here).terminal {
		t.Error("NO_COLOR")
	}
	for name, value := range map[string]string{"CI": "true", "TERM": "dumb"} {
		t.Setenv("NO_COLOR", "")
		t.Setenv(name, value)
		if Colours(here) || NewLive(here, here).terminal || Width(here) != 0 {
			t.Error(name)
		}
		t.Setenv(name, "")
	}
}
