package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
)

// fakeDesign is a Go that synthesizes: what the folder synth has becomes the stacks. If there is a file synth.fails, it says that, and fails.
func fakeDesign() {
	work := os.Getenv("WORK")
	if text, err := os.ReadFile(filepath.Join(work, "synth.fails")); err == nil {
		fmt.Fprint(os.Stderr, string(text))
		os.Exit(1)
	}
	if entries, err := os.ReadDir(filepath.Join(work, "synth")); err == nil && len(entries) > 0 {
		out := os.Getenv("CDKTF_OUTDIR")
		_ = os.RemoveAll(out)
		if err := copyTo(out, filepath.Join(work, "synth")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(0)
}

// fakeEngine is an engine that answers from files of a script, in the folder engine: VERB is what it prints for a verb, such as "apply" or "state-pull".
// It fails with what is in VERB.fails. The second time that a command asks it so, it takes VERB.2 or VERB.fails.2 if that is there, and so on. A plan
// changes something if there is a plan.json, which it shows then. An apply makes state.after the state. What it was told is in engine/told, a line a call.
func fakeEngine() {
	folder := filepath.Join(os.Getenv("WORK"), "engine")
	arguments := os.Args[1:]
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
	time := strings.Count("\n"+noted(".calls", call), "\n"+call+"\n")
	// answer is a file's text for this time, or for the last time before that there is one for.
	answer := func(name string) (text []byte, is bool) {
		for n := time; n > 0 && !is; n-- {
			file := filepath.Join(folder, name)
			if n > 1 {
				file += "." + strconv.Itoa(n)
			}
			found, err := os.ReadFile(file)
			text, is = found, err == nil
		}
		return text, is && len(text) > 0
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
	os.Exit(0)
}

// must ends a fake that cannot play its part.
func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "the fake engine:", err)
		os.Exit(99)
	}
}

// fakeAWS is an AWS that answers from a table. A line that is not indented names what is asked for: the service as it is in a signature, and the action,
// or the method and the path. After it, a status other than 200 may stand, and the code and the message of an error. The indented lines below are the
// answer. What is named more than once is answered in turn, and the last answer stays. A star stands for each action of a service, or for all services.
// What is asked for is in the script's file "asked", a line each. What the table lacks fails the script.
type fakeAWS struct {
	url string

	mutex      sync.Mutex
	table      map[string][]fakeAnswer
	unexpected []string
}

type fakeAnswer struct {
	status              int
	code, message, body string
}

// fakeAWSKey is where a script has its AWS.
type fakeAWSKey struct{}

// startAWS starts an AWS for a script, until that ends.
func startAWS(env *testscript.Env) *fakeAWS {
	f := &fakeAWS{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { f.answer(w, r, filepath.Join(env.WorkDir, "asked")) }))
	f.url = server.URL
	env.Defer(func() {
		server.Close()
		if len(f.unexpected) > 0 {
			env.T().Fatal("the script does not say what AWS answers to:\n  " + strings.Join(f.unexpected, "\n  "))
		}
	})
	return f
}

// load takes another table.
func (f *fakeAWS) load(text string) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.table = map[string][]fakeAnswer{}
	key := ""
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		switch {
		case len(words) == 0 || line[0] == '#':
		case line[0] == ' ' || line[0] == '\t':
			f.table[key][len(f.table[key])-1].body += strings.TrimSpace(line) + "\n"
		default:
			n := slices.IndexFunc(words, func(word string) bool { status, err := strconv.Atoi(word); return err == nil && status >= 100 })
			answer := fakeAnswer{status: http.StatusOK}
			if n > 0 {
				answer.status, _ = strconv.Atoi(words[n])
				if n+1 < len(words) {
					answer.code, answer.message = words[n+1], strings.Join(words[n+2:], " ")
				}
				words = words[:n]
			}
			key = strings.Join(words, " ")
			f.table[key] = append(f.table[key], answer)
		}
	}
}

// answer answers a request, and notes it.
func (f *fakeAWS) answer(w http.ResponseWriter, r *http.Request, asked string) {
	content, _ := io.ReadAll(r.Body)
	body := strings.ReplaceAll(string(content), "\n", " ")
	service, action := "", r.Method+" "+r.RequestURI
	if _, scope, signed := strings.Cut(r.Header.Get("Authorization"), "Credential="); signed {
		service = strings.Split(scope, "/")[3]
	}
	if _, target, is := strings.Cut(r.Header.Get("X-Amz-Target"), "."); is {
		action = target
	} else if form, err := url.ParseQuery(string(content)); err == nil && form.Get("Action") != "" {
		action = form.Get("Action")
		form.Del("Action")
		form.Del("Version")
		body, _ = url.QueryUnescape(form.Encode())
	}
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if file, err := os.OpenFile(asked, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600); err == nil {
		fmt.Fprintln(file, strings.TrimSpace(service+" "+action+" "+body))
		_ = file.Close()
	}
	for _, key := range []string{service + " " + action, service + " *", "*"} {
		answers := f.table[key]
		if len(answers) == 0 {
			continue
		}
		if len(answers) > 1 {
			f.table[key] = answers[1:]
		}
		answers[0].write(w, r)
		return
	}
	f.unexpected = append(f.unexpected, service+" "+action+" "+body)
	fakeAnswer{http.StatusNotImplemented, "NotInTheScript", action, ""}.write(w, r)
}

// write writes an answer. An error is written as the service's protocol has it.
func (a fakeAnswer) write(w http.ResponseWriter, r *http.Request) {
	body := a.body
	switch {
	case a.code == "":
	case r.Header.Get("X-Amz-Target") != "" || r.Header.Get("Content-Type") == "application/json":
		text, _ := json.Marshal(map[string]string{"__type": a.code, "message": a.message})
		body = string(text)
	case r.Header.Get("X-Amz-Content-Sha256") != "":
		body = fmt.Sprintf("<Error><Code>%s</Code><Message>%s</Message></Error>", a.code, a.message)
	default:
		body = fmt.Sprintf("<ErrorResponse><Error><Code>%s</Code><Message>%s</Message></Error></ErrorResponse>", a.code, a.message)
	}
	w.WriteHeader(a.status)
	_, _ = io.WriteString(w, body)
}
