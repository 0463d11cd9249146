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

// fakeAWS is an AWS that answers from a table. A line that is not indented names what is asked for: the service as it is in a signature, and the action,
// or the method and the path. After " ~ " may come what the request has to contain. After it, a status other than 200 may stand, and the code and the
// message of an error. The indented lines below are the answer. What is named more than once is answered in turn, and the last answer stays. A star stands
// for each action of a service, or for all services. What is asked for is in the script's file "asked", a line each. What the table lacks fails the script.
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
	keys := []string{strings.TrimSpace(service + " " + action), service + " *", "*"}
	for key := range f.table {
		if about, is := strings.CutPrefix(key, keys[0]+" ~ "); is && strings.Contains(body, about) {
			keys = append([]string{key}, keys...)
		}
	}
	for _, key := range keys {
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
