package tests

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// The fast start of jsii may never change the output. Each test runs the program with a cache
// of its own, damaged in one way, and compares both stacks to the byte.

var programOnce sync.Once

// program is the compiled program, built once.
func program(t *testing.T) string {
	t.Helper()
	path := filepath.Join(shared, "infra")
	programOnce.Do(func() {
		if err := os.Rename(build(t, nil), path); err != nil {
			t.Fatal(err)
		}
	})
	return path
}

// jsiiCache is an empty cache of the fast start beside the packages that jsii has unpacked,
// which are there because all of them have been used.
type jsiiCache struct{ root, fast string }

func newCache(t *testing.T) jsiiCache {
	t.Helper()
	synthesized(t)
	packages := os.Getenv("JSII_RUNTIME_PACKAGE_CACHE_ROOT")
	if packages == "" {
		// Where Start has put the fast start's own.
		packages = filepath.Join(filepath.Dir(os.Getenv("FAST_JSII_CACHE")), "package-cache")
	}
	root := t.TempDir()
	if err := os.Symlink(packages, filepath.Join(root, "package-cache")); err != nil {
		t.Fatal(err)
	}
	return jsiiCache{root: filepath.Join(root, "package-cache"), fast: filepath.Join(root, "fastjsii")}
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

// synth runs a program with this cache, compares what it writes with the stacks as they
// are, and returns what it printed.
func (c jsiiCache) synth(t *testing.T, program string, environment ...string) string {
	t.Helper()
	dir := t.TempDir()
	environment = append([]string{"NODE_OPTIONS=", "JSII_RUNTIME_PACKAGE_CACHE_ROOT=" + c.root}, environment...)
	output, status := run(t, program, dir, environment...)
	if status != 0 {
		t.Fatalf("exit status %d, output:\n%s", status, output)
	}
	for name, stack := range synthesized(t) {
		if readStack(t, filepath.Join(dir, "cdktf.out"), name).Text != stack.Text {
			t.Errorf("%s differs", name)
		}
	}
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

func TestFastIsStock(t *testing.T) {
	silent(t, newCache(t).synth(t, program(t), "FAST_SYNTH=0"))
}

func TestFastOnAColdAndAWarmCache(t *testing.T) {
	cache := newCache(t)
	silent(t, cache.synth(t, program(t)))
	if info, err := os.Stat(cache.index(t)); err != nil || info.Size() > 1<<20 {
		t.Errorf("the index: %v, %v", info, err)
	}
	silent(t, cache.synth(t, program(t)))
}

// Of what is in the cache already, what is old goes, and what others may be using or writing stays.
func TestFastCleansItsCache(t *testing.T) {
	cache := newCache(t)
	cache.synth(t, program(t))
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
	silent(t, cache.synth(t, program(t)))
	for name, file := range files {
		if _, err := os.Stat(filepath.Join(cache.fast, name)); (err == nil) != file.stay {
			t.Errorf("%s is there: %v", name, err == nil)
		}
	}
}

// The CLI sets an option of Node that the program by itself does not have: code that was compiled
// with one does not serve the other, and they do not drive each other out.
func TestFastWithAndWithoutTheCLI(t *testing.T) {
	cache := newCache(t)
	for range 2 {
		silent(t, cache.synth(t, program(t)))
		silent(t, cache.synth(t, program(t), "NODE_OPTIONS=--max-old-space-size=4096"))
	}
	if codes, _ := filepath.Glob(filepath.Join(cache.fast, "*.bin")); len(codes) != 2 {
		t.Errorf("the cache holds %v", codes)
	}
}

// What a user may have set for Node is kept, and in nobody's way.
func TestFastWithOptionsOfNode(t *testing.T) {
	cache := newCache(t)
	for _, options := range []string{"--enable-source-maps", "--no-deprecation", "--throw-deprecation", "--preserve-symlinks --stack-trace-limit=100"} {
		t.Run(options, func(t *testing.T) { silent(t, cache.synth(t, program(t), "NODE_OPTIONS="+options)) })
	}
}

func TestFastTwoAtOnceOnAColdCache(t *testing.T) {
	cache := newCache(t)
	program := program(t)
	var wait sync.WaitGroup
	for range 2 {
		wait.Go(func() { silent(t, cache.synth(t, program)) })
	}
	wait.Wait()
	silent(t, cache.synth(t, program))
	if files, _ := os.ReadDir(cache.fast); len(files) != 4 {
		t.Errorf("the cache holds %v", files)
	}
}

// Damages to a file of the cache: each is noticed, told in one line, and repaired.
func TestFastWithADamagedCache(t *testing.T) {
	cache := newCache(t)
	cache.synth(t, program(t))
	for name, file := range map[string]string{"index": cache.index(t), "code": cache.code(t)} {
		whole, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for damage, damaged := range map[string][]byte{
			"empty":        nil,
			"half-written": whole[:len(whole)/2],
			"one byte":     append(append([]byte{}, whole[:len(whole)-9]...), append([]byte{whole[len(whole)-9] ^ 1}, whole[len(whole)-8:]...)...),
		} {
			if err := os.WriteFile(file, damaged, 0o600); err != nil {
				t.Fatal(err)
			}
			t.Run(name+"/"+damage, func(t *testing.T) {
				warns(t, cache.synth(t, program(t)), "is made anew")
				silent(t, cache.synth(t, program(t)))
			})
		}
	}
}

// What cannot be put in its place leaves nothing behind: on a full disk, that would be more with each run.
func TestFastLeavesNothingAside(t *testing.T) {
	cache := newCache(t)
	cache.synth(t, program(t))
	for _, file := range []string{cache.index(t), cache.code(t)} {
		if err := errors.Join(os.Remove(file), os.Mkdir(file, 0o755)); err != nil {
			t.Fatal(err)
		}
		warns(t, cache.synth(t, program(t)), "is made anew")
	}
	if files, _ := os.ReadDir(cache.fast); len(files) != 4 {
		t.Errorf("the cache holds %v", files)
	}
}

// Code that is whole but of another text: V8 refuses it, and it is made anew.
func TestFastWithWrongCode(t *testing.T) {
	cache := newCache(t)
	cache.synth(t, program(t))
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
	silent(t, cache.synth(t, program(t)))
	if repaired, _ := os.ReadFile(file); bytes.Equal(repaired, []byte(sha256Hex(wrong)+"\n"+wrong)) {
		t.Error("the code is not made anew")
	}
}

// An index that is whole but wrong: it lacks a type, or its ranges are those of another file.
func TestFastWithAWrongIndex(t *testing.T) {
	for name, c := range map[string]struct{ from, to, warning string }{
		"no type in use":               {"", "", ""},
		"a type that it does not hold": {`"@cdktf/provider-aws.ecsService":`, `"@cdktf/provider-aws.ecsServiceX":`, ""},
		"a range that has changed":     {`"@cdktf/provider-aws.ecsService":[`, `"@cdktf/provider-aws.ecsService":[1`, "cannot be read"},
		"another file":                 {`{"size":`, `{"size":1`, "is made anew"},
	} {
		t.Run(name, func(t *testing.T) {
			cache := newCache(t)
			cache.synth(t, program(t))
			index := cache.index(t)
			text, err := os.ReadFile(index)
			if err != nil {
				t.Fatal(err)
			}
			_, body, _ := strings.Cut(string(text), "\n")
			// As it was before any type was in use: each is read by its range.
			ranges := body[:max(0, strings.LastIndex(body, `,"types":{`))]
			wrong := strings.Replace(ranges, c.from, c.to, 1) + `,"types":{}}`
			if !strings.Contains(ranges, c.from) || ranges == "" {
				t.Fatal("the index has no such part")
			}
			if err := os.WriteFile(index, []byte(sha256Hex(wrong)+"\n"+wrong), 0o600); err != nil {
				t.Fatal(err)
			}
			output := cache.synth(t, program(t))
			if c.warning == "" {
				silent(t, output)
			} else {
				warns(t, output, c.warning)
			}
			cache.synth(t, program(t))
			if repaired, _ := os.ReadFile(cache.index(t)); !strings.Contains(string(repaired), `"@cdktf/provider-aws.ecsService.EcsService":{`) {
				t.Error("the index does not hold a type that is in use")
			}
		})
	}
}

func TestFastWithoutAWritableCache(t *testing.T) {
	cache := newCache(t)
	if err := os.WriteFile(cache.fast, nil, 0o600); err != nil { // a file where the directory would be
		t.Fatal(err)
	}
	warns(t, cache.synth(t, program(t)), "the cache cannot be written")
}

// What keeps the program from running fast, be it before or after the first change to Node, leaves it to the stock path.
func TestFastNotUsed(t *testing.T) {
	for name, c := range map[string]struct{ file, from, to, warning string }{
		"another jsii":      {"internal/fastjsii/fastjsii.go", `programDigest = "f`, `programDigest = "0`, "another version of jsii"},
		"a late fault":      {"internal/fastjsii/boot/program.js", "  const main = new Module(", "  throw new Error(\"a late fault\");\n  const main = new Module(", "a late fault"},
		"no method in Node": {"stacks/stack.go", "`allocateLogicalId(element) {", "`allocateLogicalId(element {", "Unexpected token"},
	} {
		t.Run(name, func(t *testing.T) {
			other := build(t, map[string]string{
				c.file: changed(t, "../"+c.file, strings.NewReplacer(c.from, c.to).Replace),
			})
			warns(t, newCache(t).synth(t, other), c.warning)
		})
	}
}

// Another package: the provider's index is of another shape, its assembly is laid out in another way, or cdktf resolves
// tokens in another way.
func TestFastWithAnotherPackage(t *testing.T) {
	original := newCache(t)
	for name, c := range map[string]struct {
		file, warning string
		change        func(string) string
	}{
		"index":    {"@cdktf/provider-aws/*/*/lib/index.js", "", func(text string) string { return text + "\nexports.another = 1;\n" }},
		"assembly": {"@cdktf/provider-aws/*/*/.jsii", "laid out in another way", func(text string) string { return strings.Replace(text, "\n  \"types\": {\n", "\n  \"types\":  {\n", 1) }},
		"resolver": {"cdktf/*/*/lib/tokens/private/resolve.js", "", func(text string) string { return "const isPlain = 0;\n" + text }},
	} {
		t.Run(name, func(t *testing.T) {
			root := filepath.Join(t.TempDir(), "package-cache")
			linkTree(t, original.root, root)
			found, _ := filepath.Glob(filepath.Join(root, c.file))
			if len(found) != 1 {
				t.Fatalf("packages: %v", found)
			}
			file := found[0]
			text := changed(t, file, c.change)
			if err := os.Remove(file); err != nil { // it is linked to the original
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			cache := jsiiCache{root: root, fast: filepath.Join(filepath.Dir(root), "fastjsii")}
			output := cache.synth(t, program(t))
			if c.warning == "" {
				silent(t, output)
			} else {
				warns(t, output, c.warning)
			}
		})
	}
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
