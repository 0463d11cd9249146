// Package faults tests the fast start against every fault: the output may never change. Each test runs a program with a cache of its own, damaged in one
// way, and compares its stacks with those of the stock path to the byte. It is apart, as it synthesizes dozens of times: a change of the design runs
// none of it again.
package faults

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/jsii-runtime-go"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"github.com/order-bot/infra/fastjsii"
	"github.com/order-bot/infra/internal/asprogram"
	"github.com/order-bot/infra/modules/alb"
	"github.com/order-bot/infra/modules/ecr"
	"github.com/order-bot/infra/modules/ecs"
	"github.com/order-bot/infra/stacks"
)

// shared is a directory for what several tests use.
var shared string

func TestMain(m *testing.M) {
	switch os.Getenv(asprogram.Variable) {
	case "whole":
		whole()
		os.Exit(0)
	case "bare":
		bare()
		os.Exit(0)
	}
	fastjsii.Start() // for its environment: no Node runs in this process
	var err error
	if shared, err = os.MkdirTemp("", "fastjsii-faults-"); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	status := m.Run()
	_ = os.RemoveAll(shared)
	os.Exit(status)
}

// whole is a program with the stacks of two services.
func whole() {
	stop := fastjsii.Start()
	err := stacks.Synth([]byte(`{"context": {"stateBucket": "faults", "stateRegion": "eu-west-1"}}`), stacks.Design{
		Global: stacks.Global{ECR: ecr.Config{Repositories: []string{"one", "two"}}},
		Environments: []stacks.Environment{{Name: "prod", Services: []stacks.Service{
			{Key: "one", Name: "service-one", Task: ecs.Task{Port: 8000}, HTTP: alb.HTTP{Priority: 1, Health: alb.Health{Path: "/health"}}},
			{Key: "two", Name: "service-two", Task: ecs.Task{Port: 8001}, HTTP: alb.HTTP{Priority: 2, Health: alb.Health{Path: "/health"}}},
		}}},
	}, "")
	if err != nil {
		panic(err)
	}
	stop()
}

// bare is a program for what has nothing to do with the provider: that is what takes long without the fast start.
func bare() {
	stop := fastjsii.Start()
	app := cdktf.NewApp(&cdktf.AppConfig{Outdir: jsii.String("cdktf.out")})
	stack := cdktf.NewTerraformStack(app, jsii.String("bare"))
	cdktf.NewLocalBackend(stack, &cdktf.LocalBackendConfig{Path: jsii.String("state")}) // by default, its path has that of the directory
	cdktf.NewTerraformOutput(stack, jsii.String("one"), &cdktf.TerraformOutputConfig{Value: []string{"a", "b"}})
	app.Synth()
	stop()
}

// stock are the stacks as a program writes them without the fast start, by name. It has to say nothing.
var stock = map[string]func() (map[string]string, error){"whole": stockOf("whole", "global", "prod"), "bare": stockOf("bare", "bare")}

func stockOf(which string, names ...string) func() (map[string]string, error) {
	return sync.OnceValues(func() (map[string]string, error) {
		dir := filepath.Join(shared, which)
		if err := os.Mkdir(dir, 0o700); err != nil {
			return nil, err
		}
		if output, err := asprogram.Command(dir, which, "FAST_SYNTH=0").CombinedOutput(); err != nil || len(output) > 0 {
			return nil, errors.Join(err, fmt.Errorf("without the fast start, the program says %q", output))
		}
		all := map[string]string{}
		for _, name := range names {
			text, err := os.ReadFile(asprogram.StackFile(dir, name))
			if err != nil {
				return nil, err
			}
			all[name] = string(text)
		}
		return all, nil
	})
}

// sameStacks fails the test unless the stacks that a program has written in a directory are those of the stock path.
func sameStacks(t *testing.T, which, dir string) {
	t.Helper()
	all, err := stock[which]()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range all {
		if text, err := os.ReadFile(asprogram.StackFile(dir, name)); err != nil || string(text) != want {
			t.Errorf("%s differs (%v)", name, err)
		}
	}
}

// jsiiCache is a cache of the fast start beside the packages that jsii has unpacked, which are there because all of them have been used.
type jsiiCache struct{ root, fast string }

// coldCache is an empty one.
func coldCache(t *testing.T) jsiiCache {
	t.Helper()
	return cacheIn(t, t.TempDir())
}

