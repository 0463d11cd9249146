package e2e

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/terraform-exec/tfexec"

	"github.com/order-bot/infra/localaws"
	"github.com/order-bot/infra/tool/planguard"
)

// project is the project as its users have it: a CLI, an engine, and an AWS, here an
// emulator of the project's own, behind a gate.
type project struct {
	cli    string
	engine string
	local  *localaws.Emulator
	aws    clients
	gate   *gate
	// out is the CLI's output directory.
	out string
	// pids is where the engine's wrapper notes the process ids of deploys.
	pids string
	// patient has the provider wait as long as it would for AWS.
	patient bool
}

// newProject starts an emulator and synthesizes both stacks through the CLI.
func newProject(t *testing.T, cli, binary string) *project {
	t.Helper()
	started := newEmulator(t)
	gate := newGate(t, started.Endpoint)
	behind := *started
	behind.Endpoint = gate.URL
	p := &project{
		cli: cli, engine: binary, local: &behind, aws: newClients(started), gate: gate,
		out: filepath.Join(t.TempDir(), "cdktf.out"), pids: t.TempDir(),
	}
	if output, err := p.run(t.Context(), "synth", "--output", p.out); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	for _, stack := range []string{"global", "prod"} {
		p.point(t, stack, nil)
	}
	return p
}

// dir is where a stack is synthesized to.
func (p *project) dir(stack string) string { return filepath.Join(p.out, "stacks", stack) }

// point points a stack at the emulator, with some of its variables changed.
func (p *project) point(t *testing.T, stack string, changed map[string]any) {
	t.Helper()
	variables := map[string]any{}
	for name, value := range p.local.Variables[stack] {
		variables[name] = value
	}
	for name, value := range changed {
		variables[name] = value
	}
	if err := p.local.Point(localaws.Target{Dir: p.dir(stack), Variables: variables, ProviderVersion: providerVersion()}); err != nil {
		t.Fatal(err)
	}
}

// run runs the CLI in the project's directory and returns what it printed.
func (p *project) run(ctx context.Context, args ...string) (string, error) {
	wrapper := filepath.Join(p.pids, "engine")
	script := fmt.Sprintf("#!/bin/sh\ncase \" $* \" in *\" apply \"*) echo $$ >'%s/pid';; esac\nexec '%s' \"$@\"\n", p.pids, p.engine)
	if err := os.WriteFile(wrapper, []byte(script), 0o700); err != nil {
		return "", err
	}
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		return "", err
	}
	cli, err := filepath.Abs(p.cli)
	if err != nil {
		return "", err
	}
	command := exec.CommandContext(ctx, cli, args...)
	command.Dir = root
	// The CLIs want a newer Node than some machines have: e2e/package.json brings one.
	path := filepath.Join(root, "__tests__", "e2e", "node_modules", ".bin") + string(os.PathListSeparator) + os.Getenv("PATH")
	command.Env = append(p.local.Environment(), "TERRAFORM_BINARY_NAME="+wrapper, "CI=true", "PATH="+path,
		// Two engines that install into one cache at a time get into each other's way.
		"CDKTF_DISABLE_PLUGIN_CACHE_ENV=true")
	if p.patient {
		command.Env = append(command.Env, "PROVIDER_WAITS=1")
	}
	command.WaitDelay = 10 * time.Second // the engine may outlive a CLI that is stopped
	output, err := command.CombinedOutput()
	return string(output), err
}

// deploy deploys a stack.
func (p *project) deploy(ctx context.Context, stack string) (string, error) {
	return p.run(ctx, "deploy", "--skip-synth", "--skip-provider-lock", "--output", p.out, "--auto-approve", stack)
}

// destroy destroys a stack.
func (p *project) destroy(ctx context.Context, stack string) (string, error) {
	return p.run(ctx, "destroy", "--skip-synth", "--skip-provider-lock", "--output", p.out, "--auto-approve", stack)
}

// killEngine kills the engine of a running deploy, hard.
func (p *project) killEngine(t *testing.T) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(p.pids, "pid"))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	process, err := os.FindProcess(pid)
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Kill(); err != nil {
		t.Fatal(err)
	}
}

// open returns the engine in a stack's directory, initialized.
func (p *project) open(t *testing.T, stack string) *tfexec.Terraform {
	t.Helper()
	tf, err := openEngine(p.engine, p.dir(stack), p.local.Environment())
	if err != nil {
		t.Fatal(err)
	}
	if err := tf.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	return tf
}

// planIsEmpty fails the test if a plan, with refresh, would change anything.
func (p *project) planIsEmpty(t *testing.T, stack, when string) {
	t.Helper()
	for _, change := range planguard.Of(plan(t, p.open(t, stack))).Changes {
		t.Errorf("%s: %s: %+v", when, stack, change)
	}
}

// gate is a proxy before the emulator that can hold back requests.
type gate struct {
	URL string

	mutex sync.Mutex
	held  []string
	hit   chan struct{}
	// record gets each request and its body, if it is set before the first one.
	record func(*http.Request, []byte)
	// faults are what the requests meet, if anything.
	faults *faults
}

func newGate(t *testing.T, target string) *gate {
	t.Helper()
	address, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(address)
	proxy.ErrorLog = log.New(io.Discard, "", 0) // that somebody was killed is what some tests are about
	g := &gate{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the client is gone
		}
		if g.record != nil {
			g.record(r, body)
		}
		if g.holds(r, string(body)) {
			<-r.Context().Done() // never reaches AWS
			return
		}
		forward := func(w http.ResponseWriter) {
			r.Body = io.NopCloser(bytes.NewReader(body))
			proxy.ServeHTTP(w, r)
		}
		if faults := g.meets(); faults != nil {
			faults.handle(w, r, string(body), forward)
			return
		}
		forward(w)
	}))
	t.Cleanup(server.Close)
	g.URL = server.URL
	return g
}

// hold holds back all requests whose path, target or body holds one of marks, until release. The
// returned channel is closed when the first one arrives.
func (g *gate) hold(marks ...string) <-chan struct{} {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	g.held, g.hit = marks, make(chan struct{})
	return g.hit
}

func (g *gate) release() {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	g.held = nil
}

// meet lets the requests meet faults from now on.
func (g *gate) meet(faults *faults) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	g.faults = faults
}

func (g *gate) meets() *faults {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	return g.faults
}

func (g *gate) holds(r *http.Request, body string) bool {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	if !slices.ContainsFunc(g.held, func(mark string) bool {
		return strings.Contains(strings.Join([]string{r.URL.Path, r.Header.Get("X-Amz-Target"), body}, " "), mark)
	}) {
		return false
	}
	select {
	case <-g.hit:
	default:
		close(g.hit)
	}
	return true
}

// eventually fails the test if what does not come true in time. What comes true has to stay so for some seconds, to be seen.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	const limit = 3 * time.Minute // as long as a busy machine may need
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); time.Sleep(500 * time.Millisecond) {
		if is() {
			return
		}
	}
	t.Fatalf("not in %s: %s", limit, what)
}
