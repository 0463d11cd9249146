// Command fakes is what the scripts have in the place of an engine, and of Go. It is a program of its own, as it begins ten times faster than one that
// has the command in it.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

func main() {
	work := os.Getenv("WORK")
	if filepath.Base(os.Args[0]) == "go" {
		design(work)
		return
	}
	engine(filepath.Join(work, "engine"), os.Args[1:])
}

// design is a Go that synthesizes: what the folder synth has becomes the stacks. If there is a file synth.fails, it says that, and fails.
func design(work string) {
	if text, err := os.ReadFile(filepath.Join(work, "synth.fails")); err == nil {
		fmt.Fprint(os.Stderr, string(text))
		os.Exit(1)
	}
	if entries, err := os.ReadDir(filepath.Join(work, "synth")); err == nil && len(entries) > 0 {
		out := os.Getenv("CDKTF_OUTDIR")
		must(os.RemoveAll(out))
		must(os.CopyFS(out, os.DirFS(filepath.Join(work, "synth"))))
	}
}

// engine is an engine that answers from files of a script, in the folder engine: VERB is what it prints for a verb, such as "apply" or "state-pull".
// It fails with what is in VERB.fails. The second time that a command asks it so, it takes VERB.2 or VERB.fails.2 if that is there, and so on. A plan
// changes something if there is a plan.json, which it shows then. An apply makes state.after the state. What it was told is in engine/told, a line a call.
// It works at a verb for as many hundredths of a second as VERB.slow says.
func engine(folder string, arguments []string) {
	verb := arguments[0]
	if slices.Contains([]string{"state", "providers"}, verb) {
		verb += "-" + arguments[1]
	}
	noted := func(file, line string) string {
		lines, err := os.OpenFile(filepath.Join(folder, file), os.O_APPEND|os.O_CREATE|os.O_RDWR, 0o600)
		must(err)
		_, err = fmt.Fprintln(lines, line)
		must(err)
		text, err := os.ReadFile(lines.Name())
		must(err)
		return string(text)
	}
	noted("told", verb+" "+strings.Join(arguments[1:], " "))
	call := fmt.Sprint(os.Getppid(), " ", verb)
	times := strings.Count("\n"+noted(".calls", call), "\n"+call+"\n")
	// answer is a file's text for this time, or for the last time before that there is one for.
	answer := func(name string) (text []byte, is bool) {
		for n := times; n > 0 && !is; n-- {
			file := filepath.Join(folder, name)
			if n > 1 {
				file += "." + strconv.Itoa(n)
			}
			found, err := os.ReadFile(file)
			text, is = found, err == nil
		}
		return text, is && len(text) > 0
	}
	if text, slow := answer(verb + ".slow"); slow {
		work(strings.TrimSpace(string(text)), func(what string) { noted(what, verb) })
	}
	asJSON := slices.Contains(arguments, "-json")
	if verb == "show" && asJSON {
		verb = "plan.json"
	}
	text, _ := answer(verb)
	_, _ = os.Stdout.Write(text)
	if text, fails := answer(verb + ".fails"); fails && asJSON {
		must(json.NewEncoder(os.Stdout).Encode(map[string]any{"type": "diagnostic", "diagnostic": map[string]string{"severity": "error", "summary": strings.TrimPrefix(strings.TrimSpace(string(text)), "Error: ")}}))
		os.Exit(1)
	} else if fails {
		_, _ = os.Stderr.Write(text)
		os.Exit(1)
	}
	switch verb {
	case "init":
		must(os.MkdirAll(os.Getenv("TF_DATA_DIR"), 0o700))
	case "plan":
		must(os.WriteFile("plan", []byte("planned"), 0o600))
		if _, changes := answer("plan.json"); changes {
			os.Exit(2)
		}
	case "apply":
		if after, is := answer("state.after"); is {
			must(os.WriteFile(filepath.Join(folder, "state-pull"), after, 0o600))
		}
	case "state-push":
		pushed, err := os.ReadFile(arguments[len(arguments)-1])
		must(err)
		must(os.WriteFile(filepath.Join(folder, "state-pull"), pushed, 0o600))
	case "providers-lock":
		must(os.WriteFile(".terraform.lock.hcl", []byte("# checksums\n"), 0o600))
	}
}

// work takes some hundredths of a second, or half a second after it is told to end, and fails then. It prints all the time, and notes that it has begun, each
// time that it is told, and that it saves.
func work(hundredths string, note func(string)) {
	left, err := strconv.Atoi(hundredths)
	must(err)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt)
	note("begun")
	told := false
	for ; left > 0; left-- {
		fmt.Println(`{"type":"apply_start","hook":{"resource":{"addr":"aws_iam_role.a"},"action":"update"}}`)
		select {
		case <-signals:
			note("interrupted")
			told, left = true, 50
		case <-time.After(10 * time.Millisecond):
		}
	}
	note("saved")
	if told {
		os.Exit(1)
	}
}

// must ends a fake that cannot play its part.
func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "the fake:", err)
		os.Exit(99)
	}
}