func cacheIn(t *testing.T, dir string) jsiiCache {
	t.Helper()
	packages := os.Getenv("JSII_RUNTIME_PACKAGE_CACHE_ROOT")
	if packages == "" {
		// Where Start has put the fast start's own.
		packages = filepath.Join(filepath.Dir(os.Getenv("FAST_JSII_CACHE")), "package-cache")
	}
	root := filepath.Join(dir, "package-cache")
	err := os.MkdirAll(packages, 0o700) // on a machine where nothing has run yet
	if err == nil {
		err = os.Symlink(packages, root)
	}
	if err != nil {
		t.Fatal(err)
	}
	return jsiiCache{root: root, fast: filepath.Join(dir, "fastjsii")}
}

var (
	fillOnce sync.Once
	filled   jsiiCache
)

// warmCache is a copy of one that a run of the program has filled.
func warmCache(t *testing.T) jsiiCache {
	t.Helper()
	fillOnce.Do(func() {
		cache := cacheIn(t, shared)
		silent(t, cache.synth(t)) // it was cold
		filled = cache
	})
	cache := coldCache(t)
	if err := os.CopyFS(cache.fast, os.DirFS(filled.fast)); err != nil {
		t.Fatal(err)
	}
	return cache
}

// index is where the types of the provider are.
func (c jsiiCache) index(t *testing.T) string { return c.file(t, "*.json") }

// code is what V8 has compiled.
func (c jsiiCache) code(t *testing.T) string { return c.file(t, "*.bin") }

// file is the one file of the cache that matches a pattern.
func (c jsiiCache) file(t *testing.T, pattern string) string {
	t.Helper()
	found, _ := filepath.Glob(filepath.Join(c.fast, pattern))
	if len(found) != 1 {
		t.Fatalf("%s: %v", pattern, found)
	}
	return found[0]
}

// synth runs the program with this cache, compares the stacks that it writes with those of the stock path, and returns what it printed.
func (c jsiiCache) synth(t *testing.T, environment ...string) string {
	t.Helper()
	return c.synthAs(t, "whole", environment...)
}

// synthAs is synth for another program.
func (c jsiiCache) synthAs(t *testing.T, which string, environment ...string) string {
	t.Helper()
	dir := t.TempDir()
	output, status := asprogram.Run(t, dir, which, append([]string{"JSII_RUNTIME_PACKAGE_CACHE_ROOT=" + c.root}, environment...)...)
	if status != 0 {
		t.Fatalf("exit status %d, output:\n%s", status, output)
	}
	sameStacks(t, which, dir)
	return output
}

// warns fails the test unless output is one line that holds want.
func warns(t *testing.T, output, want string) {
	t.Helper()
	if !strings.HasPrefix(output, "fastjsii: ") || strings.Count(output, "\n") != 1 || !strings.Contains(output, want) {
		t.Errorf("not one line of warning with %q:\n%s", want, output)
	}
}

func silent(t *testing.T, output string) {
	t.Helper()
	if output != "" {
		t.Errorf("output:\n%s", output)
	}
}

func TestFastOnAColdAndAWarmCache(t *testing.T) {
	t.Parallel()
	cache := warmCache(t)
	if info, err := os.Stat(cache.index(t)); err != nil || info.Size() > 1<<20 {
		t.Errorf("the index: %v, %v", info, err)
	}
	silent(t, cache.synth(t))
}

// Of what is in the cache already, what is old goes, and what others may be using or writing stays.
func TestFastCleansItsCache(t *testing.T) {
	t.Parallel()
	cache := warmCache(t)
	code := filepath.Base(cache.code(t))
	current := code[strings.LastIndex(code, "fastjsii-"):] // fastjsii-VERSION.bin
	if err := os.Remove(cache.code(t)); err != nil {
		t.Fatal(err)
	}
	files := map[string]struct {
		age  time.Duration
		stay bool
	}{
		"code-x64-1-fastjsii-0.bin":        {0, false},                // of another version of the script
		"code-x64-2-" + current:            {time.Hour, true},         // of Node with other options
		"code-x64-3-" + current:            {1000 * time.Hour, false}, // of a Node of last year
		"code-x64-4-" + current + ".1.tmp": {0, true},                 // being written
		"code-x64-4-" + current + ".2.tmp": {2 * time.Hour, false},    // left by a process that was killed
	}
	for name, file := range files {
		path := filepath.Join(cache.fast, name)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, time.Time{}, time.Now().Add(-file.age)); err != nil {
			t.Fatal(err)
		}
	}
	silent(t, cache.synth(t))
	for name, file := range files {
		if _, err := os.Stat(filepath.Join(cache.fast, name)); (err == nil) != file.stay {
			t.Errorf("%s is there: %v", name, err == nil)
		}
	}
}

