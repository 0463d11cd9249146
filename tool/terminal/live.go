package terminal

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// Live is a writer with notes beside it, which are never silent for long while something is waited for. In a terminal, the notes then end with a
// line that says what for and for how long, and that line is written anew each second. Elsewhere, there is such a line where nothing was written for
// ten seconds. No note goes to the writer itself, which a program may read.
type Live struct {
	w, notes io.Writer
	terminal bool
	tick     time.Duration

	mutex sync.Mutex
	// what is waited for, empty if nothing is, and since when.
	what  string
	since time.Time
	// written is when something was written last, and said when it was said that something is waited for.
	written, said time.Time
	// shown tells whether the line is at the end of the terminal.
	shown bool
	held  int
	stop  chan struct{}
}

// The times of a line that says what is waited for.
const (
	// patience is how long nothing is said in a terminal.
	patience = time.Second
	// silence is how long nothing is written elsewhere before it is said what is waited for, and again. The engines by themselves write such a line
	// for each resource, so that a log has fewer of them.
	silence = 10 * time.Second
)

// NewLive returns a Live that writes to w, and what is waited for to notes.
func NewLive(w, notes io.Writer) *Live {
	return &Live{w: w, notes: notes, terminal: interactive(notes), tick: time.Second}
}

// Fd is that of what it writes to.
func (l *Live) Fd() uintptr {
	if file, is := l.w.(interface{ Fd() uintptr }); is {
		return file.Fd()
	}
	return ^uintptr(0)
}

// Write writes, with the line after it.
func (l *Live) Write(text []byte) (int, error) { return l.write(l.w, text) }

func (l *Live) write(w io.Writer, text []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.clear()
	l.written = time.Now()
	return w.Write(text)
}

// Hold keeps it silent until the function is called that it returns: somebody is asked something.
func (l *Live) Hold() (release func()) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.clear()
	l.held++
	return func() {
		l.mutex.Lock()
		defer l.mutex.Unlock()
		l.held--
	}
}

// Clear takes the line away for who writes to the terminal past it, and must not wait: where somebody is just writing, nothing is done.
func (l *Live) Clear() {
	if l.mutex.TryLock() {
		l.clear()
		l.mutex.Unlock()
	}
}

// Notes is the writer of the notes, for who has one of his own while something is waited for.
func (l *Live) Notes() io.Writer { return notes{l} }

type notes struct{ *Live }

func (n notes) Write(text []byte) (int, error) { return n.write(n.notes, text) }

// Wait says what is waited for from now on, such as "planning prod", and since when, and returns what was said before. An empty text ends it.
func (l *Live) Wait(what string, since time.Time) (before string, beforeSince time.Time) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	before, beforeSince = l.what, l.since
	l.what, l.since = what, since
	switch {
	case what == "":
		l.clear()
		if l.stop != nil {
			close(l.stop)
			l.stop = nil
		}
	case l.stop == nil:
		l.said = time.Now()
		l.stop = make(chan struct{})
		go l.run(l.stop)
	case l.shown:
		l.show(time.Now())
	}
	return before, beforeSince
}

func (l *Live) run(stop <-chan struct{}) {
	ticker := time.NewTicker(l.tick)
	defer ticker.Stop()
	for {
		select {
		case <-stop:
			return
		case now := <-ticker.C:
			l.mutex.Lock()
			if l.stop == stop && l.due(now) {
				l.show(now)
			}
			l.mutex.Unlock()
		}
	}
}

// due tells whether it is time to say what is waited for.
func (l *Live) due(now time.Time) bool {
	if l.held > 0 {
		return false
	}
	if l.terminal {
		return now.Sub(l.since) >= patience
	}
	last := l.said
	if l.written.After(last) {
		last = l.written
	}
	return now.Sub(last) >= silence
}

// show says what is waited for.
func (l *Live) show(now time.Time) {
	line := fmt.Sprintf("%s … %s", l.what, now.Sub(l.since).Round(time.Second))
	l.said = now
	if !l.terminal {
		fmt.Fprintln(l.notes, line)
		return
	}
	l.clear()
	if width := Width(l.notes); width > 0 {
		line = Cut(line, width-1)
	}
	fmt.Fprint(l.notes, line)
	l.shown = true
}

// clear takes the line away. https://en.wikipedia.org/wiki/ANSI_escape_code#Control_Sequence_Introducer_commands
func (l *Live) clear() {
	if l.shown {
		fmt.Fprint(l.notes, "\r\x1b[K")
		l.shown = false
	}
}

// Cut takes the middle out of a text that has more than that many characters.
func Cut(text string, most int) string {
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	half := (most - 1) / 2
	return string(runes[:half]) + "…" + string(runes[len(runes)-half:])
}
