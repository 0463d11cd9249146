package terminal

import (
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// locked is a text that several write.
type locked struct {
	mutex sync.Mutex
	text  []byte
}

func (l *locked) Write(text []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.text = append(l.text, text...)
	return len(text), nil
}

func (l *locked) String() string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return string(l.text)
}

// What is written goes to the writer alone, and a silence is broken in the notes after ten seconds, and then every ten.
func TestLiveInALog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out, notes locked
		live := NewLive(&out, &notes)
		before, since := live.Wait("planning prod", time.Now())
		if before != "" {
			t.Errorf("before: %q", before)
		}
		time.Sleep(9 * time.Second)
		if notes.String() != "" {
			t.Errorf("too early: %q", notes.String())
		}
		_, _ = live.Write([]byte("something\n"))
		time.Sleep(9 * time.Second)
		if notes.String() != "" {
			t.Errorf("something was written: %q", notes.String())
		}
		time.Sleep(2 * time.Second)
		if got, want := notes.String(), "planning prod … 19s\n"; got != want {
			t.Errorf("%q, not %q", got, want)
		}
		time.Sleep(10 * time.Minute)
		if lines := strings.Count(notes.String(), "\n"); lines != 61 {
			t.Errorf("%d lines in ten minutes", lines)
		}
		said := len(notes.String())
		release := live.Hold()
		time.Sleep(time.Hour)
		release()
		live.Wait(before, since)
		time.Sleep(time.Hour)
		if len(notes.String()) != said || out.String() != "something\n" {
			t.Errorf("it says more: %q and %q", notes.String()[said:], out.String())
		}
	})
}

// In a terminal, the line is written anew, and goes away before anything else is written.
func TestLiveInATerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out locked
		live := NewLive(&out, &out)
		live.terminal = true
		live.Wait("1 of 2 done, creating a", time.Now())
		time.Sleep(1500 * time.Millisecond)
		_, _ = live.Notes().Write([]byte("a note\n"))
		time.Sleep(time.Second)
		live.Wait("2 of 2 done", time.Now().Add(-time.Minute))
		live.Wait("", time.Time{})
		live.Wait("", time.Time{})
		time.Sleep(time.Minute)
		const clear = "\r\x1b[K"
		if got, want := out.String(), "1 of 2 done, creating a … 1s"+clear+"a note\n1 of 2 done, creating a … 2s"+clear+"2 of 2 done … 1m0s"+clear; got != want {
			t.Errorf("%q, not %q", got, want)
		}
	})
}

func TestCut(t *testing.T) {
	for text, want := range map[string]string{"short": "short", "0123456789": "012…789"} {
		if got := Cut(text, 7); got != want {
			t.Errorf("%q", got)
		}
	}
}

// Who writes past it has the line taken away, and waits for nobody.
func TestLiveClear(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out locked
		live := NewLive(&out, &out)
		live.terminal = true
		live.Wait("a", time.Now())
		time.Sleep(1500 * time.Millisecond)
		live.Clear()
		live.mutex.Lock()
		live.Clear()
		live.mutex.Unlock()
		live.Wait("", time.Time{})
		if got, want := out.String(), "a … 1s\r\x1b[K"; got != want {
			t.Errorf("%q, not %q", got, want)
		}
	})
}