// The CLI sets an option of Node that the program by itself does not have: code that was compiled
// with one does not serve the other, and they do not drive each other out.
func TestFastWithAndWithoutTheCLI(t *testing.T) {
	t.Parallel()
	cache := warmCache(t)
	const options = "NODE_OPTIONS=--max-old-space-size=4096"
	silent(t, cache.synth(t, options))
	silent(t, cache.synth(t))
	silent(t, cache.synth(t, options))
	if codes, _ := filepath.Glob(filepath.Join(cache.fast, "*.bin")); len(codes) != 2 {
		t.Errorf("the cache holds %v", codes)
	}
}

// What a user may have set for Node is kept, and in nobody's way.
func TestFastWithOptionsOfNode(t *testing.T) {
	t.Parallel()
	cache := warmCache(t)
	for _, options := range []string{"--enable-source-maps", "--no-deprecation", "--throw-deprecation", "--preserve-symlinks --stack-trace-limit=100"} {
		t.Run(options, func(t *testing.T) {
			t.Parallel()
			silent(t, cache.synth(t, "NODE_OPTIONS="+options))
		})
	}
}

func TestFastTwoAtOnceOnAColdCache(t *testing.T) {
	t.Parallel()
	cache := coldCache(t)
	var wait sync.WaitGroup
	for range 2 {
		wait.Go(func() { silent(t, cache.synth(t)) })
	}
	wait.Wait()
	silent(t, cache.synth(t))
	if files, _ := os.ReadDir(cache.fast); len(files) != 4 {
		t.Errorf("the cache holds %v", files)
	}
}

// Damages to a file of the cache: each is noticed, told in one line, and repaired. TestIndex of fastjsii has others.
func TestFastWithADamagedCache(t *testing.T) {
	t.Parallel()
	for name, of := range map[string]func(jsiiCache, *testing.T) string{"index": jsiiCache.index, "code": jsiiCache.code} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cache := warmCache(t)
			file := of(cache, t)
			whole, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			damages := map[string][]byte{
				"one byte": append(append([]byte{}, whole[:len(whole)-9]...), append([]byte{whole[len(whole)-9] ^ 1}, whole[len(whole)-8:]...)...),
			}
			if name == "code" {
				damages["empty"], damages["half-written"] = nil, whole[:len(whole)/2]
			}
			for damage, damaged := range damages {
				if err := os.WriteFile(file, damaged, 0o600); err != nil {
					t.Fatal(err)
				}
				t.Run(damage, func(t *testing.T) {
					warns(t, cache.synth(t), "is made anew")
					silent(t, cache.synth(t))
				})
			}
		})
	}
}

// What cannot be put in its place leaves nothing behind: on a full disk, that would be more with each run.
func TestFastLeavesNothingAside(t *testing.T) {
	t.Parallel()
	cache := warmCache(t)
	for _, file := range []string{cache.index(t), cache.code(t)} {
		if err := errors.Join(os.Remove(file), os.Mkdir(file, 0o755)); err != nil {
			t.Fatal(err)
		}
	}
	warns(t, cache.synth(t), "is made anew")
	if files, _ := os.ReadDir(cache.fast); len(files) != 4 {
		t.Errorf("the cache holds %v", files)
	}
}

// Code that is whole but of another text: V8 refuses it, and it is made anew.
func TestFastWithWrongCode(t *testing.T) {
	t.Parallel()
	cache := warmCache(t)
	file := cache.code(t)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, body, _ := strings.Cut(string(text), "\n")
	table, codes, _ := strings.Cut(body, "\n")
	var rows [][]any
	if err := json.Unmarshal([]byte(table), &rows); err != nil {
		t.Fatal(err)
	}
	first := rows[0][0]
	for i := range rows[1:] {
		rows[i][0] = rows[i+1][0]
	}
	rows[len(rows)-1][0] = first
	changed, err := json.Marshal(rows)
	if err != nil {
		t.Fatal(err)
	}
	wrong := string(changed) + "\n" + codes
	if err := os.WriteFile(file, []byte(sha256Hex(wrong)+"\n"+wrong), 0o600); err != nil {
		t.Fatal(err)
	}
	silent(t, cache.synth(t))
	if repaired, _ := os.ReadFile(file); bytes.Equal(repaired, []byte(sha256Hex(wrong)+"\n"+wrong)) {
		t.Error("the code is not made anew")
	}
}

// An index that is whole but has no type of those in use, and lacks one: that one is read from the whole assembly, and the next index has all. TestIndex
// of fastjsii has what else can be wrong.
func TestFastWithAWrongIndex(t *testing.T) {
	t.Parallel()
	cache := warmCache(t)
	text, err := os.ReadFile(cache.index(t))
	if err != nil {
		t.Fatal(err)
	}
	_, body, _ := strings.Cut(string(text), "\n")
	// As it was before any type was in use: each is read by its range.
	ranges := body[:max(0, strings.LastIndex(body, `,"types":{`))]
	wrong := strings.Replace(ranges, `"@cdktf/provider-aws.ecsService":`, `"@cdktf/provider-aws.ecsServiceX":`, 1) + `,"types":{}}`
	if wrong == ranges+`,"types":{}}` {
		t.Fatal("the index has no such part")
	}
	if err := os.WriteFile(cache.index(t), []byte(sha256Hex(wrong)+"\n"+wrong), 0o600); err != nil {
		t.Fatal(err)
	}
	silent(t, cache.synth(t))
	silent(t, cache.synth(t))
	if repaired, _ := os.ReadFile(cache.index(t)); !strings.Contains(string(repaired), `"@cdktf/provider-aws.ecsService.EcsService":{`) {
		t.Error("the index does not hold a type that is in use")
	}
}

func TestFastWithoutAWritableCache(t *testing.T) {
	t.Parallel()
	cache := coldCache(t)
	if err := os.WriteFile(cache.fast, nil, 0o600); err != nil { // a file where the directory would be
		t.Fatal(err)
	}
	warns(t, cache.synthAs(t, "bare"), "the cache cannot be written")
}

// What keeps the program from running fast, be it before or after the first change to Node, leaves it to the stock path. Node
// has the fault from a script that it loads before all others.
func TestFastNotUsed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ fault, warning string }{
		"another jsii": {`
			const fs = require("fs"), { readFileSync } = fs;
			fs.readFileSync = (file, ...rest) => {
				const text = readFileSync(file, ...rest);
				return String(file).endsWith("program.js") && Buffer.isBuffer(text) ? Buffer.concat([text, Buffer.from("\n")]) : text;
			};`, "another version of jsii"},
		"a late fault": {`
			const { captureStackTrace } = Error;
			Object.defineProperty(Error, "captureStackTrace", { get: () => captureStackTrace, set() { throw new Error("a late fault"); } });`, "a late fault"},
		"no method in Node": {`process.env.FAST_JSII_INLINE = "allocateLogicalId(element {";`, "Unexpected token"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			script := filepath.Join(t.TempDir(), "fault.js")
			if err := os.WriteFile(script, []byte(c.fault), 0o600); err != nil {
				t.Fatal(err)
			}
			warns(t, warmCache(t).synthAs(t, "bare", "NODE_OPTIONS=--require "+script), c.warning)
		})
	}
}

// Another package: the provider's index is of another shape, its assembly is laid out in another way, or cdktf resolves
// tokens in another way.
func TestFastWithAnotherPackage(t *testing.T) {
	t.Parallel()
	original := warmCache(t)
	for name, c := range map[string]struct {
		file, warning string
		change        func(string) string
	}{
		"index":    {"@cdktf/provider-aws/*/*/lib/index.js", "", func(text string) string { return text + "\nexports.another = 1;\n" }},
		"assembly": {"@cdktf/provider-aws/*/*/.jsii", "laid out in another way", func(text string) string { return strings.Replace(text, "\n  \"types\": {\n", "\n  \"types\":  {\n", 1) }},
		"resolver": {"cdktf/*/*/lib/tokens/private/resolve.js", "", func(text string) string { return "const isPlain = 0;\n" + text }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := filepath.Join(t.TempDir(), "package-cache")
			linkTree(t, original.root, root)
			found, _ := filepath.Glob(filepath.Join(root, c.file))
			if len(found) == 0 {
				t.Fatalf("there is no %s", c.file)
			}
			for _, file := range found { // there may be other versions, of other projects
				text := changed(t, file, c.change)
				if err := os.Remove(file); err != nil { // it is linked to the original
					t.Fatal(err)
				}
				if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			cache := jsiiCache{root: root, fast: filepath.Join(filepath.Dir(root), "fastjsii")}
			if name != "assembly" { // of which there is no index yet
				if err := os.CopyFS(cache.fast, os.DirFS(original.fast)); err != nil {
					t.Fatal(err)
				}
			}
			output := cache.synth(t)
			if c.warning == "" {
				silent(t, output)
			} else {
				warns(t, output, c.warning)
			}
		})
	}
}

// changed is the text of a file with a change, which has to be one.
func changed(t *testing.T, file string, change func(string) string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	after := change(string(text))
	if after == string(text) {
		t.Fatalf("%s: nothing changed", file)
	}
	return after
}

// linkTree makes to a copy of from, of links to its files.
func linkTree(t *testing.T, from, to string) {
	t.Helper()
	from, err := filepath.EvalSymlinks(from)
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(from, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := to + strings.TrimPrefix(path, from)
		if entry.IsDir() {
			return os.MkdirAll(target, 0o755)
		}
		return os.Link(path, target)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func sha256Hex(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
